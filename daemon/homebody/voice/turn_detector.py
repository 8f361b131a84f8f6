"""Has the person ended, by their voice or their words? One probability a pause, for the commit gate."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from homebody.errors import DeadlineExceeded, MissingPart, ModelFailed, ModelMissing
from homebody.sentence_shape import UNFINISHED, completeness
from homebody.voice.audio import RATE_HZ, Samples, Transcript

WINDOW_S: Final = 8  # smart-turn's
MEL_BINS: Final = 80
INPUT: Final = ("input_features", [MEL_BINS, 100 * WINDOW_S])  # name and shape behind the batch, 100 frames a second
DEADLINE_S: Final = 1.0  # a pause is over by then
REMEDY: Final = 'Take smart-turn-v3 as ONNX, or write smart_turn_model = "" under [voice.commit].'


class TurnDetector(Protocol):
    """Tells a pause for thought from an end."""

    async def completeness(self, samples: Samples, transcript: Transcript) -> float:
        """How likely nothing more comes, 0.0 to 1.0. Does not block the event loop.

        Args:
            samples: What was said so far and the beginning of the pause, 16 kHz, float32, shape (n,).
            transcript: The same in words.

        Raises:
            ModelFailed, DeadlineExceeded: It cannot tell; the words alone must do.
        """
        ...

    async def aclose(self) -> None:
        """Let the model go."""
        ...


class WordsAlone:
    """From the shape of the sentence (`homebody.sentence_shape`). Microseconds."""

    async def completeness(self, samples: Samples, transcript: Transcript) -> float:
        """See `TurnDetector`."""
        del samples
        return completeness(transcript.text, transcript.language)

    async def aclose(self) -> None:
        """Nothing to let go."""


class SmartTurn:
    """smart-turn v3 (Daily, BSD-2-Clause, https://github.com/pipecat-ai/smart-turn), in a thread of its own.

    Its interface, as its inference.py uses it: ``input_features`` float32 (1, 80, 800), Whisper's log-mel spectrogram
    of the last 8 s, shorter ones padded with zeros in front, samples normalised to zero mean and unit variance; the
    first output holds one probability that the turn is complete. Words that plainly go on ("and", "to") overrule it;
    otherwise the mean of voice and words counts.

    Args:
        path: The ``.onnx`` file.

    Raises:
        ModelMissing: There is no such file.
        ModelFailed: It is no model of that interface.
        MissingPart: onnxruntime or faster-whisper is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="smart-turn")
        from faster_whisper.feature_extractor import FeatureExtractor

        self._extractor = FeatureExtractor(feature_size=MEL_BINS, chunk_length=WINDOW_S)

    async def completeness(self, samples: Samples, transcript: Transcript) -> float:
        """See `TurnDetector`."""
        words = completeness(transcript.text, transcript.language)
        if words <= UNFINISHED:
            return words
        try:
            async with asyncio.timeout(DEADLINE_S):
                voice = await asyncio.get_running_loop().run_in_executor(self._thread, self._probability, samples)
        except TimeoutError:
            raise DeadlineExceeded("smart-turn does not answer in time.", REMEDY) from None
        return (voice + words) / 2

    async def aclose(self) -> None:
        """See `TurnDetector`."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _probability(self, samples: Samples) -> float:
        try:
            (first, *_) = self._session.run(None, {INPUT[0]: self._features(samples)})
        except Exception as error:  # onnxruntime's own kinds
            raise ModelFailed("smart-turn broke off.", REMEDY) from error
        probability = float(np.asarray(first).reshape(-1)[0])
        if not 0.0 <= probability <= 1.0:
            raise ModelFailed("smart-turn gave no probability.", REMEDY)
        return probability

    def _features(self, samples: Samples) -> Samples:
        """float32, shape (1, 80, 800)."""
        window = np.zeros(WINDOW_S * RATE_HZ, np.float32)
        last = samples[-len(window) :]
        # As transformers' WhisperFeatureExtractor with do_normalize: over what was said, not over the padding.
        window[len(window) - len(last) :] = (last - last.mean()) / np.sqrt(last.var() + 1e-7)
        mel = self._extractor(window, padding=0)
        return np.ascontiguousarray(mel[None, :, : INPUT[1][1]], dtype=np.float32)


def turn_detector(model: str) -> TurnDetector:
    """The profile's: smart-turn where ``model`` is a path, else the words alone.

    Raises:
        ModelMissing, ModelFailed, MissingPart: As `SmartTurn`.
    """
    return SmartTurn(Path(model).expanduser()) if model else WordsAlone()


def _session(path: Path) -> Any:
    if not path.is_file():
        raise ModelMissing(f"The smart-turn model {path} is not there.", REMEDY)
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPart("onnxruntime is not installed.", "Run: pip install 'homebody[smart-turn]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelFailed(f"The smart-turn model {path} cannot be loaded.", REMEDY) from error
    found = [(part.name, list(part.shape[1:])) for part in session.get_inputs()]
    if found != [INPUT]:
        raise ModelFailed(f"{path} is no smart-turn v3 model: it wants other input.", REMEDY)
    return session
