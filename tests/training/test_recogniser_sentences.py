"""What the starter recogniser is taught to hear: the skills' own sentences, written as the matcher takes them."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router import spoken_numbers
from homebody.router.intents import Intents
from homebody.skill import Context, Registry, Reply, skill
from recogniser import corpus, spelling
from recogniser.sentences import SHARES, Said, Sentences, balanced, questions, shipped_skills

pytestmark = pytest.mark.lengthy


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences()


@given(st.integers(0, 999_999))
def test_a_number_in_words_is_the_number_that_the_matcher_reads(value: int):
    assert spoken_numbers.digits(spelling.cardinal(value)) == str(value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("What is 7 times 8?", "what is seven times eight"),
        ("the 22nd of may", "the twenty second of may"),
        ("wake me at 6:30", "wake me at six thirty"),
        ("3.14 litres", "three point one four liters"),
        ("whats 5 kilogrammes", "what's five kilograms"),
        ("Good bye, mike!", "goodbye mic"),
    ],
)
def test_everything_is_written_as_words_of_one_spelling(text: str, wanted: str):
    assert spelling.written(text) == wanted


@pytest.mark.parametrize(
    ("text", "possible"),
    [("set a timer", True), ("i am awake", True), ("five kg", False), ("ten secs", False), ("a b", False)],
)
def test_what_nobody_says_is_no_sentence(text: str, possible: bool):
    assert spelling.can_be_said(text) == possible


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("one minutes", "one minute"),
        ("set a timer for five minute", "set a timer for five minutes"),
        ("the twenty one minute timer", "the twenty one minute timer"),
        ("an hours and a half", "an hour and a half"),
    ],
)
def test_units_go_with_their_number(text: str, wanted: str):
    assert spelling.agreeing(text) == wanted


def test_all_examples_of_all_shipped_skills_are_taught(sentences: Sentences):
    wanted = {spelling.written(example) for info in shipped_skills() for example in info.examples}
    assert {said.text for said in sentences.examples} == wanted
    assert set(sentences.vocabulary).issuperset(word for text in wanted for word in text.split())


def test_what_is_taught_for_a_skill_is_understood_as_that_skill(sentences: Sentences):
    intents, rng = Intents(shipped_skills()), random.Random(3)
    for one in sentences.skills:
        said = [one.sentence(rng) for _ in range(20)]
        understood = [text for text in said if one.name in {match.skill for match in intents.match(text)}]
        assert len(understood) >= 10, (one.name, said)


def test_a_new_skill_is_taught_without_more_ado():
    @skill("(feed|give food to) the {animal}", "is the {animal} hungry", examples=("feed the walrus",))
    def zoo(ctx: Context, animal: str) -> Reply:
        """Feed an animal."""
        return Reply("Done.")

    registry = Registry()
    registry.loading("zoo").add(zoo)
    sentences, rng = Sentences([registry.skills["zoo"].info]), random.Random(1)
    assert "walrus" in sentences.vocabulary
    said = {sentences.skills[0].sentence(rng) for _ in range(50)}
    assert all(re.fullmatch(r"(feed|give food to) the .+|is the .+ hungry", text) for text in said)
    assert len(said) > 20


def test_every_kind_of_sentence_is_said_and_none_has_a_digit(sentences: Sentences):
    rng = random.Random(5)
    said = [sentences.any(rng) for _ in range(400)] + [sentences.other(rng) for _ in range(50)]
    assert {one.kind for one in said} == {*SHARES, "other"}
    assert all(re.fullmatch(r"[a-z' ]+", one.text) for one in said), [one for one in said if not one.text.isascii()]


def test_the_talkers_questions_are_heard_as_they_are_meant():
    assert "what is the capital of france" in questions()
    assert not any("frants" in text or "capitol" in text for text in questions())


def test_each_kind_of_number_is_heard_about_as_often():
    rng = random.Random(2)
    drawn = [balanced(0, 99, rng) for _ in range(2000)]
    shares = [sum(low <= value <= high for value in drawn) / 2000 for low, high in ((0, 9), (10, 19), (20, 99))]
    assert shares[0] == pytest.approx(0.25, abs=0.05)
    assert shares[1] == pytest.approx(0.25, abs=0.05)


def test_sentences_to_test_with_are_not_trained_on(sentences: Sentences):
    rng = random.Random(8)
    said = [sentences.skill(rng) for _ in range(1500)]
    kept_out = [one for one in said if corpus.is_kept_out(one)]
    assert 0.02 < len(kept_out) / len(said) < 0.12
    assert not corpus.is_kept_out(Said(kept_out[0].text, "example", "x")), "the examples are meant to be known"
