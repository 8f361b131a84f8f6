"""`homebody ask`: what was typed wrongly is the person's to mend, and is said before anything is started."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from homebody import cli, codec
from homebody.errors import BadImage, RemoteFailure, UsageError
from homebody.message_parts import Step
from homebody.messages import TEXT_LIMIT_CHARS, Accepted, Done, Failed, Retry, Route, Token
from homebody.options import Purposes


@pytest.mark.parametrize(
    ("arguments", "reason", "remedy"),
    [
        (["--purpose", "cooking", "hello"], "There is no purpose cooking.", "Choose one of: chat, "),
        ([""], "There are no words in that.", "homebody ask"),
        (["  ", "\t"], "There are no words in that.", "homebody ask"),
        (["x" * (TEXT_LIMIT_CHARS + 1)], f"The text has {TEXT_LIMIT_CHARS + 1} characters", "Shorten it."),
        (["--key", "a.key", "hello"], "A key goes with an endpoint.", "--endpoint"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_started(arguments, reason, remedy, monkeypatch, capsys):
    monkeypatch.setattr(asyncio, "run", lambda work: pytest.fail("something was started"))
    assert cli.main(["ask", *arguments]) == 64
    error = capsys.readouterr().err
    assert reason in error
    assert remedy in error


def test_the_remedy_for_an_unknown_purpose_names_all_there_are(capsys):
    assert cli.main(["ask", "--purpose", "x", "hello"]) == 64
    assert "Choose one of: " + ", ".join(Purposes.__struct_fields__) + "." in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "--model", "gpt", "hello"],
        ["ask", "--verify=three", "hello"],
        ["ask", "--deadline", "soon", "x"],
        ["aks"],
    ],
)
def test_what_click_refuses_has_the_same_status_as_what_we_refuse(arguments, capsys):
    assert cli.main(arguments) == 64
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("bad_message", UsageError.exit_code),
        ("too_large", UsageError.exit_code),
        ("bad_image", BadImage.exit_code),
        ("busy", 75),
        ("deadline", 75),
        ("not_allowed", 77),
        ("no_model", 69),
        ("capability", 69),
        ("a_code_of_next_year", 69),
    ],
)
def test_what_the_router_refuses_ends_with_the_status_of_whose_failure_it_is(code, status):
    error = codec.failure(Failed(id="1", code=code, reason="It failed.", remedy=""))
    assert isinstance(error, RemoteFailure)
    assert error.exit_code == status
    assert RemoteFailure.exit_code == 69


def test_json_names_who_really_answered_and_not_who_was_asked_first(monkeypatch, capsys):
    first = Route(kind="chain", name="vision_reasoning", steps=(Step(model="seeing"), Step(model="missing")))
    really = Route(kind="chain", name="vision_reasoning", steps=(Step(model="seeing"), Step(model="thinking")))

    class Client:
        async def ask(self, text, **how):
            yield Accepted(id="1", route=first)
            yield Token(id="1", seq=0, text="Owls.")
            yield Done(id="1", route=really, text="Owls.")

    @asynccontextmanager
    async def reached(router, name):
        yield Client(), False

    monkeypatch.setattr("homebody.cli.ask.reached", reached)
    assert cli.main(["ask", "--json", "why is he laughing"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [step["model"] for step in told["route"]["steps"]] == ["seeing", "thinking"]
    assert told["said"] == "Owls."


@pytest.mark.parametrize(
    ("skill", "private", "warned"),
    [
        ("timer_set", True, True),
        ("alarm_set", True, True),
        ("reminder_set", True, True),
        ("reminder_answer", True, True),
        ("reminder_correct", True, True),
        ("timer_change", True, True),
        ("clock", True, False),
        ("alarm_set", False, False),
    ],
)
def test_what_nothing_could_ring_for_is_told(skill, private, warned, monkeypatch, capsys):
    class Client:
        async def ask(self, text, **how):
            yield Done(id="1", route=Route(kind="skill", name=skill), text="Done.")

    @asynccontextmanager
    async def reached(router, name):
        yield Client(), private

    monkeypatch.setattr("homebody.cli.ask.reached", reached)
    assert cli.main(["ask", "wake me in thirty minutes"]) == 0
    assert ("Nothing is running that could ring" in capsys.readouterr().err) is warned


def test_the_starter_says_for_whom_it_stood_in(monkeypatch, capsys):
    class Client:
        async def ask(self, text, **how):
            retries = (Retry(model="qwen2.5:1.5b", reason="no_model"),)
            yield Done(id="1", route=Route(kind="model", model="starter"), text="Blue.", retries=retries)

    @asynccontextmanager
    async def reached(router, name):
        yield Client(), True

    monkeypatch.setattr("homebody.cli.ask.reached", reached)
    assert cli.main(["ask", "why is the sky blue"]) == 0
    assert "qwen2.5:1.5b is not there" in capsys.readouterr().err
