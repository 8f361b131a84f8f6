"""`homebody status`: what runs, and what is wrong."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from homebody import profile as profiles
from homebody import starter
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import LITTLE, complete, emit, gallery_lines, lasting, say
from homebody.errors import DeadlineExceeded
from homebody.glance import status_of
from homebody.messages import StatusReport

WIDTH: Final = 100
ABSENT: Final = frozenset({"unknown", "unavailable", "missing"})
NOT_RUNNING = 3  # what `systemctl status` says of a service that does not run


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@router_options
@click.pass_obj
def status(profile: str | None, as_json: bool, endpoint: str | None, key_file: Path | None) -> int:
    """What runs, with which models, and what is wrong. Exit status 3: nothing answers."""
    loaded = profiles.load(profile)
    router = chosen(loaded, endpoint, key_file)
    hangs = ""
    # Of this machine in a glance: what asks routers elsewhere takes longer to import than to ask.
    here = router.endpoint.startswith("ipc://") and router.key is None
    try:
        report = status_of(router.endpoint) if here else complete(_elsewhere(router))
    except DeadlineExceeded as error:
        report, hangs = None, error.reason
    endpoint = router.endpoint
    if as_json:
        known = msgspec.to_builtins(report) if report else {"problem": hangs} if hangs else {}
        emit({"running": report is not None, "endpoint": endpoint, **known})
    elif hangs:
        say(f"{hangs} It is just starting, or stuck ({endpoint}).\n  If it stays so: homebody doctor")
    elif report is None:
        say(f"Not running ({endpoint}).\n  Start it with: homebody run")
    else:
        _show(report, watches=bool(loaded.gallery.folders) or router.named)
    return 0 if report else NOT_RUNNING


async def _elsewhere(router: Router) -> StatusReport | None:
    from homebody.client import HomebodyClient
    from homebody.house import answers

    if not await answers(router.endpoint, router.key):
        return None
    async with HomebodyClient.connect(router.endpoint, router.key) as client:
        return await client.status()


def _show(report: StatusReport, *, watches: bool) -> None:
    """``watches``: there are folders to be watched, or it is not known whether."""
    say(f"Running for {lasting(report.uptime_ms / 1000)}, profile {report.profile}, version {report.version}.")
    say(
        f"  at {report.endpoint}"
        + (f"; other machines: {report.tcp_endpoint}, listed keys only" if report.tcp_endpoint else "")
    )
    for service in report.services:
        if service.name == "gallery" and service.state == "absent" and not watches:
            say("  gallery  not needed: no folder is watched (homebody watch add FOLDER)")
            continue
        say(f"  {service.name:8} {service.state}" + (f" (pid {service.pid})" if service.pid else ""))
        if window := service.detail.get("window"):
            say(f"           hears in windows of at least {window['floor_s']:g} s: {window['why']}")
            if threads := window.get("threads"):  # a voice that started before an update has none
                say(f"           with {threads} thread{'s' if threads > 1 else ''}: {window['threads_why']}")
        if service.name == "gallery":
            for line in gallery_lines(service.detail):
                say(f"           {line}")
    for line in model_lines(report.models):
        say(line)
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    skills = f"{len(report.skills)}: {', '.join(report.skills)}"
    say(textwrap.fill(skills, width, initial_indent="  skills   ", subsequent_indent="           "))
    if waiting := report.queues.get("captions", 0):
        say(f"  pictures waiting to be described: {waiting}")
    if not report.problems:
        say("No problems.")
    for problem in report.problems:
        say(f"! {problem.part}: {problem.problem}" + (f"\n    {problem.remedy}" if problem.remedy else ""))
    if report.problems or any(service.state == "absent" for service in report.services[:2]):
        say("Try everything, and find out what is wrong: homebody doctor")


def model_lines(models: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each model that is there, and one for all that are not."""
    lines, absent = [], []
    for model in models:
        name, state = str(model.get("model", "?")), str(model.get("state", "?"))
        if state in ABSENT:
            absent.append(name)
            continue
        size = f", {model['size_bytes'] / 2**30:.1f} GiB" if model.get("size_bytes") else ""
        pinned = ", stays in memory" if model.get("pinned") else ""
        lines.append(f"  model    {name}: {state}{size}{pinned}" + (f", {LITTLE}" if name == starter.NAME else ""))
    if absent:
        lines.append(f"  model    not there: {', '.join(absent)}")
    return lines
