"""A room made of numbers: a loudspeaker that plays, walls, a person who may speak, and a microphone. No clock but the
number of samples."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncGenerator

import numpy as np
import soxr

from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Chunk, Samples
from homebody.voice.echo_canceller import EchoReference
from homebody.voice.playback import PlaybackRing
from homebody.voice.recordings import read_audio


def spoken(folder, text: str, voice: str = "en-us", speed: int = 160) -> Samples:
    """A voice of espeak-ng, at a level of -20 dBFS, without the silence around it."""
    path = folder / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), text], check=True, timeout=30)
    audio = read_audio(path)
    return at_one_level(audio.samples, audio.rate_hz)


def flite(folder, text: str, voice: str) -> Samples:
    """A voice of flite; as `spoken`."""
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, timeout=30)
    audio = read_audio(path)
    return at_one_level(audio.samples, audio.rate_hz)


def at_one_level(samples: Samples, rate_hz: int) -> Samples:
    """At 16 kHz and -20 dBFS, without the silence around it."""
    samples = soxr.resample(samples, rate_hz, RATE_HZ)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    samples = samples[loud[0] : loud[-1] + 1]
    return (samples * 0.1 / level(samples)).astype(np.float32)


def level(samples: Samples) -> float:
    """Root mean square of its louder half."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    powers = np.sort(np.mean(frames**2, axis=1))
    return float(np.sqrt(np.mean(powers[len(powers) // 2 :])))


def walls(delay_ms: float = 40.0, echo_s: float = 0.25, gain_db: float = -6.0) -> Samples:
    """An impulse response: a direct sound, then noise that dies away by 60 dB within ``echo_s``."""
    count = round(echo_s * RATE_HZ)
    response = np.random.default_rng(7).standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    response[0] = 3.0
    response *= 10 ** (gain_db / 20) / np.sqrt((response**2).sum())
    return np.concatenate((np.zeros(round(delay_ms * RATE_HZ / 1000)), response)).astype(np.float32)


class SimulatedRoom:
    """A `homebody.voice.microphone.Microphone` that hears what a `PlaybackRing` plays, through walls, and a person.

    Args:
        ours: What the loudspeaker is to play, from the beginning.
        theirs: What the person says.
        at_s: When they begin.
    """

    problem = None
    late_ms = 0.0

    def __init__(self, ours: Samples, theirs: Samples | None = None, at_s: float = 0.0, room: Samples | None = None):
        self.reference = EchoReference()
        self.ring = PlaybackRing(RATE_HZ, gain=1.0, on_first=lambda _: None, on_read=lambda: None)
        self.ring.write(ours)
        self.played: list[Samples] = []
        self._room = walls() if room is None else room
        self._chunks = len(ours) // CHUNK_SAMPLES
        self._theirs = np.zeros(self._chunks * CHUNK_SAMPLES, np.float32)
        if theirs is not None:
            at = round(at_s * RATE_HZ)
            self._theirs[at : at + len(theirs)] += theirs
        self._noise = np.random.default_rng(3)
        self._before = np.zeros(len(self._room) - 1, np.float32)

    async def chunks(self) -> AsyncGenerator[Chunk, None]:
        for number in range(self._chunks):
            out = self.ring.read(CHUNK_SAMPLES, 0.0)
            self.played.append(out)
            self.reference.played(out, RATE_HZ)
            heard = np.concatenate((self._before, out))
            self._before = heard[CHUNK_SAMPLES:]
            size = len(heard) + len(self._room) - 1
            echo = np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(self._room, size), size)
            begin = number * CHUNK_SAMPLES
            sound = echo[len(self._room) - 1 : len(self._room) - 1 + CHUNK_SAMPLES]
            sound = sound + self._theirs[begin : begin + CHUNK_SAMPLES]
            sound = sound + self._noise.normal(0, 10 ** (-65 / 20), CHUNK_SAMPLES)
            yield Chunk(sound.astype(np.float32), (begin + CHUNK_SAMPLES) / RATE_HZ)

    def silent_after_s(self, since_s: float) -> float | None:
        """How long after this moment the loudspeaker fell silent for good; None: it did not."""
        sound = np.concatenate(self.played)
        loud = np.flatnonzero(np.abs(sound) > 0.001)
        ended_s = (loud[-1] + 1) / RATE_HZ if len(loud) else 0.0
        return max(0.0, ended_s - since_s) if ended_s < len(sound) / RATE_HZ - 1.0 else None
