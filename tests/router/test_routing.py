from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from homebody.messages import Route
from homebody.options import VISION_MODELS, PurposeOptions, Purposes, RouterOptions, TextModelOptions
from homebody.router.purpose import IMAGE_PURPOSES, PURPOSES, Decision
from homebody.router.routing import ladder, models, no_eyes, options_for, purposes, routes


@dataclass
class Match:
    skill: str
    slots: dict[str, Any] = field(default_factory=dict)
    language: str = "en"


OPTIONS = RouterOptions(
    text=TextModelOptions(model="llama3.2:3b", temperature=0.6, max_tokens=150),
    purposes=Purposes(reasoning=PurposeOptions(models=("deepseek-r1:1.5b", "llama3.2:3b"), temperature=0.3)),
)
MODEL = Route(kind="model", model="llama3.2:3b", purpose="chat", engine="ollama")
CHAT = Decision("chat", "en")


def test_words_that_no_skill_knows_go_to_the_model() -> None:
    assert routes([], OPTIONS, CHAT) == [MODEL]


def test_skills_come_first_in_the_order_of_their_matches_and_the_model_last() -> None:
    found = routes([Match("timer_set", {"seconds": 300}), Match("clock")], OPTIONS, CHAT)
    assert found == [
        Route(kind="skill", name="timer_set", slots={"seconds": 300}),
        Route(kind="skill", name="clock"),
        MODEL,
    ]


def test_a_purpose_goes_down_its_own_ladder_and_ends_at_the_profiles_model() -> None:
    assert [route.model for route in routes([], OPTIONS, Decision("reasoning", "en"))] == [
        "deepseek-r1:1.5b",
        "llama3.2:3b",
    ]
    assert {route.purpose for route in routes([], OPTIONS, Decision("reasoning", "en"))} == {"reasoning"}


def test_an_order_reaches_skills_and_no_model_that_could_only_claim_to_have_done_it() -> None:
    order = Decision("chat", "en", order=True)
    assert routes([], OPTIONS, order) == [Route(kind="router", name="no_skill", purpose="chat")]
    assert [route.kind for route in routes([Match("lamp")], OPTIONS, order)] == ["skill", "router"]
    assert {route.kind for route in routes([], OPTIONS, order, can_look=True)} == {"model"}


def test_a_question_for_live_data_reaches_no_model_but_may_reach_a_skill() -> None:
    live = Decision("knowledge", "en", live=True)
    assert routes([], OPTIONS, live) == [Route(kind="router", name="no_live_data", purpose="knowledge")]
    assert [route.kind for route in routes([Match("weather")], OPTIONS, live)] == ["skill", "router"]


def test_what_a_purpose_leaves_out_is_the_usual_and_then_the_profiles() -> None:
    chat, reasoning = options_for(OPTIONS, "chat"), options_for(OPTIONS, "reasoning")
    assert (chat.temperature, chat.top_p, chat.max_tokens) == (0.6, 0.9, 150)
    assert (reasoning.temperature, reasoning.max_tokens, reasoning.think) == (0.3, 1200, True)
    assert reasoning.template == "step_by_step"


def test_a_purpose_may_be_colder_than_anything() -> None:
    options = RouterOptions(purposes=Purposes(code=PurposeOptions(temperature=0.0, top_p=0.0)))
    assert (options_for(options, "code").temperature, options_for(options, "code").top_p) == (0.0, 0.0)


def test_the_models_of_a_profile_are_named_once_with_their_purposes() -> None:
    named = models(OPTIONS)
    assert list(named) == ["llama3.2:3b", "deepseek-r1:1.5b", *VISION_MODELS]
    assert named["deepseek-r1:1.5b"] == ("reasoning",)
    assert set(named["llama3.2:3b"]) == set(purposes())


def test_images_go_to_models_with_eyes_by_size_and_never_to_one_that_only_thinks() -> None:
    rungs = ladder(OPTIONS, "image_detailed")
    assert rungs == (*VISION_MODELS, "llama3.2:3b")
    assert all(model.endswith("-instruct") for model in VISION_MODELS)  # the plain tags are the thinking ones


def test_a_ladder_for_images_is_replaced_by_the_profiles_and_other_engines_have_none_of_their_own() -> None:
    named = RouterOptions(purposes=Purposes(image_quick=PurposeOptions(models=("blip",))))
    assert ladder(named, "image_quick") == ("blip", named.text.model)
    server = RouterOptions(text=TextModelOptions(backend="openai", model="seeing"))
    assert ladder(server, "image_quick") == ("seeing",)


def test_no_skill_looks_at_an_image() -> None:
    assert {route.kind for route in routes([Match("clock")], OPTIONS, Decision("image_quick", "en"))} == {"model"}


def test_where_nothing_can_see_the_remedy_names_what_would() -> None:
    assert "ollama pull qwen3-vl:4b-instruct" in no_eyes(ladder(OPTIONS, "image_quick")).remedy
    assert "router.purposes" in no_eyes(("seeing",)).remedy


def test_the_profile_and_the_classifier_know_the_same_purposes() -> None:
    assert set(purposes()) == {*PURPOSES, *IMAGE_PURPOSES}


NAMES = st.sampled_from(["a", "b", "c", "llama3.2:3b"])


@given(st.lists(NAMES, max_size=6), st.sampled_from(purposes()), st.booleans())
def test_no_ladder_is_empty_or_names_a_model_twice(named: list[str], purpose: str, live: bool) -> None:
    chosen = Purposes(**{purpose: PurposeOptions(models=tuple(named))})
    options = RouterOptions(text=TextModelOptions(model="llama3.2:3b"), purposes=chosen)
    rungs = ladder(options, purpose)
    assert len(set(rungs)) == len(rungs)
    usual = VISION_MODELS if purpose in IMAGE_PURPOSES and not named else ()
    assert set(rungs) == {*named, *usual, "llama3.2:3b"}
    assert routes([], options, Decision(purpose, "en", live=live))
