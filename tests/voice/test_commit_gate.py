"""How long a pause is waited out."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.options import CommitOptions
from homebody.sentence_shape import completeness
from homebody.voice.commit_gate import (
    HABITS_NEEDED,
    Words,
    decide,
    deserves_another_hearing,
    required_silence_ms,
    usual_silence_ms,
)

OPTIONS = CommitOptions()
USUAL_MS = 640.0

words = st.builds(
    Words,
    completeness=st.floats(0, 1),
    avg_logprob=st.floats(-3, 0),
    intent=st.sampled_from(["whole", "open", "none", None]),
    extensible=st.booleans(),
    unsure=st.booleans(),
)
limits = st.builds(
    CommitOptions,
    complete_silence_ms=st.floats(64, 2000),
    longest_silence_ms=st.floats(640, 4500),
    sure_avg_logprob=st.floats(-2, 0),
)
pauses = st.lists(st.floats(1, 6000), max_size=50)


def said(text, *, intent="none", avg_logprob=-0.1, extensible=False):
    return Words(completeness=completeness(text), avg_logprob=avg_logprob, intent=intent, extensible=extensible)


def needs_ms(known):
    return required_silence_ms(known, USUAL_MS, OPTIONS)


def test_a_complete_command_needs_very_little_silence_and_remind_me_to_a_lot():
    assert needs_ms(said("what time is it", intent="whole")) == OPTIONS.complete_silence_ms
    assert needs_ms(said("remind me to")) > 1900
    assert needs_ms(said("set a timer", intent="open")) > 1700


def test_words_that_tell_nothing_need_about_the_usual_silence():
    assert 400 < needs_ms(said("tell me a story about owls")) <= USUAL_MS


def test_a_command_that_was_heard_unsurely_is_waited_for_longer_than_usual():
    assert needs_ms(said("what time is it", intent="whole", avg_logprob=-0.8)) > USUAL_MS


def test_a_whole_command_that_hangs_in_the_air_is_given_the_usual_silence():
    assert needs_ms(said("what can you do", intent="whole")) == OPTIONS.complete_silence_ms
    assert needs_ms(said("tell me what time it is", intent="whole")) == OPTIONS.complete_silence_ms
    assert needs_ms(said("wake me at seven on", intent="whole")) == USUAL_MS
    assert needs_ms(said("set a timer for eight", intent="whole")) == USUAL_MS
    assert needs_ms(said("set the volume to forty", intent="whole")) == OPTIONS.complete_silence_ms


def test_words_that_would_not_be_answered_are_waited_out_and_heard_again():
    unsure = Words(completeness=completeness("what is the"), avg_logprob=-0.9, unsure=True)
    assert needs_ms(unsure) > 1700
    assert deserves_another_hearing(unsure, USUAL_MS, OPTIONS)
    assert deserves_another_hearing(said("set a timer for eight", intent="open"), USUAL_MS, OPTIONS)
    assert deserves_another_hearing(said("what is the capital of", intent="none"), USUAL_MS, OPTIONS)
    assert not deserves_another_hearing(said("what time is it", intent="whole"), USUAL_MS, OPTIONS)
    assert not deserves_another_hearing(said("tell me a story about owls"), USUAL_MS, OPTIONS)


def test_a_command_that_may_go_on_is_given_a_little_longer_and_one_hardly_doubted_is_not_waited_out():
    timer = said("set a timer for five minutes", intent="whole", extensible=True)
    assert OPTIONS.complete_silence_ms < needs_ms(timer) <= 256
    assert needs_ms(said("set the volume to forty percent", intent="whole", avg_logprob=-0.205)) < 256
    assert needs_ms(said("what is the date today", intent="whole", avg_logprob=-0.31)) > 1500
    assert needs_ms(said("how much time is left", intent="whole", avg_logprob=-0.227, extensible=True)) > 1500


@given(words, st.floats(-3, 0), st.booleans())
def test_what_was_heard_more_surely_never_needs_more_silence(known, other, extensible):
    one, two = sorted((known.avg_logprob, other))
    less = msgspec.structs.replace(known, avg_logprob=one, extensible=extensible)
    more = msgspec.structs.replace(known, avg_logprob=two, extensible=extensible)
    assert needs_ms(more) <= needs_ms(less) * (1 + 1e-9)


@given(words)
def test_what_may_go_on_never_needs_less_silence_than_what_cannot(known):
    ended = msgspec.structs.replace(known, extensible=False)
    assert needs_ms(ended) <= needs_ms(msgspec.structs.replace(known, extensible=True)) * (1 + 1e-9)


def test_while_the_words_are_not_there_only_the_longest_silence_ends_it():
    assert needs_ms(None) == OPTIONS.longest_silence_ms


def test_what_was_no_words_needs_about_the_usual_silence():
    assert 400 < needs_ms(said("")) <= USUAL_MS


def test_words_that_cannot_be_all_are_waited_for_even_where_a_skill_would_take_them():
    assert needs_ms(said("what is fifteen plus plus", intent="whole")) > 1900
    assert needs_ms(said("what can you do", intent="whole")) == OPTIONS.complete_silence_ms


@given(words | st.none(), pauses, limits)
def test_whatever_is_known_the_silence_lies_within_the_profiles_limits(known, habits, options):
    usual_ms = usual_silence_ms(habits, 640.0, options)
    low, high = sorted((options.complete_silence_ms, options.longest_silence_ms))
    assert low <= usual_ms <= high or usual_ms == options.longest_silence_ms
    assert min(low, usual_ms) <= required_silence_ms(known, usual_ms, options) <= high


@given(words | st.none(), st.floats(0, 6000), st.floats(0, 6000))
def test_more_silence_never_turns_a_commit_into_waiting(known, one_ms, other_ms):
    less_ms, more_ms = sorted((one_ms, other_ms))
    if decide(less_ms, known, USUAL_MS, OPTIONS) == "commit":
        assert decide(more_ms, known, USUAL_MS, OPTIONS) == "commit"


@given(words, st.floats(0, 1))
def test_more_complete_words_never_need_more_silence(known, other):
    one, two = sorted((known.completeness, other))
    less = msgspec.structs.replace(known, completeness=one)
    more = msgspec.structs.replace(known, completeness=two)
    assert needs_ms(more) <= needs_ms(less) * (1 + 1e-9)


@given(words)
def test_a_whole_intent_never_needs_more_silence_than_an_open_one(known):
    whole = msgspec.structs.replace(known, intent="whole")
    assert needs_ms(whole) <= needs_ms(msgspec.structs.replace(known, intent="open"))


@given(pauses, st.floats(1, 6000))
def test_a_longer_pause_of_the_speaker_never_shortens_the_usual_silence(habits, pause_ms):
    longer = [max(habit, pause_ms) for habit in habits]
    assert usual_silence_ms(longer, 640.0, OPTIONS) >= usual_silence_ms(habits, 640.0, OPTIONS)


def test_a_speaker_of_long_pauses_is_given_longer_ones_once_that_is_known():
    assert usual_silence_ms([1200.0] * (HABITS_NEEDED - 1), 640.0, OPTIONS) == 640.0
    assert usual_silence_ms([1200.0] * HABITS_NEEDED, 640.0, OPTIONS) == pytest.approx(1440.0)


def test_habits_do_not_slow_a_whole_command_down():
    slow_ms = usual_silence_ms([2000.0] * 20, 640.0, OPTIONS)
    assert required_silence_ms(said("stop", intent="whole"), slow_ms, OPTIONS) == OPTIONS.complete_silence_ms
