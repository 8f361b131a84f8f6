"""Called by name in one breath, and interrupted over its own words: real services, and a microphone that hears them."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import msgspec
import numpy as np
import pytest

from homebody import profile as profiles
from homebody.options import BargeInOptions, WakeOptions
from homebody.starter import bundled
from homebody.voice.recordings import read_audio
from house import house
from listening import transcribed_file
from pulselab import write_pcm
from simulated_room import at_one_level

pytestmark = [pytest.mark.audio, pytest.mark.models, pytest.mark.timeout(300)]

RECORDINGS = {recording.path.stem: recording for recording in bundled()}
STORY = (
    "Once upon a time there was an owl who lived in a kettle. Every morning the kettle sang, and every morning the owl "
    "sang with it. The neighbours were not pleased, and wrote long letters to the mayor, who had no time to read them. "
    "So the owl learned to sing at noon instead, when all the neighbours were out, and everybody was content. "
)
ECHO_MS = 40


@pytest.fixture
def folder(own_folders: Path) -> Path:
    return own_folders / "run"


def saved(folder, name, *sounds):
    """A recording at -20 dBFS, with the sounds one right after the other."""
    whole = np.concatenate([at_one_level(*sound) for sound in sounds])
    return write_pcm(folder / f"{name}.wav", np.clip(whole, -1, 1) * 32767)


def espeak(folder, text, voice="en-us"):
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    path = folder / "espeak.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True, timeout=30)
    audio = read_audio(path)
    return audio.samples, audio.rate_hz


def profile_with(**voice):
    profile = profiles.load()
    return msgspec.structs.replace(profile, voice=msgspec.structs.replace(profile.voice, **voice))


def test_the_command_follows_the_wake_word_in_one_breath_and_is_answered_aloud(pulse, folder, tmp_path):
    pytest.importorskip("pymicro_wakeword")
    command = read_audio(RECORDINGS["time"].path)
    said = saved(tmp_path, "one-breath", espeak(tmp_path, "okay nabu"), (command.samples, command.rate_hz))

    async def conversation():
        async with house(profile_with(wake=WakeOptions(enabled=True)), folder, pulse) as home:
            await asyncio.sleep(1.0)
            with pulse.recorded(tmp_path / "reply.wav"):
                found = await home.speak(said)
            return *found, [event.data["word"] for event in home.events if event.name == "voice.woke"]

    heard, answer, woke = asyncio.run(conversation())
    assert (woke, heard) == (["okay_nabu"], "what time is it")
    assert answer
    assert transcribed_file(tmp_path / "reply.wav")


@pytest.mark.slow  # where the processor starves, the loop drops sound that was played, and no model of a room helps
def test_stop_over_its_own_words_ends_them_and_its_own_words_do_not(pulse, folder, tmp_path):
    pytest.importorskip("pywebrtc_audio")
    stop = saved(tmp_path, "stop", espeak(tmp_path, "stop", "en-us+f2"))
    options = profile_with(barge_in=BargeInOptions(by_voice=True, echo_cancelling=True))

    async def conversation():
        module = pulse.pactl(
            "load-module", "module-loopback", "source=spk.monitor", "sink=room", f"latency_msec={ECHO_MS}"
        ).strip()
        try:
            async with house(options, folder, pulse) as home:
                alone = await home.client.say(STORY)
                telling = asyncio.create_task(home.client.say(STORY))
                await asyncio.sleep(4.0)
                pulse.speak_into_microphone(stop)
                return alone, await telling
        finally:
            pulse.pactl("unload-module", module)

    alone, interrupted = asyncio.run(conversation())
    assert alone.spoken
    assert not interrupted.spoken
    assert STORY.startswith(interrupted.heard_text.split(".")[0])
    assert len(interrupted.heard_text) < len(STORY) / 2
