"""What a sentence looks like to the matcher: case, punctuation, symbols and polite words. English; pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from homebody.router import spoken_numbers
from homebody.sentence_shape import POLITE_ENDS

# Around a command these say nothing. Only those at the ends are taken off a sentence that may hold free text.
OPENINGS: Final = (
    "please", "hey computer", "okay computer", "ok computer", "hey homebody", "okay homebody", "computer", "homebody",
    "hey", "okay", "ok", "now", "so", "well", "um", "uh", "er", "and", "can you", "could you", "would you", "will you",
    "i want you to", "i need you to", "i would like you to", "i'd like you to", "thank you", "thanks",
)  # fmt: skip
CLOSINGS: Final = (
    *POLITE_ENDS["en"], "now", "right now", "for me", "will you", "would you", "can you", "could you", "okay",
    "computer", "homebody",
)  # fmt: skip
ANYWHERE: Final = ("please", "for me", "now", "um", "uh", "er")


def _alternatives(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


_OPENING = re.compile(rf"(?:(?:{_alternatives(OPENINGS)}) )+")
_CLOSING = re.compile(rf"(?: (?:{_alternatives(CLOSINGS)}))+$")
_AND_A_HALF = re.compile(
    r"(?<!\S)(an?|\d+) (?!and |plus |minus |times |point )([a-z]+) and (a half|a quarter|3 quarters)(?!\S)"
)
_ANYWHERE = re.compile(rf"(?<!\S)(?:{_alternatives(ANYWHERE)})(?!\S) ?")

# What is rewritten, in this order: its pattern, its replacement, and characters of which one must be there (none: it is
# always tried). Where a rewriting puts in a character of a later one, its own characters stand there as well.
_SYMBOLS: Final = tuple(
    (re.compile(pattern), replacement, frozenset(characters))
    for pattern, replacement, characters in (
        (r"(?<=\d),(?=\d{3}(?!\d))", "", ","),  # 1,000
        (r"%", " percent ", "%"),
        (r"°", " degrees ", "°"),
        (r"\+", " plus ", "+"),
        (r"[*×]|(?<=\d)\s*x\s*(?=\d)", " times ", "*×x"),
        (r"÷|(?<=\d)\s*/\s*(?=\d)", " divided by ", "÷/"),
        (r"\^", " to the power of ", "^"),
        (r"(?<=\d)\s*[-−–]\s*(?=\d)", " minus ", "-−–"),  # 10-5; a minus sign of its own stays on its number
        (r"(?<=\s)[-−–](?=\s)", " minus ", "-−–"),
        (r"(?:(?<=\s)|^)−(?=\d)", "-", "−"),
        (r"(?<!\d)(?=\.\d)(?<!\w)", "0", "."),  # .5
        (r"(?<=[a-z])\.(?=[a-z]\b)", "", "."),  # p.m.
        (r"(?<=\d)\.(?!\d)|(?<!\d)\.", " ", "."),
        (r"(?<=\d):(?!\d)|(?<!\d):", " ", ":"),  # 7:30 stays
        (r"(?<!\w)'|'(?!\w)", " ", "'"),  # quotation marks, not apostrophes
        (r"(?<=\w)-|-(?!\d)", " ", "-−"),
        (r"[^\w\s.:'-]|_", " ", ""),
    )
)


def normalised(text: str) -> str:
    """Lower case, single spaces, no punctuation but what words and numbers need (``what's``, ``3.14``, ``7:30``,
    ``-5``); ``%``, ``+`` and their kind as words; number words as digits; ``an hour and a half`` as ``1 and a half
    hour``, so that one number stands in front of its unit."""
    return with_digits(plain(text))


def plain(text: str) -> str:
    """`normalised` with number words left as they are."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("‘", "'")
    there = set(text)
    for pattern, replacement, characters in _SYMBOLS:
        if not characters or not characters.isdisjoint(there):
            text = pattern.sub(replacement, text)
    return " ".join(text.split())


def with_digits(text: str) -> str:
    """What `normalised` makes of a `plain` sentence."""
    return _AND_A_HALF.sub(_half_before_unit, spoken_numbers.digits(text))


def _half_before_unit(match: re.Match[str]) -> str:
    count, unit, part = match.groups()
    return f"{'1' if count in {'a', 'an'} else count} and {part} {unit}"


def without_polite_ends(text: str) -> str:
    """A normalised sentence without the polite words around it; itself where nothing else would be left."""
    opening = _OPENING.match(f"{text} ")
    bare = _CLOSING.sub("", f" {text[opening.end() :] if opening else text}").strip()
    return bare or text


def without_polite_words(text: str) -> str:
    """`without_polite_ends`, and none within: only for sentences without free text."""
    return " ".join(_ANYWHERE.sub("", without_polite_ends(text)).split())
