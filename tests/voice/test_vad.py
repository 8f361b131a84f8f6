"""Voice activity detection: Silero's signature, our streaming of it, and what every detector promises."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnxruntime
import pytest

from fakes import FakeVad
from homebody import starter
from homebody.errors import MissingPart
from homebody.voice import vad
from homebody.voice.audio import CHUNK_SAMPLES, Samples
from homebody.voice.recordings import read_audio
from homebody.voice.vad import SileroVad, VoiceActivityDetector

DETECTORS: tuple[Callable[[], VoiceActivityDetector], ...] = (SileroVad, FakeVad)


def question() -> Samples:
    """A bundled question, cut to whole chunks."""
    samples = read_audio(starter.recordings() / "timer.wav").samples
    return samples[: len(samples) // CHUNK_SAMPLES * CHUNK_SAMPLES]


def probabilities(detector: VoiceActivityDetector, samples: Samples) -> list[float]:
    """One a chunk."""
    return [detector.probability(chunk) for chunk in samples.reshape(-1, CHUNK_SAMPLES)]


@pytest.mark.parametrize("make", DETECTORS)
def test_a_detector_tells_speech_from_silence(make: Callable[[], VoiceActivityDetector]) -> None:
    detector = make()
    spoken = probabilities(detector, question())
    assert all(0.0 <= probability <= 1.0 for probability in spoken)
    assert sum(probability > 0.5 for probability in spoken) > len(spoken) / 3
    detector.reset()
    assert max(probabilities(detector, np.zeros(50 * CHUNK_SAMPLES, np.float32))) < 0.5


@pytest.mark.parametrize("make", DETECTORS)
def test_after_a_reset_a_detector_is_as_new(make: Callable[[], VoiceActivityDetector]) -> None:
    detector = make()
    first = probabilities(detector, question())
    detector.reset()
    assert probabilities(detector, question()) == first


@pytest.mark.parametrize("make", DETECTORS)
@pytest.mark.parametrize("shape", [(0,), (511,), (1, 512), (1024,)])
def test_a_detector_refuses_what_is_no_chunk(make: Callable[[], VoiceActivityDetector], shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="chunk"):
        make().probability(np.zeros(shape, np.float32))


def test_the_network_inside_faster_whisper_has_the_signature_we_stream() -> None:
    session = onnxruntime.InferenceSession(str(vad.model_path()), providers=["CPUExecutionProvider"])
    assert [(part.name, part.type, part.shape[-1]) for part in session.get_inputs()] == [
        ("input", "tensor(float)", 576),
        ("h", "tensor(float)", 128),
        ("c", "tensor(float)", 128),
    ]
    assert [part.name for part in session.get_outputs()] == ["speech_probs", "hn", "cn"]


@pytest.mark.models
def test_streaming_gives_what_faster_whisper_gives_for_the_whole_recording() -> None:
    from faster_whisper.vad import get_vad_model

    # It zeroes the last 64 samples of what it is given (the array, too), so the last chunk is left out.
    batch = get_vad_model()(question().copy())[:-1]
    streamed = probabilities(SileroVad(), question())[:-1]
    assert np.max(np.abs(batch - np.array(streamed))) < 1e-4
    assert max(streamed) > 0.9


def test_forgetting_the_state_between_chunks_would_be_noticed() -> None:
    """What makes the test above able to fail: without state the probabilities are others."""
    forgetful = SileroVad()
    without = []
    for chunk in question().reshape(-1, CHUNK_SAMPLES):
        forgetful.reset()
        without.append(forgetful.probability(chunk))
    assert np.max(np.abs(np.array(without) - np.array(probabilities(SileroVad(), question())))) > 0.1


def test_another_network_is_refused_with_the_command_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "SIGNATURE", ((("input", 2), ("state", 3), ("sr", 0)), (("output", 2), ("stateN", 3))))
    with pytest.raises(MissingPart) as caught:
        SileroVad()
    assert "faster-whisper" in caught.value.remedy


def test_a_missing_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vad, "find_spec", lambda name: None)
    with pytest.raises(MissingPart):
        SileroVad()
