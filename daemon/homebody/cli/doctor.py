"""`homebody doctor`: what is wrong, and the command that mends it."""

from __future__ import annotations

import shutil
import textwrap
from typing import Final

import click
import msgspec

from homebody.cli.output import aside, complete, emit, say
from homebody.messages import Link

WIDTH: Final = 100
MARKS: Final = {"error": "!!", "warning": " !", "note": "  "}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: healthy, findings, chain.")
@click.option("--quiet", is_flag=True, help="Say nothing aloud.")
@click.option("--no-chain", is_flag=True, help="Only look; try neither microphone, models nor loudspeaker.")
@click.pass_obj
def doctor(profile: str | None, as_json: bool, quiet: bool, no_chain: bool) -> int:
    """Try everything, and name what is wrong and what mends it. Exit status 1: something is wrong."""
    from homebody.setup.checks import findings
    from homebody.setup.doctor import examined

    def doing(what: str) -> None:
        if not as_json:
            aside(f"... {what}")

    facts, inside = complete(examined(profile, aloud=not quiet, chain=not no_chain, doing=doing))
    found = findings(facts)
    healthy = not any(finding.severity != "note" for finding in found)
    if as_json:
        emit({
            "healthy": healthy,
            "inside": inside,
            "findings": msgspec.to_builtins(found),
            "chain": msgspec.to_builtins(facts.chain),
        })  # fmt: skip
        return 0 if healthy else 1
    if facts.chain:
        where = "in the running services" if inside else "in private ones, since the services do not run"
        say(f"From the microphone to the loudspeaker ({where}):")
        for link in facts.chain:
            say(_line(link))
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    for finding in found:
        body = textwrap.wrap(finding.problem, width - 4)
        say(f"{MARKS[finding.severity]}  {finding.name} ({finding.part})")
        for line in body:
            say(f"    {line}")
        if finding.remedy:  # unbroken, so that a command in it can be copied
            say(f"    -> {finding.remedy}")
    count = sum(finding.severity != "note" for finding in found)
    say(
        "Nothing is wrong."
        if healthy
        else f"{count} {'thing is' if count == 1 else 'things are'} wrong (!! does not work, ! should be looked at)."
    )
    return 0 if healthy else 1


def _line(link: Link) -> str:
    mark, saw = ("ok", link.saw) if not link.fault else ("!!", link.problem)
    took = f"{link.took_ms:6.0f} ms" if link.took_ms else " " * 9
    return f"  {mark}  {link.part:12}{took}   {saw}"
