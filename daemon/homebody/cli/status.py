"""`homebody status`: what runs, and what is wrong."""

from __future__ import annotations

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.house import answers, endpoint_of
from homebody.messages import StatusReport

NOT_RUNNING = 3  # what `systemctl status` says of a service that does not run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def status(profile: str | None, as_json: bool) -> int:
    """What runs, with which models, and what is wrong. Exit status 3: nothing runs."""
    report, endpoint = complete(_status(profile))
    if as_json:
        emit({"running": report is not None, "endpoint": endpoint, **(msgspec.to_builtins(report) if report else {})})
    elif report is None:
        say(f"Not running ({endpoint}).\n  Start it with: homebody run")
    else:
        _show(report)
    return 0 if report else NOT_RUNNING


async def _status(name: str | None) -> tuple[StatusReport | None, str]:
    endpoint = endpoint_of(profiles.load(name))
    if not await answers(endpoint):
        return None, endpoint
    async with HomebodyClient.connect(endpoint) as client:
        return await client.status(), endpoint


def _show(report: StatusReport) -> None:
    say(f"Running for {report.uptime_ms / 60_000:.0f} min at {report.endpoint}, profile {report.profile}.")
    for service in report.services:
        say(f"  {service.name}: {service.state}" + (f" (pid {service.pid})" if service.pid else ""))
    for model in report.models:
        say(f"  model {model.get('model', '?')}: {model.get('state', '?')}")
    say(f"  skills: {', '.join(report.skills)}")
    if not report.problems:
        say("No problems.")
    for problem in report.problems:
        say(f"! {problem.part}: {problem.problem}" + (f"\n    {problem.remedy}" if problem.remedy else ""))
