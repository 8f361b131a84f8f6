"""Open requests: one task each, exactly one ending each, and no peer ever waits for another that does not read."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import msgspec

from homebody import codec
from homebody.errors import BadMessage, HomebodyError, RemoteFailure
from homebody.messages import (
    Ask,
    Cancel,
    Caption,
    Control,
    Done,
    Failed,
    Follow,
    Found,
    Listen,
    Message,
    Say,
    Search,
    Status,
    StatusReport,
)
from homebody.router.connections import OPEN_LIMIT, Connection, Connections, Open
from homebody.router.socket import RouterSocket, Sent

log = logging.getLogger(__name__)

READ_PATIENCE_S: Final = 2.0  # a stream waits so long for a full peer to read on, which also slows the model down
FULL_RETRY_S: Final = 0.02
DEADLINE_GRACE_S: Final = 0.2  # the brain ends an ask at its deadline by itself, and knows what was answered
LONGEST_S: Final = 86_400.0
STOP_S: Final = 2.0

TakesTime = Ask | Caption | Say | Listen | Control | Follow | Status | Search
Work = Callable[[Open], Awaitable[Done | StatusReport | Found]]


class Requests:
    """All requests that take time.

    Args:
        socket: To send answers through.
        on_gone: Called with a connection whose peer has disconnected, once.
    """

    def __init__(self, socket: RouterSocket, on_gone: Callable[[Connection], None]) -> None:
        self.connections = Connections()
        self._socket, self._on_gone = socket, on_gone
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, connection: Connection, request: TakesTime, work: Work) -> None:
        """Start a request's task, unless the request is a repetition, too late, or too many are open."""
        assert request.id is not None
        if connection.knows(request.id):
            return  # it has its answer, or will have: nothing is done twice
        if (
            isinstance(request, Ask | Caption | Say)
            and request.expires_at
            and _utc(request.expires_at) <= dt.datetime.now(dt.UTC)
        ):
            opened = connection.begin(request.id)
            self.end(connection, opened, RemoteFailure("deadline", "It came after it had expired.", "Ask again."))
        elif connection.full:
            reason = f"{OPEN_LIMIT} requests of this connection are open already."
            busy = RemoteFailure("busy", reason, "Wait until one has ended.", retry_after_ms=1000.0)
            self.send(connection, codec.failed(request.id, busy))
        else:
            opened = connection.begin(request.id)
            deadline_ms = request.deadline_ms if isinstance(request, Ask | Caption | Say) else None
            opened.task = self.spawn(self._work(connection, opened, deadline_ms, work))

    def send(self, connection: Connection, message: Message) -> Sent:
        """Send without waiting; what a full peer cannot take is lost.

        Raises:
            BadMessage: It is too large to be sent.
        """
        sent = self._socket.send(connection.peer, message)
        if sent is Sent.GONE:
            self.gone(connection)
        return sent

    async def stream(self, connection: Connection, message: Message) -> None:
        """Send a part of an answer, with some patience for a peer that reads slowly. One that does not read loses all
        its requests."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + READ_PATIENCE_S
        while self.send(connection, message) is Sent.FULL:
            if loop.time() > until_s:
                self.end_all(connection, slow_reader())
            await asyncio.sleep(FULL_RETRY_S)

    def end(self, connection: Connection, opened: Open, error: HomebodyError) -> None:
        """End a request badly: tell the asker at once, and stop the work."""
        self._finish(connection, opened, codec.failed(opened.id, error, partial=opened.partial))
        if opened.task is not None and opened.task is not asyncio.current_task():
            opened.task.cancel()

    def cancel(self, connection: Connection, cancel: Cancel, cut: Callable[[str, str, str], None] | None) -> None:
        """Give up a request, if it is still open. Once its task has ended, ``cut`` is told how much was heard: called
        with the connection's name, the ask's id, and the words."""
        opened, heard = connection.open.get(cancel.ask), cancel.heard
        if opened is not None:
            self.end(connection, opened, RemoteFailure("cancelled", "It was cancelled."))
        if heard is None or cut is None:
            return
        if opened is not None and opened.task is not None:
            opened.task.add_done_callback(lambda _: cut(connection.name, cancel.ask, heard))
        else:
            cut(connection.name, cancel.ask, heard)

    def end_all(self, connection: Connection, error: HomebodyError) -> None:
        """End all requests of a connection. A task that calls this for its own is cancelled at its next wait."""
        for opened in list(connection.open.values()):
            self._finish(connection, opened, codec.failed(opened.id, error, partial=opened.partial))
            if opened.task is not None:
                opened.task.cancel()

    def heard(self, peer: bytes, key: str | None) -> Connection:
        """The connection of this peer, which has just sent something."""
        known = self.connections.get(peer)
        if known is not None and known.key != key:
            self.gone(known)  # a client chooses its own identity; another key is another client all the same
        return self.connections.heard(peer, asyncio.get_running_loop().time(), key)

    def flush(self) -> None:
        """Give those who read again the endings they could not be given; to be called about twice a second."""
        for connection in self.connections:
            while connection.unsent and self.send(connection, connection.unsent[0]) is Sent.SENT:
                connection.unsent.popleft()

    def gone(self, connection: Connection) -> None:
        """The peer has disconnected: nobody wants its answers."""
        known = self.connections.drop(connection)
        connection.unsent.clear()
        for opened in list(connection.open.values()):
            connection.end(opened)
            if opened.task is not None:
                opened.task.cancel()
        if known:
            self._on_gone(connection)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that `stop` ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self, error: HomebodyError) -> None:
        """End everything badly with this error, and wait a moment for the clean-up."""
        for connection in self.connections:
            self.end_all(connection, error)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_S)

    async def _work(self, connection: Connection, opened: Open, deadline_ms: float | None, work: Work) -> None:
        seconds = None if deadline_ms is None else min(max(deadline_ms, 0) / 1000 + DEADLINE_GRACE_S, LONGEST_S)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                done = await work(opened)
            self._finish(connection, opened, msgspec.structs.replace(done, id=opened.id))
        except HomebodyError as error:
            self.end(connection, opened, error)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                reason, remedy = "There was no whole answer in the time allowed.", "Ask again, or allow more time."
                self.end(connection, opened, RemoteFailure("deadline", reason, remedy))
            else:
                # Where it happened, but not its text, which may hold someone's words.
                *_, frame = traceback.extract_tb(error.__traceback__)
                log.error("A request failed: %s at %s:%s", type(error).__name__, frame.filename, frame.lineno)
                log.debug("Traceback:", exc_info=True)
                self.end(connection, opened, HomebodyError("Something went wrong inside the router.", "Ask again."))

    def _finish(self, connection: Connection, opened: Open, ending: Done | StatusReport | Found | Failed) -> None:
        """Send a request's one ending; it is kept for later where the peer does not read now."""
        if opened.ended:
            return
        connection.end(opened)
        try:
            codec.encode(ending)
        except BadMessage as error:
            ending = codec.failed(opened.id, error)
        if connection.unsent or self.send(connection, ending) is Sent.FULL:
            connection.unsent.append(ending)


def slow_reader() -> RemoteFailure:
    """For a peer that does not read its answers."""
    return RemoteFailure("slow_reader", "The answers were not read.", "Read them as they come.")


def _utc(at: dt.datetime) -> dt.datetime:
    """A time without a zone counts as UTC, as all times on the wire are."""
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
