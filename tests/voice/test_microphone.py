"""Microphones deliver chunks of 32 ms with their time, say why they are deaf, and hear again by themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_portaudio import FakePortAudio
from fakes import FakeMicrophone
from homebody.errors import AudioStuck, NoMicrophone, UnknownDevice
from homebody.options import MicrophoneOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Audio, Chunk, Samples
from homebody.voice.devices import list_devices
from homebody.voice.microphone import Microphone, PortAudioMicrophone, Rechunker, WavMicrophone
from homebody.voice.portaudio import Device, PortAudio, SampleClock, choose, on_monotonic_clock
from homebody.voice.sources import Sources
from pulselab import PulseLab, find, write_pcm

pytestmark = pytest.mark.lengthy

QUICK = MicrophoneOptions(stall_ms=400.0, zeros_ms=600.0)
HANG_GUARD_S = 20.0


def tone(duration_s: float, rate_hz: int = RATE_HZ) -> Samples:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(np.float32)


async def hear(microphone: Microphone, count: int) -> list[Chunk]:
    heard: list[Chunk] = []
    async with asyncio.timeout(HANG_GUARD_S), aclosing(microphone.chunks()) as chunks:
        async for chunk in chunks:
            heard.append(chunk)
            if len(heard) == count:
                break
    return heard


class Listener:
    """Reads a microphone in the background."""

    def __init__(self, microphone: PortAudioMicrophone) -> None:
        self.microphone = microphone
        self.chunks: list[Chunk] = []

    async def __aenter__(self) -> Listener:
        self._task = asyncio.create_task(self._read())
        await self.until(lambda: len(self.chunks) > 2)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(HANG_GUARD_S):
            while not condition():
                if self._task.done():
                    self._task.result()
                    raise RuntimeError("the microphone ended")
                await asyncio.sleep(0.01)

    async def hears_again(self) -> None:
        """Sound comes, and nothing is wrong any more."""
        before = len(self.chunks)
        await self.until(lambda: len(self.chunks) > before + 3 and self.microphone.problem is None)

    async def is_deaf(self, why: str) -> None:
        await self.until(lambda: self.microphone.problem is not None and why in self.microphone.problem.problem)
        assert self.microphone.problem is not None
        assert self.microphone.problem.remedy

    async def _read(self) -> None:
        async with aclosing(self.microphone.chunks()) as chunks:
            async for chunk in chunks:
                self.chunks.append(chunk)


# --- what every microphone does -------------------------------------------------------------------------------------


@pytest.fixture(params=["fake", "wav", "wav in real time", "thread", pytest.param("pulse", marks=pytest.mark.audio)])
def microphone(request: pytest.FixtureRequest) -> Microphone:
    if request.param == "pulse":
        request.getfixturevalue("pulse")
        return PortAudioMicrophone(MicrophoneOptions(device="lab_mic"))
    made: dict[str, Callable[[], Microphone]] = {
        "fake": lambda: FakeMicrophone(*[np.zeros(CHUNK_SAMPLES, dtype=np.float32)] * 20),
        "wav": lambda: WavMicrophone(Audio(tone(1.0), RATE_HZ), realtime=False),
        "wav in real time": lambda: WavMicrophone(Audio(tone(1.0), RATE_HZ), realtime=True),
        "thread": lambda: PortAudioMicrophone(QUICK, portaudio=FakePortAudio()),  # type: ignore[arg-type]
    }
    return made[request.param]()


def test_chunks_have_one_size_and_follow_one_another_in_time(microphone: Microphone) -> None:
    heard = asyncio.run(hear(microphone, 20))
    assert len(heard) == 20
    for chunk in heard:
        assert chunk.samples.shape == (CHUNK_SAMPLES,)
        assert chunk.samples.dtype == np.float32
    steps_ms = 1000 * np.diff([chunk.at_s for chunk in heard])
    assert (steps_ms > 0).all()
    assert np.median(steps_ms) == pytest.approx(CHUNK_MS, rel=0.3)
    assert microphone.problem is None


def test_it_can_be_left_and_read_again(microphone: Microphone) -> None:
    async def run() -> None:
        assert len(await hear(microphone, 3)) == 3
        assert len(await hear(microphone, 3)) == 3

    asyncio.run(run())


# --- recordings -----------------------------------------------------------------------------------------------------


def test_a_recording_lies_between_two_stretches_of_quiet_room() -> None:
    speech = tone(0.5, 48_000)
    heard = asyncio.run(hear(WavMicrophone(Audio(speech, 48_000), realtime=False, lead_ms=320, tail_ms=640), 10_000))
    sound = np.concatenate([chunk.samples for chunk in heard])
    assert len(sound) == -(-(5120 + 8000 + 10_240) // CHUNK_SAMPLES) * CHUNK_SAMPLES
    room = sound[:5000]
    assert 20 * np.log10(np.sqrt(np.mean(room**2))) == pytest.approx(-70, abs=1)
    assert float(np.abs(sound[5200:13_000]).max()) > 0.25
    assert float(np.abs(sound[13_200:]).max()) < 0.01


def test_without_noise_the_recording_is_kept_sample_by_sample() -> None:
    speech = tone(0.2)
    heard = asyncio.run(hear(WavMicrophone(Audio(speech, RATE_HZ), realtime=False, lead_ms=0, noise_dbfs=None), 10_000))
    assert np.array_equal(np.concatenate([chunk.samples for chunk in heard])[: len(speech)], speech)


def test_in_real_time_a_slow_reader_does_not_shift_the_schedule() -> None:
    async def run() -> list[Chunk]:
        heard = []
        microphone = WavMicrophone(Audio(tone(0.3), RATE_HZ), realtime=True, lead_ms=0, tail_ms=0)
        async with aclosing(microphone.chunks()) as chunks:
            async for chunk in chunks:
                assert time.monotonic() >= chunk.at_s - 0.001
                heard.append(chunk)
                if len(heard) == 2:
                    await asyncio.sleep(0.1)
        return heard

    assert np.allclose(np.diff([chunk.at_s for chunk in asyncio.run(run())]), CHUNK_MS / 1000)


# --- arithmetic -----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=20))
def test_chunks_are_the_blocks_cut_anew(lengths: list[int]) -> None:
    rechunker, sound, at_s = Rechunker(RATE_HZ), np.arange(sum(lengths), dtype=np.float32), 0.0
    chunks: list[Chunk] = []
    for end, length in zip(np.cumsum(lengths), lengths, strict=True):
        at_s = float(end) / RATE_HZ
        chunks += rechunker.feed(sound[end - length : end], at_s)
    whole = len(sound) // CHUNK_SAMPLES * CHUNK_SAMPLES
    got = np.concatenate([chunk.samples for chunk in chunks]) if chunks else np.zeros(0)
    assert np.array_equal(got, sound[:whole])
    for number, chunk in enumerate(chunks, start=1):
        assert chunk.at_s == pytest.approx(number * CHUNK_SAMPLES / RATE_HZ)


@pytest.mark.parametrize("rate_hz", [8000, 44_100, 48_000])
def test_any_rate_becomes_16_khz_without_a_gap_and_in_time(rate_hz: int) -> None:
    rechunker, block = Rechunker(rate_hz), rate_hz // 50
    sound = tone(2.0, rate_hz)
    chunks: list[Chunk] = []
    for at in range(0, len(sound), block):
        chunks += rechunker.feed(sound[at : at + block], (at + block) / rate_hz)
    got = np.concatenate([chunk.samples for chunk in chunks])
    assert len(got) > 0.95 * 2 * RATE_HZ
    middle = slice(RATE_HZ // 2, RATE_HZ)
    assert np.corrcoef(got[middle], tone(2.0)[middle])[0, 1] > 0.999
    assert chunks[30].at_s == pytest.approx(31 * CHUNK_SAMPLES / RATE_HZ, abs=0.005)


@given(st.lists(st.floats(0, 0.08), min_size=5, max_size=60))
def test_late_callbacks_do_not_move_the_samples_time(delays_s: list[float]) -> None:
    clock = SampleClock(RATE_HZ)
    clock.stamp(CHUNK_SAMPLES, 0.032)
    for number, delay_s in enumerate(delays_s, start=2):
        true_s = number * 0.032
        assert clock.stamp(CHUNK_SAMPLES, true_s + delay_s) == pytest.approx(true_s, abs=0.002)


def test_after_samples_were_lost_the_clock_starts_anew() -> None:
    clock = SampleClock(RATE_HZ)
    clock.stamp(CHUNK_SAMPLES, 1.0)
    assert clock.stamp(CHUNK_SAMPLES, 9.0) == pytest.approx(9.0)


def test_a_backend_that_tells_no_time_is_believed_to_be_in_time() -> None:
    now_s = time.monotonic()
    assert on_monotonic_clock(0.0, 0.0, fallback_s=-0.5) == pytest.approx(now_s - 0.5, abs=0.2)
    assert on_monotonic_clock(9.5, 10.0, fallback_s=9) == pytest.approx(now_s - 0.5, abs=0.2)
    assert on_monotonic_clock(500.0, 10.0, fallback_s=0.0) == pytest.approx(now_s, abs=0.2)


@pytest.mark.parametrize(
    ("name", "chosen"), [("", "Built-in"), ("usb", "USB Audio"), ("USB Audio", "USB Audio"), ("camera", "Camera USB")]
)
def test_part_of_its_name_is_enough_for_a_device(name: str, chosen: str) -> None:
    devices = [
        Device(0, "USB Audio 2", "A", 0, 2, 48_000),
        Device(1, "USB Audio", "A", 1, 0, 48_000),
        Device(2, "Camera USB", "A", 2, 0, 48_000),
        Device(3, "Built-in", "A", 1, 1, 48_000, is_default_input=True),
    ]
    assert choose(devices, "input", name).name == chosen


# --- PortAudio, with a sound system in a thread ---------------------------------------------------------------------


def made(
    system: FakePortAudio, device: str = "", hears_from: Callable[[], str | None] = lambda: None
) -> PortAudioMicrophone:
    options = MicrophoneOptions(device=device, stall_ms=400.0, zeros_ms=600.0)
    return PortAudioMicrophone(options, hears_from=hears_from, portaudio=system)  # type: ignore[arg-type]


def test_a_device_of_another_rate_is_heard_as_well() -> None:
    system = FakePortAudio(rate_hz=44_100)
    system.heard = tone(1.0, 44_100)
    heard = np.concatenate([chunk.samples for chunk in asyncio.run(hear(made(system), 30))])
    assert np.abs(np.fft.rfft(heard[2000 : 2000 + 8000])).argmax() * 2 == 440


@pytest.mark.parametrize("patience_ms", [(0.0,), (100.0,), (250.0,), (250.0, 0.0, 100.0)])
def test_however_late_sound_may_come_none_of_it_is_lost_and_its_time_is_the_same(
    patience_ms: tuple[float, ...],
) -> None:
    system = FakePortAudio()
    spoken = (np.arange(RATE_HZ + 1, dtype=np.float32) + 1) / (2 * RATE_HZ)
    system.heard = spoken.copy()
    microphone = made(system)

    async def run() -> list[Chunk]:
        heard: list[Chunk] = []
        async with asyncio.timeout(HANG_GUARD_S), aclosing(microphone.chunks()) as chunks:
            async for chunk in chunks:
                microphone.late_ms = patience_ms[len(heard) // 5 % len(patience_ms)]
                heard.append(chunk)
                if len(heard) == 36:
                    break
        return heard

    heard = asyncio.run(run())
    assert np.array_equal(np.concatenate([chunk.samples for chunk in heard])[: len(spoken)], spoken)
    assert np.median(np.diff([chunk.at_s for chunk in heard])) == pytest.approx(CHUNK_MS / 1000, rel=0.1)


def test_what_was_kept_back_comes_as_soon_as_somebody_is_in_a_hurry() -> None:
    async def run() -> None:
        system = FakePortAudio()
        async with Listener(made(system)) as listener:
            listener.microphone.late_ms = 600_000.0
            await asyncio.sleep(0.4)  # it may have begun to wait before
            before = len(listener.chunks)
            await asyncio.sleep(0.3)
            kept_back = len(listener.chunks) == before
            listener.microphone.late_ms = 0.0
            await listener.until(lambda: len(listener.chunks) > before + 5)
            assert kept_back

    asyncio.run(run())


def test_a_device_that_vanishes_and_returns_is_heard_again() -> None:
    async def run() -> None:
        system = FakePortAudio()
        async with Listener(made(system)) as listener:
            system.plugged = False
            await listener.is_deaf("went away")
            system.plugged = True
            await listener.hears_again()

    asyncio.run(run())


def test_a_device_that_stops_delivering_is_opened_again() -> None:
    async def run() -> None:
        system = FakePortAudio()
        async with Listener(made(system)) as listener:
            system.stalled = True
            await listener.is_deaf("stopped delivering")
            system.stalled = False
            await listener.hears_again()
            assert system.opened >= 2

    asyncio.run(run())


def test_after_the_machine_slept_the_microphone_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slept_s = 0.0
    monkeypatch.setattr("homebody.voice.microphone.asleep_s", lambda: slept_s)

    async def run() -> None:
        nonlocal slept_s
        system = FakePortAudio()
        async with Listener(made(system)) as listener:
            slept_s = 3600.0
            await listener.until(lambda: system.opened == 2)
            await listener.hears_again()
        assert system.opened == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    ("device", "moved_to", "opened"),
    [("Fake", "webcam", 2), ("Fake", "speaker.monitor", 2), ("", "speaker.monitor", 2), ("", "headset", 1)],
)
def test_a_stream_that_was_moved_elsewhere_is_opened_again_unless_it_follows_the_default(
    device: str, moved_to: str, opened: int
) -> None:
    async def run() -> None:
        system, source = FakePortAudio(), "desk"
        async with Listener(made(system, device, hears_from=lambda: source)) as listener:
            count = len(listener.chunks)
            source = moved_to
            await listener.until(lambda: len(listener.chunks) > count + 20 and system.opened >= opened)
            assert system.opened == opened

    asyncio.run(run())


def test_exact_zeros_are_reported_and_still_delivered() -> None:
    async def run() -> None:
        system = FakePortAudio()
        async with Listener(made(system)) as listener:
            system.zeros = True
            await listener.is_deaf("digital silence")
            system.zeros = False
            await listener.hears_again()
            assert system.opened == 1

    asyncio.run(run())


def test_on_macos_exact_zeros_mean_a_missing_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    async def run() -> None:
        system = FakePortAudio()
        system.zeros = True
        async with Listener(made(system)) as listener:
            await listener.is_deaf("not allowed")
            assert listener.microphone.problem is not None
            assert "Privacy & Security > Microphone" in listener.microphone.problem.remedy

    asyncio.run(run())


def test_absent_unknown_and_hanging_microphones_are_told_apart() -> None:
    absent, stuck = FakePortAudio(), FakePortAudio()
    absent.plugged, stuck.stuck = False, True
    with pytest.raises(NoMicrophone) as none:
        asyncio.run(hear(made(absent), 1))
    assert none.value.remedy
    with pytest.raises(UnknownDevice, match="no microphone named Gramophone") as unknown:
        asyncio.run(hear(made(FakePortAudio(), "Gramophone"), 1))
    assert "Fake microphone" in unknown.value.remedy
    with pytest.raises(AudioStuck):
        asyncio.run(hear(made(stuck), 1))


def test_a_sound_system_that_hangs_later_ends_the_service_with_the_status_for_a_restart() -> None:
    async def run() -> None:
        system = FakePortAudio()
        async with Listener(made(system)) as listener:
            system.stuck = system.stalled = True
            with pytest.raises(AudioStuck) as caught:
                await listener.until(lambda: False)
            assert caught.value.exit_code == 75

    asyncio.run(run())


def test_a_call_that_hangs_is_given_up_and_no_other_is_tried() -> None:
    async def run() -> None:
        portaudio = PortAudio(limit_s=0.1)
        release = asyncio.Event()
        loop = asyncio.get_running_loop()

        def hang() -> None:
            asyncio.run_coroutine_threadsafe(release.wait(), loop).result(HANG_GUARD_S)

        with pytest.raises(AudioStuck):
            await portaudio._call(hang)
        with pytest.raises(AudioStuck):
            await portaudio.reinitialise(0)
        release.set()
        await asyncio.sleep(0.05)

    asyncio.run(run())


# --- real sound -----------------------------------------------------------------------------------------------------

LAB = MicrophoneOptions(device="lab_mic", stall_ms=1000.0, zeros_ms=1500.0)


@pytest.mark.audio
def test_what_is_heard_is_what_was_spoken_bit_for_bit(pulse: PulseLab, tmp_path: Path) -> None:
    spoken = np.rint(np.random.default_rng(3).normal(0, 3000, 2 * RATE_HZ)).astype(np.int16)
    path = write_pcm(tmp_path / "spoken.wav", spoken)

    async def run() -> list[Chunk]:
        async with Listener(PortAudioMicrophone(LAB)) as listener:
            pulse.speak_into_microphone(path)
            await listener.until(lambda: len(listener.chunks) > 110)
            return listener.chunks

    heard = np.rint(np.concatenate([chunk.samples for chunk in asyncio.run(run())]) * 32768).astype(np.int16)
    at = find(heard, spoken)
    assert at is not None
    assert np.array_equal(heard[at : at + len(spoken)], spoken)


@pytest.mark.audio
def test_a_sound_server_that_dies_and_returns_is_heard_again(pulse: PulseLab) -> None:
    async def run() -> None:
        async with Listener(PortAudioMicrophone(LAB)) as listener:
            pulse.kill()
            await listener.until(lambda: listener.microphone.problem is not None)
            pulse.start()
            await listener.hears_again()

    try:
        asyncio.run(run())
    finally:
        if not pulse.running:
            pulse.start()


@pytest.mark.audio
def test_a_suspended_microphone_is_noticed_and_heard_again(pulse: PulseLab) -> None:
    async def run() -> None:
        async with Listener(PortAudioMicrophone(LAB)) as listener:
            pulse.pactl("suspend-source", "mic", "1")
            await listener.is_deaf("stopped delivering")
            pulse.pactl("suspend-source", "mic", "0")
            await listener.hears_again()

    try:
        asyncio.run(run())
    finally:
        pulse.pactl("suspend-source", "mic", "0")


@pytest.mark.audio
def test_a_stream_that_pulseaudio_moves_to_another_source_is_taken_back(pulse: PulseLab) -> None:
    remap = ("module-remap-source", "source_name=mic", "master=room.monitor")

    async def run() -> None:
        sources = Sources()
        microphone = PortAudioMicrophone(LAB, hears_from=lambda: sources.current)
        following = asyncio.create_task(sources.run())
        try:
            async with Listener(microphone) as listener:
                await listener.until(lambda: sources.current == "mic")
                pulse.pactl("unload-module", "module-remap-source")
                await listener.until(lambda: microphone.problem is not None)
                pulse.pactl("load-module", *remap)
                await listener.hears_again()
                await listener.until(lambda: sources.current == "mic")
        finally:
            following.cancel()
            await asyncio.wait([following])

    try:
        asyncio.run(run())
    finally:
        if "mic" not in [line.split("\t")[1] for line in pulse.pactl("list", "short", "sources").splitlines()]:
            pulse.pactl("load-module", *remap)


@pytest.mark.audio
def test_a_muted_microphone_is_reported(pulse: PulseLab, tmp_path: Path) -> None:
    hum = write_pcm(tmp_path / "hum.wav", np.rint(tone(30.0) * 32767).astype(np.int16))

    async def run() -> None:
        async with Listener(PortAudioMicrophone(LAB)) as listener:
            pulse.speak_into_microphone(hum)
            pulse.pactl("set-source-mute", "mic", "1")
            await listener.is_deaf("digital silence")
            pulse.pactl("set-source-mute", "mic", "0")
            await listener.hears_again()

    try:
        asyncio.run(run())
    finally:
        pulse.pactl("set-source-mute", "mic", "0")


@pytest.mark.audio
def test_an_unknown_microphone_is_answered_with_those_there_are(pulse: PulseLab) -> None:
    with pytest.raises(UnknownDevice, match="Gramophone") as caught:
        asyncio.run(hear(PortAudioMicrophone(MicrophoneOptions(device="Gramophone")), 1))
    assert "lab_mic" in caught.value.remedy


@pytest.mark.audio
def test_the_devices_are_listed_by_the_names_that_a_profile_takes(pulse: PulseLab) -> None:
    assert {"lab_mic", "lab_spk"} <= {device.name for device in list_devices()}
