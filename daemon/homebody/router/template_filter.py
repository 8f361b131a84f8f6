"""A quick no for sentences that cannot fit a template: a regular expression that accepts at least what hassil does.

hassil walks a template's every optional part in Python; most templates can be ruled out in microseconds first. The
expression is deliberately too generous (spaces are optional, a permutation is anything), so nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, Sentence, TextChunk
from hassil.expression import Group as AnyGroup
from hassil.intents import IntentData, RangeSlotList, TextSlotList

_ANYTHING: Final = ".+"
_DIGITS: Final = r" *-?\d+ *"
# What `spoken_numbers.number` can read after `spoken_numbers.digits`.
_NUMBER: Final = r"(?: *(?:-?\d[\d.]*|an?|one|half|halves|quarters?|thirds?|and|of|couple|minus|negative)(?!\w))+ *"
_SPELLED_OUT: Final = 40  # a list with more values is stood in for by their number of words


def pattern(data: IntentData, sentence: Sentence, numeric: Callable[[str], bool]) -> re.Pattern[str]:
    """For ``fullmatch`` on a normalised sentence, number words as digits. Rules must not refer to themselves.

    Args:
        data: Holds the lists and rules of the sentence.
        sentence: The template.
        numeric: Whether only a number fits the slot of this name.
    """
    return re.compile(_Regex(data, numeric).of(sentence.expression) + r"\W*", re.IGNORECASE)


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
