"""What is slower than the baseline is noticed; what is not, is not."""

from __future__ import annotations

import pytest

from homebody.bench import regress, regress_waits, regress_work
from homebody.bench.paired import Ratio, ratio
from homebody.bench.regress import Baseline, Limit, judged
from homebody.bench.regress_waits import SleepingRouter
from homebody.options import CommitOptions, VoiceOptions

BASELINE = Baseline(ratios={"work": Limit(2.0, 0.25)}, counts={"heard": 10})


def test_a_leg_fails_only_when_its_whole_interval_is_beyond_the_limit():
    def passed(low, high):
        return judged(BASELINE, {"work": Ratio(pairs=9, median=low, low=low, high=high)}, {"heard": 10}).passed

    assert passed(1.0, 1.2)
    assert passed(2.4, 3.0)
    assert not passed(2.6, 3.0)


def test_fewer_understood_than_before_fails():
    work = {"work": ratio([2.0])}
    assert judged(BASELINE, work, {"heard": 11}).passed
    assert not judged(BASELINE, work, {"heard": 9}).passed


def test_a_leg_that_was_not_measured_fails():
    assert not judged(BASELINE, {}, {"heard": 10}).passed
    assert not judged(BASELINE, {"work": ratio([2.0])}, {}).passed


def test_the_committed_baseline_can_be_read():
    assert {"commit wait", "voice detection"} <= set(regress.baseline().ratios)


@pytest.mark.models
def test_fifty_milliseconds_of_sleep_before_the_router_are_counted_exactly():
    usual = regress_waits.waits_ms(lambda router: router)
    slowed = regress_waits.waits_ms(lambda router: SleepingRouter(router, 0.05))
    longer = [after - before for before, after in zip(usual, slowed, strict=True)]
    assert longer == pytest.approx([50.0] * len(usual))  # nothing else is left to be done meanwhile
    limit = regress.baseline().ratios["commit wait"]
    silence_ms = CommitOptions().complete_silence_ms
    assert min(slowed) / silence_ms > limit.ratio * (1 + limit.tolerance) > max(usual) / silence_ms


@pytest.mark.models
def test_a_turn_that_begins_nothing_in_the_pause_is_noticed(monkeypatch):
    """Words and answer only after the end: 40 ms of hearing, 4 ms of asking and 12 ms of speaking are added to it."""
    late = CommitOptions(speculate=False)
    monkeypatch.setattr(regress_waits, "VoiceOptions", lambda: VoiceOptions(commit=late))
    limit = regress.baseline().ratios["commit wait"]
    most_ms = limit.ratio * (1 + limit.tolerance) * CommitOptions().complete_silence_ms
    assert min(regress_waits.waits_ms(lambda router: router)) > most_ms


@pytest.mark.models
def test_voice_detection_that_costs_double_is_noticed_and_ours_is_not():
    limit = regress.baseline().ratios["voice detection"]
    most = limit.ratio * (1 + limit.tolerance)
    assert ratio(regress_work.pair_ratios(*regress_work.vad(lambda detector: detector), 9)).low <= most
    assert ratio(regress_work.pair_ratios(*regress_work.vad(regress_work.TwiceVad), 9)).low > most
