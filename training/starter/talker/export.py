"""Write the trained talker as it is shipped: CTranslate2, int8, with tokenizer and manifest. Needs no torch.

PYTHONPATH=daemon python training/starter/talker/export.py BUILD_FOLDER [--to FOLDER]
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import ctranslate2
import msgspec
import numpy as np
from tokenizers import Tokenizer

import dataset
import prompt
from homebody import starter

HERE: Final = Path(__file__).parent
MANIFEST: Final = "manifest.json"
ROTARY_BASE: Final = 10_000  # this and the next as in model.py, which needs torch
NORM_EPSILON: Final = 1e-6


def write_model(weights: dict[str, Any], tokenizer: Tokenizer, folder: Path) -> None:
    """model.bin, config.json, vocabulary.json, tokenizer.json and tokenizer_config.json.

    Args:
        weights: Of weights.npz: parameters by the names they have in model.py, float32, and ``shape``.
        tokenizer: As trained.
        folder: Where; created, and what is in it replaced.
    """
    shape = json.loads(bytes(weights["shape"]))
    spec = ctranslate2.specs.TransformerDecoderModelSpec.from_config(
        shape["depth"], shape["heads"], activation=ctranslate2.specs.Activation.SWISH, pre_norm=True, ffn_glu=True,
        rms_norm=True, rotary_dim=0, rotary_interleave=False, rotary_base=ROTARY_BASE, num_heads_kv=shape["kv_heads"],
    )  # fmt: skip
    decoder = spec.decoder
    decoder.scale_embeddings = False
    decoder.embeddings.weight = weights["embedding.weight"]
    decoder.projection.weight = weights["projection.weight"]
    decoder.layer_norm.gamma = weights["norm.weight"]
    for number, layer in enumerate(decoder.layer):
        own = {
            name.removeprefix(f"layers.{number}."): array
            for name, array in weights.items()
            if name.startswith(f"layers.{number}.")
        }
        layer.self_attention.layer_norm.gamma = own["attention_norm.weight"]
        layer.self_attention.linear[0].weight = own["queries_keys_values.weight"]
        layer.self_attention.linear[0].bias = own["queries_keys_values.bias"]
        layer.self_attention.linear[1].weight = own["attention_out.weight"]
        layer.ffn.layer_norm.gamma = own["inner_norm.weight"]
        gate, up = np.split(own["gate_up.weight"], 2)
        layer.ffn.linear_0.weight, layer.ffn.linear_0_noact.weight = gate, up
        layer.ffn.linear_1.weight = own["down.weight"]
    spec.register_vocabulary([tokenizer.id_to_token(number) for number in range(tokenizer.get_vocab_size())])
    spec.config.bos_token = spec.config.unk_token = prompt.SPECIAL[0]
    spec.config.eos_token = prompt.END
    spec.config.layer_norm_epsilon = NORM_EPSILON
    spec.validate()
    spec.optimize(quantization="int8")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"chat_template": prompt.CHATML, "eos_token": prompt.END, "model_max_length": 512}) + "\n"
    )


def recipe_revision() -> str:
    """A hash of everything the model was made by: these scripts, the words and the pairs."""
    whole = hashlib.sha256()
    for path in sorted(path for path in HERE.rglob("*") if path.suffix in {".py", ".toml", ".txt", ".jsonl"}):
        whole.update(f"{path.relative_to(HERE)}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def write_manifest(folder: Path, weights: dict[str, Any]) -> None:
    """manifest.json: what these files are, and of which recipe."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    pairs = dataset.read_pairs()
    manifest = {
        "files": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size_bytes": path.stat().st_size}
            for path in files
        },
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "made_by": "make starter-talker",
        "recipe_revision": recipe_revision(),
        "steps": int(weights["step"]),
        "parameters": int(sum(array.size for array in weights.values() if array.dtype == np.float32)),
        "answers": len(pairs),
        "licence": "GPL-3.0-or-later",
    }
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def main() -> int:
    """Export."""
    parser = argparse.ArgumentParser(description="Write the talker in CTranslate2's format.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, default=starter.talker())
    chosen = parser.parse_args()
    with np.load(chosen.folder / "weights.npz") as arrays:
        weights = dict(arrays)
    write_model(weights, Tokenizer.from_file(str(chosen.folder / "tokenizer.json")), chosen.to)
    write_manifest(chosen.to, weights)
    sys.stdout.write((chosen.to / MANIFEST).read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
