from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import UsageError
from homebody.profile import TextModelOptions
from homebody.router.backends import ChatMessage
from homebody.router.prompts import answer_tokens, chat, estimated_tokens
from homebody.router.session import Exchange

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 11, 21, 20, 15, tzinfo=dt.UTC)
OPTIONS = TextModelOptions(system_prompt="You are homebody.", num_ctx=512)
OWLS = Exchange("what do owls eat", "Mice, mostly.")


def test_the_system_prompt_comes_first_then_the_conversation_then_the_question() -> None:
    assert chat(OPTIONS, [OWLS], "and at night", now=NOON, max_tokens=100) == [
        ChatMessage("system", "You are homebody."),
        ChatMessage("user", "what do owls eat"),
        ChatMessage("assistant", "Mice, mostly."),
        ChatMessage("user", "[Saturday, 21 November 2026, 12:00]\nand at night"),
    ]


def test_all_but_the_last_message_stay_byte_for_byte_while_time_passes() -> None:
    early = chat(OPTIONS, [OWLS], "and at night", now=NOON, max_tokens=100)
    late = chat(OPTIONS, [OWLS], "and by day", now=EVENING, max_tokens=100)
    assert early[:-1] == late[:-1]
    assert early[-1] != late[-1]


def test_the_oldest_exchanges_are_left_out_whole_when_the_context_is_full() -> None:
    history = [Exchange(f"question {n} " + "x" * 200, f"answer {n} " + "y" * 200) for n in range(10)]
    messages = chat(OPTIONS, history, "hello", now=NOON, max_tokens=100)
    kept = messages[1:-1]
    assert [m.role for m in kept] == ["user", "assistant"] * (len(kept) // 2)
    assert 2 <= len(kept) < 20
    assert kept[-1].content == history[-1].reply
    assert kept[0].content == history[10 - len(kept) // 2].heard


def test_a_question_longer_than_the_context_is_refused_and_not_cut() -> None:
    with pytest.raises(UsageError, match="too long") as caught:
        chat(OPTIONS, [], "x" * 4000, now=NOON, max_tokens=100)
    assert caught.value.remedy


def test_the_answer_never_claims_more_than_half_of_the_context() -> None:
    assert answer_tokens(TextModelOptions(num_ctx=4096, max_tokens=200)) == 200
    assert answer_tokens(TextModelOptions(num_ctx=4096, max_tokens=200), 50) == 50
    assert answer_tokens(TextModelOptions(num_ctx=512, max_tokens=200), 100_000) == 256


def test_scripts_with_long_bytes_count_for_more_than_letters() -> None:
    assert estimated_tokens("猫" * 40) > estimated_tokens("x" * 40)


words = st.text(max_size=300)


@given(st.lists(st.tuples(words, words), max_size=20), words, st.integers(512, 2048))
def test_a_prompt_fits_its_context_and_keeps_the_newest_exchanges(
    pairs: list[tuple[str, str]], text: str, num_ctx: int
) -> None:
    options = TextModelOptions(system_prompt="You are homebody.", num_ctx=num_ctx)
    history = [Exchange(heard, reply) for heard, reply in pairs]
    try:
        messages = chat(options, history, text, now=NOON, max_tokens=100)
    except UsageError:
        assert estimated_tokens(text) > num_ctx - 200
        return
    assert sum(estimated_tokens(m.content) for m in messages) + 100 <= num_ctx
    assert messages[0] == ChatMessage("system", options.system_prompt)
    assert messages[-1].content.endswith(text)
    kept = [Exchange(a.content, b.content) for a, b in zip(messages[1:-1:2], messages[2:-1:2], strict=True)]
    assert kept == history[len(history) - len(kept) :]
