"""Takes speech apart into frames, with WORLD (Morise et al., IEICE Transactions 2016): needs pyworld."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyworld

from voice.frames import HOP, NO_PITCH, RATE_HZ, Array, Double, bands, noise_bins

LOWEST_HZ: Final = 60.0  # of a man's voice
HIGHEST_HZ: Final = 300.0
_FFT: Final = 1024  # CheapTrick's for 16 kHz
_BINS: Final = _FFT // 2 + 1
_TO_BANDS: Final = bands(_BINS)
_TO_NOISES: Final = (noise_bins(_BINS) / noise_bins(_BINS).sum(1, keepdims=True)).T
_QUIET: Final = 1e-12  # of power


def analyse(samples: Double) -> Array:
    """The frames of speech: one every `HOP` samples, the first at the first sample; columns as in `frames`.

    Args:
        samples: Mono, at `RATE_HZ`, -1 to 1.
    """
    pitch_hz, at_s = pitch(samples)
    power = pyworld.cheaptrick(samples, pitch_hz, at_s, RATE_HZ, fft_size=_FFT)
    noise = pyworld.d4c(samples, pitch_hz, at_s, RATE_HZ, fft_size=_FFT)
    log_magnitude = np.log(np.maximum(power, _QUIET)) / 2
    voiced = pitch_hz > 0
    columns = (log_magnitude @ _TO_BANDS, noise @ _TO_NOISES, voiced[:, None], drawn_through(pitch_hz)[:, None])
    return np.concatenate(columns, axis=1).astype(np.float32)


def pitch(samples: Double) -> tuple[Double, Double]:
    """The pitch in Hz, 0 where there is none, and when it is, in seconds: one every `HOP` samples."""
    rough, at_s = pyworld.dio(
        samples, RATE_HZ, f0_floor=LOWEST_HZ, f0_ceil=HIGHEST_HZ, frame_period=1000 * HOP / RATE_HZ
    )
    return pyworld.stonemask(samples, rough, at_s, RATE_HZ), at_s


def drawn_through(pitch_hz: Double) -> Double:
    """The logarithm of the pitch, where there is none in a straight line from one to the next."""
    voiced = np.flatnonzero(pitch_hz > 0)
    if not len(voiced):
        return np.full(len(pitch_hz), NO_PITCH)
    return np.interp(np.arange(len(pitch_hz)), voiced, np.log(pitch_hz[voiced]))
