"""A router on a real socket, for tests of the wire."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import queue
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import zmq
import zmq.asyncio

from homebody import codec, keys
from homebody.router.curve import Tcp
from homebody.router.service import Router
from homebody.router.socket import bind

HANG_GUARD_S = 30


class KeptInMemory:
    """An `Announcements` that lasts as long as the test."""

    def __init__(self, *texts):
        self._ids = 0
        self._texts = {}
        for text in texts:
            self.add(text)

    def waiting(self):
        return [(id_, *kept) for id_, kept in self._texts.items()]

    def add(self, text, at=None, *, language=None):
        self._ids += 1
        self._texts[self._ids] = (text, at or dt.datetime.now(dt.UTC), language)
        return self._ids

    def spoken(self, id):
        del self._texts[id]


@contextlib.contextmanager
def short_dir() -> Iterator[Path]:
    """A directory whose path leaves room for a socket's name (103 bytes on macOS)."""
    with tempfile.TemporaryDirectory(prefix="hb", dir="/tmp") as path:
        yield Path(path)


@contextlib.contextmanager
def endpoint() -> Iterator[str]:
    with short_dir() as path:
        yield f"ipc://{path}/router"


@contextlib.asynccontextmanager
async def running(brain, at: str, *, tcp: Tcp | None = None, **parts) -> AsyncIterator[Router]:
    """A router that answers at ``at``, and at ``tcp`` where that is given, for as long as the context lasts."""
    parts.setdefault("announcements", KeptInMemory())
    async with bind(at, tcp) as socket:
        router = Router(socket, endpoint=at, **parts)
        ready = asyncio.Event()
        task = asyncio.create_task(router.run(brain, ready=ready.set))
        try:
            await asyncio.wait_for(ready.wait(), HANG_GUARD_S)
            yield router
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def tcp_with_keys(port: str = "*") -> Tcp:
    """A TCP endpoint on loopback, with the keys of this test's own configuration directory."""
    return Tcp(f"tcp://127.0.0.1:{port}", keys.make_server_key(), keys.AllowList())


@contextlib.contextmanager
def in_a_thread(brain, at: str, **options) -> Iterator[Router]:
    """A router for tests that are no coroutines, on an event loop of its own."""
    loop, started, ended = asyncio.new_event_loop(), queue.Queue(), asyncio.Event()

    async def serve() -> None:
        try:
            async with running(brain, at, **options) as router:
                started.put(router)
                await ended.wait()
        except BaseException as error:
            started.put(error)
            raise

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        router = started.get(timeout=HANG_GUARD_S)
        if isinstance(router, BaseException):
            raise router
        yield router
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(HANG_GUARD_S)
        loop.close()


class RawPeer:
    """A client in any language: frames, no `HomebodyClient`."""

    def __init__(self, at: str, **options) -> None:
        self._context = zmq.asyncio.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        for name, value in options.items():
            self.socket.setsockopt(getattr(zmq, name), value)
        self.socket.connect(at)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()
        self._context.term()

    async def send(self, message, *payloads):
        await self.frames(*codec.encode(message, *payloads))

    async def frames(self, *frames):
        async with asyncio.timeout(HANG_GUARD_S):
            await self.socket.send_multipart(list(frames))

    async def receive(self):
        async with asyncio.timeout(HANG_GUARD_S):
            message, _ = codec.decode(await self.socket.recv_multipart())
        return message

    async def until(self, *types):
        """Messages up to and including the first of one of these types."""
        got = [await self.receive()]
        while not isinstance(got[-1], types):
            got.append(await self.receive())
        return got


async def eventually(condition, hang_guard_s: float = HANG_GUARD_S) -> None:
    """Wait until the condition holds; whatever is to be seen takes as long as it takes."""
    async with asyncio.timeout(hang_guard_s):
        while not condition():
            await asyncio.sleep(0.01)


def told(line: str) -> None:
    """A figure, for whoever runs the test with ``-s``."""
    sys.stdout.write(line + "\n")
