"""What the talker is trained on: nothing that is kept out, and nothing taught under the name of untaught."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dataset
import frames
import phrasing

PAIRS = dataset.read_pairs()
DATA = dataset.split(PAIRS)
FURTHER = [("how does a fridge work", "knowledge"), ("what is the capital of france", "knowledge")]
SOURCE = dataset.Source(DATA, random.Random(0), FURTHER)
UNTAUGHT = dataset.lines("untaught_held_out.txt")
SEEDS = st.integers(0, 2**32)


def test_the_pairs_are_short_enough_to_be_spoken_and_there_are_many():
    assert len(PAIRS) > 1500
    assert max(len(pair.answer) for pair in PAIRS) < 240
    assert all(pair.questions and pair.answer and pair.topic and pair.purpose for pair in PAIRS)


def test_no_phrasing_is_both_learned_and_kept_out():
    learned = {phrasing.normal(question) for pair in DATA.pairs for question in pair.questions}
    kept_out = {phrasing.normal(question) for question, _ in DATA.held_out}
    both = {q for q in learned & kept_out if len(dataset.accepted_answers(PAIRS)[q]) == 1}
    assert not both
    assert len(DATA.held_out) > 500


def test_the_split_is_the_same_each_time():
    assert dataset.split(PAIRS) == DATA


def test_two_hundred_questions_are_kept_to_judge_honesty_and_none_of_them_is_taught():
    taught = dataset.accepted_answers(PAIRS)
    assert len(set(UNTAUGHT)) == 200
    assert not [question for question in UNTAUGHT if phrasing.normal(question) in taught]


@given(SEEDS)
def test_what_is_kept_out_never_comes_up_in_training(seed):
    SOURCE.reseed(random.Random(seed))
    never = {phrasing.normal(question) for question, _ in DATA.held_out} | set(map(phrasing.normal, UNTAUGHT))
    assert not [said for said in (SOURCE.any() for _ in range(20)) if phrasing.normal(said.question) in never]


@given(SEEDS)
def test_a_taught_question_gets_an_answer_of_a_pair_and_an_untaught_one_a_refusal(seed):
    SOURCE.reseed(random.Random(seed))
    answers = {pair.answer for pair in PAIRS}
    assert SOURCE.taught().answer in answers
    assert SOURCE.untaught().answer in dataset.REFUSALS


@given(SEEDS)
def test_the_same_seed_gives_the_same_questions(seed):
    SOURCE.reseed(random.Random(seed))
    first = [SOURCE.any() for _ in range(5)]
    SOURCE.reseed(random.Random(seed))
    assert [SOURCE.any() for _ in range(5)] == first


def test_a_question_that_others_wrote_is_refused_only_where_it_is_not_taught():
    asked = {question for question, _ in SOURCE._further}
    assert asked == {"how does a fridge work"}


def test_every_refusal_says_what_it_is():
    assert all("only a starter model" in refusal for refusal in dataset.REFUSALS)


@given(st.text(max_size=60))
def test_the_normal_form_is_its_own_normal_form(text):
    assert phrasing.normal(phrasing.normal(text)) == phrasing.normal(text)


@given(st.sampled_from(sorted(dataset.accepted_answers(PAIRS))), SEEDS)
def test_however_a_question_is_put_words_are_left(question, seed):
    rng = random.Random(seed)
    for way in (phrasing.another_way, phrasing.misheard, phrasing.written):
        assert phrasing.normal(way(question, rng))


@pytest.mark.parametrize("path", sorted((dataset.HERE / "pairs").glob("*.jsonl")), ids=lambda path: path.name)
def test_answers_are_plain_sentences(path: Path):
    for line in path.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)["a"]
        assert re.search(r"[.!?]\"?$", answer), answer
        assert not re.search(r"[*_#`<>|\[\]{}]", answer), answer


def test_what_two_pairs_agree_on_is_a_way_of_asking_a_third():
    rules = frames.learned([["what does brave mean", "define brave"], ["what does shy mean", "Define shy."], ["x"]])
    assert ("define calm", 2) in frames.reworded("What does calm mean?", rules)
    assert frames.reworded("what does he do", rules) == []


def test_what_one_pair_alone_does_is_no_rule():
    assert frames.learned([["what does brave mean", "define brave"]]) == {}


@given(
    st.lists(
        st.sampled_from(["what", "is", "the", "moon", "made", "of", "tell", "me", "about", "a", "star", "please"]),
        min_size=1,
        max_size=8,
    )
)
def test_a_reworded_question_keeps_what_it_is_about(words):
    rules = frames.learned(pair.questions for pair in DATA.pairs[:40])
    for text, count in frames.reworded(" ".join(words), rules):
        assert count >= frames.SUPPORT
        assert phrasing.weighty(text) & phrasing.weighty(" ".join(words))
