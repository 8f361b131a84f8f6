"""The starter voice's graph: its parts do what numpy does, its pulses have their pitch, Piper speaks with it."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto
from piper import PiperVoice

from voice import export, vocoder
from voice.frames import BANDS, HOP, NOISES, PLACES, RATE_HZ, WIDTH, bands, interpolation, noise_bins, places
from voice.graph import Graph

pytestmark = pytest.mark.lengthy

Run = Callable[..., list[np.ndarray]]


def session(graph: Graph) -> Run:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    loaded = onnxruntime.InferenceSession(
        graph.model().SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda **given: loaded.run(None, given)


@functools.cache
def regulator() -> Run:
    """Widths in; symbols, frames since their beginning, and places out."""
    graph = Graph("regulator")
    widths = graph.input("widths", TensorProto.INT64, ["n"])
    frames = graph.regulated(widths)
    graph.output("symbol", frames.symbol, TensorProto.INT64, ["t"])
    graph.output("since", frames.since, TensorProto.FLOAT, ["t"])
    graph.output("places", graph.places(widths, frames, graph.real([1])), TensorProto.FLOAT, ["t", PLACES])
    return session(graph)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12).filter(any))
def test_symbols_are_repeated_as_long_as_they_last(widths: list[int]):
    symbol, since, place = regulator()(widths=np.array(widths))
    wanted, places_wanted = places(np.array(widths))
    assert len(symbol) == sum(widths) + 1, "one frame more, so that nothing is empty"
    assert symbol[:-1].tolist() == wanted.tolist()
    assert since[:-1].tolist() == [at for width in widths for at in range(width)]
    assert np.allclose(place[:-1], places_wanted, atol=1e-6)


def test_nothing_to_say_is_one_frame():
    symbol, _, place = regulator()(widths=np.zeros(3, np.int64))
    assert len(symbol) == 1
    assert np.isfinite(place).all()


def test_a_block_is_a_convolution_a_norm_and_two_layers_around_which_the_input_passes():
    rng, width = np.random.default_rng(1), 6
    weights = {
        "b.mix.weight": rng.normal(size=(width, 1, 3)), "b.mix.bias": rng.normal(size=width),
        "b.norm.weight": rng.normal(size=width), "b.norm.bias": rng.normal(size=width),
        "b.inner.weight": rng.normal(size=(2 * width, width)), "b.inner.bias": rng.normal(size=2 * width),
        "b.outer.weight": rng.normal(size=(width, 2 * width)), "b.outer.bias": rng.normal(size=width),
    }  # fmt: skip
    weights = {name: array.astype(np.float16).astype(np.float32) for name, array in weights.items()}
    graph = Graph("block")
    graph.output(
        "y", graph.block(graph.input("x", TensorProto.FLOAT, ["t", width]), weights, "b"), TensorProto.FLOAT,
        ["t", width],
    )  # fmt: skip
    x = rng.normal(size=(5, width)).astype(np.float32)
    padded = np.pad(x, ((1, 1), (0, 0)))
    y = sum(padded[at : at + 5] * weights["b.mix.weight"][:, 0, at] for at in range(3)) + weights["b.mix.bias"]
    y = (y - y.mean(1, keepdims=True)) / np.sqrt(y.var(1, keepdims=True) + 1e-5)
    y = y * weights["b.norm.weight"] + weights["b.norm.bias"]
    y = np.maximum(y @ weights["b.inner.weight"].T + weights["b.inner.bias"], 0)
    wanted = x + y @ weights["b.outer.weight"].T + weights["b.outer.bias"]
    assert np.allclose(session(graph)(x=x)[0], wanted, atol=1e-4)


def test_bands_of_a_smooth_spectrum_give_it_back():
    bins = 257
    spectrum = np.cos(np.linspace(0, 3, bins))
    assert np.allclose(interpolation(bins).sum(1), 1)
    assert np.abs(spectrum @ bands(bins) @ interpolation(bins).T - spectrum).max() < 0.01
    assert np.array_equal(noise_bins(bins).sum(0), np.ones(bins)), "each bin in one band of aperiodicity"


@functools.cache
def player() -> Run:
    """Frames in, samples out."""
    graph = Graph("player")
    given = [
        graph.input(name, TensorProto.FLOAT, shape)
        for name, shape in (("bands", ["t", BANDS]), ("noises", ["t", NOISES]), ("voiced", ["t"]), ("hz", ["t"]))
    ]
    length = graph.op("Shape", given[-1])
    samples = vocoder.sound(graph, *given, length, graph.input("hiss", TensorProto.FLOAT, [1]))
    graph.output("samples", samples, TensorProto.FLOAT, ["n"])
    return session(graph)


def played(hz: float, *, voiced: float = 1.0, noise: float = 0.0, frames: int = 60, hiss: float = 1.0) -> np.ndarray:
    """A steady sound, its onset left out."""
    (samples,) = player()(
        bands=np.full((frames, BANDS), -3, np.float32), noises=np.full((frames, NOISES), noise, np.float32),
        voiced=np.full(frames, voiced, np.float32), hz=np.full(frames, hz, np.float32),
        hiss=np.array([hiss], np.float32),
    )  # fmt: skip
    assert len(samples) == frames * HOP
    return samples[4 * HOP :]


def likeness(samples: np.ndarray, lag: int) -> float:
    """Correlation of a sound with itself, later."""
    return float(np.corrcoef(samples[lag:], samples[:-lag])[0, 1])


@pytest.mark.parametrize("hz", [80.0, 125.0, 200.0, 320.0])
def test_a_voiced_sound_repeats_itself_at_its_pitch_and_not_before(hz: float):
    samples = played(hz)
    period = round(RATE_HZ / hz)
    assert likeness(samples, period) > 0.9
    assert max(likeness(samples, lag) for lag in range(period // 4, 3 * period // 4)) < 0.3
    assert abs(samples.mean()) < 0.02 * samples.std(), "no constant part"


def test_pitch_does_not_drift_in_a_long_sound():
    samples = played(100.0, frames=4000)
    period = RATE_HZ // 100
    assert np.corrcoef(samples[:period], samples[-period - 4 * HOP % period :][:period])[0, 1] > -1
    spectrum = np.abs(np.fft.rfft(samples[-RATE_HZ:]))
    assert np.argmax(spectrum[50:150]) + 50 == 100


def test_an_unvoiced_sound_does_not_repeat_itself_and_is_about_as_loud():
    samples = played(125.0, voiced=0.0)
    assert max(abs(likeness(samples, lag)) for lag in range(40, 300)) < 0.2
    assert samples.std() == pytest.approx(played(125.0).std(), rel=0.3)
    assert np.abs(played(125.0, voiced=0.0, hiss=0.0)).max() < 1e-6


def test_the_filter_makes_some_frequencies_louder():
    frames = 60
    loud = np.full((frames, BANDS), -6, np.float32)
    loud[:, 30] = -2
    at_hz = np.linspace(0, RATE_HZ / 2, 257)[np.argmax(interpolation(257)[:, 30])]
    (samples,) = player()(
        bands=loud, noises=np.zeros((frames, NOISES), np.float32), voiced=np.zeros(frames, np.float32),
        hz=np.full(frames, 100, np.float32), hiss=np.ones(1, np.float32),
    )  # fmt: skip
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    peak_hz = np.argmax(np.convolve(spectrum, np.ones(50), "same")) * RATE_HZ / len(samples)
    assert peak_hz == pytest.approx(at_hz, rel=0.1)


def random_weights(width: int = 8) -> dict[str, Any]:
    """Of the smallest model."""
    rng = np.random.default_rng(0)
    layers = {"entry": (width, 4), "widths": (1, width), "place": (width, PLACES), "frames": (WIDTH, width)}
    kernels = {"before.0": 7, "timing": 5, "after.0": 7}
    for block in kernels:
        layers |= {f"{block}.inner": (2 * width, width), f"{block}.outer": (width, 2 * width)}
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (166, 4)}
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for block, kernel in kernels.items():
        shapes |= {f"{block}.mix.weight": (width, 1, kernel), f"{block}.mix.bias": (width,)}
        shapes |= {f"{block}.norm.weight": (width,), f"{block}.norm.bias": (width,)}
    weights: dict[str, Any] = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}
    weights["widths.bias"] += np.float32(np.log1p(10))
    mean, scale = np.full(WIDTH, -3, np.float32), np.ones(WIDTH, np.float32)
    mean[-1], scale[-1] = np.log(120), 0.1
    return weights | {
        "mean": mean, "scale": scale, "step": np.array(3), "sentences": np.array(9), "minutes": np.array(0.5)
    }  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voice")
    export.write_model(random_weights(), folder)
    export.write_manifest(folder, export.made_of(random_weights()))
    return folder


def test_an_exported_voice_is_one_that_piper_speaks_with(written: Path):
    voice = PiperVoice.load(written / export.MODEL)
    (chunk,) = voice.synthesize("Good morning.")
    (again,) = voice.synthesize("Good morning.")
    assert chunk.audio_float_array.tobytes() == again.audio_float_array.tobytes()
    assert 0.5 < len(chunk.audio_float_array) / chunk.sample_rate < 2
    assert chunk.audio_float_array.std() > 0.01


def test_each_id_is_given_its_frames_and_padding_none_and_slower_speech_more(written: Path):
    voice = PiperVoice.load(written / export.MODEL)
    ids = voice.phonemes_to_ids(voice.phonemize("Hello, Anna!")[0])
    given = {"input": np.array([ids]), "input_lengths": np.array([len(ids)])}
    usual, slow = (
        voice.session.run(None, given | {"scales": np.array([0.667, length, 0.8], np.float32)}) for length in (1.0, 2.0)
    )
    assert usual[1].shape == (1, 1, len(ids))
    frames = dict(zip(ids, usual[1].ravel(), strict=True))
    assert frames[0] == 0
    assert frames[voice.config.phoneme_id_map["ˈ"][0]] == 0
    assert frames[voice.config.phoneme_id_map["n"][0]] > 0
    assert usual[0].size == (usual[1].sum() + 1) * HOP
    assert slow[0].size == pytest.approx(2 * usual[0].size, rel=0.1)


def test_the_manifest_describes_what_was_written(written: Path):
    manifest = json.loads((written / export.MANIFEST).read_text())
    assert set(manifest["files"]) == {export.MODEL, f"{export.MODEL}.json", *export.LICENCES}
    for name, said in manifest["files"].items():
        assert hashlib.sha256((written / name).read_bytes()).hexdigest() == said["sha256"]
    assert (manifest["steps"], manifest["sentences"]) == (3, 9)
    assert manifest["recipe_revision"] == export.recipe_revision()
