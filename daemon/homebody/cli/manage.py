"""`homebody start`, `stop`, `restart` and `logs`: the installed services, from day to day."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import click

from homebody import profile as profiles
from homebody.cli.output import complete, say
from homebody.client import HomebodyClient
from homebody.errors import MissingPart, ServiceError
from homebody.house import answers, endpoint_of
from homebody.profile import Profile
from homebody.setup import record
from homebody.setup.agents import MacFolders
from homebody.setup.managers import SERVICES, Action, environment, service_manager
from homebody.setup.steps import carry_out
from homebody.setup.units import unit_name

START_LIMIT_S: Final = 30.0
LOOK_S: Final = 0.1


@click.command()
def start() -> int:
    """Start the installed services, unless they run."""
    _do("start")
    return report(profiles.load(record.read().profile))


@click.command()
def stop() -> int:
    """Stop the installed services until the next login, or until `homebody start`."""
    _do("stop")
    say("The assistant is stopped. Start it again with: homebody start")
    return 0


@click.command()
def restart() -> int:
    """Stop the installed services and start them, e.g. after a change of homebody.toml."""
    chosen = profiles.load(record.read().profile)  # a mistake in homebody.toml is told before anything stops
    _do("restart")
    return report(chosen)


@click.command()
@click.option("-f", "--follow", is_flag=True, help="Go on showing new lines; Ctrl-C ends it.")
@click.option("-n", "--lines", type=click.IntRange(0, 100_000), default=50, show_default=True, help="So many old ones.")
@click.argument("service", required=False, type=click.Choice(SERVICES))
def logs(follow: bool, lines: int, service: str | None) -> int:
    """What the installed services have logged. Nobody's words are in it, unless HOMEBODY_LOG=DEBUG."""
    services = [service] if service else list(SERVICES)
    if sys.platform == "darwin":
        folder = MacFolders.of(Path.home()).logs
        files = [str(path) for name in services if (path := folder / f"{name}.log").exists()]
        if not files:
            raise ServiceError("Nothing was logged yet.", "Install the services with: homebody install")
        argv = ["tail", "-n", str(lines), *(["-F"] if follow else []), *files]
    else:
        units = [f"--unit={unit_name(name)}" for name in services]
        argv = ["journalctl", "--user", "--no-pager", f"--lines={lines}", *(["--follow"] if follow else []), *units]
    sys.stdout.flush()
    try:
        os.execvpe(argv[0], argv, environment())  # noqa: S606 (a fixed list, no shell)
    except OSError as error:
        raise MissingPart(f"{argv[0]} is not installed.", "Look with your own service manager.") from error


def _do(action: Action) -> None:
    runs = service_manager().command(action)
    if not runs:
        raise ServiceError("The services are not installed.", "Install them with: homebody install")
    carry_out(runs, shown=lambda _: None, environment=environment())


def report(profile: Profile) -> int:
    """Wait until the assistant hears, and say so; or what is missing. Returns the exit status."""
    missing = complete(_missing(profile))
    if missing in {"", "gallery"}:  # on a busy machine a folder waits for a person
        still = " The gallery is still starting." if missing else ""
        say(f"The assistant is running.{still} Look at it with: homebody status")
        return 0
    say(f"After {START_LIMIT_S:.0f} s the {missing} service is not ready; it is started again until it is.")
    say("  See why with: homebody logs")
    return ServiceError.exit_code


async def _missing(profile: Profile) -> str:
    """The first service that does not answer in time; empty when all do."""
    endpoint = endpoint_of(profile)
    missing = "router"
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while not await answers(endpoint):  # noqa: ASYNC110 (of another process)
                await asyncio.sleep(LOOK_S)
            wanted = ["voice", *(["gallery"] if profile.gallery.folders else [])]
            async with HomebodyClient.connect(endpoint) as client:
                while True:
                    services = (await client.status()).services
                    there = {service.name for service in services if service.state == "attached"}
                    missing = next((name for name in wanted if name not in there), "")
                    if not missing:
                        return ""
                    await asyncio.sleep(LOOK_S)
    except TimeoutError:
        return missing
