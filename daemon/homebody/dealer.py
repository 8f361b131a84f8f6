"""One DEALER socket to the router, and who is owed which answer. What `homebody.client` is built on; asyncio.

libzmq keeps a DEALER silent about a router that went away: its send and receive report nothing. Its socket monitor
does, so whoever is owed an answer gets `RouterLost` at once instead of waiting for the deadline.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

import zmq
from zmq.utils.monitor import parse_monitor_message

from homebody import codec, messages
from homebody.errors import (
    DeadlineExceeded,
    HomebodyError,
    KeyRefused,
    RouterLost,
    RouterUnreachable,
    UsageError,
    WireError,
)
from homebody.keys import ClientKey
from homebody.messages import (
    Answer,
    Cancel,
    Control,
    Done,
    Failed,
    Found,
    Listen,
    Message,
    Pong,
    Request,
    Say,
    StatusReport,
)
from homebody.sockets import FrameSocket

log = logging.getLogger(__name__)

HEARTBEAT_MS: Final = 5000  # ZMTP's own; finds a router that is stopped rather than dead
LINGER_MS: Final = 200  # closing waits so long for a last Cancel to be written
QUEUE_LIMIT: Final = 10_000  # answers waiting to be taken; a whole answer has at most 8,192 tokens
GRACE_MS: Final = (
    500.0  # the router ends an ask at its deadline and knows more; its word is waited for this much longer
)
FULL_RETRY_S: Final = 0.01
RECONNECT_LIMIT_MS: Final = 5000  # over TCP libzmq tries again after 0.1 s, 0.2 s, ... and at most this
REFUSED_RETRY_S: Final = 2.0  # after a refusal libzmq does not try again by itself
REFUSALS: Final = (
    zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)

ServiceRequest = Say | Listen | Control
_A = TypeVar("_A", bound=Message)


class Owed:
    """One request and the answers to it, on their way from the reader to whoever waits."""

    def __init__(self, request: Request, until_s: float | None) -> None:
        self.request = request
        self.ended = False  # the router owes nothing more
        self._until_s = until_s  # event loop time
        self._waiting: deque[messages.Any_ | HomebodyError] = deque()  # at most `QUEUE_LIMIT`, and an end
        self._arrival: asyncio.Future[None] | None = None

    def put(self, item: messages.Any_ | HomebodyError) -> None:
        """Never blocks: a reader who falls behind by a whole queue gets an error as its last item."""
        if self.ended or len(self._waiting) > QUEUE_LIMIT:
            return
        last = isinstance(item, Done | Failed | Found | Pong | StatusReport | HomebodyError)
        if not last and len(self._waiting) >= QUEUE_LIMIT:
            reason = f"{QUEUE_LIMIT} answers were waiting to be taken."
            item = Failed(id=None, code="slow_reader", reason=reason)  # and not `ended`: closing cancels the request
        self.ended = last
        self._waiting.append(item)
        self._wake()

    async def next(self) -> messages.Any_:
        """The next answer.

        Raises:
            RemoteFailure: The router answered ``failed``.
            RouterLost: It went away.
            DeadlineExceeded: It is there and does not answer.
        """
        if not self._waiting:
            await self._arrived()
        if not self._waiting:
            raise DeadlineExceeded("The router did not answer in time.", "Ask again, or allow more time.")
        item = self._waiting.popleft()
        if isinstance(item, Failed):
            raise codec.failure(item)
        if isinstance(item, HomebodyError):
            raise item
        return item

    async def _arrived(self) -> None:
        """Until there is an answer, or it is too late for one."""
        loop = asyncio.get_running_loop()
        self._arrival = loop.create_future()
        timer = None if self._until_s is None else loop.call_at(self._until_s, self._wake)
        try:
            await self._arrival
        finally:
            self._arrival = None
            if timer is not None:
                timer.cancel()

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)


class Dealer:
    """The socket. Make it with `connected`; use it from one event loop.

    Args:
        endpoint: The router's, ``ipc://...`` or ``tcp://...``.
        key: For a ``tcp://`` endpoint, which needs one.

    Raises:
        UsageError: The endpoint and the key do not go together.

    Attributes:
        on_request: Called with what the router asks of an attached service; must not block.
    """

    def __init__(self, endpoint: str, key: ClientKey | None = None) -> None:
        _check(endpoint, key)
        self.endpoint, self._key = endpoint, key
        self.on_request: Callable[[ServiceRequest | Cancel], None] | None = None
        self._ids = map(str, itertools.count(1))
        self._owed: dict[str, Owed] = {}
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._settled = asyncio.Event()  # up, or refused
        self._refusal: KeyRefused | None = None
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        # Only to a finished connection: what was meant for a router that is gone must not run in the next one.
        self._socket.setsockopt(zmq.IMMEDIATE, 1)
        self._socket.setsockopt(zmq.LINGER, LINGER_MS)
        self._socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        self._socket.setsockopt(zmq.MAXMSGSIZE, codec.PAYLOAD_LIMIT_BYTES)
        if key is not None:
            self._socket.setsockopt(zmq.CURVE_SERVERKEY, key.server_key.encode())
            self._socket.setsockopt(zmq.CURVE_PUBLICKEY, key.public_key.encode())
            self._socket.setsockopt(zmq.CURVE_SECRETKEY, key.secret_key.encode())
            self._socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_LIMIT_MS)
            self._socket.setsockopt(zmq.IPV6, int("[" in endpoint))
        self._frames = FrameSocket(self._socket)

    @classmethod
    @asynccontextmanager
    async def connected(cls, endpoint: str, key: ClientKey | None = None) -> AsyncIterator[Dealer]:
        """A socket that connects to ``endpoint`` in the background, now and whenever the connection breaks."""
        self = cls(endpoint, key)
        monitor = self._socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | REFUSALS)
        try:
            self._socket.connect(endpoint)
        except zmq.ZMQError as error:
            self._frames.close()
            monitor.close(linger=0)
            self._context.destroy(linger=0)
            reason = f"{endpoint} is not an address of a router: {zmq.strerror(error.errno or 0)}."
            raise UsageError(reason, "Write it like tcp://192.168.1.20:5757.") from error
        watched = FrameSocket(monitor)
        watching = asyncio.create_task(self._watch(watched))
        try:
            with self._frames.delivering(self._dispatch):
                yield self
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            self._lose(RouterLost("The client was closed before the answer came."))
            watched.close()
            self._socket.disable_monitor()
            self._frames.close()
            self._context.term()  # at most LINGER_MS

    def new_id(self) -> str:
        """An id not yet used on this connection."""
        return next(self._ids)

    async def request(self, message: Request, expected: type[_A], deadline_ms: float) -> _A:
        """Send a request that has one answer of type ``expected``, and return that.

        Raises:
            HomebodyError: As `send` and `Owed.next`.
        """
        owed = await self.send(message, deadline_ms)
        try:
            while True:
                answer = await owed.next()
                if isinstance(answer, expected):
                    return answer
        finally:
            self.close(owed)

    async def send(self, message: Request, deadline_ms: float | None, payloads: Sequence[bytes] = ()) -> Owed:
        """Send as soon as there is a router; the answers come through the result, which must be closed with `close`.

        Raises:
            RouterUnreachable: There was none for ``deadline_ms`` (None: wait for ever).
            KeyRefused: There is one, which does not let us in.
            BadMessage: It is too large to be sent.
        """
        assert message.id is not None
        seconds = None if deadline_ms is None else deadline_ms / 1000
        until_s = None if seconds is None else asyncio.get_running_loop().time() + seconds + GRACE_MS / 1000
        owed = Owed(message, until_s)
        try:
            if self._up.is_set():  # as nearly always: there is nothing to wait for
                self._owed[message.id] = owed
                if self.send_now(message, *payloads):
                    return owed
            async with asyncio.timeout(seconds):
                await self._settled.wait()
                if self._refusal is not None:
                    raise self._refusal
                self._owed[message.id] = owed
                while True:
                    if owed.ended or self.send_now(message, *payloads):
                        break
                    await asyncio.sleep(FULL_RETRY_S)  # a full socket has no event that asyncio could wait for
        except TimeoutError:
            self._owed.pop(message.id, None)
            raise RouterUnreachable("No router answers.", "Start it with: homebody run") from None
        except BaseException:
            self._owed.pop(message.id, None)
            raise
        return owed

    def send_now(self, message: Request | Answer, *payloads: bytes) -> bool:
        """Hand a message to libzmq without waiting; False where there is no router or it does not read."""
        if self._socket.closed or not self._up.is_set():
            return False
        try:
            self._frames.send(codec.encode(message, *payloads))
        except zmq.ZMQError:
            return False
        return True

    def close(self, owed: Owed) -> None:
        """No answer is wanted any more; the router is told where it still owes one."""
        assert owed.request.id is not None
        self._owed.pop(owed.request.id, None)
        if not owed.ended:
            self.send_now(Cancel(id=self.new_id(), ask=owed.request.id))

    async def lost_within(self, seconds: float) -> bool:
        """Whether the connection breaks within this time; returns as soon as it does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._down.wait()
        return False

    def _lose(self, error: HomebodyError) -> None:
        for owed in list(self._owed.values()):
            owed.put(error)

    async def _watch(self, monitor: FrameSocket) -> None:
        """Turn libzmq's connection events into `_up` and `_down`, and into `RouterLost` for whoever is owed."""
        while True:
            event = parse_monitor_message(await monitor.receive())["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._down.clear()
                self._refusal = None
                self._up.set()
                self._settled.set()
            elif event & REFUSALS:
                self._refused(event)
            elif event == zmq.EVENT_DISCONNECTED and self._up.is_set():
                self._take()  # answers that had arrived before the end still count
                self._up.clear()
                self._settled.clear()
                self._down.set()
                self._lose(RouterLost("The router went away before it had answered.", "Ask again in a moment."))

    def _refused(self, event: int) -> None:
        if self._key is None:
            return  # without keys there is nothing to refuse: the router ended in the middle of a handshake
        if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            self._refusal = KeyRefused(
                f"The router at {self.endpoint} does not let this key in.", "List it there with: homebody keys add"
            )
        else:
            self._refusal = KeyRefused(
                f"What answers at {self.endpoint} is not the router that this key was made for.",
                "Have a key made there: homebody keys add",
            )
        self._settled.set()
        if event != zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            asyncio.get_running_loop().call_later(REFUSED_RETRY_S, self._connect_again)

    def _connect_again(self) -> None:
        if not self._socket.closed and not self._up.is_set():
            with suppress(zmq.ZMQError):  # it may be gone already
                self._socket.disconnect(self.endpoint)
            self._socket.connect(self.endpoint)

    def _take(self) -> None:
        while (frames := self._frames.receive_now()) is not None:
            self._dispatch(frames)

    def _dispatch(self, frames: list[bytes]) -> None:
        try:
            message, _ = codec.decode(frames)
        except WireError as error:
            log.warning("The router sent something that is not the protocol: %s", error)
            return
        if isinstance(message, Say | Listen | Control | Cancel):
            if self.on_request is not None:
                self.on_request(message)
        elif message.id is None:
            log.warning("The router could not read a message of ours: %s", getattr(message, "reason", ""))
        elif (owed := self._owed.get(message.id)) is not None:
            owed.put(message)


def _check(endpoint: str, key: ClientKey | None) -> None:
    if endpoint.startswith("tcp://"):
        if key is None:
            raise UsageError(f"The router at {endpoint} wants a key.", "Make one there with: homebody keys add NAME")
    elif not endpoint.startswith("ipc://") or key is not None:
        reason = f"{endpoint} takes no key." if key else f"{endpoint} is no address of a router."
        raise UsageError(reason, "Give an endpoint that starts with tcp:// and a key, or one that starts with ipc://.")
