"""Words for times, found in a search."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.captions.dates import Span, dated, moment

NOW = dt.datetime(2026, 11, 22, 10, 30)  # a Sunday
day = dt.datetime


@pytest.mark.parametrize(
    ("words", "rest", "since", "until"),
    [
        ("dogs today", "dogs", day(2026, 11, 22), day(2026, 11, 23)),
        ("yesterday", "", day(2026, 11, 21), day(2026, 11, 22)),
        ("the day before yesterday", "", day(2026, 11, 20), day(2026, 11, 21)),
        ("party last night", "party", day(2026, 11, 21, 18), day(2026, 11, 22, 6)),
        ("yesterday evening", "", day(2026, 11, 21, 17), day(2026, 11, 22)),
        ("this week", "", day(2026, 11, 16), day(2026, 11, 23)),
        ("last week", "", day(2026, 11, 9), day(2026, 11, 16)),
        ("last weekend", "", day(2026, 11, 14), day(2026, 11, 16)),
        ("last month", "", day(2026, 10, 1), day(2026, 11, 1)),
        ("last year", "", day(2025, 1, 1), day(2026, 1, 1)),
        ("a bicycle in March", "a bicycle", day(2026, 3, 1), day(2026, 4, 1)),
        ("in December", "", day(2025, 12, 1), day(2026, 1, 1)),
        ("December 2019", "", day(2019, 12, 1), day(2020, 1, 1)),
        ("in 2019", "", day(2019, 1, 1), day(2020, 1, 1)),
        ("2019-07", "", day(2019, 7, 1), day(2019, 8, 1)),
        ("2019-07-04", "", day(2019, 7, 4), day(2019, 7, 5)),
        ("on March 5th", "", day(2026, 3, 5), day(2026, 3, 6)),
        ("24 December", "", day(2025, 12, 24), day(2025, 12, 25)),
        ("29 February", "", day(2024, 2, 29), day(2024, 3, 1)),
        ("on Monday", "", day(2026, 11, 16), day(2026, 11, 17)),
        ("last Sunday", "", day(2026, 11, 15), day(2026, 11, 16)),
        ("three days ago", "", day(2026, 11, 19), day(2026, 11, 20)),
        ("last 7 days", "", day(2026, 11, 15), day(2026, 11, 23)),
        ("since March", "", day(2026, 3, 1), None),
        ("before 2020", "", None, day(2020, 1, 1)),
        ("last summer", "", day(2026, 6, 1), day(2026, 9, 1)),
        ("winter 2024", "", day(2024, 12, 1), day(2025, 3, 1)),
    ],
)
def test_words_for_a_time_become_a_stretch_of_it_and_leave_the_rest(words, rest, since, until):
    assert dated(words, NOW) == (rest, Span(since, until))


@pytest.mark.parametrize(
    "words",
    [
        "a march in the rain",
        "she may dance",
        "2019",
        '"last week" magazine',
        "31 June",
        "spring flowers",
        "a second cat",
    ],
)
def test_words_that_only_look_like_a_time_are_none(words):
    assert dated(words, NOW) == (words, Span(None, None))


WEEK, MARCH = Span(day(2026, 11, 9), day(2026, 11, 16)), Span(day(2026, 3, 1), day(2026, 4, 1))
SUMMER, AGO = Span(day(2026, 6, 1), day(2026, 9, 1)), Span(day(2026, 11, 19), day(2026, 11, 20))


@pytest.mark.parametrize(
    ("words", "rest", "span"),
    [
        ("hunde von letzter Woche", "hunde", WEEK),
        ("der Hund im März", "der Hund", MARCH),
        ("im maerz", "", MARCH),
        ("im März 2024", "", Span(day(2024, 3, 1), day(2024, 4, 1))),
        ("heute", "", Span(day(2026, 11, 22), day(2026, 11, 23))),
        ("von gestern Abend", "", Span(day(2026, 11, 21, 17), day(2026, 11, 22))),
        ("vorgestern", "", Span(day(2026, 11, 20), day(2026, 11, 21))),
        ("aus dem letzten Sommer", "", SUMMER),
        ("letzten Monat", "", Span(day(2026, 10, 1), day(2026, 11, 1))),
        ("am letzten Wochenende", "", Span(day(2026, 11, 14), day(2026, 11, 16))),
        ("vor drei Tagen", "", AGO),
        ("in den letzten 7 Tagen", "", Span(day(2026, 11, 15), day(2026, 11, 23))),
        ("am 5. März", "", Span(day(2026, 3, 5), day(2026, 3, 6))),
        ("vom 24.12.2025", "", Span(day(2025, 12, 24), day(2025, 12, 25))),
        ("seit März", "", Span(day(2026, 3, 1), None)),
        ("vor 2020", "", Span(None, day(2020, 1, 1))),
        ("aus dem Jahr 2019", "", Span(day(2019, 1, 1), day(2020, 1, 1))),
        ("am Montag", "", Span(day(2026, 11, 16), day(2026, 11, 17))),
        ("le chien de la semaine dernière", "le chien", WEEK),
        ("le chien en mars", "le chien", MARCH),
        ("en mars 2024", "", Span(day(2024, 3, 1), day(2024, 4, 1))),
        ("aujourd'hui", "", Span(day(2026, 11, 22), day(2026, 11, 23))),
        ("d'hier soir", "", Span(day(2026, 11, 21, 17), day(2026, 11, 22))),
        ("avant-hier", "", Span(day(2026, 11, 20), day(2026, 11, 21))),
        ("de l'été dernier", "", SUMMER),
        ("l'ete dernier", "", SUMMER),
        ("l'année dernière", "", Span(day(2025, 1, 1), day(2026, 1, 1))),
        ("il y a trois jours", "", AGO),
        ("les trois derniers jours", "", Span(day(2026, 11, 19), day(2026, 11, 23))),
        ("le 5 mars", "", Span(day(2026, 3, 5), day(2026, 3, 6))),
        ("d'août", "", Span(day(2026, 8, 1), day(2026, 9, 1))),
        ("depuis mars", "", Span(day(2026, 3, 1), None)),
        ("lundi dernier", "", Span(day(2026, 11, 16), day(2026, 11, 17))),
        ("el perro de la semana pasada", "el perro", WEEK),
        ("el perro en marzo", "el perro", MARCH),
        ("en marzo de 2024", "", Span(day(2024, 3, 1), day(2024, 4, 1))),
        ("hoy", "", Span(day(2026, 11, 22), day(2026, 11, 23))),
        ("ayer por la tarde", "", Span(day(2026, 11, 21, 12), day(2026, 11, 21, 18))),
        ("anteayer", "", Span(day(2026, 11, 20), day(2026, 11, 21))),
        ("del verano pasado", "", SUMMER),
        ("el ano pasado", "", Span(day(2025, 1, 1), day(2026, 1, 1))),
        ("hace tres días", "", AGO),
        ("el 5 de marzo de 2024", "", Span(day(2024, 3, 5), day(2024, 3, 6))),
        ("desde marzo", "", Span(day(2026, 3, 1), None)),
        ("antes de 2020", "", Span(None, day(2020, 1, 1))),
        ("del lunes", "", Span(day(2026, 11, 16), day(2026, 11, 17))),
    ],
)  # fmt: skip
def test_german_french_and_spanish_words_for_a_time_mean_what_the_english_ones_do(words, rest, span):
    assert dated(words, NOW) == (rest, span)


@pytest.mark.parametrize("words", ["was ist das hier", "l'arbre", "la mar", "vor dem haus", "un marché", "eine woche",
                                   "der Maibaum", "sept chats", "el tiempo", '"letzte Woche"'])  # fmt: skip
def test_words_of_other_languages_that_only_look_like_a_time_are_none(words):
    assert dated(words, NOW) == (words, Span(None, None))


@given(st.text(max_size=80), st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))
def test_whatever_is_typed_whenever_it_is_a_span_in_order_or_none(words, now):
    span = dated(words, now).span
    assert span.since is None or span.until is None or span.since < span.until


@given(st.sampled_from(["today", "last week", "in may", "3 days ago", "since March", "last winter", "on friday"]),
       st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1)))  # fmt: skip
def test_times_that_are_named_have_begun(words, now):
    span = dated(words, now).span
    assert span.since is not None
    assert span.since <= now


def test_a_moment_is_the_beginning_of_what_is_named_and_nothing_else_is_one():
    assert moment("2026-03-05", NOW) == day(2026, 3, 5)
    with pytest.raises(ValueError, match="soonish"):
        moment("soonish", NOW)
