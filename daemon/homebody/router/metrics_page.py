"""The page Prometheus reads: what has been measured, in its text format, on loopback.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (version 0.0.4).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Final

from homebody.addresses import is_this_machine
from homebody.errors import ProfileError
from homebody.router.metrics import Metrics, ModelMetrics, Values
from homebody.router.priorities import Priorities

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
READ_S: Final = 5.0
HEAD_LIMIT_BYTES: Final = 8192
CLIENTS_LIMIT: Final = 16

_COUNTERS: Final[tuple[tuple[str, str, Callable[[ModelMetrics], float]], ...]] = (
    ("answers_total", "Whole answers.", lambda model: model.answers),
    ("answers_stopped_total", "Answers closed before their end.", lambda model: model.stopped),
    ("prompt_tokens_total", "Tokens read, those in the server's cache included.", lambda model: model.prompt_tokens),
    ("answer_tokens_total", "Tokens generated.", lambda model: model.answer_tokens),
    ("reloads_total", "Loads into memory after the first.", lambda model: model.reloads),
    ("fallbacks_total", "Times it was passed over for the next of its ladder.", lambda model: model.fallbacks),
    ("cache_hits_total", "Answers given again from the cache.", lambda model: model.cache_hits),
)
_SUMMARIES: Final[tuple[tuple[str, str, float, Callable[[ModelMetrics], Values]], ...]] = (
    ("first_token_seconds", "Time to first token.", 0.001, lambda model: model.first_token_ms),
    ("tokens_per_second", "Rate of generation.", 1.0, lambda model: model.tokens_per_s),
    ("load_seconds", "Waits for the model to be loaded.", 0.001, lambda model: model.load_ms),
)


def page(metrics: Metrics, priorities: Priorities) -> str:
    """The whole page. Percentiles are of the latest values, sums and counts of all since the start."""
    lines: list[str] = []
    models = metrics.models.items()
    for name, meaning, value in _COUNTERS:
        lines += _head(f"homebody_model_{name}", "counter", meaning)
        lines += [f"homebody_model_{name}{_labels(model=model)} {value(found)}" for model, found in models]
    lines += _head("homebody_model_failures_total", "counter", "Answers that failed, by the failure's code.")
    for model, found in models:
        for code, count in sorted(found.failures.items()):
            lines.append(f"homebody_model_failures_total{_labels(model=model, code=code)} {count}")
    for name, meaning, unit, values in _SUMMARIES:
        lines += _head(f"homebody_model_{name}", "summary", meaning)
        for model, found in models:
            lines += _summary(f"homebody_model_{name}", values(found), unit, model=model)
    lines += _head("homebody_caption_queue_seconds", "summary", "Waits of background captions for their turns.")
    lines += _summary("homebody_caption_queue_seconds", metrics.queue_ms, 0.001)
    for name, kind, meaning, number in (
        ("captions_waiting", "gauge", "Background captions waiting for their turn.", priorities.waiting),
        ("captions_running", "gauge", "Background captions running.", priorities.running),
        ("captions_preempted_total", "counter", "Interruptions of captions for a person.", priorities.stops),
        ("captions_let_through_total", "counter", "Captions not interrupted any more.", priorities.let_through),
    ):
        lines += [*_head(f"homebody_{name}", kind, meaning), f"homebody_{name} {number}"]
    return "\n".join(lines) + "\n"


@contextlib.asynccontextmanager
async def served(address: str, render: Callable[[], str]) -> AsyncGenerator[int, None]:
    """Serve ``render()`` at ``http://ADDRESS/metrics`` for as long as the context lasts; yields the port.

    Args:
        address: ``127.0.0.1:9464``; port 0: any.
        render: Called for each request; must not block.

    Raises:
        ProfileError: Something else listens there.
    """
    host, _, port = address.rpartition(":")
    handler = _Handler(render)
    try:
        server = await asyncio.start_server(handler, host.strip("[]"), int(port), limit=HEAD_LIMIT_BYTES)
    except OSError as error:
        raise ProfileError(
            f"router.metrics: nothing can be served at {address}: {error.strerror or 'it is taken'}.",
            "Choose another port there, or leave it empty.",
        ) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await handler.close()


class _Handler:
    """Answers one request a connection."""

    def __init__(self, render: Callable[[], str]) -> None:
        self._render = render
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is being answered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_S):
                if len(self._tasks) <= CLIENTS_LIMIT:
                    status, body = self._response(await reader.readuntil(b"\r\n\r\n"))
                else:
                    status, body = "503 Service Unavailable", ""
                data = body.encode()
                head = f"HTTP/1.1 {status}\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {len(data)}\r\n"
                writer.write(head.encode() + b"Connection: close\r\n\r\n" + data)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.debug("a request for the metrics page was not understood")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _response(self, request: bytes) -> tuple[str, str]:
        first, *fields = request.decode("latin-1").split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        host = named.get("host", "").rpartition(":")[0] or named.get("host", "")
        if not is_this_machine(host.strip("[]")):  # a page of the web whose name was pointed at this machine
            return "403 Forbidden", "Ask for it by the name of this machine's loopback address.\n"
        method, _, rest = first.partition(" ")
        if rest.split(" ")[0].partition("?")[0] != "/metrics":
            return "404 Not Found", "It is at /metrics.\n"
        return ("200 OK", self._render()) if method == "GET" else ("405 Method Not Allowed", "")


def _head(name: str, kind: str, meaning: str) -> list[str]:
    return [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]


def _summary(name: str, values: Values, unit: float, **labels: str) -> Iterator[str]:
    for percent in (50, 95):
        if (value := values.at(percent)) is not None:
            yield f"{name}{_labels(**labels, quantile=str(percent / 100))} {value * unit:.6g}"
    yield f"{name}_sum{_labels(**labels)} {values.total * unit:.6g}"
    yield f"{name}_count{_labels(**labels)} {values.count}"


def _labels(**labels: str) -> str:
    escaped = {
        name: text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for name, text in labels.items()
    }
    return "{" + ",".join(f'{name}="{text}"' for name, text in escaped.items()) + "}" if labels else ""
