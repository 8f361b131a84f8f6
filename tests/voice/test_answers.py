"""Recordings are heard like a person where they come as fast as they were spoken."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from fakes import FakeAsker, FakeMicrophone, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad
from homebody.options import CommitOptions, EndpointingOptions
from homebody.voice.assembly import answers
from homebody.voice.audio import CHUNK_SAMPLES
from homebody.voice.ears import Ears
from homebody.voice.mouth import Mouth
from homebody.voice.turn import Parts
from wire import HANG_GUARD_S

LOUD = [np.full(CHUNK_SAMPLES, 0.3, np.float32)] * 16
QUIET = [np.zeros(CHUNK_SAMPLES, np.float32)] * 40
OPTIONS = EndpointingOptions()


def heard(*chunks, commit, texts):
    """The notes of each turn of a recording, and the asker."""
    asker = FakeAsker("It is seven.")

    async def main():
        parts = Parts(FakeTranscriber(*texts), asker, Mouth(FakeSynthesizer(), FakeSpeaker()), "en", 5000.0)
        ears = Ears(FakeVad(), OPTIONS, commit)
        async with asyncio.timeout(HANG_GUARD_S):
            return [notes async for notes in answers(FakeMicrophone(*chunks), ears, parts, live=commit is not None)]

    return asyncio.run(main()), asker


def waited_ms(notes):
    return 1000 * (notes.utterance.decided_s - notes.utterance.speech_ended_s)


def test_a_whole_command_is_answered_on_speculation_before_the_usual_silence_has_passed():
    turns, asker = heard(*LOUD, *QUIET, *LOUD, *QUIET, commit=CommitOptions(), texts=["what time is it"] * 2)
    assert [notes.said for notes in turns] == ["It is seven."] * 2
    assert [options["source"] for _, options in asker.asked] == ["draft"] * 2
    assert all(waited_ms(notes) < OPTIONS.silence_ms - 100 for notes in turns)
    assert all(draft.closed for draft in asker.drafts)


def test_without_a_clock_every_pause_is_waited_out_and_the_words_are_asked_plainly():
    (notes,), asker = heard(*LOUD, *QUIET, commit=None, texts=["what time is it"])
    assert waited_ms(notes) == pytest.approx(OPTIONS.silence_ms)
    assert [options["source"] for _, options in asker.asked] == ["voice"]
    assert asker.drafts == []


@pytest.mark.parametrize("commit", [None, CommitOptions()])
def test_a_recording_that_ends_in_mid_sentence_is_still_answered(commit):
    (notes,), _ = heard(*LOUD, commit=commit, texts=["what time is it"])
    assert notes.said == "It is seven."
