"""The answer of the phrasing that looks most alike: what no model at all would get. Pure.

It says how much of a figure lies in the phrasings themselves, and is quick: it can be asked while they are written.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

import dataset
import phrasing


class Neighbour:
    """Finds by words and by runs of three letters, each weighing the more the rarer it is (cosine of TF-IDF).

    Args:
        data: From `dataset.split`; only what may be learned is looked at.
    """

    def __init__(self, data: dataset.Data) -> None:
        asked = [(question, pair.answer) for pair in data.pairs for question in pair.questions]
        features = [Counter(_features(question)) for question, _ in asked]
        seen = Counter(name for found in features for name in found)
        self._weights = {name: math.log(len(asked) / count) for name, count in seen.items()}
        self._answers = [answer for _, answer in asked]
        self._lengths = [self._length(found) for found in features]
        self._where: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, found in enumerate(features):
            for name, count in found.items():
                self._where[name].append((number, count))

    def answer(self, question: str) -> str:
        """Of the nearest phrasing; of the first one where nothing is shared."""
        near: dict[int, float] = defaultdict(float)
        for name, count in Counter(_features(question)).items():
            for number, times in self._where.get(name, ()):
                near[number] += count * times * self._weights[name] ** 2
        return self._answers[max(near, key=lambda number: near[number] / self._lengths[number], default=0)]

    def _length(self, found: Counter[str]) -> float:
        return math.sqrt(sum((count * self._weights[name]) ** 2 for name, count in found.items())) or 1.0


def _features(question: str) -> Iterator[str]:
    text = phrasing.normal(question)
    for word in text.split():
        yield f"word {word}"
    padded = f" {text} "
    for start in range(len(padded) - 2):
        yield padded[start : start + 3]


def right(data: dataset.Data, pairs: list[dataset.Pair]) -> float:
    """The share of what is kept out that it answers rightly."""
    accepted = dataset.accepted_answers(pairs)
    near = Neighbour(data)
    good = [near.answer(question) in accepted[phrasing.normal(question)] for question, _ in data.held_out]
    return sum(good) / len(good)
