from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.spoken_numbers import ONES, SCALES, TENS, digits, number

SMALL = {value: word for word, value in ONES.items()}
DECADES = {value: word for word, value in TENS.items() if word != "fourty"}


def spoken(value: int, *, british: bool) -> str:
    """The words of a whole number, written independently of the code under test."""
    if value < 20:
        return SMALL[value]
    if value < 100:
        tens, unit = divmod(value, 10)
        return DECADES[10 * tens] + (f" {SMALL[unit]}" if unit else "")
    for size, word in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if value >= size:
            count, rest = divmod(value, size)
            joint = " and " if british and 0 < rest < 100 else " "
            return f"{spoken(count, british=british)} {word}" + (joint + spoken(rest, british=british) if rest else "")
    raise AssertionError(value)


@given(st.integers(0, 999_999_999), st.booleans())
def test_every_whole_number_is_read_as_it_is_spoken(value: int, british: bool) -> None:
    assert digits(spoken(value, british=british)) == str(value)
    assert number(spoken(value, british=british)) == value


@given(st.integers(0, 999_999), st.text("0123456789", min_size=1, max_size=6))
def test_decimals_are_read_digit_by_digit(whole: int, decimals: str) -> None:
    words = f"{spoken(whole, british=True)} point {' '.join(SMALL[int(d)] for d in decimals)}"
    assert digits(words) == f"{whole}.{decimals}"


@given(st.integers(0, 999_999_999), st.integers(0, 999_999_999), st.sampled_from(["plus", "minus", "times", "by"]))
def test_numbers_on_both_sides_of_a_word_stay_two(left: int, right: int, between: str) -> None:
    sentence = f"what is {spoken(left, british=True)} {between} {spoken(right, british=True)}"
    assert digits(sentence) == f"what is {left} {between} {right}"


WORDS = st.sampled_from([
    *ONES, *TENS, *SCALES, "hundred", "and", "a", "point", "the", "which", "of", "second", "first", "minute", "half",
    "quarter", "oh", "may", "called", "12", "3.5", "0", "7:30", "minus", "few",
])  # fmt: skip


@given(st.lists(WORDS, max_size=10).map(" ".join))
def test_a_second_pass_changes_nothing(text: str) -> None:
    once = digits(text)
    assert digits(once) == once


@given(st.text())
def test_any_text_at_all_is_survived(text: str) -> None:
    digits(text)
    number(text)


@given(st.lists(st.sampled_from(["which", "another", "time", "timer", "called", "the", "of", "half"]), max_size=8))
def test_a_sentence_without_number_words_is_left_alone(words: list[str]) -> None:
    assert digits(" ".join(words)) == " ".join(words)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("which one", "which one"),
        ("cancel the one called tea", "cancel the one called tea"),
        ("another one", "another one"),
        ("the ten minute one", "the 10 minute one"),
        ("the pasta one", "the pasta one"),
        ("one hour one minute", "1 hour 1 minute"),
        ("the volume to one", "the volume to 1"),
        ("one of them", "one of them"),
        ("cancel the one minute timer", "cancel the 1 minute timer"),
        ("set it for one minute", "set it for 1 minute"),
        ("a hundred", "100"),
        ("one hundred and five", "105"),
        ("one hundred and two hundred", "100 and 200"),
        ("five hundred and two thousand", "502000"),
        ("five and six", "5 and 6"),
        ("one two three", "1 2 3"),
        ("twenty five hundred", "2500"),
        ("one point five million", "1500000"),
        ("2 hundred", "200"),
        ("three point fourteen", "3.14"),
        ("point five", "0.5"),
        ("ten minus five", "10 minus 5"),
        ("a few hundred", "a few hundred"),
        ("half an hour", "half an hour"),
        ("a quarter of an hour", "a quarter of an hour"),
        ("a twenty second timer", "a 20 second timer"),
        ("the twenty first", "the twenty first"),
        ("the twenty second of may", "the twenty second of may"),
        ("the one hundred and first", "the one hundred and first"),
    ],
)
def test_what_looks_like_a_number_and_what_is_one(said: str, written: str) -> None:
    assert digits(said) == written


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("two and a half", 2.5),
        ("half", 0.5),
        ("half an", 0.5),
        ("a quarter of an", 0.25),
        ("three quarters of an", 0.75),
        ("1 and 3 quarters", 1.75),
        ("minus five", -5),
        ("a couple of", 2),
        ("3.0", 3),
        ("five six", None),
        ("pasta", None),
        ("a", None),
        ("", None),
    ],
)
def test_the_number_of_a_slot(said: str, value: float | None) -> None:
    assert number(said) == value


def test_an_article_counts_as_one_only_in_front_of_a_unit() -> None:
    assert number("an", article=True) == 1
    assert number("an") is None
