"""Events: numbered, kept for those who were away, handed to those who follow. Pure: no clock, no socket."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from homebody import codec
from homebody.errors import BadMessage
from homebody.messages import Event, Follow

SIZE_LIMIT_BYTES: Final = codec.HEADER_LIMIT_BYTES - 1024  # room for a follower's own id
BACKLOG_LIMIT: Final = 1000
WAITING_LIMIT: Final = 2000  # events one follower may have waiting: a whole backlog and as many new ones


class EventLog:
    """The last events of one router instance, ``seq`` counting from 1."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self._seq = 0
        self._backlog: deque[Event] = deque(maxlen=BACKLOG_LIMIT)

    def add(self, name: str, data: Mapping[str, Any], at: dt.datetime) -> Event:
        """Number and keep an event. Its ``id`` is empty: each follower gets it with the id of its own `Follow`.

        Raises:
            BadMessage: The data is too large, or no JSON.
        """
        event = Event(id=None, seq=self._seq + 1, at=at, name=name, instance=self.instance, data=dict(data))
        try:
            size_bytes = len(codec.encode(event)[0])
        except (TypeError, ValueError, RecursionError) as error:
            raise BadMessage("The event's data is not JSON.") from error
        if size_bytes > SIZE_LIMIT_BYTES:
            raise BadMessage(f"The event has {size_bytes} bytes.", "Send less at once.", code="too_large")
        self._seq += 1
        self._backlog.append(event)
        return event

    def missed(self, follow: Follow) -> tuple[list[Event], bool]:
        """What this follower has not seen yet, of all names, and whether events between are no longer here."""
        if follow.since_seq is None:
            return [], False
        mine = follow.instance in (None, self.instance) and follow.since_seq <= self._seq
        seen = max(follow.since_seq, 0) if mine else 0
        missed = [event for event in self._backlog if event.seq > seen]
        return missed, bool(missed) and missed[0].seq > seen + 1


class Follower:
    """One open `Follow`: the events waiting to be sent to it, oldest first."""

    def __init__(self, follow: Follow, log: EventLog) -> None:
        self._follow = follow
        missed, self._gap = log.missed(follow)
        self._waiting: deque[Event] = deque()
        self._new = asyncio.Event()
        self.behind = False
        for event in missed:
            self.offer(event)

    def offer(self, event: Event) -> None:
        """Take an event if its name is wanted. Sets `behind` when too many wait: the follower does not read."""
        if self._follow.events and not event.name.startswith(self._follow.events):
            return
        if len(self._waiting) >= WAITING_LIMIT:
            self.behind = True
        else:
            gap, self._gap = self._gap, False
            self._waiting.append(msgspec.structs.replace(event, id=self._follow.id, gap=gap))
        self._new.set()

    async def next(self) -> Event:
        """The next event, waiting for one if need be."""
        while not self._waiting:
            self._new.clear()
            await self._new.wait()
        return self._waiting.popleft()
