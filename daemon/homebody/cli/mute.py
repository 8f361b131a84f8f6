"""`homebody mute` and `homebody unmute`: whether the assistant hears anything at all. For a hot-key."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from homebody import profile as profiles
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.errors import RouterUnreachable
from homebody.house import answers

JSON_HELP: Final = "One JSON object: microphone_muted."


@click.command()
@click.option("--toggle", is_flag=True, help="Unmute it where it is muted: one hot-key for both.")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@router_options
@click.pass_obj
def mute(profile: str | None, toggle: bool, as_json: bool, endpoint: str | None, key_file: Path | None) -> None:
    """Close the running assistant's microphone: it hears nothing, not even its name, until `homebody unmute`,
    also after a restart. It still speaks, and timers still ring."""
    router = chosen(profiles.load(profile), endpoint, key_file)
    _tell(complete(_switched(router, "toggle_microphone" if toggle else "mute_microphone")), as_json)


@click.command()
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
@router_options
@click.pass_obj
def unmute(profile: str | None, as_json: bool, endpoint: str | None, key_file: Path | None) -> None:
    """Have the running assistant hear again."""
    _tell(complete(_switched(chosen(profiles.load(profile), endpoint, key_file), "unmute_microphone")), as_json)


async def _switched(router: Router, action: str) -> bool:
    if not await answers(router.endpoint, router.key):
        raise RouterUnreachable("The assistant is not running.", "Start it with: homebody run")
    async with HomebodyClient.connect(router.endpoint, router.key) as client:
        done = await client.control("voice", action)
    return bool((done.value or {}).get("microphone_muted"))


def _tell(muted: bool, as_json: bool) -> None:
    if as_json:
        emit({"microphone_muted": muted})
    else:
        say("The microphone is muted. Have it listen again: homebody unmute" if muted else "It listens again.")
