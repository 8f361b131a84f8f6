"""Write the mean of two half-trained talkers, of which one went on from the other.

    PYTHONPATH=daemon python training/starter/talker/blend.py BUILD_FOLDER EARLIER_FOLDER [--share 0.35]

weights.npz in the build folder is replaced. What lies between a model and what it became by further training may answer
more of what neither was trained on than either (Wortsman and others, "Robust fine-tuning of zero-shot models", 2022),
before the rate has come down to nothing. Pieces that came later are given to the earlier one too (`grow.py`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
import numpy as np
import torch
from tokenizers import Tokenizer

import checkpoint
import dataset
import tokens
from grow import grow
from model import Pieces, Shape
from train import write_weights


def main() -> int:
    """Blend."""
    parser = argparse.ArgumentParser(description="The mean of two talkers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("earlier", type=Path)
    parser.add_argument("--share", type=float, default=0.35, help="Of the one in the build folder.")
    chosen = parser.parse_args()
    state, earlier = (checkpoint.load(folder / checkpoint.NAME) for folder in (chosen.folder, chosen.earlier))
    new, old = (_tokenizer(folder) for folder in (chosen.folder, chosen.earlier))
    answers = dataset.all_answers(dataset.split(dataset.read_pairs()))
    grow(earlier, old, new, {number for text in answers for number in old.encode(text).ids})
    mean = {name: torch.lerp(earlier["average"][name], value, chosen.share) for name, value in state["average"].items()}
    with np.load(chosen.folder / "weights.npz") as arrays:
        shape = msgspec.json.decode(bytes(arrays["shape"]), type=Shape)
    spelling = Pieces(tokens.spelling(new), shape.width).spelling
    write_weights(chosen.folder, mean, spelling, shape, state["step"])
    return 0


def _tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    return tokenizer


if __name__ == "__main__":
    sys.exit(main())
