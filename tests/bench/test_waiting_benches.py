"""The benches of waiting to be called: an evening's sound, and the figures made of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from homebody.bench import idle, wake
from homebody.bench.evening import Evening
from homebody.options import VoiceOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk

pytestmark = pytest.mark.processes


@pytest.fixture
def evening():
    return Evening(seed=3)


def test_an_evening_is_talk_music_and_noise_of_some_loudness_and_the_same_each_time(evening):
    pieces = list(itertools.islice(evening.pieces(), 12))
    assert len({kind for kind, _ in pieces}) > 1
    for _, sound in pieces:
        assert sound.dtype == np.float32
        assert 0.5 < len(sound) / RATE_HZ < 60
        assert 0.01 < np.sqrt(np.mean(sound**2)) < 0.2
    again = list(itertools.islice(Evening(seed=3).pieces(), 12))
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(pieces, again, strict=True))


@pytest.mark.models
def test_whoever_calls_is_heard_and_what_they_say_next_is_their_turn(evening):
    pytest.importorskip("pymicro_wakeword")
    listener = wake.Listener(VoiceOptions())
    sound = evening.call("okay nabu what time is it", "espeak-ng", "en-us")
    chunks = [sound[at : at + CHUNK_SAMPLES] for at in range(0, len(sound) - CHUNK_SAMPLES, CHUNK_SAMPLES)]
    for number, samples in enumerate(chunks):
        listener.hear(Chunk(samples, number * CHUNK_MS / 1000))
    listener.close()
    assert (listener.wakes, listener.turns, listener.turns_without_wake) == (1, 1, 0)


@pytest.mark.parametrize("name", idle.ROOMS)
def test_a_room_is_never_silent_and_goes_round_without_a_seam(name):
    sound, over = idle.sound_of(name), round(idle.FADE_S * RATE_HZ)
    around = np.concatenate((sound, np.zeros(len(sound) - over, np.float32)))
    around[len(sound) - over :] += sound
    frames = around[over : len(sound) + over].reshape(-1, RATE_HZ // 10)
    levels_db = 10 * np.log10(np.mean(frames**2, axis=1))
    floor_dbfs = idle.ROOMS[name][0]
    assert levels_db.min() > floor_dbfs - 10  # pink noise goes up and down
    if name != "talk":
        seam = levels_db[-20:]
        assert np.mean(seam) == pytest.approx(floor_dbfs, abs=2)
        assert levels_db.max() < floor_dbfs + 10
