"""What a tape says of an interruption: when somebody had said what they said, and when the loudspeaker fell silent.

A tape holds the loudspeaker on one channel and the room on the other, the loudspeaker's echo in it, on one clock
(docs/decisions/0003-measured-on-one-tape.md); so no program's idea of time enters into it. Pure, but for reading files.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homebody.bench.tape import AUDIBLE
from homebody.bench.virtual_devices import LOUDSPEAKER_CHANNEL, ROOM_CHANNEL
from homebody.voice.audio import Samples

FULL_SCALE = 32_768
PAUSE_MS = 40.0  # a speaker's own stops, which have no end of a word behind them, are louder


@dataclass(frozen=True)
class Interruption:
    """On a tape, in milliseconds from its beginning.

    Attributes:
        said_ms, ended_ms: When what was said began and when it ended.
        silent_ms: When the loudspeaker fell silent for good; 0 where it never sounded.
        paused_ms: When it first fell silent for `PAUSE_MS` after what was said had begun; None: it did not.
        sounded_ms: How long the loudspeaker sounded in all, its own pauses within words included, held ones not.
        louder_db: What was said over our echo in the room, while we spoke.
    """

    said_ms: float
    ended_ms: float
    silent_ms: float
    paused_ms: float | None
    louder_db: float

    @property
    def took_ms(self) -> float:
        """From the end of what was said to the silence; negative: before its end."""
        return self.silent_ms - self.ended_ms


def interruption(tape: Path, said: Samples, rate_hz: int) -> Interruption:
    """Find ``said`` in the room, and the silence at the loudspeaker."""
    ours, room = _channels(tape)
    began = _place(room, said)
    loud = np.flatnonzero(np.abs(ours) >= AUDIBLE / FULL_SCALE)
    silent = int(loud[-1]) + 1 if len(loud) else 0
    # The last sound before each gap of PAUSE_MS.
    gaps = loud[:-1][np.diff(loud) > PAUSE_MS * rate_hz / 1000] + 1 if len(loud) else loud
    later = [int(gap) for gap in (*gaps, silent) if gap > began]
    ms = 1000 / rate_hz
    echo = ours[max(0, began - 2 * rate_hz) : began]
    louder_db = 20 * np.log10(_level(said) / max(_level(echo), 1e-9)) if len(echo) > 1000 else np.nan
    return Interruption(
        said_ms=began * ms,
        ended_ms=(began + len(said)) * ms,
        silent_ms=silent * ms,
        paused_ms=later[0] * ms if later else None,
        louder_db=float(louder_db),
    )


def sounded_ms(tape: Path, rate_hz: int) -> float:
    """How long the loudspeaker sounded, from its first to its last sample."""
    loud = np.flatnonzero(np.abs(_channels(tape)[0]) >= AUDIBLE / FULL_SCALE)
    return 1000 * float(loud[-1] - loud[0] + 1) / rate_hz if len(loud) else 0.0


def _place(room: Samples, said: Samples) -> int:
    """Where ``said`` begins: a matched filter, whose gain over our words in the room is that of its length."""
    size = 1 << (len(room) + len(said)).bit_length()
    match = np.fft.irfft(np.fft.rfft(room, size) * np.conj(np.fft.rfft(said, size)), size)
    return int(np.argmax(match[: len(room)]))


def _level(samples: Samples) -> float:
    """Root mean square of its louder half."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    powers = np.sort(np.mean(frames**2, axis=1))
    return float(np.sqrt(np.mean(powers[len(powers) // 2 :]))) if len(powers) else 0.0


def _channels(tape: Path) -> tuple[Samples, Samples]:
    with wave.open(str(tape)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    sound = pcm.astype(np.float32) / FULL_SCALE
    return sound[:, LOUDSPEAKER_CHANNEL], sound[:, ROOM_CHANNEL]
