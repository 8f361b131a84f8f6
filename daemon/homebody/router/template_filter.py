"""A quick no for sentences that cannot fit a template. Pure; nothing that hassil would match is lost.

hassil walks a template's every optional part in Python. Two filters stand in front of it:

- `needs`: what a sentence must hold, found once a sentence for all templates together (`Index`). It rules out nearly
  all of them in some ten microseconds. hassil's own `Sentence.get_required_clauses` is the model; this one looks into
  lists and at the patterns of slots, and prefers rare words.
- `Outline`: a regular expression that accepts at least what hassil does. It is deliberately too generous (spaces are
  optional, a permutation is anything). Where free text must look like something, the words that can stand there, seen
  from what stands around them, have to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as AnySequence
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

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
    """

    def __init__(self, expression: str) -> None:
        self.search = re.compile(expression).search


DIGITS: Final = Shape(r"\d")

# A piece of text, casefolded; or what some words in a row look like, all of them.
Needle = str | Shape
Clause = frozenset[Needle]  # one of these must be there


class Outline:
    """A template as a regular expression.

    Args:
        data: Holds the lists and rules of the sentence. Rules must not refer to themselves.
        sentence: The template.
        schema: The skill's.
        numeric: Whether only a number fits the slot of this name.
    """

    def __init__(
        self,
        data: IntentData,
        sentence: SentenceTemplate,
        schema: Mapping[str, Any],
        numeric: Callable[[str], bool],
    ) -> None:
        regex, slots = _Regex(data, numeric), _Needs(data, schema.get("properties", {}), sentence)
        items = slots.items
        self._whole = _compiled(regex.of(sentence.expression))
        found = slots.shaped()
        self._shape = found and found[1]
        if found is not None:
            at, _ = found
            self._is_first = at == 0
            self._before = _compiled("".join(map(regex.of, items[:at])) + " *")
            self._after = _compiled(" *" + "".join(map(regex.of, items[at + 1 :])))

    def accepts(self, text: str, whole: Whole) -> bool:
        """Whether this text may fit: normalised, number words as digits. ``whole``: what free text is taken from."""
        if not self._whole.fullmatch(text):
            return False
        return self._shape is None or self._holds(self._shape, text, whole)

    def _holds(self, shape: Shape, text: str, whole: Whole) -> bool:
        """Whether words that look like this stand where they may stand."""
        begins, ends = _bounds(text)
        if self._is_first and text[:1].isalnum():  # whatever stands before another word is no mere space
            begins = begins[:1]
        else:
            begins = [begin for begin in begins if self._before.fullmatch(text, 0, begin)]
        if not begins:
            return False
        ends = [end for end in ends if self._after.fullmatch(text, end)]
        return any(whole.looks(shape, text[begin:end]) for begin in begins for end in ends if begin < end)


@lru_cache(maxsize=8)  # several templates are held against the same text
def _bounds(text: str) -> tuple[AnySequence[int], AnySequence[int]]:
    """Where its words begin, and where they end."""
    begins = [0]
    for word in text.split(" "):
        begins.append(begins[-1] + len(word) + 1)
    return begins[:-1], [begin - 1 for begin in begins[1:]]


def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression + r"\W*", re.IGNORECASE)


def needs(data: IntentData, sentence: SentenceTemplate, schema: Mapping[str, Any]) -> tuple[Clause, ...]:
    """What a sentence must hold to fit this template: one needle of each clause; the rarest clause comes first. How the
    free text looks that `Outline` looks at is not among it.

    Args:
        data: Holds the lists and rules of the sentence. Rules must not refer to themselves.
        sentence: The template.
        schema: The skill's; free text for a slot with a ``pattern`` is words in a row that fit it.
    """
    return tuple(sorted(_Needs(data, schema.get("properties", {}), sentence).all(), key=_commonness))


class Whole:
    """A sentence that free text is taken from: whole words in a row, as they stand.

    Args:
        text: Normalised.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._framed = f" {text} "
        self._looks: dict[tuple[Shape, str], bool] = {}
        self._has: dict[Shape, bool] = {}

    def holds(self, words: str) -> bool:
        """Whether these words stand in it in one piece."""
        return f" {words} " in self._framed

    def looks(self, shape: Shape, words: str) -> bool:
        """Whether these words stand in it and look like this."""
        known = self._looks.get((shape, words))
        if known is None:
            known = self._looks[shape, words] = self.holds(words) and shape.search(words) is not None
        return known

    def has(self, shape: Shape) -> bool:
        """Whether any words in a row look like this."""
        known = self._has.get(shape)
        if known is None:
            words = self.text.split()
            runs = (" ".join(words[start:end]) for end in range(len(words), 0, -1) for start in range(end))
            known = self._has[shape] = any(shape.search(run) for run in runs)
        return known


class Index:
    """Templates by the needles of their rarest clause.

    Args:
        templates: What each of them needs, from `needs`.
    """

    def __init__(self, templates: AnySequence[tuple[Clause, ...]]) -> None:
        self._needs = [_Need.of(clauses) for clauses in templates]
        self._always = [at for at, need in enumerate(self._needs) if not need.texts]
        self._templates: dict[str, list[int]] = {}
        self._beginnings: dict[str, list[str]] = {}  # needles by their first two letters
        for at, need in enumerate(self._needs):
            for needle in need.texts[0] if need.texts else ():
                self._templates.setdefault(needle, []).append(at)
        for needle in {needle for need in self._needs for needle in need.all_texts}:
            self._beginnings.setdefault(needle[:2], []).append(needle)
        self._held = lru_cache(KNOWN_WORDS)(self._in_word)

    def possible(self, text: str, whole: Whole, among: AnySequence[int] | None = None) -> list[int]:
        """The numbers of the templates that this text may fit, in their order.

        Args:
            text: Normalised.
            whole: What free text is taken from.
            among: What this text with more words in it may fit, of the same ``whole``; None: that was not asked.
        """
        if among is not None and not among:
            return []
        held = set[str]().union(*map(self._held, text.casefold().split()))  # no needle goes over two words
        if among is None:
            found = set(self._always)
            for needle in held:
                found.update(self._templates.get(needle, ()))
            among = sorted(found)
        return [at for at in among if self._needs[at].met(held, whole)]

    def _in_word(self, word: str) -> frozenset[str]:
        found: set[str] = set()
        for at in range(len(word)):
            for beginning in {word[at : at + 2], word[at]}:
                found.update(needle for needle in self._beginnings.get(beginning, ()) if word.startswith(needle, at))
        return frozenset(found)


class _Need(NamedTuple):
    """What one template needs: of each clause one. Clauses of texts alone, the rarest first, and the others."""

    texts: tuple[frozenset[str], ...]
    shapes: tuple[tuple[frozenset[str], tuple[Shape, ...]], ...]

    @classmethod
    def of(cls, clauses: Iterable[Clause]) -> _Need:
        texts, shapes = [], []
        for clause in clauses:
            words = frozenset(needle for needle in clause if isinstance(needle, str))
            forms = tuple(needle for needle in clause if isinstance(needle, Shape))
            if forms:
                shapes.append((words, forms))
            else:
                texts.append(words)
        return cls(tuple(texts), tuple(shapes))

    @property
    def all_texts(self) -> frozenset[str]:
        return frozenset[str]().union(*self.texts, *(words for words, _ in self.shapes))

    def met(self, held: set[str], whole: Whole) -> bool:
        for words in self.texts:
            if words.isdisjoint(held):
                return False
        return all(not words.isdisjoint(held) or any(map(whole.has, forms)) for words, forms in self.shapes)


class _Needs:
    def __init__(self, data: IntentData, slots: Mapping[str, Any], sentence: SentenceTemplate) -> None:
        self._lists, self._rules, self._slots = data.slot_lists, data.expansion_rules, slots
        whole = sentence.expression
        self.items = whole.items if isinstance(whole, Sequence) else [whole]

    def all(self) -> set[Clause]:
        """Of the whole sentence."""
        found = self.shaped()
        return {
            clause for at, item in enumerate(self.items) if found is None or at != found[0] for clause in self.of(item)
        }

    def shaped(self) -> tuple[int, Shape] | None:
        """The first of `items` that is free text which must look like something, and what like."""
        shapes = ((at, self._shape(item)) for at, item in enumerate(self.items))
        return next(((at, shape) for at, shape in shapes if shape is not None), None)

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
        shape = self._shape(reference)
        return [] if shape is None else [frozenset([shape])]

    def _shape(self, expression: Expression) -> Shape | None:
        """What free text for this slot must look like, if it is one and must."""
        if not isinstance(expression, ListReference):
            return None
        slot = self._slots.get(expression.slot_name, {})
        if isinstance(self._lists.get(expression.list_name), RangeSlotList | TextSlotList) or "pattern" not in slot:
            return None
        return _shape(slot["pattern"]) if slot.get("type") == "string" else None


@cache
def _shape(expression: str) -> Shape:
    return Shape(expression)


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
