"""Is somebody speaking? One probability a chunk of 32 ms."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from homebody.errors import MissingPart
from homebody.voice.audio import CHUNK_SAMPLES, Samples

CONTEXT_SAMPLES: Final = 64  # of the chunk before, put in front of each chunk
STATE_SHAPE: Final = (1, 1, 128)  # of the LSTM's h and c
SIGNATURE: Final = (("input", 2), ("h", 3), ("c", 3)), (("speech_probs", 1), ("hn", 3), ("cn", 3))  # name, dimensions


class VoiceActivityDetector(Protocol):
    """Tells speech from everything else. Remembers the chunks before; one detector hears one microphone.

    Not threadsafe. Blocks for well under a chunk's length.
    """

    def probability(self, chunk: Samples) -> float:
        """How likely this chunk is speech, 0.0 to 1.0.

        Args:
            chunk: float32, shape (512,), at 16 kHz, the one that follows the chunk of the last call.

        Raises:
            ValueError: Another shape.
        """
        ...

    def reset(self) -> None:
        """Forget the chunks before: the next one does not continue them."""
        ...


class SileroVad:
    """Silero VAD v6, as shipped inside faster-whisper. About 0.2 ms of one core a chunk.

    faster-whisper runs it over whole recordings and forgets its state between calls. Here the state is kept: the LSTM's
    h and c, and the last 64 samples, which the network wants in front of every chunk. That is what
    ``faster_whisper.vad.SileroVADModel.__call__`` (1.2.1) does for a batch, after snakers4/silero-vad;
    tests/voice/test_vad.py holds the two equal. The network's signature is internal to faster-whisper, hence the narrow
    version range in pyproject.toml and the check here.

    Raises:
        MissingPart: faster-whisper is not installed, or brings another network than the one this was written for.
    """

    def __init__(self) -> None:
        self._session = _session(model_path())
        self._h = np.zeros(STATE_SHAPE, np.float32)
        self._c = np.zeros(STATE_SHAPE, np.float32)
        self._input = np.zeros((1, CONTEXT_SAMPLES + CHUNK_SAMPLES), np.float32)

    def probability(self, chunk: Samples) -> float:
        """See `VoiceActivityDetector`."""
        if chunk.shape != (CHUNK_SAMPLES,):
            raise ValueError(f"expected a chunk of shape ({CHUNK_SAMPLES},), got {chunk.shape}")
        self._input[0, :CONTEXT_SAMPLES] = self._input[0, -CONTEXT_SAMPLES:]
        self._input[0, CONTEXT_SAMPLES:] = chunk
        outputs = self._session.run(None, {"input": self._input, "h": self._h, "c": self._c})
        probabilities, self._h, self._c = outputs
        return float(probabilities[0])

    def reset(self) -> None:
        """See `VoiceActivityDetector`."""
        self._h = np.zeros(STATE_SHAPE, np.float32)
        self._c = np.zeros(STATE_SHAPE, np.float32)
        self._input.fill(0)


def model_path() -> Path:
    """The network's file inside the installed faster-whisper, found without importing that package.

    Raises:
        MissingPart: It is not there.
    """
    spec = find_spec("faster_whisper")
    folders = (spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / "assets" / "silero_vad_v6.onnx"
        if path.exists():
            return path
    raise MissingPart(
        "The voice detector that comes with faster-whisper 1.2 is not installed.", "Run: pip install homebody"
    )


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # The network is small: a second thread, or one that spins while it waits, only takes time from the recogniser.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    found = tuple(tuple((part.name, len(part.shape)) for part in side) for side in _sides(session))
    if found != SIGNATURE:
        raise MissingPart(
            "The voice detector inside the installed faster-whisper is not the one homebody knows.",
            "Run: pip install 'faster-whisper>=1.2.1,<1.3'",
        )
    return session


def _sides(session: Any) -> tuple[list[Any], list[Any]]:
    return session.get_inputs(), session.get_outputs()
