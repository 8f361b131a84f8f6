"""Which of flite's phones is which of Piper's phonemes, so that flite's times become theirs. Pure.

Piper speaks codepoints of the International Phonetic Alphabet, as espeak-ng writes them; flite names its phones after
the CMU dictionary. Both are given the same text and mostly agree; where they do not, the sentence is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from voice.frames import HOP, RATE_HZ, Counts

PAUSE: Final = "pau"  # flite's
PAUSES: Final = frozenset(",.:;?!")  # the phonemes that are one
LENGTH: Final = "ː"
WORST: Final = 0.16  # a phone of cost on average; above it the two speak differently

# What flite may call a sound: the usual name first.
NAMES: Final = {
    "ə": "ax ah", "ɐ": "ax ah", "ʌ": "ah ax", "ɪ": "ih ax iy", "ᵻ": "ih ax", "i": "iy ih", "e": "eh ey",
    "ɛ": "eh ey ae", "æ": "ae", "ɑ": "aa ao", "ɒ": "aa", "ɔ": "ao aa ow", "o": "ow ao", "ʊ": "uh uw ax", "u": "uw uh",
    "a": "aa ae ay aw", "ɜ": "er", "ɚ": "er", "ɝ": "er", "ɹ": "r er", "r": "r", "ɾ": "t d", "ʔ": "t", "t": "t d",
    "d": "d", "j": "y", "ŋ": "ng n", "n": "n ng", "m": "m", "θ": "th", "ð": "dh", "ʃ": "sh", "ʒ": "zh jh", "h": "hh",
    "ɡ": "g", "g": "g", "k": "k", "p": "p", "b": "b", "f": "f", "v": "v", "s": "s z", "z": "z s", "l": "l", "ɫ": "l",
    "w": "w", "x": "k hh", "ʍ": "w", "ɬ": "l",
    "aɪ": "ay", "aʊ": "aw", "ɔɪ": "oy", "eɪ": "ey", "oʊ": "ow", "tʃ": "ch", "dʒ": "jh",
    "iː": "iy", "uː": "uw uh", "ɑː": "aa ao", "ɔː": "ao aa ow", "ɜː": "er", "oː": "ow ao", "aː": "aa", "eː": "ey",
}  # fmt: skip
_VOWELS: Final = frozenset("aeiouæɐɑɒɔəɚɛɜɨɪɵʉʊʌᵻɝyøœ")
_FLITE_VOWELS: Final = frozenset("aa ae ah ao aw ax ay eh er ey ih iy ow oy uh uw".split())
_WITH_R: Final = frozenset(("ɚ", "ɜː", "ɝ"))  # flite may write a vowel and an r


class Sound(NamedTuple):
    """A sound of Piper's, of one or two codepoints.

    Attributes:
        name: Of `NAMES`, or `PAUSE`.
        at: The places of its codepoints that take time.
    """

    name: str
    at: tuple[int, ...]


class Phone(NamedTuple):
    """One of flite's, and when it is spoken."""

    name: str
    begin_s: float
    end_s: float


class Aligned(NamedTuple):
    """How well two pronunciations of a sentence agree.

    Attributes:
        cost: A sound on average.
        spans: Begin and end of each sound, in seconds; None for one that flite does not speak.
    """

    cost: float
    spans: list[tuple[float, float] | None]


def sounds(phonemes: Sequence[str]) -> list[Sound]:
    """The sounds of a sentence; stress, spaces and other marks are none."""
    found: list[Sound] = []
    at = 0
    while at < len(phonemes):
        one, two = phonemes[at], "".join(phonemes[at : at + 2])
        if one in PAUSES:
            found.append(Sound(PAUSE, (at,)))
        elif len(two) == 2 and two in NAMES:
            found.append(Sound(two, (at,) if two.endswith(LENGTH) else (at, at + 1)))
            at += 1
        elif one in NAMES:
            found.append(Sound(one, (at,)))
        at += 1
    return found


def read_phones(said: str) -> list[Phone]:
    """What ``flite -psdur`` prints: each phone and its end in seconds. Pauses in a row become one."""
    phones: list[Phone] = []
    now_s = 0.0
    for token in said.split():
        name, _, end = token.rpartition(":")
        if phones and name == PAUSE == phones[-1].name:
            phones[-1] = phones[-1]._replace(end_s=float(end))
        else:
            phones.append(Phone(name, now_s, float(end)))
        now_s = float(end)
    return phones


def align(wanted: Sequence[Sound], spoken: Sequence[Phone]) -> Aligned:
    """The cheapest way to make one from the other: a sound is spoken as a phone or not at all; a phone without a sound
    of its own belongs to the sound before it. Neither may be empty; the first phone always has the first sound."""
    costs = np.full((len(wanted) + 1, len(spoken) + 1), np.inf)
    costs[0, 0] = 0
    steps = np.zeros(costs.shape, np.int8)
    for row in range(1, len(wanted) + 1):
        for column in range(len(spoken) + 1):
            ways = (
                costs[row - 1, column - 1] + _as(wanted[row - 1], spoken[column - 1]) if column else np.inf,
                costs[row - 1, column] + _unspoken(wanted[row - 1]),
                costs[row, column - 1] + _extra(wanted[row - 1], spoken[column - 1]) if column else np.inf,
            )
            steps[row, column] = np.argmin(ways)
            costs[row, column] = min(ways)
    spans: list[tuple[float, float] | None] = [None] * len(wanted)
    row, column = len(wanted), len(spoken)
    while row:
        step, phone = steps[row, column], spoken[column - 1]
        if step != 1:
            before = spans[row - 1]
            spans[row - 1] = (phone.begin_s, before[1] if before else phone.end_s)
        row, column = row - (step != 2), column - (step != 1)
    return Aligned(float(costs[-1, -1]) / len(wanted), spans)


def _as(sound: Sound, phone: Phone) -> float:
    if PAUSE in {sound.name, phone.name}:
        return 0.0 if sound.name == phone.name else 3.0
    names = NAMES[sound.name].split()
    if phone.name in names:
        return 0.0 if phone.name == names[0] else 0.15
    is_vowel = sound.name[0] in _VOWELS
    if is_vowel != (phone.name in _FLITE_VOWELS):
        return 2.2
    return 0.7 if is_vowel else 1.2


def _unspoken(sound: Sound) -> float:
    return 0.3 if sound.name == PAUSE else 1.0


def _extra(sound: Sound, phone: Phone) -> float:
    if phone.name == "r" and sound.name in _WITH_R:
        return 0.1
    return 0.6 if phone.name == PAUSE else 1.0


def widths(aligned: Sequence[tuple[float, float] | None], said: Sequence[Sound], phonemes: int, frames: int) -> Counts:
    """Frames of each codepoint: its sound's end, rounded, less the end before it; two vowels of one sound share it.

    Args:
        aligned: Spans of ``said``, of which the last is spoken.
        said: The sounds.
        phonemes: How many codepoints there are.
        frames: What the widths add up to: the last sound lasts to the end.
    """
    widths = np.zeros(phonemes, np.int64)
    before, last = 0, 0
    for span, sound in zip(aligned, said, strict=True):
        if span is None:
            continue
        for number, at in enumerate(sound.at, 1):
            end_s = span[0] + (span[1] - span[0]) * number / len(sound.at)
            end = min(round(end_s * RATE_HZ / HOP), frames)
            widths[at], before, last = max(0, end - before), max(before, end), at
    widths[last] += frames - before
    return widths
