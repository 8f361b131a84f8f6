"""Write the trained recogniser as it is shipped: CTranslate2, int8, as faster-whisper loads it. Needs no torch.

PYTHONPATH=daemon:plugins:training/starter python -m recogniser.export BUILD_FOLDER [--to FOLDER]
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import ctranslate2
import msgspec
import numpy as np
from ctranslate2.specs import whisper_spec
from tokenizers import Tokenizer

from homebody import starter
from homebody.voice.audio import RATE_HZ
from recogniser import tokens
from recogniser.sentences import Sentences

HERE: Final = Path(__file__).parent
MANIFEST: Final = "manifest.json"
WORDS: Final = "words.txt"
QUANTIZATION: Final = "int8_float16"  # of the matrices; positions and vectors in 16 bits save a megabyte of nine
TEXT_POSITIONS: Final = 240  # homebody asks for 224 tokens at most (`MAX_TOKENS`), behind a prompt of four
CHUNK_S: Final = 10  # heard at once; longer recordings are cut
Weights = dict[str, Any]


def write_model(weights: Weights, tokenizer: Path, folder: Path, quantization: str | None = QUANTIZATION) -> None:
    """model.bin, config.json, vocabulary.json, tokenizer.json and preprocessor_config.json.

    Args:
        weights: Of weights.npz: parameters by the names they have in model.py, float32, and ``shape``.
        tokenizer: tokenizer.json.
        folder: Where; created, and what is in it replaced.
        quantization: As CTranslate2 calls it; None: float32.
    """
    weights = {name: np.array(array) for name, array in weights.items()}  # `optimize` rounds arrays in place
    shape = json.loads(bytes(weights["shape"]))
    spec = whisper_spec.WhisperSpec(shape["encoder_layers"], shape["heads"], shape["decoder_layers"], shape["heads"])
    encoder, decoder = spec.encoder, spec.decoder
    for layer, name in ((encoder.conv1, "first"), (encoder.conv2, "second")):
        _linear(layer, weights, name)
    encoder.position_encodings.encodings = weights["positions"]
    _norm(encoder.layer_norm, weights, "encoder_norm")
    decoder.embeddings.weight = decoder.projection.weight = weights["embedding.weight"]
    decoder.position_encodings.encodings = weights["text_positions"][:TEXT_POSITIONS]
    _norm(decoder.layer_norm, weights, "decoder_norm")
    for part, name in ((encoder, "encoder"), (decoder, "decoder")):
        for number, layer in enumerate(part.layer):
            _layer(layer, weights, f"{name}.{number}")
    vocabulary = Tokenizer.from_file(str(tokenizer))
    spec.register_vocabulary([vocabulary.id_to_token(number) for number in range(vocabulary.get_vocab_size())])
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []  # the stock ones forbid the answer that nothing was said
    spec.config.lang_ids = [vocabulary.token_to_id(tokens.ENGLISH)]
    spec.config.alignment_heads = [(shape["decoder_layers"] - 1, head) for head in range(shape["heads"])]
    spec.validate()
    spec.optimize(quantization=quantization)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    spec.save(str(folder))
    pieces = json.loads((folder / "vocabulary.json").read_bytes())
    (folder / "vocabulary.json").write_bytes(msgspec.json.encode(pieces))
    (folder / "tokenizer.json").write_bytes(_compact(tokenizer))
    features = {"feature_size": 80, "sampling_rate": RATE_HZ, "hop_length": 160, "chunk_length": CHUNK_S, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features) + "\n", encoding="utf-8")


def _compact(tokenizer: Path) -> bytes:
    """tokenizer.json in little more than half its size: no blanks, and a merge as one text, which is read as well."""
    whole = json.loads(tokenizer.read_bytes())
    merges = whole["model"]["merges"]
    whole["model"]["merges"] = [one if isinstance(one, str) else " ".join(one) for one in merges]
    return msgspec.json.encode(whole)


def write_words(folder: Path, words: Sequence[str]) -> None:
    """words.txt: what it was taught to hear, a word a line."""
    (folder / WORDS).write_text("".join(f"{word}\n" for word in words), encoding="utf-8")


def recipe_revision() -> str:
    """A hash of everything the model was made by: these scripts, the words, the skills' sentences and the pairs."""
    root = HERE.parents[2]
    made_by = [path for path in HERE.rglob("*") if path.suffix in {".py", ".toml"}]
    made_by += [*(root / "plugins").rglob("*.py"), *(HERE.parent / "talker" / "pairs").glob("*.jsonl")]
    whole = hashlib.sha256()
    for path in sorted(made_by):
        whole.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def write_manifest(folder: Path, weights: Weights, tokenizer: Path) -> None:
    """manifest.json: what these files are, and of which recipe."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    vocabulary = Tokenizer.from_file(str(tokenizer))
    manifest = {
        "files": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size_bytes": path.stat().st_size}
            for path in files
        },
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "made_by": "make starter-recogniser",
        "recipe_revision": recipe_revision(),
        "steps": int(weights["step"]),
        "utterances_heard": int(weights["heard"]),
        "parameters": int(sum(array.size for name, array in weights.items() if _is_shipped(name, array))),
        "pieces": vocabulary.token_to_id(tokens.END),
        "licence": "GPL-3.0-or-later",
    }
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def _is_shipped(name: str, array: Any) -> bool:
    return array.dtype == np.float32 and not name.startswith(("phones.", "frames.", "positions"))


def _layer(spec: Any, weights: Weights, name: str) -> None:
    _norm(spec.self_attention.layer_norm, weights, f"{name}.attention_norm")
    query, key, value = (weights[f"{name}.attention.{part}.weight"] for part in ("query", "key", "value"))
    no_bias = np.zeros(len(key), np.float32)
    together = spec.self_attention.linear[0]
    together.weight = np.concatenate((query, key, value))
    together.bias = np.concatenate(
        (weights[f"{name}.attention.query.bias"], no_bias, weights[f"{name}.attention.value.bias"])
    )
    _linear(spec.self_attention.linear[1], weights, f"{name}.attention.out")
    if f"{name}.cross.query.weight" in weights:
        _norm(spec.attention.layer_norm, weights, f"{name}.cross_norm")
        _linear(spec.attention.linear[0], weights, f"{name}.cross.query")
        source = spec.attention.linear[1]
        source.weight = np.concatenate([weights[f"{name}.cross.{part}.weight"] for part in ("key", "value")])
        source.bias = np.concatenate((no_bias, weights[f"{name}.cross.value.bias"]))
        _linear(spec.attention.linear[2], weights, f"{name}.cross.out")
    _norm(spec.ffn.layer_norm, weights, f"{name}.inner_norm")
    _linear(spec.ffn.linear_0, weights, f"{name}.inner")
    _linear(spec.ffn.linear_1, weights, f"{name}.outer")


def _linear(spec: Any, weights: Weights, name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _norm(spec: Any, weights: Weights, name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


def main() -> int:
    """Export."""
    parser = argparse.ArgumentParser(description="Write the recogniser in CTranslate2's format.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, default=starter.recogniser())
    chosen = parser.parse_args()
    with np.load(chosen.folder / "weights.npz") as arrays:
        weights = dict(arrays)
    write_model(weights, chosen.folder / "tokenizer.json", chosen.to)
    write_words(chosen.to, Sentences().vocabulary)
    write_manifest(chosen.to, weights, chosen.folder / "tokenizer.json")
    sys.stdout.write(f"{(chosen.to / MANIFEST).read_text()}made with ctranslate2 {ctranslate2.__version__}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
