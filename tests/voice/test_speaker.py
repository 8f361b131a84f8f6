"""Loudspeakers play everything to the last sample, stop at once, and survive their sound server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_portaudio import FakePortAudio
from fakes import FakeSpeaker
from homebody.errors import AudioStuck, NoSpeaker, NotWritable, UnknownDevice, UsageError
from homebody.options import SpeakerOptions
from homebody.voice.audio import Audio, Samples
from homebody.voice.playback import PlaybackRing
from homebody.voice.recordings import read_audio
from homebody.voice.speaker import PortAudioSpeaker, Progress, SilentSpeaker, Speaker, WavSpeaker
from homebody.voice.tee import Tee
from pulselab import PulseLab, find, read_pcm

pytestmark = pytest.mark.lengthy

LOUD = SpeakerOptions(volume_percent=100.0)


def noise(duration_s: float, rate_hz: int = 16_000) -> Samples:
    return np.random.default_rng(7).normal(0, 0.1, round(duration_s * rate_hz)).astype(np.float32)


async def sounds(*parts: Audio, then: Callable[[], object] | None = None) -> AsyncGenerator[Audio, None]:
    for part in parts:
        yield part
    if then:
        result = then()
        if asyncio.iscoroutine(result):
            await result


def fail() -> None:
    raise ValueError("no more")


async def forever() -> None:
    await asyncio.Event().wait()


async def cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


# --- what every speaker does ----------------------------------------------------------------------------------------


@pytest.fixture(params=["silent", "wav", "tee", "fake", "thread", pytest.param("pulse", marks=pytest.mark.audio)])
def speaker(request: pytest.FixtureRequest, tmp_path: Path) -> Speaker:
    if request.param == "pulse":
        request.getfixturevalue("pulse")
        return PortAudioSpeaker(SpeakerOptions(device="lab_spk"))
    made: dict[str, Callable[[], Speaker]] = {
        "silent": SilentSpeaker,
        "wav": lambda: WavSpeaker(tmp_path / "x.wav"),
        "tee": lambda: Tee(SilentSpeaker(), WavSpeaker(tmp_path / "x.wav")),
        "fake": FakeSpeaker,
        "thread": lambda: PortAudioSpeaker(LOUD, portaudio=FakePortAudio()),
    }
    return made[request.param]()


def test_it_plays_all_of_it_and_says_so(speaker: Speaker) -> None:
    async def run() -> None:
        firsts: list[float] = []
        progress = Progress()
        began_s = time.monotonic()
        audio = sounds(Audio(noise(0.1), 16_000), Audio(noise(0.05), 16_000))
        played = await speaker.play(audio, on_first_sample=firsts.append, progress=progress)
        await speaker.aclose()
        assert played.complete
        assert played.played_ms == pytest.approx(150, abs=1)
        assert firsts == [played.first_sample_at_s]
        assert began_s <= firsts[0] <= time.monotonic()
        assert progress.played() == played

    asyncio.run(run())


def test_nothing_to_play_is_played_at_once(speaker: Speaker) -> None:
    async def run() -> None:
        firsts: list[float] = []
        played = await speaker.play(sounds(Audio(noise(0), 16_000)), on_first_sample=firsts.append)
        await speaker.aclose()
        assert (played.first_sample_at_s, played.played_ms, played.complete, firsts) == (None, 0.0, True, [])

    asyncio.run(run())


def test_sounds_of_different_rates_follow_one_another(speaker: Speaker) -> None:
    async def run() -> None:
        audio = sounds(Audio(noise(0.1), 16_000), Audio(noise(0.1, 22_050), 22_050), Audio(noise(0.1), 16_000))
        played = await speaker.play(audio)
        await speaker.aclose()
        assert played.played_ms == pytest.approx(300, abs=3)

    asyncio.run(run())


def test_what_the_sound_raises_comes_out(speaker: Speaker) -> None:
    async def run() -> None:
        progress = Progress()
        with pytest.raises(ValueError, match="no more"):
            await speaker.play(sounds(Audio(noise(0.05), 16_000), then=fail), progress=progress)
        assert not progress.complete
        await speaker.aclose()

    asyncio.run(run())


def test_it_can_be_cancelled_and_used_again(speaker: Speaker) -> None:
    async def run() -> None:
        progress = Progress()
        audio = sounds(Audio(noise(0.2), 16_000), then=forever)
        task: asyncio.Task[object] = asyncio.create_task(speaker.play(audio, progress=progress))
        async with asyncio.timeout(20):
            while progress.first_sample_at_s is None:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await cancelled(task)
        assert not progress.complete
        assert progress.first_sample_at_s is not None
        assert 0 < progress.played_ms <= 201
        again = await speaker.play(sounds(Audio(noise(0.05), 16_000)))
        assert again.complete
        await speaker.aclose()

    asyncio.run(run())


def test_its_volume_has_bounds(speaker: Speaker) -> None:
    speaker.volume_percent = 35
    assert speaker.volume_percent == 35
    for impossible in (-1, 101):
        with pytest.raises(UsageError, match="impossible"):
            speaker.volume_percent = impossible
    assert speaker.volume_percent == 35
    speaker.muted = True
    assert speaker.muted


# --- the ring behind the device -------------------------------------------------------------------------------------


def ring(**options: object) -> PlaybackRing:
    return PlaybackRing(16_000, **{"gain": 1.0, "on_first": lambda _: None, "on_read": lambda: None, **options})  # type: ignore[arg-type]


@given(st.lists(st.integers(1, 700), max_size=12), st.lists(st.integers(1, 700), max_size=30))
def test_what_is_written_is_read_in_order_with_silence_where_it_is_late(writes: list[int], reads: list[int]) -> None:
    under_test, written, read = ring(), 0, []
    for number, frames in enumerate(reads):
        if number < len(writes):
            under_test.write(np.arange(written + 1, written + writes[number] + 1, dtype=np.float32))
            written += writes[number]
        block = under_test.read(frames, 0.0)
        assert len(block) == frames
        read.append(block[block > 0])
    got = np.concatenate([*read, np.zeros(0, dtype=np.float32)])
    assert np.array_equal(got, np.arange(1, len(got) + 1))
    assert under_test.taken == len(got) == written - under_test.queued


def test_a_change_of_volume_makes_no_step() -> None:
    under_test = ring(gain=0.0)
    under_test.write(np.ones(3200, dtype=np.float32))
    under_test.read(320, 0.0)
    under_test.set_gain(1.0)
    louder = under_test.read(320, 0.0)
    assert louder[0] == 0.0
    assert louder[-1] == 1.0
    assert float(np.abs(np.diff(louder)).max()) < 0.02


def test_what_is_cut_off_fades_out() -> None:
    under_test = ring()
    under_test.write(np.ones(16_000, dtype=np.float32))
    under_test.read(320, 0.0)
    under_test.cut()
    rest = under_test.read(320, 0.0)
    assert rest[0] == 1.0
    assert float(np.abs(np.diff(rest)).max()) < 0.02
    assert not under_test.read(320, 0.0).any()


# --- PortAudio, with a sound system in a thread ---------------------------------------------------------------------


def test_only_so_much_is_taken_in_advance() -> None:
    async def run() -> None:
        taken = 0

        async def endless() -> AsyncGenerator[Audio, None]:
            nonlocal taken
            while True:
                taken += 1
                yield Audio(noise(0.1), 16_000)

        speaker = PortAudioSpeaker(LOUD, portaudio=FakePortAudio())  # type: ignore[arg-type]
        task: asyncio.Task[object] = asyncio.create_task(speaker.play(endless()))
        await asyncio.sleep(0.3)
        await cancelled(task)
        await speaker.aclose()
        assert taken < 40

    asyncio.run(run())


def test_a_device_that_nothing_sounds_from_is_let_go_and_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homebody.voice.speaker.RESTS_AFTER_S", 0.2)

    async def run() -> None:
        system = FakePortAudio()
        speaker = PortAudioSpeaker(LOUD, portaudio=system)  # type: ignore[arg-type]

        async def let_go() -> None:
            async with asyncio.timeout(20):
                while system.streams:
                    await asyncio.sleep(0.01)

        for opened in (1, 2):
            played = await speaker.play(sounds(Audio(noise(0.6), 16_000)))  # longer than it rests after
            assert (played.complete, system.opened, system.streams) == (True, opened, 1)
            await let_go()
        await speaker.chime(Audio(noise(0.1), 22_050))
        assert (system.opened, system.streams) == (3, 1)
        await let_go()
        await speaker.aclose()

    asyncio.run(run())


def test_it_can_be_made_ready_and_the_next_sound_needs_no_opening() -> None:
    async def run() -> None:
        system = FakePortAudio()
        speaker = PortAudioSpeaker(LOUD, portaudio=system)  # type: ignore[arg-type]
        await speaker.chime(Audio(noise(0), 22_050))
        assert system.opened == 1
        assert (await speaker.play(sounds(Audio(noise(0.1), 16_000)))).complete
        assert system.opened == 1
        await speaker.aclose()

    asyncio.run(run())


def test_a_device_that_takes_only_another_rate_gets_that_rate() -> None:
    async def run() -> None:
        system = FakePortAudio(rate_hz=48_000)
        speaker = PortAudioSpeaker(LOUD, portaudio=system)  # type: ignore[arg-type]
        at_s = np.arange(16_000) / 16_000
        await speaker.play(sounds(Audio(np.sin(2 * np.pi * 440 * at_s).astype(np.float32) * 0.5, 16_000)))
        await speaker.aclose()
        sounded = np.concatenate(system.sounded)
        loud = np.flatnonzero(np.abs(sounded) > 0.1)
        assert (loud[-1] - loud[0]) / 48_000 == pytest.approx(1.0, abs=0.01)
        spectrum = np.abs(np.fft.rfft(sounded[loud[0] : loud[0] + 48_000]))
        assert int(spectrum.argmax()) == 440

    asyncio.run(run())


def test_a_device_lost_while_it_plays_is_taken_up_again() -> None:
    async def run() -> None:
        system = FakePortAudio()
        speaker = PortAudioSpeaker(LOUD, portaudio=system)  # type: ignore[arg-type]
        task = asyncio.create_task(speaker.play(sounds(Audio(noise(0.6), 16_000))))
        await asyncio.sleep(0.2)
        system.plugged = False
        await asyncio.sleep(0.2)
        system.plugged = True
        played = await task
        await speaker.aclose()
        assert played.complete
        assert system.opened == 2
        assert np.count_nonzero(np.concatenate(system.sounded)) > 0.9 * 0.6 * 16_000

    asyncio.run(run())


def test_a_device_that_does_not_come_back_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homebody.voice.playback.RECOVERY_LIMIT_S", 0.3)

    async def run() -> None:
        system = FakePortAudio()
        speaker = PortAudioSpeaker(LOUD, portaudio=system)  # type: ignore[arg-type]
        task = asyncio.create_task(speaker.play(sounds(Audio(noise(1.0), 16_000))))
        await asyncio.sleep(0.2)
        system.plugged = False
        with pytest.raises(NoSpeaker) as caught:
            await task
        assert caught.value.remedy
        system.plugged = True
        assert (await speaker.play(sounds(Audio(noise(0.1), 16_000)))).complete
        await speaker.aclose()

    asyncio.run(run())


def test_absent_unknown_and_hanging_devices_are_told_apart() -> None:
    async def run(system: FakePortAudio, device: str = "") -> None:
        speaker = PortAudioSpeaker(SpeakerOptions(device=device), portaudio=system)  # type: ignore[arg-type]
        await speaker.play(sounds(Audio(noise(0.1), 16_000)))

    absent, stuck = FakePortAudio(), FakePortAudio()
    absent.plugged, stuck.stuck = False, True
    with pytest.raises(NoSpeaker):
        asyncio.run(run(absent))
    with pytest.raises(UnknownDevice) as unknown:
        asyncio.run(run(FakePortAudio(), "Gramophone"))
    assert "Fake loudspeaker" in unknown.value.remedy
    with pytest.raises(AudioStuck) as caught:
        asyncio.run(run(stuck))
    assert caught.value.exit_code == 75


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_wav_file_holds_everything_that_was_played(tmp_path: Path) -> None:
    async def run() -> None:
        speaker = WavSpeaker(tmp_path / "x.wav")
        await speaker.play(sounds(Audio(noise(0.3), 16_000)))
        await speaker.play(sounds(Audio(noise(0.2), 16_000)))

    asyncio.run(run())
    written = read_audio(tmp_path / "x.wav")
    assert written.duration_ms == 500
    assert np.allclose(written.samples[:4800], noise(0.3), atol=1e-4)
    assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]


def test_a_file_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(NotWritable) as caught:
        asyncio.run(WavSpeaker(tmp_path / "nowhere" / "x.wav").play(sounds(Audio(noise(0.1), 16_000))))
    assert caught.value.remedy


def test_when_one_of_two_speakers_fails_its_error_comes_out(tmp_path: Path) -> None:
    both = Tee(FakeSpeaker(error=NoSpeaker("It is gone.", "Fetch it.")), SilentSpeaker())
    with pytest.raises(NoSpeaker, match="gone"):
        asyncio.run(both.play(sounds(Audio(noise(0.1), 16_000))))


# --- real sound -----------------------------------------------------------------------------------------------------


def speech(duration_s: float) -> Samples:
    """Noise that ends loudly, on a grid of 16 bits so that it can be found again exactly."""
    return (np.rint(noise(duration_s) * 32768) / 32768).astype(np.float32)


@pytest.mark.audio
def test_what_is_recorded_is_what_was_played_to_the_last_sample(pulse: PulseLab, tmp_path: Path) -> None:
    options = SpeakerOptions(device="lab_spk", volume_percent=100.0, latency_ms=500.0)  # underruns do not matter here
    audio = speech(2.0)

    async def run() -> None:
        speaker = PortAudioSpeaker(options)
        with pulse.recorded(tmp_path / "r.wav"):
            played = await speaker.play(sounds(Audio(audio[:9000], 16_000), Audio(audio[9000:], 16_000)))
            await speaker.aclose()
        assert played.complete

    asyncio.run(run())
    recorded, wanted = read_pcm(tmp_path / "r.wav"), np.rint(audio * 32768).astype(np.int16)
    at = find(recorded, wanted)
    assert at is not None
    assert np.array_equal(recorded[at : at + len(wanted)], wanted)


@pytest.mark.audio
@pytest.mark.parametrize("latency_ms", [60.0, 400.0])
def test_it_falls_silent_soon_after_it_was_cancelled(pulse: PulseLab, tmp_path: Path, latency_ms: float) -> None:
    async def run() -> tuple[float, Progress]:
        speaker = PortAudioSpeaker(SpeakerOptions(device="lab_spk", volume_percent=100.0, latency_ms=latency_ms))
        progress = Progress()
        task: asyncio.Task[object] = asyncio.create_task(
            speaker.play(sounds(Audio(speech(6.0), 16_000)), progress=progress)
        )
        await asyncio.sleep(1.5)
        cancelled_at_s = time.monotonic()
        await cancelled(task)
        await asyncio.sleep(0.5)
        await speaker.aclose()
        return cancelled_at_s, progress

    with pulse.recorded(tmp_path / "r.wav"):
        cancelled_at_s, progress = asyncio.run(run())
    loud = np.flatnonzero(np.abs(read_pcm(tmp_path / "r.wav").astype(np.int32)) > 300)
    sounded_s = (loud[-1] - loud[0]) / 16_000
    assert progress.first_sample_at_s is not None
    silent_after_ms = 1000 * (progress.first_sample_at_s + sounded_s - cancelled_at_s)
    assert silent_after_ms < 300  # 50 to 95 ms on an idle machine
    assert progress.played_ms == pytest.approx(1000 * sounded_s, abs=150)


@pytest.mark.audio
def test_it_speaks_again_when_its_server_is_back(pulse: PulseLab) -> None:
    async def run() -> None:
        speaker = PortAudioSpeaker(SpeakerOptions(device="lab_spk"))
        assert (await speaker.play(sounds(Audio(noise(0.2), 16_000)))).complete
        task = asyncio.create_task(speaker.play(sounds(Audio(noise(2.0), 16_000))))
        await asyncio.sleep(0.5)
        pulse.kill()
        await asyncio.sleep(0.5)
        pulse.start()
        assert (await task).complete
        await speaker.aclose()

    try:
        asyncio.run(run())
    finally:
        if not pulse.running:
            pulse.start()


@pytest.mark.audio
def test_an_unknown_loudspeaker_is_answered_with_those_there_are(pulse: PulseLab) -> None:
    with pytest.raises(UnknownDevice, match="Gramophone") as caught:
        PortAudioSpeaker(SpeakerOptions(device="Gramophone")).check()
    assert "lab_spk" in caught.value.remedy
