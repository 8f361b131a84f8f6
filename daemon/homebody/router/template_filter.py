"""A quick no for sentences that cannot fit a template. Pure; nothing that hassil would match is lost.

hassil walks a template's every optional part in Python. Two filters stand in front of it:

- `needs`: what a sentence must hold, found once a sentence for all templates together (`Index`). It rules out nearly
  all of them in some ten microseconds. hassil's own `Sentence.get_required_clauses` is the model; this one looks into
  lists and at the patterns of slots, and prefers rare words.
- `pattern`: a regular expression that accepts at least what hassil does. It is deliberately too generous (spaces are
  optional, a permutation is anything).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as AnySequence
from functools import cache, lru_cache
from typing import Any, Final

from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, Sequence, TextChunk
from hassil.expression import Group as AnyGroup
from hassil.expression import Sentence as SentenceTemplate
from hassil.intents import IntentData, RangeSlotList, TextSlotList
from hassil.util import PUNCTUATION_STR

_ANYTHING: Final = ".+"
_DIGITS: Final = r" *-?\d+ *"
# What `spoken_numbers.number` can read after `spoken_numbers.digits`.
_NUMBER: Final = r"(?: *(?:-?\d[\d.]*|an?|one|half|halves|quarters?|thirds?|and|of|couple|minus|negative)(?!\w))+ *"
_SPELLED_OUT: Final = 40  # a list with more values is stood in for by their number of words

KNOWN_WORDS: Final = 4096  # of which it is remembered what they hold
SHAPE_COMMONNESS: Final = 0.05  # as a text of two letters: it takes longer to look for
_PUNCTUATION: Final = frozenset(PUNCTUATION_STR)  # hassil takes it out of what was said


class Shape:
    """What free text must look like. Only its identity counts: hashing an expression takes longer than most searches.

    Args:
        expression: What is searched for in a text.
        alone: The free text is the whole sentence.
    """

    def __init__(self, expression: str, *, alone: bool = False) -> None:
        self.search = re.compile(expression).search
        self.alone = alone


DIGITS: Final = Shape(r"\d")

# A piece of text, casefolded; or what some words in a row look like, all of them.
Needle = str | Shape
Clause = frozenset[Needle]  # one of these must be there


def pattern(data: IntentData, sentence: SentenceTemplate, numeric: Callable[[str], bool]) -> re.Pattern[str]:
    """For ``fullmatch`` on a normalised sentence, number words as digits. Rules must not refer to themselves.

    Args:
        data: Holds the lists and rules of the sentence.
        sentence: The template.
        numeric: Whether only a number fits the slot of this name.
    """
    return re.compile(_Regex(data, numeric).of(sentence.expression) + r"\W*", re.IGNORECASE)


def needs(data: IntentData, sentence: SentenceTemplate, schema: Mapping[str, Any]) -> tuple[Clause, ...]:
    """What a sentence must hold to fit this template: one needle of each clause; the rarest clause comes first.

    Args:
        data: Holds the lists and rules of the sentence. Rules must not refer to themselves.
        sentence: The template.
        schema: The skill's; free text for a slot with a ``pattern`` is words in a row that fit it.
    """
    found = _Needs(data, schema.get("properties", {}), sentence.expression).of(sentence.expression)
    return tuple(sorted(set(found), key=_commonness))


class Whole:
    """A sentence that free text is taken from: whole words in a row, as they stand.

    Args:
        text: Normalised.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._framed = f" {text} "
        self._fits: dict[Shape, bool] = {}

    def holds(self, words: str) -> bool:
        """Whether these words stand in it in one piece."""
        return f" {words} " in self._framed

    def fits(self, shape: Shape) -> bool:
        """Whether some words in a row look like this."""
        known = self._fits.get(shape)
        if known is None:
            known = self._fits[shape] = self._looks(shape)
        return known

    def _looks(self, shape: Shape) -> bool:
        words = self.text.split()
        ends = range(len(words), 0, -1)
        return any(shape.search(" ".join(words[start:end])) for end in ends for start in range(end))


class Index:
    """Templates by the needles of their rarest clause.

    Args:
        templates: What each of them needs, from `needs`.
    """

    def __init__(self, templates: AnySequence[tuple[Clause, ...]]) -> None:
        self._clauses = templates
        needles: set[Needle] = set().union(*(clause for clauses in templates for clause in clauses))
        self._texts = sorted(needle for needle in needles if isinstance(needle, str))
        self._held = lru_cache(KNOWN_WORDS)(self._in_word)
        self._always = [at for at, clauses in enumerate(templates) if not clauses]
        self._by_text: dict[str, list[int]] = {}
        self._by_shape: dict[Shape, list[int]] = {}
        for at, clauses in enumerate(templates):
            for needle in clauses[0] if clauses else ():
                if isinstance(needle, Shape):
                    self._by_shape.setdefault(needle, []).append(at)
                else:
                    self._by_text.setdefault(needle, []).append(at)

    def possible(self, text: str, whole: Whole) -> list[int]:
        """The numbers of the templates that this text may fit, in their order.

        Args:
            text: Normalised.
            whole: What free text is taken from.
        """
        held = set[str]().union(*map(self._held, text.casefold().split()))  # no needle goes over two words
        found = set(self._always)
        for needle in held:
            found.update(self._by_text.get(needle, ()))
        for shape, ats in self._by_shape.items():
            if not found.issuperset(ats) and _fits(shape, text, whole):
                found.update(ats)
        return [at for at in sorted(found) if all(_met(clause, held, text, whole) for clause in self._clauses[at])]

    def _in_word(self, word: str) -> frozenset[str]:
        return frozenset(needle for needle in self._texts if needle in word)


def _met(clause: Clause, held: set[str], text: str, whole: Whole) -> bool:
    if not clause.isdisjoint(held):
        return True
    return any(_fits(needle, text, whole) for needle in clause if isinstance(needle, Shape))


def _fits(shape: Shape, text: str, whole: Whole) -> bool:
    return shape.search(text) is not None if shape.alone else whole.fits(shape)


class _Needs:
    def __init__(self, data: IntentData, slots: Mapping[str, Any], whole: Expression) -> None:
        self._lists, self._rules, self._slots = data.slot_lists, data.expansion_rules, slots
        self._alone = whole.items[0] if isinstance(whole, Sequence) and len(whole.items) == 1 else None

    def of(self, expression: Expression) -> list[Clause]:
        match expression:
            case TextChunk():
                pieces = expression.text.split()
                return [frozenset([piece.casefold()]) for piece in pieces if _PUNCTUATION.isdisjoint(piece)]
            case Alternative():
                return [] if expression.is_optional else self._one_of(expression.items)
            case AnyGroup():  # a permutation needs all of its parts as well
                return [clause for item in expression.items for clause in self.of(item)]
            case ListReference():
                return self._slot(expression)
            case RuleReference() if expression.rule_name in self._rules:
                return self.of(self._rules[expression.rule_name].expression)
            case _:
                return []

    def _one_of(self, items: Iterable[Expression]) -> list[Clause]:
        found = [self.of(item) for item in items]
        if not found or not all(found):  # one of them needs nothing
            return []
        return [frozenset[Needle]().union(*(min(clauses, key=_commonness) for clauses in found))]

    def _slot(self, reference: ListReference) -> list[Clause]:
        contents = self._lists.get(reference.list_name)
        if isinstance(contents, RangeSlotList):
            return [frozenset([DIGITS])]
        if isinstance(contents, TextSlotList):
            return self._one_of(value.text_in for value in contents.values)
        slot = self._slots.get(reference.slot_name, {})
        if slot.get("type") == "string" and "pattern" in slot:
            return [frozenset([_shape(slot["pattern"], alone=reference is self._alone)])]
        return []


@cache
def _shape(expression: str, *, alone: bool) -> Shape:
    return Shape(expression, alone=alone)


def _commonness(clause: Clause) -> tuple[float, list[str]]:
    """How often a sentence holds one of these, guessed from their lengths; and an order among equals."""
    texts = sorted(needle for needle in clause if isinstance(needle, str))
    return sum(4.0 ** -len(text) for text in texts) + SHAPE_COMMONNESS * (len(clause) - len(texts)), texts


class _Regex:
    def __init__(self, data: IntentData, numeric: Callable[[str], bool]) -> None:
        self._lists, self._rules, self._numeric = data.slot_lists, data.expansion_rules, numeric

    def of(self, expression: Expression) -> str:
        match expression:
            case TextChunk():
                return re.sub(r"(?:\\?\s)+", " *", re.escape(expression.text))
            case Alternative():
                return self._any(expression.items)
            case Permutation():
                return _ANYTHING
            case AnyGroup():
                return "".join(self.of(item) for item in expression.items)
            case ListReference():
                return self._slot(expression)
            case RuleReference() if expression.rule_name in self._rules:
                return self.of(self._rules[expression.rule_name].expression)
            case _:
                return _ANYTHING

    def _any(self, items: Iterable[Expression]) -> str:
        return f"(?:{'|'.join(dict.fromkeys(self.of(item) for item in items))})"

    def _slot(self, reference: ListReference) -> str:
        contents = self._lists.get(reference.list_name)
        if isinstance(contents, RangeSlotList):
            return _DIGITS
        if not isinstance(contents, TextSlotList):
            return _NUMBER if self._numeric(reference.slot_name) else _ANYTHING
        if len(contents.values) <= _SPELLED_OUT:
            return f" *{self._any(value.text_in for value in contents.values)} *"
        texts = [value.text_in.text for value in contents.values if isinstance(value.text_in, TextChunk)]
        if len(texts) < len(contents.values):
            return _ANYTHING
        longest = max(len(text.split()) for text in texts)
        return rf" *\S+(?: +\S+){{0,{max(longest - 1, 0)}}} *"
