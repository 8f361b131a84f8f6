"""A ZeroMQ socket on asyncio, without waiting where there is nothing to wait for.

`zmq.asyncio` makes a future for each message, also for those already there; that is most of what a ping costs. Here a
message that is there is taken at once, and only an empty socket is waited for, through its file descriptor. Who reads
all the time has messages delivered (`FrameSocket.delivering`): no task has to wake up for each.

The descriptor is edge-triggered (zmq_getsockopt(3), ZMQ_FD): it tells that something has happened, once. libzmq may
take note of an arrival during a send, so after each send the receiver is woken where something has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import zmq

TURN: Final = 32  # messages delivered in a row; then others have their turn
_LAST: Final = int(zmq.DONTWAIT)
_MORE: Final = int(zmq.DONTWAIT | zmq.SNDMORE)
_READABLE: Final = int(zmq.POLLIN)


class FrameSocket:
    """Takes over a plain socket; use it from one event loop, with one receiver at a time."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._deliver: Callable[[list[Any]], None] | None = None
        self._copy = True
        self._again: asyncio.Handle | None = None
        self._delivering = False
        self._descriptor = int(socket.getsockopt(zmq.FD))
        self._loop.add_reader(self._descriptor, self._wake)

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._socket.closed

    async def receive(self) -> list[bytes]:
        """The frames of the next message; does not suspend where one is there."""
        while True:
            try:
                return self._socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                await self._something()

    @contextmanager
    def delivering(self, take: Callable[[list[Any]], None], *, with_properties: bool = False) -> Iterator[None]:
        """Each message goes to ``take`` as it comes, for as long as the context lasts.

        Args:
            take: Given the frames, in the event loop; must not block. What it raises is reported by the loop and costs
                that message only.
            with_properties: The frames are `zmq.Frame`, which know by whom they were sent; else bytes.
        """
        self._deliver, self._copy = take, not with_properties
        self._soon()  # what came before
        try:
            yield
        finally:
            self._deliver = None

    def receive_now(self) -> list[bytes] | None:
        """The frames of the next message if there is one."""
        try:
            return self._socket.recv_multipart(zmq.DONTWAIT)
        except zmq.Again:
            return None

    def send(self, frames: Sequence[bytes]) -> None:
        """Hand a message to libzmq.

        Raises:
            zmq.Again: The peer, or all there are, have too many unread ones.
            zmq.ZMQError: With EHOSTUNREACH from a ROUTER: there is no such peer.
        """
        try:
            *first, last = frames
            for frame in first:
                self._socket.send(frame, _MORE)
            self._socket.send(last, _LAST)
        finally:
            waits = self._waiter is not None or (self._deliver is not None and not self._delivering)
            if waits and self._readable():
                self._soon()

    def close(self) -> None:
        """Close the socket; nobody may be waiting."""
        if not self._socket.closed:
            self._deliver = None
            self._loop.remove_reader(self._descriptor)
            self._socket.close()

    async def _something(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _readable(self) -> bool:
        return bool(int(self._socket.getsockopt(zmq.EVENTS)) & _READABLE)

    def _soon(self) -> None:
        if self._deliver is None:
            self._wake()
        elif self._again is None:
            self._again = self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        """Something has happened to the socket."""
        if self._again is not None:
            self._again.cancel()
            self._again = None
        if self._deliver is not None:
            self._hand_out()
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _hand_out(self) -> None:
        empty, self._delivering = False, True
        try:
            for _ in range(TURN):
                if self._deliver is None:
                    break
                if empty := not self._readable():  # an exception takes three times as long
                    break
                self._deliver(self._socket.recv_multipart(_LAST, copy=self._copy))
        finally:
            self._delivering = False
            if not empty and self._deliver is not None:
                self._soon()
