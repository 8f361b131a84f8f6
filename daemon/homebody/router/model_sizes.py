"""What a model takes of the memory: its weights, its KV cache, and room to work in. Pure.

::

    need = weights + parallel * num_ctx * KV bytes a token * the cache type's factor + work + vision

The KV cache holds a key and a value for each layer, KV head and dimension, two bytes each as f16; q8_0 stores 32 of
them in 34 bytes, q4_0 in 18 (ggml's block_q8_0 and block_q4_0).
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from homebody.options import ModelOptions, RouterOptions
from homebody.router import prompts

GIB: Final = 2**30
GB: Final = 10**9
KV_FACTORS: Final = {"f16": 1.0, "q8_0": 34 / 64, "q4_0": 18 / 64}
# Bits a weight with its share of scales; q4_K_M as in the files of small models, whose embeddings are stored finer.
BITS_A_WEIGHT: Final = {
    "fp32": 32.0, "f32": 32.0, "fp16": 16.0, "f16": 16.0, "bf16": 16.0, "q8_0": 8.5, "q6_k": 6.6, "q5_k_m": 5.8,
    "q5_0": 5.6, "q4_k_m": 5.1, "q4_k_s": 4.9, "q4_0": 4.8, "q3_k_m": 4.2, "q2_k": 3.4,
}  # fmt: skip
DEFAULT_QUANTIZATION: Final = "q4_K_M"  # of Ollama's tags without one, but for a few
# llama.cpp's compute buffers at its usual batch of 512 (0.25 to 0.5 GiB)
WORK_GIB: Final = 0.3
WORK_LARGE_GIB: Final = 0.5
LARGE_BILLIONS: Final = 4.0
UNKNOWN_BILLIONS: Final = 7.0  # of a model whose name does not say: the usual size of those people download
UNKNOWN_VISION_GIB: Final = 0.5
_VISION_NAMES: Final = re.compile(r"(?:^|[-/])(?:vl|vision|llava|moondream|minicpm-v)|-vl|llava|moondream|vision")


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of known_models.toml; see there."""

    parameters_billions: float
    layers: int
    kv_heads: int
    head_dim: int
    tag: str
    gb: dict[str, float]
    default: str = DEFAULT_QUANTIZATION
    vision_gib: float = 0.0

    @property
    def kv_bytes(self) -> int:
        """KV cache of one token as f16."""
        return 2 * self.layers * self.kv_heads * self.head_dim * 2


class Need(msgspec.Struct, frozen=True):
    """What a model takes, in bytes.

    Attributes:
        weights: Of its file.
        kv: The KV cache of all its contexts.
        work: Buffers, the image encoder's among them.
        guessed: Its name was all there was to go by.
    """

    weights: int
    kv: int
    work: int
    guessed: bool = False

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv + self.work


@functools.cache
def known() -> Mapping[str, Known]:
    """The table, by bare names."""
    text = (Path(__file__).parent / "known_models.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, Known])


@functools.cache
def _by_tag() -> Mapping[str, tuple[str, str]]:
    """Each tag's bare name and quantisation, in lower case."""
    found: dict[str, tuple[str, str]] = {}
    for name, row in known().items():
        for quantization in (*row.gb, *BITS_A_WEIGHT):
            found.setdefault(row.tag.format(quantization).lower(), (name, quantization))
        found[name] = (name, row.default)
    return found


def variants(model: str, quantizations: tuple[str, ...]) -> tuple[str, ...]:
    """The tags a model stands for, in the order of ``quantizations``; itself alone where its name says which, or where
    we do not know it. The quantisation that the bare name is keeps the bare name.
    """
    row = known().get(model)
    if row is None or not quantizations:
        return (model,)
    tags = [
        model if quantization == row.default else row.tag.format(_named(row, quantization))
        for quantization in quantizations
        if _named(row, quantization) in row.gb
    ]
    return tuple(dict.fromkeys(tags)) or (model,)


def family(model: str) -> str:
    """The bare name of a model we know, whichever its quantisation; of another one, its own."""
    return _by_tag().get(model.lower(), (model, ""))[0]


def _named(row: Known, quantization: str) -> str:
    """Half precision is fp16 with some models and bf16 with others."""
    half = {"fp16", "bf16"}
    return next((name for name in row.gb if name in half), quantization) if quantization in half else quantization


def need(options: RouterOptions, model: str, *, file_bytes: int | None = None) -> Need:
    """What a model needs, loaded as the profile says.

    Args:
        options: The profile's ``router``: contexts, KV cache type, and what models are made from.
        model: Its name.
        file_bytes: Its file's size, where the server told it.
    """
    own = options.models.get(model, ModelOptions())
    of = own.base or model
    tokens = options.server.parallel * prompts.num_ctx(options, model)
    factor = KV_FACTORS[options.server.kv_cache_type]
    found = _by_tag().get(of.lower().removesuffix(":latest"))
    if found is None:
        return _guessed(of, tokens, factor, file_bytes, own.quantize)
    name, quantization = found
    row = known()[name]
    return Need(
        weights=file_bytes or weights_bytes(row, own.quantize or quantization),
        kv=math.ceil(tokens * row.kv_bytes * factor),
        work=_work(row.parameters_billions, row.vision_gib),
    )


def weights_bytes(row: Known, quantization: str) -> int:
    """The file of a known model in some quantisation."""
    listed = row.gb.get(quantization)
    bits = BITS_A_WEIGHT.get(quantization.lower(), 16.0)
    return math.ceil(GB * (listed if listed is not None else row.parameters_billions * bits / 8))


def _guessed(model: str, tokens: int, factor: float, file_bytes: int | None, quantize: str) -> Need:
    """From the name alone, on the safe side: 64 KiB of KV cache a token at a billion parameters, growing with their
    root (Llama 3.2 3B has 112 KiB of 113, Llama 3.1 8B 128 of 185, Qwen2.5 14B 192 of 245, all as f16)."""
    named = prompts.parameters_billions(model)
    billions = min(named if named is not None else UNKNOWN_BILLIONS, 1000.0)
    lower = model.lower()
    quantization = quantize.lower() or next(
        (q for q in BITS_A_WEIGHT if lower.endswith(q)), DEFAULT_QUANTIZATION.lower()
    )
    weights = file_bytes or math.ceil(GB * billions * BITS_A_WEIGHT[quantization] / 8)
    kv_bytes = 64 * 1024 * math.sqrt(max(billions, 1.0))
    vision_gib = UNKNOWN_VISION_GIB if _VISION_NAMES.search(lower) else 0.0
    return Need(weights, math.ceil(tokens * kv_bytes * factor), _work(billions, vision_gib), guessed=True)


def _work(billions: float, vision_gib: float) -> int:
    return math.ceil(GIB * ((WORK_GIB if billions < LARGE_BILLIONS else WORK_LARGE_GIB) + vision_gib))


def expanded(options: RouterOptions) -> RouterOptions:
    """The profile with each model that names no quantisation replaced by those it stands for, in all ladders.

    ``router.text.model`` keeps its name: it is the last rung of every ladder; its variants go in front of it.
    """
    quantizations = options.memory.quantizations
    if not quantizations:
        return options
    changed: dict[str, Any] = {}
    for field in msgspec.structs.fields(options.purposes):
        purpose = getattr(options.purposes, field.name)
        text = () if field.name.startswith("image_") else (options.text.model,)
        rungs = (tag for model in (*purpose.models, *text) for tag in variants(model, quantizations))
        changed[field.name] = msgspec.structs.replace(purpose, models=tuple(dict.fromkeys(rungs)))
    # What is set for a bare name holds for its variants, but where they have settings of their own.
    models = dict(options.models)
    for model, own in options.models.items():
        for tag in variants(model, quantizations):
            models.setdefault(tag, own)
    return msgspec.structs.replace(
        options, purposes=msgspec.structs.replace(options.purposes, **changed), models=models
    )
