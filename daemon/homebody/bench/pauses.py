"""Sentences with pauses for thought, made from the bundled recordings: silence put in where people stop.

Each place is after words that leave something open ("set a timer ...", "what is fifteen ..."), at the quietest moment
between two words, found with a level meter and checked with the starter recogniser.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.recordings import read_audio, write_wav

PAUSES_MS: Final = (500.0, 1000.0, 1500.0)
FADE_MS: Final = 4.0  # a word does not end in a click

# Recording, and where in it somebody stops, in milliseconds.
PLACES: Final = (
    ("timer.wav", (1040.0,)),  # set a timer | for eight minutes
    ("volume.wav", (1440.0,)),  # set the volume to | forty percent
    ("question.wav", (760.0,)),  # what is the | capital of france
    ("maths.wav", (700.0,)),  # what is | fifteen plus twenty seven
    ("maths.wav", (1260.0,)),  # what is fifteen | plus twenty seven
    ("maths.wav", (1650.0,)),  # what is fifteen plus | twenty seven
    ("memory.wav", (810.0,)),  # how much | memory is free
    ("timer-left.wav", (770.0,)),  # how much | time is left on the timer
    ("timer-left.wav", (1170.0,)),  # how much time is | left on the timer
    ("date.wav", (490.0,)),  # what | is the date today
    ("volume.wav", (770.0, 1440.0)),  # set the | volume to | forty percent
    ("maths.wav", (700.0, 1260.0)),  # what is | fifteen | plus twenty seven
)


def lengths_ms(count: int) -> list[float]:
    """How long the pauses are in each of the recordings of `paused`."""
    return list(itertools.islice(itertools.cycle(pause_ms for pause_ms in PAUSES_MS for _ in PLACES), count))


def paused(folder: Path, count: int) -> list[Recording]:
    """So many recordings with pauses, written into ``folder``: every place with every length in turn."""
    known = {recording.path.name: recording for recording in bundled()}
    made: dict[tuple[str, tuple[float, ...], float], Recording] = {}
    for (name, places_ms), pause_ms in itertools.product(PLACES, PAUSES_MS):
        path = folder / f"{len(made)}.wav"
        sound = with_pauses(read_audio(known[name].path).samples, places_ms, pause_ms)
        write_wav(path, Audio(sound, RATE_HZ))
        ended_ms = known[name].speech_ended_ms + pause_ms * len(places_ms)
        made[name, places_ms, pause_ms] = Recording(path, known[name].text, ended_ms)
    order = [(name, places_ms, pause_ms) for pause_ms in PAUSES_MS for name, places_ms in PLACES]
    return [made[key] for key in itertools.islice(itertools.cycle(order), count)]


def with_pauses(speech: Samples, places_ms: tuple[float, ...], pause_ms: float) -> Samples:
    """The same speech, float32 at 16 kHz, with silence of this length put in at each place."""
    silence = np.zeros(round(pause_ms * RATE_HZ / 1000), np.float32)
    parts = list(_parts(speech, places_ms))
    return np.concatenate([sound for part in parts for sound in (part, silence)][:-1])


def _parts(speech: Samples, places_ms: tuple[float, ...]) -> Iterator[Samples]:
    fade = np.linspace(1, 0, round(FADE_MS * RATE_HZ / 1000), dtype=np.float32)
    marks = [0, *(round(place_ms * RATE_HZ / 1000) for place_ms in places_ms), len(speech)]
    for begin, end in itertools.pairwise(marks):
        part = speech[begin:end].copy()
        if end != len(speech):
            part[-len(fade) :] *= fade
        if begin:
            part[: len(fade)] *= fade[::-1]
        yield part
