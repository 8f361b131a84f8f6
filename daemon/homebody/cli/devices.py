"""`homebody devices`: what this machine can hear and speak with."""

from __future__ import annotations

import click
import msgspec

from homebody.cli.output import emit, say


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a device.")
def devices(as_json: bool) -> None:
    """Microphones and loudspeakers, by the names that homebody.toml takes."""
    from homebody.voice.devices import list_devices

    found = list_devices()
    if as_json:
        for device in found:
            emit(msgspec.to_builtins(device))
        return
    if not found:
        say("There is no audio device.")
    for device in found:
        say(str(device))
