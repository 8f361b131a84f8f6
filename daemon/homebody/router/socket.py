"""The router's one socket: bound by one process only, and never waiting for a peer."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

import zmq

from homebody import codec
from homebody.errors import NotWritable, UsageError
from homebody.messages import Message
from homebody.paths import ipc_endpoint, private_dir
from homebody.process import only_one
from homebody.router.curve import Gatekeeper, Tcp, key_of, listen
from homebody.sockets import FrameSocket

HEARTBEAT_MS: Final = 5000  # ZMTP's own; a peer that is stopped rather than dead is dropped
SEND_LIMIT: Final = 1000  # messages queued for one peer; beside them a peer has its own 1,000 and the kernel's buffer
LINGER_MS: Final = 500  # closing waits so long for last answers to be written
SCHEME: Final = "ipc://"


class Sent(enum.Enum):
    """What became of a message."""

    SENT = enum.auto()  # handed to libzmq
    FULL = enum.auto()  # the peer does not read
    GONE = enum.auto()  # there is no such peer any more


class Received(NamedTuple):
    """A message of a peer.

    Attributes:
        peer: libzmq's identity of who sent it.
        key: The CURVE public key of a client on another machine; None: it is on this one.
        frames: What it sent.
    """

    peer: bytes
    key: str | None
    frames: list[bytes]


class RouterSocket:
    """A bound ROUTER; made by `bind`. Peers are named by the identity libzmq gave them, new at each connection.

    Attributes:
        tcp_endpoint: Where clients on other machines come in; empty: nowhere.
    """

    def __init__(self, socket: FrameSocket, tcp: Tcp | None = None, tcp_endpoint: str = "") -> None:
        self._socket, self._tcp, self.tcp_endpoint = socket, tcp, tcp_endpoint

    def delivering(self, take: Callable[[Received], None]) -> AbstractContextManager[None]:
        """Each message of a peer that may send one goes to ``take``, for as long as the context lasts; it must neither
        block nor raise."""
        if self._tcp is None:
            return self._socket.delivering(lambda frames: take(Received(frames[0], None, frames[1:])))

        def checked(frames: list[zmq.Frame]) -> None:
            first, *rest = frames
            key = key_of(rest[0])
            if self.admits(key):  # a handshake is done once; a key may be taken off the list later
                take(Received(first.bytes, key, [frame.bytes for frame in rest]))

        return self._socket.delivering(checked, with_properties=True)

    def admits(self, key: str | None) -> bool:
        """Whether whoever has this key may be here; as of the last `refresh`."""
        return key is None or (self._tcp is not None and key in self._tcp.allowed)

    def refresh(self) -> None:
        """Look whether the list of allowed keys has changed; to be called about twice a second."""
        if self._tcp is not None:
            self._tcp.allowed.refresh()

    def send(self, peer: bytes, message: Message) -> Sent:
        """Send without waiting.

        Raises:
            BadMessage: It is too large to be sent.
        """
        frames = [peer, *codec.encode(message)]
        try:
            self._socket.send(frames)
        except zmq.Again:
            return Sent.FULL
        except zmq.ZMQError:
            return Sent.GONE
        return Sent.SENT


@asynccontextmanager
async def bind(endpoint: str, tcp: Tcp | None = None) -> AsyncIterator[RouterSocket]:
    """The socket at ``endpoint`` (``ipc://PATH``), in a directory of mode 0700, and at ``tcp`` where that is given.

    Raises:
        AlreadyRunning: Another router has it; the reason names its process.
        NotWritable: The directory cannot be written to.
        MachineError: The TCP address cannot be listened at.
        UsageError: Not an ``ipc://`` endpoint, or its path is too long.
    """
    if not endpoint.startswith(SCHEME):
        raise UsageError(f"The router cannot listen at {endpoint}.", "Give an endpoint that starts with ipc://.")
    path = Path(endpoint.removeprefix(SCHEME))
    ipc_endpoint(path)  # refuses a path that is too long
    private_dir(path.parent)
    # libzmq's bind on ipc silently takes over the socket file of a running router: the lock keeps a second one away.
    with only_one(path.with_name(path.name + ".lock"), "A router"), zmq.Context() as context:
        socket = context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        socket.setsockopt(zmq.SNDHWM, SEND_LIMIT)
        socket.setsockopt(zmq.MAXMSGSIZE, codec.PAYLOAD_LIMIT_BYTES)
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        socket.setsockopt(zmq.LINGER, LINGER_MS)
        try:
            try:
                socket.bind(endpoint)
            except zmq.ZMQError as error:
                reason = f"The socket {path} cannot be made: {error.strerror}."
                raise NotWritable(reason, "Check the folder's rights.") from error
            async with _admitting(context, tcp):
                # Only now: the options that `listen` sets must not reach the socket of this machine's own clients.
                tcp_endpoint = listen(socket, tcp) if tcp else ""
                frames = FrameSocket(socket)
                try:
                    yield RouterSocket(frames, tcp, tcp_endpoint)
                finally:
                    frames.close()
        finally:
            socket.close()
            path.unlink(missing_ok=True)  # still under the lock, so it cannot be another router's


@asynccontextmanager
async def _admitting(context: zmq.Context[zmq.Socket[bytes]], tcp: Tcp | None) -> AsyncIterator[None]:
    if tcp is None:
        yield
        return
    gatekeeper = Gatekeeper(context, tcp.allowed)
    task = asyncio.create_task(gatekeeper.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gatekeeper.close()
