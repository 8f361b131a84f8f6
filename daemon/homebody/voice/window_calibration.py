"""Which windows a model bears, found out from recordings whose words are known. Pure.

What Whisper does in a window shorter than the 30 s it was trained on differs from model to model: published ones lose
words or go round in circles when the window comes too close to the speech, those fine-tuned for it and the starter
model do not (docs/decisions/0034-a-window-that-is-measured.md). So it is measured, with the very model and numbers that
hear here: first every recording in 30 s, then in ever wider windows, until one rule changes no word any more.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

import msgspec

from homebody.voice.whisper_window import UNPROVEN, WHOLE, WHOLE_WINDOW_S, WindowRule

# From the cheapest on; each is at least as generous as the one before it, in both.
RULES: Final = (
    WindowRule(2.5, 0.5),
    WindowRule(3.0, 0.5),
    WindowRule(4.0, 1.0),
    WindowRule(5.0, 1.5),
    WindowRule(5.0, 2.5),  # 2.56 s were enough for whisper.cpp's base.en over thousands of clips (its issue 1855)
    WindowRule(8.0, 2.5),
    WindowRule(10.0, 2.5),
    WindowRule(15.0, 5.0),
)
UNDERSTOOD_LEAST: Final = 8  # recordings; from fewer nothing can be told
ALIKE: Final = 0.7  # of the words: a recording that is not even understood in 30 s says nothing about windows
# As real models like to write them. One spelling for both, so that "5" for "five" is no change.
_UP_TO_TWELVE: Final = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_NUMBERS: Final = {word: str(number) for number, word in enumerate(_UP_TO_TWELVE, start=1)} | {
    "fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording to be read.

    Attributes:
        key: Its name, unique.
        text: What is said in it; empty: nothing is.
        duration_s: Its length.
    """

    key: str
    text: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of a recording in one window.

    Attributes:
        words: As they would be acted on; empty where they would be refused.
        doubted: The guard would have it decoded again, in 30 s.
        took_ms: How long that took.
    """

    words: str
    doubted: bool = False
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The next reading."""

    clip: Clip
    window_s: float


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What was found with one rule.

    Attributes:
        floor_s, margin_s: The rule.
        for_2_s: Its window for an utterance of two seconds.
        read: Recordings that were read in its windows.
        changed: Of them with another word than in 30 s, or doubted.
        doubted: Of these, noticed by the guard.
        median_ms: A reading.
    """

    floor_s: float
    margin_s: float
    for_2_s: float
    read: int
    changed: int
    doubted: int
    median_ms: float


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the model bears.

    Attributes:
        floor_s, margin_s: Of the rule to be used.
        outcome: ``proven``: the first rule that changes no word; ``none``: all of them do, so 30 s it is; ``unknown``:
            too few recordings were understood even in 30 s, and nothing can be told.
        clips: Recordings that were read.
        understood: Of them, those that count.
    """

    floor_s: float
    margin_s: float
    outcome: Literal["proven", "none", "unknown"]
    clips: int
    understood: int

    @property
    def rule(self) -> WindowRule:
        """The rule to be used."""
        return WindowRule(self.floor_s, self.margin_s)


class Calibration:
    """Asks for one reading after another (`wanted`), is told it (`learn`), and in the end knows the `verdict`.

    Args:
        clips: With different keys.
        rules: From the cheapest on, each at least as generous as the one before it.
        thorough: Read every recording with every rule, for a table; else a rule is dropped at its first change, and the
            first that holds ends it.
    """

    def __init__(self, clips: Sequence[Clip], rules: Sequence[WindowRule] = RULES, *, thorough: bool = False) -> None:
        self._clips, self._rules, self._thorough = tuple(clips), tuple(rules), thorough
        self._readings: dict[tuple[str, float], Reading] = {}
        # Those whose words in 30 s are what was said, but for some: the others say nothing about windows.
        self._understood: list[Clip] = []

    @property
    def wanted(self) -> Wanted | None:
        """What is to be read next; None: all is known."""
        for clip in self._clips:
            if (clip.key, WHOLE_WINDOW_S) not in self._readings:
                return Wanted(clip, WHOLE_WINDOW_S)
        if self._too_few:
            return None
        for rule in self._rules:
            if not self._thorough and self._changed(rule):
                continue
            for clip in self._understood:
                if (clip.key, window_s := rule.window_s(clip.duration_s)) not in self._readings:
                    return Wanted(clip, window_s)
            if not self._thorough:
                return None
        return None

    def learn(self, wanted: Wanted, reading: Reading) -> None:
        """This is what was made of it."""
        self._readings[wanted.clip.key, wanted.window_s] = reading
        if wanted.window_s == WHOLE_WINDOW_S and alike(wanted.clip.text, reading.words):
            self._understood.append(wanted.clip)

    @property
    def verdict(self) -> Verdict:
        """Only once nothing is wanted any more."""
        rule, outcome = UNPROVEN, "unknown"
        if not self._too_few:
            holding = next((rule for rule in self._rules if not self._changed(rule)), None)
            rule, outcome = (WHOLE, "none") if holding is None else (holding, "proven")
        return msgspec.convert(
            {
                "floor_s": rule.floor_s,
                "margin_s": rule.margin_s,
                "outcome": outcome,
                "clips": len(self._clips),
                "understood": len(self._understood),
            },
            Verdict,
        )

    def rows(self) -> tuple[Row, ...]:
        """What is known of each rule, and of 30 s at the end."""
        rows = []
        for rule in (*self._rules, WHOLE):
            known = [
                (clip, reading)
                for clip in self._understood
                if (reading := self._readings.get((clip.key, rule.window_s(clip.duration_s))))
            ]
            changed = [reading for clip, reading in known if self._is_changed(clip, reading)]
            rows.append(
                Row(
                    floor_s=rule.floor_s,
                    margin_s=rule.margin_s,
                    for_2_s=rule.window_s(2.0),
                    read=len(known),
                    changed=len(changed),
                    doubted=sum(reading.doubted for reading in changed),
                    median_ms=round(statistics.median(reading.took_ms for _, reading in known), 1) if known else 0.0,
                )
            )
        return tuple(rows)

    @property
    def _too_few(self) -> bool:
        return sum(bool(clip.text) for clip in self._understood) < UNDERSTOOD_LEAST

    def _whole(self, clip: Clip) -> Reading | None:
        return self._readings.get((clip.key, WHOLE_WINDOW_S))

    def _changed(self, rule: WindowRule) -> bool:
        readings = ((clip, (clip.key, rule.window_s(clip.duration_s))) for clip in self._understood)
        return any(
            self._is_changed(clip, reading)
            for clip, key in readings
            if (reading := self._readings.get(key)) is not None
        )

    def _is_changed(self, clip: Clip, reading: Reading) -> bool:
        """A change to what was really said is none."""
        whole = self._whole(clip)
        assert whole is not None
        if reading is whole:
            return False
        return reading.doubted or plain(reading.words) not in (plain(whole.words), plain(clip.text))


def plain(words: str) -> list[str]:
    """Words to be compared: no capitals, no punctuation, small numbers in figures."""
    marked = words.casefold().replace("%", " percent ")
    kept = "".join(sign if sign.isalnum() else "" if sign == "'" else " " for sign in marked)
    return [_NUMBERS.get(word, word) for word in kept.split()]


def alike(said: str, heard: str) -> bool:
    """Whether most words are the same, or both are none."""
    one, other = plain(said), plain(heard)
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE if one else not other
