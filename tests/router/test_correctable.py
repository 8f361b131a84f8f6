"""Which commands change what the next words may correct, and which words correct."""

from __future__ import annotations

import importlib

import pytest

from homebody.router.intents import Intents
from homebody.skill import Registry


@pytest.fixture(scope="module")
def house():
    registry = Registry()
    for name in ("timers", "reminders", "lists", "clock", "volume", "manners"):
        importlib.import_module(f"homebody_{name}").register(registry.loading(name))
    return Intents([skill.info for skill in registry.skills.values()])


@pytest.mark.parametrize(
    "text",
    [
        "set a timer for five minutes",
        "cancel the timer",
        "remind me at six to call anna",
        "wake me at seven",
        "add milk to the shopping list",
    ],
)
def test_what_a_plugin_takes_corrections_of_is_correctable(house, text):
    match = house.match(text)[0]
    assert (match.correctable, match.answers) == (True, False)


@pytest.mark.parametrize("text", ["what time is it", "how much time is left", "louder", "never mind", "hello"])
def test_what_changes_nothing_or_has_no_inverse_is_not(house, text):
    assert not house.match(text)[0].correctable


@pytest.mark.parametrize("text", ["and thirty seconds", "no six minutes", "cancel that", "undo that", "and bread"])
def test_what_means_something_only_after_a_change_answers_it(house, text):
    assert house.match(text)[0].answers
