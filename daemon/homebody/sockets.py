"""A ZeroMQ socket on asyncio, without waiting where there is nothing to wait for.

`zmq.asyncio` makes a future for each message, also for those already there; that is most of what a ping costs. Here a
message that is there is taken at once, and only an empty socket is waited for, through its file descriptor.

The descriptor is edge-triggered (zmq_getsockopt(3), ZMQ_FD): it tells that something has happened, once. libzmq may
take note of an arrival during a send, so after each send the receiver is woken where something has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import zmq


class FrameSocket:
    """Takes over a plain socket; use it from one event loop, with one receiver at a time."""

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
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

    async def receive_with_properties(self) -> list[zmq.Frame]:
        """The same, as frames that know by whom they were sent."""
        while True:
            try:
                return self._socket.recv_multipart(zmq.DONTWAIT, copy=False)
            except zmq.Again:
                await self._something()

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
            self._socket.send_multipart(frames, zmq.DONTWAIT)
        finally:
            if self._waiter is not None and int(self._socket.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
                self._wake()

    def close(self) -> None:
        """Close the socket; nobody may be waiting."""
        if not self._socket.closed:
            self._loop.remove_reader(self._descriptor)
            self._socket.close()

    async def _something(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
