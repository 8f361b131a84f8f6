"""What the starter voice learns to speak."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from homebody.router.wording import plain
from recogniser.sentences import shipped_skills
from voice.sentences import Replies, answers, heard, in_no_order, sentences, words


@pytest.fixture(scope="module")
def taught() -> list[str]:
    return list(itertools.islice(sentences(7), 600))


def test_the_same_seed_gives_the_same_sentences_none_of_them_twice(taught: list[str]):
    assert taught == list(itertools.islice(sentences(7), 600))
    assert taught != list(itertools.islice(sentences(8), 600))
    assert len({plain(text) for text in taught}) == len(taught)


def test_none_of_the_judgements_sentences_is_taught(taught: list[str]):
    judged = {plain(text) for texts in heard().values() for text in texts}
    assert len(judged) == 40
    assert not judged & {plain(text) for text in taught}
    assert "the capital of france is paris" in judged, "the talker would say it in other words"


def test_every_fixed_reply_of_every_skill_is_taught(taught: list[str]):
    known = {plain(text) for text in taught}
    for skill in shipped_skills():
        for text in skill.says:
            for sentence in re.findall(r"[^.?!]+[.?!]", text):
                assert plain(sentence) in known, skill.name


def test_every_sentence_is_one_that_a_synthesiser_reads_as_it_stands(taught: list[str]):
    for text in taught:
        assert re.fullmatch(r"[A-Z][A-Za-z' ,:-]*[.?!]", text), text


def test_templates_name_only_what_there_is():
    rng, replies = random.Random(3), Replies()
    for _ in range(3000):
        assert not re.search(r"[<>{}()|\[\]]", replies.any(rng))


def test_words_are_words_and_the_talkers_answers_are_sentences():
    assert len(words()) > 2000
    assert all(re.fullmatch(r"[a-z]{2,}", word) for word in words())
    assert len(answers()) > 1500
    text = in_no_order(words(), random.Random(1))
    assert text[0].isupper()
    assert text[-1] in ".?!"
