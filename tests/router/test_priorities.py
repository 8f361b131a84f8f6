from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from homebody.router.priorities import PATIENCE, QUIET_MS, Priorities, Step


def test_background_work_begins_in_its_order_as_far_as_it_may_run_at_once() -> None:
    queue = Priorities(parallel=2)
    assert all(queue.add(number) for number in range(4))
    assert queue.step(0) == Step((0, 1))
    assert queue.step(1) == Step()
    queue.ended(0)
    assert queue.step(2) == Step((2,))


def test_a_person_stops_what_runs_and_it_begins_again_at_its_old_place() -> None:
    queue = Priorities()
    queue.add(0)
    queue.add(1)
    assert queue.step(0).start == (0,)
    queue.person_asks()
    assert queue.step(10) == Step(stop=(0,))
    assert queue.step(10) == Step()  # told once
    queue.stopped(0)
    assert queue.step(20) == Step()
    queue.person_answered(30)
    assert queue.step(30).start == (0,)


def test_nothing_begins_while_somebody_is_heard_and_what_runs_goes_on() -> None:
    queue = Priorities(parallel=2)
    queue.add(0)
    assert queue.step(0).start == (0,)
    queue.hear(True, 1)
    queue.add(1)
    assert queue.step(2) == Step()
    queue.hear(False, 3)
    assert queue.step(3) == Step((1,))


def test_too_much_is_refused_and_what_runs_does_not_count_as_waiting() -> None:
    queue = Priorities(limit=2)
    queue.add(0)
    queue.step(0)
    assert [queue.add(number) for number in (1, 2, 3)] == [True, True, False]


def test_what_was_stopped_three_times_is_let_through_when_it_has_been_quiet() -> None:
    queue = Priorities()
    queue.add(0)
    queue.add(1)
    for _ in range(PATIENCE):
        assert queue.step(0).start == (0,)
        queue.person_asks()
        assert queue.step(0).stop == (0,)
        queue.stopped(0)
        queue.person_answered(0)
    assert queue.step(0) == Step(again_ms=QUIET_MS)  # nor does what is behind it begin, and get in its way
    assert queue.step(QUIET_MS).start == (0,)
    queue.person_asks()
    assert queue.step(QUIET_MS + 1) == Step()  # not stopped a fourth time
    queue.person_answered(QUIET_MS + 2)
    assert (queue.stops, queue.let_through) == (PATIENCE, 1)
    queue.ended(0)
    assert queue.step(QUIET_MS + 3).start == (1,)


class Household(RuleBasedStateMachine):
    """Persons, a folder and a microphone in any order; what the queue says is done, sooner or later."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Priorities(parallel=2, limit=6)
        self.now_ms = 0.0
        self.persons = 0
        self.hearing = False
        self.next = 0
        self.waiting: set[int] = set()
        self.running: set[int] = set()
        self.stopping: set[int] = set()
        self.stops: dict[int, int] = {}
        self.done: list[int] = []

    def step(self) -> None:
        step = self.queue.step(self.now_ms)
        for number in step.stop:
            assert self.persons > 0
            assert self.stops[number] < PATIENCE or len(self.running) > 1  # one let through is not stopped
            self.running.remove(number)
            self.stopping.add(number)
        for number in step.start:
            assert self.persons == 0
            assert not self.hearing
            assert number == min(self.waiting)
            self.waiting.remove(number)
            self.running.add(number)

    @rule()
    def an_image_comes(self) -> None:
        number, self.next = self.next, self.next + 1
        assert self.queue.add(number) == (len(self.waiting) < 6)
        if number in self.queue._works:
            self.waiting.add(number)
            self.stops[number] = 0
        self.step()

    @rule()
    def somebody_asks(self) -> None:
        self.persons += 1
        self.queue.person_asks()
        self.step()

    @precondition(lambda self: self.persons)
    @rule()
    def somebody_is_answered(self) -> None:
        self.persons -= 1
        self.queue.person_answered(self.now_ms)
        self.step()

    @rule(hearing=st.booleans())
    def the_microphone_hears(self, hearing: bool) -> None:
        self.hearing = hearing
        self.queue.hear(hearing, self.now_ms)
        self.step()

    @rule(passing_ms=st.sampled_from([1.0, 300.0, QUIET_MS, 5000.0]))
    def time_passes(self, passing_ms: float) -> None:
        self.now_ms += passing_ms
        self.step()

    @precondition(lambda self: self.stopping)
    @rule(data=st.data(), finished=st.booleans())
    def what_was_told_to_stop_stops_or_was_finished(self, data: st.DataObject, finished: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.stopping)))
        self.stopping.remove(number)
        if finished:
            self.queue.ended(number)
            self.done.append(number)
        else:
            self.queue.stopped(number)
            self.stops[number] += 1
            self.waiting.add(number)
        self.step()

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def some_is_done(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.running)))
        self.running.remove(number)
        self.queue.ended(number)
        self.done.append(number)
        self.step()

    @invariant()
    def nothing_is_lost_or_done_twice(self) -> None:
        assert len(self.running) + len(self.stopping) <= 2
        assert self.queue.waiting == len(self.waiting)
        assert self.queue.running == len(self.running) + len(self.stopping)
        assert len(self.done) == len(set(self.done))

    def teardown(self) -> None:
        """Everyone goes to bed: all of it gets done."""
        self.queue.hear(False, self.now_ms)
        self.hearing = False
        while self.persons:
            self.somebody_is_answered()
        for _ in range(100):
            for number in sorted(self.running | self.stopping):
                self.queue.ended(number)
                self.done.append(number)
            self.running.clear()
            self.stopping.clear()
            self.now_ms += QUIET_MS
            self.step()
        assert sorted(self.done) == sorted(self.stops)


TestHousehold = pytest.mark.lengthy(Household.TestCase)
TestHousehold.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.integers(1, 5), st.integers(0, 12))
def test_left_alone_all_of_it_is_done_in_order(parallel: int, count: int) -> None:
    queue = Priorities(parallel=parallel, limit=100)
    done: list[int] = []
    for number in range(count):
        queue.add(number)
    running: list[int] = []
    while len(done) < count:
        running += queue.step(0).start
        assert len(running) <= parallel
        queue.ended(running[0])
        done.append(running.pop(0))
    assert done == list(range(count))
