"""Ratios of pairs say only what they can."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench.compare import compare, more_is_better
from homebody.bench.paired import PAIRS_LEAST, paired, ratio, verdict
from homebody.errors import UsageError

VALUES = st.lists(st.floats(0.01, 1e4), min_size=1, max_size=20)


def report(values, bench="text", **more):
    rows = [{"key": str(number), "first_token_ms": value} for number, value in enumerate(values)]
    return {"bench": bench, "runs": rows, **more}


@given(VALUES)
def test_a_report_does_not_differ_from_itself(values):
    (found,) = compare(report(values), report(values))
    assert found.ratio is not None
    assert (found.ratio.median, found.ratio.low, found.ratio.high) == (1, 1, 1)
    assert found.verdict in {"no difference beyond the noise", "too few pairs"}


@given(VALUES, st.floats(0.01, 100))
def test_the_median_lies_in_its_interval_and_scales_with_b(values, factor):
    found = ratio([value * factor for value in values])
    alone = ratio(values)
    assert found.low <= found.median <= found.high
    assert math.isclose(found.median, alone.median * factor, rel_tol=1e-9)


@given(VALUES)
def test_a_over_b_is_the_inverse_of_b_over_a(values):
    one, other = ratio(values), ratio([1 / value for value in values])
    assert math.isclose(one.median, 1 / other.median, rel_tol=1e-9)


@given(st.lists(st.floats(0.95, 1.05), min_size=PAIRS_LEAST, max_size=30))
def test_a_clear_difference_is_told_and_which_way_is_better_depends_on_what_it_is(noise):
    slower = ratio([2 * value for value in noise])
    assert verdict(slower, more_is_better=False) == "worse"
    assert verdict(slower, more_is_better=True) == "better"
    assert verdict(ratio([0.5 * value for value in noise]), more_is_better=False) == "better"


@given(st.lists(st.floats(0.98, 1.02), min_size=PAIRS_LEAST, max_size=30))
def test_a_difference_as_small_as_the_noise_is_none(values):
    assert verdict(ratio(values), more_is_better=True) == "no difference beyond the noise"


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=PAIRS_LEAST - 1))
def test_few_pairs_are_never_judged(values):
    assert verdict(ratio(values), more_is_better=True) == "too few pairs"


def test_only_keys_of_both_sides_make_pairs_and_nothing_is_divided_by_zero():
    assert paired({"a": 2.0, "b": 0.0, "c": 1.0}, {"a": 3.0, "b": 1.0, "d": 1.0}) == [1.5]


def test_one_value_a_side_is_a_ratio_without_a_verdict():
    (found,) = compare({"bench": "voice", "p50_ms": 400.0}, {"bench": "voice", "p50_ms": 500.0})
    assert (found.single, found.verdict, found.ratio) == (1.25, None, None)


def test_circumstances_and_the_machine_are_not_compared():
    machine = {"circumstances": {"boot_ms": 1.0}, "machine": {"took_s": 2.0}}
    assert len(compare(report([1.0], **machine), report([1.0], **machine))) == 1


def test_different_benches_are_not_compared():
    with pytest.raises(UsageError, match="different benches"):
        compare(report([1.0]), report([1.0], bench="wire"))


def test_what_counts_as_better_is_told_from_the_name():
    assert more_is_better("models.0.runs.tokens_per_s")
    assert not more_is_better("runs.first_token_ms")
    assert not more_is_better("footprint.memory_bytes")
    assert more_is_better("tasks.right")
