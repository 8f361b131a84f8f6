"""Give a half-trained talker the words that have come to its pairs since, as pieces of their own.

    PYTHONPATH=daemon python training/starter/talker/grow.py BUILD_FOLDER

tokenizer.json and checkpoint.pt are replaced; `train.py` goes on from there. A new piece begins as the mean of those
that it was written in, so that it means about the same at first; no answer is written with it.
"""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

import checkpoint
import dataset
import tokens
from dataset import SEED, Source
from model import Pieces
from train import further_questions


def main() -> int:
    """Grow."""
    parser = argparse.ArgumentParser(description="Add the words of the pairs to a talker's pieces.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    data = dataset.split(dataset.read_pairs())
    old = Tokenizer.from_file(str(folder / "tokenizer.json"))
    old.encode_special_tokens = True
    source = Source(data, random.Random(SEED), further_questions())
    new = tokens.with_whole_words(old, tokens.words_asked(data, source), dataset.all_answers(data))
    state = checkpoint.load(folder / checkpoint.NAME)
    grow(state, old, new, {number for text in dataset.all_answers(data) for number in old.encode(text).ids})
    new.save(str(folder / "tokenizer.json"))
    checkpoint.save(folder, state)
    sys.stdout.write(f"{old.get_vocab_size()} pieces before, {new.get_vocab_size()} now\n")
    return 0


def grow(state: dict[str, Any], old: Tokenizer, new: Tokenizer, said: set[int]) -> None:
    """A checkpoint of ``old`` made one of ``new``, in place.

    Args:
        state: Of checkpoint.pt.
        old: The tokenizer that it was trained with.
        new: One with more pieces at its end.
        said: Pieces that answers are written in; a new one begins as unlikely as all others.
    """
    before, after = old.get_vocab_size(), new.get_vocab_size()
    added = [old.encode(new.decoder.decode([new.id_to_token(number)])).ids for number in range(before, after)]
    width = state["model"]["embedding.weight"].shape[1]
    pieces = Pieces(tokens.spelling(new), width)
    sizes = {before: after, len(state["model"]["embedding.shared"]): len(pieces.shared)}
    unsaid = torch.tensor([number for number in range(before) if number not in said])
    for values in (state["model"], state["average"]):
        shared = _longer(values["embedding.shared"], len(pieces.shared))
        parts = Pieces(tokens.spelling(old), width).spelling @ values["embedding.shared"] + values["embedding.weight"]
        means = torch.stack([parts[numbers].mean(dim=0) for numbers in added])
        own = means - (pieces.spelling @ shared)[before:]
        values["embedding.shared"], values["embedding.weight"] = shared, torch.cat((values["embedding.weight"], own))
        projection = values["projection.weight"]
        unlikely = projection[unsaid].mean(dim=0, keepdim=True).expand(after - before, -1)
        values["projection.weight"] = torch.cat((projection, unlikely))
    for its in state["optimizers"][1]["state"].values():  # Adam's, in the order of the parameters
        for name in ("exp_avg", "exp_avg_sq"):
            if its[name].dim() == 2 and len(its[name]) in sizes:
                its[name] = _longer(its[name], sizes[len(its[name])])


def _longer(values: Tensor, length: int) -> Tensor:
    return torch.cat((values, values.new_zeros(length - len(values), values.shape[1])))


if __name__ == "__main__":
    sys.exit(main())
