"""Two loudspeakers as one: what is played goes to both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable

from homebody.voice.audio import Audio
from homebody.voice.playback import OnFirstSample, Played, Progress
from homebody.voice.speaker import Speaker


class Tee:
    """Plays through two speakers at the same time; the times and the progress are the first one's.

    It is as slow as the slower of them. When one fails, the other is silenced.
    """

    def __init__(self, first: Speaker, second: Speaker) -> None:
        self._first = first
        self._second = second

    @property
    def volume_percent(self) -> float:
        """The first one's; set on both."""
        return self._first.volume_percent

    @volume_percent.setter
    def volume_percent(self, volume_percent: float) -> None:
        self._first.volume_percent = self._second.volume_percent = volume_percent

    @property
    def muted(self) -> bool:
        """The first one's; set on both."""
        return self._first.muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._first.muted = self._second.muted = muted

    @property
    def held(self) -> bool:
        """The first one's; set on both."""
        return self._first.held

    @held.setter
    def held(self, held: bool) -> None:
        self._first.held = self._second.held = held

    async def play(
        self,
        audio: AsyncIterable[Audio],
        *,
        on_first_sample: OnFirstSample | None = None,
        progress: Progress | None = None,
    ) -> Played:
        """As `Speaker.play`."""
        queues: list[asyncio.Queue[Audio | None]] = [asyncio.Queue(maxsize=4) for _ in range(2)]
        first = asyncio.create_task(
            self._first.play(_out_of(queues[0]), on_first_sample=on_first_sample, progress=progress)
        )
        tasks = [first, asyncio.create_task(self._second.play(_out_of(queues[1])))]
        pull = asyncio.create_task(_into(queues, audio))
        try:
            await asyncio.gather(pull, *tasks)
            return first.result()
        finally:
            for task in (pull, *tasks):
                task.cancel()
            await asyncio.wait([pull, *tasks])

    async def chime(self, audio: Audio) -> None:
        """As `Speaker.chime`, on both."""
        await self._first.chime(audio)
        await self._second.chime(audio)

    async def aclose(self) -> None:
        """Lets both go."""
        await self._first.aclose()
        await self._second.aclose()


async def _into(queues: list[asyncio.Queue[Audio | None]], audio: AsyncIterable[Audio]) -> None:
    async for sound in audio:
        for queue in queues:
            await queue.put(sound)
    for queue in queues:
        await queue.put(None)


async def _out_of(queue: asyncio.Queue[Audio | None]) -> AsyncGenerator[Audio, None]:
    while (sound := await queue.get()) is not None:
        yield sound
