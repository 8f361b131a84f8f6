"""`homebody monitor`: the assistant at work, on a screen of its own."""

from __future__ import annotations

from pathlib import Path

import click

from homebody import profile as profiles
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import complete
from homebody.errors import MissingPart, RouterUnreachable
from homebody.house import answers


@click.command()
@router_options
@click.pass_obj
def monitor(profile: str | None, endpoint: str | None, key_file: Path | None) -> None:
    """Watch the running assistant: how loud it is, what it hears, who answers, and where the milliseconds go. L has it
    listen, M closes its microphone or opens it again, Q leaves. Nothing that is shown is kept."""
    try:
        from homebody.cli.monitor_screen import MonitorScreen
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"textual", "rich"}:
            raise
        raise MissingPart(
            "The monitor needs textual, which is not installed.", "Install it: pip install 'homebody[tui]'"
        ) from error
    router = chosen(profiles.load(profile), endpoint, key_file)
    complete(_there(router))
    MonitorScreen(router.endpoint, router.key).run()


async def _there(router: Router) -> None:
    if not await answers(router.endpoint, router.key):
        raise RouterUnreachable("The assistant is not running.", "Start it with: homebody run")
