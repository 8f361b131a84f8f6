"""What `bench voice` counts, apart from the devices."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench.voice import LATE_MS, _copied, _false_starts
from homebody.cli.bench import bench
from homebody.errors import UsageError
from homebody.ledger import Turn
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ
from homebody.voice.recordings import read_audio

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
