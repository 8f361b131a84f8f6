"""Earcons: short sounds that say what words would take too long for. Made by formula, so that no files are needed."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from homebody.voice.audio import Audio, Samples

Earcon = Literal["woke", "error"]

RATE_HZ: Final = 22_050  # of most voices, so that the device is opened once
LEVEL: Final = 0.08  # peak: about 12 dB below speech
FADE_MS: Final = 12.0
# Pairs of tones, in hertz, and the length of each in milliseconds: up is a question, down is an end.
TONES: Final[dict[Earcon, tuple[tuple[float, float], ...]]] = {
    "woke": ((587.3, 70.0), (880.0, 90.0)),
    "error": ((392.0, 110.0), (261.6, 160.0)),
}


def earcon(name: Earcon) -> Audio:
    """The sound: under 0.3 s, quiet, without a click at either end."""
    return Audio(np.concatenate([_tone(*tone) for tone in TONES[name]]), RATE_HZ)


def _tone(frequency_hz: float, duration_ms: float) -> Samples:
    at_s = np.arange(round(duration_ms * RATE_HZ / 1000)) / RATE_HZ
    fade = np.minimum(1.0, np.minimum(at_s, at_s[::-1]) * 1000 / FADE_MS)
    overtone = 0.25 * np.sin(2 * np.pi * 2 * frequency_hz * at_s)
    return (LEVEL * fade * (np.sin(2 * np.pi * frequency_hz * at_s) + overtone) / 1.25).astype(np.float32)
