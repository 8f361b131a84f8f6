"""Sound that is made before anybody may hear it: of what will probably be said next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import aclosing

from homebody.errors import HomebodyError
from homebody.voice.audio import Audio


class Prepared:
    """The sound of one fragment, being made in a task of its own.

    Args:
        fragment: What is said.
        sound: From a synthesizer; closed when it has ended or is dropped.
    """

    def __init__(self, fragment: Hashable, sound: AsyncGenerator[Audio, None]) -> None:
        self.fragment = fragment
        self._made: list[Audio] = []
        self._more = asyncio.Event()
        self._failure: HomebodyError | None = None
        self._task = asyncio.get_running_loop().create_task(self._make(sound))
        self._task.add_done_callback(lambda _: self._more.set())
        self._dropped = False

    @property
    def dropped(self) -> bool:
        """It was not wanted, or somebody has it."""
        return self._dropped

    def drop(self) -> None:
        """It will not be said. Returns at once; a sentence that is being computed is finished unheard."""
        self._dropped = True
        self._task.cancel()

    async def sound(self) -> AsyncGenerator[Audio, None]:
        """What is there at once, the rest as it comes. Once. Closing it drops the rest.

        Raises:
            HomebodyError: As the synthesizer, after what came before.
        """
        try:
            while True:
                while self._made:
                    yield self._made.pop(0)
                if self._task.done():
                    break
                self._more.clear()
                await self._more.wait()
        finally:
            self.drop()
        if self._failure is not None:
            raise self._failure

    async def _make(self, sound: AsyncGenerator[Audio, None]) -> None:
        try:
            async with aclosing(sound):
                async for audio in sound:
                    self._made.append(audio)
                    self._more.set()
        except HomebodyError as error:
            self._failure = error
