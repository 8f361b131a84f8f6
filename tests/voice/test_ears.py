"""Ears join the voice detector to the endpointer; what those decide is tested with them."""

from __future__ import annotations

import numpy as np

from fakes import FakeVad
from homebody.options import EndpointingOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, Chunk
from homebody.voice.ears import NOTHING, Ears

OPTIONS = EndpointingOptions(silence_ms=320)
LOUD = np.full(CHUNK_SAMPLES, 0.3, np.float32)
QUIET = np.zeros(CHUNK_SAMPLES, np.float32)


def fed(ears, *runs, at_s=0.0):
    """Feed runs of (samples, count) and return what each chunk brought."""
    heard = []
    for samples, count in runs:
        for _ in range(count):
            at_s += CHUNK_MS / 1000
            heard.append(ears.feed(Chunk(samples, at_s)))
    return heard


def test_an_utterance_begins_once_and_ends_once_and_the_rest_is_nothing():
    heard = fed(Ears(FakeVad(), OPTIONS), (QUIET, 5), (LOUD, 10), (QUIET, 12))
    assert sum(step.began for step in heard) == 1
    (utterance,) = [step.utterance for step in heard if step.utterance]
    assert np.count_nonzero(utterance.samples) == 10 * CHUNK_SAMPLES
    began = next(at for at, step in enumerate(heard) if step.began)
    ended = next(at for at, step in enumerate(heard) if step.utterance)
    assert 5 <= began < 15 <= ended
    assert all(step is NOTHING for at, step in enumerate(heard) if at not in (began, ended))


def test_speech_is_counted_while_it_goes_on_and_is_none_afterwards():
    ears = Ears(FakeVad(), OPTIONS)
    fed(ears, (LOUD, 10))
    assert ears.speech_ms == 10 * CHUNK_MS
    fed(ears, (QUIET, 10), at_s=10 * CHUNK_MS / 1000)
    assert ears.speech_ms == 0


def test_resetting_forgets_what_was_being_said_and_the_detectors_state():
    vad = FakeVad()
    ears = Ears(vad, OPTIONS)
    fed(ears, (LOUD, 10))
    ears.reset()
    assert (vad.resets, ears.speech_ms) == (1, 0)
    assert all(step is NOTHING for step in fed(ears, (QUIET, 30)))


def test_a_recording_that_ends_in_mid_sentence_is_still_heard():
    ears = Ears(FakeVad(), OPTIONS)
    fed(ears, (LOUD, 10))
    utterance = ears.flush()
    assert utterance is not None
    assert len(utterance.samples) == 10 * CHUNK_SAMPLES
    assert ears.flush() is None
