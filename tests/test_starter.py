"""The starter talker: whole, honest, and served like any other model."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import msgspec
import pytest

from homebody import profile as profiles
from homebody import starter
from homebody.errors import NotCapable
from homebody.messages import Ask, Done, Payload, Token
from homebody.router.backends.opening import opened
from homebody.router.brain import Brain
from homebody.skill import Reply
from homebody.voice.speakable import speakable
from picture_lab import as_bytes, shape

MANIFEST = msgspec.json.decode((starter.talker() / "manifest.json").read_bytes())
LIMIT_BYTES = 12_000_000

# Put as nobody puts them in the training pairs.
TAUGHT = {
    "hey what's the capital city of france please": "Paris",
    "so uh who wrote romeo and juliet": "Shakespeare",
    "do you know how many legs a spider has": "eight",
    "tell me please what is the biggest planet": "Jupiter",
    "so tell me who are you": "homebody",
}
UNTAUGHT = (
    "who won the tour de france in nineteen eighty six",
    "what is the capital of vanuatu",
    "how do i fix the carburettor of a tractor",
    "what does defenestration mean",
    "tell me about the peace of westphalia",
)


class NoSkills:
    """So that the model answers everything."""

    def match(self, *arguments: Any, **rest: Any) -> list[Any]:
        return []

    async def run(self, name: str, *arguments: Any, **rest: Any) -> Reply:
        raise AssertionError(name)


def answers(questions: Sequence[str], *, session: str | None = None) -> list[str]:
    """What a fresh machine answers to each."""

    async def main() -> list[str]:
        options = profiles.load("embedded").router
        said = []
        async with AsyncExitStack() as stack:
            backends = await opened(options, stack)
            brain = Brain(options, NoSkills(), NoSkills(), backends)
            for number, question in enumerate(questions):
                ask = Ask(id=str(number), text=question, session=session or str(number))
                stream = await stack.enter_async_context(aclosing(brain.answer(ask, [], connection="c")))
                messages = [message async for message in stream]
                assert isinstance(messages[-1], Done)
                assert sum(isinstance(message, Token) for message in messages) > 1, "it streams"
                said.append(messages[-1].text)
        return said

    return asyncio.run(main())


def test_the_manifest_describes_the_files_that_are_there_and_no_others():
    files = {path.name: path for path in starter.talker().iterdir() if path.name != "manifest.json"}
    assert set(MANIFEST["files"]) == set(files)
    for name, said in MANIFEST["files"].items():
        content = files[name].read_bytes()
        assert (said["sha256"], said["size_bytes"]) == (hashlib.sha256(content).hexdigest(), len(content)), name


def test_the_manifest_says_when_and_by_what_it_was_made():
    assert {"date", "made_by", "recipe_revision", "steps", "parameters", "answers", "licence"} <= set(MANIFEST)
    assert 5_000_000 <= MANIFEST["parameters"] <= 10_000_000


def test_the_talker_is_small():
    assert sum(file["size_bytes"] for file in MANIFEST["files"].values()) <= LIMIT_BYTES


@pytest.mark.models
def test_a_fresh_machine_answers_what_its_model_was_taught():
    for (question, wanted), said in zip(TAUGHT.items(), answers(list(TAUGHT)), strict=True):
        assert wanted.lower() in said.lower(), (question, said)


@pytest.mark.models
def test_a_fresh_machine_says_that_it_does_not_know_the_rest():
    for question, said in zip(UNTAUGHT, answers(UNTAUGHT), strict=True):
        assert "only a starter model" in said, (question, said)


@pytest.mark.models
def test_what_was_said_before_does_not_disturb_it():
    said = answers(
        ["tell me about the peace of westphalia", "who are you", "what is the capital of france"], session="s"
    )
    assert "only a starter model" in said[0]
    assert "homebody" in said[1]
    assert "Paris" in said[2]


@pytest.mark.models
def test_its_answers_can_be_spoken_as_they_are():
    for said in answers([*TAUGHT, *UNTAUGHT[:1]]):
        assert speakable(said) == said


@pytest.mark.models
def test_a_picture_is_refused_for_what_it_is_and_not_for_its_size():
    picture = as_bytes(shape("circle"), "PNG")

    async def main() -> str:
        options = profiles.load("embedded").router
        async with AsyncExitStack() as stack:
            brain = Brain(options, NoSkills(), NoSkills(), await opened(options, stack))
            ask = Ask(id="a", text="what is this", payloads=(Payload("image", "image/png", len(picture)),))
            async with aclosing(brain.answer(ask, [picture], connection="c")) as messages:
                await anext(messages)  # who is to answer
                with pytest.raises(NotCapable) as caught:
                    await anext(messages)
            return caught.value.remedy

    assert "homebody setup" in asyncio.run(main())
