"""Which windows a model bears: the planner, against models that are made up."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.whisper_window import UNPROVEN, WHOLE, WHOLE_WINDOW_S, WindowRule
from homebody.voice.window_calibration import (
    RULES,
    UNDERSTOOD_LEAST,
    Calibration,
    Clip,
    Reading,
    Wanted,
    alike,
    plain,
)

SAID = "set a timer for five minutes"
CLIPS = [Clip(f"clip {number}", SAID, 1.0 + number) for number in range(UNDERSTOOD_LEAST)]
Model = Callable[[Clip, float], Reading]


def measured(model: Model, clips: list[Clip] = CLIPS, *, thorough: bool = False) -> tuple[Calibration, list[Wanted]]:
    """All that was asked for, answered by a made-up model."""
    found, asked = Calibration(clips, thorough=thorough), []
    while (wanted := found.wanted) is not None:
        asked.append(wanted)
        assert len(asked) <= len(clips) * (len(RULES) + 1), "it asks for ever"
        found.learn(wanted, model(wanted.clip, wanted.window_s))
    return found, asked


def needing(least_s: float, spare_s: float) -> Model:
    """A model that loses the last word in a window shorter than this, or with less to spare."""
    return lambda clip, window_s: Reading(
        SAID if window_s >= min(WHOLE_WINDOW_S, max(least_s, clip.duration_s + spare_s)) else "set a timer"
    )


def test_each_rule_is_at_least_as_generous_as_the_one_before() -> None:
    assert all(a.floor_s <= b.floor_s and a.margin_s <= b.margin_s for a, b in pairwise(RULES))
    assert all(a != b for a, b in pairwise(RULES))


@given(st.floats(0, 35), st.floats(0, 8), st.lists(st.floats(0.2, 40), min_size=UNDERSTOOD_LEAST, max_size=14))
def test_the_first_rule_that_changes_no_word_is_found_in_as_few_readings_as_need_be(
    least_s: float, spare_s: float, lengths_s: list[float]
) -> None:
    clips = [Clip(str(number), SAID, length_s) for number, length_s in enumerate(lengths_s)]
    model = needing(least_s, spare_s)

    def holds(rule: WindowRule) -> bool:
        return all(model(clip, rule.window_s(clip.duration_s)).words == SAID for clip in clips)

    right = next((rule for rule in RULES if holds(rule)), None)
    quick, asked = measured(model, clips)
    assert quick.verdict.rule == (right or WHOLE)
    assert quick.verdict.outcome == ("proven" if right else "none")
    assert quick.verdict.understood == len(clips)
    assert len({(one.clip.key, one.window_s) for one in asked}) == len(asked), "something was read twice"
    thorough, all_asked = measured(model, clips, thorough=True)
    assert thorough.verdict == quick.verdict
    assert len(asked) <= len(all_asked)


@given(st.integers(0, UNDERSTOOD_LEAST - 1))
def test_where_too_little_is_understood_in_thirty_seconds_nothing_is_claimed(understood: int) -> None:
    known = {clip.key for clip in CLIPS[:understood]}
    found, asked = measured(lambda clip, _: Reading(SAID if clip.key in known else "bla bla"))
    assert (found.verdict.outcome, found.verdict.rule) == ("unknown", UNPROVEN)
    assert found.verdict.understood == understood
    assert all(one.window_s == WHOLE_WINDOW_S for one in asked), "it read on although nothing can be told"


def test_a_recording_that_is_not_understood_in_thirty_seconds_does_not_count() -> None:
    odd = Clip("odd", "the quick brown fox", 2.0)
    found, _ = measured(lambda clip, window_s: Reading(str(window_s) if clip is odd else SAID), [*CLIPS, odd])
    assert found.verdict.rule == RULES[0]
    assert (found.verdict.understood, found.verdict.clips) == (len(CLIPS), len(CLIPS) + 1)


def test_words_where_nothing_is_said_are_a_change() -> None:
    nothing = Clip("nothing", "", 1.5)
    found, _ = measured(
        lambda clip, window_s: Reading(("thank you" if window_s < 5 else "") if clip is nothing else SAID),
        [*CLIPS, nothing],
    )
    assert found.verdict.floor_s == 5.0


def test_what_the_guard_doubts_is_a_change_and_what_was_really_said_is_none() -> None:
    doubted, _ = measured(lambda clip, window_s: Reading(SAID, doubted=window_s < 4))
    assert doubted.verdict.floor_s == 4.0
    better, _ = measured(
        lambda clip, window_s: Reading(SAID if window_s < WHOLE_WINDOW_S else "sat a timer for five minutes")
    )
    assert better.verdict.rule == RULES[0]


def test_the_table_has_every_rule_and_what_it_changed() -> None:
    found, _ = measured(needing(5.0, 0.5), thorough=True)
    rows = {row.floor_s: row for row in found.rows()}
    assert len(found.rows()) == len(RULES) + 1
    assert rows[2.5].changed > 0
    assert rows[2.5].doubted == 0
    assert rows[8.0].changed == rows[30.0].changed == 0
    assert rows[30.0].read == len(CLIPS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Set a timer for 5 minutes.", SAID),
        ("what's the time?", "Whats the time"),
        ("set the volume to 40%", "set the volume to forty percent"),
    ],
)
def test_spelling_is_no_change(one: str, other: str) -> None:
    assert plain(one) == plain(other)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_compared(one: str, other: str) -> None:
    assert alike(one, one)
    assert isinstance(alike(one, other), bool)
    assert not alike("", "set a timer")
