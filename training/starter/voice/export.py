"""Write the trained voice as it is shipped: an ONNX file as Piper loads it, with its description. Needs no torch.

PYTHONPATH=daemon:plugins:training/starter python -m voice.export BUILD_FOLDER [--to FOLDER]
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

import msgspec
import numpy as np
import onnx
from onnx import TensorProto
from piper.const import EOS
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from homebody import starter
from recogniser.sentences import PAIRS, ROOT
from voice import vocoder
from voice.corpus import LANGUAGE
from voice.frames import BANDS, HOP, PITCH, RATE_HZ, VOICED
from voice.graph import Graph, Value, Weights

HERE: Final = Path(__file__).parent
MANIFEST: Final = "manifest.json"
MODEL: Final = "starter.onnx"
LICENCES: Final = ("NOTICE.md", "COPYRIGHT.flite.txt")
SYMBOLS: Final = 256  # that a description may name
USUAL_NOISE: Final = 0.667  # Piper's; heard as analysed
SHORTEST: Final = 1.2  # frames of a sound, so that none is lost
LONGEST: Final = 60.0
CERTAIN: Final = 2.0  # by which a guess of voicing is sharpened
# Phonemes that take no time of their own: stress, length and other marks, spaces, what is not spoken.
_MARKS: Final = frozenset("ˈˌːˑ̩̯̪̃ʲʰ˞̧̝̺̻̊ʷ '-()\"_#0123456789" + EOS)


def description() -> dict[str, Any]:
    """starter.onnx.json, as Piper 1.8 reads it."""
    return {
        "audio": {"sample_rate": RATE_HZ, "quality": "low"},
        "espeak": {"voice": LANGUAGE},
        "language": {"code": "en_US"},
        "phoneme_type": "espeak",
        "num_symbols": SYMBOLS,
        "num_speakers": 1,
        "speaker_id_map": {},
        "inference": {"noise_scale": USUAL_NOISE, "length_scale": 1.0, "noise_w": 0.8},
        "phoneme_id_map": {name: ids for name, ids in DEFAULT_PHONEME_ID_MAP.items() if len(name) == 1},
        "hop_length": HOP,
        "piper_version": "1.8.0",
    }


def model(weights: Weights) -> onnx.ModelProto:
    """Piper's voice: ``input`` (int64, 1 x N), ``input_lengths`` (int64, 1) and ``scales`` (float32: noise, length, and
    one that is not used) become ``output`` (samples, 1 x 1 x 1 x M) and ``w_ceil`` (frames of each id, 1 x 1 x N).

    Args:
        weights: Of weights.npz: parameters by the names they have in model.py, ``mean`` and ``scale``.
    """
    graph = Graph("starter_voice")
    given = graph.input("input", TensorProto.INT64, ["batch", "phonemes"])
    lengths = graph.input("input_lengths", TensorProto.INT64, ["batch"])
    scales = graph.input("scales", TensorProto.FLOAT, [3])
    hiss = graph.clip(graph.div(graph.cut(scales, 0, 1), graph.real(USUAL_NOISE)), 0, 2)
    slower = graph.clip(graph.cut(scales, 1, 2), 0.2, 5)

    end = graph.shaped(graph.op("ReduceMax", lengths, keepdims=0), [1])
    padded = graph.shaped(graph.op("Slice", given, graph.whole([0]), end, graph.whole([1])), [-1])
    padded = graph.op("Clip", padded, graph.whole(0), graph.whole(SYMBOLS - 1))
    is_symbol = graph.op("Not", graph.op("Equal", padded, graph.whole(0)))
    ids = graph.op("Compress", padded, is_symbol, axis=0)
    ids = graph.op("Min", ids, graph.whole(len(weights["embedding.weight"]) - 1))

    known = graph.linear(graph.op("Gather", graph.half(weights["embedding.weight"]), ids), weights, "entry")
    for number in range(_blocks(weights, "before")):
        known = graph.block(known, weights, f"before.{number}")
    widths = _widths(graph, known, ids, slower, weights)
    frames = graph.regulated(widths)
    made = graph.add(
        graph.op("Gather", known, frames.symbol), graph.linear(graph.places(widths, frames, slower), weights, "place")
    )
    for number in range(_blocks(weights, "after")):
        made = graph.block(made, weights, f"after.{number}")
    made = graph.linear(made, weights, "frames")

    mean, scale = weights["mean"], weights["scale"]
    bands = graph.add(graph.mul(graph.cut(made, 0, BANDS, 1), graph.real(scale[:BANDS])), graph.real(mean[:BANDS]))
    voiced = graph.op("Sigmoid", graph.mul(graph.shaped(graph.cut(made, VOICED, PITCH, 1), [-1]), graph.real(CERTAIN)))
    pitch = graph.shaped(graph.cut(made, PITCH, PITCH + 1, 1), [-1])
    pitch = graph.op("Exp", graph.add(graph.mul(pitch, graph.real(scale[PITCH])), graph.real(mean[PITCH])))
    noises = graph.clip(graph.cut(made, BANDS, VOICED, 1), 0, 1)
    samples = vocoder.sound(graph, bands, noises, voiced, pitch, frames.length, hiss)
    graph.output("output", graph.shaped(samples, [1, 1, 1, -1]), TensorProto.FLOAT, ["batch", 1, "c", "time"])
    graph.output("w_ceil", _with_padding(graph, widths, is_symbol), TensorProto.FLOAT, ["batch", 1, "phonemes"])
    return graph.model()


def _blocks(weights: Weights, name: str) -> int:
    return sum(key.startswith(f"{name}.") and key.endswith(".norm.bias") for key in weights)


def _widths(graph: Graph, known: Value, ids: Value, slower: Value, weights: Weights) -> Value:
    """Frames of each symbol, rounded: int64, N."""
    logarithm = graph.shaped(graph.linear(graph.block(known, weights, "timing"), weights, "widths"), [-1])
    usual = graph.sub(graph.op("Exp", graph.op("Min", logarithm, graph.real(5))), graph.real(1))
    takes_time = np.zeros(SYMBOLS)
    takes_time[[ids[0] for name, ids in DEFAULT_PHONEME_ID_MAP.items() if len(name) == 1 and name not in _MARKS]] = 1
    usual = graph.mul(graph.clip(usual, SHORTEST, LONGEST), graph.op("Gather", graph.real(takes_time), ids))
    return graph.as_whole(graph.op("Floor", graph.add(graph.mul(usual, slower), graph.real(0.5))))


def _with_padding(graph: Graph, widths: Value, is_symbol: Value) -> Value:
    """The widths in the places of the ids that were given, 0 for padding."""
    number = graph.running(graph.as_whole(is_symbol))
    spread = graph.op("Gather", graph.join(graph.real([0]), graph.as_real(widths), axis=0), number)
    return graph.shaped(graph.mul(spread, graph.as_real(is_symbol)), [1, 1, -1])


def write_model(weights: Weights, folder: Path) -> None:
    """starter.onnx, starter.onnx.json and the notices that travel with them."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{MODEL}.new"
    onnx.save(model(weights), new)
    new.replace(folder / MODEL)
    text = json.dumps(description(), ensure_ascii=False, indent=1)
    (folder / f"{MODEL}.json").write_text(text, encoding="utf-8")
    for name in LICENCES:
        if folder.resolve() != starter.voice().parent.resolve():
            shutil.copy(starter.voice().parent / name, folder / name)


def recipe_revision() -> str:
    """A hash of everything the voice was made by: these scripts, the words, the skills' replies and the pairs."""
    made_by = [path for path in HERE.rglob("*") if path.suffix in {".py", ".toml"}]
    made_by += [HERE.parent / "recogniser" / name for name in ("sentences.py", "spelling.py", "words.toml")]
    made_by += [*(ROOT / "plugins").rglob("*.py"), *PAIRS.glob("*.jsonl")]
    whole = hashlib.sha256()
    for path in sorted(made_by):
        whole.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def write_manifest(folder: Path, made: dict[str, Any]) -> None:
    """manifest.json: what these files are, and of which recipe."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
    manifest = {
        "files": {
            path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size_bytes": path.stat().st_size}
            for path in files
        },
        **made,
        "licence": "GPL-3.0-or-later; NOTICE.md, COPYRIGHT.flite.txt",
    }
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")


def made_of(weights: Weights) -> dict[str, Any]:
    """What the manifest says of how it was made."""
    trained = sum(array.size for name, array in weights.items() if name.endswith((".weight", ".bias")))
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "made_by": "make starter-voice",
        "recipe_revision": recipe_revision(),
        "steps": int(weights["step"]),
        "sentences": int(weights["sentences"]),
        "minutes_of_speech": round(float(weights["minutes"]), 1),
        "parameters": int(trained),
    }


def main() -> int:
    """Export."""
    parser = argparse.ArgumentParser(description="Write the voice in Piper's format.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, default=starter.voice().parent)
    chosen = parser.parse_args()
    with np.load(chosen.folder / "weights.npz") as arrays:
        weights = dict(arrays)
    write_model(weights, chosen.to)
    write_manifest(chosen.to, made_of(weights))
    sys.stdout.write((chosen.to / MANIFEST).read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
