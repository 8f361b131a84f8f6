"""`homebody bench intents`: how well sentences find their skills, which are taken for which, and how fast."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final

import msgspec

from homebody.bench.skills import NONE, EmptyHouse, Row, Score, Verdict, judge
from homebody.ledger import percentile
from homebody.options import SkillOptions
from homebody.router.memory import Memory
from homebody.router.polyglot import LANGUAGES, Polyglot
from homebody.router.skills_host import SkillsHost

OWN_SET: Final = Path(__file__).parents[3] / "tests" / "data" / "skills.jsonl"  # in a checkout, not in a wheel


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was not answered rightly; ``kind`` as in `skills.Score`."""

    key: str
    skill: str
    given: str
    kind: str


class Microseconds(msgspec.Struct, frozen=True, kw_only=True):
    """Of many sentences."""

    p50_us: float
    p95_us: float
    p99_us: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        rows: Sentences that were judged.
        score: How they went; the right skill with wrong values is wrong.
        recall: Of the sentences of each skill, the share that found it.
        confusion: What sentences of a skill were taken for, mistakes only, with counts.
        mistakes: All of them.
        p50_us, p95_us, p99_us, worst_us: Microseconds of the matcher for one sentence, wall clock, everything loaded.
        worst: The sentence of ``worst_us``.
        model: The same of those sentences that no skill answers: what a question for a model waits for.
        build_ms: Processor time until sentences of a language can be matched, by language.
    """

    rows: int
    score: Score
    recall: dict[str, float]
    confusion: dict[str, dict[str, int]]
    mistakes: tuple[Mistake, ...]
    p50_us: float
    p95_us: float
    p99_us: float
    worst_us: float
    worst: str
    model: Microseconds | None
    build_ms: dict[str, float]


async def measure(rows: Sequence[Row], *, timed: int = 3) -> Report:
    """Judge every row, then match every row so many times and take the quickest of each.

    Args:
        rows: A labelled set, from `skills.read`; at least one.
        timed: How often each is matched; the quickest is what it costs when nothing else happens.
    """
    async with aclosing(judge(rows)) as judged:
        verdicts = [verdict async for verdict in judged]
    took_us, build_ms = await _timed(rows, timed)
    score = Score()
    for verdict in verdicts:
        score.count(verdict)
    worst_us, worst = max(took_us)
    all_us = _spread([us for us, _ in took_us])
    unmatched = [us for (us, _), row in zip(took_us, rows, strict=True) if row.skill == NONE]
    return Report(
        rows=len(rows),
        score=score,
        recall=recall(verdicts),
        confusion=confusion(verdicts),
        mistakes=tuple(
            Mistake(key=verdict.row.text, skill=verdict.row.skill, given=verdict.skill, kind=verdict.kind)
            for verdict in verdicts
            if verdict.kind not in {"right", "not_shipped"}
        ),
        p50_us=all_us.p50_us,
        p95_us=all_us.p95_us,
        p99_us=all_us.p99_us,
        worst_us=round(worst_us, 1),
        worst=worst,
        model=_spread(unmatched) if unmatched else None,
        build_ms=build_ms,
    )


def recall(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Of each skill's sentences (``none``: of those no skill should answer), the share that went right."""
    counted = [verdict for verdict in verdicts if verdict.kind != "not_shipped"]
    total = Counter(verdict.row.skill for verdict in counted)
    right = Counter(verdict.row.skill for verdict in counted if verdict.kind == "right")
    return {skill: round(right[skill] / count, 4) for skill, count in sorted(total.items())}


def confusion(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    """For each skill, what its sentences were taken for instead; the right skill with wrong values is not in it."""
    found: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        if verdict.kind != "not_shipped" and verdict.skill != verdict.row.skill:
            found.setdefault(verdict.row.skill, Counter())[verdict.skill] += 1
    return {skill: dict(counts.most_common()) for skill, counts in sorted(found.items())}


async def _timed(rows: Sequence[Row], timed: int) -> tuple[list[tuple[float, str]], dict[str, float]]:
    """The quickest of each row, and what building took."""
    with tempfile.TemporaryDirectory(prefix="hb-") as folder, Memory(Path(folder)) as memory:
        async with SkillsHost(EmptyHouse(), memory, SkillOptions()) as host:
            build_ms = {}
            began_s = time.process_time()
            intents = Polyglot(host.skills, built=())  # English
            for language in LANGUAGES:
                intents.of(language)
                ended_s = time.process_time()
                build_ms[language], began_s = round(1000 * (ended_s - began_s), 1), ended_s
            for row in rows:
                intents.match(row.text)
            return [(min(_once_us(intents, row.text) for _ in range(timed)), row.text) for row in rows], build_ms


def _once_us(intents: Polyglot, text: str) -> float:
    began_s = time.perf_counter()
    intents.match(text)
    return 1e6 * (time.perf_counter() - began_s)


def _spread(took_us: list[float]) -> Microseconds:
    p50_us, p95_us, p99_us = (round(percentile(took_us, percent), 1) for percent in (50, 95, 99))
    return Microseconds(p50_us=p50_us, p95_us=p95_us, p99_us=p99_us)
