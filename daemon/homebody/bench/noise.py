"""Speech with noise under it, at a known ratio, and recordings of people's own. Pure but for reading files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from homebody.errors import UsageError
from homebody.starter import Recording
from homebody.voice.audio import Samples

RATIOS_DB: Final = (20.0, 10.0, 5.0)
SPEECH_LEVEL: Final = 0.01  # as a part of the loudest: what is quieter is a pause and does not count as speech
PEAK: Final = 0.99


def pink(count: int, seed: int = 7) -> Samples:
    """Pink noise (its power falls by 3 dB an octave, as that of rain does), RMS 1, float32, shape (count,)."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(max(2, count)))
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, max(2, count))[:count]
    level = float(np.sqrt(np.mean(noise**2))) or 1.0
    return (noise / level).astype(np.float32)


def with_noise(speech: Samples, ratio_db: float, noise: Samples) -> Samples:
    """Speech and noise, the speech so many decibels above; pauses do not count as speech. Scaled where it would clip.

    Args:
        speech: float32, shape (n,).
        ratio_db: Of the powers.
        noise: Of RMS 1, at least as long.
    """
    power = speech_power(speech)
    mixed = speech + noise[: len(speech)] * np.float32(np.sqrt(power / 10 ** (ratio_db / 10)))
    peak = float(np.abs(mixed).max(initial=0.0))
    return (mixed * np.float32(min(1.0, PEAK / peak)) if peak else mixed).astype(np.float32)


def speech_power(speech: Samples) -> float:
    """The mean square of what is not a pause."""
    loud = np.abs(speech) > SPEECH_LEVEL * float(np.abs(speech).max(initial=0.0))
    return float(np.mean(speech[loud].astype(np.float64) ** 2)) if loud.any() else 0.0


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: str
    text: str
    speech_ended_ms: float


def own_recordings(manifest: Path) -> list[Recording]:
    """People's own recordings: JSON lines of ``{"file", "text", "speech_ended_ms"}``, files beside the manifest.

    Raises:
        UsageError: A line is not that, or names a file that is not there; the line's number is named.
    """
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{manifest} cannot be read.", "Give a file of JSON lines.") from error
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError as error:
            remedy = 'Write lines of {"file": "one.wav", "text": "what time is it", "speech_ended_ms": 1300}.'
            raise UsageError(f"{manifest}, line {number}: {error}.", remedy) from error
        path = manifest.parent / entry.file
        if not path.is_file():
            raise UsageError(f"{manifest}, line {number}: there is no {path}.", "Put the recording there.")
        found.append(Recording(path, entry.text, entry.speech_ended_ms))
    return found
