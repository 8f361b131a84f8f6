"""An Ollama server for tests: the real protocol on loopback, answers from a script, no model.

It does what server/routes.go of Ollama v0.33 does with `/api/chat`, `/api/tags`, `/api/show`, `/api/ps`,
`/api/create`, `/api/blobs` and `/api/version`: statuses and texts of errors, NDJSON with chunked transfer, HTTP/1.1
keep-alive, an error after the first line as a line of its own, a preload for empty messages, status 400 for thinking a
model cannot do.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from fake_http import ClientClosed, Connection, HttpServer

MODEL: Final = "qwen2.5:1.5b"
WORDS: Final = ("Owls ", "can ", "turn ", "their ", "heads ", "far.")
NS: Final = 1_000_000  # in a millisecond
OUT_OF_MEMORY: Final = "llama-server process has terminated: cudaMalloc failed: out of memory"
BUSY: Final = "server busy, please try again.  maximum pending requests exceeded"
STREAM: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
END: Final = b"0\r\n\r\n"
SCRIPTS: Final = frozenset({
    "ok",  # the words, then done
    "busy",  # 503
    "oom",  # 500 while loading
    "error_line",  # an error line in the middle
    "oom_line",  # the same, for want of memory
    "drop",  # the connection breaks in the middle
    "eof",  # the stream ends without done, as after thirty equal tokens
    "thinking",  # thoughts on their own field, then the words
    "thinking_only",  # all of num_predict went into thoughts
    "tags",  # thoughts between <think> tags in the content
    "empty",  # done at once
    "blank",  # white space, then done
    "slow_load",  # nothing before `load_s`
    "gap",  # nothing for `load_s` in the middle
    "endless",  # words until the client closes
    "tools",  # `calls`, where tools are offered and none has answered; then the words
    "no_think",  # a server that refuses think=false
    "html",  # something else than Ollama
    "redirect",  # to `redirect_to`
})  # fmt: skip


@dataclass
class FakeOllama(HttpServer):
    """``async with FakeOllama() as server``; then `base_url` is its address.

    Attributes:
        script: What `/api/chat` does, one of `SCRIPTS`; may be changed between requests.
        words: What it answers.
        load_s: How long ``slow_load`` and ``gap`` are silent.
        models: Those it has; others get 404.
        blind: Those among them that cannot see. Shown an image all the same, they answer as if they had.
        able: Those among them that can call tools.
        calls: What ``tools`` calls: name and arguments.
        loaded: Those in memory.
        chats: The JSON of each chat request, in order.
        lines_sent: Lines of all chats.
        sizes: What models take in memory, in bytes; others take 1.2 GB.
        memory: All of them together may take so much, in bytes; loading more is out of memory. (The real server would
            put idle models out first.) None: no limit.
        gpu_share: How much of each is on the graphics card.
        created: The JSON of each create request.
        blobs: By digest.
        create_error: What `/api/create` ends with.
        history: ``+name`` for each model loaded, ``-name`` for each one put out.
    """

    script: str = "ok"
    words: tuple[str, ...] = WORDS
    load_s: float = 30.0
    models: tuple[str, ...] = (MODEL,)
    blind: tuple[str, ...] = ()
    able: tuple[str, ...] = ()
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    loaded: set[str] = field(default_factory=set)
    chats: list[dict[str, Any]] = field(default_factory=list)
    lines_sent: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    memory: int | None = None
    gpu_share: float = 1.0
    created: list[dict[str, Any]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    create_error: str = ""
    history: list[str] = field(default_factory=list)
    redirect_to: str = "http://192.0.2.1"

    async def __aenter__(self) -> Self:
        assert self.script in SCRIPTS
        return await super().__aenter__()

    async def start_again(self) -> None:
        """At the same address, with nothing in memory."""
        self.loaded.clear()
        await super().start_again()

    async def exchange(self, connection: Connection, method: str, path: str, body: bytes) -> bool:
        """Answer one request."""
        exchange = _Exchange(self, connection)
        if path.startswith("/api/blobs/"):
            await exchange.blob(method, path.removeprefix("/api/blobs/"), body)
            return True
        return await exchange.answer(method, path, json.loads(body) if body else {})


class _Exchange:
    """One request and its response."""

    def __init__(self, server: FakeOllama, connection: Connection) -> None:
        self.server, self.connection = server, connection

    async def answer(self, method: str, path: str, request: dict[str, Any]) -> bool:
        """False: the connection is over."""
        match method, path:
            case "GET", "/api/version":
                await self.json({"version": "0.33.0"})
            case "GET", "/api/tags":
                await self.json({"models": [self.listed(name) for name in self.server.models]})
            case "GET", "/api/ps":
                await self.json(
                    {"models": [self.listed(name) | self.running(name) for name in sorted(self.server.loaded)]}
                )
            case "POST", "/api/show":
                if request.get("model") not in self.server.models:
                    await self.json({"error": f"model '{request.get('model')}' not found"}, "404 Not Found")
                else:
                    capabilities = ["completion"] + ["vision"] * (request["model"] not in self.server.blind)
                    capabilities += ["tools"] * (request["model"] in self.server.able)
                    info = {"qwen2.context_length": 32768}
                    await self.json({"details": {}, "model_info": info, "capabilities": capabilities})
            case "POST", "/api/create":
                await self.create(request)
            case "POST", "/api/chat":
                return await self.chat(request)
            case _:
                await self.text("404 page not found", "404 Not Found")
        return True

    def listed(self, name: str) -> dict[str, Any]:
        size = self.server.sizes.get(name)
        return _listed(name) | ({} if size is None else {"size": round(0.85 * size)})

    def running(self, name: str) -> dict[str, Any]:
        size = self.server.sizes.get(name, 1_200_000_000)
        expires = {"expires_at": "2026-11-21T10:30:00Z", "context_length": 4096}
        return {"size": size, "size_vram": round(size * self.server.gpu_share)} | expires

    async def blob(self, method: str, digest: str, body: bytes) -> None:
        if method == "HEAD":
            status = "200 OK" if digest in self.server.blobs else "404 Not Found"
            await self.text("", status)
        elif digest != f"sha256:{hashlib.sha256(body).hexdigest()}":
            await self.json({"error": "digest does not match"}, "400 Bad Request")
        else:
            self.server.blobs[digest] = body
            await self.text("", "201 Created")

    async def create(self, request: dict[str, Any]) -> None:
        server = self.server
        server.created.append(request)
        missing = [digest for digest in request.get("adapters", {}).values() if digest not in server.blobs]
        if missing:
            await self.json({"error": "invalid digest format"}, "400 Bad Request")
            return
        await self.connection.write(STREAM)
        await self.chunk({"status": "using existing layer sha256:dde5aa3fc5ff"})
        if server.create_error:
            await self.chunk({"error": server.create_error})
        else:
            await self.chunk({"status": "writing manifest"})
            name = request["model"]
            server.models = (*server.models, name if ":" in name else f"{name}:latest")
            await self.chunk({"status": "success"})
        await self.connection.write(END)

    def has(self, model: str) -> bool:
        return model in self.server.models or f"{model}:latest" in self.server.models

    def full(self, model: str) -> bool:
        """Loading it would take more memory than there is."""
        server = self.server
        if server.memory is None or model in server.loaded:
            return False
        return sum(self.running(name)["size"] for name in {*server.loaded, model}) > server.memory

    async def chat(self, request: dict[str, Any]) -> bool:
        server = self.server
        if not request["messages"] and request.get("keep_alive") == 0:
            if request["model"] in server.loaded:
                server.loaded.discard(request["model"])
                server.history.append("-" + request["model"])
            await self.json({"model": request["model"], "message": {}, "done_reason": "unload", "done": True})
            return True
        server.chats.append(request)
        if refusal := self.refusal(request):
            error, status = refusal
            await self.json({"error": error}, status)
            return True
        if server.script == "html":
            await self.text("<html>It works!</html>")
            return True
        if server.script == "redirect":
            await self.text("", "302 Found", f"Location: {server.redirect_to}/api/chat\r\n")
            return True
        try:
            await self.stream(request)
        except (ClientClosed, ConnectionError):
            await server.broken_off()
            return False
        return server.script != "drop"

    def refusal(self, request: dict[str, Any]) -> tuple[str, str] | None:
        script, model = self.server.script, request["model"]
        if not self.has(model):
            return f"model '{model}' not found", "404 Not Found"
        if request.get("think") or (script == "no_think" and "think" in request):
            return f'"{model}" does not support thinking', "400 Bad Request"
        if request.get("tools") and model not in self.server.able:
            return f"registry.ollama.ai/library/{model} does not support tools", "400 Bad Request"
        if not all(readable(image) for message in request["messages"] for image in message.get("images", ())):
            return "Failed to load image or audio file", "500 Internal Server Error"
        if script == "busy":
            return BUSY, "503 Service Unavailable"
        refused = script == "oom" or self.full(model)
        return (OUT_OF_MEMORY, "500 Internal Server Error") if refused else None

    async def stream(self, request: dict[str, Any]) -> None:
        server, model = self.server, request["model"]
        if server.script == "slow_load":
            await self.wait(server.load_s)
        if model not in server.loaded:
            server.loaded.add(model)
            server.history.append("+" + model)
        await self.connection.write(STREAM)
        if not request["messages"]:
            await self.line(model, done=True, done_reason="load")
        else:
            await self.called(model, request) or await self.words(model, request["options"].get("num_predict", -1))
        if server.script != "drop":
            await self.connection.write(END)

    async def called(self, model: str, request: dict[str, Any]) -> bool:
        """The model calls tools: each call whole, in a line of its own."""
        wants = self.server.script == "tools" and request.get("tools")
        if not wants or request["messages"][-1]["role"] == "tool":
            return False
        for index, (name, arguments) in enumerate(self.server.calls):
            call = {"id": f"call_{index}", "function": {"index": index, "name": name, "arguments": arguments}}
            await self.line(model, tool_calls=[call])
        await self.line(model, done=True, done_reason="stop", **_counts(12))
        return True

    async def words(self, model: str, num_predict: int) -> None:
        server = self.server
        if server.script in {"thinking", "thinking_only"}:
            for thought in ("The person ", "asks."):
                await self.line(model, thinking=thought)
        if server.script == "tags":
            for part in ("<th", "ink>The person ", "asks.</", "think>", "\n\n"):
                await self.line(model, part)
        if server.script in {"thinking_only", "empty"}:
            reason = "length" if server.script == "thinking_only" else "stop"
            await self.line(model, done=True, done_reason=reason, **_counts(num_predict))
            return
        for number in itertools.count() if server.script == "endless" else ():
            await self.line(model, f"owl {number} ")  # a loop of equal words would be ended by the router
            await self.wait(0.005)
        if server.script == "blank":
            await self.line(model, " \n")
            await self.line(model, done=True, done_reason="stop", **_counts(1))
            return
        for word in server.words[:3]:
            await self.line(model, word)
        if await self.breaks_off():
            return
        for word in server.words[3:]:
            await self.line(model, word)
        await self.line(model, done=True, done_reason="stop", **_counts(len(server.words)))

    async def breaks_off(self) -> bool:
        """What happens in the middle of an answer; True where it was its end."""
        match self.server.script:
            case "gap":
                await self.wait(self.server.load_s)
            case "error_line":
                await self.chunk({"error": "model runner has unexpectedly stopped"})
            case "oom_line":
                await self.chunk({"error": OUT_OF_MEMORY})
        return self.server.script in {"drop", "eof", "error_line", "oom_line"}

    async def line(
        self,
        model: str,
        content: str = "",
        *,
        thinking: str = "",
        tool_calls: Sequence[dict[str, Any]] = (),
        done: bool = False,
        **rest: Any,
    ) -> None:
        message: dict[str, Any] = {"role": "assistant", "content": content}
        message |= {"thinking": thinking} if thinking else {}
        message |= {"tool_calls": list(tool_calls)} if tool_calls else {}
        stamp = {"model": model, "created_at": "2026-11-21T10:00:00.000000Z"}
        await self.chunk(stamp | {"message": message, "done": done} | rest)
        self.server.lines_sent += 1

    async def chunk(self, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode() + b"\n"
        await self.connection.write(b"%x\r\n%s\r\n" % (len(data), data))

    async def wait(self, seconds: float) -> None:
        await self.connection.wait(seconds)

    async def json(self, value: dict[str, Any], status: str = "200 OK") -> None:
        await self.text(json.dumps(value), status, "Content-Type: application/json; charset=utf-8\r\n")

    async def text(self, text: str, status: str = "200 OK", fields: str = "") -> None:
        await self.connection.respond(text.encode(), status, fields)


def readable(image: str) -> bool:
    """Base64 of what stb_image reads of that which clients send: JPEG or PNG."""
    return base64.b64decode(image, validate=True).startswith((b"\xff\xd8", b"\x89PNG"))


def _listed(name: str) -> dict[str, Any]:
    details = {"family": "qwen2", "parameter_size": "1.5B", "quantization_level": "Q4_K_M"}
    return {"name": name, "model": name, "size": 986_061_892, "digest": "65ec06548149", "details": details}


def _counts(tokens: int) -> dict[str, int]:
    return {
        "total_duration": 400 * NS,
        "load_duration": 120 * NS,
        "prompt_eval_count": 30,
        "prompt_eval_duration": 80 * NS,
        "eval_count": tokens,
        "eval_duration": 20 * NS * tokens,
    }
