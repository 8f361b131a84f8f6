"""What `bench voice` counts, apart from the devices."""

from __future__ import annotations

import datetime as dt
import wave
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench.pauses import lengths_ms
from homebody.bench.voice import LATE_MS, _copied, _false_starts, _whole, by_length, read_tape
from homebody.cli.bench import bench
from homebody.errors import UsageError
from homebody.ledger import Turn
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ, Audio
from homebody.voice.recordings import read_audio, write_wav

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
COMMAND = Recording(Path("x.wav"), "what time is it", 1300.0)


@given(st.lists(st.integers(-60_000, 120_000), max_size=10))
def test_a_turn_that_ended_while_nobody_spoke_is_a_false_start(ends_ms):
    commands = [(NOON, COMMAND), (NOON + dt.timedelta(seconds=30), COMMAND)]
    turns = [Turn(at=NOON + dt.timedelta(milliseconds=end_ms)) for end_ms in ends_ms]
    until_ms = COMMAND.speech_ended_ms + LATE_MS
    spoken = [0 <= end_ms <= until_ms or 30_000 <= end_ms <= 30_000 + until_ms for end_ms in ends_ms]
    assert _false_starts(turns, commands) == spoken.count(False)
    assert _false_starts([Turn(at=NOON + dt.timedelta(seconds=1))], commands) == 0
    assert _false_starts([Turn(at=NOON + dt.timedelta(seconds=20))], commands) == 1


def test_a_command_in_noise_is_the_same_command_at_the_devices_rate(tmp_path):
    recording = bundled()[0]
    noisy = _copied(tmp_path / "0.wav", recording, 10.0)
    quiet = _copied(tmp_path / "1.wav", recording, None)
    assert (noisy.text, noisy.speech_ended_ms) == (recording.text, recording.speech_ended_ms)
    sounds = [read_audio(one.path) for one in (recording, quiet, noisy)]
    assert {len(sound.samples) for sound in sounds} == {len(sounds[0].samples)}
    assert {sound.rate_hz for sound in sounds} == {RATE_HZ}
    assert np.abs(sounds[0].samples - sounds[1].samples).max() < 1e-4  # 16 bits
    assert np.abs(sounds[2].samples[:800]).mean() > 10 * np.abs(sounds[0].samples[:800]).mean()


def test_pauses_are_not_asked_for_together_with_noise_or_ones_own_recordings():
    result = CliRunner().invoke(bench, ["voice", "--pauses", "--noise", "10"], obj=None)
    assert isinstance(result.exception, UsageError)


def tape_of(path, room, loudspeaker):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.stack([loudspeaker, room], axis=1).astype("<i2").tobytes())
    return path


def test_a_persons_own_recordings_are_spoken_at_our_rate_so_that_they_are_found_again(tmp_path):
    sound = np.sin(np.arange(22_050) / 10).astype(np.float32) / 2
    write_wav(tmp_path / "mine.wav", Audio(sound, 22_050))
    chosen = _whole(tmp_path, 3, [Recording(tmp_path / "mine.wav", "hello", 900.0)], None)
    assert [(one.text, one.speech_ended_ms) for one in chosen] == [("hello", 900.0)] * 3
    assert read_audio(chosen[0].path).rate_hz == RATE_HZ
    with wave.open(str(chosen[0].path)) as file:
        assert file.getframerate() == RATE_HZ


def test_a_wait_is_counted_from_the_last_word_and_a_tape_with_a_gap_has_none(tmp_path):
    recording = bundled()[0]
    said = np.rint(read_audio(recording.path).samples * 32768).astype(np.int16)
    room = np.concatenate([np.zeros(4000, np.int16), said, np.zeros(RATE_HZ, np.int16)])
    loudspeaker = np.zeros_like(room)
    began = 4000 + round(recording.speech_ended_ms * RATE_HZ / 1000) + RATE_HZ // 2
    loudspeaker[began:] = 3000
    assert read_tape(tape_of(tmp_path / "whole.wav", room, loudspeaker), [recording]) == [500.0]
    gap = np.concatenate([room[:14_000], room[18_000:], np.zeros(4000, np.int16)])
    assert read_tape(tape_of(tmp_path / "gap.wav", gap, loudspeaker), [recording]) == [None]


def test_who_was_cut_off_is_told_by_the_length_of_the_pauses():
    lengths = lengths_ms(50)
    found = by_length(lengths, [number in {3, 40} for number in range(50)])
    assert [one.pause_ms for one in found] == [500.0, 1000.0, 1500.0]
    assert sum(one.turns for one in found) == 50
    assert sum(one.whole for one in found) == 48
    assert found[2].whole == found[2].turns
