"""Whether words look like a whole sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.sentence_shape import HANGING, PLAIN, SCRAP, UNFINISHED, WHOLE, completeness, looks_complete


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("remind me to", "en"),
        ("Set a timer for", "en"),
        ("what is fifteen plus", None),
        ("add milk and", "en-GB"),
        ("the sky is, um", "en"),
        ("The sky is blue. When the sky...", "en"),
        ("first this,", "en"),
        ("remind me to call Anna", "en"),
        ("stell einen Timer auf", "de"),
        ("erinnere mich an die", "de-AT"),
        ("mets un minuteur de", "fr"),
        ("pon un temporizador de", "es"),
    ],
)
def test_words_that_go_on_look_unfinished(text, language):
    assert completeness(text, language) == UNFINISHED
    assert not looks_complete(text, language)


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Why is the sky blue?", WHOLE),
        ("tell me a story about owls", PLAIN),
        ("remind me to call Anna at six o'clock", PLAIN),
        ("Warum ist der Himmel blau?", WHOLE),
    ],
)
def test_whole_sentences_look_complete(text, least):
    assert completeness(text) >= least


@pytest.mark.parametrize("text", ["what", "how much", "what is fifteen", "set a timer for 5"])
def test_scraps_and_numbers_without_a_unit_are_waited_for(text):
    assert UNFINISHED <= completeness(text) < PLAIN


@pytest.mark.parametrize(
    "text", ["how much memory is", "wake me at seven on", "add sugar in", "add milk onto", "which timers are"]
)
def test_what_hangs_is_waited_for_longer_than_what_may_end_so(text):
    assert completeness(text) == HANGING


@pytest.mark.parametrize(
    "text", ["what can you do", "tell me what time it is", "where am i", "forget that", "what is 3 plus 4"]
)
def test_what_ends_whole_commands_does_not_hang(text):
    assert completeness(text) >= SCRAP


@given(st.text(max_size=80), st.none() | st.sampled_from(["en", "de", "fr-CH", "xx", ""]))
def test_any_text_in_any_language_gives_a_probability(text, language):
    assert 0.0 <= completeness(text, language) <= 1.0


@given(st.text(alphabet="abc xyz", max_size=30))
def test_a_trailing_connector_makes_anything_unfinished(text):
    assert completeness(f"{text} to") == UNFINISHED
