"""Ways of asking, learned from the pairs: what stands around the words that two phrasings of a pair share. Pure.

"what does brave mean" and "define brave" share "brave", so whoever is asked with "what does ... mean" may be asked with
"define ...". What at least two pairs agree on is a rule for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import phrasing

SUPPORT: Final = 2  # pairs that must know a rule

MAY_BEGIN: Final = frozenset("a an the my one two three".split())  # light words that begin a thing, not a question

Frame = tuple[str, str]  # the words before and after
Rules = dict[Frame, list[tuple[Frame, int]]]  # frame -> frames that may stand for it, with how many pairs say so


def learned(pairs: Iterable[Sequence[str]]) -> Rules:
    """The rules of these pairs, each given by its phrasings."""
    known: dict[tuple[Frame, Frame], set[int]] = defaultdict(set)
    for number, questions in enumerate(pairs):
        split = [phrasing.normal(question).split() for question in questions]
        for one in split:
            for other in split:
                here, there, length = _shared(one, other)
                if one != other and length < len(one) and _is_thing(one[here : here + length]):
                    known[_frame(one, here, length), _frame(other, there, length)].add(number)
    rules: Rules = defaultdict(list)
    for (frame, instead), numbers in sorted(known.items()):
        if len(numbers) >= SUPPORT:
            rules[frame].append((instead, len(numbers)))
    return dict(rules)


def reworded(question: str, rules: Rules) -> list[tuple[str, int]]:
    """The same question in other frames, with how many pairs say so."""
    words = phrasing.normal(question).split()
    found = []
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            core = " ".join(words[start:end])
            if not _is_thing(words[start:end]):
                continue
            for (before, after), count in rules.get(_frame(words, start, end - start), ()):
                found.append((" ".join(part for part in (before, core, after) if part), count))
    return found


def _is_thing(words: Sequence[str]) -> bool:
    """Whether it is what a question is about, rather than a question of its own."""
    if not phrasing.weighty(" ".join(words)):
        return False
    return words[0] in MAY_BEGIN or words[0] not in phrasing.LIGHT | phrasing.ASKING


def _frame(words: Sequence[str], start: int, length: int) -> Frame:
    return " ".join(words[:start]), " ".join(words[start + length :])


def _shared(one: Sequence[str], other: Sequence[str]) -> tuple[int, int, int]:
    """The longest run of words in both: where it begins in each, and its length."""
    best = (0, 0, 0)
    for here in range(len(one)):
        for there in range(len(other)):
            length = 0
            while one[here + length : here + length + 1] == other[there + length : there + length + 1] != []:
                length += 1
            if length > best[2]:
                best = (here, there, length)
    return best
