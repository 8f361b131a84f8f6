"""A person waiting beats a folder waiting: which background work may begin, and which must stop. Pure.

A person never waits here: a question goes to its model at once, and background work is told to stop. Background work
begins in the order it came, while nobody waits and nobody is being heard. What was stopped keeps its place. After
`PATIENCE` stops, so that a folder is done some day in the liveliest of houses, the first in the queue is let through:
once nobody has waited for `QUIET_MS` it begins and is not stopped again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

PATIENCE: Final = 3  # stops that a piece of work bears
QUIET_MS: Final = 1000.0  # a person who has just been answered often asks again at once


class Step(NamedTuple):
    """What is to be done now.

    Attributes:
        start: Work that may begin.
        stop: Work that must stop, then be reported as `Priorities.stopped`.
        again_ms: When to look again although nothing happens; None: there is no need.
    """

    start: tuple[int, ...] = ()
    stop: tuple[int, ...] = ()
    again_ms: float | None = None


class _Work:
    def __init__(self) -> None:
        self.running = self.stopping = self.let_through = False
        self.stops = 0


class Priorities:
    """The queue. Work is named by numbers: a lower one came earlier.

    Args:
        parallel: So much background work runs at once.
        limit: So much waits.

    Attributes:
        stops, let_through: How often work was stopped, and let through, so far.
    """

    def __init__(self, *, parallel: int = 1, limit: int = 256) -> None:
        self.stops = self.let_through = 0
        self._parallel, self._limit = parallel, limit
        self._works: dict[int, _Work] = {}
        self._persons = 0
        self._hearing = False
        self._quiet_since_ms = float("-inf")

    @property
    def waiting(self) -> int:
        """Background work that waits for its turn."""
        return sum(not work.running for work in self._works.values())

    @property
    def running(self) -> int:
        """Background work that runs, that which is being stopped included."""
        return sum(work.running for work in self._works.values())

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer or is being heard."""
        return self._persons > 0 or self._hearing

    def person_asks(self) -> None:
        """Somebody waits for a model's answer from now on."""
        self._persons += 1

    def person_answered(self, now_ms: float) -> None:
        """One of them waits no more."""
        self._persons -= 1
        self._quiet_since_ms = now_ms

    def hear(self, hearing: bool, now_ms: float) -> None:
        """Whether somebody is being heard, thought about or talked to: nothing begins meanwhile."""
        if self._hearing and not hearing:
            self._quiet_since_ms = now_ms
        self._hearing = hearing

    def add(self, number: int) -> bool:
        """New work, with a number higher than all before it; False where too much waits already."""
        if self.waiting >= self._limit:
            return False
        self._works[number] = _Work()
        return True

    def ended(self, number: int) -> None:
        """Work has been done or given up; from now on it is unknown here."""
        del self._works[number]

    def must_stop(self, number: int) -> bool:
        """Whether this work has been told to stop, and is not known to have done so."""
        return self._works[number].stopping

    def stopped(self, number: int) -> None:
        """Work that had been told to stop has stopped: it waits at its old place."""
        work = self._works[number]
        work.running = work.stopping = False
        work.stops += 1

    def step(self, now_ms: float) -> Step:
        """What is to be done; to be asked after every change."""
        stop = []
        if self._persons:
            for number, work in self._works.items():
                if work.running and not work.stopping and not work.let_through:
                    work.stopping = True
                    stop.append(number)
            self.stops += len(stop)
        if self.busy:
            return Step(stop=tuple(stop))
        start: list[int] = []
        free = self._parallel - self.running
        for number, work in sorted(self._works.items()):
            if work.running:
                continue
            if free <= 0:
                break
            if work.stops >= PATIENCE and not any(other.let_through for other in self._works.values()):
                quiet_at_ms = self._quiet_since_ms + QUIET_MS
                if now_ms < quiet_at_ms:  # those behind it wait as well, or they would be in its way then
                    return Step(tuple(start), again_ms=quiet_at_ms)
                work.let_through = True
                self.let_through += 1
            work.running = True
            start.append(number)
            free -= 1
        return Step(tuple(start))
