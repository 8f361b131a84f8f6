"""`homebody bench idle`: what it costs to wait for the wake word: processor time and memory of the real services."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
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
from homebody.voice.audio import RATE_HZ, Audio
from homebody.voice.noise import pink
from homebody.voice.recordings import write_wav

SETTLES_S: Final = 20.0  # caches fill, the page cache calms down
EVERY_S: Final = 5.0
NOISE_S: Final = 30.0
NOISE_DBFS: Final = -55.0


class IdleReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        minutes: After it had settled.
        cpu_percent: Of one core, by service; children belong to their service. It is processor time over wall time, so
            that other work on the machine does not count.
        rss_bytes: Resident memory at the end, by service.
        growth_bytes_per_h: The slope of a straight line through it, by least squares, by service.
        grown_bytes: The median of its last fifth less that of its first, by service.
        turns: Taken meanwhile; 0, since nobody spoke.
        armed: The wake word was listened for.
    """

    minutes: float
    cpu_percent: dict[str, float]
    rss_bytes: dict[str, int]
    growth_bytes_per_h: dict[str, float]
    grown_bytes: dict[str, int]
    turns: int
    armed: bool
    profile: str
    machine: str
    load_average: float


async def measure(profile: Profile, minutes: float, *, progress: Callable[[str], None]) -> IdleReport:
    """Let router and voice wait for the wake word, at a microphone that hears a quiet room.

    Raises:
        MissingPart, MachineError: There are no virtual devices here.
    """
    armed = msgspec.structs.replace(
        profile,
        voice=msgspec.structs.replace(profile.voice, wake=msgspec.structs.replace(profile.voice.wake, enabled=True)),
    )
    with VirtualDevices() as devices, tempfile.TemporaryDirectory(prefix="hb-") as folder:
        private_dir(Path(folder))
        noise = pink(round(NOISE_S * RATE_HZ)) * np.float32(10 ** (NOISE_DBFS / 20))
        write_wav(Path(folder) / "quiet.wav", Audio(noise, RATE_HZ))
        async with services(armed, Path(folder), devices) as endpoint, HomebodyClient.connect(endpoint) as client:
            room = asyncio.create_task(_room(devices, Path(folder) / "quiet.wav"))
            report = await client.status()
            problems = [problem.problem for problem in report.problems if problem.part == "wake word"]
            processes = _services()
            progress("settling")
            await asyncio.sleep(SETTLES_S)
            began_s, cpu = time.monotonic(), {name: _cpu_s(process) for name, process in processes.items()}
            taken: list[tuple[float, dict[str, int]]] = []
            while (at_s := time.monotonic() - began_s) < 60 * minutes:
                taken.append((at_s, {name: _rss(process) for name, process in processes.items()}))
                if len(taken) % 12 == 0:
                    progress(f"{at_s / 60:.0f} of {minutes:g} minutes")
                await asyncio.sleep(EVERY_S)
            took_s = time.monotonic() - began_s
            spent = {name: _cpu_s(process) - cpu[name] for name, process in processes.items()}
            room.cancel()
            turns = await _turns(client)
    memory = {name: np.array([found[name] for _, found in taken], np.float64) for name in processes}
    at = np.array([at_s for at_s, _ in taken])
    fifth = max(1, len(taken) // 5)
    return IdleReport(
        minutes=round(took_s / 60, 2),
        cpu_percent={name: round(100 * value / took_s, 2) for name, value in spent.items()},
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


async def _room(devices: VirtualDevices, path: Path) -> None:
    while True:
        await asyncio.to_thread(devices.speak_into_microphone, path)
        await asyncio.sleep(NOISE_S)


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
