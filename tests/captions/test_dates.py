"""Words for times, found in a search."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.captions.dates import Span, dated, moment

NOW = dt.datetime(2026, 11, 22, 10, 30)  # a Sunday
day = dt.datetime


@pytest.mark.parametrize(
    ("words", "rest", "since", "until"),
    [
        ("dogs today", "dogs", day(2026, 11, 22), day(2026, 11, 23)),
        ("yesterday", "", day(2026, 11, 21), day(2026, 11, 22)),
        ("the day before yesterday", "", day(2026, 11, 20), day(2026, 11, 21)),
        ("party last night", "party", day(2026, 11, 21, 18), day(2026, 11, 22, 6)),
        ("yesterday evening", "", day(2026, 11, 21, 17), day(2026, 11, 22)),
        ("this week", "", day(2026, 11, 16), day(2026, 11, 23)),
        ("last week", "", day(2026, 11, 9), day(2026, 11, 16)),
        ("last weekend", "", day(2026, 11, 14), day(2026, 11, 16)),
        ("last month", "", day(2026, 10, 1), day(2026, 11, 1)),
        ("last year", "", day(2025, 1, 1), day(2026, 1, 1)),
        ("a bicycle in March", "a bicycle", day(2026, 3, 1), day(2026, 4, 1)),
        ("in December", "", day(2025, 12, 1), day(2026, 1, 1)),
        ("December 2019", "", day(2019, 12, 1), day(2020, 1, 1)),
        ("in 2019", "", day(2019, 1, 1), day(2020, 1, 1)),
        ("2019-07", "", day(2019, 7, 1), day(2019, 8, 1)),
        ("2019-07-04", "", day(2019, 7, 4), day(2019, 7, 5)),
        ("on March 5th", "", day(2026, 3, 5), day(2026, 3, 6)),
        ("24 December", "", day(2025, 12, 24), day(2025, 12, 25)),
        ("29 February", "", day(2024, 2, 29), day(2024, 3, 1)),
        ("on Monday", "", day(2026, 11, 16), day(2026, 11, 17)),
        ("last Sunday", "", day(2026, 11, 15), day(2026, 11, 16)),
        ("three days ago", "", day(2026, 11, 19), day(2026, 11, 20)),
        ("last 7 days", "", day(2026, 11, 15), day(2026, 11, 23)),
        ("since March", "", day(2026, 3, 1), None),
        ("before 2020", "", None, day(2020, 1, 1)),
        ("last summer", "", day(2026, 6, 1), day(2026, 9, 1)),
        ("winter 2024", "", day(2024, 12, 1), day(2025, 3, 1)),
    ],
)
def test_words_for_a_time_become_a_stretch_of_it_and_leave_the_rest(words, rest, since, until):
    assert dated(words, NOW) == (rest, Span(since, until))


@pytest.mark.parametrize(
    "words",
    [
        "a march in the rain",
        "she may dance",
        "2019",
        '"last week" magazine',
        "31 June",
        "spring flowers",
        "a second cat",
    ],
)
def test_words_that_only_look_like_a_time_are_none(words):
    assert dated(words, NOW) == (words, Span(None, None))


@given(st.text(max_size=80), st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))
def test_whatever_is_typed_whenever_it_is_a_span_in_order_or_none(words, now):
    span = dated(words, now).span
    assert span.since is None or span.until is None or span.since < span.until


@given(st.sampled_from(["today", "last week", "in may", "3 days ago", "since March", "last winter", "on friday"]),
       st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1)))  # fmt: skip
def test_times_that_are_named_have_begun(words, now):
    span = dated(words, now).span
    assert span.since is not None
    assert span.since <= now


def test_a_moment_is_the_beginning_of_what_is_named_and_nothing_else_is_one():
    assert moment("2026-03-05", NOW) == day(2026, 3, 5)
    with pytest.raises(ValueError, match="soonish"):
        moment("soonish", NOW)
