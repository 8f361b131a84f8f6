"""What the fake model servers have in common: HTTP/1.1 with keep-alive on loopback, and clients that go away."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

POLL_S = 0.005


class ClientClosed(Exception):
    """The client broke the connection while it was being answered."""


@dataclass(kw_only=True)
class HttpServer(ABC):
    """``async with`` it; then `base_url` is its address.

    Attributes:
        headers: The request line and header lines of each request, lower case.
        closed_early: How often a client closed the connection before the answer had ended.
        connections: How many there have been.
        base_url: Its address, and below it ``root``.
        root: The path of its interface.
    """

    headers: list[str] = field(default_factory=list)
    closed_early: int = 0
    connections: int = 0
    base_url: str = ""
    root: str = ""

    @abstractmethod
    async def exchange(self, connection: Connection, method: str, path: str, body: bytes) -> bool:
        """Answer one request; False: the connection is over."""

    async def __aenter__(self) -> Self:
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        await self._listen(0)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}{self.root}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """As if the server were ended: nobody listens any more, open connections break."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def start_again(self) -> None:
        """At the same address."""
        await self._listen(int(self.base_url.removesuffix(self.root).rpartition(":")[2]))

    async def until_closed_early(self, times: int = 1) -> None:
        """Wait until clients have broken off so many answers."""
        async with asyncio.timeout(10):
            async with self._changed:
                await self._changed.wait_for(lambda: self.closed_early >= times)

    async def broken_off(self) -> None:
        """A client has broken an answer off."""
        self.closed_early += 1
        async with self._changed:
            self._changed.notify_all()

    async def _listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        connection = Connection(reader, writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.headers.append(head.lower())
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await _body(reader, fields)
                method, path, _ = head.split(" ", 2)
                if not await self.exchange(connection, method, path, body):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


class Connection:
    """What comes from a client and goes to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def write(self, data: bytes) -> None:
        """Send some of a response.

        Raises:
            ClientClosed: Nobody is there any more.
        """
        if self._reader.at_eof():
            raise ClientClosed
        self._writer.write(data)
        await self._writer.drain()

    async def respond(self, body: bytes, status: str = "200 OK", fields: str = "") -> None:
        """A whole response. ``fields``: further header lines, each with its end."""
        head = f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        await self._writer.drain()

    async def wait(self, seconds: float) -> None:
        """Be silent for so long.

        Raises:
            ClientClosed: The client went meanwhile.
        """
        for _ in range(max(1, round(seconds / POLL_S))):
            if self._reader.at_eof():
                raise ClientClosed
            await asyncio.sleep(POLL_S)


async def _body(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    if fields.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(fields.get("content-length", 0)))
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
