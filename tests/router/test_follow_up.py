from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.language import identify
from homebody.router import follow_up, purpose
from homebody.router.follow_up import Leaning, leaning

WEATHER = "how is the weather in paris"


@pytest.mark.parametrize(
    ("before", "text", "language"),
    [
        (WEATHER, "and in Berlin?", "en"),
        (WEATHER, "what about Berlin?", "en"),
        (WEATHER, "And tomorrow?", "en"),
        ("wie wird das wetter in wien", "und in Berlin?", "de"),
        ("quel temps fera-t-il demain à paris", "et à Lyon ?", "fr"),
        ("qué tiempo hace hoy en madrid", "¿y en Sevilla?", "es"),
        ("che tempo fa oggi a roma", "e a Milano?", "it"),
        ("como está o tempo hoje em lisboa", "e no Porto?", "pt"),
        ("wat voor weer wordt het morgen in utrecht", "en in Gent?", "nl"),
        ("jaka jest dzisiaj pogoda w krakowie", "a w Gdańsku?", "pl"),
    ],
)
def test_what_leans_on_a_question_for_live_data_needs_them_too(before: str, text: str, language: str) -> None:
    found = leaning(text, ["tell me a joke", before])
    assert found is not None
    assert found.on == before
    assert purpose.decide(found.on).live
    assert follow_up.language(text, [before]) == language


@pytest.mark.parametrize(
    ("before", "text", "reading"),
    [
        ("how many cups are in two litres", "and in three litres?", "how many cups are in three litres"),
        ("how many days until christmas", "and until easter", "how many days until easter"),
        ("what is ten percent of eighty", "and of ninety", "what is ten percent of ninety"),
        ("what time is it in tokyo", "what about berlin?", "what time is it in berlin"),
    ],
)
def test_what_leans_is_put_into_the_question_before(before: str, text: str, reading: str) -> None:
    found = leaning(text, [before])
    assert found is not None
    assert reading in found.readings


def test_one_after_the_other_leans_on_the_question_they_all_lean_on() -> None:
    said = ["how many cups are in two litres", "and in three litres?"]
    found = leaning("and in four litres?", said)
    assert found is not None
    assert found.on == said[0]
    assert found.readings == ("how many cups are in four litres",)


@pytest.mark.parametrize("text", ["go on", "Why?", "tell me more", "weiter", "Warum?", "encore", "¿por qué?"])
def test_more_of_that_is_for_what_that_was_for(text: str) -> None:
    assert leaning(text, ["tell me a story about a dragon"]) == Leaning("tell me a story about a dragon")


@pytest.mark.parametrize(
    "text",
    [
        "how is the weather in berlin",
        "and what is the capital of france",
        "and I love you",
        "and set a timer for five minutes",
        "i feel a bit lonely today",  # "i" is Polish for "and"
        "a joke please",
        "a w jaki sposób działa silnik spalinowy w samochodzie",
        "why is the sky blue",
        "thanks",
        "",
    ],
)
def test_what_says_by_itself_what_it_wants_stands_for_itself(text: str) -> None:
    assert leaning(text, [WEATHER]) is None


@given(st.text(max_size=80))
def test_at_the_beginning_of_a_conversation_nothing_leans(text: str) -> None:
    assert leaning(text, []) is None
    assert follow_up.language(text, []) == identify(text, "en")


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=4))
def test_any_texts_can_be_looked_at_and_no_reading_grows_without_bound(text: str, before: list[str]) -> None:
    found = leaning(text, before)
    if found is not None:
        assert found.on in before
        assert len(found.readings) <= len(found.on.split()) + 1
        assert all(len(reading) <= len(text.lower()) + len(found.on.lower()) + 1 for reading in found.readings)


def test_a_name_alone_is_in_the_language_of_the_conversation_and_a_sentence_in_its_own() -> None:
    german = ["wie hoch ist die zugspitze"]
    assert follow_up.language("Bonn?", german) == "de"
    assert follow_up.language("3", german) == "de"
    assert follow_up.language("how high is the eiger", german) == "en"
    assert follow_up.language("qui est là", german) == "fr"
    assert follow_up.language("42", ["wie hoch ist die zugspitze", "3", "ok", "stop"]) == "de"


@pytest.mark.parametrize(
    ("text", "home", "language"),
    [
        ("3", "de", "de"),
        ("42", "fr", "fr"),
        ("stop", "de", "de"),
        ("ok", "pl", "pl"),
        ("ja", "de", "de"),
        ("ja", "nl", "nl"),
        ("no", "es", "es"),
        ("bitcoin", "it", "it"),
        ("meteo", "fr", "fr"),
        ("kurs euro", "pl", "pl"),
        ("esta frio la fora", "pt", "pt"),
        ("esta abierta la farmacia", "pt", "es"),
        ("yes", "de", "en"),
        ("hello", "de", "en"),
        ("merci", "de", "fr"),
        ("42", "ja", "ja"),
        ("どうして", "de", "ja"),
    ],
)
def test_words_that_do_not_tell_their_language_are_in_that_of_the_house(text: str, home: str, language: str) -> None:
    assert follow_up.language(text, [], home) == language
