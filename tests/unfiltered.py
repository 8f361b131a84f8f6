"""Matching by hassil alone, to compare the quick filters with; and sentences made from templates."""

from __future__ import annotations

import copy
import re
from typing import Final

from hassil.expression import Alternative, Expression, ListReference, Permutation, RuleReference, TextChunk
from hassil.expression import Group as AnyGroup
from hassil.intents import IntentData, RangeSlotList, TextSlotList
from hypothesis import strategies as st

from homebody.router.intents import Intents
from homebody.router.template_filter import Index

FREE: Final = (
    "pasta", "the red bicycle", "5", "20 minutes", "half past 3", "seven times 8", "tomorrow at 6", "milk", "a",
)  # fmt: skip


def unfiltered(intents: Intents) -> Intents:
    """The same intents, where every template is left to hassil."""
    slow = copy.copy(intents)
    slow._all = [copy.copy(template) for template in intents._all]
    for template in slow._all:
        template.pattern = re.compile(".*")
    slow._index = Index([()] * len(slow._all))
    return slow


def only(intents: Intents, number: int) -> Intents:
    """The same intents with this one template."""
    one = copy.copy(intents)
    one._all = [intents._all[number]]
    one._index = Index([one._all[0].needs])
    return one


def sentences(data: IntentData) -> st.SearchStrategy[str]:
    """Sentences that fit the template of ``data``, or nearly."""
    (sentence,) = data.sentences

    @st.composite
    def made(draw: st.DrawFn) -> str:
        def said(expression: Expression) -> str:
            match expression:
                case TextChunk():
                    return expression.text
                case Alternative():
                    return said(draw(st.sampled_from(expression.items)))
                case Permutation():
                    return " ".join(map(said, draw(st.permutations(expression.items))))
                case AnyGroup():
                    return "".join(map(said, expression.items))
                case RuleReference():
                    return said(data.expansion_rules[expression.rule_name].expression)
                case ListReference():
                    contents = data.slot_lists.get(expression.list_name)
                    if isinstance(contents, RangeSlotList):
                        return str(draw(st.integers(contents.start, contents.stop)))
                    if isinstance(contents, TextSlotList):
                        return said(draw(st.sampled_from(contents.values)).text_in)
                    return draw(st.sampled_from(FREE))
            raise AssertionError(expression)

        words = said(sentence.expression).split()
        for _ in range(draw(st.integers(0, 2))):  # as it is, or with a word too many or too few
            at = draw(st.integers(0, len(words)))
            words[at : at + draw(st.integers(0, 1))] = draw(st.sampled_from([[], ["please"], ["the"], ["red"]]))
        return " ".join(words)

    return made()
