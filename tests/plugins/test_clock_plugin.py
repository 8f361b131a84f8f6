from __future__ import annotations

import datetime as dt
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody_clock import ahead, days, spoken
from plugin_house import house, say

SUNDAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("time", "said"),
    [
        ("16:20", "twenty past four in the afternoon"),
        ("00:00", "midnight"),
        ("12:00", "noon"),
        ("09:00", "nine o'clock in the morning"),
        ("20:45", "a quarter to nine in the evening"),
        ("23:50", "ten to midnight"),
        ("23:15", "a quarter past eleven at night"),
        ("00:20", "twenty past twelve at night"),
        ("12:30", "half past twelve in the afternoon"),
        ("07:31", "twenty nine minutes to eight in the morning"),
        ("07:01", "one minute past seven in the morning"),
    ],
)
def test_the_time_is_told_as_people_tell_it(time: str, said: str) -> None:
    assert spoken.time_of_day(dt.time.fromisoformat(time)) == said


def test_every_minute_of_the_day_has_its_own_words_and_no_digits() -> None:
    said = {spoken.time_of_day(dt.time(m // 60, m % 60)) for m in range(24 * 60)}
    assert len(said) == 24 * 60
    assert all(re.fullmatch(r"[a-z' ]+", words) for words in said)


@pytest.mark.parametrize(
    ("year", "day"),
    [(2000, (4, 23)), (2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))],
)
def test_easter_is_when_the_church_says(year: int, day: tuple[int, int]) -> None:
    assert days.easter(year) == dt.date(year, *day)


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2200, 1, 1)), st.sampled_from(days.NAMES))
def test_a_named_day_is_near_and_not_past(today: dt.date, name: str) -> None:
    found = days.named(name, today)
    assert found is not None
    if name in days.RELATIVE:
        assert abs((found - today).days) <= 2
    else:
        assert 0 <= (found - today).days <= (6 if name in days.WEEKDAYS else 400)


@given(st.dates(min_value=dt.date(1905, 1, 1), max_value=dt.date(2090, 1, 1)), st.integers(1, 12), st.integers(1, 31))
def test_the_next_date_is_the_first_such_day(today: dt.date, month: int, day: int) -> None:
    found = days.next_date(month, day, today)
    if day > 29 and found is None:
        assert (month, day) in {(2, 30), (2, 31), (4, 31), (6, 31), (9, 31), (11, 31)}
        return
    assert found is not None
    assert (found.month, found.day) == (month, day)
    assert found >= today


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ({}, "Today is Sunday, the twenty second of November."),
        ({"day": "tomorrow"}, "Tomorrow is Monday, the twenty third of November."),
        ({"day": "yesterday"}, "Yesterday was Saturday, the twenty first of November."),
        ({"day": "friday"}, "Friday is the twenty seventh of November."),
        ({"day": "christmas"}, "Christmas is Friday, the twenty fifth of December."),
        ({"day_of_month": 3, "month": 5}, "The third of May 2027 is a Monday."),
        ({"day_of_month": 24}, "The twenty fourth of November is a Tuesday."),
        ({"day": "christmas", "ask": "days_until"}, "There are 33 days left until Christmas."),
        ({"day": "tomorrow", "ask": "days_until"}, "There is one day left until tomorrow."),
        ({"day": "sunday", "ask": "days_until"}, "Sunday is today."),
        ({"ask": "year"}, "It's 2026."),
        ({"ask": "month"}, "It's November."),
        ({"ask": "week"}, "It's week 47 of the year."),
        ({"day_of_month": 30, "month": 2}, "February has no such day."),
    ],
)
def test_dates_are_told_in_words(slots: dict[str, object], said: str) -> None:
    assert house("clock").call("date", **slots).text == said


def test_the_time_and_the_date_are_carried_as_data() -> None:
    ctx = house("clock")
    assert ctx.call("clock").value == {"time": "16:20", "hour": 16, "minute": 20}
    assert ctx.call("date").value == {"date": SUNDAY.isoformat(), "weekday": "sunday"}


def test_an_unknown_day_is_left_to_the_model() -> None:
    assert house("clock").call("date", day="bastille day").value == {"declined": True}


@pytest.mark.parametrize(("said", "answer"), [
    ("what date is sunday", "Sunday is the twenty second of November."),
    ("what date is next sunday", "Next Sunday is the twenty ninth of November."),
    ("how many days until next sunday", "There are 7 days left until next Sunday."),
    ("wann ist nächsten Sonntag", "Das ist Sonntag, der 29. November."),
    ("quand est dimanche prochain", "C'est le dimanche 29 novembre."),
    ("cuándo es el próximo domingo", "Es domingo, 29 de noviembre."),
])  # fmt: skip
def test_next_sunday_said_on_a_sunday_is_not_today(said: str, answer: str) -> None:
    assert say(house(), said).text == answer


@pytest.mark.parametrize(("said", "answer"), [
    ("what is tomorrow", "Tomorrow is Monday, the twenty third of November."),
    ("what is the day after tomorrow", "The day after tomorrow is Tuesday, the twenty fourth of November."),
    ("what is the date in two weeks", "That is Sunday, the sixth of December."),
    ("what day is it in a week", "That is Sunday, the twenty ninth of November."),
    ("how many weeks until christmas", "There are 4 weeks and 5 days left until Christmas."),
    ("how long until 5 pm", "There are forty minutes left until five o'clock in the afternoon."),
    ("how long until 5:30", "There is one hour and ten minutes left until half past five in the afternoon."),
    ("how long until half past six", "There are two hours and ten minutes left until half past six in the evening."),
    ("how much time until a quarter to five",
     "There are twenty five minutes left until a quarter to five in the afternoon."),
    ("how many hours until noon", "There are nineteen hours and forty minutes left until noon."),
])  # fmt: skip
def test_what_lies_ahead_is_told(said: str, answer: str) -> None:
    assert say(house(), said).text == answer


@given(st.integers(0, 24 * 60 - 1), st.integers(0, 24 * 60 - 1), st.sampled_from(["", "am", "pm"]), st.booleans())
def test_the_next_time_of_the_clock_is_within_a_day(now_min: int, minutes: int, half: str, exact: bool) -> None:
    now = dt.datetime(2026, 11, 22, now_min // 60, now_min % 60, 30, tzinfo=dt.UTC)
    then = ahead.next_time(now, minutes, half, exact=exact)
    assert dt.timedelta() < then - now <= dt.timedelta(days=1)
    assert (then.hour * 60 + then.minute - minutes) % 720 == 0


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("is it monday today", "No. Today is Sunday, the twenty second of November."),
        ("is today sunday", "Yes. Today is Sunday, the twenty second of November."),
        ("is it christmas yet", "No. Today is Sunday, the twenty second of November."),
        ("ist heute montag", "Nein. Heute ist Sonntag, der 22. November."),
        ("est-ce qu'on est dimanche", "Oui. Aujourd'hui, c'est le dimanche 22 novembre."),
        ("es lunes hoy", "No. Hoy es domingo, 22 de noviembre."),
        ("welcher tag war gestern", "Gestern war Samstag, der 21. November."),
        ("on était quel jour hier", "Hier, c'était le samedi 21 novembre."),
        ("qué día fue ayer", "Ayer fue sábado, 21 de noviembre."),
        ("welcher wochentag ist der 24. dezember", "Das ist Donnerstag, der 24. Dezember."),
        ("quel jour est le premier décembre", "C'est le mardi 1er décembre."),
        ("qué día cae el 24 de diciembre", "Es jueves, 24 de diciembre."),
        ("welcher tag ist der 30. februar", "Diesen Tag gibt es nicht."),
        ("welche kalenderwoche haben wir", "Wir haben Kalenderwoche 47."),
        ("quelle semaine sommes-nous", "Nous sommes en semaine 47."),
        ("qué semana es", "Es la semana 47."),
        ("welches datum ist in zwei wochen", "Das ist Sonntag, der 6. Dezember."),
        ("quelle date dans deux semaines", "C'est le dimanche 6 décembre."),
        ("qué fecha es en dos semanas", "Es domingo, 6 de diciembre."),
        ("wann ist ostern", "Das ist Sonntag, der 28. März 2027."),
    ],
)
def test_the_calendar_answers_what_is_asked_of_it(asked: str, answer: str) -> None:
    assert say(house(), asked).text == answer


@pytest.mark.parametrize(("evening", "hours"), [("2026-10-24", 12), ("2026-11-24", 11), ("2027-03-27", 10)])
def test_the_night_the_clocks_change_is_an_hour_longer_or_shorter(
    evening: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        ctx = house()
        ctx.now = dt.datetime.fromisoformat(f"{evening}T20:00").astimezone()
        assert say(ctx, "how long until seven am").value["seconds"] == hours * 3600
    finally:
        monkeypatch.undo()
        time.tzset()
