"""Makes a build folder of the shipped recogniser, so that training goes on from it; if asked, twice as wide.

PYTHONPATH=daemon:plugins:training/starter python -m recogniser.unpack BUILD_FOLDER [--model FOLDER] [--wider]

What is not shipped begins anew: what the optimizers knew, and the training heads (`train.HEADS_ALONE`). A model made
wider says at first what it said before.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

import checkpoint
import shipped
from homebody import starter
from recogniser.export import MANIFEST
from recogniser.model import TEXT_POSITIONS, Recogniser, Shape
from recogniser.train import YOUNG_STEPS

_SPLIT: Final = 0.15  # twins get shares of 0.5 and about so much more or less: alike, they would learn alike
_HEADS: Final = ("phones.", "frames.")
_SEED: Final = 7


def weights(found: dict[str, Any]) -> tuple[Shape, dict[str, Tensor]]:
    """Shape and parameters by the names they have in model.py, without the training heads: `export.write_model`'s
    inverse. Positions of the text that were not shipped, since nothing is as long, are zeros.

    Args:
        found: Of `shipped.arrays_of`.
    """
    whole = {
        "positions": found["encoder/position_encodings/encodings"],
        "embedding.weight": shipped.dense(found, "decoder/embeddings"),
        "text_positions": _padded(found["decoder/position_encodings/encodings"]),
    }
    whole |= _linear(found, "encoder/conv1", "first") | _linear(found, "encoder/conv2", "second")
    whole |= _norm(found, "encoder/layer_norm", "encoder_norm") | _norm(found, "decoder/layer_norm", "decoder_norm")
    depths = {part: shipped.depth(found, part) for part in ("encoder", "decoder")}
    for part, depth in depths.items():
        for number in range(depth):
            whole |= _layer(found, f"{part}/layer_{number}", f"{part}.{number}")
    vocabulary, width = whole["embedding.weight"].shape
    shape = Shape(
        vocabulary,
        width=width,
        heads=int(found["encoder/num_heads"]),
        encoder_layers=depths["encoder"],
        decoder_layers=depths["decoder"],
    )
    return shape, {name: torch.from_numpy(np.array(array, np.float32)) for name, array in whole.items()}


def wider(shape: Shape, narrow: dict[str, Tensor]) -> tuple[Shape, dict[str, Tensor]]:
    """The same function by a model twice as wide: every unit gets a twin, and what comes from one comes by shares from
    both (Net2Net: Chen, Goodfellow, Shlens 2015)."""
    generator = torch.Generator().manual_seed(_SEED)
    made = {}
    for name, value in narrow.items():
        if name.endswith("norm.weight") or value.dim() == 1:
            made[name] = torch.cat((value, value))
        elif name in {"positions", "text_positions", "embedding.weight"}:
            made[name] = torch.cat((value, value), dim=1)
        elif name == "first.weight":  # what comes in has no twins
            made[name] = torch.cat((value, value))
        else:
            share = 0.5 + _SPLIT * torch.randn(2 * value.shape[0], *value.shape[1:], generator=generator)
            twice = torch.cat((value, value))
            made[name] = torch.cat((share * twice, (1 - share) * twice), dim=1)
    for name in ("decoder_norm.weight", "decoder_norm.bias"):  # the scores are sums over twice as many
        made[name] = made[name] / 2
    return Shape(
        shape.vocabulary,
        phones=shape.phones,
        width=2 * shape.width,
        heads=2 * shape.heads,
        encoder_layers=shape.encoder_layers,
        decoder_layers=shape.decoder_layers,
        text_positions=shape.text_positions,
    ), made


def _layer(found: dict[str, Any], its: str, name: str) -> dict[str, Any]:
    matrices = shipped.dense(found, f"{its}/self_attention/linear_0")
    biases = found[f"{its}/self_attention/linear_0/bias"]
    width = len(matrices) // 3
    whole = _norm(found, f"{its}/self_attention/layer_norm", f"{name}.attention_norm")
    for number, part in enumerate(("query", "key", "value")):
        rows = slice(number * width, (number + 1) * width)
        whole[f"{name}.attention.{part}.weight"] = matrices[rows]
        if part != "key":
            whole[f"{name}.attention.{part}.bias"] = biases[rows]
    whole |= _linear(found, f"{its}/self_attention/linear_1", f"{name}.attention.out")
    if f"{its}/attention/layer_norm/gamma" in found:
        whole |= _norm(found, f"{its}/attention/layer_norm", f"{name}.cross_norm")
        whole |= _linear(found, f"{its}/attention/linear_0", f"{name}.cross.query")
        source = shipped.dense(found, f"{its}/attention/linear_1")
        whole[f"{name}.cross.key.weight"], whole[f"{name}.cross.value.weight"] = source[:width], source[width:]
        whole[f"{name}.cross.value.bias"] = found[f"{its}/attention/linear_1/bias"][width:]
        whole |= _linear(found, f"{its}/attention/linear_2", f"{name}.cross.out")
    whole |= _norm(found, f"{its}/ffn/layer_norm", f"{name}.inner_norm")
    return (
        whole
        | _linear(found, f"{its}/ffn/linear_0", f"{name}.inner")
        | _linear(found, f"{its}/ffn/linear_1", f"{name}.outer")
    )


def _padded(rows: Any) -> Any:
    return np.pad(rows, ((0, max(0, TEXT_POSITIONS - len(rows))), (0, 0)))


def _linear(found: dict[str, Any], its: str, name: str) -> dict[str, Any]:
    return {f"{name}.weight": shipped.dense(found, its), f"{name}.bias": found[f"{its}/bias"]}


def _norm(found: dict[str, Any], its: str, name: str) -> dict[str, Any]:
    return {f"{name}.weight": found[f"{its}/gamma"], f"{name}.bias": found[f"{its}/beta"]}


def main() -> int:
    """Unpack."""
    parser = argparse.ArgumentParser(description="Make a build folder of the shipped recogniser.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=starter.recogniser())
    parser.add_argument("--wider", action="store_true", help="Twice as wide as it is.")
    chosen = parser.parse_args()
    shape, known = weights(shipped.arrays_of(chosen.model / "model.bin"))
    if chosen.wider:
        shape, known = wider(shape, known)
    manifest = json.loads((chosen.model / MANIFEST).read_bytes())
    torch.manual_seed(_SEED)
    model = Recogniser(shape)
    heads = {name: value for name, value in model.state_dict().items() if name.startswith(_HEADS)}
    model.load_state_dict(known | heads)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(chosen.model / "tokenizer.json", chosen.folder / "tokenizer.json")
    state = {
        "model": model.state_dict(),
        "phones": {},
        "step": manifest["steps"],
        "heard": manifest["utterances_heard"],
        "age": YOUNG_STEPS,
        "heads_age": 0,
    }
    checkpoint.save(chosen.folder, state)
    parameters = sum(value.numel() for value in known.values())
    sys.stdout.write(f"{chosen.folder}: {shape.width} wide, {parameters:,} values, {manifest['steps']} steps old\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
