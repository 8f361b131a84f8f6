"""Our own words taken out of what is heard, and the decision whether somebody speaks into them."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebody.errors import MissingPart
from homebody.options import BargeInOptions, VoiceOptions
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Chunk
from homebody.voice.barge_in import BargeInGate
from homebody.voice.echo_canceller import (
    BACKLOG_S,
    BEHIND_SAMPLES,
    FRAME_SAMPLES,
    SLACK_SAMPLES,
    EchoFreeMicrophone,
    EchoReference,
    WebRtcEchoCanceller,
    echo_cancelling,
    without_barge_in,
)

pytestmark = pytest.mark.lengthy


class FakeCanceller:
    """Takes out exactly what was played, as if there were no room."""

    def clean(self, heard, played):
        assert len(heard) == len(played) == FRAME_SAMPLES
        return heard - played


class Playing:
    """A microphone that hears exactly what is played, and a person."""

    problem = None
    late_ms = 0.0

    def __init__(self, reference, played, person, *, closed_in_silence=False):
        self.reference, self.played, self.person = reference, played, person
        self.closed_in_silence = closed_in_silence

    async def chunks(self):
        for at in range(0, len(self.played), CHUNK_SAMPLES):
            own, person = self.played[at : at + CHUNK_SAMPLES], self.person[at : at + CHUNK_SAMPLES]
            if own.any() or not self.closed_in_silence:
                self.reference.played(own, RATE_HZ)
            yield Chunk(own + person, (at + CHUNK_SAMPLES) / RATE_HZ)


def heard_of(microphone):
    async def main():
        async with aclosing(microphone.chunks()) as chunks:
            return [chunk async for chunk in chunks]

    return asyncio.run(main())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.booleans())
def test_every_sample_of_the_person_is_passed_on_in_order_and_in_whole_chunks(count, playing):
    rng = np.random.default_rng(count)
    person = rng.normal(0, 0.1, count * CHUNK_SAMPLES).astype(np.float32)
    played = (rng.normal(0, 0.1, len(person)) * playing).astype(np.float32)
    reference = EchoReference()
    chunks = heard_of(EchoFreeMicrophone(Playing(reference, played, person), reference, FakeCanceller()))
    assert [len(chunk.samples) for chunk in chunks] == [CHUNK_SAMPLES] * count
    heard = np.concatenate([chunk.samples for chunk in chunks])
    np.testing.assert_allclose(heard[BEHIND_SAMPLES:], person[:-BEHIND_SAMPLES], atol=1e-6)
    assert chunks[-1].at_s == count * CHUNK_SAMPLES / RATE_HZ - BEHIND_SAMPLES / RATE_HZ


def test_after_a_loudspeaker_was_let_go_its_next_words_meet_their_echo_again():
    rng, reference, pairs = np.random.default_rng(1), EchoReference(), []
    words, silence = rng.normal(0, 0.1, 62 * CHUNK_SAMPLES), np.zeros(250 * CHUNK_SAMPLES)
    played = np.concatenate((words, silence, words)).astype(np.float32)
    room = Playing(reference, played, np.zeros(len(played), np.float32), closed_in_silence=True)

    class Noting(FakeCanceller):
        def clean(self, heard, played):
            pairs.append((heard, played))
            return super().clean(heard, played)

    assert len(heard_of(EchoFreeMicrophone(room, reference, Noting()))) == len(played) // CHUNK_SAMPLES
    heard, known = (np.concatenate(part)[-60 * CHUNK_SAMPLES :] for part in zip(*pairs, strict=True))
    likeness = np.correlate(heard, known, "full")
    assert abs(np.argmax(likeness) - len(heard) + 1) <= 2 * SLACK_SAMPLES
    assert likeness.max() > 0.9 * np.dot(heard, heard)
    assert len(pairs) * FRAME_SAMPLES < len(played) - len(silence) / 3  # in between, nothing was compared


def test_what_was_played_while_nobody_heard_is_not_kept_for_ever():
    reference = EchoReference()
    for number in range(200):
        reference.played(np.full(1600, number, np.float32), RATE_HZ)
    assert reference.take(160)[0] > 190


def counted(begin, count):
    return np.arange(begin + 1, begin + count + 1, dtype=np.float32)


def test_while_nothing_is_read_for_a_moment_nothing_is_lost():
    reference, taken = EchoReference(), []
    for at in range(0, 40 * 512, 320):
        reference.played(counted(at, 320), RATE_HZ)
    taken = [reference.take(512) for _ in range(40)]
    np.testing.assert_array_equal(np.concatenate(taken), counted(0, 40 * 512))


def test_where_heard_sound_was_lost_the_reference_does_not_stay_behind():
    reference = EchoReference()
    reference.played(np.zeros(RATE_HZ // 2, np.float32), RATE_HZ)
    for at in range(0, 3 * RATE_HZ, 512):
        reference.played(counted(at, 512), RATE_HZ)
        newest = reference.take(512)[-1]
    assert newest >= at + 512 - BACKLOG_S * RATE_HZ


def test_a_loudspeaker_at_another_rate_is_brought_to_the_microphones():
    reference, at_s = EchoReference(), np.arange(48_000) / 48_000
    tone = np.sin(2 * np.pi * 440 * at_s).astype(np.float32)
    taken = []
    for at in range(0, 48_000, 4800):
        reference.played(tone[at : at + 4800], 48_000)
        taken.append(reference.take(1600))
    spectrum = np.abs(np.fft.rfft(np.concatenate(taken)[4000:12_000]))
    assert np.argmax(spectrum) * RATE_HZ / 8000 == pytest.approx(440, abs=4)


def test_without_the_extra_speech_does_not_interrupt_and_the_reason_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(MissingPart):
        WebRtcEchoCanceller()
    options = BargeInOptions(by_voice=True, echo_cancelling=True)
    _, canceller, problem = echo_cancelling(options)
    assert canceller is None
    assert "homebody[aec]" in problem.remedy
    assert not without_barge_in(VoiceOptions(barge_in=options)).barge_in.by_voice


# --- the decision ----------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 128.0, 200.0, 400.0]),
            st.booleans(),
            st.sampled_from([None, True, False]),
            st.sampled_from([0.0, 64.0, 128.0]),
        )
    )
)
def test_what_is_held_is_resumed_or_ended_once_and_nothing_else_is(story):
    gate, held = BargeInGate(BargeInOptions(min_speech_ms=384.0)), False
    for speech_ms, paused, words, foreign_ms in story:
        for move in (
            gate.feed(speech_ms, paused=paused, foreign_ms=foreign_ms),
            gate.judged(words=bool(words)) if words is not None else None,
        ):
            if move == "hold":
                assert not held
                held = True
            elif move in {"judge", "resume"}:
                assert held
                held = move == "judge"
            elif move == "end":
                held = False
        assert held == gate.held
        assert speech_ms < 384 or not held
