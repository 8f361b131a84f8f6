"""Numbering, keeping and missing events: no clock, no socket."""

import asyncio
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import BadMessage
from homebody.messages import Follow
from homebody.router.events import BACKLOG_LIMIT, WAITING_LIMIT, EventLog, Follower

NOW = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


def log_of(count):
    """A log of an instance "i" with so many events."""
    log = EventLog("i")
    for n in range(count):
        log.add("even" if n % 2 else "odd", {"n": n}, NOW)
    return log


@given(st.integers(0, BACKLOG_LIMIT + 200), st.integers(-5, BACKLOG_LIMIT + 300), st.sampled_from([None, "i", "other"]))
def test_what_was_missed_is_every_later_event_that_is_kept_and_a_gap_says_that_more_were(count, since, instance):
    missed, gap = log_of(count).missed(Follow(id="f", since_seq=since, instance=instance))
    mine = instance in (None, "i") and since <= count
    seen = max(since, 0) if mine else 0
    wanted = range(seen + 1, count + 1)
    assert [event.seq for event in missed] == list(wanted)[-BACKLOG_LIMIT:]
    assert gap == (len(wanted) > BACKLOG_LIMIT)


def test_without_a_number_only_new_events_come():
    log = log_of(5)
    assert log.missed(Follow(id="f")) == ([], False)


def test_the_gap_is_told_with_the_first_event_that_is_wanted_even_when_that_is_a_new_one():
    async def test():
        log = log_of(BACKLOG_LIMIT + 10)
        follower = Follower(Follow(id="f", events=("timer.",), since_seq=0), log)
        for _ in range(2):
            follower.offer(log.add("timer.rang", {}, NOW))
        first, second = await follower.next(), await follower.next()
        assert (first.id, first.gap, second.gap) == ("f", True, False)

    asyncio.run(test())


def test_a_follower_that_falls_behind_is_known_and_holds_no_more_than_its_limit():
    async def test():
        log = log_of(0)
        follower = Follower(Follow(id="f"), log)
        for _ in range(WAITING_LIMIT):
            follower.offer(log.add("x", {}, NOW))
        assert not follower.behind
        follower.offer(log.add("x", {}, NOW))
        assert follower.behind
        assert (await follower.next()).seq == 1

    asyncio.run(test())


@pytest.mark.parametrize("data", [{"x": object()}, {"x": "y" * 65_000}])
def test_an_event_that_cannot_be_sent_takes_no_number(data):
    log = log_of(1)
    with pytest.raises(BadMessage):
        log.add("x", data, NOW)
    assert log.add("y", {}, NOW).seq == 2
