"""Whether there is anything to hear: the sound's level against the room's own. Pure."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from homebody.voice.audio import RATE_HZ, Samples

LOUDER_DB: Final = (
    6.0  # than the room. Speech as loud as a steady noise on average is, in its vowels, this much above it
)
RISE_DB_PER_S: Final = (
    3.0  # so fast the room's level follows upwards; downwards at once: speech has gaps, rooms have none
)
STAYS_S: Final = 2.0  # after the last louder sound
_PRE_EMPHASIS: Final = np.float32(0.97)  # as usual before speech is analysed: a room rumbles up and down, speech hisses
_FLOOR_DB: Final = -90.0


class Stillness:
    """The room's level is the lowest lately (minimum statistics: R. Martin, "Noise power spectral density estimation
    based on optimal smoothing and minimum statistics", 2001, without the spectrum). A room is not still at the start.

    Promises: a sound that is `LOUDER_DB` + `RISE_DB_PER_S` * t above some sound t seconds earlier is never still, nor
    are the `STAYS_S` after it; a sound that stays the same is still at last.
    """

    def __init__(self) -> None:
        self._room_db = _FLOOR_DB
        self._left_s = STAYS_S

    def feed(self, samples: Samples) -> bool:
        """Hear a chunk (float32, mono, `RATE_HZ`, any length above 0); whether the room is still in it."""
        seconds = len(samples) / RATE_HZ
        sharp = samples[1:] - _PRE_EMPHASIS * samples[:-1]
        level_db = max(_FLOOR_DB, 10 * math.log10(max(1e-12, float(np.dot(sharp, sharp)) / len(samples))))
        self._room_db = min(level_db, self._room_db + RISE_DB_PER_S * seconds)
        self._left_s = STAYS_S if level_db >= self._room_db + LOUDER_DB else max(0.0, self._left_s - seconds)
        return not self._left_s
