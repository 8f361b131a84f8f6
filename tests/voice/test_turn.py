"""A spoken turn: understood, asked, answered aloud; and what becomes of it when something goes wrong on the way."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeAsker, FakeSpeaker, FakeSynthesizer, FakeTranscriber
from homebody.errors import ModelFailed, NoSpeaker, RemoteFailure, RouterLost
from homebody.ledger import LEGS
from homebody.messages import Progress, Token
from homebody.voice.audio import Utterance
from homebody.voice.mouth import Mouth
from homebody.voice.notes import Notes
from homebody.voice.turn import Parts, apology, take_turn
from wire import HANG_GUARD_S, eventually

SPEECH = Utterance(np.full(8000, 0.3, np.float32), speech_began_s=1.0, speech_ended_s=1.5, decided_s=2.0)
SILENCE = Utterance(np.zeros(8000, np.float32), speech_began_s=1.0, speech_ended_s=1.5, decided_s=2.0)


class Room:
    """The parts of a turn, all fakes."""

    def __init__(self, asker, *, transcriber=None, speaker=None, synthesizer=None):
        self.asker = asker
        self.transcriber = transcriber or FakeTranscriber("what time is it")
        self.speaker = speaker or FakeSpeaker()
        self.synthesizer = synthesizer or FakeSynthesizer()
        self.mouth = Mouth(self.synthesizer, self.speaker)
        self.parts = Parts(self.transcriber, asker, self.mouth, "en", 5000.0)

    async def turn(self, utterance=SPEECH):
        notes = Notes(utterance, live=False)
        await asyncio.wait_for(take_turn(utterance, self.parts, notes), HANG_GUARD_S)
        return notes

    @property
    def spoken(self):
        return " ".join(self.synthesizer.texts)


def taken(asker, utterance=SPEECH, **parts):
    """A whole turn; the room and the notes."""

    async def main():
        room = Room(asker, **parts)
        return room, await room.turn(utterance)

    return asyncio.run(main())


def test_what_was_said_is_asked_and_the_answer_is_said_aloud():
    room, notes = taken(FakeAsker("It is ", "half past seven. ", "Good morning."))
    assert room.asker.asked == [("what time is it", {"language": "en", "deadline_ms": 5000.0, "source": "voice"})]
    assert room.spoken == "It is half past seven. Good morning."
    assert room.asker.ended == ["done"]
    assert (notes.outcome, notes.heard, notes.said) == (
        "answered",
        "what time is it",
        "It is half past seven. Good morning.",
    )
    assert notes.route.name == "fake"
    assert room.speaker.played[0].complete


def test_every_leg_of_an_answered_turn_is_noted_in_order():
    _, notes = taken(FakeAsker("It is half past seven."))
    assert set(notes.legs) == set(LEGS)
    assert [notes.legs[leg] for leg in LEGS] == sorted(notes.legs.values())


def test_what_must_not_be_acted_on_is_not_asked_and_nothing_is_said():
    room, notes = taken(FakeAsker("Never."), utterance=SILENCE)
    assert room.asker.asked == []
    assert room.synthesizer.texts == []
    assert (notes.outcome, notes.heard, notes.row().reason) == ("refused", "", "empty")


def test_thinking_is_neither_said_nor_noted_as_said():
    room, notes = taken(
        FakeAsker(Token(id="1", text="Hmm, seven? ", seq=0, channel="thinking"), "Seven o'clock it is.")
    )
    assert room.spoken == notes.said == "Seven o'clock it is."


def test_a_pause_is_filled_aloud_and_the_filler_is_no_part_of_the_answer():
    filler = Progress(id="1", stage="thinking", elapsed_ms=2000.0, say="Let me think.")
    room, notes = taken(FakeAsker(filler, Progress(id="1", stage="thinking", elapsed_ms=3000.0), "It is half past."))
    assert room.spoken == "Let me think. It is half past."
    assert notes.said == "It is half past."


def test_signs_for_the_eye_are_noted_and_not_said():
    room, notes = taken(FakeAsker("It is **half past** ", "`seven`."))
    assert room.spoken == "It is half past seven."
    assert notes.said == "It is **half past** `seven`."


def test_an_empty_answer_says_nothing_and_is_an_answer():
    room, notes = taken(FakeAsker())
    assert room.synthesizer.texts == []
    assert notes.outcome == "answered"
    assert "done_ms" in notes.legs
    assert "first_sample_ms" not in notes.legs


def test_the_first_sentence_sounds_while_the_rest_is_still_being_answered():
    async def main():
        rest = asyncio.Event()
        room = Room(FakeAsker("The first sentence is here. And ", "then the second.", wait=rest))
        turn = asyncio.create_task(room.turn())
        await eventually(lambda: room.speaker.sounds)
        assert room.asker.ended == []
        rest.set()
        await turn
        return room.spoken

    assert asyncio.run(main()) == "The first sentence is here. And then the second."


@given(st.lists(st.integers(1, 60), max_size=8))
def test_how_an_answer_is_cut_into_tokens_changes_nothing_that_is_said(cuts):
    answer = "It is **7:30**, so 50 % of the hour is over. Dr. Owl says: get up!"
    marks = [0, *sorted(cuts), len(answer)]
    room, notes = taken(FakeAsker(*(answer[a:b] for a, b in pairwise(marks) if a < b)))
    whole, _ = taken(FakeAsker(answer))
    assert room.synthesizer.texts == whole.synthesizer.texts
    assert notes.said == answer


def test_an_answer_that_fails_is_apologised_for_aloud():
    error = RemoteFailure("no_model", "No language model answers.", "Start it with: ollama serve")
    room, notes = taken(FakeAsker(error=error))
    assert room.spoken == "No language model answers. What to do is on the screen."
    assert "ollama serve" not in room.spoken
    assert (notes.outcome, notes.error, notes.row().reason) == ("failed", error, "no_model")


def test_an_answer_that_breaks_off_is_said_as_far_as_it_came_and_apologised_for():
    room, notes = taken(
        FakeAsker("Owls turn their heads far. They ", error=RouterLost("The router went away.", "Ask again."))
    )
    assert room.spoken.startswith("Owls turn their heads far.")
    assert room.spoken.endswith("The router went away. What to do is on the screen.")
    assert notes.outcome == "failed"


def test_an_apology_without_a_remedy_points_nowhere():
    assert apology(ModelFailed("It broke.")) == "It broke."


def test_a_transcriber_that_fails_is_raised_and_nothing_is_asked():
    class Broken(FakeTranscriber):
        async def transcribe(self, samples, language):
            raise ModelFailed("The recogniser broke.")

    asker = FakeAsker("Never.")
    with pytest.raises(ModelFailed, match="recogniser"):
        taken(asker, transcriber=Broken())
    assert asker.asked == []


@pytest.mark.parametrize("part", ["speaker", "synthesizer"])
def test_a_mouth_that_fails_is_raised_and_the_answer_is_closed(part):
    error = NoSpeaker("There is no loudspeaker.", "Plug one in.")
    parts = {
        "speaker": {"speaker": FakeSpeaker(error=error)},
        "synthesizer": {"synthesizer": FakeSynthesizer(error=error)},
    }
    asker = FakeAsker("It is half past seven. ", "Good morning.")
    with pytest.raises(NoSpeaker):
        taken(asker, **parts[part])
    assert "done" not in asker.ended


def test_cancelling_a_turn_silences_it_and_gives_the_answer_up():
    async def main():
        room = Room(
            FakeAsker("A long sentence begins here. And ", "goes on.", wait=asyncio.Event()),
            speaker=FakeSpeaker(speed=1.0),
        )
        turn = asyncio.create_task(room.turn())
        await eventually(lambda: room.speaker.sounds)
        turn.cancel()
        with suppress(asyncio.CancelledError):
            await turn
        assert not room.mouth.speaking
        return room

    room = asyncio.run(main())
    assert room.asker.ended == ["stopped"]
    assert not room.speaker.played[0].complete
    ((ask, heard),) = room.asker.cuts
    assert ask == "1"
    assert "A long sentence begins here. And".startswith(heard)


def test_of_an_answer_that_was_heard_to_its_end_nothing_is_cut():
    room = Room(FakeAsker("It is noon."))
    asyncio.run(room.turn())
    assert room.asker.cuts == []


@pytest.mark.lengthy
def test_a_filler_is_no_part_of_what_was_heard_of_the_answer():
    async def main():
        filler = Progress(id="1", stage="thinking", elapsed_ms=9.0, say="Let me see.")
        room = Room(
            FakeAsker(filler, "Here is a long sentence. And ", wait=asyncio.Event()), speaker=FakeSpeaker(speed=4.0)
        )
        turn = asyncio.create_task(room.turn())
        await eventually(lambda: len(room.speaker.sounds) > 1)
        await asyncio.sleep(0.1)
        room.mouth.stop()
        await turn
        return room

    ((_, heard),) = asyncio.run(main()).asker.cuts
    assert "Here is a long sentence.".startswith(heard)


def test_a_mouth_that_is_stopped_ends_the_turn_as_interrupted_and_gives_the_answer_up():
    async def main():
        room = Room(
            FakeAsker("A long sentence begins here. And ", "goes on.", wait=asyncio.Event()),
            speaker=FakeSpeaker(speed=1.0),
        )
        turn = asyncio.create_task(room.turn())
        await eventually(lambda: room.speaker.sounds)
        assert room.mouth.stop()
        return room, await turn

    room, notes = asyncio.run(main())
    assert notes.outcome == "interrupted"
    assert room.asker.ended == ["stopped"]
