"""Which answers are given again, and that they are bounded and forgotten in time."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.answer_cache import AnswerCache, image_key, key
from homebody.router.memory import Memory
from homebody.router.stand_alone import PURPOSES, normalised, stands_alone

NEVER = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "never_cached.jsonl").read_text("utf-8").splitlines()
]
NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
ALONE = (
    "how tall is mount everest",
    "who wrote romeo and juliet",
    "why is the sky blue",
    "what is the capital of france",
    "how many teaspoons are in a tablespoon",
    "quelle est la capitale de l'australie",
    "warum schnurren katzen",
    "dlaczego koty mruczą",
    "cuántos habitantes tiene méxico",
    "chi era leonardo da vinci",
    "quantos ossos tem o corpo humano",
    "waarom is de lucht blauw",
    "translate good night to italian",
    "what is a closure in python",
)


@pytest.mark.parametrize("row", NEVER, ids=lambda row: row["question"])
def test_a_question_that_is_personal_or_about_now_or_refers_back_is_never_kept(row: dict[str, str]) -> None:
    assert not any(stands_alone(row["question"], purpose) for purpose in PURPOSES)


def test_there_are_at_least_sixty_questions_that_are_never_kept() -> None:
    kinds = Counter(row["why"] for row in NEVER)
    assert kinds["personal"] + kinds["time"] >= 60
    assert kinds["refers"] >= 15


@pytest.mark.parametrize("question", ALONE)
def test_a_question_of_general_knowledge_stands_alone_but_not_for_chat_and_stories(question: str) -> None:
    assert any(stands_alone(question, purpose) for purpose in PURPOSES)
    assert not stands_alone(question, "chat")
    assert not stands_alone(question, "creative")


@given(st.sampled_from(ALONE), st.sampled_from(["my", "your", "today", "now", "yesterday", "her", "it", "meine", "ma"]),
       st.integers(0, 20))  # fmt: skip
def test_one_personal_or_pointing_word_anywhere_is_enough(question: str, word: str, at: int) -> None:
    words = question.split()
    words.insert(min(at, len(words)), word)
    assert not stands_alone(" ".join(words), "knowledge")


@given(
    st.sampled_from([row["question"] for row in NEVER]), st.sampled_from(["{}?", "Please {}", "  {} ", "{}, please!"])
)
def test_courtesy_and_marks_make_no_question_stand_alone(question: str, form: str) -> None:
    assert not stands_alone(form.format(question.title()), "knowledge")


@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_questions_that_differ_in_what_matters_have_other_keys() -> None:
    base = {"language": "en", "purpose": "knowledge", "model": "owl", "digest": "d1"}
    assert key("How tall is Mount Everest?", **base) == key("hey, how tall is  mount everest please", **base)
    others = [
        key("how tall is k2", **base),
        key("what is 3.5 times 2", **base),
        key("what is 35 times 2", **base),
        *(key("how tall is mount everest", **base | {name: "x"}) for name in base),
        image_key([b"one"], "how tall is mount everest", model="owl", digest="d1"),
        image_key([b"two"], "how tall is mount everest", model="owl", digest="d1"),
        image_key([b"two"], "What is this?", model="owl", digest="d1"),
        image_key([b"two"], "What is this?", model="owl", digest="d2"),
    ]
    assert len({*others, key("how tall is mount everest", **base)}) == len(others) + 1


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path) as memory:
        yield memory


def test_an_answer_is_given_again_until_it_goes_out_of_date_one_about_a_picture_for_good(memory: Memory) -> None:
    cache = AnswerCache(memory.database, ttl_s=60, entries=10)
    cache.put("text", "Paris.", "d1", NOON)
    cache.put("image", "A cat.", "d1", NOON, lasts=True)
    known = cache.get("text", NOON + dt.timedelta(seconds=59))
    assert known
    assert (known.text, known.digest, known.at) == ("Paris.", "d1", NOON)
    later = NOON + dt.timedelta(days=999)
    assert cache.get("text", later) is None
    assert cache.get("image", later)


def test_the_ones_unused_for_longest_make_room(memory: Memory) -> None:
    cache = AnswerCache(memory.database, ttl_s=60, entries=3)
    for number in range(3):
        cache.put(f"k{number}", "x", "d", NOON + dt.timedelta(seconds=number))
    cache.used("k0", NOON + dt.timedelta(seconds=5))
    cache.put("k3", "x", "d", NOON + dt.timedelta(seconds=6))
    assert [bool(cache.get(f"k{n}", NOON)) for n in range(4)] == [True, False, True, True]


def test_it_survives_a_restart_and_keeps_nothing_empty_nothing_huge_and_nothing_when_it_is_off(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        AnswerCache(memory.database, ttl_s=60, entries=9).put("k", "Paris.", "d", NOON)
        AnswerCache(memory.database, ttl_s=60, entries=0).put("off", "Paris.", "d", NOON)
        AnswerCache(memory.database, ttl_s=60, entries=9).put("empty", " ", "d", NOON)
        AnswerCache(memory.database, ttl_s=60, entries=9).put("huge", "x" * 9000, "d", NOON)
    with Memory(tmp_path) as memory:
        cache = AnswerCache(memory.database, ttl_s=60, entries=9)
        assert [bool(cache.get(k, NOON)) for k in ("k", "off", "empty", "huge")] == [True, False, False, False]
