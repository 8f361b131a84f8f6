"""`homebody reload`: a changed homebody.toml, without a restart where that is safe."""

from __future__ import annotations

from typing import Any

import click

from homebody import profile as profiles
from homebody.cli.output import aside, complete, emit, say
from homebody.client import HomebodyClient
from homebody.errors import RemoteFailure, ServiceError
from homebody.house import answers, endpoint_of
from homebody.reloading import together


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: applied, restart.")
@click.pass_obj
def reload(profile: str | None, as_json: bool) -> None:
    """Take over a changed homebody.toml while it runs, and say what needs a restart.

    Taken over: disabled skills, watched folders and what is chosen in them, how long it listens, the
    volume. Everything else, such as models and devices, takes a restart. A file with a mistake changes nothing.
    """
    endpoint = endpoint_of(profiles.load(profile))  # a mistake is told here, before any service sees it
    found = complete(_reloaded(endpoint))
    if as_json:
        emit(found)
        return
    if found["applied"]:
        say(f"Taken over: {', '.join(found['applied'])}.")
    if found["restart"]:
        say(f"Takes a restart: {', '.join(found['restart'])}.\n  Do it with: homebody restart")
    if not (found["applied"] or found["restart"]):
        say("Nothing has changed since it was started.")


async def _reloaded(endpoint: str) -> dict[str, list[str]]:
    if not await answers(endpoint):
        raise ServiceError("Nothing is running.", "Start it; it reads homebody.toml then: homebody run")
    said: dict[str, dict[str, Any]] = {}
    async with HomebodyClient.connect(endpoint) as client:
        for service in ("router", "voice", "gallery"):
            try:
                said[service] = (await client.control(service, "reload")).value or {}
            except RemoteFailure as error:
                if error.code not in {"no_voice", "not_found"}:  # one that does not run has nothing to take over
                    raise
        disabled = [problem for problem in (await client.status()).problems if problem.part.startswith("disabled ")]
    for problem in disabled:
        aside(f"{problem.problem}\n  {problem.remedy}")
    return together(said)
