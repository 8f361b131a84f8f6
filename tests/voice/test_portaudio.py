"""All calls to PortAudio: what strict devices take, what is missing, what hangs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from typing import Any

import numpy as np
import pytest

from homebody.errors import MissingPart, NoMicrophone, NoSpeaker
from homebody.options import MicrophoneOptions
from homebody.voice import portaudio
from homebody.voice.microphone import PortAudioMicrophone
from homebody.voice.portaudio import OpenStream, PortAudio
from pulselab import PulseLab


class StrictSoundDevice:
    """Stands for the sounddevice module, with one device that takes one format only."""

    class PortAudioError(Exception):
        pass

    def __init__(self, *, rate_hz: int, channels: int, refuses: int | None = None) -> None:
        self.default = type("Default", (), {"device": (0, 0)})()
        self.formats: list[tuple[int, int]] = []
        self.streams: list[Any] = []
        self.entered = threading.Event()
        self.may_open = threading.Event()
        self.may_open.set()
        module = self

        class Stream:
            latency = 0.02

            def __init__(self, *, samplerate: int, channels: int, finished_callback: Any, **_: Any) -> None:
                module.entered.set()
                module.may_open.wait(10)
                module.formats.append((samplerate, channels))
                if refuses is not None:
                    raise module.PortAudioError("refused", refuses)
                if samplerate != module.rate_hz:
                    raise module.PortAudioError("Invalid sample rate", -9997)
                if channels != module.channels:
                    raise module.PortAudioError("Invalid number of channels", -9998)
                self.closed = False
                module.streams.append(self)

            def start(self) -> None: ...

            def abort(self, **_: Any) -> None: ...

            def close(self, **_: Any) -> None:
                self.closed = True

        self.rate_hz, self.channels = rate_hz, channels
        self.RawInputStream = self.RawOutputStream = Stream

    def query_hostapis(self) -> list[dict[str, str]]:
        return [{"name": "Strict"}]

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {
                "index": 0,
                "name": "Strict card",
                "hostapi": 0,
                "max_input_channels": self.channels,
                "max_output_channels": self.channels,
                "default_samplerate": 48_000.0,
            }
        ]


def opened(module: StrictSoundDevice, monkeypatch: pytest.MonkeyPatch, direction: Any = "input") -> OpenStream:
    monkeypatch.setattr(portaudio, "_sounddevice", lambda: module)

    async def run() -> OpenStream:
        return await PortAudio().open(
            direction, "strict", rate_hz=16_000, latency_ms=40, block_ms=32, callback=lambda *_: None
        )

    return asyncio.run(run())


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (48_000, 1), (44_100, 1), (48_000, 2), (16_000, 2)])
def test_a_strict_device_is_opened_with_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, rate_hz: int, channels: int
) -> None:
    stream = opened(StrictSoundDevice(rate_hz=rate_hz, channels=channels), monkeypatch)
    assert (stream.rate_hz, stream.channels) == (rate_hz, channels)


def test_the_wanted_format_is_tried_first(monkeypatch: pytest.MonkeyPatch) -> None:
    module = StrictSoundDevice(rate_hz=48_000, channels=1)
    opened(module, monkeypatch)
    assert module.formats == [(16_000, 1), (48_000, 1)]


@pytest.mark.parametrize(("direction", "error"), [("input", NoMicrophone), ("output", NoSpeaker)])
def test_a_device_that_refuses_is_an_error_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch, direction: str, error: type[Exception]
) -> None:
    module = StrictSoundDevice(rate_hz=48_000, channels=1, refuses=-9985)  # paDeviceUnavailable
    with pytest.raises(error, match="Strict card"):
        opened(module, monkeypatch, direction)
    assert len(module.formats) == 1
    module = StrictSoundDevice(rate_hz=192_000, channels=1)
    with pytest.raises(error, match="none of the usual formats"):
        opened(module, monkeypatch, direction)


def test_a_stream_nobody_waits_for_any_more_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = StrictSoundDevice(rate_hz=16_000, channels=1)
    monkeypatch.setattr(portaudio, "_sounddevice", lambda: module)
    module.may_open.clear()

    async def run() -> None:
        system = PortAudio()
        task = asyncio.create_task(
            system.open("input", "", rate_hz=16_000, latency_ms=40, block_ms=32, callback=lambda *_: None)
        )
        await asyncio.to_thread(module.entered.wait, 10)
        task.cancel()
        await asyncio.wait([task])
        module.may_open.set()
        async with asyncio.timeout(10):
            while not (module.streams and module.streams[0].closed):
                await asyncio.sleep(0.01)

    asyncio.run(run())


def test_a_missing_library_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    async def run() -> None:
        async for _ in PortAudioMicrophone(MicrophoneOptions()).chunks():
            pass

    with pytest.raises(MissingPart) as caught:
        asyncio.run(run())
    assert "portaudio" in caught.value.remedy


def test_stereo_becomes_mono() -> None:
    from homebody.voice.microphone import _mono

    stereo = np.array([[0.5, 0.25], [-1.0, 0.0]], dtype=np.float32)
    assert np.array_equal(_mono(stereo.tobytes(), 2), np.array([0.375, -0.5], dtype=np.float32))


@pytest.mark.audio
@pytest.mark.slow
def test_a_frozen_sound_server_ends_the_process_with_the_status_for_a_restart(pulse: PulseLab) -> None:
    program = """
        import asyncio, sys
        from contextlib import aclosing
        from homebody.errors import HomebodyError
        from homebody.options import MicrophoneOptions
        from homebody.voice.microphone import PortAudioMicrophone

        async def hear():
            microphone = PortAudioMicrophone(MicrophoneOptions(device="lab_mic", stall_ms=500.0))
            async with aclosing(microphone.chunks()) as chunks:
                async for chunk in chunks:
                    print("heard", flush=True)

        try:
            asyncio.run(hear())
        except HomebodyError as error:
            sys.exit(error.exit_code)
    """
    process = subprocess.Popen((sys.executable, "-c", textwrap.dedent(program)), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "heard\n"
        pulse.freeze()
        process.communicate(timeout=40)
        assert process.returncode == 75
    finally:
        process.kill()
        process.wait()
        pulse.thaw()
