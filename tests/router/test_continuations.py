"""Whole commands that may go on."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.intents import Intents
from homebody.skill import Registry, SkillInfo

SCHEMA = {
    "type": "object",
    "properties": {"number": {"type": "integer"}, "place": {"type": "string"}, "thing": {"type": "string"}},
}


def intents(*names):
    registry = Registry()
    for name in names:
        importlib.import_module(f"homebody_{name}").register(registry.loading(name))
    return Intents([skill.info for skill in registry.skills.values()])


def of(*templates, **rest):
    info = {"plugin": "p", "summary": "", "examples": (), "lists": {}, "rules": {}, "parameters": SCHEMA, **rest}
    return Intents([SkillInfo(name="x", templates=templates, side_effect=False, **info)])


@pytest.fixture(scope="module")
def house():
    return intents("timers", "clock", "maths", "system", "volume")


@pytest.mark.parametrize(
    ("text", "extensible"),
    [
        ("set a timer for five minutes", True),  # and thirty seconds
        ("set a timer for five minutes please", True),
        ("how much time is left", True),  # on the pasta timer
        ("what is fifteen plus twenty", True),  # seven
        ("what is the date", True),  # on friday
        ("what time is it", False),  # "now" asks for the same
        ("cancel all timers", False),
        ("how much memory is free", False),
        ("set the volume to forty percent", False),
    ],
)
def test_a_command_that_may_ask_for_something_else_when_it_goes_on_is_told_from_one_that_cannot(
    house, text, extensible
):
    match = house.match(text)[0]
    assert (match.complete, match.extensible) == (True, extensible)


def test_free_text_is_the_beginning_of_nothing():
    skills = of("{thing} in {place}", "where is it")
    assert not skills.match("where is it")[0].extensible


def test_a_word_within_the_text_of_another_sentence_is_a_beginning_and_half_a_word_is_none():
    assert of("what time is it", "what time is it in {place}").match("what time is it")[0].extensible
    assert not of("what time is it", "what time is italy at {number}").match("what time is it")[0].extensible


_WORDS = st.sampled_from(["ask", "tell", "on", "the", "owl"])


@given(st.lists(_WORDS, min_size=1, max_size=4), st.lists(_WORDS, max_size=3))
def test_every_beginning_of_a_sentence_with_a_slot_behind_it_may_go_on(begins, goes_on):
    said = " ".join(begins)
    longer = " ".join([*begins, *goes_on, "at {number}"])
    (match,) = of(said, longer, lists={"number": {"range": {"from": 1, "to": 9}}}).match(said)
    assert match.extensible
    (alone,) = of(said, " ".join([*begins, *goes_on, "now"])).match(said)
    assert not alone.extensible
