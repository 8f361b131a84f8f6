"""Lengths of time for the ear. Pure."""

from __future__ import annotations

from typing import Final

_ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_words(n: int) -> str:
    """0 to 99 in words, anything else in digits."""
    if not 0 <= n <= 99:
        return str(n)
    if n < 20:
        return _ONES[n]
    tens, one = divmod(n, 10)
    return _TENS[tens] + (f" {_ONES[one]}" if one else "")


def spoken(seconds: int) -> str:
    """Exactly this long: "one hour, five minutes and ten seconds"; 0 is "no time"."""
    return joined([f"{in_words(n)} {unit}{'' if n == 1 else 's'}" for n, unit in _parts(seconds)]) or "no time"


def roughly(seconds: float) -> str:
    """About this long, as a person would say it: seconds are dropped from ten minutes on, minutes from a day on."""
    whole = max(round(seconds), 1)
    if whole >= 86_400:
        return spoken(whole // 3600 * 3600)
    if whole >= 600:
        return spoken(max(round(whole / 60), 1) * 60)
    return spoken(whole)


def adjective(seconds: int) -> str:
    """In front of "timer": "five minute", "ninety second", "one hour thirty minute"."""
    if seconds % 60 and seconds < 100:
        return f"{in_words(seconds)} second"
    if seconds % 60 == 0 and 3600 < seconds < 6000:
        return f"{in_words(seconds // 60)} minute"
    return " ".join(f"{in_words(n)} {unit}" for n, unit in _parts(seconds))


def joined(items: list[str], last: str = "and") -> str:
    """As "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def _parts(seconds: int) -> list[tuple[int, str]]:
    minutes, s = divmod(seconds, 60)
    h, m = divmod(minutes, 60)
    return [(n, unit) for n, unit in ((h, "hour"), (m, "minute"), (s, "second")) if n]
