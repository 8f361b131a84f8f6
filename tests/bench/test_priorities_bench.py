"""The measurement of priorities measures: real processes, real seconds."""

import asyncio

import pytest

from homebody import profile as profiles
from homebody.bench.priorities import measure


@pytest.mark.slow
def test_every_picture_comes_back_once_and_questions_are_told_apart_by_what_they_met():
    report = asyncio.run(measure(profiles.load("embedded"), captions=3, idle=3))
    assert (report.done, report.twice) == (3, 0)
    assert report.asks >= 1
    assert report.idle.p50_ms > 250
    assert report.limit_ms == pytest.approx(1.1 * report.idle.p50_ms + 300)
