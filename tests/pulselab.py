"""The private sound server of the tests, and what is on its recordings."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from homebody.bench.virtual_devices import VirtualDevices as PulseLab
from homebody.bench.virtual_devices import missing_programs

__all__ = ["Pcm", "PulseLab", "find", "missing_programs", "read_pcm", "write_pcm"]

Pcm = npt.NDArray[np.int16]


def read_pcm(path: Path) -> Pcm:
    """The samples of a mono 16-bit WAV file, also of one whose header was never finished."""
    with wave.open(str(path)) as file:
        pcm: Pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return pcm


def write_pcm(path: Path, samples: Pcm, *, rate_hz: int = 16_000) -> Path:
    """Write a mono 16-bit WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def find(haystack: Pcm, needle: Pcm, *, key_samples: int = 1600) -> int | None:
    """Where ``needle`` begins in ``haystack``, by an exact match of its first loud 100 ms; None if nowhere."""
    loud = int(np.argmax(np.abs(needle.astype(np.int32)) > 500))
    key, text = needle[loud : loud + key_samples].tobytes(), haystack.tobytes()
    at = text.find(key)
    while at >= 0:
        if at % 2 == 0 and at // 2 >= loud:
            return at // 2 - loud
        at = text.find(key, at + 1)
    return None
