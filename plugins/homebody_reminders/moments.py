"""What people mean by a time: words to a `When`, and a `When` to the moment it is next. Pure.

A time of day without its half ("at six") is the next that fits, though an hour of the night only where it is near: at
four in the afternoon "at three" is tomorrow's afternoon. Where a day is named it is the usual one: one to six in the
afternoon, seven to noon in the morning; for an alarm four to noon are always the morning.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import Final, NamedTuple

from homebody_reminders import words

DAILY: Final = (0, 1, 2, 3, 4, 5, 6)
NIGHT_H: Final = 6  # what comes before this hour is in the night
NIGHT_NEAR: Final = dt.timedelta(hours=6)
_WORKDAYS: Final = (0, 1, 2, 3, 4)
_WEEKEND: Final = (5, 6)
_HOUR_OF: Final = {words.MORNING: 9, words.NOON: 12, words.AFTERNOON: 15, words.EVENING: 19, words.NIGHT: 22}

# From which hour to which a part of the day is asked about.
PARTS_H: Final = {words.MORNING: (4, 12), words.NOON: (11, 14), words.AFTERNOON: (12, 18), words.EVENING: (17, 24),
                  words.NIGHT: (17, 24)}  # fmt: skip


class When(NamedTuple):
    """A time as it was said; what was not said is None or empty.

    ``day`` counts from today; ``weekdays`` are 0 for Monday; ``date`` is month (0: whichever comes next) and day;
    ``repeats``: on each of the weekdays, not only the next. ``later``: on none of them today, as "next Monday" said
    on a Monday.
    """

    delay_s: int | None = None
    hour: int | None = None
    minute: int = 0
    part: str = ""
    day: int | None = None
    weekdays: tuple[int, ...] = ()
    date: tuple[int, int] | None = None
    repeats: bool = False
    later: bool = False


def parse(text: str, language: str, *, bare: bool = False) -> tuple[When | None, str]:
    """The time at the ends of a sentence, and what is left between; None where no time is said, or one that is none.

    Args:
        text: As the matcher sees it.
        language: ``en``, ``de``, ``fr`` or ``es``.
        bare: A lone number is an hour, since nothing else can be meant.
    """
    when, left, found = When(), " ".join(text.split()), False
    while left:
        step = _step(when, left, language, bare=bare)
        if step is None:
            break
        when, left, found = step[0], step[1], True
    if not found or not _sound(when):
        return None, text
    return when, re.sub(rf"^(?:{words.JOINING[language]}(?: |(?<=')))+", "", left).strip()


def next_after(when: When, now: dt.datetime, *, alarm: bool = False) -> dt.datetime | None:
    """The first moment after ``now`` (aware) that is meant; None where there is none, such as a day that is over.

    Wall-clock times are those of the local zone: an hour that does not exist on the day the clocks change is that much
    later (02:30 is 03:30), one that comes twice is the first.
    """
    if when.delay_s is not None:
        days, rest_s = divmod(when.delay_s, 86_400)
        wall = now.replace(tzinfo=None) + dt.timedelta(days=days)
        return (local(wall, now) if days else now) + dt.timedelta(seconds=rest_s)
    moments = (
        local(dt.datetime.combine(day, time), now)
        for day in possible_days(when, now.date())
        for time in _times(when, alarm=alarm)
    )
    ahead = [moment for moment in moments if moment > now]
    if not alarm and when.hour is not None and when.hour <= 12 and not when.part:
        by_day = [moment for moment in ahead if moment.hour >= NIGHT_H or moment - now < NIGHT_NEAR]
        ahead = by_day or ahead
    return min(ahead, default=None)


def merged(
    when: When, due_at: dt.datetime, weekdays: tuple[int, ...], hour: int, minute: int, *, alarm: bool = False,
    half: bool = True,
) -> When:  # fmt: skip
    """A time that corrects another: what it leaves open is as before. "At seven" after six in the evening is in the
    evening too; after nine in the morning "at twelve" is noon, and "at three", unless to be woken, the afternoon.
    ``half``: which half of the day is meant may be taken from before; else the hour is the usual one of its day."""
    if when.delay_s is not None:
        return when
    if when.hour is None and not when.part:
        when = when._replace(hour=hour, minute=minute, part="exact")
    elif half and when.hour is not None and not when.part and when.hour <= 12:
        early = when.hour % 12
        late = hour >= (13 if alarm else 12) or (hour >= NIGHT_H > early and not (alarm and early))
        when = when._replace(hour=early + (12 if late else 0), part="exact")
    if when.day is None and not when.weekdays and when.date is None:
        if weekdays:
            return when._replace(weekdays=weekdays, repeats=True)
        return when._replace(date=(due_at.month, due_at.day))
    return when


def again(hour: int, minute: int, weekdays: tuple[int, ...], after: dt.datetime) -> dt.datetime:
    """The next moment of something that repeats, after ``after`` (aware)."""
    found = next_after(When(hour=hour, minute=minute, part="exact", weekdays=weekdays, repeats=True), after)
    assert found is not None
    return found


def local(wall: dt.datetime, now: dt.datetime) -> dt.datetime:
    """A naive wall-clock time as an aware one: by the system's zone with its clock changes where ``now`` is in it, else
    at the offset of ``now``."""
    here = now.replace(tzinfo=None).astimezone()
    if here.utcoffset() != now.utcoffset():
        return wall.replace(tzinfo=now.tzinfo)
    # By its timestamp: astimezone() makes 01:30 of a 02:30 that does not exist.
    return dt.datetime.fromtimestamp(wall.timestamp(), dt.UTC).astimezone()


# --- words -----------------------------------------------------------------------------------------------------------


@cache
def _compiled(language: str) -> list[tuple[str, re.Pattern[str], re.Pattern[str]]]:
    """(kind, at the beginning, at the end), the longer kinds first."""
    patterns = words.PATTERNS[language]
    order = ("every", "dates", "delays", "to", "half_to", "plain", "days", "parts", "bare")
    return [
        (kind, re.compile(rf"(?:{source})(?!\S)"), re.compile(rf"(?<!\S)(?:{source})$"))
        for kind in order
        for source in getattr(patterns, kind)
    ]


def _step(when: When, left: str, language: str, *, bare: bool) -> tuple[When, str] | None:
    """Take the longest piece off the end, else off the beginning."""
    for at_end in (True, False):
        best: tuple[int, When, str] | None = None
        for kind, begins, ends in _compiled(language):
            match = ends.search(left) if at_end else begins.match(left)
            if match is None or (kind == "bare" and not bare):
                continue
            taken = _with(when, kind, match, language)
            if taken is not None and (best is None or len(match[0]) > best[0]):
                rest = left[: match.start()] if at_end else left[match.end() :]
                best = (len(match[0]), taken, rest.strip())
        if best is not None:
            return best[1], best[2]
    return None


def _with(when: When, kind: str, match: re.Match[str], language: str) -> When | None:
    """What is known with this piece too; None where it contradicts what is known."""
    groups = {name: value for name, value in match.groupdict().items() if value}
    part = words.PARTS.get(groups.get("part", ""), "")
    if part and when.part:
        return None
    when = when._replace(part=part or when.part)
    match kind:
        case "delays" | "bare" if "delay" in groups:
            if when.delay_s is not None or when.hour is not None:
                return None
            return when._replace(delay_s=_seconds(groups["delay"]))
        case "every":
            if when.weekdays:
                return None
            if "first" in groups:
                days = _between(words.WEEKDAYS[language], groups["first"], groups["last"])
                return when._replace(weekdays=days, repeats=True)
            return when._replace(weekdays=_named_days(groups["every"], language), repeats=True)
        case "days":
            if when.day is not None or when.weekdays or when.date:
                return None
            near = words.NEAR_DAYS.get(groups["day"], 0 if groups["day"] in _THIS else None)
            if near is None:
                later = "later" in groups or "later_" in groups
                return when._replace(weekdays=_named_days(groups["day"], language), later=later)
            return when._replace(day=near)
        case "dates":
            day = groups["d"]
            number = words.ORDINAL_DAYS.get(day) or int(re.sub(r"\D", "", day))
            month = words.MONTHS[language].index(groups["mon"]) + 1 if "mon" in groups else 0
            return None if when.date else when._replace(date=(month, number))
        case "parts":
            return when
        case _:
            return None if when.hour is not None else _clock(when, kind, groups)


_THIS: Final = frozenset({"this", "to", "ce", "cet", "cette", "esta"})


def _clock(when: When, kind: str, groups: dict[str, str]) -> When | None:
    said = groups.get("h", "mittag")
    hours = words.HOURS.get(said)
    minutes = round(float(said) * 60) if hours is None else hours * 60
    spoken = groups.get("m", "0").removeprefix("oh ")
    extra = words.MINUTES[spoken] if spoken in words.MINUTES else int(spoken)
    if kind == "to":
        minutes -= extra
    elif kind == "half_to":
        off = int(groups.get("off", "0"))
        minutes += -30 + (off if groups.get("dir") == "nach" else -off)
    else:
        minutes += extra
    if extra > 59 or not -60 < minutes <= 24 * 60:
        return None
    hour, minute = divmod(minutes % (24 * 60), 60)
    # Said with a leading zero, above twelve or by name, it is the hour of a day and not of half a day.
    exact = hours is not None or said.startswith("0") or float(said) > 12 or float(said) == 0
    return when._replace(hour=hour, minute=minute, part=when.part or ("exact" if exact else ""))


def _seconds(said: str) -> int:
    total = 0.0
    for number, unit in re.findall(
        r"((?:half an?|(?:a|\d) quarters? of an|an?|a couple of|\d+ and a (?:half|quarter)|[\d.]+)) (\w+)", said
    ):
        total += _number(number) * words.unit_s(unit)
    return round(total)


def _number(said: str) -> float:
    whole, _, part = said.partition(" and a ")
    if part:
        return float(whole) + words.MINUTES[part] / 60
    if "quarter" in said:
        return (1 if said.startswith("a") else int(said[0])) / 4
    return {"a": 1.0, "an": 1.0, "a couple of": 2.0}.get(said) or (0.5 if said.startswith("half") else float(said))


_GROUPS: Final = (
    (re.compile(r"weekdays?|werktag\w*|wochentag\w*|semaine|entre semana"), _WORKDAYS),
    (re.compile(r"weekends?|week ends?|wochenenden?|fin(?:es)? de semana"), _WEEKEND),
)


def _between(names: tuple[str, ...], first: str, last: str) -> tuple[int, ...]:
    begin, end = names.index(first), names.index(last)
    return tuple(sorted((begin + n) % 7 for n in range((end - begin) % 7 + 1)))


def _named_days(said: str, language: str) -> tuple[int, ...]:
    named = [at for at, name in enumerate(words.WEEKDAYS[language]) if re.search(rf"(?<!\w){name}s?(?!\w)", said)]
    if named:
        return tuple(named)
    return next((days for pattern, days in _GROUPS if pattern.fullmatch(said)), DAILY)


def _sound(when: When) -> bool:
    if when.delay_s is not None:
        return 0 < when.delay_s <= 366 * 86_400 and not (when.weekdays or when.day or when.date)
    timed = when.hour is not None or when.part not in {"", "exact"}
    return timed or when.day is not None or bool(when.weekdays) or when.date is not None


# --- times -----------------------------------------------------------------------------------------------------------


def _times(when: When, *, alarm: bool) -> list[dt.time]:
    """The times of day that may be meant."""
    if when.hour is None:
        return [dt.time(_HOUR_OF.get(when.part, 8 if alarm else 9))]
    hour, half = when.hour, when.hour % 12
    match when.part:
        case "exact":
            return [dt.time(hour, when.minute)]
        case words.MORNING:
            hours = [half if hour <= 12 else hour]
        case words.NIGHT:  # "at two at night" is early, "at eleven at night" late
            hours = [half + 12 if half >= 6 else half]
        case words.AFTERNOON | words.EVENING:
            hours = [0 if when.part == words.EVENING and half == 0 and hour == 12 else half + 12]
        case words.NOON:
            hours = [hour if hour >= 10 else hour + 12]
        case _ if alarm and (4 <= hour <= 12 or when.repeats):
            hours = [hour]
        case _ if when.day or when.weekdays or when.date:
            hours = [hour + 12 if 1 <= hour <= 6 and not alarm else hour]
        case _:
            hours = [half, half + 12]
    return [dt.time(hour, when.minute) for hour in hours]


def possible_days(when: When, today: dt.date) -> list[dt.date]:
    """The days that may be meant, today first."""
    if when.date is not None and when.date[0] == 0:
        months = ((today.year + at // 12, at % 12 + 1) for at in range(today.month - 1, today.month + 13))
        return [day for year, month in months if (day := _date(year, month, when.date[1])) and day >= today]
    if when.date is not None:
        return [day for year in range(today.year, today.year + 9) if (day := _date(year, *when.date)) is not None]
    if when.day is not None:
        return [today + dt.timedelta(days=when.day)]
    ahead = [today + dt.timedelta(days=n) for n in range(1 if when.later else 0, 9)]
    return [day for day in ahead if not when.weekdays or day.weekday() in when.weekdays]


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def hours(when: When) -> set[int]:
    """The hours of the day that may have been meant, both halves of it where neither was said."""
    assert when.hour is not None
    if when.part in {"", words.NIGHT}:
        return {when.hour % 24, (when.hour + 12) % 24} if when.hour <= 12 else {when.hour}
    return {time.hour for time in _times(when, alarm=False)}


def said_hour(when: When, due_at: dt.datetime) -> int:
    """Which of these hours ``due_at`` is; where the clocks have moved it, the one it was moved from."""
    possible = hours(when)
    return due_at.hour if due_at.hour in possible else min(possible, key=lambda hour: abs(hour - due_at.hour))
