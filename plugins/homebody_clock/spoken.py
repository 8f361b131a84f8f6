"""Times and dates for the ear. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("zero", "ten", "twenty", "thirty", "forty", "fifty")

ORDINALS: Final = (
    "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth",
    "nineteenth", "twentieth", "twenty first", "twenty second", "twenty third", "twenty fourth",
    "twenty fifth", "twenty sixth", "twenty seventh", "twenty eighth", "twenty ninth", "thirtieth",
    "thirty first",
)  # fmt: skip
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def in_words(n: int) -> str:
    """0 to 59 in words."""
    if n < 20:
        return _ONES[n]
    tens, one = divmod(n, 10)
    return _TENS[tens] + (f" {_ONES[one]}" if one else "")


def time_of_day(time: dt.time) -> str:
    """As "twenty past four in the afternoon", "a quarter to nine in the evening", "noon"."""
    hour, minute = time.hour, time.minute
    # From half past on, people name the hour that comes.
    named = (hour + 1) % 24 if minute > 30 else hour
    if named in {0, 12} and minute == 0:
        return "noon" if named else "midnight"
    name = "midnight" if named == 0 and minute > 30 else _hour(named)
    if minute == 0:
        words = f"{name} o'clock"
    elif minute == 30:
        words = f"half past {name}"
    elif minute < 30:
        words = f"{_minutes(minute)} past {name}"
    else:
        words = f"{_minutes(60 - minute)} to {name}"
    return words if name == "midnight" else f"{words} {_part_of_day(hour)}"


def date(day: dt.date, *, year: bool = False) -> str:
    """As "the third of May", with its year "the third of May 2027"."""
    return f"the {ORDINALS[day.day]} of {MONTHS[day.month - 1]}{f' {day.year}' if year else ''}"


def _hour(hour: int) -> str:
    return _ONES[hour % 12 or 12]


def _minutes(minute: int) -> str:
    if minute == 15:
        return "a quarter"
    if minute % 5 == 0:
        return in_words(minute)
    return f"{in_words(minute)} minute{'' if minute == 1 else 's'}"


def _part_of_day(hour: int) -> str:
    if 5 <= hour < 12:
        return "in the morning"
    if 12 <= hour < 18:
        return "in the afternoon"
    if 18 <= hour < 22:
        return "in the evening"
    return "at night"
