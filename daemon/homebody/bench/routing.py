"""How well purposes and languages are told, and how fast: by the shipped model, or by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from homebody.bench.purpose_training import Judged, LabelledRow, Score, cross_validated, scored
from homebody.language import identify
from homebody.router.purpose import IMAGE_PURPOSES, LIVE, PURPOSES, decide, load

OWN_SET: Final = Path(__file__).parents[3] / "tests" / "data" / "purposes.jsonl"  # in a checkout, not in a wheel


def judge(rows: Sequence[LabelledRow]) -> Score:
    """The shipped model's decisions on these rows, and how long they took."""
    load()  # as the router does when it starts
    judged, took_us = [], []
    for row in rows:
        began_s = time.perf_counter()
        decision = decide(row.text, has_image=row.has_image)
        took_us.append(1e6 * (time.perf_counter() - began_s))
        judged.append(Judged(row, LIVE if decision.live else decision.purpose))
    return scored(judged, language=_languages(rows), **_percentiles(took_us))


def cross_validate(rows: Sequence[LabelledRow]) -> tuple[Score, list[Judged]]:
    """Each row decided by a model that has seen no row of its phrasing; the times are the shipped model's."""
    judged = cross_validated(rows)
    shipped = judge(rows)
    times = {"p50_us": shipped.p50_us, "p95_us": shipped.p95_us, "max_us": shipped.max_us}
    return scored(judged, language=shipped.language, **times), judged


def mistakes(rows: Sequence[LabelledRow]) -> list[Judged]:
    """The rows whose purpose the shipped model gets wrong."""
    decided = ((row, decide(row.text, has_image=row.has_image)) for row in rows)
    judged = [Judged(row, LIVE if decision.live else decision.purpose) for row, decision in decided]
    return [item for item in judged if not item.right]


def matrix(score: Score) -> list[str]:
    """The confusion matrix in lines: a row for each labelled class, a column for each it was given."""
    order = [*PURPOSES, LIVE, *IMAGE_PURPOSES]
    given = [name for name in order if any(name in row for row in score.confusion.values())]
    width = max(len(name) for name in order) + 1
    lines = [f"{'':{width}}" + "".join(f"{name:>{len(name) + 2}}" for name in given)]
    for name in order:
        if name in score.confusion:
            counts = (f"{score.confusion[name].get(column, 0) or '.':>{len(column) + 2}}" for column in given)
            lines.append(f"{name:{width}}" + "".join(counts))
    return lines


def _languages(rows: Sequence[LabelledRow]) -> float | None:
    named = [row for row in rows if row.language]
    right = sum(identify(row.text) == row.language for row in named)
    return round(right / len(named), 4) if named else None


def _percentiles(took_us: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(took_us, [50, 95])
    return {"p50_us": round(float(p50), 1), "p95_us": round(float(p95), 1), "max_us": round(max(took_us), 1)}
