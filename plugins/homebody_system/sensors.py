"""The machine's own sensors, through psutil. Every reading returns None where this machine has no such sensor."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol


class Space(NamedTuple):
    """Memory or disk space."""

    free_bytes: int
    total_bytes: int


class Battery(NamedTuple):
    """A battery; ``left_s`` is None while it charges or is unknown."""

    percent: float
    is_plugged: bool
    left_s: float | None


class Sensors(Protocol):
    """What can be read of a machine. Each call returns within a fraction of a second and raises nothing."""

    def space(self, what: str) -> Space:
        """``"memory"``: what programs can still have; ``"disk"``: of the file system that holds the home directory."""

    def state(self, what: str) -> float | None:
        """``"load"`` in percent of all cores, ``"temperature"`` in degrees Celsius, ``"uptime"`` in s."""

    def attached(self) -> tuple[Battery | None, list[str]]:
        """The battery, and the names of the network interfaces that are up and have an address."""


class PsutilSensors:
    """`Sensors` by psutil (https://psutil.readthedocs.io)."""

    def space(self, what: str) -> Space:
        """Of memory or disk."""
        import psutil

        if what == "memory":
            memory = psutil.virtual_memory()
            return Space(memory.available, memory.total)
        disk = psutil.disk_usage(str(Path.home() if Path.home().exists() else Path("/")))
        return Space(disk.free, disk.total)

    def state(self, what: str) -> float | None:
        """Load, temperature or uptime; the load is measured over 0.2 s."""
        import psutil

        if what == "load":
            return float(psutil.cpu_percent(interval=0.2))
        if what == "uptime":
            return max(time.time() - float(psutil.boot_time()), 0.0)
        return _processor_celsius()

    def attached(self) -> tuple[Battery | None, list[str]]:
        """The battery and the interfaces."""
        import psutil

        try:
            read = psutil.sensors_battery()
        except (AttributeError, OSError, RuntimeError):  # absent on some platforms, unreadable in some containers
            read = None
        battery = None
        if read is not None:
            left_s = float(read.secsleft) if isinstance(read.secsleft, int) and read.secsleft > 0 else None
            battery = Battery(float(read.percent), bool(read.power_plugged), left_s)
        stats, addresses = psutil.net_if_stats(), psutil.net_if_addrs()
        up = [name for name, stat in stats.items() if stat.isup and _reaches_out(addresses.get(name, []))]
        return battery, sorted(up)


def _reaches_out(addresses: Sequence[object]) -> bool:
    """Whether an interface has an address beyond this machine (127/8, ::1) and its cable (169.254/16, fe80::)."""
    import socket

    return any(
        getattr(a, "family", None) in {socket.AF_INET, socket.AF_INET6}
        and not str(getattr(a, "address", "")).startswith(("127.", "::1", "169.254.", "fe80:"))
        for a in addresses
    )


def _processor_celsius() -> float | None:
    import psutil

    try:
        groups = psutil.sensors_temperatures()
    except (AttributeError, OSError):  # AttributeError: macOS has none
        return None
    # The names Linux gives to processor sensors: Intel, AMD, ARM boards and the Raspberry Pi, then ACPI's zone.
    for name in ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "soc_thermal", "acpitz"):
        readings = [reading.current for reading in groups.get(name, []) if reading.current > 0]
        if readings:
            return float(max(readings))
    return None
