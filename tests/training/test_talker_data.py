"""What the talker is trained on: nothing that is kept out, and nothing taught under the name of untaught."""

from __future__ import annotations

import functools
import hashlib
import json
import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dataset
import frames
import neighbour
import phrasing

pytestmark = pytest.mark.lengthy

PAIRS = dataset.read_pairs()
FURTHER = [("how does a fridge work", "knowledge"), ("what is the capital of france", "knowledge")]
UNTAUGHT = dataset.lines("untaught_held_out.txt")
SEEDS = st.integers(0, 2**32)


@functools.cache
def data() -> dataset.Data:
    return dataset.split(PAIRS)


@functools.cache
def source() -> dataset.Source:
    """One for all: it takes seconds to learn the frames."""
    return dataset.Source(data(), random.Random(0), FURTHER)


def test_the_pairs_are_short_enough_to_be_spoken_and_there_are_many():
    assert len(PAIRS) > 1500
    assert max(len(pair.answer) for pair in PAIRS) < 240
    assert all(pair.questions and pair.answer and pair.topic and pair.purpose for pair in PAIRS)


def test_no_phrasing_is_both_learned_and_kept_out():
    learned = {phrasing.normal(question) for pair in data().pairs for question in pair.questions}
    kept_out = {phrasing.normal(question) for question, _ in data().held_out}
    both = {q for q in learned & kept_out if len(dataset.accepted_answers(PAIRS)[q]) == 1}
    assert not both
    assert len(data().held_out) > 500


def test_the_split_is_the_same_each_time_and_no_other_pair_changes_it():
    assert dataset.split(PAIRS) == data()
    some = dataset.split(PAIRS[:300])
    first = [(question, number) for question, number in data().held_out if number < 300]
    assert [kept_out for kept_out in first if kept_out not in some.held_out] == []


def test_what_is_kept_out_is_what_it_was_when_it_was_first_judged():
    kept_out = "\n".join(sorted(f"{phrasing.normal(question)}\t{number}" for question, number in data().held_out))
    assert len(data().held_out) == 828
    assert hashlib.sha256(kept_out.encode()).hexdigest()[:12] == "95c9c20694f4"


def test_what_came_later_still_is_learned_and_gives_way_to_what_is_kept_out():
    asked = [f"question {number}" for number in range(200)]
    one = dataset.Pair((*asked, "q"), "One.", "t", "knowledge", frozenset(asked))
    out = [question for question, _ in dataset.split([one]).held_out]
    more = (out[0].upper(), "Quite new?", "quite new", "q")
    other = dataset.Pair(("what else",), "Two.", "t", "knowledge", more=more)
    data = dataset.split([one._replace(more=(out[1], "new")), other])
    assert [question for question, _ in data.held_out] == out
    assert "new" in data.pairs[0].questions
    assert not set(out) & set(data.pairs[0].questions)
    assert [phrasing.normal(question) for question in data.pairs[1].questions] == ["what else", "quite new"]


def test_only_what_was_written_later_is_kept_out_and_enough_stays_to_be_learned():
    assert all(question in PAIRS[number].later for question, number in data().held_out)
    lost = [pair for pair, whole in zip(data().pairs, PAIRS, strict=True) if set(whole.questions) - set(pair.questions)]
    assert lost
    assert min(len(pair.questions) for pair in lost) >= dataset.MIN_PHRASINGS


def test_no_phrasing_of_one_answer_is_written_for_another():
    accepted = dataset.accepted_answers(PAIRS)
    shared = {question: answers for question, answers in accepted.items() if len(answers) > 1}
    assert len(shared) < 20, sorted(shared)


def test_every_table_of_patterns_belongs_to_a_family_that_has_pairs():
    families = {family for family, _, _ in source()._slots.values()}
    written = list(dataset._written_patterns())
    assert len(written) > 300
    assert {family for family, _ in written} <= families
    assert all("{x}" in text for _, text in written)
    assert len(set(written)) == len(written)


def test_two_hundred_questions_are_kept_to_judge_honesty_and_none_of_them_is_taught():
    taught = dataset.accepted_answers(PAIRS)
    assert len(set(UNTAUGHT)) == 200
    assert not [question for question in UNTAUGHT if phrasing.normal(question) in taught]


@given(SEEDS)
def test_what_is_kept_out_never_comes_up_in_training(seed):
    source().reseed(random.Random(seed))
    never = {phrasing.normal(question) for question, _ in data().held_out} | set(map(phrasing.normal, UNTAUGHT))
    assert not [said for said in (source().any() for _ in range(20)) if phrasing.normal(said.question) in never]


@given(SEEDS)
def test_a_taught_question_gets_an_answer_of_a_pair_and_an_untaught_one_a_refusal(seed):
    source().reseed(random.Random(seed))
    answers = {pair.answer for pair in PAIRS}
    assert source().taught().answer in answers
    assert source().untaught().answer in dataset.REFUSALS


@given(SEEDS)
def test_the_same_seed_gives_the_same_questions(seed):
    source().reseed(random.Random(seed))
    first = [source().any() for _ in range(5)]
    source().reseed(random.Random(seed))
    assert [source().any() for _ in range(5)] == first


def test_a_question_that_others_wrote_is_refused_only_where_it_is_not_taught():
    asked = {question for question, _ in source()._further}
    assert asked == {"how does a fridge work"}


def test_every_refusal_says_what_it_is():
    assert all("only a starter model" in refusal for refusal in dataset.REFUSALS)


@given(st.text(max_size=60))
def test_the_normal_form_is_its_own_normal_form(text):
    assert phrasing.normal(phrasing.normal(text)) == phrasing.normal(text)


@given(st.sampled_from(sorted(dataset.accepted_answers(PAIRS))), SEEDS)
def test_however_a_question_is_put_words_are_left(question, seed):
    rng = random.Random(seed)
    for way in (phrasing.another_way, phrasing.in_other_words, phrasing.misheard, phrasing.written):
        assert phrasing.normal(way(question, rng))


@given(st.sampled_from(PAIRS), SEEDS)
def test_what_is_mixed_of_two_phrasings_keeps_most_of_what_one_of_them_is_about(pair, seed):
    rng = random.Random(seed)
    one, other = rng.choice(pair.questions), rng.choice(pair.questions)
    words = phrasing.mixed(one, other, rng)
    assert set(words.split()) <= set(phrasing.normal(f"{one} {other}").split())
    said = phrasing.weighty(words)
    assert words == phrasing.normal(one) or any(
        len(said & whole) >= phrasing.MIXED_KEEPS * len(whole) for whole in map(phrasing.weighty, (one, other))
    )


@given(st.sampled_from(sorted(dataset.accepted_answers(PAIRS))), SEEDS)
def test_a_phrasing_mixed_with_itself_loses_words_and_says_none_twice(question, seed):
    before = phrasing.normal(question).split()
    after = phrasing.mixed(question, question, random.Random(seed)).split()
    assert len(after) <= len(before)
    places = iter(before)
    assert all(word in places for word in after)


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
    for text, count in frames.reworded(" ".join(words), source()._frames):
        assert count >= frames.SUPPORT
        assert phrasing.weighty(text) & phrasing.weighty(" ".join(words))


def test_a_word_may_stand_in_the_place_of_another_and_no_line_of_synonyms_is_alone():
    said = {phrasing.in_other_words("show me a picture", random.Random(seed)) for seed in range(30)}
    assert "show me a photo" in said
    assert phrasing.in_other_words("of the and", random.Random(0)) == "of the and"
    lines = dataset.lines("synonyms.txt")
    assert [line for line in lines if len(set(line.split())) < 2] == []


def test_the_neighbour_finds_what_looks_alike_and_never_sees_what_is_kept_out():
    pairs = [
        dataset.Pair(("what is a volcano", "explain volcanoes"), "A mountain.", "t", "knowledge"),
        dataset.Pair(("tell me a joke", "make me laugh"), "Ha.", "t", "chat"),
    ]
    near = neighbour.Neighbour(dataset.Data(tuple(pairs), ()))
    assert near.answer("what's a volcano?") == "A mountain."
    assert near.answer("a joke please") == "Ha."
    assert near.answer("zzz") in {"A mountain.", "Ha."}
    asked = (("explain volcanoes", 0), ("make me laugh", 1))
    assert neighbour.right(dataset.Data(tuple(pairs), asked), pairs) == 1.0
