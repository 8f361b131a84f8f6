"""The private sound server of the tests, and what is on its recordings."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from homebody.bench.virtual_devices import VirtualDevices as PulseLab
from homebody.bench.virtual_devices import missing_programs

__all__ = ["Pcm", "PulseLab", "find", "missing_programs", "read_pcm", "until_sounding", "until_spoken", "write_pcm"]

STEP_S = 0.2
HEADER_BYTES = 44  # of a WAV file
AUDIBLE = 64

Pcm = npt.NDArray[np.int16]


def read_pcm(path: Path) -> Pcm:
    """The samples of a mono 16-bit WAV file, also of one whose header was never finished."""
    with wave.open(str(path)) as file:
        pcm: Pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return pcm


async def until_sounding(path: Path, *, sound_ms: float = 1000.0) -> None:
    """Until so much has sounded on a recording that is being made at 16 kHz, however busy the machine is."""
    while len(_loud(path)[0]) < 16 * sound_ms:
        await asyncio.sleep(STEP_S)


async def until_spoken(path: Path, *, quiet_ms: float = 3000.0) -> None:
    """Until something has sounded on a recording that is being made at 16 kHz, and then nothing for a while."""
    while True:
        loud, count = _loud(path)
        if len(loud) and count - loud[-1] > 16 * quiet_ms:
            return
        await asyncio.sleep(STEP_S)


def _loud(path: Path) -> tuple[npt.NDArray[np.intp], int]:
    """Which samples are no silence, and how many there are."""
    data = path.read_bytes()[HEADER_BYTES:]
    samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
    return np.flatnonzero(np.abs(samples.astype(np.int32)) >= AUDIBLE), len(samples)


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
