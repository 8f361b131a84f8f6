"""The frames that the voice is made of: what analysis writes, the model learns and the vocoder plays. Pure.

A frame stands for `HOP` samples. Its `WIDTH` columns are, in this order: `BANDS` bands of the natural logarithm of the
spectral envelope's magnitude, as many aperiodicities as `NOISE_EDGES_HZ` has gaps (the share of a band that is noise, 0
to 1), whether it is voiced (0 or 1), and the natural logarithm of the fundamental frequency in Hz, where it is unvoiced
drawn through from one voiced frame to the next.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

RATE_HZ: Final = 16_000
HOP: Final = 128
BANDS: Final = 60
NOISE_EDGES_HZ: Final = (0, 1000, 2000, 3500, 5500, 8000)
NOISES: Final = len(NOISE_EDGES_HZ) - 1
VOICED: Final = BANDS + NOISES
PITCH: Final = VOICED + 1
WIDTH: Final = PITCH + 1
PLACES: Final = 5  # columns of `places`
LONG: Final = 8  # frames after which a place in a phone is no longer counted
NO_PITCH: Final = 5.1  # of a sentence without a voiced frame


def _mel(hz: Double) -> Double:
    """The mel scale, after O'Shaughnessy, Speech Communication (1987): nearly straight below 1 kHz."""
    return np.asarray(1127 * np.log(1 + hz / 700), np.float64)


def interpolation(bins: int) -> Double:
    """``bins`` x `BANDS`: spreads the bands over a spectrum's bins, from 0 Hz to half the rate; rows add up to 1."""
    at = _mel(np.linspace(0, RATE_HZ / 2, bins))
    centres = np.linspace(0, float(_mel(np.array(RATE_HZ / 2))), BANDS)
    return np.asarray(np.maximum(0, 1 - np.abs(at[:, None] - centres[None]) / (centres[1] - centres[0])), np.float64)


def bands(bins: int) -> Double:
    """``bins`` x `BANDS`: turns a spectrum's rows into the bands whose `interpolation` is nearest to it."""
    return np.asarray(np.linalg.pinv(interpolation(bins)).T, np.float64)


def noise_bins(bins: int) -> Double:
    """`NOISES` x ``bins``: 1 where a bin belongs to a band of aperiodicity; the last of all to the last band."""
    hz = np.linspace(0, RATE_HZ / 2, bins)
    edges = np.array(NOISE_EDGES_HZ, np.float64)
    edges[-1] += 1
    return np.asarray((hz >= edges[:-1, None]) & (hz < edges[1:, None]), np.float64)


def places(widths: Counts) -> tuple[Counts, Array]:
    """Which symbol each frame belongs to and where in it: what the graph computes too (`graph.Graph.places`).

    Args:
        widths: Frames of each symbol.

    Returns:
        The symbol of each frame, and per frame `PLACES` columns: how far through the symbol (0 to 1), frames since its
        beginning and to its end (up to `LONG`, as a share of it), its length (a third of the natural logarithm), and
        how far from the nearer end (0 to 0.5).
    """
    symbol = np.repeat(np.arange(len(widths)), widths)
    since = np.arange(len(symbol)) - (np.cumsum(widths) - widths)[symbol]
    width = widths[symbol]
    through = (since + 0.5) / width
    left = width - 1 - since
    columns = (
        through, np.minimum(since, LONG) / LONG, np.minimum(left, LONG) / LONG, np.log(width) / 3,
        np.minimum(through, 1 - through),
    )  # fmt: skip
    return symbol, np.stack(columns, axis=1).astype(np.float32)
