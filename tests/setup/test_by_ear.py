"""Microphone and loudspeaker tried by ear: what is said about them is true."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeMicrophone, FakeSpeaker, FakeWakeWords
from homebody.errors import NoMicrophone, Problem
from homebody.options import MicrophoneOptions, SpeakerOptions, WakeOptions
from homebody.setup import by_ear
from homebody.setup.by_ear import meter, peak_dbfs, verdict
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Audio, Samples
from homebody.voice.wake_word import Sentry
from pulselab import PulseLab

SPEAKER, MONITOR = "lab_spk", "lab_mon"


def noise(peak: float, *, samples: int = RATE_HZ) -> Samples:
    made = np.random.default_rng(1).uniform(-1, 1, samples).astype(np.float32)
    return np.float32(peak) * made


@pytest.mark.parametrize(
    ("peak", "said"), [(0.0, "zeros"), (0.0005, "silence"), (0.005, "faint"), (0.3, "fine"), (30.0, "clipped")]
)
def test_a_recording_is_judged_by_its_level(peak: float, said: str) -> None:
    assert verdict(np.clip(noise(peak), -1, 1)) == said


def test_a_single_click_is_not_called_clipping() -> None:
    samples = noise(0.1)
    samples[100] = 1.0
    assert verdict(samples) == "fine"


@given(st.floats(-200, 50))
def test_the_meter_is_always_as_wide(level_dbfs: float) -> None:
    bar = meter(level_dbfs)
    assert bar.index("]") == by_ear.METER_COLUMNS + 1


def test_the_meter_rises_with_the_level() -> None:
    filled = [meter(level).count("#") for level in (-60, -40, -20, 0)]
    assert filled == [0, 13, 27, 40]


def test_the_tone_is_soft_and_begins_and_ends_without_a_click() -> None:
    tone = by_ear.tone()
    assert tone.duration_ms == pytest.approx(900)
    assert peak_dbfs(tone.samples) == pytest.approx(-12, abs=0.2)
    assert np.abs(np.diff(tone.samples)).max() < 0.1


def test_a_faint_recording_is_played_back_louder_but_noise_is_not_blown_up() -> None:
    assert peak_dbfs(by_ear.louder(Audio(noise(0.05), RATE_HZ)).samples) == pytest.approx(-6, abs=0.1)
    assert peak_dbfs(by_ear.louder(Audio(noise(0.001), RATE_HZ)).samples) == pytest.approx(-30, abs=0.1)
    assert not by_ear.louder(Audio(np.zeros(10, np.float32), RATE_HZ)).samples.any()


def test_so_much_is_recorded_as_was_asked_for_and_the_device_is_let_go() -> None:
    levels: list[float] = []
    microphone = FakeMicrophone(*[noise(0.5, samples=CHUNK_SAMPLES)] * 100)
    heard = asyncio.run(by_ear.record(microphone, 1.0, levels.append))
    assert RATE_HZ <= len(heard.samples) < RATE_HZ + CHUNK_SAMPLES
    assert len(levels) == 32
    assert microphone.readers == 0


def test_a_microphone_that_gives_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_ear, "SPARE_S", 0.05)
    microphone = FakeMicrophone(noise(0.5, samples=CHUNK_SAMPLES))
    microphone.problem = Problem("microphone", "deaf")
    with pytest.raises(NoMicrophone):
        asyncio.run(by_ear.record(microphone, 0.0, lambda _: None))
    assert microphone.readers == 0


def test_a_call_is_heard_and_the_device_let_go() -> None:
    words = FakeWakeWords()
    microphone = FakeMicrophone(*[noise(0.5, samples=CHUNK_SAMPLES)] * 100)
    words.say()
    woke = asyncio.run(by_ear.call(microphone, Sentry(words, WakeOptions()), 1.0))
    assert woke is not None
    assert woke.word == "okay_nabu"
    assert microphone.readers == 0


def test_nobody_is_waited_for_longer_than_was_said() -> None:
    microphone = FakeMicrophone(*[noise(0.5, samples=CHUNK_SAMPLES)] * 100)
    assert asyncio.run(by_ear.call(microphone, Sentry(FakeWakeWords(), WakeOptions()), 1.0)) is None
    assert microphone.readers == 0


def test_a_microphone_that_gives_nothing_is_told_instead_of_a_name_that_was_not_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(by_ear, "SPARE_S", 0.05)
    microphone = FakeMicrophone(noise(0.5, samples=CHUNK_SAMPLES))
    microphone.problem = Problem("microphone", "deaf")
    with pytest.raises(NoMicrophone):
        asyncio.run(by_ear.call(microphone, Sentry(FakeWakeWords(), WakeOptions()), 0.0))


def test_the_tone_is_played_whole() -> None:
    speaker = FakeSpeaker()
    asyncio.run(by_ear.play(speaker, by_ear.tone()))
    assert sum(len(sound.samples) for sound in speaker.sounds) == len(by_ear.tone().samples)


@pytest.mark.audio
def test_a_tone_goes_through_real_devices_and_is_heard(pulse: PulseLab, tmp_path: Path) -> None:
    from homebody.voice.microphone import PortAudioMicrophone
    from homebody.voice.speaker import PortAudioSpeaker

    async def hear() -> Audio:
        microphone = PortAudioMicrophone(MicrophoneOptions(device=MONITOR))
        async with aclosing(PortAudioSpeaker(SpeakerOptions(device=SPEAKER, latency_ms=300))) as speaker:
            recording = asyncio.create_task(by_ear.record(microphone, 4.0, lambda _: None))
            await asyncio.sleep(0.5)  # of real sound: the tone lies somewhere in the recording
            await by_ear.play(speaker, by_ear.tone())
            return await recording

    assert verdict(asyncio.run(hear()).samples) == "fine"
