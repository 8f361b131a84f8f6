"""How many threads a model hears with: the fewest that pay, and never more than there are cores."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.options import TranscriberOptions
from homebody.voice.thread_choice import (
    GAIN,
    ROUNDS,
    ROUNDS_LIMIT,
    Threads,
    Timing,
    Timings,
    candidates,
    in_rounds,
    ordered,
    paying,
    threads_for,
)
from homebody.voice.whisper_window import UNPROVEN, WindowRule

RULE = WindowRule(2.5)
MINE = TranscriberOptions(model="mine", threads=4)
MEASURED = st.dictionaries(st.sampled_from([1, 2, 4, 8, 12, 16]), st.floats(0.1, 1e5), min_size=1)


def timings(median_ms: dict[int, float], rule: WindowRule = RULE, cores: int = 4) -> Timings:
    rows = tuple(Timing(threads=threads, median_ms=ms) for threads, ms in sorted(median_ms.items()))
    return Timings(floor_s=rule.floor_s, margin_s=rule.margin_s, cores=cores, rows=rows)


@given(st.integers(1, 256))
def test_all_doublings_are_tried_and_the_most_that_are_allowed(most: int) -> None:
    tried = candidates(most)
    assert (tried[0], tried[-1]) == (1, most)
    assert all(fewer < more <= 2 * fewer for fewer, more in pairwise(tried))


@given(MEASURED)
def test_the_fewest_that_pay_are_nearly_the_quickest_and_fewer_are_clearly_slower(median_ms: dict[int, float]) -> None:
    chosen, quickest_ms = paying(median_ms), min(median_ms.values())
    assert median_ms[chosen] <= quickest_ms * (1 + GAIN)
    assert all(ms > quickest_ms * (1 + GAIN) for threads, ms in median_ms.items() if threads < chosen)


@given(MEASURED, st.sampled_from([0.25, 0.5, 2.0, 1024.0]))
def test_a_machine_that_is_so_many_times_as_quick_takes_the_same_number(
    median_ms: dict[int, float], times: float
) -> None:
    assert paying({threads: ms * times for threads, ms in median_ms.items()}) == paying(median_ms)


@pytest.mark.parametrize(
    ("median_ms", "right"),
    [
        ({1: 7.6, 2: 16.1}, 1),  # the starter model in 3 s, two virtual cores
        ({1: 77.1, 2: 105.5}, 1),  # Whisper tiny in 2.5 s
        ({1: 371.0, 2: 353.0}, 2),  # base in 10 s: 5 % are worth a core
        ({1: 632.0, 2: 620.0}, 1),  # small in 2.5 s: 2 % are not
        ({1: 1434.0, 2: 1297.0}, 2),
        ({1: 100.0, 2: 60.0, 4: 58.0, 8: 90.0}, 2),
    ],
)
def test_what_was_seen_is_decided_as_a_person_would(median_ms: dict[int, float], right: int) -> None:
    assert paying(median_ms) == right


@given(st.integers(1, 64), st.integers(1, 64), st.none() | MEASURED, st.booleans(), st.integers(1, 64))
def test_never_more_than_the_profile_allows_or_the_machine_has(
    allowed: int, cores: int, median_ms: dict[int, float] | None, starter: bool, measured_on: int
) -> None:
    options = TranscriberOptions(model="starter" if starter else "mine", threads=allowed)
    known = None if median_ms is None else timings(median_ms, cores=measured_on)
    chosen = threads_for(options, RULE, known, cores)
    assert 1 <= chosen.number <= min(allowed, cores)
    assert str(chosen)
    assert (chosen.source == "only") == (min(allowed, cores) == 1)


def test_until_something_is_known_the_starter_takes_one_and_others_what_there_is() -> None:
    starter = TranscriberOptions(threads=4)
    assert threads_for(starter, RULE, None, 8) == Threads(1, "starter", {})
    assert threads_for(MINE, RULE, None, 2) == Threads(2, "most", {})
    assert threads_for(MINE, RULE, None, 8) == Threads(4, "most", {})


def test_what_was_measured_is_taken_and_told() -> None:
    chosen = threads_for(MINE, RULE, timings({1: 77.1, 2: 105.5, 4: 180.0}), 4)
    assert (chosen.number, chosen.source) == (1, "measured")
    assert str(chosen) == "1 thread (measured: a command takes 77 ms with 1, 106 ms with 2, 180 ms with 4)"


def test_fewer_than_were_measured_need_no_measuring_and_more_do() -> None:
    known = timings({1: 100.0, 2: 60.0, 4: 40.0})
    fewer = msgspec.structs.replace(MINE, threads=3)
    assert threads_for(fewer, RULE, known, 4) == Threads(2, "measured", {1: 100.0, 2: 60.0})
    on_eight = timings({1: 100.0, 2: 60.0, 4: 40.0}, cores=8)
    assert threads_for(msgspec.structs.replace(MINE, threads=6), RULE, on_eight, 8).source == "most"


@pytest.mark.parametrize("rule", [UNPROVEN, WindowRule(2.5, 1.0)])
def test_what_was_measured_in_another_window_says_nothing(rule: WindowRule) -> None:
    assert threads_for(MINE, rule, timings({1: 10.0, 2: 20.0, 4: 30.0}), 4).source == "most"


@pytest.mark.parametrize("known", [timings({1: 10.0, 2: 20.0, 4: 30.0}, cores=8), timings({}), timings({4: 1.0})])
def test_nor_does_what_was_measured_on_another_machine_or_is_not_whole(known: Timings) -> None:
    assert threads_for(MINE, RULE, known, 4).source == "most"


@given(st.lists(st.integers(), min_size=1, max_size=5), st.integers(1, 9))
def test_rounds_go_there_and_back(every: list[int], rounds: int) -> None:
    found = ordered(every, rounds)
    assert len(found) == rounds
    assert all(list(one) == list(reversed(other)) for one, other in pairwise(found))


class Machine:
    """Four cores, of which others take so much in each round, which makes more threads look better."""

    def __init__(self, busy: Callable[[int], float]) -> None:
        self.busy, self.rounds, self.now_s, self.free_s = busy, 0, 0.0, 0.0
        self.order: list[int] = []

    def clock(self) -> tuple[float, float]:
        return self.now_s, self.free_s

    def take(self, threads: int) -> list[float]:
        self.order.append(threads)
        taken = self.busy((len(self.order) - 1) // 2)
        self.now_s += 1
        self.free_s += 4 - taken
        return [100.0 * threads * (1 if taken < 1 else 1 / threads**2)] * 2


def test_a_machine_left_alone_is_measured_in_as_few_rounds_as_are_wanted() -> None:
    machine = Machine(lambda at: 0.1)
    assert in_rounds((1, 4), machine.take, machine.clock) == {1: 100.0, 4: 400.0}
    assert machine.order == [1, 4, 4, 1] * (ROUNDS // 2)


def test_a_round_beside_other_work_does_not_count() -> None:
    machine = Machine(lambda at: 1.5 if at % 2 else 0.0)
    assert in_rounds((1, 4), machine.take, machine.clock) == {1: 100.0, 4: 400.0}
    assert len(machine.order) == 2 * (2 * ROUNDS - 1)


def test_where_other_work_never_ends_nothing_is_claimed() -> None:
    machine = Machine(lambda at: 1.5)
    assert in_rounds((1, 4), machine.take, machine.clock) is None
    assert len(machine.order) == 2 * ROUNDS_LIMIT


def test_other_work_on_cores_that_are_not_tried_is_in_nobodys_way() -> None:
    machine = Machine(lambda at: 2.0)
    assert in_rounds((1, 2), machine.take, machine.clock) is not None
