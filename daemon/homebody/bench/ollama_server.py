"""A model server without a model, for measuring what lies around it: the part of Ollama's protocol that a chat needs.

Run as a program of its own (``python -m homebody.bench.ollama_server``) it prints its address as one JSON line, then a
line ``{"closed": TEXT, "at_s": ...}`` for each answer a client breaks off, at the moment the connection closes.
``at_s`` is the machine's monotonic clock, the same in every process. It ends when standard input is closed.

The model's name says what it answers: ``steady`` a few words at once, ``endless`` words until the client goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import time
from typing import Any, Final

MODELS: Final = ("steady", "endless")
WORDS: Final = ("Owls ", "can ", "turn ", "their ", "heads ", "far.")
GAP_S: Final = 0.002  # between the words of `endless`


class OllamaServer:
    """``async with OllamaServer() as server``; then `base_url` is its address.

    Attributes:
        open: Answers being streamed now.
        closed: Of each answer that was broken off: the last user message and when (monotonic, seconds).
    """

    def __init__(self) -> None:
        self.base_url = ""
        self.open = 0
        self.closed: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> OllamaServer:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = await reader.readexactly(int(fields.get("content-length", 0)))
                _, path, _ = head.split(" ", 2)
                request = json.loads(body) if body else {}
                if path == "/api/chat" and request.get("messages"):
                    await self.chat(request, reader, writer)
                else:
                    _respond(writer, _other(path, request))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def chat(self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Stream an answer; a client says nothing while it reads one, so whatever comes is its end."""
        model = request["model"]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        gone = asyncio.ensure_future(reader.read(1))
        self.open += 1
        try:
            for word in WORDS:
                send_line(writer, model, word)
            for number in itertools.count() if model == "endless" else ():
                send_line(writer, model, f"owl {number} ")  # never the same again: loops are ended by the router
                await asyncio.wait({gone}, timeout=GAP_S)
                if gone.done():
                    raise ConnectionResetError
            send_line(writer, model, done=True, done_reason="stop", prompt_eval_count=30, eval_count=len(WORDS))
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        except ConnectionError:
            self.closed.put_nowait((request["messages"][-1]["content"], time.monotonic()))
            raise
        finally:
            self.open -= 1
            gone.cancel()
            await asyncio.wait({gone})


def _other(path: str, request: dict[str, Any]) -> dict[str, Any]:
    match path:
        case "/api/version":
            return {"version": "0.33.0"}
        case "/api/show":
            info = {"qwen2.context_length": 32_768}
            return {"details": {}, "model_info": info, "capabilities": ["completion", "vision"]}
        case "/api/chat" | "/api/generate":  # without messages: load it
            return {"model": request.get("model"), "created_at": _AT, "done": True, "done_reason": "load"} | (
                {"message": {"role": "assistant", "content": ""}} if path == "/api/chat" else {"response": ""}
            )
        case _:  # /api/tags, /api/ps
            return {"models": [{"name": name, "model": name, "size": 1, "size_vram": 1} for name in MODELS]}


_AT: Final = "2026-01-31T07:30:00.000000Z"


def send_line(writer: asyncio.StreamWriter, model: str, content: str = "", *, done: bool = False, **rest: Any) -> None:
    """One line of an answer."""
    message = {"role": "assistant", "content": content}
    record = {"model": model, "created_at": _AT, "message": message, "done": done, **rest}
    data = json.dumps(record).encode() + b"\n"
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))


def _respond(writer: asyncio.StreamWriter, value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


async def main(server: OllamaServer) -> None:
    """Serve until standard input is closed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with server:
        say({"base_url": server.base_url})
        telling = asyncio.create_task(_tell(server))
        await reader.read()
        telling.cancel()


async def _tell(server: OllamaServer) -> None:
    while True:
        text, at_s = await server.closed.get()
        say({"closed": text, "at_s": at_s})


def say(record: dict[str, Any]) -> None:
    """One line for whoever started this program."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(OllamaServer()))
