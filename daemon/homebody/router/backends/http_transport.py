"""HTTP/1.1 for httpx straight on asyncio: what a model server on this machine is asked through.

httpx's usual transport (httpcore 1.0 on anyio) costs a question more than everything else the router does for it: it
gives way to the event loop before each read and write, sends a request in two pieces and keeps locks and timers for
connections that a server next door does not need. Here h11 speaks the protocol, as it does there; TLS, proxies, HTTP/2
and limits of connections are left to the usual one (decision 29).

A connection is used again after a response that was read to its end, and closed at once where reading stops before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, cast

import h11
import httpx

IDLE_S: Final = 5.0  # as long as httpx keeps a connection: a server that was ended meanwhile is not written to
HEAD_LIMIT_BYTES: Final = 100 * 1024  # of a response; httpcore's figure
UNREAD_LIMIT_BYTES: Final = 256 * 1024  # after which a server that sends faster than is read has to wait

Head = tuple[str | bytes, bytes, Sequence[tuple[bytes, bytes]]]  # method, target, headers


class PlainTransport(httpx.AsyncBaseTransport):
    """Sends requests to ``http://`` addresses; to be mounted there (``mounts={"http://": PlainTransport()}``).

    Its errors are httpx's, and so are its time limits: ``connect``, ``read`` and ``write``. Use it from one event loop.
    """

    def __init__(self) -> None:
        self._idle: list[tuple[_Connection, float]] = []  # and since when, in the event loop's time
        self._busy: set[_Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; returns when the response's head is there.

        Raises:
            httpx.TransportError: There is no connection, or it broke off, or took too long.
        """
        origin = request.url.host, request.url.port or 80
        head = request.method, request.url.raw_path, request.headers.raw
        stream = cast("httpx.AsyncByteStream", request.stream)
        body = b"".join([part async for part in stream]) if isinstance(stream, httpx.ByteStream) else stream
        response, said = await self.exchange(origin, head, body, request.extensions.get("timeout", {}))
        return httpx.Response(
            response.status_code,
            headers=response.headers.raw_items(),
            stream=said,
            extensions={"http_version": b"HTTP/" + response.http_version, "reason_phrase": response.reason},
        )

    async def exchange(
        self,
        origin: tuple[str, int],
        head: Head,
        body: bytes | AsyncIterable[bytes],
        limits_s: Mapping[str, float | None],
    ) -> tuple[h11.Response, httpx.AsyncByteStream]:
        """The same without httpx's request and response around it, which take as long as sending does.

        Args:
            origin: Host and port.
            head: The request's method, target and headers.
            body: What is sent with it, as its headers say.
            limits_s: ``connect``, ``read`` and ``write``.

        Returns:
            The response's head, and its body, which must be closed.
        """
        connection = self._waiting_for(origin) or await _connected(origin, limits_s.get("connect"))
        self._busy.add(connection)
        try:
            await connection.send(head, body, limits_s.get("write"))
            response = await connection.head(limits_s.get("read"))
        except BaseException:
            self._leave(connection)
            raise
        return response, _Body(self, connection, limits_s.get("read"))

    async def aclose(self) -> None:
        """Close all connections; whatever is being read breaks off."""
        connections = [*self._busy, *(connection for connection, _ in self._idle)]
        self._busy.clear()
        self._idle.clear()
        for connection in connections:
            connection.abort()
        await asyncio.sleep(0)  # asyncio closes a socket in the loop's next round

    def _waiting_for(self, origin: tuple[str, int]) -> _Connection | None:
        """A connection that can be used again."""
        since_s = asyncio.get_running_loop().time() - IDLE_S
        kept: list[tuple[_Connection, float]] = []
        found = None
        for connection, idle_s in reversed(self._idle):  # the latest is the likeliest to be still there
            if connection.closed or idle_s < since_s:
                connection.abort()
            elif found is None and connection.origin == origin:
                found = connection
            else:
                kept.append((connection, idle_s))
        self._idle = kept[::-1]
        return found

    def _leave(self, connection: _Connection) -> None:
        """Nothing more is read from it."""
        if connection not in self._busy:
            return
        self._busy.discard(connection)
        if connection.rest():
            self._idle.append((connection, asyncio.get_running_loop().time()))
        else:
            connection.abort()


class _Body(httpx.AsyncByteStream):
    """What a response says, as it comes."""

    def __init__(self, transport: PlainTransport, connection: _Connection, limit_s: float | None) -> None:
        self._transport, self._connection, self._limit_s = transport, connection, limit_s

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if data := await self._connection.data(self._limit_s):
            return data
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._transport._leave(self._connection)  # noqa: SLF001  # the other half of this module


class _Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self, origin: tuple[str, int]) -> None:
        self.origin = origin
        self.closed = False
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT_BYTES)
        self._unread: list[bytes] = []
        self._unread_bytes = 0
        self._at_end = False  # the server sends nothing more
        self._paused = False
        self._error: Exception | None = None
        self._change: asyncio.Future[None] | None = None  # done when anything has come or gone
        self._writable = asyncio.Event()
        self._writable.set()

    # --- what asyncio tells ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread.append(data)
        self._unread_bytes += len(data)
        if self._unread_bytes > UNREAD_LIMIT_BYTES and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._changed()

    def eof_received(self) -> None:
        self._at_end = self.closed = True
        self._changed()

    def connection_lost(self, error: Exception | None) -> None:
        self._at_end = self.closed = True
        self._error = error
        self._writable.set()
        self._changed()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # --- what the transport wants ------------------------------------------------------------------------------------

    async def send(self, head: Head, body: bytes | AsyncIterable[bytes], limit_s: float | None) -> None:
        """Write a whole request; a body that is there at once goes out together with its head."""
        # A server may answer before it has read all, and then close: what it says is read all the same.
        method, target, headers = head
        out = [self._sent(h11.Request, method=method, target=target, headers=headers)]
        if isinstance(body, bytes):
            out.append(self._sent(h11.Data, data=body))
        else:
            async for part in body:
                out.append(self._sent(h11.Data, data=part))
                await self._write(out, limit_s)
                out = []
        out.append(self._sent(h11.EndOfMessage))
        await self._write(out, limit_s)

    async def head(self, limit_s: float | None) -> h11.Response:
        """The beginning of the response; interim ones (status 1xx) are passed over."""
        while True:
            event = await self._event(limit_s)
            if isinstance(event, h11.Response):
                return event

    async def data(self, limit_s: float | None) -> bytes:
        """Some of the response's body, as much as came in one piece; empty at its end."""
        while self._http.their_state is h11.SEND_BODY:
            event = await self._event(limit_s)
            if isinstance(event, h11.Data) and event.data:
                return bytes(event.data)
        return b""

    def rest(self) -> bool:
        """Make it ready for another request; False where it cannot be."""
        if (
            self.closed
            or self._unread
            or self._http.our_state is not h11.DONE
            or self._http.their_state is not h11.DONE
        ):
            return False
        self._http.start_next_cycle()
        return True

    def abort(self) -> None:
        """Close it at once, whatever is on its way."""
        self.closed = self._at_end = True
        self._transport.abort()
        self._changed()

    # --- within ------------------------------------------------------------------------------------------------------

    def _sent(self, kind: Callable[..., h11.Event], **what: Any) -> bytes:
        try:
            return self._http.send(kind(**what)) or b""
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError(str(error)) from error

    async def _write(self, parts: list[bytes], limit_s: float | None) -> None:
        self._transport.write(b"".join(parts))
        if self._writable.is_set():
            return
        try:
            async with asyncio.timeout(limit_s):
                await self._writable.wait()
        except TimeoutError:
            raise httpx.WriteTimeout("The server does not read.") from None

    async def _event(self, limit_s: float | None) -> Any:
        """The next of the response, waited for."""
        while (event := self._next()) is h11.NEED_DATA:
            try:
                async with asyncio.timeout(limit_s):
                    await self._something()
            except TimeoutError:
                raise httpx.ReadTimeout("The server is silent.") from None
        return event

    def _next(self) -> Any:
        """The next of the response, or ``h11.NEED_DATA``."""
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA and (self._unread or self._at_end):
                if not self._unread and self._error is not None:
                    raise httpx.ReadError("The connection broke off.") from self._error
                self._http.receive_data(b"".join(self._unread))
                self._unread.clear()
                self._unread_bytes = 0
                if self._paused and not self.closed:
                    self._paused = False
                    self._transport.resume_reading()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        return event

    async def _something(self) -> None:
        """Wait until anything has come, or the connection has ended."""
        self._change = asyncio.get_running_loop().create_future()
        try:
            await self._change
        finally:
            self._change = None

    def _changed(self) -> None:
        if self._change is not None and not self._change.done():
            self._change.set_result(None)


async def _connected(origin: tuple[str, int], limit_s: float | None) -> _Connection:
    try:
        async with asyncio.timeout(limit_s):
            _, connection = await asyncio.get_running_loop().create_connection(lambda: _Connection(origin), *origin)
    except TimeoutError as error:
        raise httpx.ConnectTimeout("There is no connection in time.") from error
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
    return connection
