"""Who is connected, what each is owed, and which ids each has used. Opens no socket and reads no clock."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Final

from homebody.messages import Done, Failed, Found, StatusReport
from homebody.router.speculation import Speculations

OPEN_LIMIT: Final = 32  # requests of one connection at once
ENDED_LIMIT: Final = 256  # ids of a connection remembered after their end, so that a repeated one is not done twice
PARTIAL_LIMIT_CHARS: Final = 8000  # of an answer that ends badly; in UTF-8 JSON still within a header
CONNECTION_LIMIT: Final = 1024  # connections remembered; the longest silent that are owed nothing are forgotten


class Open:
    """A request being worked on.

    Attributes:
        id: The asker's.
        task: What works on it; set right after the start.
        partial: The answer so far, as far as `PARTIAL_LIMIT_CHARS`.
        ended: Its ending has been sent; the task may still be cleaning up.
    """

    def __init__(self, id: str) -> None:
        self.id = id
        self.task: asyncio.Task[None] | None = None
        self.partial = ""
        self.ended = False

    def answered(self, text: str) -> None:
        """Some more of the answer was sent."""
        if len(self.partial) < PARTIAL_LIMIT_CHARS:
            self.partial = (self.partial + text)[:PARTIAL_LIMIT_CHARS]


class Connection:
    """One peer.

    Attributes:
        peer: libzmq's identity of it.
        name: The same in hexadecimal: the default session of its asks.
        key: The CURVE public key it came in with; None: it is on this machine.
        heard_s: When it last sent anything, in the event loop's time.
        open: Its requests being worked on, by id.
        unsent: Endings it could not be given because it does not read; at most `OPEN_LIMIT`.
        speculations: Its asks that are not committed.
    """

    def __init__(self, peer: bytes, heard_s: float, key: str | None = None) -> None:
        self.peer = peer
        self.key = key
        self.name = peer.hex()
        self.heard_s = heard_s
        self.open: dict[str, Open] = {}
        self.unsent: deque[Done | StatusReport | Found | Failed] = deque()
        self.speculations = Speculations()
        self._ended: OrderedDict[str, None] = OrderedDict()

    def knows(self, id: str) -> bool:
        """Whether this id is open, or ended a short while ago."""
        return id in self.open or id in self._ended

    @property
    def full(self) -> bool:
        """Whether it must not open another request."""
        return len(self.open) + len(self.unsent) >= OPEN_LIMIT

    def begin(self, id: str) -> Open:
        """Remember a new request."""
        self.open[id] = Open(id)
        return self.open[id]

    def take_back(self, id: str) -> None:
        """What an uncommitted ask of this id began is given up without a word; the id may be used again."""
        self._ended.pop(id, None)
        opened = self.open.pop(id, None)
        if opened is not None:
            opened.ended = True
            if opened.task is not None:
                opened.task.cancel()

    def end(self, opened: Open) -> None:
        """The request has its ending; its id is remembered for a while."""
        opened.ended = True
        self.open.pop(opened.id, None)
        self._ended[opened.id] = None
        while len(self._ended) > ENDED_LIMIT:
            self._ended.popitem(last=False)


class Connections:
    """All peers, longest silent first."""

    def __init__(self) -> None:
        self._by_peer: OrderedDict[bytes, Connection] = OrderedDict()

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._by_peer.values()))

    def heard(self, peer: bytes, now_s: float, key: str | None = None) -> Connection:
        """The connection of this peer, which has just sent something."""
        connection = self._by_peer.get(peer)
        if connection is None:
            connection = self._by_peer[peer] = Connection(peer, now_s, key)
            self._forget()
        connection.heard_s = now_s
        self._by_peer.move_to_end(peer)
        return connection

    def get(self, peer: bytes) -> Connection | None:
        """The connection of this peer, if it is known."""
        return self._by_peer.get(peer)

    def drop(self, connection: Connection) -> bool:
        """The peer is gone; False where it had been dropped already."""
        if self._by_peer.get(connection.peer) is not connection:
            return False
        del self._by_peer[connection.peer]
        return True

    def _forget(self) -> None:
        excess = len(self._by_peer) - CONNECTION_LIMIT
        if excess > 0:
            older = list(self._by_peer.items())[:-1]  # the last is the one that has just come
            idle = [peer for peer, one in older if not one.open and not one.unsent]
            for peer in idle[:excess]:
                del self._by_peer[peer]
