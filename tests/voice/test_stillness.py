"""Whether the room is still."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ
from homebody.voice.noise import pink
from homebody.voice.stillness import LOUDER_DB, RISE_DB_PER_S, STAYS_S, Stillness

CHUNK_S = CHUNK_SAMPLES / RATE_HZ
TONE = np.sin(np.arange(CHUNK_SAMPLES) * 2 * np.pi * 1000 / RATE_HZ).astype(np.float32)  # of 1 kHz
LEVELS_DB = st.lists(st.floats(-80, -1), min_size=1, max_size=200)


def fed(levels_db):
    room = Stillness()
    return [room.feed(TONE * np.float32(10 ** (level_db / 20))) for level_db in levels_db]


@given(LEVELS_DB)
def test_what_is_louder_than_some_sound_before_is_never_still_nor_is_what_follows(levels_db):
    still = fed(levels_db)
    for now, level_db in enumerate(levels_db):
        if any(
            level_db > earlier_db + LOUDER_DB + RISE_DB_PER_S * CHUNK_S * (now - at) + 0.01
            for at, earlier_db in enumerate(levels_db[:now])
        ):
            assert not any(still[now : now + int(STAYS_S / CHUNK_S)])


@given(LEVELS_DB, st.floats(-80, -1))
def test_a_sound_that_stays_the_same_is_still_at_last(levels_db, level_db):
    assert fed([*levels_db, *[level_db] * round(40 / CHUNK_S)])[-1]


def test_a_rumbling_room_is_a_still_one():
    room, noise = Stillness(), pink(60 * RATE_HZ) * np.float32(0.002)
    still = [room.feed(noise[at : at + CHUNK_SAMPLES]) for at in range(0, len(noise) - CHUNK_SAMPLES, CHUNK_SAMPLES)]
    assert all(still[len(still) // 2 :])


def test_silence_of_zeros_is_a_still_room():
    room = Stillness()
    assert [room.feed(np.zeros(CHUNK_SAMPLES, np.float32)) for _ in range(100)][-1]
