"""Times and answers for the ear, in four languages. What is said here is understood there: see tests. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from homebody_reminders import words

_EN_HOURS: Final = (
    "midnight", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "noon",
)  # fmt: skip
_EN_TEENS: Final = ("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_EN_TENS: Final = ("twenty", "thirty", "forty", "fifty")
_DAYS: Final = {
    "en": ("today", "tomorrow", "on {day}", "on {month} {d}"),
    "de": ("heute", "morgen", "am {day}", "am {d}. {month}"),
    "fr": ("aujourd'hui", "demain", "{day}", "le {d} {month}"),
    "es": ("hoy", "mañana", "el {day}", "el {d} de {month}"),
}
_YEAR: Final = {"en": ", {}", "de": " {}", "fr": " {}", "es": " de {}"}
NEAR_DAYS: Final = 300  # a date further away is said with its year
_EVERY: Final = {
    "en": ("every day", "every weekday", "every weekend", "every {}", "and"),
    "de": ("täglich", "werktags", "am Wochenende", "jeden {}", "und"),
    "fr": ("tous les jours", "en semaine", "le week-end", "chaque {}", "et"),
    "es": ("todos los días", "entre semana", "los fines de semana", "los {}", "y"),
}
_UNITS: Final = {
    "en": (("day", "days"), ("hour", "hours"), ("minute", "minutes"), ("second", "seconds"), "and"),
    "de": (("Tag", "Tagen"), ("Stunde", "Stunden"), ("Minute", "Minuten"), ("Sekunde", "Sekunden"), "und"),
    "fr": (("jour", "jours"), ("heure", "heures"), ("minute", "minutes"), ("seconde", "secondes"), "et"),
    "es": (("día", "días"), ("hora", "horas"), ("minuto", "minutos"), ("segundo", "segundos"), "y"),
}
_ONE: Final = {
    "en": {"day": "one", "hour": "one", "minute": "one", "second": "one"},
    "de": {"Tag": "einem", "Stunde": "einer", "Minute": "einer", "Sekunde": "einer"},
    "fr": {"jour": "un", "heure": "une", "minute": "une", "seconde": "une"},
    "es": {"día": "un", "hora": "una", "minuto": "un", "segundo": "un"},
}


def clock(time: dt.time, language: str) -> str:
    """As "at half past six in the evening", "um 18 Uhr 30", "à 18 heures 30", "a las 6 y 30 de la tarde"."""
    hour, minute = time.hour, time.minute
    if language == "de":
        return f"um {_de_one(hour)} Uhr{f' {minute}' if minute else ''}"
    if language == "fr":
        return f"à {hour} heure{'' if hour < 2 else 's'}{f' {minute}' if minute else ''}"
    part = _part(hour)
    if language == "es":
        if minute == 0 and hour % 12 == 0:
            return "a mediodía" if hour else "a medianoche"
        twelve = hour % 12 or 12
        of = {"morning": "mañana", "afternoon": "tarde", "evening": "noche", "night": "madrugada"}[part]
        return f"{'a la una' if twelve == 1 else f'a las {twelve}'}{f' y {minute}' if minute else ''} de la {of}"
    if minute == 0 and hour % 12 == 0:
        return f"at {'noon' if hour else 'midnight'}"
    name = _EN_HOURS[hour % 12 or 12].replace("noon", "twelve")
    half = "in the morning" if hour < 12 else ("in the afternoon" if hour < 18 else "in the evening")
    if minute in {15, 30}:
        return f"at {'a quarter' if minute == 15 else 'half'} past {name} {half}"
    if minute == 45:
        return f"at a quarter to {_EN_HOURS[(hour + 1) % 12 or 12].replace('noon', 'twelve')} {half}"
    minutes = f" {_en_minute(minute)}" if minute else " o'clock"
    return f"at {name}{minutes} {half}"


def _en_minute(minute: int) -> str:
    """As "oh five", "twenty", "forty two"."""
    if minute < 20:
        return f"oh {_EN_HOURS[minute]}" if minute < 10 else (*_EN_HOURS[10:12], "twelve", *_EN_TEENS)[minute - 10]
    tens, one = divmod(minute, 10)
    return _EN_TENS[tens - 2] + (f" {_EN_HOURS[one]}" if one else "")


def day(moment: dt.datetime, now: dt.datetime, language: str) -> str:
    """As "tomorrow", "on Friday", "on May 3"; with its year where that is not the next that anybody would think of."""
    today, tomorrow, weekday, date = _DAYS[language]
    ahead = (moment.date() - now.date()).days
    if ahead < 2:
        return today if ahead <= 0 else tomorrow
    if ahead < 7:
        return weekday.format(day=titled(words.WEEKDAYS[language][moment.weekday()], language))
    number = "1er" if language == "fr" and moment.day == 1 else moment.day
    named = date.format(d=number, month=titled(words.MONTHS[language][moment.month - 1], language))
    return named + (_YEAR[language].format(moment.year) if ahead > NEAR_DAYS else "")


def every(weekdays: Sequence[int], language: str) -> str:
    """As "every weekday", "every Monday and Friday"."""
    daily, workdays, weekend, each, and_ = _EVERY[language]
    match tuple(sorted(weekdays)):
        case (0, 1, 2, 3, 4, 5, 6):
            return daily
        case (0, 1, 2, 3, 4):
            return workdays
        case (5, 6):
            return weekend
        case days:
            names = [titled(words.WEEKDAYS[language][one], language) for one in days]
            if language == "es":
                names = [name if name.endswith("s") else f"{name}s" for name in names]
            return each.format(joined(names, and_))


def length(seconds: float, language: str) -> str:
    """About this long, as after "in" or "ago": "20 minutes", "einer Stunde und 5 Minuten"."""
    left = max(round(seconds), 1)
    left = left // 3600 * 3600 if left >= 86_400 else (round(left / 60) * 60 if left >= 600 else left)
    *units, and_ = _UNITS[language]
    parts = []
    for size_s, unit in zip((86_400, 3600, 60, 1), units, strict=True):
        count, left = divmod(left, size_s)
        if count:
            one, many = unit
            parts.append(f"{_ONE[language][one]} {one}" if count == 1 else f"{count} {many}")
    return joined(parts, str(and_))


def joined(items: Sequence[str], and_: str) -> str:
    """As "a, b and c"."""
    return f"{', '.join(items[:-1])} {and_} {items[-1]}" if len(items) > 1 else "".join(items)


def capital(text: str) -> str:
    """As at the beginning of a sentence."""
    return text[0].upper() + text[1:]


def titled(name: str, language: str) -> str:
    """With a capital where the language writes one."""
    return name.capitalize() if language in {"en", "de"} else name


def _de_one(hour: int) -> str:
    return "ein" if hour == 1 else str(hour)


def _part(hour: int) -> str:
    if hour < 6:
        return "night"
    return "morning" if hour < 12 else ("afternoon" if hour < 20 else "evening")
