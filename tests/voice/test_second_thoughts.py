"""When second thoughts are listened for: pure, in milliseconds that are counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.messages import Done
from homebody.options import BargeInOptions, VoiceOptions
from homebody.voice.audio import CHUNK_MS, RATE_HZ, Utterance
from homebody.voice.notes import Notes
from homebody.voice.second_thoughts import ECHO_ENDS_S, HELD_MS, LONGEST_S, OURS_MS, SecondThoughts

OPTIONS = VoiceOptions(second_thoughts_ms=3000.0)


def notes(*, correctable=True, sounds=False, follow_up=False):
    it = Notes(Utterance(np.zeros(RATE_HZ, np.float32), 0.0, 0.8, 1.0), clock=lambda: 0.0)
    it.correctable, it.done = correctable, Done(id="1", follow_up=follow_up)
    if sounds:
        it.first_sample(0.1)
    return it


def second_thoughts(options=OPTIONS):
    return SecondThoughts(lambda: options)


def heard_along(it, of, *, quiet_for, chunks=100):
    """Hear the answer of these notes sound, after so many quiet chunks somebody speaks."""
    for number in range(chunks):
        assert not it.hear(of, quiet=number < quiet_for, maybe=number >= quiet_for)


@pytest.mark.parametrize(
    ("options", "correctable", "listens"),
    [
        (OPTIONS, True, True),
        (OPTIONS, False, False),
        (VoiceOptions(second_thoughts_ms=0.0), True, False),
        (VoiceOptions(barge_in=BargeInOptions(by_voice=True)), True, False),
    ],
    ids=["after a change", "after anything else", "switched off", "where speech interrupts anyway"],
)
def test_it_listens_along_to_the_answer_of_what_can_be_corrected(options, correctable, listens):
    assert second_thoughts(options).during(notes(correctable=correctable)) is listens
    assert not second_thoughts(options).during(None)


def test_whoever_begins_before_the_answer_sounds_holds_it_but_not_for_ever():
    it, of = second_thoughts(), notes()
    held = [it.hear(of, quiet=False, maybe=True) for _ in range(200)]
    assert held == [True] * int(HELD_MS / CHUNK_MS) + [False] * (200 - int(HELD_MS / CHUNK_MS))
    assert not it.hear(of, quiet=True, maybe=False)


@given(st.integers(0, 99))
def test_what_begins_with_our_own_words_is_theirs_only_where_it_begins_later(quiet_for):
    it, of = second_thoughts(), notes(sounds=True)
    heard_along(it, of, quiet_for=quiet_for)
    assert it.ours is ((quiet_for + 1) * CHUNK_MS <= OURS_MS)


def test_what_began_before_the_answer_sounded_is_theirs_as_long_as_it_goes_on():
    it, of = second_thoughts(), notes()
    it.hear(of, quiet=False, maybe=False)  # not loud enough yet to hold the answer
    of.first_sample(0.1)
    for _ in range(5):
        assert not it.hear(of, quiet=False, maybe=True)
    assert not it.ours
    it.hear(of, quiet=True, maybe=False)
    it.hear(of, quiet=False, maybe=False)
    assert it.ours


def test_where_our_own_words_come_back_it_listens_from_their_end_on_and_else_without_a_gap():
    for quiet_for, opens_s in ((0, 10.0 + ECHO_ENDS_S), (100, 10.0)):
        it, of = second_thoughts(), notes(sounds=True)
        heard_along(it, of, quiet_for=quiet_for)
        it.follow(of, 10.0)
        assert not it.open(opens_s - 0.01) or opens_s == 10.0
        assert it.open(opens_s)
        assert it.open(13.0)
        assert not it.open(13.01)


def test_of_an_answer_nobody_listened_along_to_the_echo_is_waited_for():
    it = second_thoughts(VoiceOptions(barge_in=BargeInOptions(by_voice=True)))
    it.follow(notes(), 10.0)
    assert (it.open(10.0), it.awaited(10.0)) == (False, True)
    assert it.open(10.0 + ECHO_ENDS_S)


@pytest.mark.parametrize("of", [notes(correctable=False), notes(follow_up=True)], ids=["no change", "a question"])
def test_after_any_other_answer_it_does_not_listen(of):
    it = second_thoughts()
    it.follow(of, 10.0)
    assert not it.open(10.5)


def test_whoever_begins_in_time_is_heard_to_their_end_and_no_longer():
    it, of = second_thoughts(), notes()
    it.follow(of, 10.0)
    it.began(12.9)
    assert it.open(12.9 + LONGEST_S)
    assert not it.open(12.9 + LONGEST_S + 0.01)
    it.passed()
    assert not it.open(13.1)
    it.began(13.2)
    assert not it.open(13.3)


def test_something_else_closes_it():
    it = second_thoughts()
    it.follow(notes(), 10.0)
    it.close()
    assert not any(it.open(at_s) for at_s in (9.0, 10.5, 12.0, math.inf))
