"""A server of OpenAI's chat completions for tests: the real protocol on loopback, answers from a script, no model.

It does what llama.cpp's server, vLLM, LM Studio and llama-cpp-python do with `/v1/chat/completions` and `/v1/models`,
their differences included: comments as signs of life, thoughts under two names or between tags, counts in a chunk
without choices or not at all, errors as objects with a status or in the stream, an end with or without ``[DONE]``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, Self

from fake_http import ClientClosed, Connection, HttpServer

MODEL: Final = "owl-1b"
WORDS: Final = ("Owls ", "can ", "turn ", "their ", "heads ", "far.")
STREAM: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nConnection: close\r\n\r\n"
)
SCRIPTS: Final = frozenset({
    "ok",  # the words, finish_reason, the counts, [DONE]
    "no_usage",  # the option is ignored, as by llama-cpp-python
    "refuses_usage",  # 400 for stream_options
    "no_done",  # the connection closes after finish_reason
    "lingers",  # neither [DONE] nor a close after finish_reason
    "crlf",  # lines end with CR LF
    "torn",  # every byte comes by itself
    "pings",  # comments between the chunks, roles and empty deltas too
    "only_pings",  # comments for ever
    "slow_load",  # comments for `load_s`, then the words
    "hung",  # takes the request and never answers
    "gap",  # nothing for `load_s` in the middle
    "thinking",  # delta.reasoning_content, then the words
    "reasoning",  # delta.reasoning, as vLLM has it since 0.11
    "tags",  # thoughts between <think> tags in the content
    "thinking_only",  # all of max_tokens went into thoughts
    "length",  # finish_reason length
    "empty", "blank",
    "eof",  # the stream ends without finish_reason
    "drop",  # the connection breaks in the middle of a chunk
    "error_line",  # an error in the stream
    "oom_line",  # the same, for want of memory
    "not_json", "not_a_chunk", "endless_line",
    "endless",  # words until the client closes
    "busy", "rate_limited", "loading", "unauthorized", "oom", "too_long", "no_images", "broken",
    "html",  # something else than OpenAI's protocol
    "json",  # a whole answer as JSON, as if stream were false
    "redirect",  # to `redirect_to`
    "tools",  # `calls`, where tools are offered and none has answered; then the words
    "refuses_tools",  # 400 for tools, as vLLM without a parser for them
    "refuses_schema",  # 400 for response_format, as servers without grammars
    "refuses_this_schema",  # 400 for the schema, as llama.cpp where it cannot make a grammar of it
    "no_models_list",  # 404 for /v1/models
})  # fmt: skip
REFUSALS: Final[dict[str, tuple[str, dict[str, Any], str]]] = {
    "busy": ("503 Service Unavailable", {"message": "overloaded", "type": "server_error"}, ""),
    "rate_limited": ("429 Too Many Requests", {"message": "slow down", "code": "rate_limit"}, "Retry-After: 7\r\n"),
    "loading": ("503 Service Unavailable", {"message": "Loading model", "type": "unavailable_error", "code": 503}, ""),
    "unauthorized": ("401 Unauthorized", {"message": "Invalid API key", "code": "invalid_api_key"}, ""),
    "oom": ("500 Internal Server Error", {"message": "CUDA out of memory. Tried to allocate 2 GiB"}, ""),
    "too_long": (
        "400 Bad Request",
        {"message": "This model's maximum context length is 512 tokens", "code": "context_length_exceeded"},
        "",
    ),
    "no_images": ("500 Internal Server Error", {"message": "image input is not supported - hint: mmproj"}, ""),
    "broken": ("500 Internal Server Error", {"message": "something went wrong: tell me about owls"}, ""),
}


@dataclass
class FakeOpenAI(HttpServer):
    """``async with FakeOpenAI() as server``; then `base_url` is its address.

    Attributes:
        script: What it does, one of `SCRIPTS`; may be changed between requests.
        words: What it answers.
        load_s: How long ``slow_load`` and ``gap`` are silent.
        models: Those it has; others get 404.
        calls: What ``tools`` calls: name and the JSON of its arguments.
        sees: They can be shown images; else a question with one is refused, as llama.cpp does without an mmproj.
        owner: ``owned_by`` of its models. A ``llamacpp`` answers to any name.
        api_key: Where given, requests without it get 401.
        chats: The JSON of each chat request, in order.
    """

    script: str = "ok"
    words: tuple[str, ...] = WORDS
    load_s: float = 30.0
    models: tuple[str, ...] = (MODEL,)
    calls: tuple[tuple[str, str], ...] = ()
    sees: bool = True
    owner: str = "vllm"
    api_key: str = ""
    chats: list[dict[str, Any]] = field(default_factory=list)
    redirect_to: str = "http://192.0.2.1"

    async def __aenter__(self) -> Self:
        assert self.script in SCRIPTS
        self.root = "/v1"
        return await super().__aenter__()

    async def exchange(self, connection: Connection, method: str, path: str, body: bytes) -> bool:
        """Answer one request."""
        return await _Exchange(self, connection).answer(method, path, json.loads(body) if body else {})


def _has_image(request: dict[str, Any]) -> bool:
    contents = [message["content"] for message in request["messages"]]
    return any(part["type"] == "image_url" for parts in contents if isinstance(parts, list) for part in parts)


class _Exchange:
    """One request and its response."""

    def __init__(self, server: FakeOpenAI, connection: Connection) -> None:
        self.server, self.connection = server, connection
        self.script = server.script
        self.line_end = b"\r\n" if self.script == "crlf" else b"\n"

    async def answer(self, method: str, path: str, request: dict[str, Any]) -> bool:
        """False: the connection is over."""
        server = self.server
        if server.api_key and f"authorization: bearer {server.api_key.lower()}\r\n" not in server.headers[-1]:
            await self.refuse("unauthorized")
        elif (method, path) == ("GET", "/v1/models") and self.script != "no_models_list":
            listed = [{"id": name, "object": "model", "owned_by": server.owner} for name in server.models]
            await self.json({"object": "list", "data": listed})
        elif (method, path) == ("POST", "/v1/chat/completions"):
            return await self.chat(request)
        else:
            await self.json(
                {"error": {"message": "Not Found", "type": "not_found_error", "code": 404}}, "404 Not Found"
            )
        return True

    async def chat(self, request: dict[str, Any]) -> bool:
        server = self.server
        server.chats.append(request)
        if request["model"] not in server.models and server.owner != "llamacpp":
            message = f"The model `{request['model']}` does not exist."
            await self.json({"error": {"message": message, "type": "NotFoundError", "code": 404}}, "404 Not Found")
        elif self.script in REFUSALS or (not server.sees and _has_image(request)):
            await self.refuse(self.script if self.script in REFUSALS else "no_images")
        elif self.script == "refuses_usage" and "stream_options" in request:
            await self.json({"error": {"message": "Unknown field: stream_options"}}, "400 Bad Request")
        elif self.script == "refuses_tools" and "tools" in request:
            message = '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
            await self.json({"error": {"message": message, "type": "BadRequestError", "code": 400}}, "400 Bad Request")
        elif self.script == "refuses_schema" and "response_format" in request:
            await self.json({"error": {"message": "Unrecognized request argument: response_format"}}, "400 Bad Request")
        elif self.script == "refuses_this_schema" and "response_format" in request:
            await self.json({"error": {"message": "JSON schema conversion failed"}}, "400 Bad Request")
        elif self.script == "html":
            await self.respond(b"<html>It works!</html>", "text/html")
        elif self.script == "json":
            await self.json({"choices": [{"message": {"role": "assistant", "content": "Owls."}}]})
        elif self.script == "redirect":
            await self.respond(b"", "text/plain", "302 Found", f"Location: {server.redirect_to}/chat/completions\r\n")
        else:
            try:
                await self.stream(request)
            except (ClientClosed, ConnectionError):
                await server.broken_off()
            return False
        return True

    async def stream(self, request: dict[str, Any]) -> None:
        if self.script == "hung":
            await self.wait(self.server.load_s)
        await self.connection.write(STREAM)
        if self.script in {"slow_load", "only_pings"}:
            for _ in range(int(self.server.load_s / 0.02) if self.script == "slow_load" else 10**6):
                await self.line(b": ping")
                await self.line(b"")
                await self.wait(0.02)
        await self.chunk({"role": "assistant", "content": "" if self.script == "pings" else None})
        finish = await self.called(request) or await self.words()
        if finish is None:
            return
        await self.chunk({}, finish)
        if self.script == "no_done":
            return
        if self.script == "lingers":
            await self.wait(self.server.load_s)
        if request.get("stream_options", {}).get("include_usage") and self.script != "no_usage":
            usage = {"prompt_tokens": 30, "completion_tokens": len(self.server.words), "total_tokens": 36}
            await self.event({"object": "chat.completion.chunk", "choices": [], "usage": usage})
        await self.data(b"[DONE]")

    async def called(self, request: dict[str, Any]) -> str | None:
        """The model calls tools: the name first, then the arguments in pieces, told apart by their index."""
        wants = self.script == "tools" and request.get("tools")
        if not wants or request["messages"][-1]["role"] == "tool":
            return None
        for index, (name, _) in enumerate(self.server.calls):
            opening = {"index": index, "id": f"chatcmpl-tool-{index}", "type": "function"}
            await self.chunk({"tool_calls": [opening | {"function": {"name": name, "arguments": ""}}]})
        for at in range(max((len(arguments) for _, arguments in self.server.calls), default=0)):
            for index, (_, arguments) in enumerate(self.server.calls):
                if at < len(arguments):
                    await self.chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[at]}}]})
        return "tool_calls"

    async def words(self) -> str | None:
        """What is said; the reason of its end, or None where that does not come."""
        server, script = self.server, self.script
        if script in {"thinking", "thinking_only", "reasoning"}:
            for thought in ("The person ", "asks."):
                await self.chunk({"reasoning" if script == "reasoning" else "reasoning_content": thought})
        if script == "tags":
            for part in ("<th", "ink>The person ", "asks.</", "think>"):
                await self.chunk({"content": part})
        if script in {"thinking_only", "empty"}:
            return "length" if script == "thinking_only" else "stop"
        while script == "endless":
            await self.chunk({"content": "hoo "})
            await self.wait(0.005)
        if script == "blank":
            await self.chunk({"content": " \n"})
            return "stop"
        for word in server.words[:3]:
            await self.chunk({"content": word})
            if script == "pings":
                await self.line(b": keep-alive")
                await self.line(b"")
                await self.chunk({"content": ""})
        if await self.breaks_off():
            return None
        for word in server.words[3:]:
            await self.chunk({"content": word})
        return "length" if script == "length" else "stop"

    async def breaks_off(self) -> bool:
        """What happens in the middle of an answer; True where it was its end."""
        match self.script:
            case "gap":
                await self.wait(self.server.load_s)
            case "error_line":
                await self.event({"error": {"message": "EngineDeadError: tell me about owls", "code": 500}})
            case "oom_line":
                await self.event({"error": {"message": "CUDA out of memory", "type": "server_error"}})
            case "not_json":
                await self.data(b"{this is no JSON")
            case "not_a_chunk":
                await self.data(b'{"choices": "none"}')
            case "endless_line":
                while True:
                    await self.connection.write(b"data: " + b"x" * 65536)
            case "drop":
                await self.connection.write(b'data: {"choices": [{"del')
        return self.script in {"drop", "eof", "error_line", "oom_line", "not_json", "not_a_chunk"}

    async def chunk(self, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        await self.event({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1763700000, "model": MODEL,
            "choices": [choice], "usage": None,
        })  # fmt: skip

    async def event(self, value: dict[str, Any]) -> None:
        await self.data(json.dumps(value, ensure_ascii=False).encode())

    async def data(self, data: bytes) -> None:
        await self.line(b"data: " + data)
        await self.line(b"")

    async def line(self, line: bytes) -> None:
        data = line + self.line_end
        for part in [data[at : at + 1] for at in range(len(data))] if self.script == "torn" else [data]:
            await self.connection.write(part)

    async def wait(self, seconds: float) -> None:
        await self.connection.wait(seconds)

    async def refuse(self, name: str) -> None:
        status, error, extra = REFUSALS[name]
        await self.json({"error": error}, status, extra)

    async def json(self, value: dict[str, Any], status: str = "200 OK", extra: str = "") -> None:
        await self.respond(json.dumps(value).encode(), "application/json", status, extra)

    async def respond(self, body: bytes, kind: str, status: str = "200 OK", extra: str = "") -> None:
        await self.connection.respond(body, status, f"Content-Type: {kind}\r\n{extra}")
