"""Whisper's shape: tiny, base and small as OpenAI published them (github.com/openai/whisper, model.py)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import psutil

from homebody.bench.paired import Ratio, ratio
from homebody.bench.shapes import LABEL
from homebody.bench.shapes.folder import made_in_cache
from homebody.errors import ModelFailed
from homebody.ledger import percentile
from homebody.voice.thread_choice import ordered, paying
from homebody.voice.whisper_window import UNPROVEN, WHOLE_WINDOW_S
from homebody.voice.window_calibration import RULES


class Shape(NamedTuple):
    """Width, heads and layers (of the encoder, and as many of the decoder)."""

    width: int
    heads: int
    layers: int


SHAPES: Final = {
    "whisper-tiny": Shape(384, 6, 4),
    "whisper-base": Shape(512, 8, 6),
    "whisper-small": Shape(768, 12, 12),
}
VOCABULARY: Final = 51_865
MELS: Final = 80
FRAMES_PER_S: Final = 100
WINDOWS_S: Final = (5, 10, 30)
TOKENS: Final = 16  # a command; people say about three tokens a second
UTTERANCE_S: Final = 2.0
FORCED: Final = 12  # tokens behind it, whatever the model would have written
FEW: Final = 4  # the least that CTranslate2 can be held to
# All that a rule may give such an utterance, up to that of a model of which nothing is known.
FITTING_S: Final = tuple(sorted({min(UNPROVEN.floor_s, rule.window_s(UTTERANCE_S)) for rule in RULES}))
START: Final = (50_258, 50_259, 50_359, 50_363)  # <|startoftranscript|><|en|><|transcribe|><|notimestamps|>
END: Final = 50_257


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Medians for one window.

    Attributes:
        key: Such as ``10 s``.
        encode_ms: The encoder.
        decode_ms: A command of `TOKENS` tokens, greedy.
    """

    key: str
    encode_ms: float
    decode_ms: float


class Fitting(msgspec.Struct, frozen=True, kw_only=True):
    """An utterance of `UTTERANCE_S` in one of the windows that a model may bear, over the same in faster-whisper's own
    30 s: encoder and exactly `FORCED` tokens, all windows in every round.

    Attributes:
        key: The window, such as ``3 s``.
        wall: Of the times.
        cpu: Of the processor times, which other programs change less.
    """

    key: str
    wall: Ratio
    cpu: Ratio


class AsRun(Fitting, frozen=True, kw_only=True):
    """The same with the threads that homebody would take there, over 30 s with as many as were given: what windows and
    threads come to together.

    Attributes:
        threads: One, or as many as were given: the fewest that pay (`homebody.voice.thread_choice`).
    """

    threads: int


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of such an utterance goes: medians of the same rounds.

    Attributes:
        key: The window, such as ``3 s``.
        encode_ms: The encoder.
        prompt_ms: What comes before the first token: the sound's keys and values for every layer of the decoder, and
            the four tokens that every answer begins with.
        token_ms: Each further token.
    """

    key: str
    encode_ms: float
    prompt_ms: float
    token_ms: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One shape with one number of threads; ``label`` says what it is.

    Attributes:
        fitting: With these threads on both sides.
        as_run: Only with the number that was given.
    """

    shape: str
    label: str
    compute_type: str
    threads: int
    disk_bytes: int
    memory_bytes: int
    load_ms: float
    windows: tuple[Window, ...]
    fitting: tuple[Fitting, ...] = ()
    parts: tuple[Part, ...] = ()
    as_run: tuple[AsRun, ...] = ()


def measure(name: str, *, threads: int, rounds: int, progress: Callable[[str], None]) -> tuple[Measured, ...]:
    """Make the model, measure it as the transcriber runs it (int8, right-sized windows, greedy), remove it. Blocks.

    Returns:
        With so many threads, and with one where that is another number.

    Raises:
        MachineError: There is no room.
    """
    import ctranslate2

    shape = SHAPES[name]
    with made_in_cache(name, 16 * shape.layers * shape.width**2 * 8 + 4 * VOCABULARY * shape.width * 4) as folder:
        progress(f"{name}: making it")
        write(folder, shape)
        disk_bytes = sum(file.stat().st_size for file in folder.iterdir())
        loaded = [_loaded(ctranslate2, folder, number, rounds, progress) for number in dict.fromkeys((threads, 1))]
        progress(f"{name}: {UTTERANCE_S:g} s of speech in windows that fit and in 30 s")
        taken = _taken(ctranslate2, {one.threads: one.model for one in loaded}, rounds)
    both = (*FITTING_S, WHOLE_WINDOW_S)
    return tuple(
        Measured(
            shape=name,
            label=LABEL,
            compute_type="int8",
            threads=one.threads,
            disk_bytes=disk_bytes,
            memory_bytes=one.memory_bytes,
            load_ms=round(one.load_ms, 1),
            windows=one.windows,
            fitting=tuple(_fitting(window_s, one.threads, one.threads, taken) for window_s in FITTING_S),
            parts=tuple(_part(window_s, one.threads, taken) for window_s in both),
            as_run=tuple(_as_run(window_s, threads, taken) for window_s in FITTING_S if one.threads == threads),
        )
        for one in loaded
    )


class _Loaded(NamedTuple):
    """A model with its threads, after its first measurements."""

    model: Any
    threads: int
    memory_bytes: int
    load_ms: float
    windows: tuple[Window, ...]


def _loaded(ctranslate2: Any, folder: Path, threads: int, rounds: int, progress: Callable[[str], None]) -> _Loaded:
    before_bytes, began_s = psutil.Process().memory_info().rss, time.monotonic()
    model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8", intra_threads=threads)
    load_ms = 1000 * (time.monotonic() - began_s)
    windows = []
    for window_s in WINDOWS_S:
        progress(f"threads: {threads}, window of {window_s} s")
        windows.append(_window(ctranslate2, model, window_s, rounds))
    memory_bytes = max(0, psutil.Process().memory_info().rss - before_bytes)
    return _Loaded(model, threads, memory_bytes, load_ms, tuple(windows))


class _Taken(NamedTuple):
    """Seconds: of the clock, of the processor, of the encoder, and of decoding `FEW` tokens once more."""

    wall_s: float
    cpu_s: float
    encode_s: float
    few_s: float


# Of each round, by threads and window.
_Rounds = Sequence[Mapping[tuple[int, float], _Taken]]


def _taken(ctranslate2: Any, models: Mapping[int, Any], rounds: int) -> _Rounds:
    speech = np.random.default_rng(3).standard_normal((1, MELS, round(UTTERANCE_S * FRAMES_PER_S))).astype(np.float32)

    def through(model: Any, seconds: float) -> _Taken:
        sound = np.zeros((1, MELS, round(seconds * FRAMES_PER_S)), np.float32)
        sound[:, :, : speech.shape[2]] = speech
        features = ctranslate2.StorageView.from_array(sound)
        began_s, cpu_s = time.monotonic(), time.process_time()
        encoded = model.encode(features)
        encode_s = time.monotonic() - began_s
        _forced(model, encoded, FORCED)
        wall_s, cpu_s, again_s = time.monotonic() - began_s, time.process_time() - cpu_s, time.monotonic()
        _forced(model, encoded, FEW)
        return _Taken(wall_s, cpu_s, encode_s, time.monotonic() - again_s)

    every = [(threads, window_s) for threads in models for window_s in (*FITTING_S, WHOLE_WINDOW_S)]
    for threads, window_s in every:
        through(models[threads], window_s)  # not counted
    return [{key: through(models[key[0]], key[1]) for key in order} for order in ordered(every, rounds)]


def _fitting(window_s: float, threads: int, whole_threads: int, taken: _Rounds) -> Fitting:
    here, whole = (threads, window_s), (whole_threads, WHOLE_WINDOW_S)
    return Fitting(
        key=f"{window_s:g} s",
        wall=ratio([one[here].wall_s / one[whole].wall_s for one in taken]),
        cpu=ratio([one[here].cpu_s / one[whole].cpu_s for one in taken]),
    )


def _as_run(window_s: float, given: int, taken: _Rounds) -> AsRun:
    numbers = {threads for threads, _ in taken[0]}
    threads = paying({number: percentile([one[number, window_s].wall_s for one in taken], 50) for number in numbers})
    fits = _fitting(window_s, threads, given, taken)
    return AsRun(key=fits.key, wall=fits.wall, cpu=fits.cpu, threads=threads)


def _part(window_s: float, threads: int, taken: _Rounds) -> Part:
    here = [one[threads, window_s] for one in taken]
    encode_ms, few_ms = (1000 * percentile([getattr(one, name) for one in here], 50) for name in ("encode_s", "few_s"))
    decode_ms = 1000 * percentile([one.wall_s - one.encode_s for one in here], 50)
    token_ms = max(0.0, (decode_ms - few_ms) / (FORCED - FEW))
    return Part(
        key=f"{window_s:g} s",
        encode_ms=round(encode_ms, 1),
        prompt_ms=round(max(0.0, few_ms - FEW * token_ms), 1),
        token_ms=round(token_ms, 2),
    )


def _window(ctranslate2: Any, model: Any, window_s: int, rounds: int) -> Window:
    sound = np.random.default_rng(window_s).standard_normal((1, MELS, window_s * FRAMES_PER_S)).astype(np.float32)
    features = ctranslate2.StorageView.from_array(sound)
    encodes, decodes = [], []
    for number in range(rounds + 1):  # the first is not counted
        began_s = time.monotonic()
        encoded = model.encode(features)
        between_s = time.monotonic()
        _forced(model, encoded, TOKENS)
        if number:
            encodes.append(1000 * (between_s - began_s))
            decodes.append(1000 * (time.monotonic() - between_s))
    return Window(
        key=f"{window_s} s", encode_ms=round(percentile(encodes, 50), 1), decode_ms=round(percentile(decodes, 50), 1)
    )


def _forced(model: Any, encoded: Any, tokens: int) -> None:
    """Decode exactly so many tokens, greedily."""
    (result,) = model.generate(
        encoded, [list(START)], beam_size=1, suppress_tokens=[END], suppress_blank=False,
        max_length=max(2 * tokens, len(START) + tokens),  # of which CTranslate2 writes half at most
    )  # fmt: skip
    if (made := len(result.sequences_ids[0])) != tokens:
        raise ModelFailed(f"The recogniser wrote {made} tokens instead of {tokens}.", "Take CTranslate2 4.8.")


def write(folder: Path, shape: Shape) -> None:
    """Write a model of this shape in CTranslate2's format, int8."""
    import ctranslate2.specs

    random = np.random.default_rng(7)
    width = shape.width

    def some(*size: int) -> Any:
        return (random.standard_normal(size, np.float32) * np.float32(0.02)).astype(np.float32)

    def norm(spec: Any) -> None:
        spec.gamma, spec.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def linear(spec: Any, rows: int, columns: int) -> None:
        spec.weight, spec.bias = some(rows, columns), some(rows)

    def attention(spec: Any, *, to_itself: bool) -> None:
        norm(spec.layer_norm)
        sizes = (3, 1) if to_itself else (1, 2, 1)
        for part, size in zip(spec.linear, sizes, strict=True):
            linear(part, size * width, width)

    def layer(spec: Any, *, decoder: bool) -> None:
        attention(spec.self_attention, to_itself=True)
        if decoder:
            attention(spec.attention, to_itself=False)
        norm(spec.ffn.layer_norm)
        linear(spec.ffn.linear_0, 4 * width, width)
        linear(spec.ffn.linear_1, width, 4 * width)

    spec = ctranslate2.specs.WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = some(width, MELS, 3), some(width)
    encoder.conv2.weight, encoder.conv2.bias = some(width, width, 3), some(width)
    encoder.position_encodings.encodings = some(1500, width)
    norm(encoder.layer_norm)
    for one in encoder.layer:
        layer(one, decoder=False)
    decoder.embeddings.weight = some(VOCABULARY, width)
    decoder.position_encodings.encodings = some(448, width)
    norm(decoder.layer_norm)
    decoder.projection.weight = decoder.embeddings.weight
    for one in decoder.layer:
        layer(one, decoder=True)
    spec.register_vocabulary(_vocabulary())
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids, spec.config.alignment_heads = [START[1]], [(shape.layers - 1, 0)]
    spec.validate()
    spec._quantize("int8")  # noqa: SLF001  # `optimize` first compares all weights with one another, which takes minutes
    spec.decoder.projection.weight = "decoder/embeddings/weight"
    spec.decoder.projection.weight_scale = "decoder/embeddings/weight_scale"
    spec.save(str(folder))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS, "chunk_length": 30}))


def _vocabulary() -> list[str]:
    names = [f"t{number}" for number in range(VOCABULARY)]
    known = ("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>")
    for number, name in zip((END, *START), known, strict=True):
        names[number] = name
    return names
