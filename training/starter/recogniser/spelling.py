"""How a sentence is written once it is heard: words alone, one spelling each, numbers as words. Pure.

What the recogniser is taught to write and what it is judged by are both written like this; the matcher turns the
number words into digits again (`homebody.router.spoken_numbers`).
"""

from __future__ import annotations

import re
from typing import Final

from homebody.router import wording

ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS: Final = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

# Words that sound alike or are written in two ways: the way that is kept.
SAME: Final = {
    "alright": "all right", "audiobook": "audio book", "centre": "center", "colour": "color", "cos": "because",
    "disc": "disk", "favourite": "favorite", "fibre": "fiber", "goodnight": "good night", "gray": "grey",
    "hooray": "hurray", "labelled": "labeled", "mike": "mic", "nevermind": "never mind", "ok": "okay",
    "popup": "pop up", "theatre": "theater", "todays": "today's", "todo": "to do", "tomorrows": "tomorrow's",
    "tyre": "tire", "unmute": "un mute", "utilisation": "utilization", "valentines": "valentine's", "whats": "what's",
    "wifi": "wi fi", "workout": "work out", "yoghurt": "yogurt", "programme": "program", "jewellery": "jewelry",
}  # fmt: skip
# Two words that are one.
_JOINED: Final = {"good bye": "goodbye", "up time": "uptime"}
# Written, never said as they stand.
ABBREVIATED: Final = frozenset(
    "fl hrs kcal kcals kib l'alarme meg megs mi mib mil mils min mins oz sec secs temp gig gigs til lan ram yd".split()
)
_LETTERS_THAT_ARE_WORDS: Final = "ai"
_SAID_WITHOUT_VOWEL: Final = frozenset(("hmm", "shh", "pm", "tv", "html", "css"))
_METRIC: Final = re.compile(r"\b((?:centi|milli|kilo|deci|micro|nano)?)(lit|met)re(s?)\b")
_GRAM: Final = re.compile(r"gramme(s?)\b")
_ORDINAL: Final = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")
_APART: Final = re.compile(rf"\b(?:{'|'.join(_JOINED)})\b")
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_CLOCK: Final = re.compile(r"\b(\d{1,2}):(\d\d)\b")


def written(text: str) -> str:
    """Lower case, words alone, numbers as words, one spelling each: "Set a 10 min. timer" stays no such sentence
    (`can_be_said`), "7 times 8" becomes "seven times eight"."""
    text = wording.plain(text)
    text = _CLOCK.sub(lambda m: f"{m[1]} {m[2]}" if m[2] != "00" else f"{m[1]} o'clock", text)
    text = _ORDINAL.sub(lambda m: ordinal(int(m[1])), text)
    text = _NUMBER.sub(lambda m: f" {number(m[0])} ", text)
    text = _GRAM.sub(r"gram\1", _METRIC.sub(r"\1\2er\3", text))
    text = " ".join(SAME.get(word, word) for word in text.split())
    return _APART.sub(lambda m: _JOINED[m[0]], text)


def can_be_said(text: str) -> bool:
    """Whether every word of it is a word that people say."""
    return all(word not in ABBREVIATED and _is_word(word) for word in text.split())


def _is_word(word: str) -> bool:
    if len(word) == 1:
        return word in _LETTERS_THAT_ARE_WORDS
    return word in _SAID_WITHOUT_VOWEL or re.search(r"[aeiouy]", word) is not None


def agreeing(text: str) -> str:
    """With units of time in the number that goes with what is before them: templates accept "one minutes"."""
    text = _ONE_OF_MANY.sub(r"\1 \2", text)
    return _MANY_OF_ONE.sub(r"\1 \2s", text)


_UNITS: Final = "minute|hour|second|day|week"
_ONE_OF_MANY: Final = re.compile(rf"(?<!and )\b((?<!\w )one|an?) ({_UNITS})s\b")
_MANY_OF_ONE: Final = re.compile(
    rf"\b((?:{'|'.join((*ONES[2:], *TENS, *(f'{ten} one' for ten in TENS)))})) ({_UNITS})(?! (?:timer|one|alarm))\b"
)


def number(digits: str) -> str:
    """A number of up to nine digits, with a fraction or not, in words."""
    minus, digits = ("minus ", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, _, fraction = digits.partition(".")
    decimals = f" point {' '.join(ONES[int(digit)] for digit in fraction)}" if fraction else ""
    return f"{minus}{cardinal(int(whole))}{decimals}"


def cardinal(value: int) -> str:
    """A whole number below a billion in words, without "and"."""
    if value < 20:
        return ONES[value]
    if value < 100:
        ten, one = divmod(value, 10)
        return TENS[ten - 2] + (f" {ONES[one]}" if one else "")
    for size, name in ((1_000_000, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= size:
            many, rest = divmod(value, size)
            return f"{cardinal(many)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError(value)


def ordinal(value: int) -> str:
    """The first, the twenty third."""
    *begin, last = cardinal(value).split()
    end = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return " ".join([*begin, end])
