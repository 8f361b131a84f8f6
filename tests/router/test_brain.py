from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend_lab import JPEG, PNG
from fake_ollama import WORDS, FakeOllama
from fakes import FakeBackend
from homebody.errors import (
    BadMessage,
    DeadlineExceeded,
    HomebodyError,
    ModelFailed,
    ModelMissing,
    ModelUnreachable,
    NotCapable,
    OutOfMemory,
    RemoteFailure,
    SkillFailed,
    UsageError,
)
from homebody.messages import Accepted, Ask, Done, Message, Payload, Progress, Route, Token
from homebody.options import PurposeOptions, Purposes, RouterOptions, SkillOptions, TextModelOptions
from homebody.router.backends import ChatMessage, Piece
from homebody.router.backends.ollama import OllamaBackend
from homebody.router.brain import Brain
from homebody.router.intents import Match
from homebody.router.memory import Memory
from homebody.router.polyglot import Polyglot as RealIntents
from homebody.router.skills_host import SkillsHost
from homebody.skill import Reply, SessionView

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
TEXT = TextModelOptions(model="owl", system_prompt="You are homebody.")
OPTIONS = RouterOptions(text=TEXT, purposes=Purposes(knowledge=PurposeOptions(template="plain")))
EYES = PurposeOptions(models=("owl",))
OPTIONS = msgspec.structs.replace(
    OPTIONS,
    purposes=msgspec.structs.replace(OPTIONS.purposes, image_quick=EYES, image_detailed=EYES, image_reasoning=EYES),
)
MODEL = Route(kind="model", model="owl", purpose="knowledge", engine="ollama")
OLLAMA_DOWN = ModelUnreachable("Ollama is not running.", "Start it with: ollama serve")


class Intents:
    """Knows sentences by heart."""

    def __init__(self, **known: list[Match]) -> None:
        self.known = {"what time is it": [Match("clock", {})], "repeat that": [Match("repeat", {})]} | known

    def match(self, text: str, language: str | None = None) -> list[Match]:
        return self.known.get(text, [])


@dataclass
class Skills:
    """Answers from a table; keeps what it was asked. An error in the table is raised."""

    replies: dict[str, Reply | HomebodyError] = field(default_factory=lambda: {"clock": Reply("It is noon.")})
    wait_s: float = 0.0
    ran: list[tuple[str, dict[str, Any], str, SessionView, dt.datetime]] = field(default_factory=list)
    stopped: int = 0

    async def run(
        self,
        name: str,
        slots: dict[str, Any],
        *,
        text: str,
        session: SessionView,
        now: dt.datetime,
        language: str = "en",
    ) -> Reply:
        self.ran.append((name, slots, text, session, now))
        try:
            await asyncio.sleep(self.wait_s)
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if name == "repeat":
            return Reply(session.last_reply or "I have not said anything yet.")
        reply = self.replies[name]
        if isinstance(reply, HomebodyError):
            raise reply
        return reply


def brain(
    backend: FakeBackend | None = None,
    skills: Skills | None = None,
    intents: Intents | None = None,
    *,
    options: RouterOptions = OPTIONS,
    progress_every_ms: float = 1500.0,
) -> Brain:
    return Brain(
        options,
        intents or Intents(),
        skills or Skills(),
        {options.text.model: backend} if backend else {},
        now=lambda: NOON,
        progress_every_ms=progress_every_ms,
    )


def ask(text: str, **rest: Any) -> Ask:
    return Ask(id="a1", text=text, **rest)


async def answer(brain: Brain, text: str, **rest: Any) -> list[Message]:
    async with aclosing(brain.answer(ask(text, **rest), [], connection="c1")) as messages:
        return [message async for message in messages]


async def said(brain: Brain, text: str, **rest: Any) -> str:
    done = (await answer(brain, text, **rest))[-1]
    assert isinstance(done, Done)
    return done.text


async def failure(brain: Brain, text: str, **rest: Any) -> HomebodyError:
    with pytest.raises(HomebodyError) as caught:
        await answer(brain, text, **rest)
    return caught.value


# --- skills ----------------------------------------------------------------------------------------------------------


def test_what_leans_on_a_question_goes_to_its_skill_unless_that_changes_something() -> None:
    async def main() -> None:
        for read_only in (True, False):
            skills = Skills(replies={"units": Reply("Done.")})
            known = {
                f"what is five percent of {of}": [Match("units", {"of": of}, read_only=read_only)]
                for of in ("eighty", "ninety")
            }
            mind = brain(FakeBackend(), skills, Intents(**known))
            await answer(mind, "what is five percent of eighty")
            await answer(mind, "And of ninety?")
            assert [slots["of"] for _, slots, *_ in skills.ran] == ["eighty", "ninety"][: 2 if read_only else 1]

    asyncio.run(main())


def test_a_skill_answers_with_accepted_its_words_and_done() -> None:
    skills = Skills({"timer_set": Reply("Five minutes.", {"seconds": 300}, follow_up=True)})
    intents = Intents(**{"set a timer": [Match("timer_set", {"seconds": 300})]})

    async def main() -> None:
        accepted, token, done = await answer(brain(skills=skills, intents=intents), "set a timer ")
        route = Route(kind="skill", name="timer_set", slots={"seconds": 300})
        assert accepted == Accepted(id="a1", route=route, complete=True)
        assert token == Token(id="a1", text="Five minutes.", seq=0)
        assert isinstance(done, Done)
        assert (done.id, done.text, done.route) == ("a1", "Five minutes.", route)
        assert done.value == {"seconds": 300}
        assert done.follow_up
        assert done.timings
        assert done.timings.total_ms is not None

    asyncio.run(main())
    assert skills.ran == [("timer_set", {"seconds": 300}, "set a timer", SessionView(), NOON)]


def test_a_skill_is_given_the_words_in_lower_case_and_the_exchange_before() -> None:
    skills = Skills()
    intents = Intents(**{"What time is it?": [Match("clock", {})]})

    async def main() -> None:
        mind = brain(skills=skills, intents=intents)
        await said(mind, "What time is it?")
        await said(mind, "repeat that")

    asyncio.run(main())
    assert [text for _, _, text, _, _ in skills.ran] == ["what time is it?", "repeat that"]
    assert skills.ran[1][3] == SessionView("What time is it?", "It is noon.", changed_by="clock")


def test_a_skill_that_has_nothing_to_say_sends_no_token() -> None:
    async def main() -> None:
        accepted, done = await answer(brain(skills=Skills({"clock": Reply(value={"done": True})})), "what time is it")
        assert isinstance(accepted, Accepted)
        assert isinstance(done, Done)
        assert done.text == ""

    asyncio.run(main())


def test_a_skill_that_declines_passes_the_ask_to_the_next_and_then_to_the_model() -> None:
    declined = Reply(value={"declined": True})
    intents = Intents(**{"play owls": [Match("music", {}), Match("films", {})]})

    async def main() -> None:
        skills = Skills({"music": declined, "films": Reply("Here are owls.")})
        accepted, _, done = await answer(brain(skills=skills, intents=intents), "play owls")
        assert isinstance(accepted, Accepted)
        assert accepted.route == done.route == Route(kind="skill", name="films")  # type: ignore[union-attr]

        skills = Skills({"music": declined, "films": declined})
        accepted, *_, done = await answer(brain(FakeBackend(), skills, intents), "play owls", purpose="knowledge")
        assert isinstance(accepted, Accepted)
        assert accepted.route == done.route == MODEL  # type: ignore[union-attr]

    asyncio.run(main())


@pytest.mark.lengthy
def test_a_slow_skill_is_announced_gives_signs_of_life_and_may_still_decline() -> None:
    skills = Skills({"clock": Reply(value={"declined": True})}, wait_s=0.3)

    async def main() -> None:
        messages = await answer(
            brain(FakeBackend(), skills, progress_every_ms=10), "what time is it", purpose="knowledge"
        )
        assert isinstance(messages[0], Accepted)
        assert [m.route.kind for m in messages if isinstance(m, Accepted)] == ["skill", "model"]
        assert next(m.stage for m in messages if isinstance(m, Progress)) == "skill"
        assert sum(isinstance(m, Done) for m in messages) == 1

    asyncio.run(main())


def test_a_skill_that_fails_is_named_before_its_error_comes() -> None:
    async def main() -> None:
        skills = Skills({"clock": SkillFailed("The clock skill failed.", "Look at the log.")})
        async with aclosing(brain(skills=skills).answer(ask("what time is it"), [], connection="c")) as messages:
            assert await anext(messages) == Accepted(id="a1", route=Route(kind="skill", name="clock"), complete=True)
            with pytest.raises(SkillFailed):
                await anext(messages)

    asyncio.run(main())


def test_closing_the_answer_cancels_the_skill() -> None:
    skills = Skills(wait_s=60)

    async def main() -> None:
        messages = brain(skills=skills, progress_every_ms=10).answer(ask("what time is it"), [], connection="c")
        async with aclosing(messages):
            assert isinstance(await anext(messages), Accepted)
            assert isinstance(await anext(messages), Progress)
        assert skills.stopped == 1

    asyncio.run(main())


# --- the model -------------------------------------------------------------------------------------------------------


def test_the_model_answers_what_no_skill_knows_token_by_token() -> None:
    async def main() -> None:
        accepted, *tokens, done = await answer(brain(FakeBackend(WORDS)), "tell me about owls")
        assert accepted == Accepted(id="a1", route=MODEL, read_only=True)
        # The first words are held until they have been looked at; the others come as they are.
        pieces = ["".join(WORDS[:3]), *WORDS[3:]]
        assert tokens == [Token(id="a1", text=word, seq=seq) for seq, word in enumerate(pieces)]
        assert isinstance(done, Done)
        assert done.text == "".join(WORDS)
        assert done.route == MODEL
        assert done.usage
        assert done.usage.answer_tokens == len(WORDS)
        assert done.timings
        assert done.timings.first_token_ms is not None

    asyncio.run(main())


def test_the_model_is_given_the_system_prompt_the_conversation_and_the_question() -> None:
    backend = FakeBackend()

    async def main() -> None:
        mind = brain(backend)
        await said(mind, "what time is it")
        await said(mind, "tell me about owls", max_tokens=50)
        await said(mind, "and bats", session="other")

    asyncio.run(main())
    assert backend.asked[0] == [
        ChatMessage("system", "You are homebody."),
        ChatMessage("user", "what time is it"),
        ChatMessage("assistant", "It is noon."),
        ChatMessage("user", "[Saturday, 21 November 2026, 12:00]\ntell me about owls"),
    ]
    assert len(backend.asked[1]) == 2
    assert backend.max_tokens == TEXT.max_tokens


def test_an_asks_own_bound_reaches_the_model() -> None:
    backend = FakeBackend()
    asyncio.run(said(brain(backend), "tell me about owls", max_tokens=50))
    assert backend.max_tokens == 50


@pytest.mark.lengthy
def test_thinking_is_passed_on_apart_and_counts_neither_as_answer_nor_as_a_sign_of_life() -> None:
    backend = FakeBackend([Piece("The person asks.", "thinking")] * 5 + [Piece("\n\n"), Piece(" Owls.")], gap_s=0.02)

    async def main() -> None:
        messages = await answer(brain(backend, progress_every_ms=15), "tell me about owls")
        tokens = [m for m in messages if isinstance(m, Token)]
        assert [token.seq for token in tokens] == list(range(6))
        assert [token.channel for token in tokens] == ["thinking"] * 5 + ["answer"]
        assert tokens[-1].text == "Owls."
        assert "thinking" in [m.stage for m in messages if isinstance(m, Progress)]
        done = messages[-1]
        assert isinstance(done, Done)
        assert done.text == "Owls."

    asyncio.run(main())


@pytest.mark.lengthy
def test_a_model_that_thinks_without_a_pause_still_gives_signs_of_life() -> None:
    backend = FakeBackend([*[Piece("hm ", "thinking")] * 40, Piece("Owls.")], gap_s=0.003)

    async def main() -> None:
        messages = await answer(brain(backend, progress_every_ms=25), "tell me about owls")
        assert any(isinstance(m, Progress) and m.stage == "thinking" for m in messages)

    asyncio.run(main())


@pytest.mark.lengthy
def test_while_the_model_loads_there_are_signs_of_life() -> None:
    async def main() -> None:
        messages = await answer(brain(FakeBackend(load_s=0.4), progress_every_ms=20), "tell me about owls")
        assert isinstance(messages[0], Accepted)
        stages = [m.stage for m in messages if isinstance(m, Progress)]
        assert len(stages) >= 2
        assert set(stages) == {"loading"}
        done = messages[-1]
        assert isinstance(done, Done)
        assert done.timings
        assert done.timings.load_ms == pytest.approx(400)

    asyncio.run(main())


@pytest.mark.parametrize("patient", [True, False])
def test_closing_the_answer_stops_the_model_and_keeps_only_what_was_given_out(patient: bool) -> None:
    backend = FakeBackend(["The owls of the ", "wood ", "hunt mice."], endless=True, gap_s=0.005)

    async def main() -> None:
        mind = brain(backend)
        if patient:  # closed between two tokens
            async with aclosing(mind.answer(ask("tell me about owls"), [], connection="c1")) as messages:
                for _ in range(3):
                    await anext(messages)
        else:  # cancelled while waiting for one
            backend.endless = False
            given = asyncio.Event()

            async def turn() -> None:
                async with aclosing(mind.answer(ask("tell me about owls"), [], connection="c1")) as messages:
                    async for message in messages:
                        if isinstance(message, Token) and message.seq == 0:
                            backend.gap_s = 60  # behind the second piece, which is on its way
                        if isinstance(message, Token) and message.seq == 1:
                            given.set()

            task = asyncio.create_task(turn())
            await given.wait()
            await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert backend.stopped == 1
        assert await said(mind, "repeat that") == "The owls of the wood "

    asyncio.run(main())


def test_an_answer_cancelled_before_its_first_word_leaves_no_trace() -> None:
    backend = FakeBackend(load_s=60)

    async def main() -> None:
        mind = brain(backend)
        async with aclosing(mind.answer(ask("tell me about owls"), [], connection="c1")) as messages:
            assert isinstance(await anext(messages), Accepted)
        assert await said(mind, "repeat that") == "I have not said anything yet."

    asyncio.run(main())


def test_an_answer_that_breaks_off_carries_and_remembers_what_was_said() -> None:
    async def main() -> None:
        mind = brain(FakeBackend(["The owls of the ", "wood "], error=ModelFailed("It broke off.", "Ask again.")))
        error = await failure(mind, "tell me about owls")
        assert isinstance(error, ModelFailed)
        assert error.partial == "The owls of the wood "
        assert await said(mind, "repeat that") == "The owls of the wood "

    asyncio.run(main())


@pytest.mark.lengthy
def test_an_asks_deadline_ends_the_answer_and_the_generation() -> None:
    backend = FakeBackend([f"The owl of number {number} hoots. " for number in range(100)], endless=True, gap_s=0.01)

    async def main() -> None:
        error = await failure(brain(backend), "tell me about owls", deadline_ms=500)
        assert isinstance(error, DeadlineExceeded)
        assert error.partial.startswith("The owl of number 0 ")

    asyncio.run(main())
    assert backend.stopped == 1


@pytest.mark.parametrize(
    ("backend", "reason", "remedy"),
    [
        (
            FakeBackend(absent=OLLAMA_DOWN),
            "I can't answer that without a language model, and Ollama is not running.",
            "Start it with: ollama serve",
        ),
        (
            FakeBackend(absent=ModelMissing("Ollama has not downloaded it yet.", "Download it with: ollama pull owl")),
            "I can't answer that without a language model, and Ollama has not downloaded it yet.",
            "Download it with: ollama pull owl",
        ),
        (
            FakeBackend(absent=ModelUnreachable("The model server is not running.", "Start it.")),
            "I can't answer that without a language model, and the model server is not running.",
            "Start it.",
        ),
        (
            None,
            "I can't answer that without a language model, and none is set up.",
            'Write backend = "ollama" under [router.text] in homebody.toml.',
        ),
    ],
)
def test_without_a_model_the_reason_can_be_spoken_the_remedy_is_a_command_and_skills_still_work(
    backend: FakeBackend | None, reason: str, remedy: str
) -> None:
    async def main() -> None:
        mind = brain(backend)
        error = await failure(mind, "tell me about owls")
        assert error.code == "no_model"
        assert (error.reason, error.remedy) == (reason, remedy)
        assert await said(mind, "what time is it") == "It is noon."

    asyncio.run(main())


# --- the conversation ------------------------------------------------------------------------------------------------


def test_repeating_gives_the_last_reply_again_and_again_whoever_gave_it() -> None:
    async def main() -> None:
        mind = brain(FakeBackend(WORDS))
        await said(mind, "what time is it")
        assert await said(mind, "repeat that") == "It is noon."
        assert await said(mind, "repeat that") == "It is noon."
        await said(mind, "tell me about owls")
        assert await said(mind, "repeat that") == "".join(WORDS)

    asyncio.run(main())


def test_done_is_sent_only_after_the_conversation_knows_the_answer() -> None:
    async def main() -> None:
        mind = brain()
        first = mind.answer(ask("what time is it"), [], connection="c1")
        async with aclosing(first):
            while not isinstance(await anext(first), Done):
                pass
            assert await said(mind, "repeat that") == "It is noon."

    asyncio.run(main())


def test_what_was_not_heard_of_an_answer_is_not_remembered() -> None:
    async def main() -> None:
        mind = brain(FakeBackend(WORDS))
        question = ask("tell me about owls")
        async with aclosing(mind.answer(question, [], connection="c1")) as answer:
            async for _ in answer:
                pass
        mind.cut("c1", question.id, "Owls are")
        assert await said(mind, "repeat that") == "Owls are"

    asyncio.run(main())


def test_each_connection_has_a_conversation_of_its_own_unless_the_ask_names_one() -> None:
    async def main() -> None:
        mind = brain()

        async def on(connection: str, text: str, session: str | None = None) -> str:
            async with aclosing(mind.answer(ask(text, session=session), [], connection=connection)) as messages:
                *_, done = [message async for message in messages]
            assert isinstance(done, Done)
            return done.text

        await on("c1", "what time is it", "kitchen")
        assert await on("c1", "repeat that") == "I have not said anything yet."
        assert await on("c2", "repeat that", "kitchen") == "It is noon."
        mind.forget("kitchen")
        assert await on("c2", "repeat that", "kitchen") == "I have not said anything yet."

    asyncio.run(main())


def test_a_skill_may_have_what_was_said_before_forgotten() -> None:
    async def main() -> None:
        skills = Skills({"clock": Reply("It is noon."), "forget": Reply("Forgotten.", forget=True)})
        backend = FakeBackend()
        mind = brain(backend, skills, Intents(**{"forget our conversation": [Match("forget", {})]}))
        await answer(mind, "what time is it")
        await answer(mind, "forget our conversation")
        await answer(mind, "who wrote hamlet")
        assert not any("noon" in message.content for message in backend.asked[-1])

    asyncio.run(main())


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        {"text": ""},
        {"text": " \n"},
        {"text": "x" * 16_001},
        {"text": "hi", "max_tokens": 0},
        {"text": "hi", "language": "german"},
        {"text": "hi", "language": "?"},
    ],
)
def test_an_ask_that_makes_no_sense_is_refused_before_anything_runs(bad: dict[str, Any]) -> None:
    backend = FakeBackend()
    error = asyncio.run(failure(brain(backend), **bad))
    assert isinstance(error, BadMessage)
    assert error.id == "a1"
    assert error.code == "bad_message"
    assert backend.asked == []


def picture(*images: bytes, kind: str = "image") -> tuple[Payload, ...]:
    return tuple(Payload(kind, "image/jpeg", len(image)) for image in images)


async def shown(brain: Brain, text: str, *images: bytes, kind: str = "image", **rest: Any) -> list[Message]:
    about = ask(text, payloads=picture(*images, kind=kind), **rest)
    async with aclosing(brain.answer(about, list(images), connection="c1")) as messages:
        return [message async for message in messages]


def test_an_image_reaches_the_model_with_the_question_and_no_skill_looks_at_it() -> None:
    async def main() -> None:
        backend, skills = FakeBackend(["A clock."]), Skills()
        messages = await shown(brain(backend, skills), "what time is it", JPEG, PNG)
        assert messages[-1].text == "A clock."
        assert messages[0].route.purpose.startswith("image_")
        assert backend.asked[0][-1].images == (JPEG, PNG)
        assert all(not message.images for message in backend.asked[0][:-1])
        assert skills.ran == []

    asyncio.run(main())


def test_what_was_shown_once_is_not_shown_again_with_the_next_question() -> None:
    async def main() -> None:
        backend = FakeBackend(["A red bicycle."])
        mind = brain(backend)
        await shown(mind, "what is this", JPEG)
        await answer(mind, "who invented it")
        assert [message.content for message in backend.asked[1]][1:3] == ["what is this", "A red bicycle."]
        assert all(not message.images for message in backend.asked[1])

    asyncio.run(main())


@pytest.mark.parametrize(
    ("images", "kind", "reason"),
    [
        ([b"GIF89a..."], "image", "The image is a GIF, neither JPEG nor PNG."),
        ([JPEG, b""], "image", "Image 2 is empty."),
        ([JPEG] * 5, "image", "5 images came; 4 are the limit."),
        ([b"RIFF"], "audio", "Only images can come along, and attachment 1 is none."),
    ],
)
def test_what_is_no_image_is_refused_with_a_reason(images: list[bytes], kind: str, reason: str) -> None:
    backend = FakeBackend()
    with pytest.raises(HomebodyError) as caught:
        asyncio.run(shown(brain(backend), "what is this", *images, kind=kind))
    assert (caught.value.code, caught.value.reason) == ("bad_image", reason)
    assert caught.value.remedy
    assert backend.asked == []


def test_without_a_model_that_can_see_it_is_said_and_what_would_help() -> None:
    with pytest.raises(NotCapable) as caught:
        asyncio.run(shown(brain(FakeBackend(sees=False)), "what is this", JPEG))
    assert caught.value.reason == "I can't look at pictures: none of my models can see."
    assert caught.value.remedy


def test_more_images_than_fit_the_context_are_refused_in_words() -> None:
    with pytest.raises(UsageError) as caught:
        asyncio.run(shown(brain(FakeBackend()), "what is this", JPEG, JPEG, JPEG, JPEG))
    assert caught.value.reason.startswith("4 pictures")


@pytest.mark.parametrize(("images", "purpose"), [((JPEG,), "chat"), ((), "image_quick")])
def test_a_purpose_that_does_not_go_with_what_came_is_refused(images: tuple[bytes, ...], purpose: str) -> None:
    with pytest.raises(BadMessage) as caught:
        asyncio.run(shown(brain(FakeBackend()), "what is this", *images, purpose=purpose))
    assert purpose in caught.value.reason


def test_a_question_too_long_for_the_model_is_refused_in_words() -> None:
    options = RouterOptions(text=TextModelOptions(num_ctx=512))
    error = asyncio.run(failure(brain(FakeBackend(), options=options), "owl " * 1000))
    assert isinstance(error, UsageError)
    assert error.code == "bad_message"


# --- what status shows -----------------------------------------------------------------------------------------------


def test_warming_loads_a_model_that_can_be_reached() -> None:
    backend = FakeBackend()

    async def main() -> None:
        mind = brain(backend)
        assert mind.state().models[0]["state"] == "unknown"
        await mind.refresh()
        assert mind.state().models[0]["state"] == "ready"
        await mind.warm()
        models, problems = mind.state()
        assert (models[0]["model"], models[0]["engine"], models[0]["state"]) == ("owl", "ollama", "loaded")
        assert problems == []

    asyncio.run(main())
    assert backend.asked == [[]]


def test_a_model_that_cannot_be_reached_is_a_problem_until_it_answers() -> None:
    backend = FakeBackend(absent=OLLAMA_DOWN)

    async def main() -> None:
        mind = brain(backend)
        await mind.warm()
        assert backend.asked == []
        models, (problem,) = mind.state()
        assert models[0]["state"] == "unavailable"
        assert (problem.part, problem.problem) == ("language model", "Ollama is not running.")
        assert problem.remedy == "Start it with: ollama serve"
        backend.absent = None
        await said(mind, "tell me about owls")
        assert mind.state().problems == []

    asyncio.run(main())


def test_a_model_that_does_not_fit_is_a_problem_and_one_that_stumbled_once_is_not() -> None:
    async def main() -> None:
        backend = FakeBackend(error=ModelFailed("It broke off.", "Ask again."))
        mind = brain(backend)
        await failure(mind, "tell me about owls")
        assert mind.state().problems == []
        backend.error = OutOfMemory("It does not fit.", "Choose a smaller model.")
        await failure(mind, "tell me about owls")
        assert [p.problem for p in mind.state().problems] == ["It does not fit."]

    asyncio.run(main())


def test_without_a_backend_there_is_no_model_to_show() -> None:
    async def main() -> None:
        mind = brain(None)
        await mind.warm()
        assert not await mind.refresh()
        assert mind.state() == ((), [])

    asyncio.run(main())


# --- with the real Ollama adapter ------------------------------------------------------------------------------------


def test_cancelling_a_turn_reaches_the_ollama_server() -> None:
    async def main() -> None:
        async with FakeOllama("endless") as server:
            options = TextModelOptions(base_url=server.base_url)
            backend = OllamaBackend(options)
            mind = Brain(RouterOptions(text=options), Intents(), Skills(), {options.model: backend})
            began = asyncio.Event()

            async def turn(messages: AsyncGenerator[Message, None]) -> None:
                async with aclosing(messages):
                    async for message in messages:
                        if isinstance(message, Token):
                            began.set()

            task = asyncio.create_task(turn(mind.answer(ask("tell me about owls"), [], connection="c1")))
            await began.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await server.until_closed_early()
            server.script = "ok"
            assert await said(mind, "tell me about owls") == "".join(WORDS)
            await backend.aclose()

    asyncio.run(main())


def test_ollama_may_start_later_and_restart_without_the_router_noticing_more_than_one_failure() -> None:
    async def main() -> None:
        async with FakeOllama() as server:
            options = TextModelOptions(base_url=server.base_url)
            backend = OllamaBackend(options, is_installed=lambda: True)
            mind = Brain(RouterOptions(text=options), Intents(), Skills(), {options.model: backend})
            await mind.warm()
            assert mind.state().models[0]["state"] == "loaded"
            await server.stop()
            error = await failure(mind, "tell me about owls")
            assert isinstance(error, ModelUnreachable)
            await server.start_again()
            assert await said(mind, "tell me about owls") == "".join(WORDS)
            await backend.aclose()

    asyncio.run(main())


# --- with the real skills --------------------------------------------------------------------------------------------


class House:
    """A house without a voice."""

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        pass

    async def control_voice(self, action: str, value: float | str | None = None) -> Done:
        raise RemoteFailure("no_voice", "No voice is attached.")

    def announce(self, text: str) -> None:
        pass


@pytest.mark.processes
def test_the_real_skills_answer_through_the_real_matcher_and_the_rest_goes_to_the_model(own_folders: Path) -> None:
    async def main() -> None:
        with Memory(own_folders / "data") as memory:
            async with SkillsHost(House(), memory, SkillOptions()) as host:
                mind = Brain(OPTIONS, RealIntents(host.skills), host, {"owl": FakeBackend(WORDS)}, now=lambda: NOON)
                *_, done = await answer(mind, "what is six times seven")
                assert isinstance(done, Done)
                assert done.route == Route(kind="skill", name="math", slots=done.route.slots if done.route else {})
                assert done.value
                assert done.value["result"] == 42
                assert await said(mind, "repeat that") == done.text
                assert await said(mind, "Repeat that, please.") == done.text
                assert await said(mind, "tell me something about owls") == "".join(WORDS)
                assert await said(mind, "say that again") == "".join(WORDS)

    asyncio.run(main())
