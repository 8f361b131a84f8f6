"""Whoever goes on after a whole command: one turn of both, where nothing was changed yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk, Transcript, Utterance
from homebody.voice.ears import Guess, Heard
from homebody.voice.going_on import GOES_ON_MS, LONGEST_S, GoingOn, joined
from homebody.voice.notes import Notes

TRANSCRIPT = Transcript("why is the sky blue", "en", -0.1, 0.0)


def utterance(chunks=20, *, began_s=0.3, ended_s=0.5, level=0.1, first=0.0):
    samples = np.linspace(first, first + level, chunks * CHUNK_SAMPLES, dtype=np.float32)
    return Utterance(samples, began_s, ended_s, chunks * CHUNK_MS / 1000)


def notes(*, asked=True, read_only=None):
    it = Notes(utterance(), clock=lambda: 0.0)
    it.transcript, it.read_only = TRANSCRIPT if asked else None, read_only
    return it


def chunk(level=0.1):
    return Chunk(np.full(CHUNK_SAMPLES, level, np.float32), 0.0)


def answered():
    going_on = GoingOn(12.0)
    going_on.answered(utterance())
    return going_on


@given(st.integers(10, 60), st.integers(10, 60), st.floats(0, 1), st.floats(0, 1))
def test_joined_they_hold_every_sample_in_order_and_cut_no_more_than_the_pause(first, second, ended, began):
    earlier = utterance(first, began_s=0.0, ended_s=ended * first * CHUNK_MS / 1000)
    since_s = earlier.decided_s
    later = utterance(second, began_s=began * second * CHUNK_MS / 1000, ended_s=second * CHUNK_MS / 1000, first=1.0)
    later = replace(later, speech_began_s=later.speech_began_s + since_s, decided_s=later.decided_s + since_s)
    both = joined(earlier, later)
    np.testing.assert_array_equal(both.samples, np.concatenate((earlier.samples, later.samples)))
    assert (both.speech_began_s, both.speech_ended_s) == (earlier.speech_began_s, later.speech_ended_s)
    spoken = round(earlier.speech_ended_s * RATE_HZ)
    np.testing.assert_array_equal(both.words[:spoken], earlier.samples[:spoken])
    went_on = round((later.speech_began_s - since_s) * RATE_HZ)
    np.testing.assert_array_equal(
        both.words[len(both.words) - (len(later.samples) - went_on) :], later.samples[went_on:]
    )


def test_what_no_recogniser_hears_in_one_go_is_not_joined():
    long = utterance(round(1000 * LONGEST_S / CHUNK_MS))
    assert joined(long, later := utterance()) is later


def test_the_pauses_of_both_stay_pauses():
    sound = utterance(60).samples
    earlier = Utterance(sound, 0.0, 1.9, 1.92, pauses=((100, 9000),))
    later = Utterance(sound, 0.0, 1.9, 1.92, pauses=((200, 8000),))
    count = len(earlier.samples)
    assert joined(earlier, later).pauses == ((100, 9000), (count + 200, count + 8000))


@pytest.mark.parametrize(
    ("read_only", "speaking", "listens"), [(None, False, True), (True, False, True), (False, False, False),
                                           (True, True, False)]
)  # fmt: skip
def test_it_is_listened_on_until_something_sounds_or_was_changed(read_only, speaking, listens):
    assert answered().listens(notes(read_only=read_only), speaking=speaking) is listens


def test_it_is_listened_on_for_a_moment_only():
    going_on = answered()
    for _ in range(round(GOES_ON_MS / CHUNK_MS)):
        assert going_on.listens(notes(), speaking=False)
        going_on.hear(chunk(0.0), quiet=True)
    assert not going_on.listens(notes(), speaking=False)


def test_a_voice_in_the_background_does_not_hold_the_answer_up():
    going_on = answered()
    assert not going_on.hear(chunk(0.01), quiet=False)
    assert going_on.hear(chunk(0.09), quiet=False)
    assert going_on.hear(chunk(0.01), quiet=False)  # a word has quiet letters, too


@pytest.mark.parametrize(
    ("asked", "read_only", "taken"),
    [(False, None, True), (True, None, False), (True, True, True), (True, False, False)],
)
def test_a_turn_is_taken_back_where_nothing_was_asked_or_nothing_changed(asked, read_only, taken):
    going_on = answered()
    going_on.hear(chunk(), quiet=False)
    assert going_on.take_back(notes(asked=asked, read_only=read_only)) is taken


def test_whoever_begins_too_late_begins_anew():
    going_on = answered()
    for _ in range(round(GOES_ON_MS / CHUNK_MS) + 1):
        going_on.hear(chunk(0.0), quiet=True)
    going_on.hear(chunk(), quiet=False)
    assert not going_on.take_back(notes(read_only=True))


def test_what_comes_is_joined_until_it_has_ended_and_no_longer():
    going_on = answered()
    going_on.hear(chunk(), quiet=False)
    assert going_on.take_back(notes(read_only=True))
    later = utterance(first=1.0)
    guessed = going_on.whole(Heard(guess=Guess(3, later))).guess
    assert (guessed.revision, len(guessed.so_far.samples)) == (3, 2 * len(later.samples))
    assert len(going_on.whole(Heard(utterance=later)).utterance.samples) == 2 * len(later.samples)
    assert going_on.whole(Heard(utterance=later)).utterance is later


def test_what_begins_much_later_is_not_joined():
    going_on = answered()
    going_on.hear(chunk(), quiet=False)
    assert going_on.take_back(notes(read_only=True))
    later = Heard(utterance=utterance(began_s=9.0, ended_s=9.2))
    assert going_on.whole(later) is later
