from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from backend_lab import QUESTION, answered, failure, text
from fake_ollama import MODEL, WORDS, FakeOllama
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
from homebody.options import TextModelOptions
from homebody.router.backends import ChatMessage, Ended, Sampling
from homebody.router.backends.ollama import OllamaBackend

pytestmark = pytest.mark.lengthy

ANSWER = "".join(WORDS)


@asynccontextmanager
async def ollama(
    script: str = "ok",
    *,
    installed: bool = True,
    models: tuple[str, ...] = (MODEL,),
    load_s: float = 30.0,
    **options: Any,
) -> AsyncIterator[tuple[OllamaBackend, FakeOllama]]:
    async with FakeOllama(script, models=models, load_s=load_s) as server:
        backend = OllamaBackend(TextModelOptions(base_url=server.base_url, **options), is_installed=lambda: installed)
        try:
            yield backend, server
        finally:
            await backend.aclose()


def test_a_request_fixes_the_context_forbids_thinking_and_passes_images_as_bytes() -> None:
    async def main() -> None:
        async with ollama(num_ctx=2048, temperature=0.2, top_p=0.5, keep_alive="10m", max_tokens=64) as (
            backend,
            server,
        ):
            await answered(backend, [*QUESTION[:1], ChatMessage("user", "what is this", images=(b"\xff\xd8jpeg",))])
            (chat,) = server.chats
            assert chat["options"] == {"num_ctx": 2048, "num_predict": 64, "temperature": 0.2, "top_p": 0.5}
            assert chat["keep_alive"] == "10m"
            assert chat["think"] is False
            assert chat["stream"] is True
            assert chat["messages"] == [
                {"role": "system", "content": "You are homebody."},
                {"role": "user", "content": "what is this", "images": ["/9hqcGVn"]},
            ]

    asyncio.run(main())


def test_a_schema_is_passed_on_as_the_format_and_the_digest_is_read() -> None:
    async def main() -> None:
        async with ollama() as (backend, server):
            async with aclosing(backend.stream(QUESTION, sampling=Sampling(schema={"type": "object"}))) as stream:
                _ = [item async for item in stream]
            assert server.chats[0]["format"] == {"type": "object"}
            await answered(backend)
            assert "format" not in server.chats[1]
            assert (await backend.check()).digest == "65ec06548149"

    asyncio.run(main())


def test_preloading_uses_the_same_context_as_asking_so_that_nothing_is_loaded_twice() -> None:
    async def main() -> None:
        async with ollama(num_ctx=2048) as (backend, server):
            await answered(backend, [])
            await answered(backend)
            assert [chat["options"]["num_ctx"] for chat in server.chats] == [2048, 2048]
            assert server.chats[0]["messages"] == []

    asyncio.run(main())


def test_the_callers_bound_replaces_the_profiles() -> None:
    async def main() -> None:
        async with ollama(max_tokens=64) as (backend, server):
            async with aclosing(backend.stream(QUESTION, max_tokens=7)) as stream:
                assert [item async for item in stream]
            assert server.chats[0]["options"]["num_predict"] == 7

    asyncio.run(main())


def test_the_servers_counts_become_usage() -> None:
    async def main() -> None:
        async with ollama() as (backend, _):
            _, ended = await answered(backend)
            assert (ended.usage.prompt_tokens, ended.usage.answer_tokens) == (30, 6)
            assert ended.usage.tokens_per_s == pytest.approx(50)
            assert ended.load_ms == pytest.approx(120)
            assert not ended.cut

    asyncio.run(main())


@pytest.mark.parametrize(
    ("script", "kind", "partial"),
    [
        ("busy", ModelBusy, ""),
        ("oom", OutOfMemory, ""),
        ("oom_line", OutOfMemory, "Owls can turn "),
        ("error_line", ModelFailed, "Owls can turn "),
        ("drop", ModelFailed, "Owls can turn "),
        ("eof", ModelFailed, "Owls can turn "),
        ("thinking_only", EmptyAnswer, ""),
        ("html", ModelUnreachable, ""),
    ],
)
def test_everything_a_server_does_wrong_is_an_error_of_ours(script: str, kind: type[ModelError], partial: str) -> None:
    async def main() -> None:
        async with ollama(script) as (backend, server):
            error = await failure(backend)
            assert type(error) is kind
            assert error.partial == partial
            # The next question is not disturbed.
            server.script = "ok"
            pieces, _ = await answered(backend)
            assert text(pieces) == ANSWER

    asyncio.run(main())


def test_a_busy_server_says_when_to_ask_again() -> None:
    async def main() -> None:
        async with ollama("busy") as (backend, _):
            error = await failure(backend)
            assert error.code == "busy"
            assert error.retry_after_ms

    asyncio.run(main())


def test_an_answer_that_is_all_thought_names_a_model_that_does_not_think() -> None:
    async def main() -> None:
        async with ollama("thinking_only") as (backend, _):
            error = await failure(backend)
            assert "only thought" in error.reason
            assert "qwen2.5" in error.remedy

    asyncio.run(main())


def test_thoughts_between_tags_in_the_content_are_not_part_of_the_answer() -> None:
    async def main() -> None:
        async with ollama("tags") as (backend, _):
            pieces, _ = await answered(backend)
            assert text(pieces, "thinking") == "The person asks."
            assert text(pieces).strip() == ANSWER

    asyncio.run(main())


@pytest.mark.parametrize(("script", "limit"), [("slow_load", "first_token_ms"), ("gap", "gap_ms")])
def test_a_server_that_falls_silent_is_given_up_and_told_to_stop(script: str, limit: str) -> None:
    async def main() -> None:
        async with ollama(script, **{limit: 400.0}) as (backend, server):
            error = await failure(backend)
            assert isinstance(error, DeadlineExceeded)
            assert error.partial == ("Owls can turn " if script == "gap" else "")
            await server.until_closed_early()

    asyncio.run(main())


def test_loading_may_take_longer_than_a_gap() -> None:
    async def main() -> None:
        async with ollama("slow_load", load_s=0.8, first_token_ms=20_000.0, gap_ms=500.0) as (backend, _):
            pieces, _ = await answered(backend)
            assert text(pieces) == ANSWER

    asyncio.run(main())


def test_a_server_that_refuses_to_be_told_not_to_think_is_asked_again_without_it() -> None:
    async def main() -> None:
        async with ollama("no_think") as (backend, server):
            for _ in range(2):
                pieces, _ = await answered(backend)
                assert text(pieces) == ANSWER
            assert ["think" in chat for chat in server.chats] == [True, False, False]

    asyncio.run(main())


def test_nothing_goes_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with FakeOllama() as proxy:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, proxy.base_url)
            async with ollama() as (backend, server):
                pieces, _ = await answered(backend)
                assert text(pieces) == ANSWER
                assert server.connections == 1
            assert proxy.connections == 0

    asyncio.run(main())


def test_nobody_can_send_a_question_elsewhere_by_redirecting_it() -> None:
    async def main() -> None:
        async with FakeOllama() as elsewhere, ollama("redirect") as (backend, server):
            server.redirect_to = elsewhere.base_url
            assert isinstance(await failure(backend), ModelUnreachable)
            assert server.connections == 1
            assert elsewhere.connections == 0

    asyncio.run(main())


def test_an_answer_may_end_with_what_looks_like_the_beginning_of_a_tag() -> None:
    async def main() -> None:
        async with ollama() as (backend, server):
            server.words = ("One ", "is ", "less: ", "1 ", "<")
            pieces, _ = await answered(backend)
            assert text(pieces) == "One is less: 1 <"

    asyncio.run(main())


def test_one_connection_serves_several_checks() -> None:
    async def main() -> None:
        async with ollama() as (backend, server):
            await backend.check()
            await backend.check()
            assert server.connections == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("installed", "reason", "remedy"),
    [
        (True, "Ollama is not running.", r"Start it with: OLLAMA_HOST=127\.0\.0\.1:\d+ ollama serve"),
        (False, "Ollama is not installed.", r".*https://ollama\.com.*ollama pull qwen2\.5:1\.5b"),
    ],
)
def test_a_server_that_is_not_there_is_told_from_one_that_was_never_installed(
    installed: bool, reason: str, remedy: str
) -> None:
    async def main() -> None:
        async with ollama(installed=installed) as (backend, server):
            await server.stop()
            error = await failure(backend)
            assert error.reason == reason
            assert re.fullmatch(remedy, error.remedy)

    asyncio.run(main())


def test_at_the_usual_address_the_remedy_is_the_plain_command() -> None:
    backend = OllamaBackend(TextModelOptions(), is_installed=lambda: True)
    assert backend._unreachable().remedy == "Start it with: ollama serve"
    asyncio.run(backend.aclose())


def test_another_machine_is_not_mended_with_a_command_on_this_one() -> None:
    backend = OllamaBackend(TextModelOptions(base_url="http://192.0.2.7:11434"), is_installed=lambda: False)
    assert "http://192.0.2.7:11434" in backend._unreachable().remedy
    asyncio.run(backend.aclose())


def test_a_missing_model_is_mended_by_pulling_it() -> None:
    async def main() -> None:
        async with ollama(models=("llama3.2:1b",)) as (backend, _):
            error = await failure(backend)
            assert error.remedy == "Download it with: ollama pull qwen2.5:1.5b"

    asyncio.run(main())


def test_a_name_without_a_tag_means_the_latest() -> None:
    async def main() -> None:
        async with ollama(models=("mistral:latest",), model="mistral") as (backend, _):
            assert (await backend.check()).model == "mistral"

    asyncio.run(main())


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "kimi-k2:cloud"])
def test_a_model_in_the_cloud_is_never_asked(model: str) -> None:
    async def main() -> None:
        async with ollama(models=(model,), model=model) as (backend, server):
            assert isinstance(await failure(backend), ModelMissing)
            with pytest.raises(ModelMissing):
                await backend.check()
            assert server.connections == 0

    asyncio.run(main())


def test_a_server_that_takes_the_connection_and_never_answers_a_check_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("homebody.router.backends.ollama.CHECK_MS", 50.0)

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            url = f"http://127.0.0.1:{mute.getsockname()[1]}"
            backend = OllamaBackend(TextModelOptions(base_url=url, connect_ms=50.0), is_installed=lambda: True)
            with pytest.raises(DeadlineExceeded):
                await backend.check()
            await backend.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:port", "http://[::1", "http://127.0.0.1:99999999"])
def test_an_address_that_is_none_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(ProfileError, match=r"router\.text\.base_url"):
        OllamaBackend(TextModelOptions(base_url=base_url))


@pytest.mark.parametrize(
    ("status", "server_text", "kind"),
    [
        (500, "llama-server reported out-of-memory during startup", OutOfMemory),
        (500, "Insufficient Memory for this model", OutOfMemory),
        (500, "model runner has unexpectedly stopped", ModelFailed),
        (-1, "cuda error: failed to allocate", OutOfMemory),
        (404, 'model "x" not found, try pulling it first', ModelMissing),
        (404, "404 page not found", ModelUnreachable),
        (400, '"x" does not support images', NotCapable),
        (400, "the prompt is longer than the context length currently available to the model", ModelFailed),
        (503, "server busy, please try again.  maximum pending requests exceeded", ModelBusy),
    ],
)
def test_each_refusal_of_the_server_has_its_error_and_none_of_the_servers_words(
    status: int, server_text: str, kind: type[ModelError]
) -> None:
    backend = OllamaBackend(TextModelOptions(), is_installed=lambda: True)
    error = backend._refused(status, server_text.lower())
    assert type(error) is kind
    assert server_text.lower() not in error.reason.lower()
    asyncio.run(backend.aclose())


def test_calls_and_replies_have_ollamas_form_and_a_model_without_tools_is_not_offered_any() -> None:
    async def main() -> None:
        tool = {"type": "function", "function": {"name": "clock", "description": "", "parameters": {"type": "object"}}}
        how = Sampling(tools=(tool,))
        async with ollama("tools") as (backend, server):
            server.calls = (("clock", {"zone": "here"}),)
            async with aclosing(backend.stream(QUESTION, sampling=how)) as stream:
                assert [item async for item in stream]
            assert not server.chats[0].get("tools")
        async with ollama("tools") as (backend, server):
            server.able, server.calls = (MODEL,), (("clock", {"zone": "here"}),)
            assert (await backend.check()).tools
            async with aclosing(backend.stream(QUESTION, sampling=how)) as stream:
                ended = [item async for item in stream][-1]
            assert isinstance(ended, Ended)
            messages = [
                *QUESTION,
                ChatMessage("assistant", "", calls=ended.calls),
                ChatMessage("tool", "noon", tool="clock"),
            ]
            async with aclosing(backend.stream(messages, sampling=how)) as stream:
                assert [item async for item in stream]
            assert server.chats[0]["tools"][0]["function"]["name"] == "clock"
            assert server.chats[1]["messages"][-2:] == [
                {"role": "assistant", "tool_calls": [{"function": {"name": "clock", "arguments": {"zone": "here"}}}]},
                {"role": "tool", "content": "noon", "tool_name": "clock"},
            ]

    asyncio.run(main())
