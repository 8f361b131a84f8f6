"""While somebody speaks or is spoken to, the gallery holds still: `Turns` knows it from the voice's events."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from typing import Any, Final, Protocol

from homebody.client import HomebodyClient
from homebody.errors import HomebodyError

OCCUPIED: Final = frozenset({"hearing", "thinking", "speaking"})  # states of the voice during which somebody is at it
AGAIN_S: Final = 1.0


class Pausable(Protocol):
    """Work that can be stopped where it is. Neither method blocks; both may be called twice."""

    def pause(self) -> None:
        """Stop."""

    def resume(self) -> None:
        """Go on."""


class Turns:
    """Whether somebody is at it now, and who holds still meanwhile."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self._over.set()
        self._paused: set[Pausable] = set()

    @property
    def under_way(self) -> bool:
        """Somebody is being heard, thought about or talked to."""
        return not self._over.is_set()

    async def over(self) -> None:
        """Wait until nobody is."""
        await self._over.wait()

    @contextlib.contextmanager
    def holding(self, work: Pausable) -> Iterator[None]:
        """Pause this work during turns, for as long as the context lasts."""
        self._paused.add(work)
        if self.under_way:
            work.pause()
        try:
            yield
        finally:
            self._paused.discard(work)
            work.resume()

    def notice(self, name: str, data: Mapping[str, Any]) -> None:
        """An event of the house. A voice that is lost is in no turn."""
        if name == "voice.state":
            self._set(data.get("state") in OCCUPIED)
        elif name == "service.lost" and data.get("service") == "voice":
            self._set(False)

    async def follow(self, client: HomebodyClient) -> None:
        """Take the events for ever. Without a router nobody is in a turn."""
        while True:
            try:
                async with aclosing(client.follow("voice.state", "service.lost")) as events:
                    async for event in events:
                        self.notice(event.name, event.data)
            except HomebodyError:
                pass
            self._set(False)
            await asyncio.sleep(AGAIN_S)

    def _set(self, under_way: bool) -> None:
        if under_way == self.under_way:
            return
        if under_way:
            self._over.clear()
        else:
            self._over.set()
        for work in list(self._paused):
            work.pause() if under_way else work.resume()
