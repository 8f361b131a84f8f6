"""Echo cancelling: what our loudspeaker plays is taken out of what our microphone hears.

    loudspeaker's callback -> EchoReference -> EchoFreeMicrophone <- microphone

The canceller adapts to the room by itself and finds a delay of up to 0.3 s between the two; so neither the two devices'
clocks nor their latencies need be known, only that the reference runs on as the sound does.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from homebody.errors import MissingPart, Problem
from homebody.options import BargeInOptions, VoiceOptions
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Chunk, Samples
from homebody.voice.foreign_sound import ForeignSound
from homebody.voice.microphone import Microphone

FRAME_SAMPLES: Final = 160  # WebRTC's step: 10 ms at 16 kHz
# Frames do not divide chunks (512 = 3 x 160 + 32): so many samples late, the cleaned sound comes in whole chunks.
BEHIND_SAMPLES: Final = 128
# What was played waits until what was heard at the same time is read. A moment's backlog is one of both; one that stays
# means that heard sound was lost, and the reference comes later than its echo.
BACKLOG_S: Final = 0.1
STAYS_S: Final = 2.0
SLACK_SAMPLES: Final = 160  # 10 ms: a loudspeaker's callback comes that late now and then
LONGEST_S: Final = 2.0  # nobody has been reading
RESTS_AFTER_S: Final = 2.0  # without a sound of ours, nothing is left to cancel, and nothing is computed


class EchoCanceller(Protocol):
    """Something that knows what a room does to our words."""

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """What was heard, without what was played; both of `FRAME_SAMPLES` samples at 16 kHz. Takes under 1 ms."""
        ...


class EchoReference:
    """What the loudspeaker has played, at 16 kHz, for whoever reads it at the microphone's pace.

    One thread writes (PortAudio's), one reads (the event loop's).
    """

    def __init__(self) -> None:
        self._blocks: deque[tuple[Samples, int]] = deque(maxlen=1024)
        self._lock = threading.Lock()
        self._resampler: Any = None
        self._rate_hz = 0
        self._held: Samples = np.zeros(0, dtype=np.float32)
        self._watched = 0  # samples taken since
        self._least = 0  # what was left over, at least, meanwhile
        self._starved = 0  # samples taken since something came

    def played(self, samples: Samples, rate_hz: int) -> None:
        """The device has taken these samples, silence included. Called in PortAudio's thread: copies, no more."""
        with self._lock:
            self._blocks.append((samples.copy(), rate_hz))

    @property
    def stopped(self) -> bool:
        """Nothing comes any more, not even silence: the loudspeaker was let go."""
        return not self._blocks and self._starved >= STAYS_S * RATE_HZ

    def take(self, count: int) -> Samples:
        """The next ``count`` samples; zeros before them where there are not so many. Of a backlog that stays, no more
        than `BACKLOG_S` is kept."""
        with self._lock:
            blocks = list(self._blocks)
            self._blocks.clear()
        self._starved = 0 if blocks else self._starved + count
        if self._starved >= STAYS_S * RATE_HZ:
            self._held = self._held[:0]
        self._held = np.concatenate([self._held, *(self._at_16_khz(*block) for block in blocks)])
        if len(self._held) - count > LONGEST_S * RATE_HZ:
            self._held = self._held[-count - round(BACKLOG_S * RATE_HZ) :]
        lacking = max(0, count - len(self._held))
        if 0 < lacking < count:
            lacking = min(count, lacking + SLACK_SAMPLES)  # or the next would lack some, too
        taken, self._held = self._held[: count - lacking], self._held[count - lacking :]
        self._drop(count)
        return np.concatenate((np.zeros(lacking, dtype=np.float32), taken))

    def _drop(self, count: int) -> None:
        """So much was taken: drop what stays."""
        self._least = min(self._least, len(self._held)) if self._watched else len(self._held)
        self._watched += count
        if self._watched >= STAYS_S * RATE_HZ:
            self._watched = 0
            self._held = self._held[max(0, self._least - round(BACKLOG_S * RATE_HZ)) :]

    def _at_16_khz(self, samples: Samples, rate_hz: int) -> Samples:
        if rate_hz != self._rate_hz:
            import soxr

            self._rate_hz = rate_hz
            same = rate_hz == RATE_HZ
            self._resampler = None if same else soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")
        return samples if self._resampler is None else self._resampler.resample_chunk(samples)


class EchoFreeMicrophone:
    """A `homebody.voice.microphone.Microphone` without our own words in it, 8 ms later than the one inside.

    Args:
        microphone: What hears.
        reference: What the loudspeaker plays.
        canceller: Takes the one out of the other.

    Attributes:
        foreign: What is heard that we did not play.
    """

    def __init__(self, microphone: Microphone, reference: EchoReference, canceller: EchoCanceller) -> None:
        self._microphone = microphone
        self._reference = reference
        self._canceller = canceller
        self._silent_samples = round(RESTS_AFTER_S * RATE_HZ)  # since our last sound
        self.foreign = ForeignSound()

    @property
    def late_ms(self) -> float:
        """The inner one's."""
        return self._microphone.late_ms

    @late_ms.setter
    def late_ms(self, late_ms: float) -> None:
        self._microphone.late_ms = late_ms

    @property
    def problem(self) -> Problem | None:
        """The microphone's."""
        return self._microphone.problem

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        """As `Microphone.chunks`."""
        heard = np.zeros(0, dtype=np.float32)
        cleaned = np.zeros(BEHIND_SAMPLES, dtype=np.float32)
        async with aclosing(self._microphone.chunks()) as chunks:
            async for chunk in chunks:
                heard = np.concatenate((heard, chunk.samples))
                whole = len(heard) // FRAME_SAMPLES * FRAME_SAMPLES
                fresh = self._clean(heard[:whole])
                cleaned = np.concatenate((cleaned, fresh))
                heard = heard[whole:]
                yield Chunk(cleaned[:CHUNK_SAMPLES], chunk.at_s - BEHIND_SAMPLES / RATE_HZ)
                cleaned = cleaned[CHUNK_SAMPLES:]

    def _clean(self, heard: Samples) -> Samples:
        if self._reference.stopped:
            return heard
        played = self._reference.take(len(heard))
        self._silent_samples = 0 if played.any() else self._silent_samples + len(played)
        if self._silent_samples >= RESTS_AFTER_S * RATE_HZ:
            self.foreign.forget()
            return heard
        self.foreign.feed(heard, played)
        frames = range(0, len(heard), FRAME_SAMPLES)
        return np.concatenate(
            [self._canceller.clean(heard[at : at + FRAME_SAMPLES], played[at : at + FRAME_SAMPLES]) for at in frames]
        )


class WebRtcEchoCanceller:
    """AEC3 of the WebRTC project, through pywebrtc-audio (extra ``[aec]``). 1 to 2.5 % of one core while we speak.

    Its noise suppression stays off: over our own words it costs the person 21 to 24 dB (measured).

    Raises:
        MissingPart: The extra is not there.
    """

    def __init__(self) -> None:
        try:
            from pywebrtc_audio import AudioProcessor
        except (ImportError, OSError) as error:
            raise MissingPart(
                "Echo cancelling needs pywebrtc-audio, which is not installed.",
                "Install it: pip install 'homebody[aec]'",
            ) from error
        self._processor = AudioProcessor(
            sample_rate=RATE_HZ,
            num_channels=1,
            echo_cancellation=True,
            noise_suppression=False,
            high_pass_filter=True,
            stream_delay_ms=0,
        )

    def clean(self, heard: Samples, played: Samples) -> Samples:
        """As `EchoCanceller.clean`."""
        return np.asarray(self._processor.process(_pcm(heard), _pcm(played)), dtype=np.float32) / np.float32(32768)


def _pcm(samples: Samples) -> np.ndarray[Any, np.dtype[np.int16]]:
    return (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)


def echo_cancelling(options: BargeInOptions) -> tuple[EchoReference, EchoCanceller | None, Problem | None]:
    """What the profile asks for, or why it is not to be had."""
    reference = EchoReference()
    if not options.echo_cancelling:
        return reference, None, None
    try:
        return reference, WebRtcEchoCanceller(), None
    except MissingPart as error:
        reason = f"{error.reason} Speech does not interrupt me; asking to listen does."
        return reference, None, Problem("echo cancelling", reason, error.remedy)


def without_barge_in(options: VoiceOptions) -> VoiceOptions:
    """The options of a voice that would hear itself."""
    barge_in = msgspec.structs.replace(options.barge_in, by_voice=False)
    return msgspec.structs.replace(options, barge_in=barge_in)
