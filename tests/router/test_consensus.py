from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.consensus import compare, dates, judged, numbers, yes_no

MOUNTAIN = "how tall is mount everest"


@pytest.mark.parametrize(
    ("question", "one", "other", "agreed", "by"),
    [
        (MOUNTAIN, "Mount Everest is 8,849 metres high.", "About 8850 m, in the Himalayas.", True, "numbers"),
        (MOUNTAIN, "It is 8,849 metres high.", "It is 8,611 metres high.", False, "numbers"),
        ("population of germany", "About 83 million people.", "83,200,000 inhabitants.", True, "numbers"),
        ("population of germany", "About 83 million.", "It has 80.5 million.", False, "numbers"),
        ("what is 12 times 12", "12 times 12 is 144.", "So it is one hundred and forty-four.", True, "numbers"),
        ("what is 12 times 12", "12 times 12 is 144.", "124", False, "numbers"),
        ("sixty miles an hour for two hours", "So it gets 120 miles.", "60 x 2 = 120. So 120 miles.", True, "numbers"),
        ("when did the war end", "On 2 September 1945.", "It ended in 1945.", True, "dates"),
        ("when did the war end", "On 2 September 1945.", "On May 8th, 1945.", False, "dates"),
        ("wann fiel die mauer", "Am 9. November 1989.", "On November 9, 1989.", True, "dates"),
        ("when did it open", "1889-03-31", "31 March 1889", True, "dates"),
        ("is 7 prime", "Yes, 7 is prime.", "No, it is not.", False, "yes_no"),
        ("is a whale a fish", "No, it is a mammal.", "No.", True, "yes_no"),
        ("capital of france", "Paris.", "paris", True, "words"),
        ("capital of australia", "Canberra.", "Sydney.", None, "words"),
    ],
)
def test_facts_are_compared_and_words_left_to_a_judge(
    question: str, one: str, other: str, agreed: bool | None, by: str
) -> None:
    assert compare(question, one, other) == compare(question, other, one)
    verdict = compare(question, one, other)
    assert (verdict.agreed, verdict.by) == (agreed, by)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,234.5 and 1.234,5", [1234.5, 1234.5]),
        ("0.5, 3.14 and 1 000 000", [0.5, 3.14, 1000000]),
        ("-5 and 2.5 million", [-5, 2.5e6]),
        ("two and a half hours", [2.5]),
        ("one of them, twenty-one", [21]),
        ("version b12 of the 1st", []),
    ],
)
def test_numbers_are_read_by_either_custom(text: str, found: list[float]) -> None:
    assert numbers(text) == found


def test_a_date_may_leave_its_year_or_its_day_open() -> None:
    assert dates("on 3 may and in June 1990, or 1815") == [(None, 5, 3), (1990, 6, None), (1815, None, None)]


@pytest.mark.parametrize(("text", "said"), [("Ja, sicher.", True), ("NO!", False), ("Nie.", False), ("Maybe", None)])
def test_a_yes_or_no_stands_in_front(text: str, said: bool | None) -> None:
    assert yes_no(text) is judged(text) is said


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=60))
def test_comparing_is_symmetric_never_raises_and_an_answer_agrees_with_itself(one: str, other: str, asked: str) -> None:
    assert compare(asked, one, other) == compare(asked, other, one)
    assert compare(asked, one, one).agreed


@given(st.integers(0, 10**9))
def test_a_number_is_the_same_however_it_is_written(number: int) -> None:
    written = [str(number), f"{number:,}", f"{number:,}".replace(",", "."), f"{number:,}".replace(",", " ")]
    assert {tuple(numbers(f"it is {text} in all")) for text in written} == {(float(number),)}
