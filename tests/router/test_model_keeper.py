"""Models come and go in a server that speaks Ollama's protocol, as planned; the plan itself: test_residency.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import pytest

from fake_ollama import FakeOllama
from homebody.errors import MissingPart, OutOfMemory
from homebody.messages import Accepted, Ask, Done, Route
from homebody.options import MemoryOptions, ModelOptions, PurposeOptions, Purposes, RouterOptions, TextModelOptions
from homebody.router import model_keeper, residency_stack, routing
from homebody.router.backends import Backend, ChatMessage
from homebody.router.backends.ollama_control import OllamaControl
from homebody.router.backends.ollama_create import Workshop
from homebody.router.backends.opening import opened
from homebody.router.brain import Brain
from homebody.router.memory_probe import Free
from homebody.router.model_keeper import ModelKeeper
from homebody.router.model_sizes import GIB

pytestmark = pytest.mark.lengthy

TALKER, SMALL, EYES = "llama3.2:3b-instruct-q8_0", "llama3.2:1b-instruct-q4_K_M", "qwen3-vl:4b-instruct"
SIZES = {TALKER: 4 * GIB, SMALL: GIB, EYES: 5 * GIB}
PICTURE = [ChatMessage("user", "what is this", (b"\xff\xd8\xff jpeg",))]
WORDS = [ChatMessage("user", "hello")]


def options(**rest: Any) -> RouterOptions:
    purposes = Purposes(
        chat=PurposeOptions(models=(TALKER,)),
        knowledge=PurposeOptions(models=(TALKER,)),
        image_quick=PurposeOptions(models=(EYES,)),
    )
    memory = MemoryOptions(budget_gib=8.0)
    return RouterOptions(text=TextModelOptions(model=SMALL), purposes=purposes, memory=memory, **rest)


@dataclass
class FakeProbe:
    """A `homebody.router.memory_probe.MemoryProbe` of a card that holds what the server has loaded."""

    server: FakeOllama
    kind: Literal["nvidia", "apple", "system"] = "nvidia"
    missing: bool = False
    total: int = 8 * GIB

    def read(self) -> Free:
        if self.missing:
            raise MissingPart("The graphics card is gone.", "Look what nvidia-smi says.")
        held = sum(self.server.sizes.get(m, 0) * self.server.gpu_share for m in self.server.loaded)
        return Free(self.total, round(max(0, self.total - held)))


@dataclass
class House:
    server: FakeOllama
    keeper: ModelKeeper
    probe: FakeProbe
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    now_s: float = 0.0

    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not wanted():
                await asyncio.sleep(0.002)


@asynccontextmanager
async def house(given: RouterOptions | None = None, *, models: tuple[str, ...] = tuple(SIZES)) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(FakeOllama(models=models, sizes=dict(SIZES), memory=8 * GIB))
        chosen = given or options()
        chosen = msgspec.structs.replace(chosen, text=msgspec.structs.replace(chosen.text, base_url=server.base_url))
        backends = await opened(chosen, stack)
        control = await stack.enter_async_context(aclosing(OllamaControl(chosen.text)))
        home: House

        def publish(name: str, data: Mapping[str, Any]) -> None:
            home.events.append((name, dict(data)))

        probe = FakeProbe(server)
        own = {model: backend for model, backend in backends.items() if not routing.elsewhere(chosen, model)}
        keeper = ModelKeeper(
            chosen, control, probe, own,
            publish=publish, workshop=Workshop(chosen), clock_s=lambda: home.now_s,
        )  # fmt: skip
        home = House(server, keeper, probe)
        yield home


@asynccontextmanager
async def running(home: House) -> AsyncIterator[House]:
    task = asyncio.create_task(home.keeper.run())
    try:
        yield home
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def answer(backend: Backend, messages: list[ChatMessage]) -> None:
    async with aclosing(backend.stream(messages)) as pieces:
        async for _ in pieces:
            pass


def test_what_answers_speech_is_loaded_before_anyone_asks_and_kept_longer_with_its_own_context() -> None:
    async def main() -> None:
        async with house() as home, running(home):
            await home.until(lambda: home.server.loaded == {TALKER})
            (preload,) = home.server.chats
            assert preload["messages"] == []
            assert (preload["keep_alive"], preload["options"]["num_ctx"]) == ("30m", 4096)
            await home.until(lambda: bool(home.events))
            assert home.events[0] == (
                "model.loaded", {"model": TALKER, "size_bytes": 4 * GIB, "gpu_bytes": 4 * GIB}
            )  # fmt: skip
            home.now_s += model_keeper.REFRESH_S
            home.keeper._wake.set()
            await home.until(lambda: len(home.server.chats) == 2)
            assert home.server.chats[1]["messages"] == []

    asyncio.run(main())


def test_a_picture_takes_the_talkers_place_and_the_talker_is_back_at_once() -> None:
    async def main() -> None:
        async with house() as home, running(home):
            await home.until(lambda: home.keeper.state.resident.keys() == {TALKER})
            await home.until(lambda: bool(home.events))
            await answer(home.keeper.backends[EYES], PICTURE)
            await home.until(lambda: len(home.events) == 5)
            assert home.server.history == [f"+{TALKER}", f"-{TALKER}", f"+{EYES}", f"-{EYES}", f"+{TALKER}"]
            assert home.names() == ["model.loaded", "model.evicted", "model.loaded", "model.evicted", "model.loaded"]
            assert home.keeper.problems == ()

    asyncio.run(main())


def test_a_folder_of_pictures_is_told_that_there_is_no_room_and_nothing_is_put_out() -> None:
    async def main() -> None:
        async with house() as home, running(home):
            await home.until(lambda: home.keeper.state.resident.keys() == {TALKER})
            with pytest.raises(OutOfMemory):
                await answer(home.keeper.background(EYES), PICTURE)
            assert home.server.history == [f"+{TALKER}"]
            await answer(home.keeper.backends[TALKER], WORDS)  # nothing is left locked

    asyncio.run(main())


def test_a_model_that_does_not_fit_gives_way_to_a_smaller_one_in_the_same_ask_and_status_says_so() -> None:
    async def main() -> None:
        async with house() as home:
            home.server.memory = 2 * GIB  # something else has taken the card; the probe does not know
            mind = Brain(home.keeper._options, Nothing(), Nothing(), home.keeper.backends, ordered=home.keeper.ordered)
            ask = Ask(id="a", text="who wrote romeo and juliet", purpose="knowledge")
            async with aclosing(mind.answer(ask, [], connection="c")) as messages:
                given = [message async for message in messages]
            assert [m.route.model for m in given if isinstance(m, Accepted)] == [TALKER, SMALL]
            assert isinstance(given[-1], Done)
            (degraded,) = [data for name, data in home.events if name == "model.degraded"]
            assert (degraded["model"], degraded["reason"]) == (TALKER, "out_of_memory")
            assert [problem.problem for problem in home.keeper.problems] == [degraded["problem"]]
            # The next ask does not try it again.
            async with aclosing(mind.answer(ask, [], connection="c")) as messages:
                given = [message async for message in messages]
            assert [m.route.model for m in given if isinstance(m, Accepted)] == [SMALL]

    asyncio.run(main())


class Nothing:
    """No skills."""

    def match(self, text: str, language: str | None = None) -> list[Any]:
        return []

    async def run(self, *_: Any, **__: Any) -> Any:
        raise AssertionError


def test_a_model_on_the_processor_is_noticed_told_once_and_forgotten_when_it_is_back() -> None:
    async def main() -> None:
        async with house() as home:
            home.server.gpu_share = 0.4
            await answer(home.keeper.backends[TALKER], WORDS)
            for _ in range(2):
                async with home.keeper._loading:
                    await home.keeper._look()
            told = [data for name, data in home.events if name == "model.degraded"]
            assert [(data["model"], data["reason"]) for data in told] == [(TALKER, "cpu")]
            assert "40 %" in home.keeper.problems[0].problem
            home.server.gpu_share = 1.0
            await home.keeper._look()
            assert home.keeper.problems == ()

    asyncio.run(main())


def test_true_sizes_are_learned_and_a_model_the_server_drops_is_noticed() -> None:
    async def main() -> None:
        async with house() as home:
            await answer(home.keeper.backends[SMALL], WORDS)
            assert home.keeper.state.need(SMALL) == GIB
            home.server.loaded.clear()
            await home.keeper._look()
            assert home.events[-1] == ("model.evicted", {"model": SMALL, "why": "server"})
            assert home.keeper.state.resident == {}

    asyncio.run(main())


def test_without_a_server_nothing_is_planned_and_when_it_is_back_everything_is() -> None:
    async def main() -> None:
        async with house() as home:
            await home.server.stop()
            async with running(home):
                await asyncio.sleep(0.05)
                assert home.events == []
                await home.server.start_again()
                home.keeper._wake.set()
                await home.until(lambda: home.keeper.state.resident.keys() == {TALKER})

    asyncio.run(main())


def test_without_a_probe_the_budget_of_the_profile_counts() -> None:
    async def main() -> None:
        async with house() as home:
            home.probe.missing = True
            await answer(home.keeper.backends[TALKER], WORDS)
            assert home.keeper.state.capacity == 8 * GIB

    asyncio.run(main())


def test_status_says_of_each_model_that_is_there_whether_it_is_loaded_how_large_and_whether_it_stays() -> None:
    rows = [{"model": SMALL, "state": "unknown"}, {"model": TALKER, "state": "unknown"}, {"model": "absent:1b"}]

    async def main() -> None:
        async with house() as home:
            assert home.keeper.shown(rows) == tuple(rows)  # nothing is known yet
            await answer(home.keeper.backends[TALKER], WORDS)
            assert home.keeper.shown(rows) == (
                {"model": SMALL, "state": "ready"},
                {"model": TALKER, "state": "loaded", "pinned": True, "size_bytes": 4 * GIB},
            )
            home.keeper.refused(SMALL)
            assert home.keeper.shown(rows)[0]["state"] == "does not fit"

    asyncio.run(main())


def test_a_model_that_is_run_elsewhere_is_neither_planned_nor_moved_from_its_place() -> None:
    blip = "Salesforce/blip-image-captioning-base"
    seeing = PurposeOptions(models=("absent:7b", blip, EYES))
    given = options(models={blip: ModelOptions(backend="transformers")})
    given = msgspec.structs.replace(given, purposes=msgspec.structs.replace(given.purposes, image_quick=seeing))
    assert routing.ladder(given, "image_quick") == ("absent:7b", blip, EYES, SMALL)
    assert blip not in residency_stack.downloads(given)

    async def main() -> None:
        async with house(given) as home, running(home):
            await home.until(lambda: home.server.loaded == {TALKER})
            assert blip not in home.keeper.backends
            asked = [
                Route(kind="model", model=model, purpose="image_quick", engine=routing.engine(given, model))
                for model in routing.ladder(given, "image_quick")
            ]
            ordered = home.keeper.ordered(asked)
            assert ordered[1].model == blip
            assert {route.model for route in ordered} == {EYES, blip, SMALL}  # what is not there has gone
            assert {route.model: route.engine for route in ordered}[blip] == "transformers"
            assert {"model": blip} in home.keeper.shown([{"model": SMALL}, {"model": blip}])

    asyncio.run(main())


def test_two_who_need_the_same_model_at_once_load_it_once() -> None:
    async def main() -> None:
        async with house() as home:
            await asyncio.gather(*(answer(home.keeper.backends[SMALL], WORDS) for _ in range(5)))
            assert home.server.history == [f"+{SMALL}"]
            assert home.keeper.state.busy == frozenset()

    asyncio.run(main())


def test_an_answer_given_up_while_its_model_is_loaded_leaves_the_way_free() -> None:
    async def main() -> None:
        async with house() as home:
            home.server.script = "slow_load"
            task = asyncio.create_task(answer(home.keeper.backends[TALKER], WORDS))
            await home.until(lambda: bool(home.server.chats))
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            home.server.script = "ok"
            await answer(home.keeper.backends[SMALL], WORDS)
            assert home.keeper.state.busy == frozenset()

    asyncio.run(main())


def test_a_model_of_the_profiles_own_is_made_and_then_loaded() -> None:
    own = options(models={"mine": ModelOptions(base=TALKER, num_ctx=2048, system="Be short.")})
    own = msgspec.structs.replace(own, purposes=Purposes(chat=PurposeOptions(models=("mine", SMALL))))

    async def main() -> None:
        async with house(own) as home, running(home):
            await home.until(lambda: home.keeper.state.resident.keys() == {"mine"})
            (request,) = home.server.created
            assert request["from"] == TALKER
            assert ("model.made", {"model": "mine"}) in home.events
            assert home.keeper.problems == ()

        async with house(own, models=(SMALL,)) as home, running(home):
            await home.until(lambda: bool(home.keeper.problems))
            assert home.keeper.problems[0].remedy == f"Download it with: ollama pull {TALKER}"
            await home.until(lambda: home.keeper.state.resident.keys() == {SMALL})

    asyncio.run(main())
