"""Microphone, loudspeaker and wake word tried by ear: a tone, a level meter, a recording played back, a call."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Final, Literal

import numpy as np

from homebody.errors import NoMicrophone
from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.microphone import Microphone
from homebody.voice.speaker import Speaker
from homebody.voice.wake_word import Sentry, Woke

Verdict = Literal["zeros", "silence", "faint", "clipped", "fine"]

NOTES_HZ: Final = (523.25, 659.26, 783.99)  # C5, E5, G5: laptop speakers play them well
NOTE_S: Final = 0.3
FADE_S: Final = 0.02  # no click at the ends
FLOOR_DBFS: Final = -60.0
FAINT_DBFS: Final = -40.0  # peak; speech at half a metre is some 20 dB louder
SILENCE_DBFS: Final = -55.0  # peak; the noise of a room that nobody speaks in
CLIPPED: Final = 0.99
CLIPPED_SHARE: Final = 0.001
METER_COLUMNS: Final = 40
PLAY_DBFS: Final = -6.0  # a recording is played back with its peak there
MOST_GAIN_DB: Final = 30.0
SPARE_S: Final = 5.0  # a device may take so long to begin
NO_SOUND: Final = "The microphone gives no sound."
CONNECT: Final = "Choose another one, or connect it anew."

REMARKS: Final[dict[Verdict, str]] = {
    "zeros": "It gives exact zeros: it is muted, or (macOS) not allowed under System Settings, Privacy, Microphone.",
    "silence": "Nothing was to be heard; it may be muted, or not the one you speak into.",
    "faint": "You are faint; turn its level up, or come nearer.",
    "clipped": "You are too loud for it; turn its level down.",
    "fine": "You are well to be heard.",
}


def tone(rate_hz: int = RATE_HZ) -> Audio:
    """Three rising notes, 0.9 s, peak -12 dBFS."""
    at = np.arange(round(NOTE_S * rate_hz)) / rate_hz
    fade = np.minimum(1.0, np.minimum(at, NOTE_S - at) / FADE_S)
    notes = [0.25 * fade * np.sin(2 * np.pi * note_hz * at) for note_hz in NOTES_HZ]
    return Audio(np.concatenate(notes).astype(np.float32), rate_hz)


def peak_dbfs(samples: Samples) -> float:
    """The loudest sample, in dB of full scale; `FLOOR_DBFS` at least."""
    peak = float(np.max(np.abs(samples), initial=0.0))
    return max(FLOOR_DBFS, 20 * math.log10(peak)) if peak > 0 else FLOOR_DBFS


def meter(level_dbfs: float) -> str:
    """A bar of `METER_COLUMNS` for a peak from `FLOOR_DBFS` to 0."""
    share = (min(0.0, max(FLOOR_DBFS, level_dbfs)) - FLOOR_DBFS) / -FLOOR_DBFS
    filled = round(METER_COLUMNS * share)
    return f"[{'#' * filled}{'.' * (METER_COLUMNS - filled)}] {level_dbfs:4.0f} dB"


def verdict(samples: Samples) -> Verdict:
    """How well somebody who spoke meanwhile is to be heard."""
    loud = np.abs(samples)
    if not loud.any():
        return "zeros"
    if float(np.mean(loud >= CLIPPED)) > CLIPPED_SHARE:
        return "clipped"
    peak = peak_dbfs(samples)
    return "silence" if peak < SILENCE_DBFS else "faint" if peak < FAINT_DBFS else "fine"


def louder(audio: Audio) -> Audio:
    """With its peak at `PLAY_DBFS`, by `MOST_GAIN_DB` at most: so that a faint recording can be judged by ear."""
    gain_db = min(MOST_GAIN_DB, PLAY_DBFS - peak_dbfs(audio.samples))
    return Audio((audio.samples * 10 ** (gain_db / 20)).astype(np.float32), audio.rate_hz)


async def record(microphone: Microphone, seconds: float, level: Callable[[float], object]) -> Audio:
    """Hear for so long.

    Args:
        microphone: Is opened and closed again.
        seconds: Of sound.
        level: Told the peak of each 32 ms, in dBFS.

    Raises:
        NoMicrophone: Nothing came in time, or as `Microphone.chunks`.
    """
    heard: list[Samples] = []
    missing = round(seconds * RATE_HZ)
    try:
        async with asyncio.timeout(seconds + SPARE_S), aclosing(microphone.chunks()) as chunks:
            async for chunk in chunks:
                heard.append(chunk.samples)
                missing -= len(chunk.samples)
                level(peak_dbfs(chunk.samples))
                if missing <= 0:
                    break
    except TimeoutError:
        if not heard:
            raise NoMicrophone(NO_SOUND, CONNECT) from None
    return Audio(np.concatenate(heard) if heard else np.zeros(0, dtype=np.float32), RATE_HZ)


async def call(microphone: Microphone, sentry: Sentry, seconds: float) -> Woke | None:
    """Wait to be called by name; None: nobody did for so long.

    Args:
        microphone: Is opened and closed again.
        sentry: Knows the name.
        seconds: Of sound.

    Raises:
        NoMicrophone: Nothing came in time, or as `Microphone.chunks`.
    """
    missing = round(seconds * RATE_HZ)
    heard = False
    try:
        async with asyncio.timeout(seconds + SPARE_S), aclosing(microphone.chunks()) as chunks:
            async for chunk in chunks:
                heard = True
                missing -= len(chunk.samples)
                if woke := sentry.hear(chunk, speaking=False):
                    return woke
                if missing <= 0:
                    break
    except TimeoutError:
        if not heard:
            raise NoMicrophone(NO_SOUND, CONNECT) from None
    return None


async def play(speaker: Speaker, audio: Audio) -> None:
    """Play to the last sample; raises as `Speaker.play`."""

    async def once() -> AsyncIterator[Audio]:
        yield audio

    await speaker.play(once())
