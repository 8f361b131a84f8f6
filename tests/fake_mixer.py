"""A sound server with other programs' sound, which remembers a program's volume as PulseAudio does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from homebody.errors import MachineError
from homebody.voice.ducking import Stream

FULL = 65_536


class FakeMixer:
    """A `homebody.voice.ducking.Mixer`.

    Attributes:
        streams: What plays now. failing: Everything is refused. sets: How often a volume was set.
    """

    def __init__(self) -> None:
        self.streams: dict[int, Stream] = {}
        self.failing = False
        self.sets = 0
        self._remembered: dict[str, tuple[int, ...]] = {}
        self._ids = 0
        self._followers: list[asyncio.Queue[None]] = []

    # --- what programs and people do ---------------------------------------------------------------------------------

    def begin(self, program: str, *volumes: int) -> int:
        """A program begins to play: as loud as these, or as the server remembers."""
        self._ids += 1
        self._change(self._ids, program, volumes or self._remembered.get(program, (FULL, FULL)))
        return self._ids

    def end(self, stream: int) -> None:
        del self.streams[stream]
        self._tell()

    def turn(self, stream: int, *volumes: int) -> None:
        """The person turns it up or down."""
        self._change(stream, self.streams[stream].program, volumes)

    def _change(self, stream: int, program: str, volumes: Sequence[int]) -> None:
        self.streams[stream] = Stream(stream, program, tuple(volumes))
        self._remembered[program] = tuple(volumes)
        self._tell()

    def _tell(self) -> None:
        for follower in self._followers:
            follower.put_nowait(None)

    # --- what the protocol promises ------------------------------------------------------------------------------------

    async def others(self) -> Sequence[Stream]:
        await asyncio.sleep(0.002)
        if self.failing:
            raise MachineError("The sound server does not answer.")
        return list(self.streams.values())

    async def set_volumes(self, stream: int, volumes: Sequence[int]) -> None:
        await asyncio.sleep(0.002)
        if self.failing:
            raise MachineError("The sound server does not answer.")
        self.sets += 1
        if stream in self.streams:
            self._change(stream, self.streams[stream].program, volumes)

    async def changes(self) -> AsyncGenerator[None, None]:
        follower: asyncio.Queue[None] = asyncio.Queue()
        self._followers.append(follower)
        try:
            while True:
                yield await follower.get()
        finally:
            self._followers.remove(follower)
