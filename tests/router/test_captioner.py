"""Captions through the real gate, on a clock that jumps; and what reaches an Ollama server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import virtual_time
from backend_lab import JPEG, PNG, QUESTION
from fake_ollama import FakeOllama
from fakes import FakeBackend
from homebody.errors import (
    BadImage,
    BadMessage,
    EmptyAnswer,
    HomebodyError,
    ModelBusy,
    ModelMissing,
    ModelUnreachable,
    NotCapable,
    OutOfMemory,
)
from homebody.messages import Accepted, Caption, Done, Message, Payload, Progress, Token
from homebody.options import VISION_MODELS, BackgroundOptions, PurposeOptions, Purposes, RouterOptions, TextModelOptions
from homebody.router.backends import USUAL, Backend, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.backends.ollama import OllamaBackend
from homebody.router.captioner import PASSED_OVER_S, Captioner
from homebody.router.gate import Gate, PersonsFirst
from homebody.router.metrics import Metrics
from homebody.router.priorities import PATIENCE, QUIET_MS

ANSWER = "A red bicycle by a wall.\nTags: bicycle, wall"
EYES = PurposeOptions(models=("big", "small"))
OPTIONS = RouterOptions(
    text=TextModelOptions(backend="openai", model="small"), purposes=Purposes(image_quick=EYES, image_detailed=EYES)
)


def captioner(gate: Gate | None = None, metrics: Metrics | None = None, **models: Backend) -> Captioner:
    return Captioner(
        OPTIONS,
        models,
        gate or Gate(BackgroundOptions()),
        metrics or Metrics(),
        clock_s=lambda: asyncio.get_running_loop().time(),
    )


def request(image: bytes = JPEG, **rest: Any) -> Caption:
    return Caption(id="c", payloads=(Payload("image", "image/jpeg", len(image)),), **rest)


async def answers(one: Captioner, image: bytes = JPEG, **rest: Any) -> list[Message]:
    async with aclosing(one.answer(request(image, **rest), [image])) as messages:
        return [message async for message in messages]


async def done(one: Captioner, image: bytes = JPEG, **rest: Any) -> Done:
    last = (await answers(one, image, **rest))[-1]
    assert isinstance(last, Done)
    return last


@pytest.mark.parametrize("background", [False, True])
def test_a_picture_becomes_a_caption_with_tags_the_model_and_the_version_of_the_prompt(background: bool) -> None:
    async def main() -> None:
        backend = FakeBackend(["A red bicycle ", "by a wall.", "\nTags: bicycle, wall"])
        messages = await answers(captioner(big=backend), background=background)
        last = messages[-1]
        assert isinstance(last, Done)
        assert (last.caption, last.tags) == ("A red bicycle by a wall.", ("bicycle", "wall"))
        assert (last.model, last.prompt_version) == ("big", "quick-1")
        assert last.text == ANSWER == "".join(m.text for m in messages if isinstance(m, Token))
        assert isinstance(messages[0], Accepted)
        assert messages[0].route == last.route
        assert last.timings is not None
        assert (last.timings.queue_ms is not None) == background
        assert backend.asked[0][-1].images == (JPEG,)
        assert backend.sampling.temperature == 0.2

    virtual_time.run(main())


def test_a_detailed_one_has_another_purpose_and_ones_own_prompt_another_version() -> None:
    async def main() -> None:
        backend = FakeBackend([ANSWER])
        last = await done(captioner(big=backend), detail="detailed", prompt="Name the birds.")
        assert last.route is not None
        assert last.route.purpose == "image_detailed"
        assert (last.prompt_version or "").startswith("detailed-1+")
        assert backend.asked[0][-1].content.startswith("Name the birds.")

    virtual_time.run(main())


@pytest.mark.parametrize(
    "error", [ModelMissing("Not there."), NotCapable("Blind."), OutOfMemory("Too big."), EmptyAnswer("")]
)
def test_the_next_of_the_ladder_describes_it_where_one_cannot(error: HomebodyError) -> None:
    async def main() -> None:
        metrics = Metrics()
        messages = await answers(captioner(None, metrics, big=FakeBackend(absent=error), small=FakeBackend([ANSWER])))
        assert [m.route.model for m in messages if isinstance(m, Accepted)] == ["big", "small"]
        assert messages[-1].model == "small"
        assert metrics.of("big").fallbacks == 1

    virtual_time.run(main())


def test_a_model_that_did_not_fit_is_left_alone_for_a_while_and_then_tried_again() -> None:
    async def main() -> None:
        big = FakeBackend([ANSWER], absent=OutOfMemory("Too big."))
        one = captioner(big=big, small=FakeBackend([ANSWER]))
        assert [(await done(one)).model for _ in range(3)] == ["small"] * 3
        assert len(big.asked) == 1
        big.absent = None
        await asyncio.sleep(PASSED_OVER_S + 1)
        assert (await done(one)).model == "big"

    virtual_time.run(main())


@pytest.mark.parametrize(
    ("big", "small", "kind", "reason"),
    [
        (ModelMissing("x"), NotCapable("x"), NotCapable, "I can't look at pictures: none of my models can see."),
        (OutOfMemory("Big."), OutOfMemory("Small."), OutOfMemory, "Small."),
        (ModelUnreachable("Ollama is not running."), None, ModelUnreachable, "Ollama is not running."),
    ],
)
@pytest.mark.parametrize("background", [False, True])
def test_where_none_can_the_reason_is_honest(
    big: HomebodyError, small: HomebodyError | None, kind: type[HomebodyError], reason: str, background: bool
) -> None:
    async def main() -> None:
        one = captioner(big=FakeBackend(absent=big), small=FakeBackend([ANSWER], absent=small))
        with pytest.raises(kind) as caught:
            await answers(one, background=background)
        assert caught.value.reason == reason

    virtual_time.run(main())


def test_what_makes_no_sense_is_refused_before_any_model_is_asked() -> None:
    async def main() -> None:
        backend = FakeBackend([ANSWER])
        one = captioner(big=backend)
        with pytest.raises(BadImage):
            await answers(one, b"GIF89a")
        with pytest.raises(BadMessage):
            await answers(one, prompt="x" * 2001)
        with pytest.raises(BadMessage):
            await anext(one.answer(Caption(id="c"), []))
        assert backend.asked == []

    virtual_time.run(main())


def test_only_tags_are_no_description() -> None:
    async def main() -> None:
        with pytest.raises(EmptyAnswer):
            await answers(captioner(big=FakeBackend(["Tags: cat"])))

    virtual_time.run(main())


# --- whose turn it is ------------------------------------------------------------------------------------------------

CAPTION_S, HELD_S, IDLE_S = 3.0, 0.3, 0.5


class OneAtATime:
    """A `Backend` that answers one after the other: a question in 0.5 s, a picture in 3 s; one that is given up holds
    it for another 0.3 s. ``described`` counts the pictures that were described to their end."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.described: Counter[bytes] = Counter()
        self.begun: Counter[bytes] = Counter()
        self.releases: set[asyncio.Task[None]] = set()

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        images = messages[-1].images
        await self.lock.acquire()
        whole = False
        try:
            if images:
                self.begun[images[0]] += 1
                await asyncio.sleep(CAPTION_S)
                self.described[images[0]] += 1
            else:
                await asyncio.sleep(IDLE_S)
            whole = True
            yield Piece(ANSWER)
            yield Ended()
        finally:
            if whole:
                self.lock.release()
            else:
                self.releases.add(asyncio.create_task(self._release()))

    async def _release(self) -> None:
        await asyncio.sleep(HELD_S)
        self.lock.release()

    async def check(self) -> ModelState:
        return ModelState("big", "fake", True)

    async def aclose(self) -> None:
        pass


def picture(number: int) -> bytes:
    return JPEG + number.to_bytes(2, "big")


async def asks(backend: Backend) -> float:
    """The seconds to the first token of somebody's question."""
    began_s = virtual_time.now_s()
    async with aclosing(backend.stream(QUESTION)) as answer:
        await anext(answer)
        took_s = virtual_time.now_s() - began_s
        async for _ in answer:
            pass
    return took_s


def test_a_question_waits_no_longer_than_what_cannot_be_interrupted_and_no_caption_is_lost_or_given_twice() -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions())
        person = PersonsFirst(backend, gate)
        one = captioner(gate, big=backend)
        folder = [asyncio.create_task(done(one, picture(number), background=True)) for number in range(20)]
        took = []
        for _ in range(10):
            await asyncio.sleep(7.1)
            took.append(await asks(person))
        captions = await asyncio.gather(*folder)
        assert gate.priorities.stops > 0
        assert gate.priorities.let_through == 0
        assert max(took) <= 1.1 * IDLE_S + HELD_S
        assert len(captions) == 20
        assert backend.described == Counter({picture(number): 1 for number in range(20)})

    virtual_time.run(main())


def test_after_three_stops_a_caption_is_let_through_when_it_is_quiet_so_that_talkers_do_not_starve_a_folder() -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions())
        person = PersonsFirst(backend, gate)
        caption = asyncio.create_task(done(captioner(gate, big=backend), background=True))
        for _ in range(PATIENCE):
            await asyncio.sleep(2.0)
            assert await asks(person) <= 1.1 * IDLE_S + HELD_S
        await asyncio.sleep(QUIET_MS / 1000 + 1.0)
        assert await asks(person) > IDLE_S + HELD_S  # this one had to wait for it
        assert (await caption).caption
        assert (backend.begun[JPEG], backend.described[JPEG]) == (PATIENCE + 1, 1)

    virtual_time.run(main())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.1, 6.0), max_size=20),
    st.lists(
        st.tuples(st.sampled_from(["hearing", "thinking", "speaking", "asleep"]), st.floats(0.0, 3.0)), max_size=10
    ),
    st.integers(1, 3),
)
def test_whenever_people_talk_each_picture_is_described_exactly_once(
    gaps_s: list[float], states: list[tuple[str, float]], parallel: int
) -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions(parallel=parallel))
        person = PersonsFirst(backend, gate)
        one = captioner(gate, big=backend)
        folder = [asyncio.create_task(done(one, picture(number), background=True)) for number in range(6)]

        async def voice() -> None:
            for state, for_s in states:
                gate.notice("voice.state", {"state": state})
                await asyncio.sleep(for_s)
            gate.notice("service.lost", {"service": "voice"})

        talking = asyncio.create_task(voice())
        for gap_s in gaps_s:
            await asyncio.sleep(gap_s)
            await asks(person)
        await talking
        captions = await asyncio.gather(*folder)
        assert [caption.tags for caption in captions] == [("bicycle", "wall")] * 6
        assert set(backend.described.values()) == {1}
        assert (gate.priorities.waiting, gate.priorities.running) == (0, 0)
        assert not gate._grants
        assert not gate._tasks

    virtual_time.run(main())


def test_nothing_begins_from_the_first_sound_of_speech_to_the_end_of_the_turn() -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions())
        gate.notice("voice.state", {"state": "hearing"})
        caption = asyncio.create_task(done(captioner(gate, big=backend), background=True))
        for state in ("hearing", "thinking", "speaking"):
            gate.notice("voice.state", {"state": state})
            gate.notice("timer.set", {})
            await asyncio.sleep(5)
            assert not backend.begun
        gate.notice("voice.state", {"state": "listening"})
        last = await caption
        assert last.timings is not None
        assert last.timings.queue_ms == pytest.approx(15_000)

    virtual_time.run(main())


def test_a_waiting_client_is_told_that_it_is_queued_and_a_stopped_one_too() -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions())
        one = captioner(gate, big=backend)
        stages = []

        async def caption() -> None:
            async with aclosing(one.answer(request(background=True), [JPEG])) as messages:
                async for message in messages:
                    if isinstance(message, Progress):
                        stages.append(message.stage)
                    if isinstance(message, Done):
                        return

        task = asyncio.create_task(caption())
        await asyncio.sleep(2)
        with gate.person():
            await asyncio.sleep(4)
        await task
        assert stages[0] == "loading"
        assert stages[1:-1].count("queued") >= 2

    virtual_time.run(main())


def test_as_many_captions_run_at_once_as_the_profile_says() -> None:
    async def main() -> None:
        backend = FakeBackend([ANSWER], load_s=1)
        one = captioner(Gate(BackgroundOptions(parallel=4)), big=backend)
        began_s = virtual_time.now_s()
        await asyncio.gather(*(done(one, background=True) for _ in range(8)))
        assert virtual_time.now_s() - began_s == pytest.approx(2)

    virtual_time.run(main())


def test_a_full_queue_refuses_and_says_when_to_come_again() -> None:
    async def main() -> None:
        one = captioner(Gate(BackgroundOptions(queue=2)), big=FakeBackend([ANSWER], load_s=1))
        results = await asyncio.gather(*(done(one, background=True) for _ in range(5)), return_exceptions=True)
        refused = [result for result in results if isinstance(result, ModelBusy)]
        assert len(refused) == 2  # one runs, two wait
        assert all(error.retry_after_ms and error.code == "busy" for error in refused)

    virtual_time.run(main())


@pytest.mark.parametrize("after_s", [0.0, 0.5])
def test_a_caption_given_up_leaves_its_place_to_the_next_whether_it_waited_or_ran(after_s: float) -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions())
        one = captioner(gate, big=backend)
        first, second, third = (asyncio.create_task(done(one, picture(number), background=True)) for number in range(3))
        await asyncio.sleep(after_s)
        first.cancel()
        second.cancel()
        assert (await third).caption
        assert all(
            isinstance(error, asyncio.CancelledError)
            for error in await asyncio.gather(first, second, return_exceptions=True)
        )
        assert backend.described == Counter({picture(2): 1})
        assert (gate.priorities.waiting, gate.priorities.running) == (0, 0)

    virtual_time.run(main())


def test_a_caption_somebody_waits_for_goes_before_the_folder() -> None:
    async def main() -> None:
        backend, gate = OneAtATime(), Gate(BackgroundOptions())
        one = captioner(gate, big=backend)
        folder = asyncio.create_task(done(one, PNG, background=True))
        await asyncio.sleep(1)
        began_s = virtual_time.now_s()
        assert (await done(one)).caption
        assert virtual_time.now_s() - began_s <= CAPTION_S + HELD_S + 0.01
        assert not folder.done()
        assert (await folder).caption

    virtual_time.run(main())


def test_bringing_a_model_into_memory_stops_nothing() -> None:
    async def main() -> None:
        gate = Gate(BackgroundOptions())
        async with aclosing(PersonsFirst(FakeBackend(load_s=1), gate).stream([])) as loading:
            assert not gate.priorities.busy
            async for _ in loading:
                assert not gate.priorities.busy

    virtual_time.run(main())


# --- what reaches a server -------------------------------------------------------------------------------------------


def test_ollama_is_shown_the_picture_and_the_largest_model_there_that_can_see_describes_it() -> None:
    async def main() -> None:
        there = ("qwen2.5:1.5b", VISION_MODELS[1])
        async with FakeOllama(words=("A cat.", "\nTags: ", "cat", ", sofa"), models=there, blind=there[:1]) as server:
            options = RouterOptions(text=TextModelOptions(base_url=server.base_url))
            backends: dict[str, Backend] = {
                model: OllamaBackend(TextModelOptions(base_url=server.base_url, model=model))
                for model in (*VISION_MODELS, "qwen2.5:1.5b")
            }
            try:
                one = Captioner(options, backends, Gate(options.background), Metrics())
                last = await done(one)
                assert (last.caption, last.tags, last.model) == ("A cat.", ("cat", "sofa"), VISION_MODELS[1])
                assert server.chats[-1]["messages"][-1]["images"]
                assert server.chats[-1]["think"] is False
                server.models = there[:1]
                with pytest.raises(NotCapable):
                    await done(Captioner(options, backends, Gate(options.background), Metrics()))
            finally:
                for backend in backends.values():
                    await backend.aclose()

    asyncio.run(main())
