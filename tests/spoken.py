"""What somebody says into the virtual microphone, as loud as people speak, and a loudspeaker in the same room."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from homebody import profile as profiles
from homebody.profile import Profile
from homebody.voice.audio import Samples
from homebody.voice.recordings import read_audio
from pulselab import PulseLab, write_pcm
from simulated_room import at_one_level

ECHO_MS = 40
ECHO = "module-loopback", "source=spk.monitor", "sink=room", f"latency_msec={ECHO_MS}"


def saved(folder: Path, name: str, *sounds: tuple[Samples, int]) -> Path:
    """A recording at -20 dBFS, with the sounds one right after the other."""
    whole = np.concatenate([at_one_level(*sound) if sound[0].any() else sound[0] for sound in sounds])
    return write_pcm(folder / f"{name}.wav", np.clip(whole, -1, 1) * 32767)


def espeak(folder: Path, text: str, voice: str = "en-us") -> tuple[Samples, int]:
    """A robot says it."""
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    path = folder / "espeak.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True, timeout=30)
    audio = read_audio(path)
    return audio.samples, audio.rate_hz


def quiet(seconds: float) -> tuple[Samples, int]:
    """Nobody says anything."""
    return np.zeros(round(16_000 * seconds), np.float32), 16_000


def profile_with(**voice: Any) -> Profile:
    """The usual profile, but for these of ``voice``."""
    profile = profiles.load()
    return msgspec.structs.replace(profile, voice=msgspec.structs.replace(profile.voice, **voice))


@contextmanager
def echoing(pulse: PulseLab) -> Iterator[None]:
    """The loudspeaker stands in the microphone's room: heard there `ECHO_MS` later, and as loud."""
    module = pulse.pactl("load-module", *ECHO).strip()
    try:
        yield
    finally:
        pulse.pactl("unload-module", module)
