"""Whether two answers say the same. Pure; where it cannot tell, a model is asked to judge.

Facts are compared, not words: the yes or no an answer begins with, the dates in it, the numbers in it. Only when one of
these is in both answers, or the answers are word for word the same, is anything decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

from homebody.router import spoken_numbers

TOLERANCE: Final = 0.005  # of a number: "about 8,849" and "8850" are the same mountain


class Comparison(msgspec.Struct, frozen=True):
    """``agreed``: None where words alone do not tell. ``by``: ``yes_no``, ``dates``, ``numbers`` or ``words``."""

    agreed: bool | None
    by: str


def compare(question: str, one: str, other: str) -> Comparison:
    """Whether both answers to this question say the same."""
    if _bare(one) == _bare(other):
        return Comparison(True, "words")
    stands = (yes_no(one), yes_no(other))
    if None not in stands and stands[0] != stands[1]:
        return Comparison(False, "yes_no")
    asked = set(dates(question))
    days = [[day for day in dates(text) if day not in asked] for text in (one, other)]
    if all(days):
        return Comparison(any(_same_day(a, b) for a in days[0] for b in days[1]), "dates")
    known = numbers(question)
    figures = [_new(numbers(_without_dates(text)), known) for text in (one, other)]
    if all(figures):
        return Comparison(_numbers_agree(*figures), "numbers")
    if None not in stands:
        return Comparison(True, "yes_no")
    return Comparison(None, "words")


JUDGE_SYSTEM: Final = (
    "You compare two answers to a question. Reply with one word: yes if both answers say the same thing, no if they "
    "contradict each other or name different things. Differences in wording or length do not matter."
)


def judge_prompt(question: str, one: str, other: str) -> str:
    """What the judge is asked."""
    return (
        f"Question: {question}\n\nFirst answer: {one}\n\nSecond answer: {other}\n\nDo both answers say the same thing?"
    )


def judged(reply: str) -> bool | None:
    """What the judge said; None where that was neither yes nor no."""
    return yes_no(reply)


_YES: Final = frozenset("yes yeah yep correct true right ja oui sí si sì sim tak jawohl richtig stimmt vrai".split())  # noqa: SIM905
_NO: Final = frozenset("no nope not incorrect false wrong nein non não nao nee nie falsch faux falso".split())  # noqa: SIM905


def yes_no(text: str) -> bool | None:
    """The yes or no an answer begins with, in one of eight languages; None where it begins otherwise."""
    words = re.findall(r"[^\W\d_]+", text.lower())[:1]
    if not words:
        return None
    return True if words[0] in _YES else False if words[0] in _NO else None


_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio janeiro januari stycznia styczeń",
            "february feb februar février febrero febbraio fevereiro februari lutego luty",
            "march mar märz mars marzo março maart marca marzec",
            "april apr avril abril aprile kwietnia kwiecień",
            "may mai mayo maggio maio mei maja maj",
            "june jun juni juin junio giugno junho czerwca czerwiec",
            "july jul juli juillet julio luglio julho lipca lipiec",
            "august aug août agosto augustus sierpnia sierpień",
            "september sep sept septembre septiembre settembre setembro września wrzesień",
            "october oct oktober octobre octubre ottobre outubro października październik",
            "november nov novembre noviembre novembro listopada listopad",
            "december dec dezember décembre diciembre dicembre dezembro grudnia grudzień",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_OF: Final = r"(?:\s+(?:of|de|di))?"
_DATES: Final = (
    re.compile(
        rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?{_OF}\s+(?P<m>{_MONTH})\b\.?(?:{_OF},?\s+(?P<y>\d{{4}}))?"
    ),
    re.compile(rf"\b(?P<m>{_MONTH})\b\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,?\s+(?P<y>\d{{4}}))?"),
    re.compile(rf"\b(?P<m>{_MONTH})\b\.?{_OF},?\s+(?P<y>\d{{4}})\b"),
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
    re.compile(
        r"(?<![\d.,/])(?P<y>1[0-9]\d\d|20\d\d)(?![\d,/]|\.\d|\s*(?:m|km|kg|ft|feet|metres|meters|miles|people)\b)"
    ),
)

Day = tuple[int | None, int | None, int | None]


def dates(text: str) -> list[Day]:
    """The dates in a text as (year, month, day), None for what it leaves open; a lone year counts as one."""
    rest, found = text.lower(), []
    for pattern in _DATES:
        for match in pattern.finditer(rest):
            parts = match.groupdict()
            month = parts.get("m")
            number = None if month is None else int(month) if month.isdigit() else _MONTHS[month]
            found.append((_int(parts.get("y")), number, _int(parts.get("d"))))
        rest = pattern.sub(" ", rest)
    return found


def _without_dates(text: str) -> str:
    rest = text.lower()
    for pattern in _DATES:
        rest = pattern.sub(" ", rest)
    return rest


def _same_day(one: Day, other: Day) -> bool:
    """They leave no room for a contradiction, and share something."""
    both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    return bool(both) and all(a == b for a, b in both)


_SCALES: Final = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NUMBER: Final = re.compile(
    r"(?<![\w.,])(?P<sign>[-−])?(?P<n>\d{1,3}(?:[ ,.\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?)"
    r"(?!\d|st\b|nd\b|rd\b|th\b)"
    r"(?:\s*(?P<scale>hundred|thousand|million|billion|trillion)\b)?"
)
# "one" is seldom a number in an answer, and "a" never.
_NO_NUMBER: Final = re.compile(
    r"(?<!ty )\bones?\b(?! (?:hundred|thousand|million|billion|trillion|point|and a half)\b)"
)


def numbers(text: str) -> list[float]:
    """The numbers in a text, in order: figures with separators of either custom, scales, and English number words."""
    text = unicodedata.normalize("NFKC", text.lower())
    if re.search(r"[a-z]{3}", text):  # number words as figures
        text = re.sub(
            r"(?<=[a-z])-(?=[a-z])|[.,!?;:](?=\s|$)", lambda mark: " " if mark[0] == "-" else f" {mark[0]}", text
        )
        text = re.sub(r"\band a half\b", "point five", text)
        text = spoken_numbers.digits(_NO_NUMBER.sub(" ", text))
    return [
        (-1 if match["sign"] else 1) * _figure(match["n"]) * _SCALES.get(match["scale"] or "", 1)
        for match in _NUMBER.finditer(text)
    ]


def _figure(text: str) -> float:
    """1,234.5 and 1.234,5 alike; a lone separator before three digits is one of thousands, but after a zero."""
    text = re.sub(r"[ \u00a0\u202f]", "", text)
    last = max(text.rfind("."), text.rfind(","))
    if last < 0:
        return float(text)
    mark, other = text[last], "," if text[last] == "." else "."
    decimal = text.count(mark) == 1 and (other in text or len(text) - last - 1 != 3 or text.startswith("0"))
    whole, fraction = (text[:last], text[last + 1 :]) if decimal else (text, "")
    return float(re.sub(r"[.,]", "", whole) + (f".{fraction}" if fraction else ""))


def _new(figures: Sequence[float], known: Sequence[float]) -> list[float]:
    """What the question had not named; all of them where it had named them all."""
    return [figure for figure in figures if not any(_near(figure, one) for one in known)]


def _numbers_agree(one: Sequence[float], other: Sequence[float]) -> bool:
    """The number each ends with, where a model that reasons puts its result, or begins with, where others do."""
    few, many = sorted((one, other), key=len)
    if len(few) == 1:
        return _near(few[0], many[0]) or _near(few[0], many[-1])
    return all(any(_near(figure, found) for found in many) for figure in few)


def _near(one: float, other: float) -> bool:
    if one.is_integer() and other.is_integer() and max(abs(one), abs(other)) <= 1000:
        return one == other
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other))


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _int(text: str | None) -> int | None:
    return None if text is None else int(text)
