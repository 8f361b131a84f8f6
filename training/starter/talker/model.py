"""A small Qwen2 in torch, with one liberty for training: a beginning that a whole batch shares is computed once.

Grouped-query attention with biases on queries, keys and values, rotary positions (halves, as in Hugging Face's
implementation), gated feed-forward with SiLU, RMS norms. The projection is apart from the embeddings: together they are
more than half of the parameters, and they cost little time, the projection only where an answer is learned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional


class Shape(msgspec.Struct, frozen=True):
    """How large the model is.

    Attributes:
        vocabulary: Pieces.
        width, depth, heads, kv_heads, inner: Of the network; a head is ``width / heads`` wide.
    """

    vocabulary: int
    width: int = 256
    depth: int = 3
    heads: int = 8
    kv_heads: int = 2
    inner: int = 768

    @property
    def head(self) -> int:
        """Width of a head."""
        return self.width // self.heads


ROTARY_BASE: Final = 10_000.0
NORM_EPSILON: Final = 1e-6
STD: Final = 0.02


class Layer(nn.Module):
    """Attention and feed-forward."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        together = shape.width + 2 * shape.kv_heads * shape.head
        self.attention_norm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)
        self.queries_keys_values = nn.Linear(shape.width, together)
        self.attention_out = nn.Linear(shape.width, shape.width, bias=False)
        self.inner_norm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)
        self.gate_up = nn.Linear(shape.width, 2 * shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, shape.width, bias=False)

    def forward(
        self,
        x: Tensor,
        shared: int,
        batch: int,
        rotation: tuple[Tensor, Tensor],
        mask: Tensor,
        only: Tensor | None = None,
    ) -> Tensor:
        """One layer.

        Args:
            x: (shared + batch * length, width): the shared beginning, then each row of the batch.
            shared: Length of the beginning.
            batch: Rows.
            rotation: Cosines and sines of (shared + length) positions, a head wide.
            mask: (length, shared + length), True where a row's token may look.
            only: Indices into ``x`` of the tokens to go on with, where the others are no longer needed.
        """
        shape = self.shape
        qkv = self.queries_keys_values(self.attention_norm(x))
        first, rows = qkv[:shared], qkv[shared:].view(batch, -1, qkv.shape[-1])
        cosines, sines = rotation
        q0, k0, v0 = self._heads(first.unsqueeze(0), cosines[:shared], sines[:shared])
        q, k, v = self._heads(rows, cosines[shared:], sines[shared:])
        seen0 = functional.scaled_dot_product_attention(q0, k0, v0, is_causal=True, enable_gqa=True)
        k = torch.cat((k0.expand(batch, -1, -1, -1), k), dim=2)
        v = torch.cat((v0.expand(batch, -1, -1, -1), v), dim=2)
        repeat = shape.heads // shape.kv_heads
        k, v = k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        joined = torch.cat([part.transpose(1, 2).reshape(-1, shape.width) for part in (seen0, seen)])
        if only is not None:
            x, joined = x[only], joined[only]
        x = x + self.attention_out(joined)
        gate, up = self.gate_up(self.inner_norm(x)).chunk(2, dim=-1)
        return x + self.down(functional.silu(gate) * up)

    def _heads(self, qkv: Tensor, cosines: Tensor, sines: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        shape = self.shape
        kv = shape.kv_heads * shape.head
        q, k, v = (
            part.unflatten(-1, (-1, shape.head)).transpose(1, 2) for part in qkv.split((shape.width, kv, kv), dim=-1)
        )
        return _rotated(q, cosines, sines), _rotated(k, cosines, sines), v


class Pieces(nn.Module):
    """Embeddings of which pieces that are spelled alike share a part; as one table they are any model's embeddings.

    So what is learned of "leaf" holds for "leaves" and "Leaf" too (as in fastText: Bojanowski and others, 2017).

    Args:
        spelling: Of each piece: the numbers of what it is spelled with (`tokens.spelling`).
        width: Of an embedding.
    """

    def __init__(self, spelling: Sequence[Sequence[int]], width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(len(spelling), width))
        self.shared = nn.Parameter(torch.zeros(1 + max((max(its, default=0) for its in spelling), default=0), width))
        places = [(piece, number) for piece, its in enumerate(spelling) for number in its]
        amounts = [len(spelling[piece]) ** -0.5 for piece, _ in places]
        indices = torch.tensor(places, dtype=torch.long).reshape(-1, 2).T
        size = len(spelling), len(self.shared)
        sparse = torch.sparse_coo_tensor(indices, torch.tensor(amounts), size, check_invariants=False)
        self.register_buffer("spelling", sparse.coalesce(), persistent=False)

    def table(self) -> Tensor:
        """(pieces, width)."""
        with torch.autocast("cpu", enabled=False):  # sparse matrices have no bfloat16
            return self.weight + torch.sparse.mm(self.spelling, self.shared)

    def forward(self, numbers: Tensor) -> Tensor:
        """Embeddings of these pieces."""
        return functional.embedding(numbers, self.table())


class Talker(nn.Module):
    """The model.

    Args:
        shape: How large.
        spelling: Of its pieces (`tokens.spelling`).
    """

    def __init__(self, shape: Shape, spelling: Sequence[Sequence[int]]) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = Pieces(spelling, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.depth))
        self.norm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)
        self.projection = nn.Linear(shape.width, shape.vocabulary, bias=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2 and name != "embedding.shared":
                residual = name.endswith(("attention_out.weight", "down.weight"))
                nn.init.normal_(parameter, std=STD / math.sqrt(2 * shape.depth) if residual else STD)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, beginning: Tensor, rows: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states of the wanted tokens, as they leave the last layer and as they enter it: both (wanted, width).

        Args:
            beginning: (shared,): tokens before each row.
            rows: (batch, length): padded at their ends with anything.
            wanted: (batch, length), True where the next token is asked for: the last layer works for these alone.
        """
        shared, (batch, length) = len(beginning), rows.shape
        rotation = _rotation(shared + length, self.shape.head)
        mask = torch.ones(length, shared + length, dtype=torch.bool).tril(shared)
        x = self.embedding(torch.cat((beginning, rows.reshape(-1))))
        *early, last = self.layers
        for layer in early:
            x = layer(x, shared, batch, rotation, mask)
        only = shared + wanted.reshape(-1).nonzero().squeeze(1)
        return self.norm(last(x, shared, batch, rotation, mask, only)), x[only]

    def scores(self, hidden: Tensor, among: Tensor) -> Tensor:
        """Of each of these pieces to come next."""
        return functional.linear(hidden, self.projection.weight[among])


def _rotation(length: int, head: int) -> tuple[Tensor, Tensor]:
    frequencies = ROTARY_BASE ** (-torch.arange(0, head, 2, dtype=torch.float32) / head)
    angles = torch.outer(torch.arange(length, dtype=torch.float32), frequencies)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def _rotated(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat((-second, first), dim=-1) * sines
