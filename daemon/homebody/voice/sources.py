"""Which source of the sound server our stream really hears: when a microphone goes, PulseAudio and PipeWire move its
streams to another one without a word, at worst to the loudspeaker's own sound.

PortAudio knows nothing of that, so the server is asked with ``pactl``, and only when it says that something changed.
Where there is no ``pactl`` (macOS, plain ALSA) nothing is known, and nothing is claimed.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import aclosing, suppress
from typing import Final

from homebody.errors import MachineError, MissingPart
from homebody.voice import pactl

SETTLE_S: Final = 0.2  # events come in bursts
FIRST_LOOKS_S: Final = (0.25, 30.0)  # first and longest wait between them
AGAIN_S: Final = 2.0  # after the server went away
_EVENT: Final = re.compile(rb"on (source|source-output|server)\b")


class Sources:
    """Knows the source; `run` keeps it up to date.

    Attributes:
        current: Its name; None: not known.
    """

    def __init__(self) -> None:
        self.current: str | None = None

    async def run(self) -> None:
        """Follow the server until cancelled; returns at once where it cannot be asked."""
        with suppress(MissingPart):
            while pactl.program():
                try:
                    async with asyncio.TaskGroup() as tasks, aclosing(pactl.events()) as events:
                        changed = asyncio.Event()
                        looking = tasks.create_task(self._look(changed))
                        changed.set()
                        async for line in events:
                            if _EVENT.search(line):
                                changed.set()
                        looking.cancel()
                finally:
                    self.current = None
                await asyncio.sleep(AGAIN_S)

    async def _look(self, changed: asyncio.Event) -> None:
        wait_s = FIRST_LOOKS_S[0]
        while True:
            # What happened before the server took our subscription nobody tells: until we are found, we look ourselves.
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self.current else wait_s):
                    await changed.wait()
            wait_s = min(2 * wait_s, FIRST_LOOKS_S[1])
            await asyncio.sleep(SETTLE_S)
            changed.clear()
            streams = await _printed("list", "source-outputs")
            names = await _printed("list", "short", "sources")
            self.current = source_of(os.getpid(), streams, names)


def source_of(pid: int, streams: str, sources: str) -> str | None:
    """The source that this process hears; None: none, several, or not to be told. Pure.

    Args:
        pid: Of the process.
        streams: What ``pactl list source-outputs`` prints.
        sources: What ``pactl list short sources`` prints.
    """
    names = dict(line.split("\t")[:2] for line in sources.splitlines() if line.count("\t") >= 1)
    ours = []
    for stream in re.split(r"(?m)^Source Output #", streams):
        source = re.search(r"(?m)^\s*Source: (\d+)\s*$", stream)
        if source and re.search(rf'(?m)^\s*application\.process\.id = "{pid}"\s*$', stream):
            ours.append(names.get(source.group(1)))
    return ours[0] if len(ours) == 1 else None


async def _printed(*arguments: str) -> str:
    """What pactl prints; empty where it fails or takes too long."""
    with suppress(MachineError):
        return (await pactl.printed(*arguments)).decode(errors="replace")
    return ""
