from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import ProfileError, UsageError
from homebody.options import ModelOptions, RouterOptions, TextModelOptions
from homebody.router import prompt_templates, prompts
from homebody.router.backends import ChatMessage
from homebody.router.prompt_templates import Example, Template
from homebody.router.prompts import answer_tokens, budget_tokens, estimated_tokens, num_ctx, parameters_billions
from homebody.router.session import Exchange

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 11, 21, 20, 15, tzinfo=dt.UTC)
OWLS = Exchange("what do owls eat", "Mice, mostly.")
PLAIN = Template()


def chat(history: list[Exchange], text: str, **rest: Any) -> list[ChatMessage]:
    given: dict[str, Any] = {"template": PLAIN, "now": NOON, "budget": 512, "max_tokens": 100} | rest
    return prompts.chat("You are homebody.", given.pop("template"), history, text, **given)


def test_the_system_prompt_comes_first_then_the_conversation_then_the_question() -> None:
    assert chat([OWLS], "and at night") == [
        ChatMessage("system", "You are homebody."),
        ChatMessage("user", "what do owls eat"),
        ChatMessage("assistant", "Mice, mostly."),
        ChatMessage("user", "[Saturday, 21 November 2026, 12:00]\nand at night"),
    ]


def test_a_templates_instructions_follow_the_system_prompt_and_its_examples_precede_the_conversation() -> None:
    template = Template(system="Be exact.\n", examples=(Example("why", "Because."),))
    assert [m.content for m in chat([OWLS], "and bats", template=template)[:-1]] == [
        "You are homebody.\n\nBe exact.",
        "why",
        "Because.",
        "what do owls eat",
        "Mice, mostly.",
    ]
    alone = chat([], "and bats", template=Template(persona=False, system="Be exact."))
    assert alone[0].content == "Be exact."


def test_the_language_to_answer_in_stands_with_what_changes() -> None:
    messages = chat([OWLS], "und nachts", language="de")
    assert messages[-1].content == "[Saturday, 21 November 2026, 12:00. Answer in German.]\nund nachts"
    assert messages[:-1] == chat([OWLS], "und nachts")[:-1]


def test_all_but_the_last_message_stay_byte_for_byte_while_time_passes() -> None:
    early, late = chat([OWLS], "and at night"), chat([OWLS], "and by day", now=EVENING)
    assert early[:-1] == late[:-1]
    assert early[-1] != late[-1]


def test_the_oldest_exchanges_are_left_out_whole_when_the_budget_is_spent() -> None:
    history = [Exchange(f"question {n} " + "x" * 200, f"answer {n} " + "y" * 200) for n in range(10)]
    messages = chat(history, "hello")
    kept = messages[1:-1]
    assert [m.role for m in kept] == ["user", "assistant"] * (len(kept) // 2)
    assert 2 <= len(kept) < 20
    assert kept[-1].content == history[-1].reply
    assert kept[0].content == history[10 - len(kept) // 2].heard


def test_a_question_longer_than_the_budget_is_refused_and_not_cut() -> None:
    with pytest.raises(UsageError, match="too long") as caught:
        chat([], "x" * 4000)
    assert caught.value.remedy


def test_examples_make_room_for_a_long_question() -> None:
    template = Template(examples=(Example("why " * 100, "Because."),))
    assert len(chat([], "x" * 1200, template=template)) == 2


def test_the_answer_never_claims_more_than_half_of_the_budget() -> None:
    assert answer_tokens(4096, 200) == 200
    assert answer_tokens(512, 100_000) == 256


def test_small_models_get_3500_tokens_and_others_all_of_their_context() -> None:
    def budget(model: str, **own: int) -> int:
        options = RouterOptions(text=TextModelOptions(num_ctx=4096), models={model: ModelOptions(**own)})
        return budget_tokens(options, model)

    assert budget("qwen2.5:1.5b") == budget("deepseek-r1:1.5b") == 3500
    assert budget("llama3.2:3b") == budget("mystery") == 4096
    assert budget("qwen2.5:1.5b", budget_tokens=3000) == 3000
    assert budget("qwen2.5:1.5b", num_ctx=2048) == 2048
    assert budget("mystery", num_ctx=8192) == 8192


def test_a_models_own_context_is_used_for_it_alone() -> None:
    options = RouterOptions(models={"llama3.2:3b": ModelOptions(num_ctx=8192)})
    assert (num_ctx(options, "llama3.2:3b"), num_ctx(options, "qwen2.5:1.5b")) == (8192, 4096)


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("qwen2.5:1.5b", 1.5),
        ("qwen2.5:1.5b-instruct-q4_K_M", 1.5),
        ("llama3.2:3b", 3),
        ("smollm2-360m", 0.36),
        ("hf.co/bartowski/DeepSeek-R1-Distill-Qwen-1.5B-GGUF:Q8_0", 1.5),
        ("llama3.2-custom", None),
        ("qwen2.5", None),
    ],
)
def test_the_size_of_a_model_is_in_its_name(name: str, billions: float | None) -> None:
    assert parameters_billions(name) == billions


@pytest.mark.parametrize("name", prompt_templates.names())
def test_every_shipped_template_loads_and_stays_small(name: str) -> None:
    template = prompt_templates.load(name)
    spent = estimated_tokens(template.system) + sum(estimated_tokens(e.heard + e.reply) for e in template.examples)
    assert spent < 300


def test_an_unknown_template_is_refused_with_those_there_are() -> None:
    with pytest.raises(ProfileError, match="pirate") as caught:
        prompt_templates.load("pirate")
    assert "step_by_step" in caught.value.remedy


def test_scripts_with_long_bytes_count_for_more_than_letters() -> None:
    assert estimated_tokens("猫" * 40) > estimated_tokens("x" * 40)


words = st.text(max_size=300)


@given(
    st.lists(st.tuples(words, words), max_size=20),
    words,
    st.integers(512, 2048),
    st.sampled_from(prompt_templates.names()),
)
def test_a_prompt_fits_its_budget_and_keeps_the_newest_exchanges(
    pairs: list[tuple[str, str]], text: str, budget: int, name: str
) -> None:
    template = prompt_templates.load(name)
    history = [Exchange(heard, reply) for heard, reply in pairs]
    try:
        messages = chat(history, text, budget=budget, template=template)
    except UsageError:
        assert estimated_tokens(text) > budget - 100 - 250
        return
    assert sum(estimated_tokens(m.content) for m in messages) + 100 <= budget
    assert messages[-1].content.endswith(text)
    said = [Exchange(a.content, b.content) for a, b in zip(messages[1:-1:2], messages[2:-1:2], strict=True)]
    examples = [Exchange(e.heard, e.reply) for e in template.examples]
    kept = said[len(examples) :] if said[: len(examples)] == examples else said
    assert kept == history[len(history) - len(kept) :]
