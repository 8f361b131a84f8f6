"""`homebody bench compare`: two reports of the same bench, quantity by quantity. Pure.

A table of a report whose rows have a ``key`` is paired row by row; its interval decides whether there is a verdict.
A quantity that a report has one value of (a percentile) is shown as a ratio without a verdict: one value on each side
says nothing about the noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from homebody.bench.paired import NOISE, Ratio, Verdict, paired, ratio, verdict
from homebody.errors import UsageError

LESS_IS_BETTER: Final = ("_ms", "_s", "_us", "_bytes")
MORE_IS_BETTER: Final = ("_per_s", "accuracy", "right", "understood", "answered")
LEFT_OUT: Final = ("circumstances", "machine", "load_average")
READ_LIMIT_BYTES: Final = 64 * 1024 * 1024


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity of both reports.

    Attributes:
        quantity: Where it stands, such as ``models.0.runs.tokens_per_s``.
        ratio: B over A, of pairs; None where there are none.
        single: B over A of a quantity with one value a side; None of pairs.
        verdict: Only of pairs.
    """

    quantity: str
    ratio: Ratio | None = None
    single: float | None = None
    verdict: Verdict | None = None


def read(path: Path) -> dict[str, Any]:
    """A report's JSON.

    Raises:
        UsageError: It cannot be read, or is no report.
    """
    try:
        if path.stat().st_size > READ_LIMIT_BYTES:
            raise UsageError(f"{path} is too large for a report.", "Give a file that a bench has printed with --json.")
        found = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Check the path.") from error
    except msgspec.DecodeError as error:
        remedy = "Make one with, for example: homebody bench wire --json > wire.json"
        raise UsageError(f"{path} is not JSON.", remedy) from error
    if not isinstance(found, dict) or not isinstance(found.get("bench"), str):
        remedy = "Make one with, for example: homebody bench wire --json > wire.json"
        raise UsageError(f"{path} is no report of a bench.", remedy)
    return found


def compare(a: Mapping[str, Any], b: Mapping[str, Any], *, noise: float = NOISE) -> list[Compared]:
    """Every quantity that both have, in the order of ``a``.

    Raises:
        UsageError: They are of different benches.
    """
    if a.get("bench") != b.get("bench"):
        raise UsageError(
            f"These are of different benches: {a.get('bench')} and {b.get('bench')}.", "Compare two of the same one."
        )
    ours, theirs = dict(_quantities(a)), dict(_quantities(b))
    found = []
    for quantity, value in ours.items():
        other = theirs.get(quantity)
        if isinstance(value, dict) and isinstance(other, dict):
            if ratios := paired(value, other):
                between = ratio(ratios)
                better = more_is_better(quantity)
                judged = verdict(between, more_is_better=better, noise=noise)
                found.append(Compared(quantity=quantity, ratio=between, verdict=judged))
        elif isinstance(value, float) and isinstance(other, float) and value > 0 and other > 0:
            found.append(Compared(quantity=quantity, single=other / value))
    return found


def more_is_better(quantity: str) -> bool:
    """Whether of this quantity, by its name, more is better."""
    return quantity.endswith(MORE_IS_BETTER)


def _quantities(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, float | dict[str, float]]]:
    """What is measured in a report: single numbers, and columns of tables by their rows' keys."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if path or name not in LEFT_OUT:
                yield from _quantities(inner, (*path, str(name)))
    elif _is_table(value):
        for column in dict.fromkeys(name for row in value for name in row):
            if _measures(column):
                cells = {str(row["key"]): float(row[column]) for row in value if _is_number(row.get(column))}
                yield ".".join((*path, column)), cells
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, inner in enumerate(value):
            yield from _quantities(inner, (*path, str(number)))
    elif _is_number(value) and path and _measures(path[-1]):
        yield ".".join(path), float(value)


def _is_table(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) > 0 and all(isinstance(r, Mapping) and "key" in r for r in value)


def _measures(name: str) -> bool:
    return name.endswith((*LESS_IS_BETTER, *MORE_IS_BETTER))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
