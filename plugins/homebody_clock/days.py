"""Which day someone means. Pure: today arrives as an argument."""

from __future__ import annotations

import datetime as dt
from typing import Final

from homebody_clock import spoken

WEEKDAYS: Final = {name.lower(): number for number, name in enumerate(spoken.WEEKDAYS)}
RELATIVE: Final = {
    "today": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2, "the day before yesterday": -2,
}  # fmt: skip
HOLIDAYS: Final = {
    "christmas": (12, 25), "christmas eve": (12, 24), "boxing day": (12, 26), "new year's eve": (12, 31),
    "new year": (1, 1), "valentine's day": (2, 14), "halloween": (10, 31),
}  # fmt: skip
MOVING: Final = {"easter": 0, "good friday": -2, "easter monday": 1, "pentecost": 49}  # days from Easter Sunday
NEXT: Final = "next "
NAMES: Final = (*RELATIVE, *WEEKDAYS, *HOLIDAYS, *MOVING)


def named(name: str, today: dt.date) -> dt.date | None:
    """The day of this name: weekdays and holidays are the next to come, today included; "next monday" never is today.
    None for an unknown name."""
    if name.startswith(NEXT):
        tomorrow = today + dt.timedelta(days=1)
        return named(name.removeprefix(NEXT), tomorrow) if name.removeprefix(NEXT) in WEEKDAYS else None
    if name in RELATIVE:
        return today + dt.timedelta(days=RELATIVE[name])
    if name in WEEKDAYS:
        return today + dt.timedelta(days=(WEEKDAYS[name] - today.weekday()) % 7)
    if name in HOLIDAYS:
        month, day = HOLIDAYS[name]
        return next_date(month, day, today)
    if name in MOVING:
        offset = dt.timedelta(days=MOVING[name])
        this_year = easter(today.year) + offset
        return this_year if this_year >= today else easter(today.year + 1) + offset
    return None


def next_date(month: int | None, day: int, today: dt.date) -> dt.date | None:
    """The next day with this number, in this month where one is given; None where no month has it.

    The next 29 February may be eight years away.
    """
    for ahead in range(12 * 8 + 1):
        year, index = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        if month is not None and index + 1 != month:
            continue
        try:
            candidate = dt.date(year, index + 1, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate
    return None


def easter(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (Meeus/Jones/Butcher; Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 19 * m) // 433
    month, day = divmod(h + m - 7 * n + 90, 25)[0], 0
    day = (h + m - 7 * n + 33 * month + 19) % 32
    return dt.date(year, month, day)
