"""What a question is for, decided without a language model: `decide`. Pure but for reading the model once; under 1 ms.

A linear model over the features of `homebody.router.purpose_features`: one table for words alone, one for words that
came with a picture. It is trained on tests/data/purposes.jsonl by training/purpose/train.py, which also
writes the manifest beside it.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from homebody.language import identify
from homebody.router.purpose_features import features

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
        probability: The model's own, of the class it chose.
    """

    purpose: str
    language: str
    live: bool = False
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
    a feature, and looks at one small object in memory. Each is shifted to be positive; no lane overflows before
    65,536 features.

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
        lanes = array("I", [weight + self._SHIFT for weight in signed])  # at least 32 bits on every platform of ours
        packed, size = lanes.tobytes(), width * lanes.itemsize
        self._row_bytes = size
        self._rows = {
            name: int.from_bytes(packed[i * size : (i + 1) * size], sys.byteorder) for i, name in enumerate(table.names)
        }

    def probabilities(self, found: Mapping[str, float]) -> list[float]:
        """The probability of each of ``classes`` for these features; they sum to one."""
        rows: dict[float, list[int]] = {}  # by value, of which there are few
        for name, value in found.items():
            row = self._rows.get(name)
            if row is not None:
                rows.setdefault(value, []).append(row)
        sums = [0.0] * len(self.classes)
        for value, same in rows.items():
            shift = self._SHIFT * len(same)
            lanes = array("I", sum(same).to_bytes(self._row_bytes, sys.byteorder))
            sums = [total + value * (lane - shift) for total, lane in zip(sums, lanes, strict=True)]
        top = max(sums)
        powers = [math.exp((total - top) * self._scale) for total in sums]
        return [power / sum(powers) for power in powers]


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
    return decided(classifier, features(text, has_image=has_image, language=language), language)


def decided(classifier: Classifier, found: Mapping[str, float], language: str) -> Decision:
    """The decision of this classifier for these features."""
    probabilities = classifier.probabilities(found)
    best = max(range(len(probabilities)), key=probabilities.__getitem__)
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
