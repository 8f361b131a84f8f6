"""The gallery under measurement, small."""

import asyncio

import pytest

from homebody import profile as profiles
from homebody.bench import gallery_spoken
from homebody.bench.gallery import measure


@pytest.mark.slow
def test_a_heap_of_pictures_is_described_once_each_while_questions_are_answered():
    report = asyncio.run(measure(profiles.load(None), 40, every_s=0.5, screens=3, progress=lambda _: None))
    assert (report.lost, report.stored_twice) == (0, 0)
    assert report.busy.p50_ms > 0
    assert report.closed_to_request_ms > 0


@pytest.mark.slow
@pytest.mark.audio
def test_pictures_are_described_while_somebody_asks_aloud_and_not_while_they_are_heard_or_answered():
    report = asyncio.run(
        gallery_spoken.measure(
            profiles.load("embedded"), 30, every_s=1.0, idle_turns=2, screens=0, progress=lambda _: None
        )
    )
    assert (report.lost, report.stored_twice) == (0, 0)
    assert report.asked_during_turns == 0
    assert report.idle.turns == 2
    assert report.busy.p50_ms > 0
