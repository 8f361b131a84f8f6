"""Mixers keep their promises; on a real sound server another program's sound is measured at the loudspeaker."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_mixer import FULL, FakeMixer
from homebody.errors import MachineError, MissingPart
from homebody.options import DuckingOptions
from homebody.voice.ducking import STEPS, Ducker, Mixer, ladder
from homebody.voice.pulse_mixer import PulseMixer, streams_of
from pulselab import PulseLab, read_pcm, write_pcm

HANG_GUARD_S = 30
RATE_HZ = 16_000
WINDOWS_S = 0.5  # long enough for some windows of a recording


class Programs:
    """Other programs that play: a real one each, or the fake's."""

    def __init__(self, mixer, pulse=None):
        self.mixer, self.pulse = mixer, pulse
        self.processes: dict[int, subprocess.Popen] = {}

    def begin(self, name="music", *properties):
        if self.pulse is None:
            return self.mixer.begin(name)
        process = play(self.pulse, name, *properties)
        stream = until(lambda: stream_of(self.pulse, process.pid))
        self.processes[stream] = process
        return stream

    def end(self, stream):
        if self.pulse is None:
            self.mixer.end(stream)
        else:
            stop(self.processes.pop(stream))

    def close(self):
        for process in self.processes.values():
            stop(process)


def play(pulse, name, *properties):
    """A program that plays a steady tone on the virtual loudspeaker until it is stopped."""
    tone = pulse.root / "tone.wav"
    if not tone.exists():
        at_s = np.arange(60 * RATE_HZ) / RATE_HZ
        write_pcm(tone, (10_000 * np.sin(2 * np.pi * 440 * at_s)).astype(np.int16))
    options = [f"--property={one}" for one in properties]
    return subprocess.Popen(
        ("paplay", "--device=spk", f"--client-name={name}", "--latency-msec=50", *options, str(tone)),
        env={**os.environ, "PULSE_PROP": f"application.name={name}"},
    )


def stop(process):
    process.kill()
    process.wait(10)


def stream_of(pulse, pid):
    for one in msgspec.json.decode(pulse.pactl("--format=json", "list", "sink-inputs").encode()):
        if one["properties"].get("application.process.id") == str(pid):
            return one["index"]
    return None


def until(seen: Callable[[], object]):
    until_s = time.monotonic() + HANG_GUARD_S
    while (found := seen()) is None or found is False:
        assert time.monotonic() < until_s
        time.sleep(0.02)
    return found


@pytest.fixture(params=["fake", pytest.param("pulse", marks=pytest.mark.audio)])
def programs(request: pytest.FixtureRequest) -> Iterator[Programs]:
    if request.param == "fake":
        yield Programs(FakeMixer())
        return
    made = Programs(PulseMixer(), request.getfixturevalue("pulse"))
    yield made
    made.close()


def test_a_mixer_tells_what_others_play_and_sets_its_volumes(programs):
    mixer: Mixer = programs.mixer

    async def main():
        assert await mixer.others() == []
        music = programs.begin()
        (before,) = await mixer.others()
        await mixer.set_volumes(music, [40_000] * len(before.volumes))
        (after,) = await mixer.others()
        programs.end(music)
        return music, before, after

    music, before, after = asyncio.run(main())
    assert before.id == after.id == music
    assert (set(before.volumes), set(after.volumes)) == ({FULL}, {40_000})
    assert before.program == after.program
    assert before.program


def test_a_stream_that_has_ended_is_no_error(programs):
    async def main():
        music = programs.begin()
        programs.end(music)
        await programs.mixer.set_volumes(music, [40_000])

    asyncio.run(main())


def test_a_mixer_tells_of_changes(programs):
    async def main():
        async with asyncio.timeout(HANG_GUARD_S), contextlib.aclosing(programs.mixer.changes()) as changes:
            waiting = asyncio.ensure_future(anext(changes))
            while not waiting.done():  # what happens before it listens nobody is told
                stream = await asyncio.to_thread(programs.begin)
                programs.end(stream)
                await asyncio.wait([waiting], timeout=0.5)
            return await waiting

    assert asyncio.run(main()) is None


@pytest.mark.audio
@pytest.mark.parametrize("role", ["event", "a11y", "phone"])
def test_alerts_screen_readers_and_calls_are_not_told(pulse: PulseLab, role):
    programs = Programs(PulseMixer(), pulse)
    try:
        programs.begin("somebody", f"media.role={role}")
        assert asyncio.run(programs.mixer.others()) == []
    finally:
        programs.close()


@pytest.mark.audio
def test_neither_what_the_server_plays_itself_nor_our_own_sound_is_told(pulse: PulseLab, tmp_path):
    programs = Programs(PulseMixer(), pulse)
    try:
        music = programs.begin("we")
        pulse.speak_into_microphone(write_pcm(tmp_path / "alert.wav", np.zeros(3 * RATE_HZ, np.int16)))
        ours = PulseMixer([programs.processes[music].pid])
        assert asyncio.run(ours.others()) == []
        assert [stream.id for stream in asyncio.run(programs.mixer.others())] == [music]
    finally:
        programs.close()


def level_db(pcm):
    return 20 * np.log10(np.sqrt(np.mean(pcm.astype(np.float64) ** 2)) + 1e-9)


def levels_db(path, window_ms=100):
    """The loudness of a recording, a window at a time."""
    pcm, length = read_pcm(path), RATE_HZ * window_ms // 1000
    return [level_db(pcm[at : at + length]) for at in range(0, len(pcm) - length, length)]


@pytest.mark.audio
def test_at_the_loudspeaker_another_program_falls_by_the_depth_and_rises_again(pulse: PulseLab, tmp_path):
    programs = Programs(PulseMixer(), pulse)
    options = DuckingOptions(depth_db=15, release_ms=100)
    talking = False

    async def main():
        nonlocal talking
        ducking = asyncio.create_task(Ducker(programs.mixer, lambda: options, tmp_path / "d").run(lambda: talking))
        await asyncio.sleep(WINDOWS_S)
        for wanted, volume in ((True, ladder((FULL,), 15, STEPS)), (False, (FULL,))):
            talking = wanted
            async with asyncio.timeout(HANG_GUARD_S):
                while [stream.volumes for stream in await programs.mixer.others()] != [volume]:
                    await asyncio.sleep(0.02)
            await asyncio.sleep(WINDOWS_S)
        ducking.cancel()
        await asyncio.wait([ducking])

    try:
        programs.begin()
        with pulse.recorded(tmp_path / "heard.wav") as heard:
            asyncio.run(main())
    finally:
        programs.close()
    levels = levels_db(heard)  # at a change of volume the server plays some samples again, so not each is exact
    loud = float(np.median(levels[:4]))
    quiet = float(np.median([one for one in levels if one < loud - 13]))
    assert quiet == pytest.approx(loud - 15, abs=0.5)
    assert levels[-1] == pytest.approx(loud, abs=0.5)
    after = levels[int(np.argmin(levels)) :]
    assert len([level for level in after if quiet + 1 < level < loud - 1]) >= 2  # a slope


TALKING = """
import asyncio, sys
from pathlib import Path
from homebody.options import DuckingOptions
from homebody.voice.ducking import Ducker
from homebody.voice.pulse_mixer import PulseMixer
asyncio.run(Ducker(PulseMixer(), lambda: DuckingOptions(depth_db=15), Path(sys.argv[1])).run(lambda: True))
"""


@pytest.mark.audio
@pytest.mark.parametrize("remembering", [False, True])
def test_after_kill_minus_nine_the_next_start_makes_the_music_loud_again(pulse: PulseLab, tmp_path, remembering):
    """With a server that remembers volumes, the music is even started anew between the two."""
    programs = Programs(PulseMixer(), pulse)
    module = pulse.pactl("load-module", "module-stream-restore", "restore_device=false") if remembering else None
    child = None

    def volumes():
        return [stream.volumes for stream in asyncio.run(programs.mixer.others())]

    async def next_start():
        ducker = Ducker(programs.mixer, lambda: DuckingOptions(depth_db=15), tmp_path / "d")
        ducking = asyncio.create_task(ducker.run(lambda: False))
        async with asyncio.timeout(HANG_GUARD_S):
            while (tmp_path / "d" / "ducked.json").exists():
                await asyncio.sleep(0.02)
        ducking.cancel()
        await asyncio.wait([ducking])

    try:
        music = programs.begin()
        child = subprocess.Popen((sys.executable, "-c", TALKING, tmp_path / "d"))
        quiet = ladder((FULL,), 15, STEPS)
        until(lambda: volumes() == [quiet])
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        if remembering:
            programs.end(music)
            programs.begin()
        assert volumes() == [quiet]
        with pulse.recorded(tmp_path / "heard.wav") as heard:
            asyncio.run(next_start())
            assert volumes() == [(FULL,)]
        levels = levels_db(heard)
        assert levels[-1] - levels[0] == pytest.approx(15, abs=0.5)
    finally:
        if child is not None:
            stop(child)
        programs.close()
        if module:
            pulse.pactl("unload-module", module.strip())


def test_without_pactl_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    async def main():
        with pytest.raises(MissingPart):
            await PulseMixer().others()
        async with asyncio.timeout(HANG_GUARD_S):
            await Ducker(PulseMixer(), DuckingOptions, tmp_path).run(lambda: True)

    asyncio.run(main())


@given(st.binary() | st.text().map(str.encode) | st.just(b"[{}]") | st.just(b'[{"index": -1, "volume": {"a": 1}}]'))
def test_what_is_no_answer_of_pulseaudio_is_refused_and_nothing_breaks(printed):
    with contextlib.suppress(MachineError):
        assert streams_of(printed, {"1"}) == []
