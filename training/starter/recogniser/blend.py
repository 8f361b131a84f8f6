"""Writes the mean of a recogniser and of the one that its training went on from (`unpack.py`), to be exported.

PYTHONPATH=daemon:plugins:training/starter python -m recogniser.blend BUILD_FOLDER --to FOLDER [--model FOLDER]

What lies between a model and what it became by further training may hear strangers better than either (Wortsman and
others, "Robust fine-tuning of zero-shot models", 2022). Only for models that are the same but for that training.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

import numpy as np

import shards
import shipped
from homebody import starter
from recogniser.unpack import weights, wider


def main() -> int:
    """Blend."""
    parser = argparse.ArgumentParser(description="The mean of two recognisers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, required=True, help="Like a build folder: weights.npz and tokenizer.json.")
    parser.add_argument("--model", type=Path, default=starter.recogniser(), help="What the training went on from.")
    parser.add_argument("--share", type=float, default=0.7, help="Of the one in the build folder.")
    chosen = parser.parse_args()
    with np.load(chosen.folder / "weights.npz") as arrays:
        trained = dict(arrays)
    shape, earlier = weights(shipped.arrays_of(chosen.model / "model.bin"))
    if 2 * shape.width == trained["embedding.weight"].shape[1]:
        shape, earlier = wider(shape, earlier)
    for name, value in earlier.items():
        if name != "positions":
            trained[name] = (chosen.share * trained[name] + (1 - chosen.share) * value.numpy()).astype(np.float32)
    chosen.to.mkdir(parents=True, exist_ok=True)
    shards.write(chosen.to / "weights.npz", trained)
    shutil.copy(chosen.folder / "tokenizer.json", chosen.to / "tokenizer.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
