"""Whisper's features in torch, as `faster_whisper.feature_extractor` computes them, and what makes of one voice many.

All in the spectrum, where it costs next to nothing: a vocal tract longer or shorter (not by one factor alone: a smooth
warp), another timbre and microphone (gain over frequency, low and high ends cut off), formants sharper or blunter.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from torch import Tensor
from torch.nn import functional

HOP: Final = 160  # samples
WINDOW: Final = 400
BINS: Final = WINDOW // 2 + 1
RANGE: Final = 8.0  # of the logarithm to base 10: what is weaker than the peak by more is cut off
_FLOOR: Final = 1e-10
_WARPS: Final = 64
_TRACT: Final = (0.84, 1.18)  # the range of the warps
_BEND: Final = 0.06  # how far a warp leaves a straight line
_BANDS: Final = 7
_BLUR: Final = 9  # mels


class Features:
    """Log-mel spectra, plain or varied.

    Args:
        rng: Where chance comes from.
        strength: How much is varied, 0 to 1.
    """

    def __init__(self, rng: np.random.Generator, strength: float = 1.0) -> None:
        self._rng, self._strength = rng, strength
        mels = torch.tensor(FeatureExtractor().mel_filters, dtype=torch.float32)
        self._mels = mels
        self._window = torch.tensor(np.hanning(WINDOW + 1)[:-1], dtype=torch.float32)
        self._warped = torch.stack([mels] + [mels @ self._warp() for _ in range(_WARPS)])

    def plain(self, waves: Tensor, lengths: Tensor) -> Tensor:
        """(batch, 80, frames), zero after each utterance's end.

        Args:
            waves: (batch, samples), zero after each utterance's end.
            lengths: (batch,): samples of each.
        """
        return _scaled(self._mels @ self._spectrum(waves), lengths)

    def varied(self, waves: Tensor, lengths: Tensor) -> Tensor:
        """The same as if spoken by others into other microphones."""
        spectrum = self._spectrum(waves) * self._gain(len(waves))[:, :, None]
        banks = torch.from_numpy(self._rng.integers(0, len(self._warped), len(waves)))
        mel = torch.bmm(self._warped[banks], spectrum)
        varied = self._masked(self._sharpened(_scaled(mel, lengths)), lengths)
        return torch.where(_inside(mel, lengths), varied, torch.zeros(()))

    def _spectrum(self, waves: Tensor) -> Tensor:
        complexes = torch.stft(
            functional.pad(waves, (0, HOP)), WINDOW, HOP, window=self._window, center=True, pad_mode="reflect",
            return_complex=True,
        )  # fmt: skip
        return complexes[..., :-1].abs() ** 2

    def _warp(self) -> Tensor:
        """(bins, bins): moves the spectrum to other frequencies."""
        at = np.arange(BINS)
        bend = self._rng.normal(0, _BEND * self._strength, 4)
        bent = np.interp(at, np.linspace(0, BINS - 1, 6), np.cumsum([0, 0, *bend]) - np.mean(bend))
        tract = 1 + (self._rng.uniform(*_TRACT) - 1) * self._strength
        source = np.clip(at * tract * (1 + 0.5 * bent), 0, BINS - 1)
        below = np.floor(source).astype(int)
        share = source - below
        matrix = np.zeros((BINS, BINS), np.float32)
        matrix[at, below] += 1 - share
        matrix[at, np.minimum(below + 1, BINS - 1)] += share
        return torch.from_numpy(matrix)

    def _gain(self, batch: int) -> Tensor:
        """(batch, bins): of the power."""
        rng, few = self._rng, 0.12 * self._strength
        bands = torch.from_numpy(
            rng.normal(size=(batch, 1, _BANDS)) * rng.uniform(0, 3.5 * self._strength, (batch, 1, 1))
        )
        decibels = functional.interpolate(bands, size=BINS, mode="linear", align_corners=True)[:, 0]
        bins = torch.arange(BINS)[None]
        high = torch.from_numpy(np.where(rng.random((batch, 1)) < few, rng.integers(85, 200, (batch, 1)), BINS))
        low = torch.from_numpy(np.where(rng.random((batch, 1)) < few, rng.integers(1, 6, (batch, 1)), 0))
        decibels = decibels - 40.0 * (bins > high) - 25.0 * (bins < low)
        return (10 ** (decibels / 10)).float()

    def _sharpened(self, mel: Tensor) -> Tensor:
        smooth = functional.avg_pool1d(mel.transpose(1, 2), _BLUR, 1, _BLUR // 2, count_include_pad=False).transpose(
            1, 2
        )
        most = 0.25 * self._strength
        sharper = torch.from_numpy(self._rng.uniform(1 - most, 1 + most, (len(mel), 1, 1))).float()
        return smooth + (mel - smooth) * sharper

    def _masked(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """A band and a moment of some are hidden (SpecAugment, Park et al. 2019, lightly)."""
        rng = self._rng
        for row in np.flatnonzero(rng.random(len(mel)) < 0.25 * self._strength):
            frames = max(1, int(lengths[row]) // HOP)
            high, wide = int(rng.integers(0, 10)), int(rng.integers(0, min(8, frames)))
            bottom, begin = int(rng.integers(0, mel.shape[1] - high)), int(rng.integers(0, frames - wide))
            middle = mel[row, :, :frames].mean()
            mel[row, bottom : bottom + high, :frames] = middle
            mel[row, :, begin : begin + wide] = middle
        return mel


def _scaled(mel: Tensor, lengths: Tensor) -> Tensor:
    """The logarithm as Whisper scales it; the peak is looked for where there is sound."""
    logarithm = mel.clamp_min(_FLOOR).log10()
    peak = torch.where(_inside(mel, lengths + HOP), logarithm, torch.tensor(-99.0)).amax((1, 2), keepdim=True)
    scaled = (torch.maximum(logarithm, peak - RANGE) + 4) / 4
    return torch.where(_inside(mel, lengths), scaled, torch.zeros(()))


def _inside(mel: Tensor, lengths: Tensor) -> Tensor:
    """(batch, 1, frames): where there is sound."""
    return (torch.arange(mel.shape[2])[None] < (lengths // HOP)[:, None])[:, None]
