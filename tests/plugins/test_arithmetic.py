from __future__ import annotations

import math
import operator
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody_maths import EXPRESSION
from homebody_maths.arithmetic import PHRASES, WORDS, Impossible, NotArithmetic, Number, evaluate
from homebody_maths.speech import plain_number, spoken

ANSWERS = {
    "5 plus 6 times 2": "17",
    "(5 + 6) * 2": "22",
    "10 minus 2 minus 3": "5",
    "100 divided by 10 divided by 2": "5",
    "2 to the power of 3 to the power of 2": "512",
    "20 percent of 80": "16",
    "20 percent off 50": "40",
    "half off 50": "25",
    "12.5 percent off 80": "70",
    "20 percent of 80 plus 5": "21",
    "100 plus 10 percent": "110",
    "50 minus 10 percent": "45",
    "what percent of 80 is 20": "25",
    "20 is what percent of 80": "25",
    "what percentage is 20 of 80": "25",
    "half of 50": "25",
    "a third of 90": "30",
    "3 quarters of 80": "60",
    "2 and a half times 4": "10",
    "double 21": "42",
    "the square root of 9 plus 16": "19",
    "the square root of 2": "about 1.414",
    "the cube root of 27": "3",
    "the cube root of minus 8": "minus 2",
    "minus 2 squared": "minus 4",
    "5 cubed": "125",
    "5 factorial": "120",
    "0.1 plus 0.2": "0.3",
    "1 divided by 3": "about 0.333",
    "2 divided by 3": "about 0.667",
    "1 divided by 8": "0.125",
    "5 minus 10": "minus 5",
    "1,000 plus 1": "1001",
    "the sum of 2 and 3 and 4": "9",
    "the product of 6 and 7": "42",
    "the difference between 9 and 4": "5",
    "subtract 5 from 12": "7",
    "add 5 to 12": "17",
    "divide 10 by 4": "2.5",
    "17 modulo 5": "2",
    "8 to the power of 0.5": "about 2.828",
    "4 to the power of 0.5": "2",
    "2 to the power of minus 1": "0.5",
    "2 to the power of 100": "about 1.27 times 10 to the power of 30",
    "10 to the power of 20": "10 to the power of 20",
    "1 divided by 10000000": "about 1 times 10 to the power of minus 7",
    "1 to the power of 99999999999": "1",
    "minus 1 times 5": "minus 5",
}


@pytest.mark.parametrize(("question", "answer"), ANSWERS.items())
def test_each_of_these_is_answered_as_a_person_would(question: str, answer: str) -> None:
    assert spoken(evaluate(question)) == answer


@pytest.mark.parametrize(
    "question",
    [
        "5 divided by 0", "5 modulo 0", "the square root of minus 4", "9 to the power of 9 to the power of 9",
        "10 to the power of 5000", "0 to the power of minus 1", "what percent of 0 is 5", "1000 factorial",
        "2.5 factorial", "(minus 2) to the power of 0.3", "10 to the power of 400 to the power of 2.7",
    ],
)  # fmt: skip
def test_what_has_no_answer_is_refused_kindly(question: str) -> None:
    with pytest.raises(Impossible, match=r"^[A-Z][\w ]+\.$"):
        evaluate(question)


@pytest.mark.parametrize(
    "words",
    ["", "7", "percent", "5 plus", "plus 5 5", "the capital of france", "5 percent", "(5 plus 6", "half", "5 of", "x",
     "5 5 plus 3", "add 5", "what percent of 80", "9" * 600, "(" * 100 + "1" + ")" * 100, "minus " * 90 + "1 plus 1"],
)  # fmt: skip
def test_what_is_no_arithmetic_is_left_to_others(words: str) -> None:
    with pytest.raises(NotArithmetic):
        evaluate(words)


OPERATIONS = {"plus": operator.add, "minus": operator.sub, "times": operator.mul, "divided by": operator.truediv}
decimals = st.decimals(min_value=0, max_value=9999, places=2, allow_nan=False)


@given(first=decimals, rest=st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), decimals), max_size=8, min_size=1))
def test_any_chain_equals_what_exact_fractions_say(first: object, rest: list[tuple[str, object]]) -> None:
    """Precedence by a second method: products are formed first, then summed."""
    words = " ".join([str(first), *(f"{name} {number}" for name, number in rest)])
    terms: list[Fraction] = [Fraction(str(first))]
    for name, number in rest:
        value = Fraction(str(number))
        if name in {"plus", "minus"}:
            terms.append(value if name == "plus" else -value)
        elif name == "divided by" and value == 0:
            with pytest.raises(Impossible):
                evaluate(words)
            return
        else:
            terms[-1] = OPERATIONS[name](terms[-1], value)
    assert evaluate(words).value == sum(terms)


@given(st.lists(st.sampled_from([*PHRASES, "2", "3.5", "10", "0", "999999"]), max_size=14))
def test_no_heap_of_words_does_anything_but_answer_or_refuse(words: list[str]) -> None:
    try:
        result = evaluate(" ".join(words))
    except (NotArithmetic, Impossible):
        return
    assert re.fullmatch(r"(about )?(minus )?[0-9.]+( times 10)?( to the power of (minus )?[0-9]+)?", spoken(result))
    assert isinstance(plain_number(result), int | float | str)


@given(st.fractions(max_denominator=10**9))
def test_the_spoken_number_is_near_the_true_one(value: Fraction) -> None:
    said = spoken(Number(value))
    number = said.removeprefix("about ").replace("minus ", "-")
    if " times 10 to the power of " in number:
        mantissa, power = number.split(" times 10 to the power of ")
        number = f"{mantissa}e{power}"
    elif number.lstrip("-").startswith("10 to the power of "):
        number = number.replace("10 to the power of ", "1e")
    assert math.isclose(float(number), float(value), rel_tol=6e-3, abs_tol=1e-9)
    if not said.startswith("about"):
        assert Fraction(number) == value


@given(st.integers(min_value=0, max_value=10**40), st.sampled_from([2, 3]))
def test_the_root_of_a_power_is_exact(base: int, degree: int) -> None:
    root = "square root" if degree == 2 else "cube root"
    result = evaluate(f"the {root} of {base**degree}")
    assert result == Number(Fraction(base), exact=True)


@pytest.mark.parametrize("text", ANSWERS)
def test_the_template_lets_every_expression_through(text: str) -> None:
    said = text.replace(",", "").replace("+", "plus").replace("*", "times").replace("(", "").replace(")", "")
    assert re.search(EXPRESSION, said)


@pytest.mark.parametrize(
    "text",
    ["the capital of france", "5", "the meaning of life", "what is 5 plus 5", "root of all evil", "1" * 5000 + "!"],
)
def test_the_template_stops_what_is_no_expression(text: str) -> None:
    assert re.search(EXPRESSION, text) is None


def test_the_template_knows_only_words_of_the_grammar() -> None:
    assert {"plus", "square", "percent"} <= set(WORDS)
    assert not {"is this", "capital"} & set(WORDS)
