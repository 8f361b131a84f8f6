"""The starter talker answers while the profile's own models are not there, says so, and gives way to them."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest

from fakes import FakeBackend
from homebody import profile as profiles
from homebody import starter
from homebody.errors import HomebodyError, ModelError, ModelFailed, ModelMissing, ModelUnreachable
from homebody.messages import Accepted, Ask, Done, Message
from homebody.options import ModelOptions, PurposeOptions, Purposes, RouterOptions, TextModelOptions
from homebody.router import routing, stand_in
from homebody.router.backends import Backend
from homebody.router.backends.opening import opened
from homebody.router.brain import Brain
from homebody.router.routing import Match

DOWN = ModelUnreachable("Ollama is not running.", "Start it with: ollama serve")
GONE = ModelMissing("Ollama has not downloaded it yet.", "Download it with: ollama pull small")
SKY = "why is the sky blue"
LITTLE_KNOWN = "The air scatters blue light most."
OPTIONS = stand_in.added(
    RouterOptions(
        text=TextModelOptions(model="small", system_prompt="You are large."),
        purposes=Purposes(knowledge=PurposeOptions(models=("huge", "large", "middling", "slight"))),
    )
)


class NoSkills:
    def match(self, text: str, language: str | None = None) -> Sequence[Match]:
        return []

    async def run(self, name: str, slots: dict[str, Any], **rest: Any) -> Any:
        raise AssertionError


def house(absent: ModelError | None, spare: FakeBackend) -> dict[str, FakeBackend]:
    real = FakeBackend(["Rayleigh scattering makes it blue."], absent=absent)
    return {model: real for model in routing.models(OPTIONS) if model != starter.NAME} | {starter.NAME: spare}


def brain(backends: Mapping[str, Backend]) -> Brain:
    return Brain(OPTIONS, NoSkills(), NoSkills(), backends, now=lambda: dt.datetime(2026, 11, 23, 1, 0, tzinfo=dt.UTC))


async def messages(mind: Brain, text: str, **how: Any) -> list[Message]:
    async with aclosing(mind.answer(Ask(id="1", text=text, **how), [], connection="c")) as items:
        return [item async for item in items]


def answered(mind: Brain, text: str = SKY, **how: Any) -> Done:
    last = asyncio.run(messages(mind, text, **how))[-1]
    assert isinstance(last, Done)
    return last


@pytest.mark.parametrize("absent", [DOWN, GONE])
def test_with_no_model_there_the_starter_answers_and_is_named_as_who_answered(absent: ModelError) -> None:
    spare = FakeBackend([LITTLE_KNOWN])
    told = asyncio.run(messages(brain(house(absent, spare)), SKY))
    done = told[-1]
    assert isinstance(done, Done)
    assert done.text == LITTLE_KNOWN
    assert done.route is not None
    assert (done.route.model, done.route.engine) == ("starter", "ctranslate2")
    assert {retry.reason for retry in done.retries} == {"no_model"}
    assert [said.route.model for said in told if isinstance(said, Accepted)][-1] == "starter"


def test_it_is_asked_as_it_was_trained_whatever_the_profile_says_to_others() -> None:
    spare = FakeBackend([LITTLE_KNOWN])
    answered(brain(house(DOWN, spare)))
    system, question = spare.asked[0]
    assert system.content == profiles.shipped_only("embedded").router.text.system_prompt == starter.SYSTEM_PROMPT
    assert question.content.endswith(SKY)
    assert spare.sampling.temperature == 0.0
    assert spare.max_tokens is not None
    assert spare.max_tokens <= 128


def test_it_gives_way_as_soon_as_the_models_are_there() -> None:
    spare = FakeBackend([LITTLE_KNOWN])
    backends = house(DOWN, spare)
    mind = brain(backends)
    assert answered(mind).text == LITTLE_KNOWN
    backends["huge"].absent = None  # the same one for all of them
    done = answered(mind)
    assert done.route is not None
    assert done.route.model == "huge"
    assert len(spare.asked) == 1


@pytest.mark.parametrize(
    ("error", "how"),
    [
        (None, {"verify": "consensus"}),  # it would agree with itself
        (None, {"schema": {"type": "object"}}),
        (ModelFailed("It broke."), {}),  # an answer that went wrong is not mended by one who knows less
    ],
)
def test_what_is_beyond_it_is_told_as_before(error: ModelError | None, how: dict[str, Any]) -> None:
    spare = FakeBackend([LITTLE_KNOWN])
    with pytest.raises(HomebodyError):
        answered(brain(house(error or DOWN, spare)), **how)
    assert not spare.asked


def test_where_it_cannot_answer_either_the_reason_is_the_real_one() -> None:
    spare = FakeBackend(["I know nothing of this in your language."])
    with pytest.raises(ModelUnreachable) as caught:
        answered(brain(house(DOWN, spare)), "warum ist der himmel blau", language="de")
    assert caught.value.reason == "I can't answer that without a language model, and Ollama is not running."
    assert caught.value.remedy == "Start it with: ollama serve"


def test_status_names_it_only_while_it_stands_in_and_says_so_with_the_problem() -> None:
    backends = house(DOWN, FakeBackend([LITTLE_KNOWN]))
    mind = brain(backends)
    asyncio.run(mind.refresh())
    shown = {model["model"]: model["state"] for model in mind.state().models}
    assert shown["starter"] == "ready"
    assert shown["small"] == "unavailable"
    (problem,) = mind.state().problems
    assert problem.problem == "Ollama is not running. The starter model answers instead: it knows very little."
    backends["small"].absent = None
    asyncio.run(mind.refresh())
    assert "starter" not in {model["model"] for model in mind.state().models}
    assert not mind.state().problems


def test_a_profile_without_models_or_with_the_starter_among_its_own_has_no_stand_in() -> None:
    for options in (
        RouterOptions(text=TextModelOptions(backend="none")),
        RouterOptions(text=TextModelOptions(backend="ctranslate2", model="starter")),
        RouterOptions(purposes=Purposes(chat=PurposeOptions(models=("starter",)))),
    ):
        assert stand_in.added(options) is options
        assert stand_in.of(options) is None


def test_what_the_person_wrote_for_the_starter_in_another_profile_does_not_change_how_it_stands_in() -> None:
    options = RouterOptions(models={"starter": ModelOptions(budget_tokens=300)})
    assert stand_in.added(options).models["starter"] == stand_in.OPTIONS


@pytest.mark.models
def test_the_real_one_answers_for_a_server_that_is_not_there() -> None:
    async def main() -> str:
        options = stand_in.added(RouterOptions(text=TextModelOptions(base_url="http://127.0.0.1:9", model="small")))
        async with AsyncExitStack() as stack:
            mind = Brain(options, NoSkills(), NoSkills(), await opened(options, stack))
            last = (await messages(mind, SKY))[-1]
            assert isinstance(last, Done)
            return last.text

    assert "blue" in asyncio.run(main())
