"""`homebody status`: what runs, and what is wrong."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from homebody import profile as profiles
from homebody import starter
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import LITTLE, complete, emit, say
from homebody.client import HomebodyClient
from homebody.house import answers
from homebody.messages import StatusReport

NOT_RUNNING = 3  # what `systemctl status` says of a service that does not run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@router_options
@click.pass_obj
def status(profile: str | None, as_json: bool, endpoint: str | None, key_file: Path | None) -> int:
    """What runs, with which models, and what is wrong. Exit status 3: nothing runs."""
    router = chosen(profiles.load(profile), endpoint, key_file)
    report, endpoint = complete(_status(router)), router.endpoint
    if as_json:
        emit({"running": report is not None, "endpoint": endpoint, **(msgspec.to_builtins(report) if report else {})})
    elif report is None:
        say(f"Not running ({endpoint}).\n  Start it with: homebody run")
    else:
        _show(report)
    return 0 if report else NOT_RUNNING


async def _status(router: Router) -> StatusReport | None:
    if not await answers(router.endpoint, router.key):
        return None
    async with HomebodyClient.connect(router.endpoint, router.key) as client:
        return await client.status()


def _show(report: StatusReport) -> None:
    say(f"Running for {report.uptime_ms / 60_000:.0f} min at {report.endpoint}, profile {report.profile}.")
    if report.tcp_endpoint:
        say(f"  other machines: {report.tcp_endpoint}, listed keys only")
    for service in report.services:
        say(f"  {service.name}: {service.state}" + (f" (pid {service.pid})" if service.pid else ""))
    for model in report.models:
        little = f", {LITTLE}" if model.get("model") == starter.NAME else ""
        say(f"  model {model.get('model', '?')}: {model.get('state', '?')}{little}")
    say(f"  skills: {', '.join(report.skills)}")
    if not report.problems:
        say("No problems.")
    for problem in report.problems:
        say(f"! {problem.part}: {problem.problem}" + (f"\n    {problem.remedy}" if problem.remedy else ""))
