"""What the sensors say, for the ear. Pure: readings in, a sentence and its data out. None is "no such sensor"."""

from __future__ import annotations

from typing import Any

from homebody_system.sensors import Battery, Space

Said = tuple[str, dict[str, Any]]


def size(size_bytes: float) -> str:
    """As "3.2 gigabytes", "800 megabytes", "1.5 terabytes"."""
    for factor, name in ((10**12, "terabyte"), (10**9, "gigabyte"), (10**6, "megabyte"), (10**3, "kilobyte")):
        if size_bytes >= factor * 0.9995:
            amount = size_bytes / factor
            text = f"{amount:.0f}" if amount >= 20 else f"{amount:.1f}".removesuffix(".0")
            return f"{text} {name}{'' if text == '1' else 's'}"
    return "less than a kilobyte"


def memory(space: Space) -> Said:
    """Free memory."""
    percent = round(100 * (space.total_bytes - space.free_bytes) / max(space.total_bytes, 1))
    text = f"{_about(space.free_bytes)} of memory {_is_are(space.free_bytes)} free, out of {size(space.total_bytes)}."
    return text, {"free_bytes": space.free_bytes, "total_bytes": space.total_bytes, "used_percent": percent}


def disk(space: Space) -> Said:
    """Free disk space."""
    percent = round(100 * (space.total_bytes - space.free_bytes) / max(space.total_bytes, 1))
    text = (
        f"{_about(space.free_bytes)} of disk space {_is_are(space.free_bytes)} free, out of {size(space.total_bytes)}."
    )
    return text, {"free_bytes": space.free_bytes, "total_bytes": space.total_bytes, "used_percent": percent}


def battery(state: Battery | None) -> Said:
    """Charge, and how long it lasts."""
    if state is None:
        return "This machine has no battery.", {"percent": None}
    percent = round(state.percent)
    value: dict[str, Any] = {"percent": percent, "charging": state.is_plugged}
    if state.is_plugged:
        condition = "and full" if percent >= 100 else "and charging"
    elif state.left_s is not None and state.left_s > 0:
        condition = f"and lasts for about {duration(state.left_s)}"
    else:
        condition = "and not charging"
    return f"The battery is at {percent} percent {condition}.", value


def load(percent: float, cores: int) -> Said:
    """How busy the processor is."""
    whole = round(percent)
    core = "one core" if cores == 1 else f"{cores} cores"
    return f"The processor is {whole} percent busy, on {core}.", {"percent": whole, "cores": cores}


def temperature(celsius: float | None) -> Said:
    """How hot the processor is."""
    if celsius is None:
        return "This machine has no temperature sensor that I can read.", {"celsius": None}
    return f"The processor is at {round(celsius)} degrees Celsius.", {"celsius": round(celsius, 1)}


def uptime(seconds: float) -> Said:
    """How long the machine has been on."""
    return f"This machine has been on for {duration(seconds)}.", {"seconds": round(seconds)}


def network(connected: list[str]) -> Said:
    """Whether a network is there; that the internet answers is not tried, since nothing leaves the house."""
    if not connected:
        return "No, this machine is not connected to a network.", {"connected": False}
    return "Yes, this machine is connected to a network.", {"connected": True, "interfaces": connected}


def duration(seconds: float) -> str:
    """The two largest parts: "3 days and 4 hours", "one hour", "less than a minute"."""
    minutes = int(seconds // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [
        f"{'one' if n == 1 else n} {unit}{'' if n == 1 else 's'}"
        for n, unit in ((days, "day"), (hours, "hour"), (minutes, "minute"))
        if n
    ]
    return " and ".join(parts[:2]) or "less than a minute"


def _about(size_bytes: float) -> str:
    return f"About {size(size_bytes)}"


def _is_are(size_bytes: float) -> str:
    return "is" if size(size_bytes).startswith("1 ") else "are"
