"""The talker's pieces: which tokens of an answer choose it, and which pieces are spelled alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

import prompt
import tokens
from homebody import starter

TOKENIZER = Tokenizer.from_file(str(starter.talker() / "tokenizer.json"))
SPELLING = tokens.spelling(TOKENIZER)
END = 0


def alike(one: str, other: str) -> float:
    """Share of what two pieces are spelled with that both have."""
    its, others = (set(SPELLING[TOKENIZER.token_to_id(piece)]) for piece in (one, other))
    return len(its & others) / len(its | others)


@given(st.sets(st.lists(st.integers(1, 3), min_size=1, max_size=6).map(tuple), min_size=1, max_size=8))
def test_an_answers_choosing_tokens_are_those_of_no_other_and_one_less_are_not(answers):
    encoded = {str(numbers): [*numbers, END] for numbers in answers}
    choosing = tokens.choosing(encoded)
    for text, numbers in encoded.items():
        others = [other for name, other in encoded.items() if name != text]
        length = choosing[text]
        assert not [other for other in others if other[:length] == numbers[:length]]
        assert length == 1 or [other for other in others if other[: length - 1] == numbers[: length - 1]]


def test_capitals_and_the_space_before_a_word_make_no_difference_to_its_spelling():
    assert alike("ĠThe", "Ġthe") == 1.0
    assert alike("ĠThe", "The") == 1.0


def test_words_of_one_stem_have_much_in_common_and_others_nothing():
    assert alike("Ġcountry", "Ġcountries") > 0.4
    assert alike("Ġcountry", "Ġdog") == 0.0


def test_every_word_is_spelled_with_something_and_a_special_piece_with_nothing():
    special = {TOKENIZER.token_to_id(piece) for piece in prompt.SPECIAL}
    words = {TOKENIZER.token_to_id(piece) for piece in TOKENIZER.get_vocab() if piece.removeprefix("Ġ").isalnum()}
    bare = {place for place, its in enumerate(SPELLING) if not its}
    assert special <= bare
    assert not words & bare
    assert {number for its in SPELLING for number in its} == set(range(1 + max(map(max, filter(None, SPELLING)))))


def test_a_word_asked_gets_a_piece_of_its_own_and_all_that_was_there_stays_as_it_was():
    few = Tokenizer.from_str(TOKENIZER.to_str())
    answers = ["The carburettor is part of an engine.", "Yes."]
    grown = tokens.with_whole_words(few, ["zyxomma", " zyxomma", " carburettor", "don't", " zyxomma"], answers)
    assert grown.encode("zyxomma zyxomma").tokens == ["zyxomma", "Ġzyxomma"]
    assert [grown.encode(text).ids for text in answers] == [few.encode(text).ids for text in answers]
    assert all(grown.token_to_id(piece) == number for piece, number in few.get_vocab().items())
    assert grown.get_vocab_size() == few.get_vocab_size() + 2
