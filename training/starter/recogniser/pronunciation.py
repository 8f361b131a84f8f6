"""How words are pronounced, and about how long their sounds last: for the training heads alone. From espeak-ng."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

PHONES: Final = 80  # with the blank, number 0
_MARKS: Final = re.compile(r"[',%=|:;\-]")


class Span(NamedTuple):
    """Where something is within a sentence, as shares of its length.

    Attributes:
        begin, end: 0 to 1.
        value: A phone's number, or a word's place.
    """

    begin: float
    end: float
    value: int


class Pronunciation:
    """Pronounces words; phones are numbered as they come.

    Args:
        phones: Numbers that are given already, as of an earlier `phones`.
    """

    def __init__(self, phones: dict[str, int] | None = None) -> None:
        self.phones = dict(phones or {})
        self._words: dict[str, tuple[list[int], list[float]]] = {}

    def learn(self, words: Iterable[str]) -> None:
        """Ask espeak-ng for those that are new, all at once."""
        new = sorted({word for word in words if word not in self._words})
        for word, said in zip(new, _said(new), strict=True):
            sounds = [sound for sound in re.split(r"[_ ]+", _MARKS.sub("", said).strip()) if sound]
            known = [sound for sound in sounds if self._number(sound) is not None]
            self._words[word] = [self.phones[sound] for sound in known], [_duration(sound) for sound in known]

    def spans(self, text: str) -> tuple[list[Span], list[Span]]:
        """About where its phones and its words are."""
        words = text.split()
        whole = sum(sum(self._words[word][1]) for word in words) or 1.0
        phones, places, at = [], [], 0.0
        for place, word in enumerate(words):
            begin = at
            for phone, duration in zip(*self._words[word], strict=True):
                phones.append(Span(at / whole, (at + duration) / whole, phone))
                at += duration
            places.append(Span(begin / whole, at / whole, place))
        return phones, places

    def _number(self, sound: str) -> int | None:
        if sound not in self.phones and len(self.phones) < PHONES - 1:
            self.phones[sound] = len(self.phones) + 1
        return self.phones.get(sound)


def _said(words: Sequence[str]) -> list[str]:
    if not words:
        return []
    lines = [line for line in _espeak("\n\n".join(words) + "\n").split("\n") if line.strip()]
    return lines if len(lines) == len(words) else [_espeak(word).replace("\n", " ") for word in words]


def _espeak(text: str) -> str:
    command = ["espeak-ng", "-v", "en-us", "-q", "-x", "--sep=_"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _duration(sound: str) -> float:
    """Relative to a short consonant; what the phones of espeak-ng's voices last on average, roughly."""
    if sound[0] in "aeiouAEIOUVQ03@":
        long = len(sound) > 1 and sound[0] in "aeiouAEIOUVQ30@"
        return 2.0 if long else (0.8 if sound[0] == "@" else 1.4)
    return {"s": 1.4, "S": 1.4, "f": 1.4, "T": 1.4, "z": 1.4, "Z": 1.4}.get(
        sound[0], 1.1 if sound[0] in "nmNtkp" else 0.9
    )
