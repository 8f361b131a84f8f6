"""What the loudspeaker's callback plays: a bounded ring of samples with volume, fades and bookkeeping.

Knows no device. One thread writes (the event loop's), one reads (PortAudio's); the lock is held for a copy of one block.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from homebody.voice.audio import Samples

RAMP_MS: Final = 8.0  # a change of volume, and the fade of what is cut off; shorter clicks


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
        self._fading = 0  # samples of a fade-out that are still to be played
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

    def write(self, samples: Samples) -> None:
        """Append; the writer looks at `queued` and waits, so that the ring stays bounded."""
        with self._lock:
            self._blocks.append(samples)
            self._queued += len(samples)

    def cut(self) -> None:
        """Drop what was not read, but for a short fade-out of it."""
        with self._lock:
            rest = self._take(self._ramp)
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
            real = self._take(frames)
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
