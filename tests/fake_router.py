"""A router on a real socket that captions every picture it is sent, and remembers which: for tests of the gallery."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import Counter
from collections.abc import AsyncIterator

import zmq
import zmq.asyncio

from homebody import codec
from homebody.messages import Accepted, Attach, Caption, Control, Done, Failed, Ping, Pong, Publish, Route

INSTANCE = "fake"


class FakeRouter:
    """Answers `Caption`, `Attach` and `Ping`; keeps what is published.

    Attributes:
        calls: How often each picture was asked for, by the hash of what was sent.
        answered: How often each was answered.
        events: (name, data) of what was published.
        failures: The next captions fail with these, one each.
        delay_s: What a caption takes.
    """

    def __init__(self, socket: zmq.asyncio.Socket) -> None:
        self.calls: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.events: list[tuple[str, dict]] = []
        self.failures: list[Failed] = []
        self.delay_s = 0.0
        self.open = self.most_open = 0
        self.attached = asyncio.Event()
        self.service: bytes | None = None
        self._socket = socket
        self._tasks: set[asyncio.Task[None]] = set()
        self._owed: dict[str, asyncio.Future] = {}

    async def serve(self) -> None:
        while True:
            peer, *frames = await self._socket.recv_multipart()
            message, payloads = codec.decode(frames)
            match message:
                case Ping():
                    await self._send(peer, Pong(id=message.id, router=INSTANCE, version="0", uptime_ms=0.0))
                case Attach():
                    self.service = peer
                    self.attached.set()
                    await self._send(peer, Done(id=message.id, instance=INSTANCE))
                case Publish():
                    self.events.append((message.name, message.data))
                case Caption():
                    task = asyncio.create_task(self._caption(peer, message, payloads[0]))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                case Control():
                    await self._send(peer, Failed(id=message.id, code="not_found", reason="Nobody is attached."))
                case Done() | Failed():
                    if (owed := self._owed.pop(message.id, None)) is not None:
                        owed.set_result(message)

    async def control(self, action: str, value: str | None = None) -> Done | Failed:
        """Ask the attached service to do something."""
        id_ = f"c{len(self._owed)}-{action}-{id(object())}"
        owed = self._owed[id_] = asyncio.get_running_loop().create_future()
        await self._send(self.service, Control(id=id_, service="gallery", action=action, value=value))
        return await asyncio.wait_for(owed, 30)

    async def _caption(self, peer: bytes, message: Caption, picture: bytes) -> None:
        key = hashlib.sha256(picture).hexdigest()
        self.calls[key] += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._send(peer, Accepted(id=message.id, route=Route(kind="model", model="fake")))
            await asyncio.sleep(self.delay_s)
            if self.failures:
                failed = self.failures.pop(0)
                await self._send(peer, Failed(id=message.id, code=failed.code, reason=failed.reason))
                return
            words = f"A picture called {key[:8]}."
            done = Done(id=message.id, caption=words, text=words, tags=("made",), model="fake", prompt_version="1")
            await self._send(peer, done)
            self.answered[key] += 1
        finally:
            self.open -= 1

    async def _send(self, peer: bytes, message) -> None:
        with contextlib.suppress(zmq.ZMQError):  # whoever asked has been killed
            await self._socket.send_multipart([peer, *codec.encode(message)])


@contextlib.asynccontextmanager
async def fake_router(at: str) -> AsyncIterator[FakeRouter]:
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.ROUTER)
    socket.setsockopt(zmq.LINGER, 0)
    socket.bind(at)
    router = FakeRouter(socket)
    serving = asyncio.create_task(router.serve())
    try:
        yield router
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        socket.close()
        context.term()
