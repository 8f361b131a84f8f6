"""What the loudspeaker's callback plays: a bounded ring of samples with volume and fades, and what of it was heard.

Knows no device. One thread writes (the event loop's), one reads (PortAudio's); the lock is held while one block is
copied.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from homebody.errors import MachineError, NoSpeaker, UnknownDevice, UsageError
from homebody.voice.audio import Audio, Samples

RAMP_MS: Final = 8.0  # a change of volume, and the fade of what is cut off; shorter clicks

RECOVERY_LIMIT_S: Final = 8.0  # a device that is lost for longer is given up

OnFirstSample = Callable[[float], None]
_NOTHING: Final = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Played:
    """What sounded.

    Attributes:
        first_sample_at_s: `time.monotonic` when the first sample sounded; None if there was none.
        played_ms: How much of the sound was heard; silence while waiting for more is not counted.
        complete: All of it was.
    """

    first_sample_at_s: float | None
    played_ms: float
    complete: bool


@dataclass(slots=True)
class Progress:
    """What has sounded so far; stays readable when `Speaker.play` was cancelled. Fields as of `Played`."""

    first_sample_at_s: float | None = None
    played_ms: float = 0.0
    complete: bool = False

    def played(self) -> Played:
        """As it is now."""
        return Played(self.first_sample_at_s, self.played_ms, self.complete)


class Volume:
    """The volume of every speaker."""

    def __init__(self, volume_percent: float = 100.0) -> None:
        self._volume_percent = 100.0
        self._muted = False
        self._held = False
        self.volume_percent = volume_percent

    @property
    def volume_percent(self) -> float:
        """0 to 100."""
        return self._volume_percent

    @volume_percent.setter
    def volume_percent(self, volume_percent: float) -> None:
        if not 0 <= volume_percent <= 100:
            raise UsageError(f"A volume of {volume_percent:g} percent is impossible.", "Choose one from 0 to 100.")
        self._volume_percent = float(volume_percent)
        self._changed()

    @property
    def muted(self) -> bool:
        """Plays silence."""
        return self._muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._muted = muted
        self._changed()

    @property
    def held(self) -> bool:
        """What is played waits where it is."""
        return self._held

    @held.setter
    def held(self, held: bool) -> None:
        self._held = held
        self._changed()

    @property
    def gain(self) -> float:
        """Factor for the samples. The square makes half the volume sound about half as loud (-12 dB)."""
        return 0.0 if self._muted else (self._volume_percent / 100) ** 2

    def _changed(self) -> None:
        """The volume is another one now, or it is held or not any more."""


class PlaybackRing:
    """Samples on their way to the device, at the device's rate.

    Args:
        rate_hz: Of the device.
        on_first: Called from the reader's thread with the time at which the first sample sounds.
        on_read: Called from the reader's thread after samples were taken; must not block.
    """

    def __init__(self, rate_hz: int, *, gain: float, on_first: Callable[[float], None], on_read: Callable[[], None]):
        self.rate_hz = rate_hz
        self._ramp = max(1, round(RAMP_MS * rate_hz / 1000))
        self._on_first = on_first
        self._on_read = on_read
        self._lock = threading.Lock()
        self._blocks: deque[Samples] = deque()
        self._queued = 0
        self._gain = self._wanted_gain = gain
        self._held = self._was_held = False
        self._taken = 0
        self._silence = 0
        self._last_sounds_at_s = 0.0

    @property
    def queued(self) -> int:
        """Samples that were written and not read yet."""
        return self._queued

    @property
    def taken(self) -> int:
        """Samples that were read."""
        return self._taken

    @property
    def silence(self) -> int:
        """Samples of silence that were read since the last real one."""
        return self._silence

    @property
    def last_sounds_at_s(self) -> float:
        """When the last real sample that was read has sounded, on `time.monotonic`."""
        return self._last_sounds_at_s

    def set_gain(self, gain: float) -> None:
        """Change the volume; reached after `RAMP_MS`."""
        self._wanted_gain = gain

    def hold(self, held: bool) -> None:
        """Fall silent within `RAMP_MS` and keep what was not read; or go on from there."""
        self._held = held

    def write(self, samples: Samples) -> None:
        """Append; the writer looks at `queued` and waits, so that the ring stays bounded."""
        with self._lock:
            self._blocks.append(samples)
            self._queued += len(samples)

    def cut(self) -> None:
        """Drop what was not read, but for a short fade-out of it."""
        with self._lock:
            rest = self._take(0 if self._held else self._ramp)
            self._blocks.clear()
            self._queued = 0
            if len(rest):
                faded = rest * np.linspace(1.0, 0.0, len(rest), dtype=np.float32)
                self._blocks.append(faded)
                self._queued = len(faded)

    def read(self, frames: int, sounds_at_s: float) -> Samples:
        """The next ``frames`` samples, silence where there are none; the first one sounds at ``sounds_at_s``."""
        out: Samples = np.zeros(frames, dtype=np.float32)
        with self._lock:
            real = self._faded(frames)
            taken_before, self._taken = self._taken, self._taken + len(real)
        out[: len(real)] = real
        if len(real):
            self._silence = frames - len(real)
            self._last_sounds_at_s = sounds_at_s + len(real) / self.rate_hz
        else:
            self._silence += frames
        if len(real) and taken_before == 0:
            self._on_first(sounds_at_s)
        self._on_read()
        return self._with_gain(out)

    def _faded(self, frames: int) -> Samples:
        """What of the next samples sounds, faded where it begins or ends to be held."""
        held, was_held = self._held, self._was_held
        self._was_held = held
        if held:
            real = self._take(0 if was_held else min(frames, self._ramp))
            return real * np.linspace(1.0, 0.0, len(real), dtype=np.float32)
        real = self._take(frames)
        if was_held:
            length = min(self._ramp, len(real))
            real[:length] *= np.linspace(0.0, 1.0, length, dtype=np.float32)
        return real

    def _take(self, count: int) -> Samples:
        parts: list[Samples] = []
        while count and self._blocks:
            block = self._blocks[0]
            if len(block) > count:
                self._blocks[0] = block[count:]
                block = block[:count]
            else:
                self._blocks.popleft()
            parts.append(block)
            count -= len(block)
            self._queued -= len(block)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    def _with_gain(self, samples: Samples) -> Samples:
        wanted = self._wanted_gain
        if wanted == self._gain:
            return samples if wanted == 1.0 else samples * np.float32(wanted)
        ramp = np.full(len(samples), wanted, dtype=np.float32)
        length = min(self._ramp, len(samples))
        ramp[:length] = np.linspace(self._gain, wanted, length, dtype=np.float32)
        self._gain = wanted
        return samples * ramp


class Playing:
    """One call of `PortAudioSpeaker.play`: its ring, and what is known of what has sounded."""

    def __init__(
        self, progress: Progress, on_first_sample: OnFirstSample | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self.progress = progress
        self.ring: PlaybackRing | None = None
        self.read = asyncio.Event()
        self._on_first_sample = on_first_sample
        self._loop = loop
        self._lost_since_s: float | None = None
        self._taken_when_lost = -1

    def first_from_thread(self, at_s: float) -> None:
        """The first sample sounds at ``at_s``. Called in PortAudio's thread."""
        with suppress(RuntimeError):  # the loop was closed a moment ago
            self._loop.call_soon_threadsafe(self._first, at_s)

    def read_from_thread(self) -> None:
        """The device took samples. Called in PortAudio's thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.read.set)

    def note_heard(self, *, all_taken: bool = False) -> None:
        """Bring the progress up to date; ``all_taken``: what the device holds will sound, too."""
        if (ring := self.ring) is None:
            return
        ahead_s = 0.0 if all_taken else max(0.0, ring.last_sounds_at_s - time.monotonic())
        heard_ms = 1000 * max(0.0, ring.taken / ring.rate_hz - ahead_s)
        self.progress.played_ms = max(self.progress.played_ms, heard_ms)

    def lost(self, error: MachineError | UnknownDevice) -> None:
        """The device is not there.

        Raises:
            NoSpeaker: It has taken nothing for `RECOVERY_LIMIT_S`.
        """
        now_s = time.monotonic()
        taken = self.ring.taken if self.ring else 0
        if self._lost_since_s is None or taken != self._taken_when_lost:
            self._lost_since_s, self._taken_when_lost = now_s, taken
        elif now_s - self._lost_since_s > RECOVERY_LIMIT_S:
            raise NoSpeaker(error.reason, error.remedy) from error

    def _first(self, at_s: float) -> None:
        if self.progress.first_sample_at_s is None:
            self.progress.first_sample_at_s = at_s
            if self._on_first_sample:
                self._on_first_sample(at_s)


async def at_one_rate(
    audio: AsyncIterable[Audio], begin: Callable[[int], Awaitable[int]]
) -> AsyncGenerator[Samples, None]:
    """All samples at the rate that ``begin`` answers to the first one's."""
    device_rate_hz = rate_hz = 0
    resampler: Any = None
    async for sound in audio:
        if not len(sound.samples):
            continue
        device_rate_hz = device_rate_hz or await begin(sound.rate_hz)
        if sound.rate_hz != rate_hz:
            if resampler is not None:
                yield resampler.resample_chunk(_NOTHING, last=True)
            rate_hz, resampler = sound.rate_hz, None
            if rate_hz != device_rate_hz:
                import soxr

                resampler = soxr.ResampleStream(rate_hz, device_rate_hz, 1, dtype="float32", quality="HQ")
        yield sound.samples if resampler is None else resampler.resample_chunk(sound.samples)
    if resampler is not None:
        yield resampler.resample_chunk(_NOTHING, last=True)


def resampled(audio: Audio, rate_hz: int) -> Samples:
    """A whole sound's samples at another rate."""
    if audio.rate_hz == rate_hz:
        return audio.samples
    import soxr

    samples: Samples = soxr.resample(audio.samples, audio.rate_hz, rate_hz, quality="HQ")
    return samples
