"""Sound as the voice service passes it on: one format inside, whatever the devices and files have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]  # mono, shape (n,), -1.0 to 1.0

RATE_HZ: Final = 16_000  # what Silero VAD and Whisper take
CHUNK_SAMPLES: Final = 512  # Silero's step at 16 kHz
CHUNK_MS: Final = 1000 * CHUNK_SAMPLES / RATE_HZ  # 32 ms
PAUSE_KEPT_MS: Final = 160.0  # as long as people stop between words


@dataclass(frozen=True, slots=True)
class Audio:
    """Some sound.

    Attributes:
        samples: float32, mono, shape (n,), -1.0 to 1.0.
        rate_hz: Sampling rate.
    """

    samples: Samples
    rate_hz: int

    @property
    def duration_ms(self) -> float:
        """Its length."""
        return 1000 * len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Chunk:
    """`CHUNK_SAMPLES` samples at `RATE_HZ` from a microphone.

    Attributes:
        samples: float32, mono, shape (512,).
        at_s: `time.monotonic` when its last sample was spoken, as well as the audio system can tell.
    """

    samples: Samples
    at_s: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a person said in one go, with some of what was before it (pre-roll) and the silence that ended it.

    Attributes:
        samples: At `RATE_HZ`.
        speech_began_s, speech_ended_s: On the microphone's clock (`Chunk.at_s`).
        decided_s: On the same clock, when the end was decided; at least ``silence_ms`` after ``speech_ended_s``.
        cut: Ended by the cap instead of by silence.
        pauses: Long ones within it, as (begin, end) in samples, in order.
    """

    samples: Samples
    speech_began_s: float
    speech_ended_s: float
    decided_s: float
    cut: bool = False
    pauses: tuple[tuple[int, int], ...] = ()

    @property
    def words(self) -> Samples:
        """The samples with each long pause cut down to `PAUSE_KEPT_MS`: a recogniser takes a pause for an end, or fills
        it with words."""
        kept, begin = [], 0
        half = round(PAUSE_KEPT_MS * RATE_HZ / 2000)
        for pause_began, pause_ended in self.pauses:
            kept.append(self.samples[begin : pause_began + half])
            begin = pause_ended - half
        return np.concatenate([*kept, self.samples[begin:]])


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood.

    Attributes:
        text: Lower case, without punctuation for the starter model; as written by other models.
        language: BCP 47 tag.
        avg_logprob: Mean log probability of its tokens; nearer 0 is surer.
        no_speech: Probability that it was no speech at all.
        refused: Why it must not be acted on (``no_speech``, ``unsure``, ``phantom``, ``repetition``, ``empty``); empty
            when it may.
        window_s: The Whisper window that was used.
    """

    text: str
    language: str
    avg_logprob: float
    no_speech: float
    refused: str = ""
    window_s: float = 30.0


def rms_db(samples: Samples) -> float:
    """Root mean square, 0 dB at full scale, -120 at silence. ``samples`` must not be empty."""
    return 10 * math.log10(float(np.mean(np.square(samples))) + 1e-12)
