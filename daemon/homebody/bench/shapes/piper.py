"""Piper's shape, quality medium, as its trainer sets it (OHF-Voice/piper1-gpl, src/piper/train): VITS, Kim et al. 2021.

A text encoder of 6 layers of 192, four coupling layers of a flow, and a HiFi-GAN generator (V2 blocks) up to 22,050 Hz.
Left out: the stochastic duration predictor (each phoneme lasts the same) and relative positions, both small beside the
generator. Needs the package onnx to write the file.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from homebody import starter
from homebody.bench.shapes import LABEL
from homebody.bench.shapes.folder import made_in_cache
from homebody.errors import MissingPart
from homebody.ledger import percentile
from homebody.options import SynthesizerOptions
from homebody.voice.synthesizer import PiperSynthesizer

RATE_HZ: Final = 22_050
SYMBOLS: Final = 256
WIDTH: Final = 192
INNER: Final = 768
HEADS: Final = 2
LAYERS: Final = 6
COUPLINGS: Final = 4
WAVENET_LAYERS: Final = 4
UPSAMPLED: Final = ((8, 16), (8, 16), (4, 8))  # rate and kernel
CHANNELS: Final = 256
BLOCKS: Final = ((3, (1, 2)), (5, (2, 6)), (7, (3, 12)))  # kernel and dilations
FRAMES_A_SYMBOL: Final = 3  # of 256 samples: with the pads between phonemes about 14 phonemes a second, as people speak
LONG: Final = (
    "Owls can turn their heads by two hundred and seventy degrees, since their eyes are fixed in their skulls and see "
    "straight ahead, and since their necks have twice as many bones as ours."
)
TEXTS: Final = (
    ("short", "It is ten past four."),
    ("medium", "Your timer for the noodles has eight minutes left, and it is raining outside."),
    ("long", LONG),
)


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """Medians for one text; ``real_time``: computing as a share of what sounds."""

    key: str
    first_sound_ms: float
    sound_ms: float
    real_time: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The shape; ``label`` says what it is."""

    shape: str
    label: str
    threads: int
    parameters: int
    disk_bytes: int
    load_ms: float
    sentences: tuple[Sentence, ...]


async def measure(*, threads: int, rounds: int, progress: Callable[[str], None]) -> Measured:
    """Make the voice, measure it through our synthesizer, remove it.

    Raises:
        MissingPart: onnx is not installed.
        MachineError: There is no room.
    """
    with made_in_cache("piper-medium", 200_000_000) as folder:
        progress("piper-medium: making it")
        path = folder / "shape.onnx"
        parameters = await asyncio.to_thread(write, path)
        synthesizer = PiperSynthesizer(SynthesizerOptions(voice=str(path), threads=threads))
        async with aclosing(synthesizer):
            began_s = time.monotonic()
            await synthesizer.load()
            load_ms = 1000 * (time.monotonic() - began_s)
            sentences = []
            for name, text in TEXTS:
                progress(f"piper-medium: {name} sentence")
                sentences.append(await _sentence(synthesizer, name, text, rounds))
        return Measured(
            shape="piper-medium",
            label=LABEL,
            threads=threads,
            parameters=parameters,
            disk_bytes=path.stat().st_size,
            load_ms=round(load_ms, 1),
            sentences=tuple(sentences),
        )


async def _sentence(synthesizer: PiperSynthesizer, name: str, text: str, rounds: int) -> Sentence:
    firsts, wholes, sounds = [], [], []
    for _ in range(rounds):
        began_s, first_ms, sound_ms = time.monotonic(), 0.0, 0.0
        async with aclosing(synthesizer.synthesize(text)) as parts:
            async for part in parts:
                first_ms = first_ms or 1000 * (time.monotonic() - began_s)
                sound_ms += part.duration_ms
        firsts.append(first_ms)
        wholes.append(1000 * (time.monotonic() - began_s))
        sounds.append(sound_ms)
    sound_ms = percentile(sounds, 50)
    return Sentence(
        key=name,
        first_sound_ms=round(percentile(firsts, 50), 1),
        sound_ms=round(sound_ms, 1),
        real_time=round(percentile(wholes, 50) / sound_ms, 3),
    )


def write(path: Path) -> int:
    """Write the voice and its ``.json`` beside it; returns how many weights it has.

    Raises:
        MissingPart: onnx is not installed.
    """
    graph = _Graph()
    ids = "input"
    x = graph.add("Gather", graph.weight(SYMBOLS, WIDTH), ids)  # [1, time, width]
    x = graph.add("Mul", x, graph.constant(math.sqrt(WIDTH)))
    for _ in range(LAYERS):
        x = _encoder_layer(graph, x)
    x = graph.add("Transpose", x, perm=[0, 2, 1])  # [1, width, time]
    x, _ = graph.split(graph.conv(x, WIDTH, 2 * WIDTH, 1), 2)
    x = _stretched(graph, x)
    for _ in range(COUPLINGS):
        x = _coupling(graph, x)
    sound = _generator(graph, x)
    graph.save(path, graph.add("Unsqueeze", sound, graph.integers(1)))
    own = json.loads(starter.voice().with_name(starter.voice().name + ".json").read_bytes())
    own["audio"] = {"sample_rate": RATE_HZ, "quality": "medium"}
    own["hop_length"] = math.prod(rate for rate, _ in UPSAMPLED)
    path.with_name(path.name + ".json").write_text(json.dumps(own), encoding="utf-8")
    return graph.parameters


class _Graph:
    """An ONNX graph in the making. Names are numbers; whatever adds a node returns the name of its output."""

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise MissingPart("The package onnx is not installed.", "Run: pip install onnx") from error
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._weights: list[Any] = []
        self._random = np.random.default_rng(7)
        self.parameters = 0

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"n{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def split(self, x: str, parts: int) -> list[str]:
        outputs = [f"n{len(self._nodes)}_{part}" for part in range(parts)]
        self._nodes.append(self._onnx.helper.make_node("Split", [x], outputs, axis=1, num_outputs=parts))
        return outputs

    def weight(self, *shape: int) -> str:
        """Random, so scaled that signals neither grow nor vanish."""
        fan_in = math.prod(shape[1:]) or 1
        self.parameters += math.prod(shape)
        return self._held(self._random.standard_normal(shape, np.float32) * np.float32(1 / math.sqrt(fan_in)))

    def constant(self, value: float) -> str:
        return self._held(np.asarray(value, np.float32))

    def integers(self, *values: int) -> str:
        return self._held(np.asarray(values, np.int64))

    def _held(self, value: Any) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(self._onnx.numpy_helper.from_array(value, name))
        return name

    def conv(self, x: str, channels: int, to: int, kernel: int, dilation: int = 1) -> str:
        pad = dilation * (kernel - 1) // 2
        return self.add(
            "Conv", x, self.weight(to, channels, kernel), self.weight(to), pads=[pad, pad], dilations=[dilation]
        )

    def save(self, path: Path, output: str) -> None:
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        inputs = [
            helper.make_tensor_value_info("input", kinds.INT64, [1, "time"]),
            helper.make_tensor_value_info("input_lengths", kinds.INT64, [1]),
            helper.make_tensor_value_info("scales", kinds.FLOAT, [3]),
        ]
        outputs = [helper.make_tensor_value_info(output, kinds.FLOAT, [1, 1, 1, "samples"])]
        graph = helper.make_graph(self._nodes, "shape", inputs, outputs, self._weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
        self._onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString())


def _encoder_layer(graph: _Graph, x: str) -> str:
    def heads(of: str) -> str:
        split = graph.add("Reshape", graph.add("MatMul", of, graph.weight(WIDTH, WIDTH)), shape)
        return graph.add("Transpose", split, perm=[0, 2, 1, 3])  # [1, heads, time, width of a head]

    shape = graph.integers(1, -1, HEADS, WIDTH // HEADS)
    keys = graph.add("Transpose", heads(x), perm=[0, 1, 3, 2])
    scores = graph.add("MatMul", heads(x), keys)
    scores = graph.add("Mul", scores, graph.constant(1 / math.sqrt(WIDTH // HEADS)))
    mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), heads(x))
    joined = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), graph.integers(1, -1, WIDTH))
    x = _normed(graph, graph.add("Add", x, graph.add("MatMul", joined, graph.weight(WIDTH, WIDTH))))
    y = graph.add("Transpose", x, perm=[0, 2, 1])
    y = graph.conv(graph.add("Relu", graph.conv(y, WIDTH, INNER, 3)), INNER, WIDTH, 3)
    return _normed(graph, graph.add("Add", x, graph.add("Transpose", y, perm=[0, 2, 1])))


def _normed(graph: _Graph, x: str) -> str:
    return graph.add("LayerNormalization", x, graph.weight(WIDTH), graph.weight(WIDTH), axis=-1)


def _stretched(graph: _Graph, x: str) -> str:
    """Each symbol for so many frames."""
    each = graph.add("Unsqueeze", x, graph.integers(3))  # [1, width, time, 1]
    many = graph.add("Expand", each, graph.integers(1, WIDTH, 1, FRAMES_A_SYMBOL))
    return graph.add("Reshape", many, graph.integers(1, WIDTH, -1))


def _coupling(graph: _Graph, x: str) -> str:
    """One half moves the other, by a WaveNet; then they change places."""
    half = WIDTH // 2
    first, second = graph.split(x, 2)
    h, skipped = graph.conv(first, half, WIDTH, 1), ""
    for layer in range(WAVENET_LAYERS):
        left, right = graph.split(graph.conv(h, WIDTH, 2 * WIDTH, 5), 2)
        gated = graph.add("Mul", graph.add("Tanh", left), graph.add("Sigmoid", right))
        if layer < WAVENET_LAYERS - 1:
            rest, skip = graph.split(graph.conv(gated, WIDTH, 2 * WIDTH, 1), 2)
            h = graph.add("Add", h, rest)
        else:
            skip = graph.conv(gated, WIDTH, WIDTH, 1)
        skipped = graph.add("Add", skipped, skip) if skipped else skip
    moved = graph.add("Sub", second, graph.conv(skipped, WIDTH, half, 1))
    return graph.add("Concat", moved, first, axis=1)


def _generator(graph: _Graph, x: str) -> str:
    channels = CHANNELS
    x = graph.conv(x, WIDTH, channels, 7)
    for rate, kernel in UPSAMPLED:
        pad = (kernel - rate) // 2
        x = graph.add(
            "ConvTranspose", graph.add("LeakyRelu", x, alpha=0.1), graph.weight(channels, channels // 2, kernel),
            graph.weight(channels // 2), strides=[rate], pads=[pad, pad],
        )  # fmt: skip
        channels //= 2
        x = graph.add("Mul", graph.add("Sum", *(_block(graph, x, channels, *b) for b in BLOCKS)), graph.constant(1 / 3))
    return graph.add("Tanh", graph.conv(graph.add("LeakyRelu", x, alpha=0.01), channels, 1, 7))


def _block(graph: _Graph, x: str, channels: int, kernel: int, dilations: tuple[int, ...]) -> str:
    for dilation in dilations:
        x = graph.add("Add", x, graph.conv(graph.add("LeakyRelu", x, alpha=0.1), channels, channels, kernel, dilation))
    return x
