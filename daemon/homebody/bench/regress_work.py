"""What the parts of a spoken turn cost in processor time, each beside the library it rests on, in interleaved pairs.

Processor time of this process does not count what other programs do, and a pair is so short that whatever they do to
caches and clocks falls on both of its halves. The order within the pairs alternates.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from homebody import starter
from homebody.bench.purpose_training import read_set
from homebody.bench.routing import OWN_SET as PURPOSES
from homebody.options import SynthesizerOptions, TranscriberOptions
from homebody.starter import bundled
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Samples
from homebody.voice.recordings import read_audio
from homebody.voice.vad import CONTEXT_SAMPLES, STATE_SHAPE, SileroVad, VoiceActivityDetector, model_path

Work = Callable[[], object]
SENTENCE: Final = "Owls can turn their heads far."


def pair_ratios(ours: Work, alone: Work, rounds: int) -> list[float]:
    """Processor time of ``ours`` over ``alone``, so many times; both are run once before, uncounted."""
    ours(), alone()
    ratios = []
    for number in range(rounds):
        if number % 2:
            reference_s, own_s = cpu_s(alone), cpu_s(ours)
        else:
            own_s, reference_s = cpu_s(ours), cpu_s(alone)
        ratios.append(own_s / reference_s)
    return ratios


def cpu_s(work: Work) -> float:
    """Processor time of all threads of this process."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s


def vad(wrap: Callable[[VoiceActivityDetector], VoiceActivityDetector]) -> tuple[Work, Work]:
    """Voice detection of a recording: `SileroVad`, and onnxruntime with the same network and the same numbers.

    Args:
        wrap: Given our detector, returns what is measured; the seam for a slowed build.
    """
    import onnxruntime

    samples = np.concatenate([read_audio(one.path).samples for one in bundled()[:3]])
    chunks = [samples[at : at + CHUNK_SAMPLES] for at in range(0, len(samples) - CHUNK_SAMPLES, CHUNK_SAMPLES)]
    detector = wrap(SileroVad())
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model_path()), options, providers=["CPUExecutionProvider"])

    def ours() -> None:
        detector.reset()
        for chunk in chunks:
            detector.probability(chunk)

    def alone() -> None:
        h = c = np.zeros(STATE_SHAPE, np.float32)
        row = np.zeros((1, CONTEXT_SAMPLES + CHUNK_SAMPLES), np.float32)
        for chunk in chunks:
            row[0, CONTEXT_SAMPLES:] = chunk
            _, h, c = session.run(None, {"input": row, "h": h, "c": c})

    return ours, alone


class TwiceVad:
    """A detector that costs double: the seam by which `regress` proves that it notices."""

    def __init__(self, inner: VoiceActivityDetector) -> None:
        self._inner, self._waste = inner, SileroVad()

    def probability(self, chunk: Samples) -> float:
        """As of `VoiceActivityDetector`."""
        self._waste.probability(chunk)
        return self._inner.probability(chunk)

    def reset(self) -> None:
        """As of `VoiceActivityDetector`."""
        self._inner.reset()


def hearing() -> tuple[Work, Work]:
    """A command understood: our decoding with its fitting window, and faster-whisper as it comes."""
    from homebody.voice import whisper_model
    from homebody.voice.whisper_window import UNPROVEN

    options = TranscriberOptions(threads=1)
    model = whisper_model.load(options)
    samples = read_audio(bundled()[0].path).samples
    window_s = UNPROVEN.window_s(len(samples) / RATE_HZ)

    def ours() -> None:
        whisper_model.decode(model, samples, language="en", beam_size=1, window_s=window_s, given_up=threading.Event())

    import faster_whisper

    plain = faster_whisper.WhisperModel(str(starter.recogniser()), device="cpu", compute_type="int8", cpu_threads=1)

    def alone() -> None:
        segments, _ = plain.transcribe(samples, language="en", beam_size=1, without_timestamps=True)
        list(segments)

    return ours, alone


def speaking() -> tuple[Work, Work]:
    """A sentence spoken: our synthesizer, and the same voice by piper alone."""
    from homebody.voice.synthesizer import PiperSynthesizer, _open_voice

    synthesizer = PiperSynthesizer(SynthesizerOptions())
    loop = asyncio.new_event_loop()
    loop.run_until_complete(synthesizer.load())
    voice: Any = _open_voice(starter.voice(), 1)

    async def spoken() -> None:
        async for _ in synthesizer.synthesize(SENTENCE):
            pass

    def alone() -> None:
        for chunk in voice.synthesize(SENTENCE):
            _ = chunk.audio_float_array

    return lambda: loop.run_until_complete(spoken()), alone


def deciding() -> tuple[Work, Work]:
    """What questions are for: our decision, and a fixed piece of Python on the same words."""
    from homebody.router.purpose import decide

    texts = [row.text for row in read_set(PURPOSES)][:60]

    def alone() -> int:
        return sum(hash(text[at : at + 3]) & 1 for text in texts for _ in range(20) for at in range(len(text)))

    return lambda: [decide(text) for text in texts], alone
