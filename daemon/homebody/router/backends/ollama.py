"""Ollama over HTTP: the default engine.

What its server does, and where that is written down (github.com/ollama/ollama, v0.33, and its client 0.6.3):

- `/api/chat` streams one JSON object a line and ends with one whose ``done`` is true. An error before the first line
  has its real HTTP status; a later one is a line ``{"error": ...}`` in a response that began with 200
  (server/routes.go).
- A run of thirty equal tokens ends the stream without a ``done`` line (llm/llama_server.go), so the end of the stream
  alone does not mean a whole answer.
- ``think`` left out means true for models that can think. False is accepted by all models of the servers we know; where
  one refuses with status 400, the question is asked once more without it.
- Another ``num_ctx`` than the loaded one reloads the model, so there is one fixed value for preloading and answering.
- Closing the connection cancels the request's context, which ends the generation.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from homebody.errors import (
    DeadlineExceeded,
    ModelBusy,
    ModelError,
    ModelFailed,
    ModelMissing,
    ModelUnreachable,
    NotCapable,
    OutOfMemory,
    ProfileError,
)
from homebody.options import TextModelOptions
from homebody.router.backends import USUAL, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.backends.clients import Clients
from homebody.router.backends.ollama_answer import read, wire_message
from homebody.router.backends.ollama_chat import Line, Refused, Server

if TYPE_CHECKING:
    import ollama

log = logging.getLogger(__name__)

ENGINE: Final = "ollama"
DEFAULT_PORT: Final = 11434
BUSY_RETRY_MS: Final = 2000.0
END_MS: Final = 50.0  # from the last line of an answer to the end of its response, which is sent right after it
CHECK_MS: Final = 2000.0  # /api/tags and /api/ps only read a folder and a table

# llm/status.go, where Ollama decides by the same texts, in lower case
_OUT_OF_MEMORY: Final = (
    "out of memory",
    "out-of-memory",
    "out of device memory",
    "cudamalloc failed",
    "hipmalloc failed",
    "failed to allocate",
    "allocation failed",
    "not enough memory",
    "insufficient memory",
)
# Where the installers put it. A service's PATH, launchd's above all, names few of these.
_INSTALL_PATHS: Final = (
    "/usr/local/bin/ollama",
    "/usr/bin/ollama",
    "/opt/homebrew/bin/ollama",
    "/Applications/Ollama.app",
)
_CHOOSE_ANOTHER: Final = "Choose another model under router.text.model in homebody.toml."


def installed() -> bool:
    """Whether Ollama's program is on this machine."""
    return shutil.which("ollama") is not None or any(Path(path).exists() for path in _INSTALL_PATHS)


class OllamaBackend:
    """A `homebody.router.backends.Backend` on an Ollama server.

    Three limits of the profile apply: ``connect_ms`` until the server takes the connection, ``first_token_ms`` until
    the first line comes (the model's load is in it), ``gap_ms`` between lines. Neither proxy variables nor redirects
    are followed: nothing may leave the house by way of the environment.

    Args:
        options: The profile's ``router.text``.
        is_installed: Whether Ollama is on this machine; decides which remedy is named.

    Raises:
        ProfileError: ``base_url`` is no address.
    """

    def __init__(self, options: TextModelOptions, *, is_installed: Callable[[], bool] = installed) -> None:
        import httpx

        self._options = options
        self._is_installed = is_installed
        self._think: bool | None = False
        self._capabilities: tuple[str, ...] | None = None  # as its server says
        slowest_s = max(options.first_token_ms, options.gap_ms) / 1000
        timeout = httpx.Timeout(
            connect=options.connect_ms / 1000,
            # A backstop: the limits themselves are kept by `_line`, which knows whether a first line has come.
            read=slowest_s + 5,
            write=options.gap_ms / 1000,
            pool=options.connect_ms / 1000,
        )
        trusted = httpx.create_ssl_context(trust_env=False)  # made once: it takes longer than all the rest of a client

        def server() -> Server:
            return Server(options.base_url, timeout, trusted)

        try:
            self._clients = Clients(server, Server.aclose)
        except (ValueError, httpx.InvalidURL) as error:
            raise ProfileError(
                f"router.text.base_url: {options.base_url} is not an address.",
                f"Write it like http://127.0.0.1:{DEFAULT_PORT}.",
            ) from error

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message; see `homebody.router.backends.Backend`."""
        self._refuse_cloud()
        answer: list[str] = []  # what has been yielded of it
        try:
            async with (
                contextlib.aclosing(self._lines(messages, max_tokens or self._options.max_tokens, sampling)) as lines,
                contextlib.aclosing(read(lines, preload=not messages)) as items,
            ):
                async for item in items:
                    if isinstance(item, Piece) and item.channel == "answer":
                        answer.append(item.text)
                    yield item
        except ModelError as error:
            error.partial = "".join(answer)
            raise

    async def check(self) -> ModelState:
        """Whether the model could be asked now; see `homebody.router.backends.Backend`."""
        self._refuse_cloud()
        try:
            limit_s = (self._options.connect_ms + CHECK_MS) / 1000
            async with self._clients.lease() as lease, asyncio.timeout(limit_s):
                known = await lease.client.library.list()
                running = await lease.client.library.ps()
                lease.begun = True
                can_call = "tools" in await self._can(lease.client.library)
        except Exception as error:
            raise self._translated(error) from error
        wanted = _full_name(self._options.model)
        if wanted not in {_full_name(m.model or "") for m in known.models}:
            raise self._missing()
        loaded = wanted in {_full_name(m.model or m.name or "") for m in running.models}
        digest = next((m.digest for m in known.models if _full_name(m.model or "") == wanted), None)
        return ModelState(self._options.model, ENGINE, loaded, digest or "", tools=can_call)

    async def aclose(self) -> None:
        """Close the connections; open streams break off."""
        await self._clients.aclose()

    async def _lines(
        self, messages: Sequence[ChatMessage], max_tokens: int, sampling: Sampling
    ) -> AsyncGenerator[Line, None]:
        """The lines of one answer up to and including the ``done`` line, as they come."""
        async with (
            self._clients.lease() as lease,
            contextlib.aclosing(self._lines_of(lease.client, messages, max_tokens, sampling)) as lines,
        ):
            async for line in lines:
                lease.begun = True
                yield line

    async def _lines_of(
        self, server: Server, messages: Sequence[ChatMessage], max_tokens: int, sampling: Sampling
    ) -> AsyncGenerator[Line, None]:
        if any(message.images for message in messages):
            await self._look(server.library)
        tools = sampling.tools if sampling.tools and "tools" in await self._can(server.library) else ()
        temperature, top_p = sampling.over(self._options)
        request: dict[str, Any] = {
            "model": self._options.model,
            "messages": [wire_message(message) for message in messages],
            "options": {
                "num_ctx": self._options.num_ctx,
                "num_predict": max_tokens,
                "temperature": temperature,
                "top_p": top_p,
                **({"stop": list(self._options.stop)} if self._options.stop else {}),
            },
            "stream": True,
            "keep_alive": self._options.keep_alive,
            **({"format": sampling.schema} if sampling.schema else {}),
            **({"tools": list(tools)} if tools else {}),
        }
        limit_ms = self._options.first_token_ms
        while True:
            # Left out, models that can think do; true would be refused by those that can't.
            think = {} if sampling.think or self._think is None else {"think": self._think}
            source = server.chat(request | think)
            async with contextlib.aclosing(source):
                while True:
                    try:
                        async with asyncio.timeout(limit_ms / 1000):
                            line = await anext(source)
                    except StopAsyncIteration:
                        return
                    except Exception as error:
                        if self._refuses_think(error):
                            log.debug("this server refuses think=false; asking without it")
                            self._think = None
                            break
                        raise self._translated(error) from error
                    if line.done:
                        await _read_to_end(source)
                    yield line
                    if line.done:
                        return
                    limit_ms = self._options.gap_ms

    async def _look(self, client: ollama.AsyncClient) -> None:
        """Refuse to show images to a model without eyes: it would not say so, and describe what it has not seen."""
        if self._capabilities is None:
            try:
                async with asyncio.timeout((self._options.connect_ms + CHECK_MS) / 1000):
                    shown = (await client.show(self._options.model)).capabilities
            except Exception as error:
                raise self._translated(error) from error
            if shown is None:  # servers before 0.6.4 do not say
                return
            self._capabilities = tuple(shown)
        if "vision" not in self._capabilities:
            raise NotCapable("The language model cannot look at images.", _CHOOSE_ANOTHER)

    async def _can(self, client: ollama.AsyncClient) -> tuple[str, ...]:
        """What the model can do besides; nothing where its server does not say. Never fails."""
        if self._capabilities is None:
            with contextlib.suppress(Exception):  # the question itself will fail in its own way
                async with asyncio.timeout((self._options.connect_ms + CHECK_MS) / 1000):
                    shown = (await client.show(self._options.model)).capabilities
                    self._capabilities = None if shown is None else tuple(shown)
        return self._capabilities or ()

    def _refuse_cloud(self) -> None:
        """Ollama passes a model whose tag ends in "cloud" on to its maker's servers; that is not this house."""
        _, _, tag = self._options.model.partition(":")
        if tag.lower().endswith("cloud"):
            raise ModelMissing("Ollama runs this one in its cloud, where homebody sends nothing.", _CHOOSE_ANOTHER)

    def _refuses_think(self, error: Exception) -> bool:
        return (
            self._think is not None
            and isinstance(error, Refused)
            and error.status == 400
            and "think" in error.text.lower()
        )

    def _translated(self, error: Exception) -> ModelError:
        """The client's errors, of httpx, of ollama, or its parsers', as ours. Nobody's words are in a reason."""
        import httpx
        import ollama

        log.debug("ollama: %s", type(error).__name__)
        match error:
            case ModelError():
                return error
            case Refused():
                return self._refused(error.status, error.text.lower())
            case ollama.ResponseError():
                return self._refused(error.status_code, str(error.error).lower())
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.UnsupportedProtocol() | ConnectionError():
                return self._unreachable()
            case TimeoutError() | httpx.TimeoutException():
                return DeadlineExceeded(
                    "The language model took too long.",
                    "Ask again; if it happens often, choose a smaller model or raise router.text.first_token_ms.",
                )
            case httpx.TransportError() | RuntimeError():  # RuntimeError: we closed the client ourselves
                return ModelFailed("The connection to Ollama broke off.", "Ask again.")
            case _:  # not JSON, or JSON of another shape
                return _not_ollama()

    def _refused(self, status: int, text: str) -> ModelError:
        """What the server said itself; ``status`` is -1 for an error line in the middle of a stream."""
        if any(sign in text for sign in _OUT_OF_MEMORY):
            return OutOfMemory(
                "The language model does not fit into the memory that is free.",
                "Close other programs, or choose a smaller model under router.text.model in homebody.toml.",
            )
        if status == 404 and "model" in text and "not found" in text:
            return self._missing()
        if status == 404 or 300 <= status < 400:
            return _not_ollama()
        if status == 503:
            return ModelBusy(
                "The language model has too much to do.", "Ask again in a moment.", retry_after_ms=BUSY_RETRY_MS
            )
        return _unfit(text) if status == 400 else _failed()

    def _unreachable(self) -> ModelUnreachable:
        url = urlsplit(self._options.base_url if "//" in self._options.base_url else f"//{self._options.base_url}")
        if url.hostname not in {"127.0.0.1", "localhost", "::1"}:
            return ModelUnreachable(
                "Ollama does not answer.", f"Start Ollama at {self._options.base_url}, or correct router.text.base_url."
            )
        if not self._is_installed():
            return ModelUnreachable(
                "Ollama is not installed.",
                f"Install it from https://ollama.com, then run: ollama pull {self._options.model}",
            )
        port = url.port or DEFAULT_PORT
        elsewhere = "" if port == DEFAULT_PORT else f"OLLAMA_HOST=127.0.0.1:{port} "
        return ModelUnreachable("Ollama is not running.", f"Start it with: {elsewhere}ollama serve")

    def _missing(self) -> ModelMissing:
        return ModelMissing("Ollama has not downloaded it yet.", f"Download it with: ollama pull {self._options.model}")


async def _read_to_end(source: AsyncIterator[Line]) -> None:
    """Take the empty end of a response that is over, since only then can its connection serve the next question."""
    with contextlib.suppress(Exception):  # the answer is whole; a connection that ends badly is merely not used again
        async with asyncio.timeout(END_MS / 1000):
            await anext(source)


def _full_name(model: str) -> str:
    """As the server lists it: a name without a tag means ``latest``, and case does not count."""
    tagged = ":" in model.rpartition("/")[2]
    return model.lower() if tagged else f"{model.lower()}:latest"


def _not_ollama() -> ModelUnreachable:
    return ModelUnreachable(
        "Ollama is not what answers at its address.", "Correct router.text.base_url in homebody.toml."
    )


def _unfit(text: str) -> ModelError:
    """Status 400: the request does not fit the model."""
    if "does not support" in text:
        return NotCapable("The language model cannot do that.", _CHOOSE_ANOTHER)
    if "context" in text:
        return ModelFailed("That is too long for the language model.", "Say it shorter, or raise router.text.num_ctx.")
    return _failed()


def _failed() -> ModelFailed:
    return ModelFailed("The language model failed.", "Ask again; if it fails again, restart Ollama.")
