"""Earcons."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from homebody.options import EarconOptions
from homebody.voice.earcons import LEVEL, TONES, Earcons, earcon


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


def played(options, story):
    """How long the sounds were that a story brought."""
    sounds = []

    async def main():
        await story(Earcons(options, sounds.append))
        await asyncio.sleep(0.01)

    asyncio.run(main())
    return [sound.duration_ms for sound in sounds]


async def all_of(them):
    for name in TONES:
        them.play(name)


def test_each_earcon_can_be_switched_off():
    assert len(played(EarconOptions(), all_of)) == len(TONES)
    assert played(EarconOptions(woke=False, heard=False, error=False, timer=False), all_of) == []


def test_that_it_was_heard_is_told_where_the_answer_takes_its_time_and_not_where_it_has_begun():
    now = EarconOptions(heard_after_ms=0.0)

    async def slow(them):
        them.expect_answer()

    async def quick(them):
        them.expect_answer()
        them.cancel()

    assert len(played(now, slow)) == 1
    assert played(now, quick) == played(EarconOptions(), slow) == []
