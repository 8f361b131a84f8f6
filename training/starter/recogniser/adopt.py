"""Goes on from a model with other pieces: new skills bring new words, and hours of training need not be lost."""

from __future__ import annotations

from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor

_NOISE: Final = 0.03  # so that pieces made of the same old ones can part
_SHARE: Final = 0.5


def carried_over(embedding: Tensor, old: Tokenizer, new: Tokenizer) -> Tensor:
    """The embedding for the new pieces.

    A piece that was there before keeps its vector; another gets half the mean of those that it was written with before,
    and a little noise.

    Args:
        embedding: (old pieces, width).
        old: What it was written with.
        new: What it is to be written with; the same special tokens.
    """
    width = embedding.shape[1]
    rows = torch.randn(new.get_vocab_size(), width, generator=torch.Generator().manual_seed(0)) * _NOISE
    for number in range(len(rows)):
        known = old.token_to_id(new.id_to_token(number) or "")
        if known is not None:
            rows[number] = embedding[known]
        elif parts := old.encode(new.decode([number]), add_special_tokens=False).ids:
            rows[number] += _SHARE * embedding[parts].mean(0)
    return rows
