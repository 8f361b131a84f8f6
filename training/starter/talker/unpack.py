"""Take the weights out of a shipped talker, so that training can go on from it (`train.py --begin`).

    PYTHONPATH=daemon python training/starter/talker/unpack.py WEIGHTS.npz [--model FOLDER]

What was rounded to int8 stays rounded: good enough to begin with.
"""

from __future__ import annotations

import argparse
import json
import struct
from pathlib import Path
from typing import Any, Final

import numpy as np

from homebody import starter

_TYPES: Final = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}  # CTranslate2's DataType


def arrays_of(path: Path) -> dict[str, Any]:
    """All variables of a model.bin, as `ctranslate2.specs.ModelSpec.save` writes them (binary version 6)."""
    data, at = path.read_bytes(), 0

    def number(kind: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{kind}", data, at)
        at += struct.calcsize(f"<{kind}")
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return data[at - length : at - 1].decode()

    if number("I") != 6:
        raise ValueError(f"{path} is of another version than 6")
    text()
    number("I")
    found = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind, length = _TYPES[number("B")], number("I")
        found[name] = np.frombuffer(data, kind, length // np.dtype(kind).itemsize, at).reshape(shape)
        at += length
    return found


def weights(found: dict[str, Any]) -> dict[str, Any]:
    """By the names they have in model.py, float32: the inverse of `export.write_model`."""

    def dense(name: str) -> Any:
        return (found[f"{name}/weight"] / found[f"{name}/weight_scale"][:, None]).astype(np.float32)

    vocabulary, width = found["decoder/embeddings/weight"].shape
    depth = len({name.split("/")[1] for name in found if name.startswith("decoder/layer_") and "norm" not in name[:18]})
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
    np.savez(chosen.to, **weights(arrays_of(chosen.model / "model.bin")))


if __name__ == "__main__":
    main()
