"""Earcons."""

from __future__ import annotations

import numpy as np
import pytest

from homebody.voice.earcons import LEVEL, TONES, earcon


@pytest.mark.parametrize("name", TONES)
def test_an_earcon_is_short_quiet_and_does_not_click(name):
    sound = earcon(name)
    assert 50 < sound.duration_ms < 300
    assert 0.5 * LEVEL < np.abs(sound.samples).max() <= LEVEL
    assert abs(sound.samples[0]) < 1e-6
    assert abs(sound.samples[-1]) < 1e-6
    assert np.abs(np.diff(sound.samples)).max() < 0.05


def test_each_earcon_sounds_different():
    pitches = [np.argmax(np.abs(np.fft.rfft(earcon(name).samples, 8192))) for name in TONES]
    assert len(set(pitches)) == len(TONES)
