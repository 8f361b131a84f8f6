"""The router's one socket: bound by one process only, and never waiting for a peer."""

from __future__ import annotations

import asyncio
import enum
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import zmq
import zmq.asyncio

from homebody import messages
from homebody.errors import AlreadyRunning, NotWritable, UsageError
from homebody.messages import Message
from homebody.paths import ipc_endpoint, private_dir

HEARTBEAT_MS: Final = 5000  # ZMTP's own; a peer that is stopped rather than dead is dropped
SEND_LIMIT: Final = 1000  # messages queued for one peer; beside them a peer has its own 1,000 and the kernel's buffer
LINGER_MS: Final = 500  # closing waits so long for last answers to be written
SCHEME: Final = "ipc://"


class Sent(enum.Enum):
    """What became of a message."""

    SENT = enum.auto()  # handed to libzmq
    FULL = enum.auto()  # the peer does not read
    GONE = enum.auto()  # there is no such peer any more


class RouterSocket:
    """A bound ROUTER; made by `bind`. Peers are named by the identity libzmq gave them, new at each connection."""

    def __init__(self, socket: zmq.asyncio.Socket) -> None:
        self._socket = socket

    async def receive(self) -> tuple[bytes, list[bytes]]:
        """The next message of any peer: who sent it, and its frames."""
        peer, *frames = await self._socket.recv_multipart()
        return peer, frames

    def send(self, peer: bytes, message: Message) -> Sent:
        """Send without waiting.

        Raises:
            BadMessage: It is too large to be sent.
        """
        frames = [peer, *messages.encode(message)]
        future = asyncio.ensure_future(self._socket.send_multipart(frames, zmq.DONTWAIT))
        error = future.exception()  # a DONTWAIT send is over when it returns
        if error is None:
            return Sent.SENT
        return Sent.FULL if isinstance(error, zmq.Again) else Sent.GONE


@asynccontextmanager
async def bind(endpoint: str) -> AsyncIterator[RouterSocket]:
    """The socket at ``endpoint`` (``ipc://PATH``), in a directory of mode 0700.

    Raises:
        AlreadyRunning: Another router has it; the reason names its process.
        NotWritable: The directory cannot be written to.
        UsageError: Not an ``ipc://`` endpoint, or its path is too long.
    """
    if not endpoint.startswith(SCHEME):
        raise UsageError(f"The router cannot listen at {endpoint}.", "Give an endpoint that starts with ipc://.")
    path = Path(endpoint.removeprefix(SCHEME))
    ipc_endpoint(path)  # refuses a path that is too long
    private_dir(path.parent)
    with _only_one(path.with_name(path.name + ".lock")), zmq.asyncio.Context() as context:
        socket = context.socket(zmq.ROUTER)
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        socket.setsockopt(zmq.SNDHWM, SEND_LIMIT)
        socket.setsockopt(zmq.MAXMSGSIZE, messages.PAYLOAD_LIMIT_BYTES)
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        socket.setsockopt(zmq.LINGER, LINGER_MS)
        try:
            try:
                socket.bind(endpoint)
            except zmq.ZMQError as error:
                reason = f"The socket {path} cannot be made: {error.strerror}."
                raise NotWritable(reason, "Check the folder's rights.") from error
            yield RouterSocket(socket)
        finally:
            socket.close()
            path.unlink(missing_ok=True)  # still under the lock, so it cannot be another router's


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold this lock file. libzmq's bind on ipc silently takes over the socket file of a router that is running, so the
    file lock, which the kernel frees with its process, is what keeps a second router away."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written: {error.strerror}.", "Check the folder's rights.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunning(
                f"A router is already running (process {pid}).", f"Use it, or end it first: kill {pid}"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)  # the file stays: removing it would let two hold a lock each
