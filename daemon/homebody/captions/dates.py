"""Words for days, weeks, months and years, found in a search. Pure: the present arrives with the words.

Times here have no zone: they are those of the clock on the wall. Whoever asks turns them into moments.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from homebody.captions.date_phrases import phrases

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS: Final = {
    word: value
    for value, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], start=1
    )
} | {"a": 1, "an": 1, "few": 3, "couple": 2, "a few": 3, "a couple of": 2, "couple of": 2}
_SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # first month, northern

_MONTH = rf"(?P<month>{'|'.join(MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY_NUMBER = r"(?P<number>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_UNIT = r"(?P<unit>day|week|month|year)s?"
_PART = r"(?:morning|afternoon|evening|night)"
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"


class Span(NamedTuple):
    """A stretch of time: from its first moment until just before its last."""

    since: dt.datetime | None
    until: dt.datetime | None


class Dated(NamedTuple):
    """What is left of the words without those for the time, and the time."""

    text: str
    span: Span


def dated(text: str, now: dt.datetime) -> Dated:
    """The first words for a time in ``text``, which was said at ``now`` (without a zone), and the rest of it.

    ``since`` and ``before`` in front of them make the stretch open at one end. A month without a year is the last one
    that has begun; a day of the week is the last one that has. What stands in quotation marks is no time. German,
    French and Spanish words count as the English ones that mean the same (`date_phrases`).
    """
    text = unicodedata.normalize("NFC", text)
    quoted = [match.span() for match in re.finditer(r'"[^"]*"?', text)]
    found = [*_english(text, now), *_others(text, now)]
    free = [one for one in found if not any(begin < one.end and one.begin < end for begin, end in quoted)]
    if not free:
        return Dated(text, Span(None, None))
    first = min(free, key=lambda one: (one.begin, -one.end))
    return Dated(f"{text[: first.begin]} {text[first.end :]}".strip(), first.span)


class _Time(NamedTuple):
    """Words for a time, and where they stand."""

    begin: int
    end: int
    span: Span


def _english(text: str, now: dt.datetime) -> Iterator[_Time]:
    for pattern, meaning in _PATTERNS:
        for match in pattern.finditer(text):
            try:
                span = meaning(match, now)
            except (ValueError, OverflowError):  # the 31st of June, or a year before all years
                continue
            if match["open"] in {"since", "after"}:
                span = Span(span.since if match["open"] == "since" else span.until, None)
            elif match["open"] in {"before", "until"}:
                span = Span(None, span.since if match["open"] == "before" else span.until)
            yield _Time(*match.span(), span)


def _others(text: str, now: dt.datetime) -> Iterator[_Time]:
    for phrase in phrases(text):
        for time in _english(phrase.english, now):
            if (time.begin, time.end) == (0, len(phrase.english)):
                yield _Time(phrase.begin, phrase.end, time.span)


def moment(text: str, now: dt.datetime) -> dt.datetime:
    """When the time named by these words begins, such as ``2026-03-05``, ``yesterday`` or ``last week``.

    Raises:
        ValueError: They name no time.
    """
    rest, span = dated(text.strip(), now)
    if rest or span.since is None:
        raise ValueError(text)
    return span.since


def _midnight(at: dt.datetime | dt.date) -> dt.datetime:
    return dt.datetime(at.year, at.month, at.day)


def _days(begin: dt.datetime, count: int = 1) -> Span:
    return Span(begin, begin + dt.timedelta(days=count))


def _month(year: int, month: int) -> dt.datetime:
    """The first of a month counted from January of ``year``, which may lie outside of it."""
    return dt.datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _number_of(month: str) -> int:
    return next(number for number, name in enumerate(MONTHS, start=1) if name.startswith(month.lower()[:3]))


def _iso(match: re.Match[str], now: dt.datetime) -> Span:
    del now
    year, month = int(match["year"]), int(match["iso_month"])
    if match["number"]:
        return _days(dt.datetime(year, month, int(match["number"])))
    return Span(_month(year, month), _month(year, month + 1))


def _named_day(match: re.Match[str], now: dt.datetime) -> Span:
    today = _midnight(now)
    back = {"today": 0, "tonight": 0, "yesterday": 1}.get(match["word"].lower(), 2)
    return _days(today - dt.timedelta(days=back))


def _part_of_day(match: re.Match[str], now: dt.datetime) -> Span:
    """This morning, yesterday evening, last night: which reaches into the morning after."""
    today = _midnight(now)
    part, when = match["part"].lower(), match["when"].lower()
    begin, end = {"morning": (4, 12), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 30)}[part]
    day = today - dt.timedelta(days=when != "this")
    return Span(day + dt.timedelta(hours=begin), day + dt.timedelta(hours=end))


def _unit(match: re.Match[str], now: dt.datetime) -> Span:
    """This, or last, week, month, year, weekend."""
    today, unit = _midnight(now), match["unit"].lower()
    back = match["which"].lower() != "this"
    monday = today - dt.timedelta(days=today.weekday())
    if unit == "week":
        return _days(monday - dt.timedelta(days=7 * back), 7)
    if unit == "weekend":
        saturday = monday + dt.timedelta(days=5)
        return _days(saturday - dt.timedelta(days=7 * (back or saturday > today)), 2)
    if unit == "month":
        return Span(_month(now.year, now.month - back), _month(now.year, now.month - back + 1))
    return Span(_month(now.year - back, 1), _month(now.year - back + 1, 1))


def _weekday(match: re.Match[str], now: dt.datetime) -> Span:
    today, wanted = _midnight(now), DAYS.index(match["weekday"].lower())
    back = (today.weekday() - wanted) % 7
    if back == 0 and (match["which"] or "").lower() == "last":
        back = 7
    return _days(today - dt.timedelta(days=back))


def _season(match: re.Match[str], now: dt.datetime) -> Span:
    first = _SEASONS[match["season"].lower()]
    year = int(match["year"]) if match["year"] else now.year
    if not match["year"]:
        begun = _month(year, first) <= now
        year -= not begun
        if (match["which"] or "").lower() == "last" and begun and now < _month(year, first + 3):
            year -= 1  # within a summer, last summer is the one before
    return Span(_month(year, first), _month(year, first + 3))


def _in_month(match: re.Match[str], now: dt.datetime) -> Span:
    month = _number_of(match["month"])
    year = int(match["year"]) if match["year"] else now.year - (month > now.month)
    if (match["which"] or "").lower() == "last" and not match["year"] and month == now.month:
        year -= 1
    return Span(_month(year, month), _month(year, month + 1))


def _date(match: re.Match[str], now: dt.datetime) -> Span:
    month, number = _number_of(match["month"]), int(match["number"])
    if match["year"]:
        return _days(dt.datetime(int(match["year"]), month, number))
    for year in range(now.year, now.year - 9, -1):  # the 29th of February comes at least every eight years
        try:
            day = dt.datetime(year, month, number)
        except ValueError:
            continue
        if day <= now:
            return _days(day)
    raise ValueError(match[0])


def _in_year(match: re.Match[str], now: dt.datetime) -> Span:
    del now
    return Span(_month(int(match["year"]), 1), _month(int(match["year"]) + 1, 1))


def _back(now: dt.datetime, unit: str, count: int) -> dt.datetime:
    if unit == "month":
        month = _month(now.year, now.month - count)
        last = (_month(month.year, month.month + 1) - dt.timedelta(days=1)).day
        return month.replace(day=min(now.day, last))
    if unit == "year":
        return _back(now, "month", 12 * count)
    return _midnight(now) - dt.timedelta(days=count * {"day": 1, "week": 7}[unit])


def _counted(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.lower()]


def _ago(match: re.Match[str], now: dt.datetime) -> Span:
    """Three days ago is a day; two weeks ago is a week, and so on, with that day in its middle."""
    unit = match["unit"].lower()
    day = _back(now, unit, _counted(match["count"]))
    half = {"day": 0, "week": 3, "month": 15, "year": 182}[unit]
    return Span(day - dt.timedelta(days=half), day + dt.timedelta(days=half + 1))


def _past(match: re.Match[str], now: dt.datetime) -> Span:
    """The last three days: those before today, and today."""
    return Span(_back(now, match["unit"].lower(), _counted(match["count"])), _midnight(now) + dt.timedelta(days=1))


_Meaning = Callable[[re.Match[str], dt.datetime], Span]
_LEAD = r"(?<![\w-])(?:(?:from|in|on|of|during|at)\s+)?(?:(?P<open>since|before|after|until)\s+)?(?:the\s+)?"
_MUST = r"(?<![\w-])(?:(?:from|in|on|of|during)|(?P<open>since|before|after|until))\s+(?:the\s+)?"
_WHICH = r"(?:(?P<which>last|this|past)\s+)?"
_END = r"(?![\w-])"


def _pattern(body: str, lead: str = _LEAD) -> re.Pattern[str]:
    return re.compile(lead + body + _END, re.IGNORECASE)


# "may", "march" and a bare year are words like others; only a preposition or a date around them makes them a time.
_PATTERNS: Final[tuple[tuple[re.Pattern[str], _Meaning], ...]] = (
    (_pattern(rf"{_YEAR}-(?P<iso_month>1[0-2]|0[1-9])(?:-(?P<number>3[01]|[12]\d|0[1-9]))?"), _iso),
    (_pattern(rf"(?P<word>today|tonight|yesterday(?!\s+{_PART})|day before yesterday)"), _named_day),
    (_pattern(rf"(?P<when>this|last|yesterday)\s+(?P<part>{_PART})"), _part_of_day),
    (_pattern(r"(?P<which>this|last)\s+(?P<unit>weekend|week|month|year)"), _unit),
    (_pattern(rf"{_COUNT}\s+{_UNIT}\s+ago"), _ago),
    (_pattern(rf"(?:last|past)\s+{_COUNT}\s+{_UNIT}"), _past),
    (_pattern(rf"{_DAY_NUMBER}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?"), _date),
    (_pattern(rf"{_MONTH}\s+(?:the\s+)?{_DAY_NUMBER}(?:,?\s+{_YEAR})?"), _date),
    (_pattern(rf"{_WHICH}{_MONTH},?\s+(?:of\s+)?{_YEAR}"), _in_month),
    (_pattern(rf"{_WHICH}{_MONTH}(?P<year>)", _MUST), _in_month),
    (_pattern(rf"(?P<which>last|this)\s+{_MONTH}(?P<year>)"), _in_month),
    (_pattern(rf"{_WHICH}(?P<season>{'|'.join(_SEASONS)})\s+(?:of\s+)?{_YEAR}"), _season),
    (_pattern(rf"(?P<which>last|this)\s+(?P<season>{'|'.join(_SEASONS)})(?P<year>)"), _season),
    (_pattern(rf"(?P<which>last|this)\s+(?P<weekday>{'|'.join(DAYS)})"), _weekday),
    (_pattern(rf"(?P<which>)(?P<weekday>{'|'.join(DAYS)})", _MUST), _weekday),
    (_pattern(_YEAR, _MUST), _in_year),
)  # fmt: skip
