"""Ratios of pairs, how sure they are, and when they say anything. Pure.

The interval is the percentile bootstrap of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13:
the pairs are drawn again with replacement, and the middle 95 % of the medians kept. Nothing is assumed about how the
noise of a machine is distributed, which is skewed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
import numpy as np

DRAWS: Final = 2000
CONFIDENCE: Final = 0.95
SEED: Final = 2026  # the same figures give the same interval
PAIRS_LEAST: Final = 5  # of fewer, the bootstrap's interval is too narrow to judge by
NOISE: Final = 0.03  # a difference this small is nobody's to notice, however sure it is

Verdict = Literal["better", "worse", "no difference beyond the noise", "too few pairs"]


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """B over A.

    Attributes:
        pairs: How many.
        median: Of the ratios within each pair.
        low, high: The bootstrap's interval of that median.
    """

    pairs: int
    median: float
    low: float
    high: float


def paired(a: Mapping[str, float], b: Mapping[str, float]) -> list[float]:
    """B / a for every key that both have, where both are above zero, in the order of ``a``."""
    return [b[key] / a[key] for key in a if key in b and a[key] > 0 and b[key] > 0]


def ratio(ratios: Sequence[float]) -> Ratio:
    """The median of these ratios and its interval.

    Args:
        ratios: All above zero, at least one.
    """
    logs = np.log(np.asarray(ratios, np.float64))  # so that B over A and A over B say the same
    drawn = np.random.default_rng(SEED).integers(0, len(logs), (DRAWS, len(logs)))
    medians = np.median(logs[drawn], axis=1)
    low, high = np.quantile(medians, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    middle = float(np.median(logs))
    # Quantiles are interpolated: where all is alike, rounding must not put the middle outside.
    return Ratio(
        pairs=len(logs),
        median=math.exp(middle),
        low=math.exp(min(float(low), middle)),
        high=math.exp(max(float(high), middle)),
    )


def verdict(found: Ratio, *, more_is_better: bool, noise: float = NOISE) -> Verdict:
    """Whether B differs from A by more than the noise: the whole interval must lie beyond it.

    Args:
        found: B over A.
        more_is_better: Of what the ratio is of: true of tokens/s, false of milliseconds.
        noise: Below this, a difference is none: 0.03 is 3 %.
    """
    if found.pairs < PAIRS_LEAST:
        return "too few pairs"
    if found.low > 1 + noise:
        return "better" if more_is_better else "worse"
    if found.high < 1 / (1 + noise):
        return "worse" if more_is_better else "better"
    return "no difference beyond the noise"
