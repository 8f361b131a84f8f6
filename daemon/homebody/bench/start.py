"""How long a start takes: until it listens, and what the quick commands cost."""

from __future__ import annotations

import asyncio
import compileall
import os
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from homebody.bench.services import environment_for, written
from homebody.bench.virtual_devices import VirtualDevices
from homebody.client import HomebodyClient
from homebody.hardware import this_machine
from homebody.house import Child, wait_until_attached, wait_until_ready
from homebody.paths import ipc_endpoint, private_dir
from homebody.profile import Profile

QUICK: Final = (("--help",), ("status",))
COMPILED: Final = {"PYTHONDONTWRITEBYTECODE": ""}  # where that is set, every start would compile the package anew


class StartReport(msgspec.Struct, frozen=True):
    """What was measured.

    Attributes:
        cold_s: From starting router and voice at once until the voice is attached and hears, for each start; all is
            compiled, as pip leaves it; before each, what the system held in memory of Python, its packages and our
            models was dropped, unless in use.
        warm_s: The same, directly after another start.
        cpu_s: User and system time of a quick command while the services run, by its arguments; the median of ``runs``.
        profile, machine, load_average: Where.
    """

    cold_s: tuple[float, ...]
    warm_s: float
    cpu_s: dict[str, float]
    runs: int
    profile: str
    machine: str
    load_average: float


async def measure(
    profile: Profile, starts: int, runs: int, *, progress: Callable[[str], object] = lambda _: None
) -> StartReport:
    """Start the services ``starts`` times cold and once warm, and run each quick command ``runs`` times."""
    machine, load = str(this_machine()), os.getloadavg()[0]
    await asyncio.to_thread(compileall.compile_dir, Path(__file__).parents[1], quiet=2)  # as pip does
    with VirtualDevices() as devices, tempfile.TemporaryDirectory(prefix="hb-") as folder:
        cold = []
        for number in range(starts):
            progress(f"cold start {number + 1} of {starts}")
            await asyncio.to_thread(forget_pages)
            cold.append((await _start(profile, Path(folder) / f"c{number}", devices, 0))[0])
        progress("warm start, quick commands")
        warm, cpu = await _start(profile, Path(folder) / "w", devices, runs)
    return StartReport(tuple(cold), warm, cpu, runs, profile.name, machine, load)


async def _start(profile: Profile, folder: Path, devices: VirtualDevices, runs: int) -> tuple[float, dict[str, float]]:
    endpoint = ipc_endpoint(private_dir(folder) / "router")
    path, environment = str(written(profile, folder)), {**environment_for(folder, devices), **COMPILED}
    began_s = time.perf_counter()
    router, voice = await asyncio.gather(
        *(Child.start(name, "--endpoint", endpoint, profile=path, env=environment) for name in ("router", "voice"))
    )
    try:
        await wait_until_ready(endpoint, router)
        async with HomebodyClient.connect(endpoint) as client:
            await wait_until_attached(client, voice)
        took_s = time.perf_counter() - began_s
        cpu = {
            " ".join(arguments): statistics.median(
                [await asyncio.to_thread(_cpu_s, arguments, environment) for _ in range(runs)]
            )
            for arguments in (QUICK if runs else ())
        }
        return took_s, cpu
    finally:
        for child in (voice, router):
            await child.stop()


def _cpu_s(arguments: tuple[str, ...], environment: dict[str, str]) -> float:
    null = os.open(os.devnull, os.O_RDWR)
    try:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "homebody", *arguments],
            {**os.environ, **environment},
            file_actions=[(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)],
        )
    finally:
        os.close(null)
    _, _, used = os.wait4(pid, 0)
    return used.ru_utime + used.ru_stime


def forget_pages() -> None:
    """Have the system drop what it holds in memory of Python, its packages and ours: the next start reads the disk.
    Blocks for some seconds. What a running process has mapped stays; without posix_fadvise nothing is done."""
    if not hasattr(os, "posix_fadvise"):
        return
    roots = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    for root in (*roots, str(Path(__file__).parents[1])):
        for parent, _, names in os.walk(root):
            for name in names:
                with suppress(OSError):
                    descriptor = os.open(f"{parent}/{name}", os.O_RDONLY)
                    try:
                        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                    finally:
                        os.close(descriptor)
