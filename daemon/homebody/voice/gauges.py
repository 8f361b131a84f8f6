"""What ears and brain are doing right now, for whoever looks: level, scores, words so far. Nothing of it is kept.

It costs a few assignments a chunk, and the level only while somebody looks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from homebody.voice.audio import Chunk, Samples, Transcript
from homebody.voice.commit_gate import Words
from homebody.voice.ears import Ears, Heard, Recorder
from homebody.voice.notes import Notes
from homebody.voice.self_check import Meter
from homebody.voice.transcriber import Transcriber
from homebody.voice.wake_word import Score

WATCHED_S: Final = 2.0  # after a look, so long the next one is expected
FLOOR_DBFS: Final = -96.0
SAID_CHARS: Final = 400  # the end of the answer


class Gauges(Meter):
    """A `Meter` and a `Recorder` that hands everything on.

    Args:
        recorder: Comes next.
        clock_s: Monotonic.
    """

    def __init__(self, recorder: Recorder | None = None, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._recorder, self._clock_s = recorder, clock_s
        self._watched_until_s = -math.inf
        self._partial, self._power = "", 0.0
        self._speech: float | None = None
        self._wake: dict[str, float] = {}

    @property
    def watched(self) -> bool:
        """Somebody looks."""
        return self._clock_s() < self._watched_until_s

    def feed(self, chunk: Chunk) -> None:
        """As `Meter.feed`."""
        super().feed(chunk)
        if self.watched:
            self._power = max(self._power, float(np.mean(chunk.samples**2)))

    def scored(self, scores: Sequence[Score]) -> None:
        """The wake words of a chunk."""
        for score in scores:
            self._wake[score.word] = max(self._wake.get(score.word, 0.0), score.probability)

    def heard(self, chunk: Chunk, probability: float, heard: Heard, ears: Ears) -> None:
        """As `Recorder.heard`."""
        self._speech = max(self._speech or 0.0, probability)
        if heard.began:
            self._partial = ""
        if self._recorder:
            self._recorder.heard(chunk, probability, heard, ears)

    def learned(self, revision: int, words: Words, heard: Heard) -> None:
        """As `Recorder.learned`."""
        if self._recorder:
            self._recorder.learned(revision, words, heard)

    def reset(self) -> None:
        """As `Recorder.reset`."""
        if self._recorder:
            self._recorder.reset()

    def understood(self, transcript: Transcript) -> None:
        """Words so far, or all of them."""
        if self.watched:
            self._partial = transcript.text

    def look(self, state: str, notes: Notes | None) -> dict[str, Any]:
        """What is to be seen now, the highest since the last look; and somebody looks from now on.

        Args:
            state: Of the voice.
            notes: Of the turn that is being taken; None: there is none.

        Returns:
            ``state``; ``level_dbfs``, ``speech`` (a probability) and ``wake`` (one for each word), None and nothing
            where nothing was heard; ``partial``, the words so far; and of the turn: ``route``, ``tokens``, ``said``.
        """
        first = not self.watched
        self._watched_until_s = self._clock_s() + WATCHED_S
        level_dbfs = max(FLOOR_DBFS, 10 * math.log10(self._power)) if self._power > 0 else None
        seen: dict[str, Any] = {
            "state": state,
            "level_dbfs": None if first or level_dbfs is None else round(level_dbfs, 1),
            "speech": None if self._speech is None else round(self._speech, 3),
            "wake": {word: round(probability, 3) for word, probability in self._wake.items()},
            "partial": "" if first else self._partial,
        }
        if notes and notes.route:
            route = notes.route
            seen["route"] = {"kind": route.kind, "name": route.name or route.model or "", "language": route.language}
            seen["tokens"], seen["said"] = notes.tokens, notes.said[-SAID_CHARS:]
        if notes or state in {"asleep", "deaf"}:  # the words are not "so far" any more
            self._partial = ""
        self._forget()
        return seen

    def _forget(self) -> None:
        self._power, self._speech, self._wake = 0.0, None, {}


class WatchedTranscriber:
    """A `Transcriber` whose words the gauges see. Does not own ``inner``."""

    def __init__(self, inner: Transcriber, gauges: Gauges) -> None:
        self._inner, self._gauges = inner, gauges

    async def load(self) -> None:
        """As of the inner one."""
        await self._inner.load()

    async def transcribe(self, samples: Samples, language: str | None) -> Transcript:
        """As of the inner one."""
        transcript = await self._inner.transcribe(samples, language)
        self._gauges.understood(transcript)
        return transcript

    async def aclose(self) -> None:
        """As of the inner one."""
        await self._inner.aclose()
