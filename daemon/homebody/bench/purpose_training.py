"""Training and judging the purpose classifier: a labelled set, multinomial logistic regression, cross-validation.

Rows of one ``phrasing`` are never parted: none of a fold's phrasings has been seen in its training.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from homebody.errors import UsageError
from homebody.language import identify
from homebody.router.purpose import IMAGE_PURPOSES, LIVE, PURPOSES, Classifier, Table, purpose_of
from homebody.router.purpose_features import by_value, features

SEED: Final = 1
L2: Final = 0.3
STEPS: Final = 150
RATE: Final = 0.05
SMALL: Final = 0.01  # a feature that never weighs more is left out
RARE: Final = 2  # a feature of fewer rows is not learned

Floats = NDArray[np.float32]


class LabelledRow(msgspec.Struct, frozen=True):
    """A line of a labelled set.

    Attributes:
        text: What is said.
        purpose: What it is for; ``live`` says only that it needs live data.
        also: Purposes that would be right too.
        has_image: A picture comes with it.
        language: ISO 639-1 code; empty: not judged.
        live: It needs live data; None: not judged.
        phrasing: Rows that say the same in nearly the same words share this name; empty: it is alone.
    """

    text: str
    purpose: str
    also: tuple[str, ...] = ()
    has_image: bool = False
    language: str = ""
    live: bool | None = None
    phrasing: str = ""

    @property
    def expected(self) -> str:
        """The class to be learned."""
        return LIVE if self.live else self.purpose

    def accepts(self, purpose: str) -> bool:
        """Whether this purpose is a right one."""
        return purpose in {self.purpose, *self.also} or (self.purpose == LIVE and purpose == self.named())

    def named(self) -> str:
        """The labelled purpose; a ``live`` one's is what `homebody.router.purpose` calls it."""
        return purpose_of(self.purpose, self.language or identify(self.text))


def read_set(path: Path) -> list[LabelledRow]:
    """The rows of a file of JSON lines.

    Raises:
        UsageError: It cannot be read, or a line is no row or names no purpose; the line's number is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read.", "Check the path.") from error
    known = {*PURPOSES, *IMAGE_PURPOSES, LIVE}
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=LabelledRow)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise UsageError(f"{path}, line {number}: {error}.", 'Write {"text": ..., "purpose": ...}.') from error
        if row.purpose not in known:
            raise UsageError(
                f"{path}, line {number}: there is no purpose {row.purpose}.",
                f"Choose one of: {', '.join(sorted(known))}.",
            )
        rows.append(row)
    if not rows:
        raise UsageError(f"{path}: there are no rows in it.", "Choose another file.")
    return rows


def train(found: Sequence[Mapping[str, float]], expected: Sequence[str]) -> Table:
    """A classifier of these features, by Adam on the whole set (Kingma and Ba, 2014); the same each time.

    Classes are weighted by the root of how rare they are.
    """
    counts = Counter(name for row in found for name in row)
    names = sorted(name for name, count in counts.items() if count >= RARE)
    classes = sorted(set(expected))
    column = {name: i for i, name in enumerate(names)}
    inputs = np.zeros((len(found), len(names)), np.float32)
    for i, row in enumerate(found):
        for name, value in row.items():
            if name in column:
                inputs[i, column[name]] = value
    wanted = np.zeros((len(found), len(classes)), np.float32)
    wanted[np.arange(len(found)), [classes.index(name) for name in expected]] = 1
    importance = wanted @ np.sqrt(len(found) / len(classes) / wanted.sum(0))
    weights = _descended(inputs, wanted, importance[:, None].astype(np.float32))
    scale = float(np.abs(weights).max()) / 32767 or 1.0
    kept = np.flatnonzero(np.abs(weights).max(1) >= SMALL)
    units = np.rint(weights / scale).astype("<i2")
    return Table(tuple(classes), scale, tuple(names[i] for i in kept), units[kept].tobytes())


def _descended(inputs: Floats, wanted: Floats, importance: Floats) -> Floats:
    weights = np.zeros((inputs.shape[1], wanted.shape[1]), np.float32)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        sums = inputs @ weights
        powers = np.exp(sums - sums.max(1, keepdims=True))
        probabilities = powers / powers.sum(1, keepdims=True)
        slope = inputs.T @ ((probabilities - wanted) * importance) + L2 * weights
        mean = 0.9 * mean + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        weights -= RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-6)
    return weights


def trained(rows: Sequence[LabelledRow], *, has_image: bool) -> Table:
    """The table for words alone, or for words with a picture."""
    chosen = [row for row in rows if row.has_image == has_image]
    return train([features(row.text, has_image=has_image) for row in chosen], [row.expected for row in chosen])


class Judged(msgspec.Struct, frozen=True):
    """A row and the class it was given: a purpose, or ``live``."""

    row: LabelledRow
    given: str

    @property
    def purpose(self) -> str:
        """The purpose it was given."""
        return purpose_of(self.given, identify(self.row.text)) if self.given == LIVE else self.given

    @property
    def right(self) -> bool:
        """Whether that is a right one."""
        return self.row.accepts(self.purpose)


def cross_validated(rows: Sequence[LabelledRow], *, folds: int = 10, seed: int = SEED) -> list[Judged]:
    """Every row, judged by a classifier that has seen no row of its phrasing."""
    return [
        judged for has_image in (False, True) for judged in _cross_validated(rows, has_image, folds=folds, seed=seed)
    ]


def _cross_validated(rows: Sequence[LabelledRow], has_image: bool, *, folds: int, seed: int) -> list[Judged]:
    chosen = [row for row in rows if row.has_image == has_image]
    phrasings = sorted({row.phrasing or row.text for row in chosen})
    random.Random(seed).shuffle(phrasings)  # noqa: S311
    fold_of = {phrasing: i % folds for i, phrasing in enumerate(phrasings)}
    found = [features(row.text, has_image=has_image) for row in chosen]
    parts = [fold_of[row.phrasing or row.text] for row in chosen]
    judged = []
    for fold in sorted(set(parts)):
        seen = [i for i, part in enumerate(parts) if part != fold]
        table = train([found[i] for i in seen], [chosen[i].expected for i in seen])
        classifier = Classifier(table)
        for i, part in enumerate(parts):
            if part == fold:
                probabilities = classifier.probabilities(by_value(chosen[i].text, has_image=has_image))
                judged.append(Judged(chosen[i], classifier.classes[int(np.argmax(probabilities))]))
    return judged


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How a labelled set went.

    Attributes:
        rows: How many there are.
        accuracy: Those whose purpose is the labelled one or one of ``also``, 0 to 1.
        strict: Those whose purpose is the labelled one.
        language: Those whose language is right, among those that name one; None where none does.
        live_precision: Of those taken for live, how many are; of the rows that say whether they are.
        live_recall: Of those that are live, how many were taken for it.
        confusion: How often each labelled purpose (or ``live``) was given which.
        p50_us, p95_us, max_us: Time of one decision, microseconds; None where it was not measured.
    """

    rows: int
    accuracy: float
    strict: float
    language: float | None
    live_precision: float | None
    live_recall: float | None
    confusion: dict[str, dict[str, int]]
    p50_us: float | None = None
    p95_us: float | None = None
    max_us: float | None = None


def scored(judged: Sequence[Judged], **rest: Any) -> Score:
    """The score of these rows; ``rest`` are the fields that come from elsewhere."""
    confusion: dict[str, dict[str, int]] = {}
    for item in judged:
        row = confusion.setdefault(item.row.expected, {})
        row[item.given] = row.get(item.given, 0) + 1
    about_live = [item for item in judged if item.row.live is not None or item.row.purpose == LIVE]
    if not any(item.row.expected == LIVE for item in about_live):
        about_live = []
    elif any(item.row.live for item in about_live):  # a set that marks its live rows: the others are not
        about_live = list(judged)
    hits = sum(item.row.expected == LIVE == item.given for item in about_live)
    strict = sum(item.purpose == item.row.named() for item in judged)
    return Score(
        rows=len(judged),
        accuracy=_share(sum(item.right for item in judged), len(judged)) or 0.0,
        strict=_share(strict, len(judged)) or 0.0,
        live_precision=_share(hits, sum(item.given == LIVE for item in about_live)),
        live_recall=_share(hits, sum(item.row.expected == LIVE for item in about_live)),
        confusion=confusion,
        **rest,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
