"""smart-turn behind its seam, with a made ONNX model of the same interface; the real one was not seen."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import numpy as np
import pytest

from homebody.errors import ModelFailed, ModelMissing
from homebody.sentence_shape import UNFINISHED, completeness
from homebody.voice.audio import RATE_HZ, Transcript
from homebody.voice.turn_detector import WINDOW_S, SmartTurn, WordsAlone, turn_detector

SAID = Transcript("tell me a story about owls", "en", -0.1, 0.0)


def field(number, value):
    """One protobuf field; a test needs no more of the format."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def tensor(name, shape):
    """ValueInfoProto of a float tensor."""
    dims = b"".join(field(1, field(2, dim) if isinstance(dim, str) else field(1, dim)) for dim in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def node(op, source, target):
    return field(1, field(1, source) + field(2, target) + field(4, op))


def model(path, *, name="input_features", shape=("batch", 80, 800), steps=("ReduceMean", "Sigmoid")):
    """The mean of the spectrogram through these steps: louder speech, a likelier end."""
    names = [name, *(f"x{n}" for n in range(len(steps) - 1)), "logits"]
    nodes = b"".join(node(op, names[n], names[n + 1]) for n, op in enumerate(steps))
    graph = nodes + field(2, "g") + field(11, tensor(name, shape)) + field(12, tensor("logits", (1, 1, 1)))
    path.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13)))
    return path


def heard(detector, samples, transcript=SAID):
    async def main():
        async with aclosing(detector):
            return await detector.completeness(samples, transcript)

    return asyncio.run(main())


def noise(seconds, level):
    rng = np.random.default_rng(3)
    return (level * rng.standard_normal(round(seconds * RATE_HZ))).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.1, 2.0, WINDOW_S, 20.0])
def test_speech_of_any_length_gives_the_mean_of_voice_and_words(tmp_path, seconds):
    words = completeness(SAID.text)
    likely = heard(SmartTurn(model(tmp_path / "m.onnx")), noise(seconds, 0.1))
    assert words / 2 <= likely <= (1 + words) / 2


@pytest.mark.lengthy
def test_the_level_of_a_voice_does_not_matter_and_only_the_last_seconds_do(tmp_path):
    path = model(tmp_path / "m.onnx")
    loud, quiet = (heard(SmartTurn(path), noise(3.0, level)) for level in (0.3, 0.03))
    assert loud == pytest.approx(quiet, abs=0.01)
    last = noise(WINDOW_S, 0.1)
    longer = np.concatenate([np.ones(RATE_HZ, np.float32), last])
    assert heard(SmartTurn(path), longer) == heard(SmartTurn(path), last)


def test_words_that_plainly_go_on_overrule_the_voice(tmp_path):
    unfinished = Transcript("remind me to", "en", -0.1, 0.0)
    assert heard(SmartTurn(model(tmp_path / "m.onnx")), noise(2.0, 0.3), unfinished) == UNFINISHED


def test_a_model_that_gives_no_probability_is_an_error_that_says_what_to_do(tmp_path):
    path = model(tmp_path / "m.onnx", steps=("ReduceMean", "Exp", "Exp", "Exp"))
    with pytest.raises(ModelFailed) as failed:
        heard(SmartTurn(path), noise(2.0, 0.3))
    assert "smart_turn_model" in failed.value.remedy


def test_a_missing_a_damaged_and_another_model_are_refused_at_the_start(tmp_path):
    with pytest.raises(ModelMissing):
        turn_detector(str(tmp_path / "none.onnx"))
    (tmp_path / "bad.onnx").write_bytes(b"nonsense")
    with pytest.raises(ModelFailed):
        turn_detector(str(tmp_path / "bad.onnx"))
    with pytest.raises(ModelFailed):
        turn_detector(str(model(tmp_path / "other.onnx", shape=("batch", 80, 3000))))


def test_without_a_model_the_words_alone_tell():
    detector = turn_detector("")
    assert isinstance(detector, WordsAlone)
    assert heard(detector, noise(1.0, 0.1)) == completeness(SAID.text)
