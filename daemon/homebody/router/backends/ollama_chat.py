"""One chat with Ollama, `/api/chat`, as it streams.

The `ollama` library asks everything else; a question goes past it. Validating what we have just made, and every line of
what comes, by pydantic, and httpx's cookies, redirects and authentication flows, took longer than the rest of the
router (decision 29). Address, headers and connections are the library's own, so both always ask the same server.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    import ssl

    import httpx
    import ollama

LINE_LIMIT_BYTES: Final = 8 * 1024 * 1024  # the longest is a call of a tool with all its arguments
ERROR_LIMIT_BYTES: Final = 64 * 1024


class Function(msgspec.Struct):
    """What is to be called."""

    name: str
    arguments: dict[str, Any]


class Call(msgspec.Struct):
    """A model wants a tool to be called."""

    function: Function


class Said(msgspec.Struct):
    """Some of the answer."""

    content: str | None = None
    thinking: str | None = None
    tool_calls: list[Call] | None = None


class Line(msgspec.Struct):
    """One line of an answer; durations are nanoseconds, counts tokens."""

    message: Said
    done: bool | None = None
    done_reason: str | None = None
    load_duration: int | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    eval_duration: int | None = None


class _Broken(msgspec.Struct):
    error: str


class Refused(Exception):
    """The server's own word.

    Attributes:
        status: HTTP's; -1: a line in the middle of an answer.
        text: What it says.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status)  # and not its text, which may hold somebody's words
        self.status, self.text = status, text


_lines: Final = msgspec.json.Decoder(Line)
_broken: Final = msgspec.json.Decoder(_Broken)


class Server:
    """Connections to an Ollama server: through the library, and for a chat past it.

    Attributes:
        library: Asks everything but a chat.

    Args:
        base_url: Its address, in any of the forms that the library takes.
        timeout: The limits of each step.
        trusted: For ``https://``.

    Raises:
        ValueError, httpx.InvalidURL: It is no address.
    """

    def __init__(self, base_url: str, timeout: httpx.Timeout, trusted: ssl.SSLContext) -> None:
        import httpx
        import ollama

        from homebody.router.backends.http_transport import PlainTransport

        plain = PlainTransport()
        ways: dict[str, httpx.AsyncBaseTransport] = {
            "http": plain,
            "https": httpx.AsyncHTTPTransport(verify=trusted, trust_env=False),
        }
        self.library: ollama.AsyncClient = ollama.AsyncClient(
            base_url,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            verify=trusted,
            mounts={f"{scheme}://": way for scheme, way in ways.items()},
        )
        http = self.library._client  # noqa: SLF001  # where it sends to, and as whom
        self._url = http.base_url.join("api/chat")
        self._headers = httpx.Headers(http.headers)
        self._headers["accept-encoding"] = "identity"  # nothing here unpacks
        self._way = ways.get(self._url.scheme)
        self._plain = plain if self._way is plain else None
        self._origin = self._url.host, self._url.port or 80
        self._host = self._url.netloc
        self._limits_s = timeout.as_dict()

    async def chat(self, request: Mapping[str, Any]) -> AsyncGenerator[Line, None]:
        """The lines of an answer as they come. Closing it closes the connection, unless it was read to its end.

        Raises:
            Refused: The server does not want to.
            httpx.TransportError: There is no connection, or it broke off.
            msgspec.DecodeError: What answers is not Ollama.
        """
        status, answer = await self._asked(msgspec.json.encode(request))
        try:
            if not 200 <= status < 300:
                raise Refused(status, await _said(answer))
            async with aclosing(_torn(answer)) as lines:
                async for line in lines:
                    yield _decoded(line)
        finally:
            await answer.aclose()

    async def _asked(self, question: bytes) -> tuple[int, httpx.AsyncByteStream]:
        """The status of the answer, and its body."""
        import httpx

        if self._plain is not None:
            host, length = (b"Host", self._host), (b"Content-Length", b"%d" % len(question))
            head = "POST", self._url.raw_path, [host, *self._headers.raw, length]
            response, said = await self._plain.exchange(self._origin, head, question, self._limits_s)
            return response.status_code, said
        if self._way is None:
            raise httpx.UnsupportedProtocol(f"{self._url.scheme} is not spoken here.")
        extensions = {"timeout": self._limits_s}
        sent = httpx.Request("POST", self._url, headers=self._headers, content=question, extensions=extensions)
        answer = await self._way.handle_async_request(sent)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        return answer.status_code, answer.stream

    async def aclose(self) -> None:
        """Close all connections; open chats break off."""
        await self.library.close()  # type: ignore[no-untyped-call]  # ollama leaves it untyped


async def _torn(stream: httpx.AsyncByteStream) -> AsyncGenerator[bytes, None]:
    """Bytes as they come to lines."""
    begun = b""
    async for data in stream:
        *whole, begun = (begun + data).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
        if len(begun) > LINE_LIMIT_BYTES:
            raise ValueError("A line without an end came.")
    if begun.strip():
        yield begun


def _decoded(line: bytes) -> Line:
    try:
        return _lines.decode(line)
    except msgspec.ValidationError:
        # An error has no message. Looked at only now: errors are rare.
        raise Refused(-1, _broken.decode(line).error) from None


async def _said(stream: httpx.AsyncByteStream) -> str:
    """What the server says instead of an answer."""
    said = b""
    async for data in stream:
        said += data
        if len(said) > ERROR_LIMIT_BYTES:
            break
    try:
        return _broken.decode(said).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return said.decode("utf-8", "replace")
