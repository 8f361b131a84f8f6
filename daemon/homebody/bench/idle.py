"""`homebody bench idle`: what it costs to wait for the wake word: processor time and memory of the real services.

They have spoken before, as they would have in a house, and the microphone hears a room: never zeros, and no gaps.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import psutil

from homebody.bench.services import services
from homebody.bench.virtual_devices import VirtualDevices
from homebody.client import HomebodyClient
from homebody.hardware import this_machine
from homebody.paths import private_dir
from homebody.profile import Profile
from homebody.starter import bundled
from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.noise import pink, speech_power
from homebody.voice.playback import resampled
from homebody.voice.recordings import read_audio, write_wav

FIRST_WORDS: Final = "I am here."
SETTLES_S: Final = 45.0  # caches fill, and the loudspeaker is let go (`homebody.voice.speaker.RESTS_AFTER_S`)
CHANGES_S: Final = 20.0  # another room: the last one's sound ends, and the new one's level is learned
EVERY_S: Final = 5.0
SOUND_S: Final = 30.0  # of a room, then it begins anew
FADE_S: Final = 1.0  # while the next begins: powers add up to what they are
STILL: Final = "still room"
ROOMS: Final = {  # the level of its noise; above it, of talk that calls nobody
    STILL: (-55.0, None),  # dBFS: a quiet room's own noise at a usual microphone
    "steady noise": (-35.0, None),  # a fan beside it
    "talk": (-55.0, -25.0),  # a television, without a pause longer than a second
}
BESIDE: Final = 0.1  # of the time for each other room
BESIDE_LEAST_MIN: Final = 0.5


class IdleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        minutes: After it had settled.
        cpu_percent: In a still room, of one core, by service; children belong to their service. It is processor time
            over wall time, so that other work on the machine does not count.
        beside: The same in other rooms, each for a tenth of the time, by room; empty: they were left out.
        rss_bytes: Resident memory at the end, by service.
        growth_bytes_per_h: The slope of a straight line through it, by least squares, by service.
        grown_bytes: The median of its last fifth less that of its first, by service.
        turns: Taken meanwhile; 0, since nobody spoke.
        armed: The wake word was listened for.
    """

    minutes: float
    cpu_percent: dict[str, float]
    beside: dict[str, dict[str, float]]
    rss_bytes: dict[str, int]
    growth_bytes_per_h: dict[str, float]
    grown_bytes: dict[str, int]
    turns: int
    armed: bool
    profile: str
    machine: str
    load_average: float


async def measure(
    profile: Profile, minutes: float, *, still_only: bool = False, progress: Callable[[str], None]
) -> IdleReport:
    """Let router and voice wait for the wake word, at a microphone that hears a quiet room, and then others.

    Raises:
        MissingPart, MachineError: There are no virtual devices here.
    """
    armed = msgspec.structs.replace(
        profile,
        voice=msgspec.structs.replace(profile.voice, wake=msgspec.structs.replace(profile.voice.wake, enabled=True)),
    )
    with VirtualDevices() as devices, tempfile.TemporaryDirectory(prefix="hb-") as folder:
        private_dir(Path(folder))
        async with services(armed, Path(folder), devices) as endpoint, HomebodyClient.connect(endpoint) as client:
            report = await client.status()
            problems = [problem.problem for problem in report.problems if problem.part == "wake word"]
            processes = _services()
            async with _room(devices, Path(folder), STILL):
                progress("settling")
                await client.say(FIRST_WORDS)
                await asyncio.sleep(SETTLES_S)
                taken: list[tuple[float, dict[str, int]]] = []

                def look(at_s: float) -> None:
                    taken.append((at_s, {name: _rss(process) for name, process in processes.items()}))
                    if len(taken) % 12 == 0:
                        progress(f"{at_s / 60:.0f} of {minutes:g} minutes")

                took_s, spent = await _spent(processes, minutes, look)
            beside = {}
            for room in [] if still_only else [room for room in ROOMS if room != STILL]:
                progress(room)
                async with _room(devices, Path(folder), room):
                    await asyncio.sleep(CHANGES_S)
                    long_min = max(BESIDE_LEAST_MIN, BESIDE * minutes)
                    beside[room] = (await _spent(processes, long_min, lambda _: None))[1]
            turns = await _turns(client)
    memory = {name: np.array([found[name] for _, found in taken], np.float64) for name in processes}
    at = np.array([at_s for at_s, _ in taken])
    fifth = max(1, len(taken) // 5)
    return IdleReport(
        minutes=round(took_s / 60, 2),
        cpu_percent=spent,
        beside=beside,
        rss_bytes={name: int(values[-1]) for name, values in memory.items()},
        growth_bytes_per_h={name: round(3600 * float(np.polyfit(at, values, 1)[0])) for name, values in memory.items()},
        grown_bytes={
            name: int(np.median(values[-fifth:]) - np.median(values[:fifth])) for name, values in memory.items()
        },
        turns=turns,
        armed=not problems,
        profile=profile.name,
        machine=str(this_machine()),
        load_average=os.getloadavg()[0],
    )


async def _spent(
    processes: Mapping[str, psutil.Process], minutes: float, look: Callable[[float], None]
) -> tuple[float, dict[str, float]]:
    """Seconds it took, and percent of a core by service meanwhile; ``look`` is called every `EVERY_S`."""
    began_s, cpu_s = time.monotonic(), {name: _cpu_s(process) for name, process in processes.items()}
    while (at_s := time.monotonic() - began_s) < 60 * minutes:
        look(at_s)
        await asyncio.sleep(min(EVERY_S, 60 * minutes - at_s))
    took_s = time.monotonic() - began_s
    return took_s, {
        name: round(100 * (_cpu_s(process) - cpu_s[name]) / took_s, 2) for name, process in processes.items()
    }


@asynccontextmanager
async def _room(devices: VirtualDevices, folder: Path, name: str) -> AsyncGenerator[None, None]:
    """Have the microphone hear this room as long as the block lasts, and up to `SOUND_S` longer."""
    path = folder / f"{name.replace(' ', '-')}.wav"
    write_wav(path, Audio(sound_of(name), RATE_HZ))

    async def sound() -> None:
        next_s = time.monotonic()
        while True:
            await asyncio.to_thread(devices.speak_into_microphone, path)
            next_s += SOUND_S - FADE_S
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))

    sounding = asyncio.create_task(sound())
    try:
        yield
    finally:
        sounding.cancel()
        await asyncio.wait([sounding])


def sound_of(name: str) -> Samples:
    """`SOUND_S` of one of the `ROOMS` at `RATE_HZ`, to be repeated every `SOUND_S` - `FADE_S`. Never zeros."""
    noise_dbfs, talk_dbfs = ROOMS[name]
    count, fade = round(SOUND_S * RATE_HZ), round(FADE_S * RATE_HZ)
    sound = pink(count) * np.float32(10 ** (noise_dbfs / 20))
    if talk_dbfs is not None:
        said = [clip for recording in bundled() for clip in (_said(recording.path, talk_dbfs), _pause())]
        sound += np.resize(np.concatenate(said), count)
    slope = np.sin(np.linspace(0.0, np.pi / 2, fade, dtype=np.float32))  # squares of both add up to one
    sound[:fade] *= slope
    sound[-fade:] *= slope[::-1]
    return sound


def _said(path: Path, level_dbfs: float) -> Samples:
    samples = resampled(read_audio(path), RATE_HZ)
    return samples * np.float32(np.sqrt(10 ** (level_dbfs / 10) / speech_power(samples)))


def _pause() -> Samples:
    return np.zeros(RATE_HZ // 2, np.float32)


def _services() -> dict[str, psutil.Process]:
    """The children of this process that are services, by name."""
    found: dict[str, psutil.Process] = {}
    for child in psutil.Process().children():
        arguments = child.cmdline()
        for name in ("router", "voice"):
            if name in arguments and "homebody" in " ".join(arguments):
                found[name] = child
    return found


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    total = 0.0
    for one in _family(process):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def _rss(process: psutil.Process) -> int:
    total = 0
    for one in _family(process):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total


async def _turns(client: HomebodyClient) -> int:
    """How many turns there have been, by the router's events."""
    count = 0
    events = client.follow("turn.ended", since_seq=0)
    try:
        async with asyncio.timeout(1.0):
            async for _ in events:
                count += 1
    except TimeoutError:
        pass
    finally:
        await events.aclose()
    return count
