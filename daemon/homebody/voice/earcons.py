"""Earcons: short sounds that say what words would take too long for. Made by formula, so that no files are needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Literal

import numpy as np

from homebody.options import EarconOptions
from homebody.voice.audio import Audio, Samples

Earcon = Literal["woke", "heard", "error", "timer"]

RATE_HZ: Final = 22_050  # of most voices, so that the device is opened once
LEVEL: Final = 0.08  # peak: about 12 dB below speech
FADE_MS: Final = 12.0
# Pairs of tones, in hertz, and the length of each in milliseconds: up is a question, down is an end.
TONES: Final[dict[Earcon, tuple[tuple[float, float], ...]]] = {
    "woke": ((587.3, 70.0), (880.0, 90.0)),
    "heard": ((659.3, 60.0),),
    "error": ((392.0, 110.0), (261.6, 160.0)),
    "timer": ((784.0, 80.0), (987.8, 80.0), (784.0, 80.0)),
}


def earcon(name: Earcon) -> Audio:
    """The sound: under 0.3 s, quiet, without a click at either end."""
    return Audio(np.concatenate([_tone(*tone) for tone in TONES[name]]), RATE_HZ)


class Earcons:
    """Plays those that the profile wants.

    Args:
        options: May be replaced.
        chime: Lets a short sound be heard, over whatever is being said, without waiting for it.
    """

    def __init__(self, options: EarconOptions, chime: Callable[[Audio], None]) -> None:
        self.options = options
        self._chime = chime
        self._soon: asyncio.TimerHandle | None = None

    def play(self, name: Earcon) -> None:
        """Now."""
        self.cancel()
        if (sound := self.wanted(name)) is not None:
            self._chime(sound)

    def wanted(self, name: Earcon) -> Audio | None:
        """The sound; None where the profile does without."""
        return earcon(name) if getattr(self.options, name) else None

    def expect_answer(self) -> None:
        """Somebody was heard: ``heard``, unless `cancel` comes first."""
        self.cancel()
        wait_s = self.options.heard_after_ms / 1000
        self._soon = asyncio.get_running_loop().call_later(wait_s, self.play, "heard")

    def cancel(self) -> None:
        """The answer begins, or will not come."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None


def _tone(frequency_hz: float, duration_ms: float) -> Samples:
    at_s = np.arange(round(duration_ms * RATE_HZ / 1000)) / RATE_HZ
    fade = np.minimum(1.0, np.minimum(at_s, at_s[::-1]) * 1000 / FADE_MS)
    overtone = 0.25 * np.sin(2 * np.pi * 2 * frequency_hz * at_s)
    return (LEVEL * fade * (np.sin(2 * np.pi * frequency_hz * at_s) + overtone) / 1.25).astype(np.float32)
