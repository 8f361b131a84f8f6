"""Which words are only the beginning of what a skill understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router import wording
from homebody.router.beginnings import Beginnings
from plugin_house import registry

SKILLS = [skill.info for skill in registry().skills.values()]
BEGINNINGS = Beginnings(SKILLS)
EXAMPLES = {
    wording.plain(example)
    for info in SKILLS
    for phrases in (info, *info.translations.values())
    for example in phrases.examples
}


@pytest.mark.parametrize(
    "text", ["Set the volume", "how much", "how much time", "what is the", "Wie lange", "remind me", "repeat"]
)
def test_what_goes_on_to_an_example_is_a_beginning(text):
    assert BEGINNINGS.has(text)


@pytest.mark.parametrize(
    "text", ["", "why is the sky blue", "tell me about owls", "how much memory is free", "stop", "what is the date"]
)
def test_other_words_and_whole_examples_are_none(text):
    assert not BEGINNINGS.has(text)


@given(st.sampled_from([example for info in SKILLS for example in info.examples]), st.data())
def test_an_example_is_a_beginning_wherever_it_is_broken_off(example, data):
    words = wording.plain(example).split()
    begun = " ".join(words[: data.draw(st.integers(0, len(words) - 1))])
    assert BEGINNINGS.has(begun) == (begun != "" and begun not in EXAMPLES)
