"""The least of a web server that one person's browser on this machine needs: h11 over asyncio's streams.

h11 reads HTTP (it comes with httpx); here are only connections, bounds and deadlines. Loopback alone, never TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import h11
import msgspec

from homebody.errors import MachineError

log = logging.getLogger(__name__)

ADDRESS: Final = "127.0.0.1"
CONNECTIONS_LIMIT: Final = 32
HEADER_LIMIT_BYTES: Final = 16 * 1024
BODY_LIMIT_BYTES: Final = 16 * 1024
READ_LIMIT_BYTES: Final = 1024 * 1024  # read to its end and refused; what is longer is cut off
IDLE_LIMIT_S: Final = 60.0  # between two requests of a connection, and for a request to come in whole
READ_BYTES: Final = 16 * 1024


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser asks. ``headers`` are in lower case; of a field that comes twice, the last counts."""

    method: str
    path: str
    query: dict[str, str] = msgspec.field(default_factory=dict)
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    form: dict[str, str] = msgspec.field(default_factory=dict)


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What it is given."""

    status: int = 200
    body: bytes = b""
    media_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Response]]


class _Refused(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


@asynccontextmanager
async def served(make: Callable[[int], Handler], port: int = 0) -> AsyncIterator[int]:
    """Serve on the loopback interface for as long as the context lasts; gives the port.

    Args:
        make: Gives the handler, told the port. What the handler raises becomes status 500, without a word of it.
        port: 0: any that is free.

    Raises:
        MachineError: The port is taken.
    """
    handler: Handler | None = None
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            if len(tasks) <= CONNECTIONS_LIMIT and handler is not None:
                await _Connection(reader, writer, handler).run()
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # the browser has gone, or we are ending
        finally:
            tasks.discard(task)
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    try:
        server = await asyncio.start_server(connected, ADDRESS, port, limit=HEADER_LIMIT_BYTES)
    except OSError as error:
        raise MachineError(f"Port {port} cannot be used: {error.strerror}.", "Choose another with --port.") from error
    try:
        bound = int(server.sockets[0].getsockname()[1])
        handler = make(bound)
        yield bound
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        if tasks:
            await asyncio.wait(list(tasks))


class _Connection:
    """One connection: request after request until either side ends it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
        self._reader, self._writer, self._handler = reader, writer, handler
        self._head = False
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_LIMIT_BYTES)

    async def run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE_LIMIT_S):
                    request = await self._request()
                if request is None:
                    return
                response = await self._answer(request)
            except h11.RemoteProtocolError as error:
                response = Response(status=error.error_status_hint, body=b"This was no request.")
            except _Refused as refused:
                response = Response(status=refused.status, body=b"This request is too large.")
            async with asyncio.timeout(IDLE_LIMIT_S):
                await self._send(response)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        except Exception as error:
            log.error("A request for the page failed: %s", type(error).__name__)
            log.debug("Traceback:", exc_info=True)
            return Response(status=500, body=b"Something went wrong inside homebody.")

    async def _event(self) -> h11.Event:
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    self._writer.write(self._http.send(go_on) or b"")
                self._http.receive_data(await self._reader.read(READ_BYTES))
            else:
                assert not isinstance(event, type)  # PAUSED comes only after a whole request
                return event

    async def _request(self) -> Request | None:
        event = await self._event()
        if not isinstance(event, h11.Request):
            return None
        self._head = event.method == b"HEAD"
        body, size_bytes = b"", 0
        while isinstance(part := await self._event(), h11.Data):
            size_bytes += len(part.data)
            if size_bytes > READ_LIMIT_BYTES:
                raise ConnectionAbortedError
            body += part.data if size_bytes <= BODY_LIMIT_BYTES else b""
        if size_bytes > BODY_LIMIT_BYTES:
            raise _Refused(413)
        try:
            target = urlsplit(event.target.decode("ascii"))
        except ValueError:
            raise _Refused(400) from None
        return Request(
            method=event.method.decode("ascii"),
            path=target.path,
            query=dict(parse_qsl(target.query, max_num_fields=32)),
            headers={name.decode("ascii"): value.decode("latin-1") for name, value in event.headers},
            form=dict(parse_qsl(body.decode(errors="replace"), max_num_fields=32)),
        )

    async def _send(self, response: Response) -> None:
        headers = {
            "Content-Type": response.media_type,
            "Content-Length": str(len(response.body)),
            **response.headers,
        }
        start = h11.Response(status_code=response.status, headers=list(headers.items()))
        self._writer.write(self._http.send(start) or b"")
        if not self._head:
            self._writer.write(self._http.send(h11.Data(data=response.body)) or b"")
        self._writer.write(self._http.send(h11.EndOfMessage()) or b"")
        await self._writer.drain()
