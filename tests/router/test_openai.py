"""The OpenAI backend against a server with all the habits of the real ones. The contract is in test_backends.py."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from backend_lab import QUESTION, answered, failure, text
from fake_openai import MODEL, WORDS, FakeOpenAI
from homebody.errors import (
    DeadlineExceeded,
    EmptyAnswer,
    ModelBusy,
    ModelError,
    ModelFailed,
    ModelMissing,
    ModelUnreachable,
    NotCapable,
    OutOfMemory,
    ProfileError,
)
from homebody.options import OpenAIOptions, TextModelOptions
from homebody.router.backends import ChatMessage, Ended, Piece, Sampling
from homebody.router.backends.openai import OpenAIBackend
from homebody.router.backends.openai_answer import Refusal, refused, retry_after_ms

pytestmark = pytest.mark.lengthy

ANSWER = "".join(WORDS)
HALF = "".join(WORDS[:3])
JPEG, PNG = b"\xff\xd8jpeg", b"\x89PNG\r\n\x1a\n"


@asynccontextmanager
async def openai(
    script: str = "ok", *, own: OpenAIOptions | None = None, server: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[OpenAIBackend, FakeOpenAI]]:
    async with FakeOpenAI(script, **(server or {})) as fake:
        there = {
            "backend": "openai",
            "base_url": fake.base_url,
            "model": MODEL,
            "openai": own or OpenAIOptions(),
        } | options
        backend = OpenAIBackend(TextModelOptions(**there))
        try:
            yield backend, fake
        finally:
            await backend.aclose()


def test_a_schema_is_passed_on_as_the_response_format() -> None:
    async def main() -> None:
        async with openai() as (backend, server):
            async with aclosing(backend.stream(QUESTION, sampling=Sampling(schema={"type": "object"}))) as stream:
                _ = [item async for item in stream]
            wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
            assert server.chats[0]["response_format"] == wanted

    asyncio.run(main())


def test_a_request_holds_what_every_server_knows_and_the_profiles_extras() -> None:
    async def main() -> None:
        own = OpenAIOptions(extras={"top_k": 20, "chat_template_kwargs": {"enable_thinking": False}})
        async with openai(own=own, temperature=0.2, top_p=0.5, max_tokens=64, stop=("###",)) as (backend, server):
            await answered(backend)
            assert server.chats == [
                {
                    "model": MODEL,
                    "messages": [{"role": m.role, "content": m.content} for m in QUESTION],
                    "stream": True,
                    "stream_options": {"include_usage": True},
                    "temperature": 0.2,
                    "top_p": 0.5,
                    "max_tokens": 64,
                    "stop": ["###"],
                    "top_k": 20,
                    "chat_template_kwargs": {"enable_thinking": False},
                }
            ]
            assert "authorization" not in server.headers[0].lower()

    asyncio.run(main())


def test_images_go_along_as_data_and_never_as_addresses() -> None:
    async def main() -> None:
        async with openai() as (backend, server):
            await answered(backend, [ChatMessage("user", "what is this", images=(JPEG, PNG))])
            (message,) = server.chats[0]["messages"]
            assert message["content"] == [
                {"type": "text", "text": "what is this"},
                {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9hqcGVn"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ]

    asyncio.run(main())


def test_the_callers_bound_replaces_the_profiles() -> None:
    async def main() -> None:
        async with openai(max_tokens=64) as (backend, server):
            async with aclosing(backend.stream(QUESTION, max_tokens=7)) as stream:
                assert [item async for item in stream]
            assert server.chats[0]["max_tokens"] == 7

    asyncio.run(main())


def test_preloading_reads_the_system_prompt_and_throws_one_token_away() -> None:
    async def main() -> None:
        async with openai(system_prompt="You are homebody.") as (backend, server):
            pieces, _ = await answered(backend, [])
            assert pieces == []
            assert server.chats[0]["max_tokens"] == 1
            assert server.chats[0]["messages"][0] == {"role": "system", "content": "You are homebody."}

    asyncio.run(main())


@pytest.mark.parametrize(
    "script", ["no_usage", "refuses_usage", "no_done", "crlf", "torn", "pings", "no_models_list", "length"]
)
def test_the_habits_of_servers_do_not_change_the_answer(script: str) -> None:
    async def main() -> None:
        async with openai(script) as (backend, _):
            for _ in range(2):
                pieces, ended = await answered(backend)
                assert text(pieces) == ANSWER
                assert text(pieces, "thinking") == ""
                assert ended.cut == (script == "length")
                assert ended.usage.answer_tokens == len(WORDS)
                assert ended.usage.prompt_tokens == (None if script in {"no_usage", "no_done", "refuses_usage"} else 30)
            assert (await backend.check()).model == MODEL

    asyncio.run(main())


def test_a_server_that_refuses_to_count_is_asked_again_without_and_from_then_on() -> None:
    async def main() -> None:
        async with openai("refuses_usage") as (backend, server):
            await answered(backend)
            await answered(backend)
            assert ["stream_options" in chat for chat in server.chats] == [True, False, False]

    asyncio.run(main())


@pytest.mark.parametrize("script", ["thinking", "reasoning", "tags"])
def test_thoughts_are_found_wherever_a_server_puts_them(script: str) -> None:
    async def main() -> None:
        async with openai(script) as (backend, _):
            pieces, _ = await answered(backend)
            assert (text(pieces), text(pieces, "thinking")) == (ANSWER, "The person asks.")

    asyncio.run(main())


def test_a_server_that_never_says_that_it_is_done_is_believed_its_finish_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("homebody.router.backends.openai.USAGE_MS", 50.0)

    async def main() -> None:
        async with openai("lingers") as (backend, server):
            pieces, _ = await answered(backend)
            assert text(pieces) == ANSWER
            await server.until_closed_early()

    asyncio.run(main())


def test_a_line_separator_in_the_answer_is_no_end_of_a_line() -> None:
    async def main() -> None:
        async with openai(server={"words": ("one\u2028two", "\x85\x0b\x1c", "drei äöü \N{OWL}", ".")}) as (backend, _):
            pieces, _ = await answered(backend)
            assert text(pieces) == "one\u2028two\x85\x0b\x1cdrei äöü \N{OWL}."

    asyncio.run(main())


# --- what goes wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "kind", "partial"),
    [
        ("busy", ModelBusy, ""),
        ("loading", ModelBusy, ""),
        ("rate_limited", ModelBusy, ""),
        ("unauthorized", ModelUnreachable, ""),
        ("oom", OutOfMemory, ""),
        ("too_long", ModelFailed, ""),
        ("no_images", NotCapable, ""),
        ("broken", ModelFailed, ""),
        ("html", ModelUnreachable, ""),
        ("json", ModelUnreachable, ""),
        ("redirect", ModelUnreachable, ""),
        ("thinking_only", EmptyAnswer, ""),
        ("error_line", ModelFailed, HALF),
        ("oom_line", OutOfMemory, HALF),
        ("not_json", ModelFailed, HALF),
        ("not_a_chunk", ModelFailed, HALF),
        ("endless_line", ModelFailed, HALF),
        ("eof", ModelFailed, HALF),
        ("drop", ModelFailed, HALF),
    ],
)
def test_everything_a_server_does_wrong_is_one_error_of_ours_without_its_words(
    script: str, kind: type[ModelError], partial: str
) -> None:
    async def main() -> None:
        async with openai(script) as (backend, server), asyncio.timeout(20):
            error = await failure(backend)
            assert type(error) is kind
            assert error.partial == partial
            assert "owls" not in error.reason.lower() + error.remedy.lower()
            # The next question is not disturbed.
            server.script = "ok"
            pieces, _ = await answered(backend)
            assert text(pieces) == ANSWER

    asyncio.run(main())


@pytest.mark.parametrize(
    ("script", "limit"),
    [("hung", "first_token_ms"), ("slow_load", "first_token_ms"), ("only_pings", "first_token_ms"), ("gap", "gap_ms")],
)
def test_a_server_that_falls_silent_is_given_up_and_told_to_stop(script: str, limit: str) -> None:
    async def main() -> None:
        async with openai(script, **{limit: 400.0}) as (backend, server), asyncio.timeout(20):
            error = await failure(backend)
            assert isinstance(error, DeadlineExceeded)
            assert error.partial == (HALF if script == "gap" else "")
            await server.until_closed_early()

    asyncio.run(main())


def test_loading_may_take_longer_than_a_gap() -> None:
    async def main() -> None:
        async with openai("slow_load", server={"load_s": 0.8}, first_token_ms=20_000.0, gap_ms=500.0) as (backend, _):
            pieces, _ = await answered(backend)
            assert text(pieces) == ANSWER

    asyncio.run(main())


def test_a_busy_server_says_when_to_ask_again() -> None:
    async def main() -> None:
        async with openai("rate_limited") as (backend, server):
            assert (await failure(backend)).retry_after_ms == 7000
            server.script = "busy"
            assert (await failure(backend)).retry_after_ms

    asyncio.run(main())


@pytest.mark.parametrize(
    ("value", "wait_ms"),
    [
        ("7", 7000),
        ("0.5", 500),
        ("-3", 0),
        ("100000000", 600_000),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30_000),
        ("Sat, 21 Nov 2026 09:00:30 GMT", 0),
        ("nan", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, wait_ms: float | None) -> None:
    assert retry_after_ms(value, now=dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)) == wait_ms


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            b'{"error":{"code":400,"message":"the request exceeds","type":"exceed_context_size_error"}}',
            ModelFailed,
        ),
        (400, b'{"object":"error","message":"maximum context length is 4096","code":400}', ModelFailed),
        (413, b"", ModelFailed),
        (500, b'{"error":"cudaMalloc failed: out of memory"}', OutOfMemory),
        (504, b"<html>gateway</html>", DeadlineExceeded),
        (500, b'{"error":{"message":"the room is on fire"}}', ModelFailed),
        (200, b"[1, 2]", ModelFailed),
        (500, b"", ModelFailed),
    ],
)
def test_each_refusal_has_its_error(status: int, body: bytes, kind: type[ModelError]) -> None:
    assert type(refused(Refusal.of(status, {}, body))) is kind


def test_a_server_that_takes_the_connection_and_never_answers_a_check_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("homebody.router.backends.openai.CHECK_MS", 50.0)

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"http://127.0.0.1:{mute.getsockname()[1]}/v1"
            backend = OpenAIBackend(TextModelOptions(backend="openai", base_url=url, connect_ms=50.0))
            with pytest.raises(DeadlineExceeded):
                await backend.check()
            await backend.aclose()

    asyncio.run(main())


def test_an_address_without_its_end_is_told_from_a_missing_model() -> None:
    async def main() -> None:
        async with openai() as (_, server):
            url = server.base_url.removesuffix("/v1")
            backend = OpenAIBackend(TextModelOptions(backend="openai", base_url=url, model=MODEL))
            error = await failure(backend)
            assert type(error) is ModelUnreachable
            assert "/v1" in error.remedy
            await backend.aclose()

    asyncio.run(main())


def test_llama_cpp_answers_to_any_name_and_others_do_not() -> None:
    async def main() -> None:
        async with openai(server={"owner": "llamacpp"}, model="whatever") as (backend, server):
            assert (await backend.check()).model == "whatever"
            assert text((await answered(backend))[0]) == ANSWER
            server.owner = "vllm"
            assert isinstance(await failure(backend), ModelMissing)
            with pytest.raises(ModelMissing):
                await backend.check()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"error":{"code":400,"message":"the request exceeds","type":"exceed_context_size_error"}}'),
        (400, b'{"object":"error","message":"maximum context length is 4096","code":400}'),
        (400, b'{"error":{"message":"...","code":"context_length_exceeded"}}'),
        (413, b""),
    ],
)
def test_a_question_that_is_too_long_is_said_to_be(status: int, body: bytes) -> None:
    assert "too long" in refused(Refusal.of(status, {}, body)).reason


# --- nothing leaves the house -----------------------------------------------------------------------------------


def test_the_key_comes_from_the_environment_and_stands_in_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWL_KEY", "s3cret")

    async def main() -> None:
        own = OpenAIOptions(api_key_env="OWL_KEY")
        async with openai(own=own, server={"api_key": "s3cret"}) as (backend, server):
            assert text((await answered(backend))[0]) == ANSWER
            await backend.check()
            server.api_key = "another"
            error = await failure(backend)
            assert isinstance(error, ModelUnreachable)
            assert "OWL_KEY" in error.remedy
            assert "s3cret" not in repr((error.reason, error.remedy))

    asyncio.run(main())


@pytest.mark.parametrize("value", [None, "", "  ", "two\nlines", "käse"])
def test_a_key_that_is_not_there_or_none_is_refused_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("OWL_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("OWL_KEY", value)
    own = OpenAIOptions(api_key_env="OWL_KEY")
    with pytest.raises(ProfileError, match="OWL_KEY"):
        OpenAIBackend(TextModelOptions(base_url="http://127.0.0.1:1/v1", openai=own))


def test_nothing_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with FakeOpenAI() as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.base_url)
            async with openai() as (backend, server):
                assert text((await answered(backend))[0]) == ANSWER
                assert server.connections == 1
            assert proxy.connections == 0

    asyncio.run(main())


def test_nobody_can_send_a_question_elsewhere_by_redirecting_it() -> None:
    async def main() -> None:
        async with FakeOpenAI() as elsewhere, openai("redirect") as (backend, server):
            server.redirect_to = elsewhere.base_url
            assert isinstance(await failure(backend), ModelUnreachable)
            assert elsewhere.connections == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    "base_url", ["http://192.0.2.7:8000/v1", "https://api.example.com/v1", "http://localhost.example.com/v1"]
)
def test_another_machine_is_refused_unless_the_profile_allows_it(base_url: str) -> None:
    with pytest.raises(ProfileError, match="not this machine") as caught:
        OpenAIBackend(TextModelOptions(base_url=base_url))
    assert "allow_remote" in caught.value.remedy
    allowed = OpenAIBackend(TextModelOptions(base_url=base_url, openai=OpenAIOptions(allow_remote=True)))
    asyncio.run(allowed.aclose())


@pytest.mark.parametrize("base_url", ["127.0.0.1:8080", "http://127.0.0.1:port", "http://[::1", "ftp://127.0.0.1", ""])
def test_an_address_that_is_none_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(ProfileError, match=r"router\.text\.base_url"):
        OpenAIBackend(TextModelOptions(base_url=base_url))


@pytest.mark.parametrize("field", ["messages", "model", "stream"])
def test_what_is_ours_to_say_is_no_extra(field: str) -> None:
    with pytest.raises(ProfileError, match=field):
        OpenAIBackend(TextModelOptions(openai=OpenAIOptions(extras={field: 1})))


def test_calls_and_replies_have_the_form_of_the_protocol() -> None:
    async def main() -> None:
        tool = {"type": "function", "function": {"name": "clock", "description": "", "parameters": {"type": "object"}}}
        async with FakeOpenAI("tools", calls=(("clock", '{"a": 1}'), ("clock", "{broken"))) as server:
            options = TextModelOptions(backend="openai", base_url=server.base_url, model=MODEL)
            backend = OpenAIBackend(options)
            async with aclosing(backend.stream(QUESTION, sampling=Sampling(tools=(tool,)))) as stream:
                ended = [item async for item in stream][-1]
            assert isinstance(ended, Ended)
            assert [call.arguments for call in ended.calls] == [{"a": 1}, None]  # what is no JSON is said to be none
            replies = [ChatMessage("tool", "noon", tool="clock", call_id=call.id) for call in ended.calls]
            messages = [*QUESTION, ChatMessage("assistant", "", calls=ended.calls), *replies]
            async with aclosing(backend.stream(messages, sampling=Sampling(tools=(tool,)))) as stream:
                assert [item async for item in stream]
            await backend.aclose()
            asked, told = server.chats[1]["messages"][-3], server.chats[1]["messages"][-1]
            assert server.chats[0]["tools"] == [tool]
            assert asked["tool_calls"][0] == {
                "id": "chatcmpl-tool-0", "type": "function", "function": {"name": "clock", "arguments": '{"a": 1}'}
            }  # fmt: skip
            assert told == {"role": "tool", "content": "noon", "tool_call_id": "chatcmpl-tool-1"}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("script", "with_schema"),
    [("refuses_schema", [True, False, False]), ("refuses_this_schema", [True, False, True, False])],
)
def test_a_server_that_refuses_a_schema_is_asked_without(script: str, with_schema: list[bool]) -> None:
    async def main() -> None:
        async with openai(script) as (backend, server):
            for _ in range(2):
                how = Sampling(schema={"type": "object"})
                async with aclosing(backend.stream(QUESTION, sampling=how)) as stream:
                    said = [item async for item in stream]
                assert text([item for item in said if isinstance(item, Piece)]) == "".join(WORDS)
            assert ["response_format" in chat for chat in server.chats] == with_schema

    asyncio.run(main())


def test_a_server_that_refuses_tools_is_asked_without_from_then_on() -> None:
    async def main() -> None:
        tool = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object"}}}
        async with FakeOpenAI("refuses_tools") as server:
            options = TextModelOptions(backend="openai", base_url=server.base_url, model=MODEL)
            backend = OpenAIBackend(options)
            for _ in range(2):
                async with aclosing(backend.stream(QUESTION, sampling=Sampling(tools=(tool,)))) as stream:
                    assert text([item async for item in stream if isinstance(item, Piece)])
            await backend.aclose()
            assert ["tools" in chat for chat in server.chats] == [True, False, False]

    asyncio.run(main())
