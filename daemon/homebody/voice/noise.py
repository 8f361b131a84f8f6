"""Speech with noise under it, at a known ratio. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from homebody.voice.audio import Samples

SPEECH_LEVEL: Final = 0.01  # as a part of the loudest: what is quieter is a pause and does not count as speech
PEAK: Final = 0.99


def pink(count: int, seed: int = 7) -> Samples:
    """Pink noise (its power falls by 3 dB an octave, as that of rain does), RMS 1, float32, shape (count,)."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(max(2, count)))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, max(2, count))[:count]
    level = float(np.sqrt(np.mean(noise**2))) or 1.0
    return (noise / level).astype(np.float32)


def with_noise(speech: Samples, ratio_db: float, noise: Samples) -> Samples:
    """Speech and noise, the speech so many decibels above; pauses do not count as speech. Scaled where it would clip.

    Args:
        speech: float32, shape (n,).
        ratio_db: Of the powers.
        noise: Of RMS 1, at least as long.
    """
    power = speech_power(speech)
    mixed = speech + noise[: len(speech)] * np.float32(np.sqrt(power / 10 ** (ratio_db / 10)))
    peak = float(np.abs(mixed).max(initial=0.0))
    return (mixed * np.float32(min(1.0, PEAK / peak)) if peak else mixed).astype(np.float32)


def speech_power(speech: Samples) -> float:
    """The mean square of what is not a pause."""
    loud = np.abs(speech) > SPEECH_LEVEL * float(np.abs(speech).max(initial=0.0))
    return float(np.mean(speech[loud].astype(np.float64) ** 2)) if loud.any() else 0.0
