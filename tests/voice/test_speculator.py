"""What is done in a pause: words and an answer, held back, taken over by a turn or dropped without a trace."""

from __future__ import annotations

import asyncio

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import FakeAsker, FakeDraft, FakeSpeaker, FakeSynthesizer, FakeTranscriber
from homebody.errors import ModelFailed, RouterLost
from homebody.messages import Accepted, Route
from homebody.voice.audio import RATE_HZ, Utterance
from homebody.voice.ears import Guess
from homebody.voice.mouth import Mouth
from homebody.voice.notes import Notes
from homebody.voice.speculation import Speculator
from homebody.voice.turn import Parts, take_turn
from homebody.voice.turn_detector import WordsAlone
from wire import HANG_GUARD_S, eventually

SPEECH = Utterance(np.full(8000, 0.3, np.float32), speech_began_s=1.0, speech_ended_s=1.5, decided_s=2.0)


def story(tell, *texts, asker=None, transcriber=None, drafts=None):
    """A speculator with fakes around it; returns what the story returns, and the asker."""
    asker = asker or FakeAsker("It is seven.")
    if drafts is not None:
        asker.draft = lambda **_: drafts
    synthesizer = FakeSynthesizer()

    async def main():
        mouth = Mouth(synthesizer, FakeSpeaker())
        parts = Parts(transcriber or FakeTranscriber(*texts), asker, mouth, "en", 5000.0)
        known = []
        speculator = Speculator(parts, WordsAlone(), lambda revision, words: known.append((revision, words.intent)))
        async with asyncio.timeout(HANG_GUARD_S):
            try:
                return await tell(speculator, parts, known)
            finally:
                await speculator.aclose()

    return asyncio.run(main()), asker, synthesizer


def test_a_guess_becomes_words_and_an_intent_and_nothing_is_asked_or_said_before_a_turn_takes_it():
    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: len(known) == 1)
        return known, parts.mouth.speaker.played

    (known, played), asker, _ = story(tell, "what time is it")
    assert known == [(1, "whole")]
    assert (asker.asked, played) == ([], [])
    assert asker.drafts[0].closed


def test_words_are_not_weighed_before_the_router_has_said_what_they_mean():
    """After a slow recogniser the silence is so long that their shape alone would end what is said."""

    class Slow(FakeDraft):
        async def revise(self, text, *, language=None):
            self.revised.append(text)
            await answering.wait()
            return Accepted(id="1", route=Route(kind="skill", name="fake"), complete=False)

    answering = asyncio.Event()
    draft = Slow(FakeAsker())

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: draft.revised)
        before = list(known)
        answering.set()
        await eventually(lambda: known)
        return before, known

    assert story(tell, "set a timer", drafts=draft)[0] == ([], [(1, "open")])


def test_what_corrects_stays_known_while_it_is_heard_a_second_time():
    class Correcting(FakeDraft):
        async def revise(self, text, *, language=None):
            accepted = await super().revise(text, language=language)
            return msgspec.structs.replace(accepted, answers=True)

    class Hanging(FakeTranscriber):
        async def transcribe(self, samples, language):
            if self.heard:
                await asyncio.Event().wait()
            return await super().transcribe(samples, language)

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: known)
        speculator.begin(Guess(2, SPEECH))
        taken = speculator.take(2, answers=True)
        if taken:
            await taken.aclose()
        return taken is not None

    assert story(tell, transcriber=Hanging("no five minutes"), drafts=Correcting(FakeAsker()))[0]


def test_whoever_went_on_behind_a_correction_is_no_correction_until_it_is_known():
    class Correcting(FakeDraft):
        async def revise(self, text, *, language=None):
            accepted = await super().revise(text, language=language)
            return msgspec.structs.replace(accepted, answers=True)

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: known)
        speculator.give_up()
        speculator.begin(Guess(2, SPEECH))
        return speculator.take(2, answers=True)

    assert story(tell, "no five minutes", "no five minutes", drafts=Correcting(FakeAsker()))[0] is None


def test_the_sound_of_the_first_words_is_made_in_the_pause_and_heard_only_in_the_turn():
    asker = FakeAsker("It is seven o'clock. ", "Good morning.")

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: parts.mouth._synthesizer.texts)
        before = list(parts.mouth._synthesizer.texts), list(parts.mouth.speaker.played)
        ahead = speculator.take(1)
        await take_turn(SPEECH, parts, Notes(SPEECH, live=False), ahead)
        await ahead.aclose()
        return before, len(parts.mouth.speaker.sounds)

    (before, sounds), _, synthesizer = story(tell, "what time is it", asker=asker)
    assert before == (["It is seven o'clock."], [])
    assert synthesizer.texts == ["It is seven o'clock.", "Good morning."]
    assert sounds == 2


def test_a_sound_that_was_made_for_other_words_is_not_heard():
    class Changing(FakeDraft):
        async def beginning(self):
            return "It is six."

    asker = FakeAsker("It is seven.")

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: parts.mouth._synthesizer.texts)
        ahead = speculator.take(1)
        await take_turn(SPEECH, parts, Notes(SPEECH, live=False), ahead)
        await ahead.aclose()
        return [len(sound.samples) for sound in parts.mouth.speaker.sounds]

    lengths, _, synthesizer = story(tell, "what time is it", asker=asker, drafts=Changing(asker))
    assert synthesizer.texts == ["It is six.", "It is seven."]
    assert lengths == [len("It is seven.") * RATE_HZ // 100]


@pytest.mark.parametrize("error", [ModelFailed("The voice broke off."), RouterLost("The router went away.")])
def test_a_beginning_that_cannot_be_had_or_spoken_costs_nothing_but_the_time(error):
    class Without(FakeDraft):
        async def beginning(self):
            raise error

    asker = FakeAsker("It is seven.")

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: len(known) == 1)
        ahead = speculator.take(1)
        notes = Notes(SPEECH, live=False)
        await take_turn(SPEECH, parts, notes, ahead)
        await ahead.aclose()
        return notes.outcome

    assert story(tell, "what time is it", asker=asker, drafts=Without(asker))[0] == "answered"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["pause", "goes on", "wait", "drop"]), max_size=12), st.booleans())
def test_whatever_the_pauses_nothing_is_asked_or_sounds_before_the_end_and_then_once(happenings, ends):
    """And whatever was begun and dropped, nothing of it is left behind."""
    asker = FakeAsker("It is seven.")

    async def tell(speculator, parts, known):
        revision = 0
        for happening in happenings:
            match happening:
                case "pause":
                    revision += 1
                    speculator.begin(Guess(revision, SPEECH))
                case "goes on":
                    speculator.give_up()
                case "drop":
                    speculator.drop()
                case "wait":
                    for _ in range(12):
                        await asyncio.sleep(0)
            assert (asker.asked, parts.mouth.speaker.played, parts.mouth.speaker.chimes) == ([], [], [])
        if not ends:
            speculator.drop()
            return 0
        ahead = speculator.take(revision)
        await take_turn(SPEECH, parts, Notes(SPEECH, live=False), ahead)
        if ahead:
            await ahead.aclose()
        return len(parts.mouth.speaker.played)

    played, _, _ = story(tell, *["what time is it"] * 20, asker=asker)
    assert played == len(asker.asked) == ends
    assert all(draft.closed for draft in asker.drafts)


def test_a_turn_takes_over_what_was_begun_and_transcribes_nothing_again():
    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: len(known) == 1)
        ahead = speculator.take(1)
        notes = Notes(SPEECH, live=False)
        await take_turn(SPEECH, parts, notes, ahead)
        await ahead.aclose()
        return notes, len(parts.transcriber.heard)

    (notes, heard), asker, synthesizer = story(tell, "what time is it")
    assert (notes.outcome, notes.heard, heard) == ("answered", "what time is it", 1)
    assert [options["source"] for _, options in asker.asked] == ["draft"]
    assert synthesizer.texts == ["It is seven."]
    assert asker.drafts[0].closed


def test_a_turn_that_begins_before_the_words_are_there_waits_for_them():
    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        ahead = speculator.take(1)
        notes = Notes(SPEECH, live=False)
        await take_turn(SPEECH, parts, notes, ahead)
        await ahead.aclose()
        return notes.outcome

    assert story(tell, "what time is it")[0] == "answered"


def test_going_on_drops_the_guess_and_the_next_one_revises_the_same_draft():
    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: len(known) == 1)
        speculator.give_up()
        assert speculator.take(1) is None
        speculator.begin(Guess(2, SPEECH))
        await eventually(lambda: len(known) == 2)
        speculator.give_up()
        speculator.begin(Guess(3, SPEECH))
        await eventually(lambda: len(known) == 3)

    _, asker, _ = story(tell, "set a", "set a timer", "set a timer for five minutes")
    assert [draft.revised for draft in asker.drafts] == [["set a"], ["set a timer", "set a timer for five minutes"]]
    assert all(draft.closed for draft in asker.drafts)
    assert asker.asked == []


def test_what_the_router_cannot_hold_is_asked_plainly_by_the_turn():
    asker = FakeAsker("It is seven.")
    draft = FakeDraft(asker, error=RouterLost("The router went away."))

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        ahead = speculator.take(1)
        notes = Notes(SPEECH, live=False)
        await take_turn(SPEECH, parts, notes, ahead)
        await ahead.aclose()
        assert known == [(1, None)]
        return notes.outcome

    outcome, asker, _ = story(tell, "what time is it", asker=asker, drafts=draft)
    assert outcome == "answered"
    assert [options["source"] for _, options in asker.asked] == ["voice"]
    assert draft.closed


def test_a_recogniser_that_fails_fails_the_turn_and_not_the_pause():
    class Broken(FakeTranscriber):
        async def transcribe(self, samples, language):
            raise ModelFailed("The recogniser broke.")

    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: known)
        ahead = speculator.take(1)
        with pytest.raises(ModelFailed):
            await take_turn(SPEECH, parts, Notes(SPEECH, live=False), ahead)
        await ahead.aclose()

    story(tell, transcriber=Broken())


def test_what_was_not_understood_is_not_asked():
    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: known)
        await asyncio.sleep(0)

    _, asker, _ = story(tell)
    assert asker.drafts[0].revised == []
