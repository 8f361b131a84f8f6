"""Answers are judged by what they say; nothing a model writes makes a checker raise."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench import checkers, text_tasks
from homebody.bench.checkers import agrees, bare, code, faults, holds, judged, last_numbers, last_of
from homebody.bench.tasks import Task, by_purpose
from homebody.options import RouterOptions

TOAST = "Fifty years of you, and still we laugh at the same jokes: to many more of them, my dear friend, and to you!"
ALL = [(purpose, task) for purpose, tasks in by_purpose().items() for task in tasks]
TASK = {task.id: task for _, task in ALL}


def test_there_are_more_than_sixty_tasks_of_nine_kinds_each_with_a_check_and_a_name_of_its_own():
    assert len(ALL) > 60
    assert len(by_purpose()) == 9
    assert len(TASK) == len(ALL)
    for _, task in ALL:
        assert faults(task, "") == ["it is empty"]
        assert faults(task, "zzz qqq"), task.id  # nothing passes for want of a check


@pytest.mark.parametrize(
    ("id", "right", "wrong"),
    [
        ("train", "60 x 2.5 = 150. So it gets **150** miles far.", "150 at first. But then it is 120 miles."),
        ("train", "One hundred and fifty miles.", "It takes 2.5 hours."),
        ("bat-and-ball", "So the ball costs 5 cents.", "So the ball costs 10 cents."),
        ("wet", "If it had rained it would be wet. No.", "No, wait. Yes."),
        ("youngest", "Anna is oldest, so the youngest is Carl.", "Carl is younger than Anna."),
        ("australia", "It is Canberra.", "It is Sydney."),
        ("gold", "Its symbol is Au.", "Auriferous."),
        ("unknowable", "I don’t know that.", "Bob won it."),
        ("haiku", "rain on the gutter\nthe maple lets go at last\nof its only red", "one line"),
        ("names", "Ash, Smoke, Pearl, Dusty, Pewter", "Ash, Smoke"),
        ("toast", TOAST,
         f"You are old now. {TOAST}"),
        ("person", '```json\n{"name": "Maria", "age": 34, "extra": 1}\n```', '{"name": "Maria", "age": "34"}'),
        ("booking", 'Sure: {"city": "Oslo", "nights": 3, "breakfast": true}', '{"city": "Oslo", "nights": 3}'),
        ("planets", '["Mercury", "Venus", "Earth", "Mars"]', '["Mercury", "Venus", "Earth"]'),
        ("sentiment", "Negative.", "It is rather negative, I think."),
        ("csv", "name,price\ntea,3\ncoffee,4", "tea,3\ncoffee,4"),
        ("sql", "```sql\nSELECT COUNT(*) FROM users;\n```", "SELECT * FROM users"),
        ("morning", "Good morning! I am well, thank you. How are you?", "As an AI I have no feelings this morning."),
        ("long-day", "I am sorry to hear that, rest well tonight.", "Rest well.\n\n1. Drink water.\n2. Sleep early."),
        ("german-answer", "Das Sonnenlicht wird gestreut, das blaue am meisten.", "The light is scattered."),
    ],
)  # fmt: skip
def test_a_right_answer_passes_and_a_wrong_one_does_not(id, right, wrong):
    assert faults(TASK[id], right) == []
    assert faults(TASK[id], wrong)


@given(st.text(), st.sampled_from([task for _, task in ALL]))
def test_no_answer_makes_a_checker_raise(answer, task):
    assert all(isinstance(fault, str) and fault for fault in faults(task, answer))


@given(st.integers(-(10**9), 10**9), st.sampled_from(["{}", "So it is {}.", "First 3.\n\nSo: **{}**", "{} apples"]))
def test_a_whole_number_is_found_however_it_is_written(value, sentence):
    assert value in last_numbers(sentence.format(value))
    assert value in last_numbers(sentence.format(f"{value:,}"))


@given(st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)))
def test_a_decimal_is_found(value):
    assert any(abs(found - value) < 1e-9 for found in last_numbers(f"That makes {value:.3f} in all."))


def test_only_the_last_sentence_with_a_number_counts():
    assert last_numbers("It is 7. No, it is 8! Surely.") == [8.0, 8.0]
    assert last_numbers("nothing") == []


WORD = st.text("abcdefgh", min_size=1, max_size=6)


@given(st.lists(WORD, min_size=1, max_size=6), WORD)
def test_whole_words_are_held_and_parts_of_words_are_not(words, word):
    assert holds(" ".join(words), word) == (word in words)
    assert holds(" ".join(words).upper(), word) == (word in words)


@given(st.lists(WORD, max_size=8), st.lists(WORD, min_size=1, max_size=3, unique=True))
def test_the_choice_is_the_one_named_last(words, choices):
    named = [word for word in words if word in choices]
    assert last_of(" ".join(words), choices) == (named[-1] if named else None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4), st.dictionaries(st.text("xyz", max_size=2), JSON))
def test_more_keys_than_wanted_do_no_harm_and_fewer_do(wanted, more):
    assert agrees({**more, **wanted}, wanted)
    for name in wanted:
        assert not agrees({key: value for key, value in wanted.items() if key != name}, wanted)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(), min_size=1))
def test_json_is_found_bare_fenced_and_in_a_sentence(value):
    text = json.dumps(value)
    for said in (text, f"```json\n{text}\n```", f"Here you are: {text} Good luck."):
        assert json.loads(bare(said)) == value


def test_true_is_not_one():
    assert not agrees(1, True)
    assert not agrees(True, 1)


def test_code_is_taken_from_the_fences_that_say_python():
    assert code("Like this:\n```python\nx = 1\n```\nRun:\n```sh\nls\n```") == "x = 1\n"
    assert code("def f():\n    return 1") == "def f():\n    return 1"
    assert code("I cannot do that.") is None
    assert code("```\nx = 1") == "x = 1"


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ('{"score": 4}', 4),
        ("Score: 5", 5),
        ('{"score": 9}', None),
        ("4.5 score", None),
        ("score 3.5", None),
        ("", None),
    ],
)
def test_a_judge_is_read_only_where_it_gives_a_score(said, score):
    assert judged(said) == score


def test_every_task_fits_its_prompt_in_every_strategy():
    for purpose, task in ALL:
        for strategy in (None, *text_tasks.STRATEGIES):
            messages = text_tasks.messages(RouterOptions(), "qwen2.5:1.5b", purpose, task, strategy)
            assert messages[-1].content.endswith(task.text)


@pytest.mark.processes
def test_code_that_is_right_passes_and_code_that_is_wrong_says_why():
    task = TASK["fibonacci"]
    right = (
        "```python\ndef fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n```"
    )
    assert asyncio.run(text_tasks.verdict(task, right)) == ""
    wrong = asyncio.run(text_tasks.verdict(task, "```python\ndef fib(n):\n    return n\n```"))
    assert wrong == "its code failed: AssertionError"
    assert asyncio.run(text_tasks.verdict(task, "Use recursion.")) == "it has no Python"


def test_a_very_long_answer_is_cut_before_patterns_see_it():
    assert faults(Task(id="x", text="", matches="(a|a)*b"), "c" * 10**6) == ["it has another form"]
    assert checkers.CHARS_LIMIT < 10**5
