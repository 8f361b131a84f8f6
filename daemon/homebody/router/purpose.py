"""What a question is for, decided without a language model: `decide`. Pure but for reading the model once; under 1 ms.

A linear model over the features of `homebody.router.purpose_features`: one table for words alone, one for words that
came with a picture. It is trained on tests/data/purposes.jsonl by training/purpose/train.py, which also
writes the manifest beside it.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Final

import msgspec

from homebody.language import identify
from homebody.router import orders
from homebody.router.purpose_features import by_value, without_opening, words

PURPOSES: Final = ("chat", "knowledge", "reasoning", "creative", "code", "multilingual")
IMAGE_PURPOSES: Final = ("image_quick", "image_detailed", "image_reasoning")
LIVE: Final = "live"  # a class of the model's, not a purpose: what nobody knows who has not just looked

_HERE: Final = Path(__file__).parent / "purpose_model"
MODEL_PATH: Final = _HERE / "weights.msgpack"
MANIFEST_PATH: Final = _HERE / "manifest.json"


class Decision(msgspec.Struct, frozen=True):
    """What a question is for.

    Attributes:
        purpose: One of `PURPOSES`, or of `IMAGE_PURPOSES` where a picture came along.
        language: ISO 639-1 code of the language it is asked in.
        live: Answering takes data of today (news, weather, prices, results, traffic).
        order: Something is to be done, or told of what a skill keeps, and not looked up; where no skill understands the
            words, no model can do it either.
        probability: The model's own, of the class it chose.
    """

    purpose: str
    language: str
    live: bool = False
    order: bool = False
    probability: float = 1.0


class Table(msgspec.Struct, frozen=True):
    """A linear classifier.

    Attributes:
        classes: Their names.
        scale: Weight of one unit.
        names: The features it knows.
        weights: Signed 16-bit integers, little-endian; a row of ``len(classes)`` a feature, in the order of ``names``.
    """

    classes: tuple[str, ...]
    scale: float
    names: tuple[str, ...]
    weights: bytes


class Weights(msgspec.Struct, frozen=True):
    """The file: a table for words alone and one for words with a picture."""

    text: Table
    image: Table


class Classifier:
    """A `Table` ready for use.

    A feature's weights are the lanes of one whole number, so that adding up the weights of all classes is one addition
    a feature, and looks at one small object in memory. Each is shifted to be positive; the last lane counts the
    features, by which the sum is shifted back. No lane overflows before 65,536 features.

    Args:
        table: The weights.
    """

    _SHIFT: Final = 1 << 15

    def __init__(self, table: Table) -> None:
        width = len(table.classes)
        signed = array("h", table.weights)
        if sys.byteorder == "big":
            signed.byteswap()
        self.classes: Sequence[str] = table.classes
        self._scale = table.scale
        self._rows: dict[str, int] = {}
        for at, name in enumerate(table.names):
            weights = signed[at * width : (at + 1) * width]
            lanes = array("I", [*(weight + self._SHIFT for weight in weights), 1])  # at least 32 bits everywhere
            # Features that are met again are the same strings: found without a look at their letters.
            self._rows[sys.intern(name)] = int.from_bytes(lanes.tobytes(), sys.byteorder)
        self._row_bytes = (width + 1) * array("I").itemsize

    def probabilities(self, found: Mapping[float, Collection[str]]) -> list[float]:
        """The probability of each of ``classes`` for these features (`by_value`); they sum to one."""
        sums = [0.0] * len(self.classes)
        row_of = self._rows.get
        for value, names in found.items():
            total = sum(map(row_of, names, repeat(0)))  # no weight for what is not known
            *lanes, count = array("I", total.to_bytes(self._row_bytes, sys.byteorder))
            shift = self._SHIFT * count
            sums = [so_far + value * (lane - shift) for so_far, lane in zip(sums, lanes, strict=True)]
        top = max(sums)
        powers = [math.exp((total - top) * self._scale) for total in sums]
        whole = sum(powers)
        return [power / whole for power in powers]


@cache
def _classifiers() -> tuple[Classifier, Classifier]:
    weights = msgspec.msgpack.decode(MODEL_PATH.read_bytes(), type=Weights)
    return Classifier(weights.text), Classifier(weights.image)


def load() -> None:
    """Read the model now, so that the first question does not wait some 20 ms for it, nor the first one with an accent
    4 ms for Python's table of letters."""
    decide("hello")
    decide("où est-il")


def decide(text: str, *, has_image: bool = False, language: str | None = None) -> Decision:
    """What the question is for.

    Args:
        text: As heard or written.
        has_image: Whether a picture came along.
        language: Where it is known; else it is told from the words.
    """
    language = language or identify(text)
    classifier = _classifiers()[1 if has_image else 0]
    found = by_value(text, has_image=has_image, language=language)
    decision = decided(classifier, found, language)
    if not decision.live:
        return decision
    said = without_opening(words(text))
    if orders.is_order(said):
        return msgspec.structs.replace(decision, live=False, order=True)
    return decided(classifier, found, language, but=LIVE) if orders.is_conversion(said) else decision


def decided(
    classifier: Classifier, found: Mapping[float, Collection[str]], language: str, *, but: str | None = None
) -> Decision:
    """The decision of this classifier for these features, among all classes ``but`` this one."""
    probabilities = classifier.probabilities(found)
    best = max((at for at, name in enumerate(classifier.classes) if name != but), key=probabilities.__getitem__)
    name = classifier.classes[best]
    return Decision(purpose_of(name, language), language, live=name == LIVE, probability=probabilities[best])


def purpose_of(name: str, language: str) -> str:
    """The purpose of a class of the model's: what is live is knowledge, and multilingual if not English."""
    if name != LIVE:
        return name
    return "knowledge" if language == "en" else "multilingual"


_NO_LIVE_DATA: Final = {
    "en": "I can't look that up: nothing I run has live data.",
    "de": "Das kann ich nicht nachsehen: Ich habe keine aktuellen Daten.",
    "fr": "Je ne peux pas le vérifier: je n'ai aucune donnée en direct.",
    "es": "No puedo consultarlo: no tengo datos en directo.",
    "it": "Non posso controllarlo: non ho dati in tempo reale.",
    "pt": "Não posso consultar isso: não tenho dados em tempo real.",
    "nl": "Dat kan ik niet opzoeken: ik heb geen actuele gegevens.",
    "pl": "Nie mogę tego sprawdzić: nie mam aktualnych danych.",
}


def no_live_data(language: str) -> str:
    """The honest answer to a question that needs live data, in that language if it is one of ours, else English."""
    return _NO_LIVE_DATA.get(language, _NO_LIVE_DATA["en"])


_CANNOT: Final = {
    "en": "I can't do that, or not in those words. Ask me what I can do.",
    "de": "Das kann ich nicht, oder nicht mit diesen Worten. Frag mich, was ich kann.",
    "fr": "Je ne sais pas faire cela, ou pas dit comme ça. Demandez-moi ce que je sais faire.",
    "es": "No puedo hacer eso, o no con esas palabras. Pregúntame qué sé hacer.",
    "it": "Non posso farlo, o non detto con queste parole. Chiedimi che cosa so fare.",
    "pt": "Não posso fazer isso, ou não com essas palavras. Pergunta-me o que sei fazer.",
    "nl": "Dat kan ik niet, of niet met die woorden. Vraag me wat ik kan.",
    "pl": "Nie mogę tego zrobić albo nie tymi słowami. Zapytaj mnie, co potrafię.",
}


def cannot(language: str) -> str:
    """The honest answer to an order that no skill understands, in that language if it is one of ours, else English."""
    return _CANNOT.get(language, _CANNOT["en"])
