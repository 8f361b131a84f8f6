"""Could more have been meant to come? Whole commands that are the beginning of other ones. Pure.

"Set a timer for five minutes" is all a skill needs, and may still go on: "and thirty seconds", "called pasta". "Cancel
all timers" hardly can. What goes on matters only where it changes what is asked for, that is, where it holds a slot: of
"what time is it now" nothing is lost when "now" is not waited for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, TextChunk
from hassil.expression import Group as AnyGroup
from hassil.intents import IntentData, RangeSlotList, TextSlotList

_NUMBER: Final = re.compile(r"-?\d[\d.]*|half|halves|quarters?|thirds?|couple|minus|negative|and|one|of|an?")
_NOWHERE: Final = frozenset[int]()

Places = frozenset[int]


def may_follow(text: str, templates: Iterable[IntentData], numeric: Callable[[str], bool]) -> bool:
    """Whether one of a skill's sentences says more than ``text`` and begins with it; about half a millisecond.

    A sentence that ends in a number always may go on: numbers come in pieces, twenty and seven.

    Args:
        text: Normalised as for matching; number words as digits.
        templates: With their lists and rules, which must not refer to themselves.
        numeric: Whether only a number fits the slot of this name.
    """
    if text[-1:].isdigit():
        return True
    bare = re.sub(r"\W+$", "", text)
    walk: _Walk | None = None
    for data in templates:
        if walk is None or not walk.is_for(data):
            walk = _Walk(bare, data, numeric)
        if any(walk.goes_on([sentence.expression]) for sentence in data.sentences):
            return True
    return False


class _Walk:
    """Templates walked along a text, all ways at once. Places are letters of the text without its spaces, which are
    taken for optional: so one word may be taken for two, which no sentence of people's makes a difference to."""

    def __init__(self, text: str, data: IntentData, numeric: Callable[[str], bool]) -> None:
        self._text = text.replace(" ", "").casefold()
        self._lists, self._rules, self._numeric = data.slot_lists, data.expansion_rules, numeric
        self._known: dict[tuple[str, str, int], Places] = {}  # behind this list or rule, from this place
        self._slots: dict[str, bool] = {}  # rules with one in them

    def is_for(self, data: IntentData) -> bool:
        """Whether a template has the same lists and rules."""
        return data.slot_lists is self._lists and data.expansion_rules is self._rules

    def goes_on(self, items: Sequence[Expression], places: Places = frozenset({0})) -> bool:
        """Whether these parts, walked from one of these places, come to the end of the text with a slot before them."""
        for number, item in enumerate(items):
            if not places or not any(map(self._has_slot, items[number:])):
                return False
            if len(self._text) in places or self._goes_on_within(item, places):
                return True
            if isinstance(item, TextChunk) and any(self._ends_in(item, place) for place in places):
                return True
            places = self._through(item, places)
        return False

    def _goes_on_within(self, expression: Expression, places: Places) -> bool:
        match expression:
            case Alternative():
                return any(self.goes_on([item], places) for item in expression.items)
            case Permutation():
                return False
            case AnyGroup():
                return self.goes_on(expression.items, places)
            case RuleReference() if expression.rule_name in self._rules:
                return self.goes_on([self._rules[expression.rule_name].expression], places)
            case _:
                return False

    def _through(self, expression: Expression, places: Places) -> Places:
        """Where the text can be behind this part; nowhere behind free text, of which anything is the beginning."""
        if not places:
            return _NOWHERE
        match expression:
            case TextChunk():
                letters = "".join(expression.text.split()).casefold()
                return frozenset(place + len(letters) for place in places if self._text.startswith(letters, place))
            case Alternative():
                return _NOWHERE.union(*(self._through(item, places) for item in expression.items))
            case Permutation():
                return _NOWHERE
            case AnyGroup():
                for item in expression.items:
                    places = self._through(item, places)
                return places
            case RuleReference() if expression.rule_name in self._rules:
                rule = self._rules[expression.rule_name].expression
                return self._each(("rule", expression.rule_name), places, lambda place: self._through(rule, place))
            case ListReference(list_name=name):
                return self._each((name, expression.slot_name), places, lambda place: self._slot(expression, place))
            case _:
                return _NOWHERE

    def _each(self, of: tuple[str, str], places: Places, through: Callable[[Places], Places]) -> Places:
        found = _NOWHERE
        for place in places:
            key = (*of, place)
            if key not in self._known:
                self._known[key] = through(frozenset({place}))
            found |= self._known[key]
        return found

    def _slot(self, slot: ListReference, places: Places) -> Places:
        values = self._lists.get(slot.list_name)
        if isinstance(values, TextSlotList):
            return _NOWHERE.union(*(self._through(value.text_in, places) for value in values.values))
        if isinstance(values, RangeSlotList) or self._numeric(slot.slot_name):
            return frozenset(end for place in places for end in self._number_ends(place))
        return _NOWHERE

    def _number_ends(self, place: int) -> Iterator[int]:
        while found := _NUMBER.match(self._text, place):
            place = found.end()
            yield place

    def _ends_in(self, chunk: TextChunk, place: int) -> bool:
        """Whether the text ends behind one of the chunk's words."""
        for word in chunk.text.casefold().split():
            if not self._text.startswith(word, place):
                return False
            place += len(word)
            if place == len(self._text):
                return True
        return False

    def _has_slot(self, expression: Expression) -> bool:
        match expression:
            case ListReference():
                return True
            case AnyGroup():
                return any(map(self._has_slot, expression.items))
            case RuleReference(rule_name=name) if name in self._rules:
                if name not in self._slots:
                    self._slots[name] = self._has_slot(self._rules[name].expression)
                return self._slots[name]
            case _:
                return False
