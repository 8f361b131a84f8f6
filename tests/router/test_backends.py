"""The contract of `homebody.router.backends.Backend`, kept by every backend against the truest counterpart there is.

Ollama: a protocol-true server. OpenAI: another, of that protocol. CTranslate2: the real engine in its real process
with a tiny model made here. And the fake the other tests use.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

import fake_ollama
import fake_openai
from backend_lab import JPEG, PNG, QUESTION, answered, failure, needs_transformers, picture, text
from fake_ollama import FakeOllama
from fake_openai import WORDS, FakeOpenAI
from fakes import FakeBackend
from homebody.errors import EmptyAnswer, ModelError, ModelFailed, ModelMissing, ModelUnreachable, NotCapable
from homebody.options import TextModelOptions
from homebody.router.backends import USUAL, Backend, ChatMessage, Ended, Piece, Sampling, ToolCall
from homebody.router.backends.ctranslate2 import CTranslate2Backend
from homebody.router.backends.ollama import OllamaBackend
from homebody.router.backends.openai import OpenAIBackend
from homebody.router.backends.transformers import TransformersBackend
from homebody.router.backends.worker_backend import WorkerBackend
from tiny_model import chain, make_model

pytestmark = pytest.mark.processes

ANSWER = "".join(WORDS)
CHAINS = {
    "empty": chain(),
    "blank": chain(" "),
    "thinking": chain("<think>", "The person ", "asks.", "</think>", *WORDS),
    "endless": chain("hoo ", loop=True),
    "eof": chain("hoo ", loop=True),
}
ENDLESS_TOKENS = 10**6
CALLS = (ToolCall("clock", {}), ToolCall("math", {"expression": "7 * 8"}))
PARAMETERS = {"type": "object", "properties": {"expression": {"type": "string"}}}
TOOLS = tuple(
    {"type": "function", "function": {"name": call.name, "description": "It helps.", "parameters": PARAMETERS}}
    for call in CALLS
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models, one a script."""
    folder = tmp_path_factory.mktemp("models")
    for script in ("ok", *CHAINS):
        make_model(folder / script, CHAINS.get(script, chain(*WORDS)))
    return folder


async def nothing() -> None:
    pass


@dataclass
class Subject:
    backend: Backend
    stopped: Callable[[], Awaitable[None]]  # returns when one generation was ended early
    break_off: Callable[[], Awaitable[None]] = nothing  # ends the engine in the middle of an answer


@asynccontextmanager
async def subject(kind: str, script: str, models: Path) -> AsyncIterator[Subject]:
    """A backend whose engine does this: ok, endless, eof, empty, blank, thinking, blind, missing or down."""
    make = {
        "ollama": on_ollama,
        "openai": on_openai,
        "ctranslate2": on_ctranslate2,
        "transformers": on_transformers,
        "fake": on_fake,
    }[kind]
    async with make(script, models) as it:
        try:
            yield it
        finally:
            await it.backend.aclose()


def _script(script: str) -> str:
    return "ok" if script in {"missing", "down", "blind"} else script


@asynccontextmanager
async def on_ollama(script: str, models: Path) -> AsyncIterator[Subject]:
    there = () if script == "missing" else (fake_ollama.MODEL,)
    blind = there if script == "blind" else ()
    able = there if script == "tools" else ()
    calls = tuple((call.name, call.arguments or {}) for call in CALLS)
    async with FakeOllama(_script(script), models=there, blind=blind, able=able, calls=calls) as server:
        if script == "down":
            await server.stop()
        backend = OllamaBackend(TextModelOptions(base_url=server.base_url), is_installed=lambda: True)
        yield Subject(backend, server.until_closed_early)


@asynccontextmanager
async def on_openai(script: str, models: Path) -> AsyncIterator[Subject]:
    there = () if script == "missing" else (fake_openai.MODEL,)
    calls = tuple((call.name, json.dumps(call.arguments)) for call in CALLS)
    async with FakeOpenAI(_script(script), models=there, sees=script != "blind", calls=calls) as server:
        if script == "down":
            await server.stop()
        options = TextModelOptions(backend="openai", base_url=server.base_url, model=fake_openai.MODEL)
        yield Subject(OpenAIBackend(options), server.until_closed_early)


@asynccontextmanager
async def on_ctranslate2(script: str, models: Path) -> AsyncIterator[Subject]:
    folder = models / ("ok" if script == "blind" else script)
    async with on_worker(CTranslate2Backend, "ctranslate2", script, folder) as it:
        yield it


@asynccontextmanager
async def on_transformers(script: str, models: Path) -> AsyncIterator[Subject]:
    from tiny_blip import WORDS as SEEN
    from tiny_blip import make_blip
    from tiny_blip import script as said

    class Shown(TransformersBackend):
        """BLIP answers nothing without a picture: each question shows it one."""

        def stream(
            self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
        ) -> AsyncGenerator[Piece | Ended, None]:
            shown = [*messages[:-1], *(msgspec.structs.replace(last, images=(picture(),)) for last in messages[-1:])]
            return super().stream(shown, max_tokens=max_tokens, sampling=sampling)

    folder = models / f"blip-{script}"
    scripts = {"empty": said(), "endless": said("hoo", loop=True), "eof": said("hoo", loop=True)}
    if script != "missing" and not folder.exists():
        make_blip(folder, scripts.get(script, said(*SEEN)))
    async with on_worker(Shown, "transformers", script, folder) as it:
        yield it


@asynccontextmanager
async def on_worker(make: type[WorkerBackend], name: str, script: str, folder: Path) -> AsyncIterator[Subject]:
    long = {"max_tokens": ENDLESS_TOKENS, "num_ctx": 2 * ENDLESS_TOKENS} if script in {"endless", "eof"} else {}
    backend = make(TextModelOptions(backend=name, model=str(folder), **long))

    async def stopped() -> None:
        async with asyncio.timeout(10):
            while backend.generating:
                await asyncio.sleep(0.005)

    async def break_off() -> None:
        assert backend.worker_pid is not None
        os.kill(backend.worker_pid, signal.SIGKILL)

    yield Subject(backend, stopped, break_off)


@asynccontextmanager
async def on_fake(script: str, models: Path) -> AsyncIterator[Subject]:
    said = {"empty": [], "blank": [" ", "\n"], "thinking": [Piece("The person asks.", "thinking"), *WORDS]}
    fake = FakeBackend(
        said.get(script, WORDS),
        error=ModelFailed("It broke off.", "Ask again.") if script == "eof" else None,
        absent={
            "down": ModelUnreachable("Ollama is not running.", "Start it with: ollama serve"),
            "missing": ModelMissing("Ollama has not downloaded it yet.", "Download it with: ollama pull x"),
        }.get(script),
        endless=script == "endless",
        gap_s=0.002,
        sees=script != "blind",
        calls=[CALLS] if script == "tools" else None,
    )

    async def stopped() -> None:
        assert fake.stopped == 1

    yield Subject(fake, stopped)


TALKERS = ("ollama", "openai", "ctranslate2", "fake")
backends = pytest.mark.parametrize("kind", [*TALKERS, pytest.param("transformers", marks=needs_transformers)])
talkers = pytest.mark.parametrize("kind", TALKERS)


@backends
def test_pieces_come_in_order_and_exactly_one_end_is_last(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "ok", models) as it:
            pieces, ended = await answered(it.backend)
            assert text(pieces) == ANSWER
            assert all(piece.text for piece in pieces)
            assert ended.usage.answer_tokens == len(WORDS)

    asyncio.run(main())


@backends
def test_an_engine_that_ended_in_the_middle_of_an_answer_is_asked_again(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "eof", models) as it:
            for _ in range(2):
                async with aclosing(it.backend.stream(QUESTION)) as stream:
                    assert isinstance(await anext(stream), Piece)
                    await it.break_off()
                    with pytest.raises(ModelFailed):
                        async for _ in stream:
                            pass

    asyncio.run(main())


@backends
def test_closing_the_stream_stops_the_generation(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "endless", models) as it:
            async with aclosing(it.backend.stream(QUESTION)) as stream:
                assert await anext(stream)
                assert await anext(stream)
            await it.stopped()

    asyncio.run(main())


@backends
def test_cancelling_the_task_stops_the_generation(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "endless", models) as it:
            begun = asyncio.Event()

            async def turn() -> None:
                async with aclosing(it.backend.stream(QUESTION)) as stream:
                    async for _ in stream:
                        begun.set()

            task = asyncio.create_task(turn())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await it.stopped()

    asyncio.run(main())


@backends
def test_without_messages_the_model_is_only_loaded(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "ok", models) as it:
            assert not (await it.backend.check()).loaded
            pieces, _ = await answered(it.backend, [])
            assert pieces == []
            assert (await it.backend.check()).loaded

    asyncio.run(main())


@backends
def test_an_answer_that_breaks_off_is_an_error_with_what_had_come(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "eof", models) as it:
            pieces: list[Piece | Ended] = []

            async def asked() -> None:
                async with aclosing(it.backend.stream(QUESTION)) as stream:
                    async for piece in stream:
                        if not pieces:
                            await it.break_off()
                        pieces.append(piece)

            with pytest.raises(ModelFailed) as caught:
                await asked()
            given = "".join(piece.text for piece in pieces if isinstance(piece, Piece))
            assert given
            assert caught.value.partial == given
            assert caught.value.remedy

    asyncio.run(main())


@talkers
@pytest.mark.parametrize("script", ["empty", "blank"])
def test_an_answer_in_which_there_is_nothing_to_see_is_an_error(kind: str, models: Path, script: str) -> None:
    async def main() -> None:
        async with subject(kind, script, models) as it:
            assert isinstance(await failure(it.backend), EmptyAnswer)

    asyncio.run(main())


@talkers
def test_thinking_has_its_own_channel(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "thinking", models) as it:
            pieces, _ = await answered(it.backend)
            assert text(pieces, "thinking") == "The person asks."
            assert text(pieces) == ANSWER

    asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "script", "kind_of_error"),
    [
        *((kind, "missing", ModelMissing) for kind in TALKERS),
        pytest.param("transformers", "missing", ModelMissing, marks=needs_transformers),
        *((kind, "down", ModelUnreachable) for kind in ("ollama", "openai", "fake")),  # ctranslate2 has no server
    ],
)
def test_what_is_not_there_is_said_by_stream_and_check_alike(
    kind: str, models: Path, script: str, kind_of_error: type[ModelError]
) -> None:
    async def main() -> None:
        async with subject(kind, script, models) as it:
            error = await failure(it.backend)
            assert type(error) is kind_of_error
            assert error.reason.startswith(("Ollama ", "The ", "missing ", "blip-"))  # it can follow the word "and"
            with pytest.raises(kind_of_error) as caught:
                await it.backend.check()
            assert caught.value.remedy == error.remedy

    asyncio.run(main())


SHOWN = [*QUESTION[:1], ChatMessage("user", "what is this", images=(JPEG, PNG))]


@pytest.mark.parametrize("kind", ["ollama", "openai", "fake"])  # ctranslate2 runs text models only
def test_a_model_with_eyes_answers_a_question_about_images(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "ok", models) as it:
            pieces, _ = await answered(it.backend, SHOWN)
            assert text(pieces) == ANSWER

    asyncio.run(main())


@talkers
def test_a_model_without_eyes_refuses_images_and_answers_words(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "blind", models) as it:
            for _ in range(2):  # and is not taken for a seeing one afterwards
                error = await failure(it.backend, SHOWN)
                assert type(error) is NotCapable
                assert error.partial == ""
            assert text((await answered(it.backend))[0]) == ANSWER

    asyncio.run(main())


@backends
def test_a_stream_that_was_closed_disturbs_no_other(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "endless", models) as it, aclosing(it.backend.stream(QUESTION)) as other:
            assert await anext(other)
            async with aclosing(it.backend.stream(QUESTION)) as stream:
                assert await anext(stream)
            for _ in range(5):
                assert await anext(other)

    asyncio.run(main())


@backends
def test_closing_a_backend_twice_is_no_error(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "ok", models) as it:
            await it.backend.aclose()
            await it.backend.aclose()

    asyncio.run(main())


@pytest.mark.parametrize("kind", ["ollama", "openai", "fake"])
def test_a_call_of_tools_is_told_at_the_end_and_the_answer_goes_on_with_what_they_say(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "tools", models) as it:
            how = Sampling(tools=TOOLS)
            async with aclosing(it.backend.stream(QUESTION, sampling=how)) as stream:
                items = [item async for item in stream]
            ended = items[-1]
            assert isinstance(ended, Ended)
            assert [(call.name, call.arguments) for call in ended.calls] == [(c.name, c.arguments) for c in CALLS]
            replies = [ChatMessage("tool", "It is noon.", tool=call.name, call_id=call.id) for call in ended.calls]
            further = [*QUESTION, ChatMessage("assistant", "", calls=ended.calls), *replies]
            async with aclosing(it.backend.stream(further, sampling=how)) as stream:
                items = [item async for item in stream]
            assert text(item for item in items if isinstance(item, Piece)) == ANSWER
            assert isinstance(items[-1], Ended)
            assert items[-1].calls == ()

    asyncio.run(main())


@backends
def test_who_cannot_call_tools_answers_without(kind: str, models: Path) -> None:
    async def main() -> None:
        async with subject(kind, "ok", models) as it:
            assert not (await it.backend.check()).tools
            async with aclosing(it.backend.stream(QUESTION, sampling=Sampling(tools=TOOLS))) as stream:
                assert text([item async for item in stream if isinstance(item, Piece)]) == ANSWER

    asyncio.run(main())
