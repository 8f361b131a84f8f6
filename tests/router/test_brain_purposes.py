"""The purpose decides model, prompt and sampling: what really reaches an Ollama server."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import msgspec
import pytest

from fake_ollama import WORDS, FakeOllama
from fakes import FakeBackend
from homebody import profile as profiles
from homebody.errors import BadMessage, HomebodyError, ModelMissing, ProfileError
from homebody.messages import Accepted, Ask, Done, Message, Route, Token
from homebody.options import VISION_MODELS, PurposeOptions, Purposes, RouterOptions
from homebody.router.backends.opening import opened
from homebody.router.brain import Brain
from homebody.router.intents import Match as IntentMatch
from homebody.router.purpose import no_live_data
from homebody.router.routing import Match
from homebody.skill import Reply, SessionView

pytestmark = pytest.mark.lengthy

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
QWEN, R1 = "qwen2.5:1.5b", "deepseek-r1:1.5b"
PUZZLE = "if a train travels sixty miles an hour how far does it get in two and a half hours"


class NoSkills:
    """Matches nothing and runs nothing, but for a weather skill where one is wanted."""

    def __init__(self, weather: bool = False) -> None:
        self.weather = weather
        self.looked_in: list[str | None] = []

    def match(self, text: str, language: str | None = None) -> Sequence[Match]:
        self.looked_in.append(language)
        return [IntentMatch("weather", {})] if self.weather and "weather" in text else []

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
        return Reply("It rains.")


@asynccontextmanager
async def brain(
    server: FakeOllama, options: RouterOptions | None = None, *, home: str = "en", skills: NoSkills | None = None
) -> AsyncIterator[Brain]:
    """The profile for an Ollama server, at this one."""
    options = options or profiles.load("ollama").router
    options = msgspec.structs.replace(options, text=msgspec.structs.replace(options.text, base_url=server.base_url))
    async with AsyncExitStack() as stack:
        backends = await opened(options, stack)
        none = skills or NoSkills()
        yield Brain(options, none, none, backends, home=home, now=lambda: NOON)


async def asked(brain: Brain, text: str, **rest: Any) -> list[Message]:
    async with aclosing(brain.answer(Ask(id="a", text=text, **rest), [], connection="c")) as messages:
        return [message async for message in messages]


def done(messages: list[Message]) -> Done:
    assert isinstance(messages[-1], Done)
    return messages[-1]


@pytest.mark.parametrize(
    ("text", "purpose", "model", "temperature", "num_predict", "prompt"),
    [
        (PUZZLE, "reasoning", R1, 0.3, 1200, "step by step"),
        ("write a poem about a brave mouse", "creative", R1, 0.85, 500, "storyteller"),
        ("who wrote romeo and juliet", "knowledge", QWEN, 0.2, 200, "questions of fact"),
        ("write a python function that sorts a list", "code", QWEN, 0.1, 700, "programmer"),
        ("how do you say cheers in polish", "multilingual", QWEN, 0.3, 200, "translation"),
        ("i feel a bit lonely today", "chat", QWEN, 0.7, 200, "You are homebody, a voice assistant"),
    ],
)
def test_each_purpose_has_its_model_its_sampling_and_its_prompt(
    text: str, purpose: str, model: str, temperature: float, num_predict: int, prompt: str
) -> None:
    async def main() -> dict[str, Any]:
        async with FakeOllama(models=(QWEN, R1)) as server, brain(server) as mind:
            messages = await asked(mind, text)
            route = Route(kind="model", model=model, purpose=purpose, engine="ollama")
            assert messages[0] == Accepted(id="a", route=route, read_only=True)
            assert done(messages).route == route
            (request,) = server.chats
            return request

    request = asyncio.run(main())
    assert request["model"] == model
    assert request["options"]["temperature"] == temperature
    assert request["options"]["top_p"] == 0.9
    assert request["options"]["num_predict"] == num_predict
    assert request["options"]["num_ctx"] == 4096
    assert prompt in request["messages"][0]["content"]
    assert request["messages"][-1]["content"].endswith(text)


def test_thinking_is_allowed_for_reasoning_alone_and_stays_on_its_channel() -> None:
    async def main() -> None:
        async with FakeOllama("tags", models=(QWEN, R1)) as server, brain(server) as mind:
            messages = await asked(mind, PUZZLE)
            assert "think" not in server.chats[-1]  # left out: a model that can think does, none refuses
            tokens = [m for m in messages if isinstance(m, Token)]
            assert "".join(t.text for t in tokens if t.channel == "thinking") == "The person asks."
            assert done(messages).text == "".join(WORDS)
            server.script = "ok"
            await asked(mind, "write a poem about a brave mouse")
            assert server.chats[-1]["think"] is False

    asyncio.run(main())


def test_a_model_that_is_not_downloaded_is_passed_over_for_the_next_of_the_ladder() -> None:
    async def main() -> None:
        async with FakeOllama(models=(QWEN,)) as server, brain(server) as mind:
            messages = await asked(mind, PUZZLE)
            assert [m.route.model for m in messages if isinstance(m, Accepted)] == [R1, QWEN]
            assert [chat["model"] for chat in server.chats] == [R1, QWEN]
            assert "step by step" in server.chats[-1]["messages"][0]["content"]
            route = done(messages).route
            assert route
            assert (route.model, route.purpose) == (QWEN, "reasoning")
            assert mind.state().problems == []
            states = {m["model"]: m["state"] for m in mind.state().models}
            assert states == {QWEN: "loaded", R1: "unavailable"} | dict.fromkeys(VISION_MODELS, "unknown")

    asyncio.run(main())


def test_when_none_of_the_ladder_is_there_the_last_one_is_named() -> None:
    async def main() -> HomebodyError:
        async with FakeOllama(models=()) as server, brain(server) as mind:
            with pytest.raises(ModelMissing) as caught:
                await asked(mind, PUZZLE)
            assert [problem.remedy for problem in mind.state().problems] == [caught.value.remedy]
            return caught.value

    assert QWEN in asyncio.run(main()).remedy


def test_the_asker_may_say_what_it_is_for() -> None:
    async def main() -> None:
        async with FakeOllama(models=(QWEN, R1)) as server, brain(server) as mind:
            await asked(mind, "what's the weather like today", purpose="creative")
            assert server.chats[-1]["options"]["temperature"] == 0.85
            with pytest.raises(BadMessage, match="poetry") as caught:
                await asked(mind, "hello there", purpose="poetry")
            assert "creative" in caught.value.remedy
            assert caught.value.id == "a"

    asyncio.run(main())


def test_what_needs_live_data_is_answered_honestly_without_a_model_and_in_its_language() -> None:
    async def main() -> None:
        async with FakeOllama() as server, brain(server) as mind:
            for text, language in (("what's the weather like today", "en"), ("wie wird das wetter morgen", "de")):
                messages = await asked(mind, text)
                answer = done(messages)
                assert answer.text == no_live_data(language)
                assert answer.route
                assert (answer.route.kind, answer.route.name) == ("router", "no_live_data")
                assert isinstance(messages[0], Accepted)
            assert server.chats == []

    asyncio.run(main())


def test_what_leans_on_a_question_for_live_data_is_answered_as_honestly() -> None:
    async def main() -> None:
        async with FakeOllama() as server, brain(server) as mind:
            for text, again in (
                ("how is the weather in paris", "and in Berlin?"),
                ("wie wird das wetter in wien", "und morgen?"),
            ):
                await asked(mind, text, session=text)
                answer = done(await asked(mind, again, session=text))
                assert answer.route
                assert answer.route.name == "no_live_data"
                assert answer.text == no_live_data("de" if "wetter" in text else "en")
            assert server.chats == []

    asyncio.run(main())


def test_more_of_a_story_comes_from_who_tells_it_and_not_from_who_chats() -> None:
    async def main() -> None:
        async with FakeOllama(models=(QWEN, R1)) as server, brain(server) as mind:
            await asked(mind, "tell me a story about a dragon")
            await asked(mind, "go on")
            assert [chat["model"] for chat in server.chats] == [R1, R1]
            assert server.chats[-1]["options"]["temperature"] == 0.85
            assert server.chats[-1]["messages"][-1]["content"].endswith("\ngo on")  # the words as they were said
            await asked(mind, "i feel a bit lonely today")
            assert server.chats[-1]["model"] == QWEN

    asyncio.run(main())


def test_a_name_alone_in_a_german_conversation_is_answered_in_german() -> None:
    async def main() -> None:
        words = ("Die ", "ist ", "sehr ", "hoch.")
        async with FakeOllama(models=(QWEN, R1), words=words) as server, brain(server) as mind:
            await asked(mind, "wie hoch ist die zugspitze")
            await asked(mind, "Watzmann?")
            assert "Answer in German." in server.chats[-1]["messages"][-1]["content"]
            await asked(mind, "Watzmann?", session="a new one")
            assert "Answer in" not in server.chats[-1]["messages"][-1]["content"]

    asyncio.run(main())


@pytest.mark.parametrize("word", ["42", "3", "stop", "ok", "Bonn?"])
def test_a_word_that_tells_no_language_is_answered_in_that_of_the_house(word: str) -> None:
    async def main() -> None:
        words = ("Gut, ", "das ", "ist ", "es.")
        async with FakeOllama(models=(QWEN, R1), words=words) as server, brain(server, home="de") as mind:
            first = (await asked(mind, word))[0]
            assert isinstance(first, Accepted)
            assert first.route.language == "de"
            assert "Answer in German." in server.chats[-1]["messages"][-1]["content"]
            server.words = ("The ", "blue ", "light ", "is ", "scattered.")
            await asked(mind, "why is the sky blue", session="in english")
            await asked(mind, word, session="in english")
            assert "Answer in" not in server.chats[-1]["messages"][-1]["content"]

    asyncio.run(main())


def test_a_word_in_two_languages_is_looked_for_in_that_of_the_house_first() -> None:
    async def main() -> None:
        skills = NoSkills()
        async with FakeOllama() as server, brain(server, home="de", skills=skills) as mind:
            await asked(mind, "stop")
            assert skills.looked_in == ["de", None]
            skills.looked_in.clear()
            await asked(mind, "please stop the music", session="another")
            assert skills.looked_in == [None]
            skills.looked_in.clear()
            server.words = ("Oui, ", "bien ", "sûr ", "que ", "oui.")
            await asked(mind, "stop", session="a third", language="fr")
            assert skills.looked_in == ["fr"]

    asyncio.run(main())


def test_a_skill_that_has_live_data_is_asked_first() -> None:
    async def main() -> None:
        async with FakeOllama() as server, brain(server, skills=NoSkills(weather=True)) as mind:
            assert done(await asked(mind, "what's the weather like today")).text == "It rains."

    asyncio.run(main())


def test_a_question_in_another_language_is_to_be_answered_in_it() -> None:
    async def main() -> None:
        async with FakeOllama(models=(QWEN, R1)) as server, brain(server) as mind:
            server.words = ("Weil ", "die ", "Luft ", "das ", "blaue ", "Licht ", "streut.")
            await asked(mind, "warum ist der himmel eigentlich blau")
            assert "Answer in German." in server.chats[-1]["messages"][-1]["content"]
            server.words = WORDS
            await asked(mind, "why is the sky blue")
            assert "Answer in" not in server.chats[-1]["messages"][-1]["content"]

    asyncio.run(main())


def test_all_asks_of_a_model_have_one_context_and_the_history_is_cut_by_us() -> None:
    async def main() -> None:
        async with (
            FakeOllama(models=(QWEN, R1), words=(" ".join(f"owl {n}" for n in range(450)),)) as server,
            brain(server) as mind,
        ):
            for _ in range(8):
                await asked(mind, "who wrote romeo and juliet")
            assert {chat["options"]["num_ctx"] for chat in server.chats} == {4096}
            sizes = [sum(len(m["content"]) for m in chat["messages"]) for chat in server.chats]
            assert max(sizes) < 4 * 3500
            assert sizes[-1] > 6000

    asyncio.run(main())


def test_a_template_that_does_not_exist_is_refused_before_anything_is_asked() -> None:
    options = RouterOptions(purposes=Purposes(chat=PurposeOptions(template="pirate")))
    none = NoSkills()
    with pytest.raises(ProfileError, match="pirate"):
        Brain(options, none, none, {"qwen2.5:1.5b": FakeBackend()})
