from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router import wording
from homebody.router.foreign_wording import ForeignWording
from homebody_reminders import moments, spoken
from homebody_reminders.moments import When, next_after, parse

LANGUAGES = ("en", "de", "fr", "es")
WORDINGS = {"en": wording, **{language: ForeignWording(language) for language in LANGUAGES[1:]}}
SUNDAY = dt.datetime(2026, 11, 22, 16, 20, tzinfo=dt.timezone(dt.timedelta(hours=1)))
BERLIN = ZoneInfo("Europe/Berlin")


def said(text: str, language: str = "en", *, bare: bool = False) -> tuple[When | None, str]:
    return parse(WORDINGS[language].normalised(text), language, bare=bare)


def meant(text: str, language: str = "en", *, alarm: bool = False) -> str:
    when, _ = said(text, language, bare=alarm)
    assert when is not None
    moment = next_after(when, SUNDAY, alarm=alarm)
    return moment.strftime("%a %d %b %H:%M") if moment else "over"


@pytest.fixture
def berlin() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("text", "language", "moment"),
    [
        ("at six", "en", "Sun 22 Nov 18:00"),
        ("at four", "en", "Mon 23 Nov 16:00"),
        ("at twelve", "en", "Mon 23 Nov 12:00"),
        ("at half past twelve", "en", "Mon 23 Nov 12:30"),
        ("um drei", "de", "Mon 23 Nov 15:00"),
        ("by friday", "en", "Fri 27 Nov 09:00"),
        ("ten minutes before eight", "en", "Sun 22 Nov 19:50"),
        ("ten minutes after eight", "en", "Sun 22 Nov 20:10"),
        ("for 7:15 every weekday", "en", "Mon 23 Nov 07:15"),
        ("für Montag bis Freitag um sieben", "de", "Mon 23 Nov 07:00"),
        ("pour demain à sept heures du matin", "fr", "Mon 23 Nov 07:00"),
        ("le trois à neuf heures du soir", "fr", "Thu 03 Dec 21:00"),
        ("para mañana por la mañana a las siete", "es", "Mon 23 Nov 07:00"),
        ("el uno de diciembre a las cuatro", "es", "Tue 01 Dec 16:00"),
        ("tomorrow at six", "en", "Mon 23 Nov 18:00"),
        ("tomorrow morning at six", "en", "Mon 23 Nov 06:00"),
        ("at quarter to nine tonight", "en", "Sun 22 Nov 20:45"),
        ("on friday at noon", "en", "Fri 27 Nov 12:00"),
        ("on the third of may", "en", "Mon 03 May 09:00"),
        ("in an hour and a half", "en", "Sun 22 Nov 17:50"),
        ("in two days", "en", "Tue 24 Nov 16:20"),
        ("at half past two at night", "en", "Mon 23 Nov 02:30"),
        ("this morning", "en", "over"),
        ("um halb sieben", "de", "Sun 22 Nov 18:30"),
        ("um zehn vor halb acht", "de", "Sun 22 Nov 19:20"),
        ("um viertel nach neun", "de", "Sun 22 Nov 21:15"),
        ("morgen früh um sieben Uhr dreißig", "de", "Mon 23 Nov 07:30"),
        ("in anderthalb Stunden", "de", "Sun 22 Nov 17:50"),
        ("am dritten Mai", "de", "Mon 03 May 09:00"),
        ("à sept heures et demie", "fr", "Sun 22 Nov 19:30"),
        ("demain matin à huit heures moins le quart", "fr", "Mon 23 Nov 07:45"),
        ("dans une demi-heure", "fr", "Sun 22 Nov 16:50"),
        ("ce soir", "fr", "Sun 22 Nov 19:00"),
        ("a las siete y media", "es", "Sun 22 Nov 19:30"),
        ("mañana a las ocho menos cuarto de la mañana", "es", "Mon 23 Nov 07:45"),
        ("dentro de media hora", "es", "Sun 22 Nov 16:50"),
        ("in a quarter of an hour", "en", "Sun 22 Nov 16:35"),
        ("in three quarters of an hour", "en", "Sun 22 Nov 17:05"),
        ("at half six", "en", "Sun 22 Nov 18:30"),
        ("on the third", "en", "Thu 03 Dec 09:00"),
        ("on the 31st at nine", "en", "Thu 31 Dec 09:00"),
        ("on sunday at nine pm", "en", "Sun 22 Nov 21:00"),
        ("next sunday at nine pm", "en", "Sun 29 Nov 21:00"),
        ("this coming sunday at nine pm", "en", "Sun 29 Nov 21:00"),
        ("this sunday at nine pm", "en", "Sun 22 Nov 21:00"),
        ("nächsten Sonntag um 21 Uhr", "de", "Sun 29 Nov 21:00"),
        ("dimanche prochain à 21 heures", "fr", "Sun 29 Nov 21:00"),
        ("el próximo domingo a las 21 horas", "es", "Sun 29 Nov 21:00"),
        ("el domingo que viene a las 21 horas", "es", "Sun 29 Nov 21:00"),
        ("next week", "en", "Sun 29 Nov 09:00"),
        ("from monday to friday at six", "en", "Mon 23 Nov 18:00"),
        ("at seven saturday to sunday", "en", "Sat 28 Nov 07:00"),
        ("am dritten", "de", "Thu 03 Dec 09:00"),
        ("um dreiviertel acht", "de", "Sun 22 Nov 19:45"),
        ("nächste Woche um neun", "de", "Sun 29 Nov 09:00"),
        ("von Montag bis Freitag um sieben", "de", "Mon 23 Nov 07:00"),
        ("le trois à neuf heures", "fr", "Thu 03 Dec 09:00"),
        ("la semaine prochaine", "fr", "Sun 29 Nov 09:00"),
        ("du lundi au vendredi à sept heures", "fr", "Mon 23 Nov 07:00"),
        ("el día tres", "es", "Thu 03 Dec 09:00"),
        ("la semana que viene", "es", "Sun 29 Nov 09:00"),
        ("a las siete de lunes a viernes", "es", "Mon 23 Nov 07:00"),
        ("mañana al mediodía", "es", "Mon 23 Nov 12:00"),
    ],
)
def test_a_time_is_the_next_that_fits(text: str, language: str, moment: str) -> None:
    assert meant(text, language) == moment


@pytest.mark.parametrize(
    ("now", "text", "moment"),
    [("22:30", "at one", "23 01:00"), ("20:30", "at one", "23 01:00"), ("18:30", "at one", "23 13:00"),
     ("00:30", "at five", "22 05:00"), ("23:50", "at six", "23 06:00"), ("20:00", "at twelve", "23 00:00"),
     ("08:00", "at twelve", "22 12:00")],
)  # fmt: skip
def test_an_hour_of_the_night_is_meant_where_it_is_near(now: str, text: str, moment: str) -> None:
    when, _ = said(text)
    assert when is not None
    found = next_after(when, SUNDAY.replace(hour=int(now[:2]), minute=int(now[3:])))
    assert found is not None
    assert found.strftime("%d %H:%M") == moment


@pytest.mark.parametrize("text", ["call anna", "read chapter six", "buy two eggs", "at the station", "in berlin", ""])
def test_what_says_no_time_is_left_whole(text: str) -> None:
    assert said(text) == (None, wording.normalised(text))


@given(st.integers(0, 23), st.integers(0, 59), st.sampled_from(LANGUAGES), st.sampled_from([False, True]))
def test_every_time_of_day_is_understood_as_it_is_said(hour: int, minute: int, language: str, alarm: bool) -> None:
    when, left = said(spoken.clock(dt.time(hour, minute), language), language)
    assert when is not None
    assert left == ""
    assert hour in moments.hours(when)
    assert when.minute == minute
    if language in {"en", "es"}:  # where the part of the day is said too, there is one answer
        moment = next_after(when, SUNDAY, alarm=alarm)
        assert moment is not None
        assert (moment.hour, moment.minute) == (hour, minute)


@given(st.integers(1, 300), st.sampled_from(LANGUAGES))
def test_every_day_is_understood_as_it_is_said(ahead: int, language: str) -> None:
    moment = SUNDAY + dt.timedelta(days=ahead)
    when, left = said(f"{spoken.day(moment, SUNDAY, language)}", language)
    assert when is not None
    assert left == ""
    found = next_after(when, SUNDAY)
    assert found is not None
    assert found.date() == moment.date()


def test_a_date_of_the_year_after_is_said_with_its_year() -> None:
    leap = dt.datetime(2028, 2, 29, tzinfo=SUNDAY.tzinfo)
    assert [spoken.day(leap, SUNDAY, language) for language in LANGUAGES] == [
        "on February 29, 2028", "am 29. Februar 2028", "le 29 février 2028", "el 29 de febrero de 2028",
    ]  # fmt: skip
    assert spoken.day(dt.datetime(2027, 3, 1, tzinfo=SUNDAY.tzinfo), SUNDAY, "fr") == "le 1er mars"


@given(st.sets(st.integers(0, 6), min_size=1), st.sampled_from(LANGUAGES), st.integers(0, 23))
def test_every_repetition_is_understood_as_it_is_said(days: set[int], language: str, hour: int) -> None:
    weekdays = tuple(sorted(days))
    text = f"{spoken.every(weekdays, language)} {spoken.clock(dt.time(hour), language)}".replace(",", "")
    when, left = said(text, language)
    assert when is not None
    assert (when.weekdays, when.repeats, left) == (weekdays, True, "")
    assert moments.again(hour, 0, weekdays, SUNDAY).weekday() in days


@given(st.integers(1, 86_399), st.sampled_from(LANGUAGES))
def test_every_length_is_understood_as_it_is_said(seconds: int, language: str) -> None:
    rounded = seconds if seconds < 600 else round(seconds / 60) * 60
    begin = {"en": "in", "de": "in", "fr": "dans", "es": "en"}[language]
    when, _ = said(f"{begin} {spoken.length(seconds, language)}", language)
    assert when is not None
    assert when.delay_s == rounded


@pytest.mark.parametrize("year", range(2025, 2030))
def test_an_hour_that_does_not_exist_rings_an_hour_later_and_the_day_after_as_usual(berlin: None, year: int) -> None:
    last_sunday = max(dt.date(year, 3, day) for day in range(25, 32) if dt.date(year, 3, day).weekday() == 6)
    evening = dt.datetime.combine(last_sunday - dt.timedelta(days=1), dt.time(22)).astimezone()
    first = moments.again(2, 30, moments.DAILY, evening)
    assert first.isoformat() == f"{last_sunday}T03:30:00+02:00"
    second = moments.again(2, 30, moments.DAILY, first)
    assert second.isoformat() == f"{last_sunday + dt.timedelta(days=1)}T02:30:00+02:00"


@pytest.mark.parametrize("year", range(2025, 2030))
def test_an_hour_that_comes_twice_rings_once(berlin: None, year: int) -> None:
    last_sunday = max(dt.date(year, 10, day) for day in range(25, 32) if dt.date(year, 10, day).weekday() == 6)
    evening = dt.datetime.combine(last_sunday - dt.timedelta(days=1), dt.time(22)).astimezone()
    first = moments.again(2, 30, moments.DAILY, evening)
    assert first.isoformat() == f"{last_sunday}T02:30:00+02:00"
    assert (
        moments.again(2, 30, moments.DAILY, first)
        .isoformat()
        .endswith(f"{last_sunday + dt.timedelta(days=1)}T02:30:00+01:00")
    )


@given(
    st.datetimes(dt.datetime(2025, 1, 1), dt.datetime(2030, 1, 1)),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
)
def test_what_repeats_comes_next_within_eight_days_at_its_time(
    wall: dt.datetime, hour: int, minute: int, weekdays: tuple[int, ...]
) -> None:
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    try:
        now = wall.astimezone()
        moment = moments.again(hour, minute, weekdays, now)
        assert now < moment <= now + dt.timedelta(days=8)
        exists = dt.datetime.combine(moment.date(), dt.time(hour, minute), BERLIN)
        if exists.astimezone(dt.UTC).astimezone(BERLIN).time() == dt.time(hour, minute):
            assert (moment.hour, moment.minute) == (hour, minute)
            assert moment.weekday() in weekdays
        else:
            assert moment.hour == hour + 1
    finally:
        os.environ.pop("TZ")
        time.tzset()


PIECES = """
    a quarter of an hour half past to in at on the third 3rd 31st three quarters next week monday from friday
    every and 7 70 7:30 half six tomorrow noon a couple of minutes um am halb dreiviertel viertel vor drei minuten
    bis le la semaine prochaine du lundi au dans une demi heure et quart moins el día mediodía media hora y cuarto
    menos
""".split()  # noqa: SIM905


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join), st.sampled_from(LANGUAGES), st.booleans())
def test_any_pieces_of_times_are_survived(text: str, language: str, bare: bool) -> None:
    when, _ = said(text, language, bare=bare)
    if when is not None:
        next_after(when, SUNDAY)


@given(st.text(max_size=60), st.sampled_from(LANGUAGES), st.booleans())
def test_any_words_are_survived(text: str, language: str, bare: bool) -> None:
    when, left = said(text, language, bare=bare)
    if when is None:
        assert left == WORDINGS[language].normalised(text)
    else:
        next_after(when, SUNDAY)
