"""Take the weights out of a shipped talker, so that training can go on from it (`train.py --begin`).

PYTHONPATH=daemon:training/starter python training/starter/talker/unpack.py WEIGHTS.npz [--model FOLDER]
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import shipped
from homebody import starter


def weights(found: dict[str, Any]) -> dict[str, Any]:
    """By the names they have in model.py, float32: the inverse of `export.write_model`.

    Args:
        found: Of `shipped.arrays_of`.
    """
    dense = partial(shipped.dense, found)

    vocabulary, width = found["decoder/embeddings/weight"].shape
    depth = shipped.depth(found, "decoder")
    whole = {
        "embedding.weight": dense("decoder/embeddings"),
        "projection.weight": dense("decoder/projection"),
        "norm.weight": found["decoder/layer_norm/gamma"].copy(),
    }
    for layer in range(depth):
        its, name = f"decoder/layer_{layer}", f"layers.{layer}"
        whole |= {
            f"{name}.attention_norm.weight": found[f"{its}/self_attention/layer_norm/gamma"].copy(),
            f"{name}.queries_keys_values.weight": dense(f"{its}/self_attention/linear_0"),
            f"{name}.queries_keys_values.bias": found[f"{its}/self_attention/linear_0/bias"].copy(),
            f"{name}.attention_out.weight": dense(f"{its}/self_attention/linear_1"),
            f"{name}.inner_norm.weight": found[f"{its}/ffn/layer_norm/gamma"].copy(),
            f"{name}.gate_up.weight": np.concatenate(
                [dense(f"{its}/ffn/linear_0"), dense(f"{its}/ffn/linear_0_noact")]
            ),
            f"{name}.down.weight": dense(f"{its}/ffn/linear_1"),
        }
    shape = {"vocabulary": vocabulary, "width": width, "depth": depth}
    shape |= {"heads": int(found["decoder/num_heads"]), "inner": whole["layers.0.down.weight"].shape[1]}
    whole["shape"] = np.frombuffer(json.dumps(shape).encode(), np.uint8)
    return whole


def main() -> None:
    """Unpack."""
    parser = argparse.ArgumentParser(description="Take the weights out of a shipped talker.")
    parser.add_argument("to", type=Path)
    parser.add_argument("--model", type=Path, default=starter.talker())
    chosen = parser.parse_args()
    np.savez(chosen.to, **weights(shipped.arrays_of(chosen.model / "model.bin")))


if __name__ == "__main__":
    main()
