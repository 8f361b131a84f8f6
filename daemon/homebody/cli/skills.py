"""`homebody skills`: what it can do without a language model; `homebody skills test`: how well it is understood."""

from __future__ import annotations

import tempfile
from contextlib import aclosing
from pathlib import Path

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import aside, complete, emit, say


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a skill.")
@click.pass_context
def skills(ctx: click.Context, as_json: bool) -> None:
    """What it can do without a language model."""
    if ctx.invoked_subcommand is None:
        complete(_list(ctx.obj, as_json))


@skills.command()
@click.option("--set", "path", required=True, type=click.Path(path_type=Path, dir_okay=False), help="JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="JSON for the mistakes too, not only for the score.")
def test(path: Path, as_json: bool) -> None:
    """Match a labelled set: lines of {"text", "skill" or "none", "slots"}. The last line printed is the score.

    Skills really run, on throw-away data.
    """
    complete(_test(path, as_json))


async def _list(name: str | None, as_json: bool) -> None:
    from homebody.bench.skills import EmptyHouse
    from homebody.router.memory import Memory
    from homebody.router.skills_host import SkillsHost

    options = profiles.load(name).router.skills
    with tempfile.TemporaryDirectory(prefix="hb-") as folder, Memory(Path(folder)) as memory:
        async with SkillsHost(EmptyHouse(), memory, options) as host:
            for info in sorted(host.skills, key=lambda info: (info.plugin, info.name)):
                if as_json:
                    emit(msgspec.to_builtins(info))
                else:
                    say(f"{info.name:14} {info.summary}")
                    say(f"{'':14} e.g. {'; '.join(info.examples[:3])}")
            for problem in host.problems:
                aside(f"! {problem.part}: {problem.problem} {problem.remedy}".rstrip())


async def _test(path: Path, as_json: bool) -> None:
    from homebody.bench.skills import Score, judge, read

    score = Score()
    async with aclosing(judge(read(path))) as verdicts:
        async for verdict in verdicts:
            score.count(verdict)
            if verdict.kind in {"right", "not_shipped"}:
                continue
            if as_json:
                emit(msgspec.to_builtins(verdict))
            else:
                row = verdict.row
                say(f"{verdict.kind}: {row.text}")
                say(f"  expected {row.skill} {row.slots}, got {verdict.skill} {verdict.value}")
    emit(msgspec.to_builtins(score))
