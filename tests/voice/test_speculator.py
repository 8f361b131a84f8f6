"""What is done in a pause: words and an answer, held back, taken over by a turn or dropped without a trace."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from fakes import FakeAsker, FakeDraft, FakeSpeaker, FakeSynthesizer, FakeTranscriber
from homebody.errors import ModelFailed, RouterLost
from homebody.voice.audio import Utterance
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
        await eventually(lambda: len(known) == 2)
        return known

    known, asker, synthesizer = story(tell, "what time is it")
    assert known == [(1, None), (1, "whole")]
    assert (asker.asked, synthesizer.texts) == ([], [])
    assert asker.drafts[0].closed


def test_a_turn_takes_over_what_was_begun_and_transcribes_nothing_again():
    async def tell(speculator, parts, known):
        speculator.begin(Guess(1, SPEECH))
        await eventually(lambda: len(known) == 2)
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
        await eventually(lambda: len(known) == 2)
        speculator.give_up()
        assert speculator.take(1) is None
        speculator.begin(Guess(2, SPEECH))
        await eventually(lambda: len(known) == 4)
        speculator.give_up()
        speculator.begin(Guess(3, SPEECH))
        await eventually(lambda: len(known) == 6)

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
