"""`homebody skills`: what it can do without a language model; `homebody skills test`: how well it is matched."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import aside, complete, emit, say
from homebody.errors import UsageError
from homebody.skill import SessionView, SkillInfo


class Row(msgspec.Struct):
    """A line of a labelled set: what is said, the skill that should answer (``none``: no skill), and its values."""

    text: str
    skill: str
    slots: dict[str, Any] = {}


class Score(msgspec.Struct):
    """How a labelled set went.

    Attributes:
        right: The right skill with the right values, or rightly none.
        wrong: The right skill with wrong values, or another skill.
        missed: None, where a skill should have answered.
        falsely_matched: A skill, where none should have.
        not_shipped: Rows of skills that are not here; counted apart and in none of the others.
    """

    accuracy: float = 0.0
    right: int = 0
    wrong: int = 0
    missed: int = 0
    falsely_matched: int = 0
    not_shipped: int = 0


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a skill.")
@click.pass_context
def skills(ctx: click.Context, as_json: bool) -> None:
    """What it can do without a language model."""
    if ctx.invoked_subcommand is None:
        complete(_list(ctx.obj, as_json))


@skills.command()
@click.option("--set", "path", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mistake, and the score last.")
@click.pass_obj
def test(profile: str | None, path: Path, as_json: bool) -> None:
    """Match a labelled set: lines of {"text", "skill" or "none", "slots"}. Skills run for real, on throw-away data."""
    complete(_test(profile, path, as_json))


async def _list(name: str | None, as_json: bool) -> None:
    async with _skills(name) as (infos, _, problems):
        for info in infos:
            if as_json:
                emit(msgspec.to_builtins(info))
            else:
                say(f"{info.name:16} {info.summary}")
                say(f"{'':16} e.g. {'; '.join(info.examples[:3])}")
        for problem in problems:
            aside(f"! {problem.part}: {problem.problem} {problem.remedy}")


async def _test(name: str | None, path: Path, as_json: bool) -> None:
    rows = read(path)
    score = Score()
    async with _skills(name) as (infos, answer, _):
        known = {info.name for info in infos} | {"none"}
        for row in rows:
            if row.skill not in known:
                score.not_shipped += 1
                continue
            skill, value = await answer(row.text)
            verdict = judged(row, skill, value)
            setattr(score, verdict, getattr(score, verdict) + 1)
            if verdict != "right" and as_json:
                emit({"text": row.text, "expected": row.skill, "slots": row.slots, "got": skill, "value": value})
            elif verdict != "right":
                say(f"{verdict}: {row.text!r}: expected {row.skill} {row.slots}, got {skill} {value}")
    counted = score.right + score.wrong + score.missed + score.falsely_matched
    score.accuracy = round(score.right / counted, 4) if counted else 0.0
    emit(msgspec.to_builtins(score))


def read(path: Path) -> list[Row]:
    """The rows of a labelled set; UsageError names the line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read.", "Give a file of JSON lines.") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rows.append(msgspec.json.decode(line, type=Row))
        except msgspec.DecodeError as error:
            raise UsageError(f"{path}, line {number}: {error}.", 'Write {"text": ..., "skill": ..., "slots": {}}.') from error
    return rows


def judged(row: Row, skill: str, value: dict[str, Any]) -> str:
    """Which count of `Score` an answer belongs to. Values not named in the row are not compared; numbers agree to six
    significant digits and words in any case."""
    if row.skill == "none":
        return "right" if skill == "none" else "falsely_matched"
    if skill == "none":
        return "missed"
    same = skill == row.skill and all(_agree(value.get(name), wanted) for name, wanted in row.slots.items())
    return "right" if same else "wrong"


def _agree(got: Any, wanted: Any) -> bool:
    if isinstance(got, int | float) and isinstance(wanted, int | float):
        return abs(got - wanted) <= 1e-6 * max(1.0, abs(wanted))
    if got in (None, "") and wanted in (None, ""):
        return True
    return str(got).casefold() == str(wanted).casefold()
