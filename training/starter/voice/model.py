"""The network: phonemes to how long each lasts, then to frames. Needs torch; export.py writes the same as a graph.

Blocks are ConvNeXt's (Liu et al., 2022) in one dimension: a convolution of each channel, LayerNorm, two linear layers.
"""

from __future__ import annotations

from typing import Final

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.frames import PLACES, WIDTH

KERNEL: Final = 7
WIDTHS_KERNEL: Final = 5


class Shape(msgspec.Struct, frozen=True):
    """Of a model.

    Attributes:
        symbols: Numbers that a phoneme may have.
        embedding: Width of a phoneme's.
        width: Channels of the blocks.
        before: Blocks on phonemes.
        after: Blocks on frames.
    """

    symbols: int = 166
    embedding: int = 96
    width: int = 160
    before: int = 3
    after: int = 4


class Block(nn.Module):
    """A convolution of each channel and two linear layers, added to what comes in."""

    def __init__(self, width: int, kernel: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(2 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """``x``: row, place, channel; ``mask``: row, place, 1: where there is something."""
        y = self.mix((x * mask).transpose(1, 2)).transpose(1, 2)
        return x + self.outer(functional.relu(self.inner(self.norm(y))))


class Voice(nn.Module):
    """Of a shape; the names of its parameters are those that export.py reads."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.symbols, shape.embedding)
        self.entry = nn.Linear(shape.embedding, shape.width)
        self.before = nn.ModuleList(Block(shape.width, KERNEL) for _ in range(shape.before))
        self.timing = Block(shape.width, WIDTHS_KERNEL)
        self.widths = nn.Linear(shape.width, 1)
        self.place = nn.Linear(PLACES, shape.width)
        self.after = nn.ModuleList(Block(shape.width, KERNEL) for _ in range(shape.after))
        self.frames = nn.Linear(shape.width, WIDTH)

    def encode(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What is known of each symbol, and the logarithm of its frames and one."""
        x = self.entry(self.embedding(ids))
        for block in self.before:
            x = block(x, mask)
        return x, self.widths(self.timing(x, mask)).squeeze(-1)

    def decode(self, x: Tensor, symbol: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        """The frames, normalised (`train.Norm`).

        Args:
            x: Of `encode`.
            symbol: Row, frame: which symbol it belongs to.
            places: Row, frame, `frames.places`.
            mask: Row, frame, 1.
        """
        y = torch.gather(x, 1, symbol[..., None].expand(-1, -1, x.shape[-1])) + self.place(places)
        for block in self.after:
            y = block(y, mask)
        return self.frames(y)
