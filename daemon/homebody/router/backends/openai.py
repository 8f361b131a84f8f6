"""Any server that speaks OpenAI's chat completions: llama.cpp's, LM Studio, vLLM, SGLang, MLX, Ray Serve, ...

What such servers do with ``POST /chat/completions`` and ``stream``, as far as they agree:

- They send server-sent events, one JSON chunk each, and ``[DONE]`` at the end. Some send comments as a sign of life
  while a model loads or a prompt is read (llama.cpp), some close the connection without ``[DONE]``.
- Thoughts come as ``delta.reasoning_content`` or ``delta.reasoning``, or inside the content between ``<think>`` tags.
- ``finish_reason`` ends the answer. With ``stream_options.include_usage`` one chunk without choices follows, with the
  counts; some servers ignore the option (llama-cpp-python), a few refuse it.
- An error is an object ``{"error": {"message", "type", "code"}}`` (vLLM's older form has these at the top) with its
  status, or, once the stream has begun, in an event of it.
- Closing the connection ends the generation.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from homebody.addresses import http_host, is_this_machine
from homebody.errors import (
    DeadlineExceeded,
    ModelError,
    ModelFailed,
    ModelMissing,
    ModelUnreachable,
    ProfileError,
)
from homebody.options import TextModelOptions
from homebody.router.backends import USUAL, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.backends.clients import Clients
from homebody.router.backends.openai_answer import Answer, Refusal, refused, unreadable
from homebody.router.backends.sse import EventStream, EventTooLong

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

ENGINE: Final = "openai"
CHECK_MS: Final = 2000.0
USAGE_MS: Final = 2000.0  # how long the counts may follow the end of an answer
REFUSAL_LIMIT_BYTES: Final = 64 * 1024
MODELS_LIMIT_BYTES: Final = 4 * 1024 * 1024
RESERVED: Final = frozenset({"messages", "model", "stream"})
# Servers of one model that answer to any name: llama.cpp's and llama-cpp-python's, by what they list as its owner.
ANY_NAME: Final = frozenset({"llamacpp", "me"})


class OpenAIBackend:
    """A `homebody.router.backends.Backend` on a server that speaks OpenAI's chat completions.

    Three limits of the profile apply: ``connect_ms`` until the server takes the connection, ``first_token_ms`` until
    the first chunk comes (the model's load is in it; comments do not count), ``gap_ms`` between chunks. Neither proxy
    variables nor redirects are followed, and images go along as data, never as addresses.

    Args:
        options: The profile's ``router.text``.

    Raises:
        ProfileError: ``base_url`` is no address, or another machine's without ``openai.allow_remote``; the environment
            variable of ``openai.api_key_env`` is not set; ``openai.extras`` holds what is ours to say.
    """

    def __init__(self, options: TextModelOptions) -> None:
        import httpx

        self._options = options
        self._url = options.base_url.rstrip("/")
        self._headers = {"Accept-Encoding": "identity", **_authorization(options)}
        self._usage_option = self._tools_option = self._schema_option = True  # until the server refuses it
        self._answered = False
        _refuse_address(options)
        if reserved := sorted(RESERVED & options.openai.extras.keys()):
            raise ProfileError(
                f"router.text.openai.extras: {reserved[0]} is not yours to set.", "Take it out of homebody.toml."
            )
        self._clients = Clients(lambda: _client(options), httpx.AsyncClient.aclose)

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message; see `homebody.router.backends.Backend`."""
        if not messages:
            await self._preload()
            yield Ended()
            return
        answer = Answer()
        request = self._request(messages, max_tokens or self._options.max_tokens, sampling)
        try:
            async with contextlib.aclosing(self._events(request, answer)) as events:
                async for event in events:
                    for piece in answer.feed(event, now_s=time.monotonic()):
                        yield piece
                    self._answered = True
            for piece in answer.flush():
                yield piece
            yield answer.ended()
        except ModelError as error:
            error.partial = answer.text
            raise

    async def check(self) -> ModelState:
        """Whether the model could be asked now; see `homebody.router.backends.Backend`.

        ``loaded`` means that it has answered already: the protocol has no word for it.
        """
        try:
            async with asyncio.timeout((self._options.connect_ms + CHECK_MS) / 1000):
                async with (
                    self._clients.lease() as lease,
                    lease.client.stream("GET", f"{self._url}/models", headers=self._headers) as response,
                ):
                    lease.begun = True
                    body = await _body(response, MODELS_LIMIT_BYTES)
                    refusal = Refusal.of(response.status_code, response.headers, body)
        except Exception as error:
            self._answered = False
            raise self._translated(error) from error
        if refusal.status in {404, 405, 501}:  # no list is no fault
            return ModelState(self._options.model, ENGINE, self._answered)
        if refusal.status != 200:
            raise self._refused(refusal)
        self._refuse_unlisted(refusal.value)
        return ModelState(self._options.model, ENGINE, self._answered)

    async def aclose(self) -> None:
        """Close the connections; open streams break off."""
        await self._clients.aclose()

    async def _preload(self) -> None:
        """One token, which is thrown away: that loads the model where the server loads on demand, and has it read the
        system prompt."""
        messages = [ChatMessage("system", self._options.system_prompt), ChatMessage("user", "Hello.")]
        answer = Answer()
        async with contextlib.aclosing(self._events(self._request(messages, 1, USUAL), answer)) as events:
            async for event in events:
                answer.feed(event, now_s=time.monotonic())
        self._answered = True

    def _request(self, messages: Sequence[ChatMessage], max_tokens: int, sampling: Sampling) -> dict[str, Any]:
        options, schema = self._options, sampling.schema
        temperature, top_p = sampling.over(options)
        return {
            "temperature": temperature,
            "top_p": top_p,
            "max_tokens": max_tokens,
            **({"stop": list(options.stop)} if options.stop else {}),
            **({"stream_options": {"include_usage": True}} if self._usage_option else {}),
            **({"tools": list(sampling.tools)} if sampling.tools and self._tools_option else {}),
            **({"response_format": _response_format(schema)} if schema and self._schema_option else {}),
            **options.openai.extras,
            "model": options.model,
            "messages": [_message(message) for message in messages],
            "stream": True,
        }

    async def _events(self, request: dict[str, Any], answer: Answer) -> AsyncGenerator[str, None]:
        """The data of each event up to the end of the answer."""
        while True:
            first_s = _now_s() + self._options.first_token_ms / 1000
            try:
                async with contextlib.AsyncExitStack() as stack:
                    lease = await stack.enter_async_context(self._clients.lease())
                    opening = lease.client.stream(
                        "POST", f"{self._url}/chat/completions", json=request, headers=self._headers
                    )
                    response = await _within(stack.enter_async_context(opening), first_s)
                    lease.begun = True
                    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                    if response.status_code != 200 or kind != "text/event-stream":
                        body = await _within(_body(response, REFUSAL_LIMIT_BYTES), first_s)
                        refusal = Refusal.of(response.status_code, response.headers, body)
                        if "stream_options" in request and refusal.names("stream_options"):
                            log.debug("this server refuses stream_options; asking without")
                            self._usage_option = False
                            del request["stream_options"]
                            continue
                        if "response_format" in request and any(map(refusal.names, _NO_SCHEMA)):
                            # The schema stands in the question too, and what comes is held to it in any case.
                            log.warning("The model server refuses a JSON schema; it is asked in words alone.")
                            self._schema_option = not refusal.names("response_format")  # else it is this schema's fault
                            del request["response_format"]
                            continue
                        if "tools" in request and refusal.names("tool"):
                            log.warning("The model server refuses tools; it is asked without.")
                            self._tools_option = False
                            del request["tools"]
                            continue
                        raise self._refused(refusal)
                    chunks = await stack.enter_async_context(contextlib.aclosing(response.aiter_raw()))
                    async with contextlib.aclosing(self._read(chunks, answer, first_s)) as events:
                        async for event in events:
                            yield event
                    return
            except Exception as error:
                raise self._translated(error) from error

    async def _read(self, chunks: AsyncIterator[bytes], answer: Answer, first_s: float) -> AsyncGenerator[str, None]:
        """Events out of bytes. What is no event, such as a sign of life, does not prolong the wait."""
        source, limit_s = EventStream(), first_s
        while True:
            try:
                events = source.feed(await _within(anext(chunks), limit_s))
            except StopAsyncIteration:
                for event in source.flush():
                    yield event
                return
            except TimeoutError:
                if answer.finished:  # only the counts are missing
                    return
                raise
            for event in events:
                if event.strip() == "[DONE]":
                    answer.finished = True
                    return
                yield event
            if events:
                limit_s = _now_s() + (USAGE_MS if answer.finished else self._options.gap_ms) / 1000

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    def _translated(self, error: Exception) -> ModelError:
        """Httpx's errors as ours. Nobody's words are in a reason."""
        import httpx

        log.debug("openai: %s", type(error).__name__)
        match error:
            case ModelError():
                return error
            case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.UnsupportedProtocol() | ConnectionError():
                return ModelUnreachable(
                    "The model server is not running.",
                    f"Start it at {self._url}, or correct router.text.base_url in homebody.toml.",
                )
            case TimeoutError() | httpx.TimeoutException():
                return DeadlineExceeded(
                    "The language model took too long.",
                    "Ask again; if it happens often, choose a smaller model or raise router.text.first_token_ms.",
                )
            case httpx.TransportError() | RuntimeError():  # RuntimeError: we closed the client ourselves
                return ModelFailed("The connection to the model server broke off.", "Ask again.")
            case EventTooLong():
                return unreadable()
            case _:
                log.warning("The model server cannot be used: %s", type(error).__name__)
                return ModelFailed("The model server could not be used.", "Ask again; if it fails again, restart it.")

    def _refused(self, refusal: Refusal) -> ModelError:
        if refusal.status in {401, 403}:
            variable = self._options.openai.api_key_env
            remedy = (
                f"Put the server's key into the environment variable {variable}."
                if variable
                else "Name the environment variable with its key: api_key_env under [router.text.openai]."
            )
            return ModelUnreachable("The model server wants another key.", remedy)
        if refusal.status == 200 or 300 <= refusal.status < 400 or (refusal.status == 404 and not refusal.of_model):
            return self._not_openai()
        return self._missing() if refusal.of_model else refused(refusal)

    def _not_openai(self) -> ModelUnreachable:
        return ModelUnreachable(
            "The model server does not speak OpenAI's protocol at this address.",
            "Correct router.text.base_url in homebody.toml; it usually ends in /v1.",
        )

    def _missing(self) -> ModelMissing:
        return ModelMissing(
            "The model server does not have it.",
            f"Load {self._options.model} there, or correct router.text.model in homebody.toml.",
        )

    def _refuse_unlisted(self, listed: Any) -> None:
        models = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(models, list):
            raise self._not_openai()
        known = [model for model in models if isinstance(model, dict)]
        if any(model.get("id") == self._options.model for model in known):
            return
        if not (len(known) == 1 and known[0].get("owned_by") in ANY_NAME):
            raise self._missing()


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _within(awaitable: Any, until_s: float) -> Any:
    async with asyncio.timeout_at(until_s):
        return await awaitable


def _client(options: TextModelOptions) -> httpx.AsyncClient:
    import httpx

    slowest_s = max(options.first_token_ms, options.gap_ms) / 1000
    return httpx.AsyncClient(
        timeout=httpx.Timeout(
            connect=options.connect_ms / 1000,
            read=slowest_s + 5,  # a backstop: the limits themselves are kept by `_events`
            write=options.gap_ms / 1000,
            pool=options.connect_ms / 1000,
        ),
        follow_redirects=False,
        trust_env=False,
    )


async def _body(response: httpx.Response, limit_bytes: int) -> bytes:
    """The body up to a bound; what is longer is no answer of an honest server, and is cut."""
    body = b""
    async with contextlib.aclosing(response.aiter_raw()) as chunks:  # type: ignore[type-var]
        async for chunk in chunks:
            body += chunk
            if len(body) >= limit_bytes:
                break
    return body[:limit_bytes]


def _message(message: ChatMessage) -> dict[str, Any]:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments or {}, ensure_ascii=False)},
        }
        for call in message.calls
    ]
    return {
        "role": message.role,
        "content": _content(message),
        **({"tool_calls": calls} if calls else {}),
        **({"tool_call_id": message.call_id} if message.role == "tool" else {}),
    }


def _content(message: ChatMessage) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    images = [{"type": "image_url", "image_url": {"url": _data_url(image)}} for image in message.images]
    return [{"type": "text", "text": message.content}, *images]


def _data_url(image: bytes) -> str:
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def _authorization(options: TextModelOptions) -> dict[str, str]:
    variable = options.openai.api_key_env
    if not variable:
        return {}
    key = os.environ.get(variable, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ProfileError(
            f"router.text.openai.api_key_env: there is no key in the environment variable {variable}.",
            "Set it where homebody is started, or take the line out.",
        )
    return {"Authorization": f"Bearer {key}"}


def _refuse_address(options: TextModelOptions) -> None:
    host = http_host(options.base_url)
    if host is None:
        raise ProfileError(
            f"router.text.base_url: {options.base_url} is not an address.", "Write it like http://127.0.0.1:8080/v1."
        )
    if not (options.openai.allow_remote or is_this_machine(host)):
        raise ProfileError(
            f"router.text.base_url: {host} is not this machine, and what is said at home would go there.",
            "Write allow_remote = true under [router.text.openai] if that is what you want.",
        )


# How llama.cpp, vLLM, LM Studio and older servers name what they do not take.
_NO_SCHEMA: Final = ("response_format", "schema", "grammar")


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
