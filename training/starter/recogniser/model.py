"""A small Whisper in torch, with two heads more for training.

Encoder and decoder as in openai/whisper (pre-norm, GELU, sinusoidal encoder positions, tied output), in fewer and
narrower layers. What is peculiar:

- Attention is plain matrix products: on a processor their backward pass is several times cheaper at these lengths than
  that of torch's flash attention with a bias.
- Padding is sampled. Whisper sees each utterance padded to a window of up to 30 s, 1500 positions of which nearly all
  are alike. Instead, `PADS` positions drawn from the padding stand for all of it: their attention scores get the
  logarithm of how many each stands for. A window of 30 s costs a tenth and is met as it is when the model is used.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional

MELS: Final = 80
POSITIONS: Final = 1500  # of the encoder: 30 s
PADS: Final = 16
TEXT_POSITIONS: Final = 448
_MASKED: Final = -1e4


class Shape(msgspec.Struct, frozen=True):
    """How large the model is.

    Attributes:
        vocabulary: Of the tokenizer, special tokens included.
        phones: Of the training heads, the blank included.
        width, heads, encoder_layers, decoder_layers: Of the network.
        text_positions: Tokens of a prompt and an answer.
    """

    vocabulary: int
    phones: int = 80
    width: int = 128
    heads: int = 4
    encoder_layers: int = 4
    decoder_layers: int = 2
    text_positions: int = TEXT_POSITIONS


class Attention(nn.Module):
    """Multi-head attention, keys without a bias as Whisper has them.

    Attributes:
        weights: (batch, heads, to, from) of the last call, where ``keep_weights`` is set.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.keep_weights = False
        self.weights: Tensor | None = None

    def forward(self, x: Tensor, source: Tensor, bias: Tensor | None = None) -> Tensor:
        """Look from ``x`` (batch, to, width) at ``source`` (batch, from, width); ``bias`` is added to the scores."""
        queries = self._split(self.query(x)) * (x.shape[-1] // self.heads) ** -0.5
        scores = queries @ self._split(self.key(source)).transpose(2, 3)
        if bias is not None:
            scores = scores + bias.to(scores.dtype)
        weights = scores.softmax(-1)
        self.weights = weights if self.keep_weights else None
        seen: Tensor = self.out((weights @ self._split(self.value(source))).transpose(1, 2).flatten(2))
        return seen

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Layer(nn.Module):
    """Self-attention, in the decoder also attention to the encoder, feed-forward."""

    def __init__(self, width: int, heads: int, *, crossed: bool) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.crossed = crossed
        if crossed:
            self.cross_norm = nn.LayerNorm(width)
            self.cross = Attention(width, heads)
        self.inner_norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 4 * width)
        self.outer = nn.Linear(4 * width, width)

    def forward(
        self, x: Tensor, bias: Tensor | None, memory: Tensor | None = None, memory_bias: Tensor | None = None
    ) -> Tensor:
        """One layer. ``bias``: of the self-attention; ``memory_bias``: of that to ``memory``."""
        normed = self.attention_norm(x)
        x = x + self.attention(normed, normed, bias)
        if self.crossed and memory is not None:
            x = x + self.cross(self.cross_norm(x), memory, memory_bias)
        changed: Tensor = self.outer(functional.gelu(self.inner(self.inner_norm(x))))
        return x + changed


class Recogniser(nn.Module):
    """The model."""

    positions: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width, heads = shape.width, shape.heads
        self.first = nn.Conv1d(MELS, width, 3, padding=1)
        self.second = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positions", sinusoids(POSITIONS, width))
        self.encoder = nn.ModuleList(Layer(width, heads, crossed=False) for _ in range(shape.encoder_layers))
        self.encoder_norm = nn.LayerNorm(width)
        self.embedding = nn.Embedding(shape.vocabulary, width)
        nn.init.normal_(self.embedding.weight, std=0.03)
        self.text_positions = nn.Parameter(torch.randn(shape.text_positions, width) * 0.01)
        self.decoder = nn.ModuleList(Layer(width, heads, crossed=True) for _ in range(shape.decoder_layers))
        self.decoder_norm = nn.LayerNorm(width)
        self.phones = nn.Linear(width, shape.phones)  # for CTC
        self.frames = nn.Linear(width, shape.phones)  # for each frame

    def encode(self, mel: Tensor, window: int = POSITIONS) -> tuple[Tensor, Tensor | None]:
        """What is heard, (batch, frames / 2 + pads, width), and the bias for attending to it.

        Args:
            mel: (batch, `MELS`, frames), 10 ms each.
            window: Positions that the utterances are padded to, as if with zeros; no more than frames / 2: not at all.
        """
        x = self._convolved(mel)
        length = x.shape[1]
        x = x + self.positions[:length]
        bias = None
        if length < window:
            silence = self._convolved(mel.new_zeros(1, MELS, 16))[:, 4:5]
            drawn = torch.randint(length, window, (len(mel), PADS), device=mel.device)
            x = torch.cat((x, silence + self.positions[drawn].to(x.dtype)), dim=1)
            bias = mel.new_zeros(1, 1, 1, length + PADS)
            bias[..., length:] = math.log((window - length) / PADS)
        for layer in self.encoder:
            x = layer(x, bias)
        return self.encoder_norm(x), bias

    def decode(self, tokens: Tensor, memory: Tensor, memory_bias: Tensor | None) -> Tensor:
        """Scores of each token to come next: (batch, length, vocabulary)."""
        length = tokens.shape[1]
        x = self.embedding(tokens) + self.text_positions[:length]
        future = torch.full((length, length), _MASKED, device=tokens.device).triu(1)
        for layer in self.decoder:
            x = layer(x, future, memory, memory_bias)
        scores: Tensor = self.decoder_norm(x) @ self.embedding.weight.t()
        return scores

    def crossings(self) -> list[Attention]:
        """The decoder's attentions to the encoder."""
        return [layer.cross for layer in self.decoder if isinstance(layer, Layer)]

    def _convolved(self, mel: Tensor) -> Tensor:
        return functional.gelu(self.second(functional.gelu(self.first(mel)))).transpose(1, 2)


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's positions: sines and cosines of geometrically spaced wavelengths."""
    step = math.log(10_000) / (width // 2 - 1)
    angles = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(width // 2))[None]
    return torch.cat((angles.sin(), angles.cos()), dim=1)
