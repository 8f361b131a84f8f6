"""Number words to digits, and what was said to a number. English; pure.

`digits` rewrites a whole sentence before it is matched: ``set a timer for twenty five minutes`` becomes ``set a timer
for 25 minutes``. It leaves alone what only looks like a number: ordinals (``the twenty first``), fractions (``half``),
and the pronoun (``which one``, ``the one called tea``). `number` reads one slot's words, fractions included. Input is
what `homebody.router.wording.normalised` returns: lower case, words separated by single spaces, no hyphens.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


def _words(text: str) -> list[str]:
    return text.split()


ONES: Final = {
    word: value
    for value, word in enumerate(
        _words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        )
    )
}
TENS: Final = {
    word: 10 * value
    for value, word in enumerate(_words("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)
} | {"fourty": 40}
SCALES: Final = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
FRACTIONS: Final = {"half": 0.5, "quarter": 0.25, "third": 1 / 3}

_ORDINALS = frozenset(
    _words(
        "first third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
        "sixteenth seventeenth eighteenth nineteenth hundredth thousandth millionth billionth"
    )
)
_MONTHS = frozenset(_words("january february march april may june july august september october november december"))
_POINTING = frozenset(_words("which another this that other any every each no next last first second third"))
_VAGUE = frozenset(_words("few several many couple of"))
_UNITS = frozenset(_words("second minute hour day week month year"))
_MEASURES = _UNITS | frozenset(
    _words(
        "percent degree point half hundred thousand million billion metre meter mile inch foot pound gram kilogram "
        "ounce litre liter gallon cup kilometre kilometer"
    )
)
_NUMERIC = frozenset({*ONES, *TENS, *SCALES, "hundred", "point", "oh", "number"})
_DETERMINERS = frozenset(_words("the that this my"))
_FIRST = frozenset({*ONES, *TENS, "a", "hundred", "point"})  # no other word, unless it is digits, begins a number
_DIGITS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


class _Read(NamedTuple):
    """A number that was read, as it is written, and the index of the word after it."""

    written: str
    end: int


def digits(text: str) -> str:
    """The sentence with its number words as digits; applying it twice changes nothing more.

    Examples: ``a hundred`` is 100, ``one hundred and five`` 105, ``three point one four`` 3.14, ``1.5 million``
    1500000, ``five and six`` stays two numbers.
    """
    # A pass may leave what the next one would still join ("point one thousand thousand"). Each that changes something
    # leaves fewer words, so this ends.
    while (read := _pass(text)) != text:
        text = read
    return text


def _pass(text: str) -> str:
    words = text.split()
    out: list[str] = []
    at = 0
    while at < len(words):
        read = _read(words, at)
        if read is None:
            out.append(words[at])
            at += 1
        elif _is_ordinal(words, at, read.end) or _is_pronoun(words, at, read.end):
            out += words[at : read.end]
            at = read.end
        else:
            out.append(read.written)
            at = read.end
    return " ".join(out)


def number(text: str, *, article: bool = False) -> float | int | None:
    """The number these words say, or None where they say none, or more than one.

    Reads digits, number words, ``minus``/``negative`` in front, ``two and a half``, ``three quarters of``, ``half
    an``, ``a couple of``.

    Args:
        text: Words of one slot.
        article: ``a`` and ``an`` alone count as 1: for a number in front of a unit (``an hour``).
    """
    words = digits(text).split()
    while words and words[-1] in {"of", "a", "an"} and len(words) > 1:  # "half an", "a quarter of an"
        words.pop()
    sign = 1
    if words and words[0] in {"minus", "negative"}:
        sign, words = -1, words[1:]
    value = _value(words, article=article)
    if value is None:
        return None
    value *= sign
    return int(value) if value == int(value) else value


def _value(words: list[str], *, article: bool) -> float | None:
    match words:
        case [("a" | "an")] if article:
            return 1.0
        case ["couple"] | ["a", "couple"]:
            return 2.0
        case ["one"]:
            return 1.0
        case [whole]:
            return _written(whole) if whole not in FRACTIONS else FRACTIONS[whole]
        case ["a", part] if part in FRACTIONS:
            return FRACTIONS[part]
        case [count, part] if part.removesuffix("s") in FRACTIONS or part == "halves":
            many = _written(count)
            return None if many is None else many * FRACTIONS["half" if part == "halves" else part.removesuffix("s")]
        case [whole, "and", "a", part] | [whole, "and", part] if part in FRACTIONS:
            base = 1.0 if whole in {"a", "an"} else _written(whole)
            return None if base is None else base + FRACTIONS[part]
        case [whole, "and", count, part] if part.removesuffix("s") in FRACTIONS:
            base, many = _written(whole), _written(count)
            return None if base is None or many is None else base + many * FRACTIONS[part.removesuffix("s")]
        case _:
            return None


def _written(word: str) -> float | None:
    # At most 15 digits, as many as a float keeps.
    return float(word) if len(word) <= 16 and re.fullmatch(r"-?\d+(?:\.\d+)?", word, re.ASCII) else None


def _read(words: list[str], at: int) -> _Read | None:
    """The longest number that begins here."""
    if words[at] not in _FIRST and not "0" <= words[at][0] <= "9":
        return None
    if words[at] == "point":
        read = _fraction(words, at, "0") if not at or _opens_number(words, at) else None
        return read and _scaled(words, read)
    whole = _cardinal(words, at)
    if whole is None:
        return None
    if "." in whole.written:
        whole = _scaled(words, whole)
    if "." in whole.written:
        return whole
    read = _fraction(words, whole.end, whole.written)
    return _scaled(words, read) if read else whole


def _opens_number(words: list[str], at: int) -> bool:
    """Whether ``point five`` after this word is a number: after ``to`` or ``plus``, not after ``the`` or ``good``."""
    return words[at - 1] in {"is", "to", "by", "and", "plus", "minus", "times", "at", "for", "of", "what's", "over"}


def _cardinal(words: list[str], at: int) -> _Read | None:
    """Whole numbers: descending scales, each once, each led by a number below a thousand."""
    total, end, limit, found = 0, at, 1_000_000_000_000, False
    while True:
        start = end
        joined = found and start < len(words) and words[start] == "and"
        group = _group(words, start + joined)
        if group is None:
            break
        value, after = group
        scale = SCALES.get(words[after], 0) if after < len(words) else 0
        if scale and scale < limit:
            if joined:  # "a thousand and two million": two numbers
                break
            total, end, limit, found = total + value * scale, after + 1, scale, True
            continue
        if not found:
            return _Read(str(value), after)
        # What follows a scale is its remainder only if it is smaller and leads no number of its own.
        if scale or (joined and value >= 100) or value >= limit:
            break
        return _Read(str(total + value), after)
    if found:
        return _Read(str(total), end)
    if at < len(words) and _DIGITS.fullmatch(words[at]):
        return _Read(words[at], at + 1)
    return _bare_scale(words, at)


def _group(words: list[str], at: int) -> tuple[int, int] | None:
    """A number below a thousand (or ``nineteen hundred``), and the index after it."""
    first = _below_hundred(words, at)
    if first is None:
        if _is_hundred(words, at + 1) and at < len(words) and words[at] == "a":
            first = (1, at + 1)
        elif _scale_at(words, at + 1) and words[at] == "a":
            return 1, at + 1
        else:
            return None
    value, end = first
    if not _is_hundred(words, end) or not 0 < value < 100:
        return value, end
    value, end = 100 * value, end + 1
    rest_at = end + 1 if end < len(words) and words[end] == "and" else end
    rest = _below_hundred(words, rest_at)
    if rest is None or not 0 < rest[0] < 100 or _is_hundred(words, rest[1]) or _DIGITS.fullmatch(words[rest_at]):
        return value, end
    if rest_at > end and _scale_at(words, rest[1]) == 0 and _is_pronoun(words, rest_at, rest[1]):
        return value, end
    return value + rest[0], rest[1]


def _below_hundred(words: list[str], at: int) -> tuple[int, int] | None:
    """0 to 99 in words; digits only in front of a scale, since ``1 2`` is two numbers."""
    word = words[at] if at < len(words) else ""
    if word in ONES:
        return ONES[word], at + 1
    if word in TENS:
        unit = ONES.get(words[at + 1], 0) if at + 1 < len(words) else 0
        return (TENS[word] + unit, at + 2) if 1 <= unit <= 9 else (TENS[word], at + 1)
    if word.isascii() and word.isdigit() and len(word) <= 3:
        limit = 100 if _is_hundred(words, at + 1) else 1000 if _scale_at(words, at + 1) else 0
        return (int(word), at + 1) if 0 < int(word) < limit else None
    return None


def _fraction(words: list[str], at: int, whole: str) -> _Read | None:
    """``point`` and its digits, one by one (``one four``) or as a number below a hundred (``fourteen``)."""
    if at >= len(words) or words[at] != "point":
        return None
    decimals, end = "", at + 1
    while end < len(words) and (words[end] == "oh" or ONES.get(words[end], 10) <= 9 or words[end] in "0123456789"):
        decimals += "0" if words[end] == "oh" else str(ONES.get(words[end], words[end]))
        end += 1
    if not decimals and end < len(words) and (words[end] in ONES or words[end] in TENS):
        value, end = _below_hundred(words, end) or (0, end)
        decimals = str(value)
    return _Read(f"{whole}.{decimals}", end) if decimals else None


def _scaled(words: list[str], read: _Read) -> _Read:
    """``1.5 million`` is one number."""
    scale = _scale_at(words, read.end)
    if "." not in read.written or not scale or float(read.written) >= 1000:
        return read
    whole, decimals = read.written.split(".")
    # In integers, since 1.1 * 1000000 is not 1100000 in floats.
    value, rest = divmod(int(whole + decimals) * scale, 10 ** len(decimals))
    if rest:
        return _Read(f"{value}.{str(rest).zfill(len(decimals)).rstrip('0')}", read.end + 1)
    return _Read(str(value), read.end + 1)


def _bare_scale(words: list[str], at: int) -> _Read | None:
    """``hundred percent``; not ``a few hundred``."""
    before = words[at - 1] if at else ""
    if before in _VAGUE or _DIGITS.fullmatch(before) or before in ONES or before in TENS or before in SCALES:
        return None
    if words[at] == "hundred" and before != "hundred":
        scale = _scale_at(words, at + 1)
        return _Read(str(100 * scale), at + 2) if scale else _Read("100", at + 1)
    return None


def _is_hundred(words: list[str], at: int) -> bool:
    return at < len(words) and words[at] == "hundred"


def _scale_at(words: list[str], at: int) -> int:
    return SCALES.get(words[at], 0) if at < len(words) else 0


def _is_ordinal(words: list[str], at: int, end: int) -> bool:
    """Whether the words are the beginning of an ordinal: ``twenty first``, ``may twenty second``."""
    if end >= len(words) or _DIGITS.fullmatch(words[at]):
        return False
    if words[end] == "and" and words[end - 1] in {"hundred", *SCALES}:  # "one hundred and first"
        return end + 1 < len(words) and words[end + 1] in _ORDINALS
    if words[end] == "second":  # far more often the unit: "a twenty second timer"
        dated = (at > 0 and words[at - 1] in _MONTHS) or (end + 1 < len(words) and words[end + 1] == "of")
        return words[end - 1] in TENS and dated
    return words[end] in _ORDINALS and (words[end - 1] in TENS or words[end - 1] in {"and", "hundred", *SCALES})


def _is_pronoun(words: list[str], at: int, end: int) -> bool:
    """Whether a lone ``one`` stands for a thing: ``which one``, ``the one called tea``, ``one of them``."""
    if end - at != 1 or words[at] != "one":
        return False
    after = words[end] if end < len(words) else ""
    before = words[at - 1] if at else ""
    if after in {"of", "another"}:
        return True
    if after.removesuffix("s") in _MEASURES:
        return False
    # "the one", "the red one", "the ten minute one"
    described = at >= 2 and words[at - 2] in _DETERMINERS and before.isalpha() and before not in _NUMERIC
    return before == "the" or before in _POINTING or described or before in _UNITS
