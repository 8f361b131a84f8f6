"""What training learns is what the graph speaks. Needs torch: run in the training environment."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto

from voice.corpus import Utterance, read, without_silence, write
from voice.frames import BANDS, PITCH, PLACES, RATE_HZ, VOICED, WIDTH
from voice.graph import Graph

pytestmark = pytest.mark.lengthy

torch = pytest.importorskip("torch")
torch.set_num_threads(1)  # more of them stall on a machine that has other work


def utterances(count: int) -> list[Utterance]:
    rng = np.random.default_rng(3)
    made = []
    for number in range(count):
        widths = rng.integers(0, 6, 9)
        widths[4] += 1
        frames = rng.normal(size=(widths.sum(), WIDTH)).astype(np.float32)
        frames[:, VOICED] = frames[:, VOICED] > 0
        made.append(Utterance(f"Number {number}.", rng.integers(1, 160, 9), widths, frames))
    return made


def test_voice_model_and_graph_know_the_same():
    from voice.model import Shape, Voice

    torch.manual_seed(0)
    model = Voice(Shape(width=16, embedding=8, before=1, after=1)).eval()
    with torch.no_grad():  # as they are stored
        for value in model.parameters():
            value.copy_(value.half().float())
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    graph = Graph("network")
    ids = graph.input("ids", TensorProto.INT64, ["n"])
    symbol = graph.input("symbol", TensorProto.INT64, ["t"])
    places = graph.input("places", TensorProto.FLOAT, ["t", PLACES])
    known = graph.linear(graph.op("Gather", graph.half(weights["embedding.weight"]), ids), weights, "entry")
    known = graph.block(known, weights, "before.0")
    widths = graph.linear(graph.block(known, weights, "timing"), weights, "widths")
    made = graph.add(graph.op("Gather", known, symbol), graph.linear(places, weights, "place"))
    made = graph.linear(graph.block(made, weights, "after.0"), weights, "frames")
    graph.output("widths", widths, TensorProto.FLOAT, ["n", 1])
    graph.output("frames", made, TensorProto.FLOAT, ["t", WIDTH])
    session = onnxruntime.InferenceSession(graph.model().SerializeToString(), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(1)
    given = {
        "ids": rng.integers(1, 160, 7), "symbol": np.repeat(np.arange(7), 3),
        "places": rng.normal(size=(21, PLACES)).astype(np.float32),
    }  # fmt: skip
    widths_there, frames_there = session.run(None, given)
    with torch.no_grad():
        x, widths_here = model.encode(torch.from_numpy(given["ids"])[None], torch.ones(1, 7, 1))
        frames_here = model.decode(
            x, torch.from_numpy(given["symbol"])[None], torch.from_numpy(given["places"])[None], torch.ones(1, 21, 1)
        )
    assert np.allclose(widths_here[0].numpy(), widths_there[:, 0], atol=1e-5)
    assert np.allclose(frames_here[0].numpy(), frames_there, atol=1e-5)


def test_a_voice_model_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path):
    from voice.model import Shape
    from voice.train import Training

    spoken, shape = utterances(12), Shape(width=16, embedding=8, before=1, after=1)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    straight = Training(tmp_path / "a", shape, spoken)
    losses = [straight.learn(8) for _ in range(8)]
    begun = Training(tmp_path / "b", shape, spoken)
    for _ in range(3):
        begun.learn(8)
    begun.save()
    gone_on = Training(tmp_path / "b", shape, spoken)
    assert gone_on.step == 3
    assert [gone_on.learn(8) for _ in range(5)] == losses[3:]
    assert gone_on.look() == straight.look()


def test_a_voice_model_is_given_frames_that_are_brought_back_as_they_were():
    from voice.train import Norm, batch

    spoken = utterances(3)
    norm = Norm.of(np.concatenate([one.frames for one in spoken]))
    given = batch(spoken, norm)
    for row, one in enumerate(spoken):
        back = given.frames[row, : len(one.frames)].numpy() * norm.scale + norm.mean
        assert np.allclose(back, one.frames, atol=1e-4)
        assert given.is_frame[row].sum() == len(one.frames) == one.widths.sum()
        assert not given.frames[row, len(one.frames) :].any()
    assert norm.mean[BANDS:PITCH].tolist() == [0.0] * (PITCH - BANDS)


def test_a_voice_models_shard_is_read_as_it_was_written(tmp_path: Path):
    spoken = utterances(3)
    write(tmp_path / "shard-0000.npz", spoken)
    for one, other in zip(spoken, read(tmp_path / "shard-0000.npz"), strict=True):
        assert one.text == other.text
        assert all(np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True))


def test_a_voice_models_silence_is_short():
    widths = np.array([30, 5, 0, 40, 0])
    frames = np.arange(75 * WIDTH, dtype=np.float32).reshape(75, WIDTH)
    shorter, left = without_silence(widths, frames)
    assert shorter.tolist() == [8, 5, 0, 14, 0]
    assert np.array_equal(left, frames[22:49])


@pytest.mark.parametrize("hz", [90.0, 125.0, 180.0])
def test_a_voice_models_analysis_finds_the_pitch_of_a_pulse_train(hz: float):
    if importlib.util.find_spec("pyworld") is None:
        pytest.skip("pyworld is not installed")
    from voice.analysis import analyse

    turns = np.arange(RATE_HZ) * hz / RATE_HZ
    pulses = sum(np.cos(2 * np.pi * turns * harmonic) for harmonic in range(1, 20)) / 40
    frames = analyse(pulses)[20:-20]
    assert frames.shape[1] == WIDTH
    assert frames[:, VOICED].mean() > 0.95
    assert np.exp(np.median(frames[:, PITCH])) == pytest.approx(hz, rel=0.02)
    assert np.median(frames[:, BANDS]) < 0.3, "little of it is noise"


def test_a_voice_models_pitch_is_drawn_through_what_is_not_voiced():
    if importlib.util.find_spec("pyworld") is None:
        pytest.skip("pyworld is not installed")
    from voice.analysis import drawn_through

    drawn = np.exp(drawn_through(np.array([0.0, 100.0, 0.0, 0.0, 100.0, 0.0])))
    assert np.allclose(drawn, 100)
    assert np.isfinite(drawn_through(np.zeros(3))).all()
