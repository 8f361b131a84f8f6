"""What the judgement of the starter voice lets pass and what not."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from homebody.voice.audio import RATE_HZ, Audio
from voice.evaluate import Figures, Spoken, implausible, missed, table

GOOD = Figures(
    understood={"replies": 0.97, "english": 0.9}, words_a_second=3.0, pitch_hz=100.0, spread_semitones=2.5,
    same_twice=True, size_mb=3.6, loaded_ms=90, first_ms=11.0, slowest_ms=17.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "bars"),
    [
        ({}, []),
        ({"understood": {"replies": 0.97, "english": 0.79}}, ["words of english"]),
        ({"same_twice": False}, ["not the same sound twice"]),
        ({"size_mb": 8.1}, ["size"]),
        ({"same_twice": None, "size_mb": None}, []),
    ],
)
def test_a_voice_misses_the_bars_it_misses(change: dict[str, object], bars: list[str]):
    assert missed(msgspec.structs.replace(GOOD, **change)) == bars


def spoken(loudness: float, seconds: float) -> Spoken:
    samples = loudness * np.sin(np.arange(round(seconds * RATE_HZ)) / 10)
    silence = np.zeros(RATE_HZ)
    whole = np.concatenate((silence, samples, silence)).astype(np.float32)
    return Spoken({"replies": [("Your battery is almost empty.", Audio(whole, RATE_HZ))]}, 1.0, [1.0])


@pytest.mark.parametrize(("loudness", "seconds"), [(0.0, 2.0), (0.001, 2.0), (0.2, 0.3), (0.2, 20.0)])
def test_a_silent_hurried_or_endless_sentence_is_not_spoken(loudness: float, seconds: float):
    assert implausible(spoken(loudness, seconds)) == ["Your battery is almost empty."]


def test_a_sentence_of_usual_loudness_and_length_is():
    assert implausible(spoken(0.2, 2.0)) == []


def test_each_voice_has_its_column_and_what_it_has_not_is_left_empty():
    source = msgspec.structs.replace(GOOD, same_twice=None, size_mb=None, loaded_ms=None, first_ms=None)
    lines = table({"flite rms": source, "/somewhere/starter/voice": GOOD}).splitlines()
    assert lines[0].split() == ["flite", "rms", "starter/voice"]
    assert lines[1].split()[-4:] == ["97.0", "%", "97.0", "%"]
    assert [line.split()[-1] for line in lines if line.startswith("size")] == ["3.6"]
