from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from homebody.messages import Route
from homebody.profile import TextModelOptions
from homebody.router.routing import routes


@dataclass
class Match:
    skill: str
    slots: dict[str, Any] = field(default_factory=dict)


MODEL = Route(kind="model", model="llama3.2:3b", purpose="chat", engine="ollama")
OPTIONS = TextModelOptions(model="llama3.2:3b")


def test_words_that_no_skill_knows_go_to_the_model() -> None:
    assert routes([], OPTIONS) == [MODEL]


def test_skills_come_first_in_the_order_of_their_matches_and_the_model_last() -> None:
    found = routes([Match("timer_set", {"seconds": 300}), Match("clock")], OPTIONS)
    assert found == [
        Route(kind="skill", name="timer_set", slots={"seconds": 300}),
        Route(kind="skill", name="clock"),
        MODEL,
    ]


def test_the_purpose_that_was_asked_for_is_in_the_models_route() -> None:
    (route,) = routes([], OPTIONS, purpose="code")
    assert route.purpose == "code"
