from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody_units.languages import NAMES as NAMES_ABROAD
from homebody_units.languages import result
from homebody_units.units import HEARD, UNITS, Incompatible, convert, disambiguated, spoken
from plugin_house import house, say

NAMES = sorted(UNITS)
# Exact values from NIST SP 811 appendix B and NIST Handbook 44 appendix C, not from the module's own definitions.
KNOWN = [
    ("1", "mile", "meter", "1609.344"),
    ("1", "inch", "centimeter", "2.54"),
    ("1", "nautical mile", "kilometer", "1.852"),
    ("1", "pound", "gram", "453.59237"),
    ("1", "ounce", "gram", "28.349523125"),
    ("1", "stone", "pound", "14"),
    ("1", "gallon", "liter", "3.785411784"),
    ("1", "imperial gallon", "liter", "4.54609"),
    ("1", "fluid ounce", "milliliter", "29.5735295625"),
    ("1", "cup", "tablespoon", "16"),
    ("1", "tablespoon", "teaspoon", "3"),
    ("1", "pint", "cup", "2"),
    ("1", "acre", "square meter", "4046.8564224"),
    ("1", "square mile", "acre", "640"),
    ("212", "fahrenheit", "celsius", "100"),
    ("-40", "celsius", "fahrenheit", "-40"),
    ("0", "celsius", "kelvin", "273.15"),
    ("1", "knot", "kilometer per hour", "1.852"),
    ("36", "kilometer per hour", "meter per second", "10"),
    ("1", "kilowatt hour", "megajoule", "3.6"),
    ("1", "kilocalorie", "kilojoule", "4.184"),
    ("1", "byte", "bit", "8"),
    ("1", "gibibyte", "mebibyte", "1024"),
    ("1", "week", "hour", "168"),
]


@pytest.mark.parametrize(("amount", "source", "target", "result"), KNOWN)
def test_factors_are_exactly_those_of_the_standard(amount: str, source: str, target: str, result: str) -> None:
    assert convert(Fraction(amount), source, target) == Fraction(result)


@given(st.fractions(), st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_there_and_back_is_where_it_began(amount: Fraction, source: str, target: str) -> None:
    source, target = disambiguated(source, target)
    if UNITS[source].dimension == UNITS[target].dimension:
        assert convert(convert(amount, source, target), target, source) == amount
    else:
        with pytest.raises(Incompatible):
            convert(amount, source, target)


def test_every_unit_can_be_said_in_the_singular_and_in_the_plural_and_means_one_thing() -> None:
    for name, unit in UNITS.items():
        assert HEARD[unit.one.lower()] == HEARD[unit.many.lower()] == name
    assert len({words for unit in UNITS.values() for words in unit.heard}) == sum(len(u.heard) for u in UNITS.values())


@pytest.mark.parametrize(
    ("value", "name", "said"),
    [
        ("1", "mile", "1 mile"),
        ("8.04672", "kilometer", "about 8.05 kilometers"),
        ("0", "meter", "0 meters"),
        ("-40", "celsius", "minus 40 degrees Celsius"),
        ("1", "foot", "1 foot"),
        ("2", "foot", "2 feet"),
        ("0.0254", "meter", "0.0254 meters"),
        ("1234.56", "gram", "1234.56 grams"),
        ("1234.5678", "gram", "about 1235 grams"),
        ("9460730472580.8", "kilometer", "about 9.46 times 10 to the power of 12 kilometers"),
    ],
)
def test_amounts_are_rounded_for_the_ear(value: str, name: str, said: str) -> None:
    assert spoken(Fraction(value), name) == said


def test_the_answer_names_both_sides_and_carries_the_full_result() -> None:
    reply = house("units").call("convert", amount=5, from_unit="miles", to_unit="kilometers")
    assert reply.text == "5 miles is about 8.05 kilometers."
    assert reply.value == {"result": 8.04672, "unit": "kilometer"}


def test_units_of_different_things_are_refused_kindly() -> None:
    reply = house("units").call("convert", amount=5, from_unit="kilogram", to_unit="kilometer")
    assert reply.text == "Kilograms measure mass and kilometers measure length, so I can't convert them."
    assert reply.value["result"] is None


def test_an_ounce_of_volume_is_a_fluid_ounce() -> None:
    assert house("units").call("convert", amount=1, from_unit="cup", to_unit="ounce").value == {
        "result": 8,
        "unit": "fluid ounce",
    }


def test_nothing_is_colder_than_absolute_zero() -> None:
    reply = house("units").call("convert", amount=-300, from_unit="celsius", to_unit="fahrenheit")
    assert "absolute zero" in reply.text


def test_an_unknown_unit_is_left_to_the_model() -> None:
    reply = house("units").call("convert", amount=5, from_unit="dollar", to_unit="euro")
    assert reply.value == {"declined": True}


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("de", ("5 Meilen sind etwa 8,05 Kilometer.", "Eine Meile sind etwa 1,61 Kilometer.", "nicht in Liter")),
        ("fr", ("5 miles font environ 8,05 kilomètres.", "Un mile fait environ 1,61 kilomètres.", "en litres")),
        ("es", ("5 millas son aproximadamente 8,05 kilómetros.", "Una milla es aproximadamente 1,61 k", "en litros")),
    ],
)
def test_in_another_language_the_result_is_said_in_it(language: str, sentences: tuple[str, str, str]) -> None:
    ctx = house("units")
    ctx.language = language
    five = ctx.call("convert", amount=5, from_unit="mile", to_unit="kilometer")
    assert five.text == sentences[0]
    assert five.value["result"] == pytest.approx(8.04672)
    assert ctx.call("convert", amount=1, from_unit="mile", to_unit="kilometer").text.startswith(sentences[1])
    assert sentences[2] in ctx.call("convert", amount=1, from_unit="mile", to_unit="liter").text
    cold = ctx.call("convert", amount=-500, from_unit="celsius", to_unit="kelvin")
    assert "absolu" in cold.text or "cero" in cold.text
    # A unit that has no name there is left to a model.
    assert ctx.call("convert", amount=1, from_unit="gibibyte", to_unit="mebibyte").value == {"declined": True}


@pytest.mark.parametrize("language", NAMES_ABROAD)
def test_every_unit_abroad_is_a_unit_and_no_two_are_called_the_same(language: str) -> None:
    names = NAMES_ABROAD[language]
    assert set(names) <= set(UNITS)
    called = [own.many.lower() for own in names.values()]
    assert len(set(called)) == len(called)


@given(st.fractions(min_value=-(10**15), max_value=10**15), st.sampled_from(sorted(NAMES_ABROAD)), st.data())
def test_whatever_the_amount_is_it_can_be_read_aloud_abroad(
    amount: Fraction, language: str, data: st.DataObject
) -> None:
    source = data.draw(st.sampled_from(sorted(NAMES_ABROAD[language])))
    said = result(amount, source, amount, source, language)
    assert re.fullmatch(r"[\w', -]+\.", said or ""), said


@pytest.mark.parametrize(("said", "answer"), [
    ("how tall is 6 feet 2 inches in cm", "6 feet and 2 inches is 187.96 centimeters."),
    ("convert 5 pounds and 3 ounces to grams", "5 pounds and 3 ounces is about 2353 grams."),
    ("how many minutes are 2 hours 5 minutes", "2 hours and 5 minutes is 125 minutes."),
    ("what is 6 feet 2 pounds in cm", "(no skill)"),
])  # fmt: skip
def test_what_is_said_in_two_units_is_converted(said: str, answer: str) -> None:
    assert say(house(), said).text == answer
