"""What looks now and then looks at the same moments."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

import virtual_time
from homebody.voice.looks import next_look, next_look_at_s


@given(st.floats(0, 1e7), st.sampled_from([0.01, 0.1, 0.25, 1.0]))
def test_the_next_look_comes_within_a_period_and_not_at_once(now_s, every_s):
    at_s = next_look_at_s(now_s, every_s)
    assert 0 < at_s - now_s < 1.02 * every_s
    assert at_s / every_s == pytest.approx(round(at_s / every_s))


def test_those_that_began_at_different_times_go_on_at_the_same_moments():
    seen = []

    async def one(begins_s):
        await asyncio.sleep(begins_s)
        while True:
            await next_look()
            seen.append(virtual_time.now_s())

    async def main():
        looking = [asyncio.create_task(one(begins_s)) for begins_s in (0.0, 0.1, 0.2, 0.249)]
        await asyncio.sleep(10.1)
        for task in looking:
            task.cancel()

    virtual_time.run(main())
    assert len(set(seen)) <= 41
    assert len(seen) > 4 * 39
