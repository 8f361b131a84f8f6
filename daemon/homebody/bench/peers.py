"""The report of ``bench/peers/run.py`` (at the top of a checkout): homebody and other assistants in one run. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from homebody.bench.paired import Ratio, paired, ratio
from homebody.ledger import percentile

WANTED: Final = 0.5  # of their time, at most, is what we want to take


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One recording spoken to one of them.

    Attributes:
        key: The turn's number and the recording, alike for all of them.
        wait_ms: From the last sample of speech to the first of the reply, on the tape; None: no reply, or no tape.
        heard: The transcript.
        understood: It is word for word what was said; capitals and punctuation do not count.
    """

    key: str
    wait_ms: float | None
    heard: str
    understood: bool


class System(msgspec.Struct, frozen=True, kw_only=True):
    """One of them.

    Attributes:
        name: What it is called here.
        versions: Of the packages that do its work.
        answered: Turns a reply was heard in.
        understood: Turns heard word for word.
        p50_ms, p95_ms: Of the waits; None without any.
        ours_to_its: Our wait as a share of its, over pairs of turns; None for ourselves.
        turns: All of them.
    """

    name: str
    versions: dict[str, str]
    answered: int
    understood: int
    p50_ms: float | None
    p95_ms: float | None
    ours_to_its: Ratio | None = None
    turns: tuple[Turn, ...]


class Peers(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        turns: Commands spoken to each.
        systems: Ourselves first.
        reply: What the peers said to every transcript.
        output_buffer_ms: Everybody's loudspeaker's.
        profile: Ours.
    """

    turns: int
    systems: tuple[System, ...]
    reply: str
    output_buffer_ms: float
    profile: str


def system(name: str, versions: dict[str, str], turns: Sequence[Turn], ours: Sequence[Turn] = ()) -> System:
    """Sum up one of them.

    Args:
        name: What it is called here.
        versions: Of the packages that do its work.
        turns: All of them.
        ours: Our own turns with the same keys, for the ratio; empty for ourselves.
    """
    waits = [one.wait_ms for one in turns if one.wait_ms is not None]
    ratios = paired(_waits(turns), _waits(ours))
    return System(
        name=name,
        versions=versions,
        answered=len(waits),
        understood=sum(one.understood for one in turns),
        p50_ms=round(percentile(waits, 50), 1) if waits else None,
        p95_ms=round(percentile(waits, 95), 1) if waits else None,
        ours_to_its=ratio(ratios) if ratios else None,
        turns=tuple(turns),
    )


def _waits(turns: Sequence[Turn]) -> dict[str, float]:
    return {one.key: one.wait_ms for one in turns if one.wait_ms is not None}


def rows(report: Peers) -> list[tuple[str, ...]]:
    """The table, without its header: name, p50, p95, our share of its time, answered, understood."""
    found: list[tuple[str, ...]] = []
    for one in report.systems:
        share = one.ours_to_its
        found.append(
            (
                one.name,
                "-" if one.p50_ms is None else f"{one.p50_ms:.0f} ms",
                "-" if one.p95_ms is None else f"{one.p95_ms:.0f} ms",
                "" if share is None else f"{share.median:.2f} ({share.low:.2f} to {share.high:.2f})",
                f"{one.answered} of {report.turns}",
                f"{one.understood} of {report.turns}",
            )
        )
    return found


HEADER: Final = ("", "p50", "p95", "our share of its time", "answered", "word for word")
