"""Other programs' volumes on PulseAudio and PipeWire. macOS has no volume for each program."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Final

import msgspec

from homebody.errors import MachineError
from homebody.voice import pactl
from homebody.voice.ducking import Stream

# Alerts, screen readers, calls; filters that our own sound runs through.
SPARED: Final = frozenset({"event", "a11y", "phone", "filter"})
_EVENT: Final = re.compile(rb"on sink-input\b")


class _Channel(msgspec.Struct):
    value: Annotated[int, msgspec.Meta(ge=0)]


class _SinkInput(msgspec.Struct):
    """One of ``pactl --format=json list sink-inputs``, PulseAudio 16 and later."""

    index: int
    driver: str = ""
    client: str | int | None = None
    volume: dict[str, _Channel] = {}
    properties: dict[str, Any] = {}


class PulseMixer:
    """The sound server's, by `homebody.voice.pactl`.

    Args:
        own_pids: Processes whose sound is ours; None: this one.
    """

    def __init__(self, own_pids: Sequence[int] | None = None) -> None:
        self._own = {str(pid) for pid in own_pids or (os.getpid(),)}

    async def others(self) -> Sequence[Stream]:
        """As `Mixer.others`."""
        return streams_of(await pactl.printed("--format=json", "list", "sink-inputs"), self._own)

    async def set_volumes(self, stream: int, volumes: Sequence[int]) -> None:
        """As `Mixer.set_volumes`. A refusal means that the stream has ended: the next look tells."""
        try:
            await pactl.printed("set-sink-input-volume", str(stream), *map(str, volumes))
        except MachineError as error:
            if type(error) is not MachineError:
                raise

    async def changes(self) -> AsyncGenerator[None, None]:
        """As `Mixer.changes`."""
        async with aclosing(pactl.events()) as lines:
            async for line in lines:
                if _EVENT.search(line):
                    yield


def streams_of(printed: bytes, own_pids: set[str]) -> list[Stream]:
    """Other programs' streams among all. Pure.

    Args:
        printed: By ``pactl --format=json list sink-inputs``.
        own_pids: Of our processes.

    Raises:
        MachineError: It is not what PulseAudio 16 prints.
    """
    try:
        inputs = msgspec.json.decode(printed, type=list[_SinkInput])
    except (msgspec.MsgspecError, ValueError):
        raise MachineError("The sound server's answer is not understood; it may be older than PulseAudio 16.") from None
    return [
        Stream(one.index, _program(one.properties), tuple(channel.value for channel in one.volume.values()))
        for one in inputs
        if one.volume and _is_anothers(one, own_pids)
    ]


def _is_anothers(one: _SinkInput, own_pids: set[str]) -> bool:
    """Whether a program plays it: not the server itself (alerts from its cache, filters that our sound may run
    through), and not we. What a phone or a record player plays through this machine comes by a loopback, and counts."""
    properties = one.properties
    if one.driver.startswith("module-"):
        return one.driver == "module-loopback.c"
    if one.client in {None, "n/a", "", str(0xFFFF_FFFF), 0xFFFF_FFFF} or "node.link-group" in properties:
        return False
    role = str(properties.get("media.role", "")).lower()
    return role not in SPARED and str(properties.get("application.process.id", "")) not in own_pids


def _program(properties: Mapping[str, Any]) -> str:
    """As module-stream-restore names it, which knows it by role before name."""
    known = properties.get("module-stream-restore.id")
    for key in ("media.role", "application.id", "application.name", "media.name"):
        known = known or properties.get(key)
    return str(known or "")
