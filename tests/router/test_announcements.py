"""What had to wait for a voice says so."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.announcements import LATE_S, worded

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("waited_s", "begins"),
    [
        (0, "Your timer"),
        (60, "Your timer"),
        (95, "This is from 2 minutes ago."),
        (12 * 60, "This is from 12 minutes ago."),
        (3 * 3600, "This is from 3 hours ago."),
        (5 * 86_400, "This is from 5 days ago."),
    ],
)
def test_an_announcement_that_waited_long_says_from_when_it_is(waited_s, begins):
    said = worded("Your timer is done.", NOW - dt.timedelta(seconds=waited_s), NOW)
    assert said.startswith(begins)
    assert said.endswith("Your timer is done.")


@given(st.floats(-1e6, 1e8))
def test_however_long_it_waited_the_words_are_whole_and_the_count_is_never_one_or_none(waited_s):
    said = worded("Words.", NOW - dt.timedelta(seconds=waited_s), NOW)
    assert said.endswith("Words.")
    if waited_s < LATE_S - 1:
        assert said == "Words."
    else:
        assert " 1 " not in said
        assert " 0 " not in said
