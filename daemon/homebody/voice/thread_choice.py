"""How many threads a model hears with: as many as pay. Pure.

A token of an answer is one row of numbers multiplied with all weights of the decoder. There is so little to share that
handing it to a second thread and waiting for it can cost more than it saves, and the encoder has much to share in wide
windows only. What is quickest depends on model, window and machine, so that it is measured like the windows are
(docs/decisions/0041-threads-that-pay.md).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import msgspec

from homebody import starter
from homebody.options import TranscriberOptions
from homebody.voice.whisper_window import WindowRule

# A command in a window of 3 s, two cores of an AMD EPYC: 7.6 ms with one thread, 16.1 ms with two (decision 41).
STARTERS_THREADS: Final = 1
# More threads must gain as much: beyond what a measurement may err by, and they take cores from everybody else.
GAIN: Final = 0.05
ROUNDS: Final = 6  # that count
ROUNDS_LIMIT: Final = 12
OTHERS: Final = 0.25  # of a core: so much of what is tried may be busy with other work


Tried = TypeVar("Tried")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What a typical recording took with so many threads: the median of several readings."""

    threads: int
    median_ms: float


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        floor_s, margin_s: The rule in whose window it was read.
        cores: How many this process could use.
        rows: With each number of threads, the smallest first.
    """

    floor_s: float
    margin_s: float
    cores: int
    rows: tuple[Timing, ...]

    def hold(self, rule: WindowRule, cores: int, most: int) -> bool:
        """Whether it says anything about this rule and machine, and about as many threads."""
        same = (self.floor_s, self.margin_s, self.cores) == (rule.floor_s, rule.margin_s, cores)
        return same and any(row.threads == 1 for row in self.rows) and max(row.threads for row in self.rows) >= most

    def up_to(self, most: int) -> dict[int, float]:
        """Milliseconds by threads."""
        return {row.threads: row.median_ms for row in self.rows if row.threads <= most}


@dataclass(frozen=True, slots=True)
class Threads:
    """How many, and why.

    Attributes:
        number: So many.
        source: ``measured`` on this machine; ``starter``: the starter model's; ``most``: nothing is known, so as many
            as the profile allows and the machine has; ``only``: there is no choice.
        median_ms: What was measured, by threads.
    """

    number: int
    source: Literal["measured", "starter", "most", "only"]
    median_ms: Mapping[int, float]

    @property
    def why(self) -> str:
        """For a person, without a full stop."""
        if self.source == "measured":
            took = ", ".join(f"{ms:.0f} ms with {threads}" for threads, ms in self.median_ms.items())
            return f"measured: a command takes {took}"
        return {
            "starter": "more only wait for one another in so small a model",
            "most": "not measured with this model yet",
            "only": "as many as the profile and the machine allow",
        }[self.source]

    def __str__(self) -> str:
        return f"{self.number} thread{'s' if self.number > 1 else ''} ({self.why})"


def candidates(most: int) -> tuple[int, ...]:
    """Numbers worth trying: 1, 2, 4, ... and ``most``, which is at least 1."""
    return (*(2**power for power in range((most - 1).bit_length())), most)


def paying(median_ms: Mapping[int, float]) -> int:
    """The fewest threads that take no longer than the quickest number does and `GAIN` of that.

    Args:
        median_ms: By threads; not empty.
    """
    enough_ms = min(median_ms.values()) * (1 + GAIN)
    return min(threads for threads, ms in median_ms.items() if ms <= enough_ms)


def threads_for(options: TranscriberOptions, rule: WindowRule, timings: Timings | None, cores: int) -> Threads:
    """How many this model hears with.

    Args:
        options: How it hears; ``threads`` is the most it may take.
        rule: How its windows are chosen.
        timings: What was measured with it, at some time.
        cores: How many this process may use.
    """
    most = min(options.threads, cores)
    if most == 1:
        return Threads(1, "only", {})
    if timings is not None and timings.hold(rule, cores, most):
        known = timings.up_to(most)
        return Threads(paying(known), "measured", known)
    if options.model == starter.NAME:
        return Threads(STARTERS_THREADS, "starter", {})
    return Threads(most, "most", {})


def in_rounds(
    numbers: Sequence[int], take: Callable[[int], Sequence[float]], clock: Callable[[], tuple[float, float]]
) -> dict[int, float] | None:
    """Compare numbers of threads with each other, on a machine that does nothing else meanwhile.

    Beside other work more threads look better than they are: each is given its share of the processor by itself. So a
    round counts only if the processor was ours or nobody's for as many cores as are tried.

    Args:
        numbers: Of threads, the smallest first.
        take: Reads with so many threads; returns what each reading took, in ms.
        clock: Seconds gone by, and seconds of processor that were ours or nobody's, of all cores together.

    Returns:
        Medians in ms by threads; None: other work left too few rounds that count.
    """
    taken_ms: dict[int, list[float]] = {number: [] for number in numbers}
    counted = 0
    for order in ordered(numbers, ROUNDS_LIMIT):
        (began_s, free_s), found = clock(), {number: take(number) for number in order}
        ended_s, freed_s = clock()
        if freed_s - free_s < (ended_s - began_s) * (numbers[-1] - OTHERS):
            continue
        for number in numbers:
            taken_ms[number] += found[number]
        if (counted := counted + 1) == ROUNDS:
            return {number: statistics.median(taken_ms[number]) for number in numbers}
    return None


def ordered(every: Sequence[Tried], rounds: int) -> list[Sequence[Tried]]:
    """So many rounds of all that is compared, there and back, so that what changes meanwhile favours none."""
    return [every[::-1] if number % 2 else every for number in range(rounds)]
