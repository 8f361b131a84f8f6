"""What this machine is, and which profile is for it. Looking is thin; `choose` is pure."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import psutil

from homebody.errors import MissingPart
from homebody.options_machine import MachineOptions
from homebody.paths import data_dir

GIB: Final = 2**30
# What a maker calls 16 GB is a little less by the time a system reports it: reserved by firmware, graphics or driver.
SHORT: Final = 0.9
INSTALL_NVML: Final = "Install it: pip install nvidia-ml-py"


class Gpu(msgspec.Struct, frozen=True):
    """A graphics card of NVIDIA's; memory in bytes."""

    name: str
    total_bytes: int
    free_bytes: int


class Machine(msgspec.Struct, frozen=True):
    """This machine.

    Attributes:
        cpu: The processor's own name.
        cores: Logical processors this process may use.
        memory_gib: Physical memory, 2**30 bytes.
        gpu: The graphics card: NVIDIA's with the most memory, or Apple's chip; empty where there is neither.
        gpu_memory_gib: Its own memory; 0 for Apple's, which shares the machine's.
        disk_free_gib: Where models would be kept by us.
        system: Operating system and architecture.
        python: Version.
    """

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    gpu: str = ""
    gpu_memory_gib: float = 0.0
    disk_free_gib: float = 0.0

    @property
    def kind(self) -> str:
        """As in `MachineOptions`: nvidia, apple, raspberry-pi or cpu."""
        if self.gpu_memory_gib:
            return "nvidia"
        if self.gpu:
            return "apple"
        return "raspberry-pi" if "Raspberry Pi" in self.cpu else "cpu"

    def __str__(self) -> str:
        gpu = f", {self.gpu} {self.gpu_memory_gib:.0f} GiB" if self.gpu_memory_gib else ""
        return f"{self.cpu}, {self.cores} cores, {self.memory_gib:.0f} GiB{gpu}, {self.system}, Python {self.python}"


class Choice(msgspec.Struct, frozen=True):
    """The profile for a machine.

    Attributes:
        name: The profile's; empty where none fits.
        why: One sentence.
        others: Of each other profile, why not; a phrase that can follow its name and "is not:".
    """

    name: str
    why: str
    others: dict[str, str]


def this_machine() -> Machine:
    """Look. Takes some milliseconds, with a graphics card of NVIDIA's up to a second; starts a short program on macOS.

    A graphics card whose library is missing counts as none; `nvidia_gpus` says what is missing.
    """
    cpu = _cpu() or platform.machine()
    try:
        best = max(nvidia_gpus(), key=lambda gpu: gpu.total_bytes, default=None)
    except MissingPart:
        best = None
    return Machine(
        cpu=cpu,
        gpu=best.name if best else cpu if is_apple_silicon() else "",
        gpu_memory_gib=round(best.total_bytes / GIB, 1) if best else 0.0,
        disk_free_gib=_disk_free_gib(),
        cores=usable_cores(),
        memory_gib=round(psutil.virtual_memory().total / GIB, 1),
        system=f"{_system()} {platform.machine()}",
        python=platform.python_version(),
    )


def usable_cores() -> int:
    """Logical processors that this process may use; at least 1."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_at_most(threads: int) -> int:
    """So many threads, but no more than there are cores for them; 0, which leaves it to a library, stays 0.

    A model's threads wait for one another after every layer: with more of them than cores each layer waits for one that
    is not running (docs/decisions/0041-threads-that-pay.md has figures).
    """
    return min(threads, usable_cores())


def choose(machine: Machine, profiles: Mapping[str, MachineOptions]) -> Choice:
    """The profile that asks for the most of what this machine has.

    Args:
        machine: This machine.
        profiles: Of each profile, the machine it is for.
    """
    others = {name: why for name, needs in profiles.items() if (why := _unfit(machine, needs))}
    fitting = [name for name in profiles if name not in others]
    if not fitting:
        return Choice("", "No profile is for a machine like this one.", others)
    best = max(fitting, key=lambda name: _rank(profiles[name]))
    needs = profiles[best]
    others |= {name: f"{best} makes more of this machine" for name in fitting if name != best}
    if needs.kind == "any":
        why = "Nothing larger fits this machine."
    elif machine.kind == "nvidia" and needs.kind == "nvidia":
        why = f"{machine.gpu} with {machine.gpu_memory_gib:.0f} GiB, {machine.memory_gib:.0f} GiB of memory beside it."
    elif needs.kind == "cpu" and machine.kind != "cpu":
        why = f"{machine.memory_gib:.0f} GiB of memory; no profile is for its {machine.gpu or machine.cpu}."
    else:
        why = f"{machine.cpu} with {machine.memory_gib:.0f} GiB of memory."
    return Choice(best, why, others)


def _unfit(machine: Machine, needs: MachineOptions) -> str:
    """Why a profile is not for this machine; empty if it is. Any machine may be used as one without graphics."""
    if needs.kind not in {"any", "cpu", machine.kind}:
        return {
            "nvidia": "no NVIDIA graphics card was found",
            "apple": "this is no Mac with Apple silicon",
            "raspberry-pi": "this is no Raspberry Pi",
        }[needs.kind]
    if machine.gpu_memory_gib < SHORT * needs.gpu_memory_gib:
        return f"the graphics card has {machine.gpu_memory_gib:.0f} of {needs.gpu_memory_gib:.0f} GiB"
    if machine.memory_gib < SHORT * needs.memory_gib:
        return f"{machine.memory_gib:.0f} of {needs.memory_gib:.0f} GiB of memory"
    return ""


def _rank(needs: MachineOptions) -> tuple[bool, float, float]:
    return needs.kind not in {"any", "cpu"}, needs.gpu_memory_gib, needs.memory_gib


def is_apple_silicon() -> bool:
    """Whether processor and graphics share their memory, as on Apple's M chips."""
    return sys.platform == "darwin" and platform.machine() == "arm64"


def nvidia_gpus() -> tuple[Gpu, ...]:
    """NVIDIA's graphics cards with their free memory; none where there is no driver. Blocks for up to a second.

    Raises:
        MissingPart: There is a card, and nvidia-ml-py is not installed or cannot talk to the driver.
    """
    if not has_nvidia_driver():
        return ()
    try:
        import pynvml
    except ImportError as error:
        raise MissingPart("There is a graphics card; to use it well takes nvidia-ml-py.", INSTALL_NVML) from error
    try:
        pynvml.nvmlInit()
        try:
            found = []
            for index in range(pynvml.nvmlDeviceGetCount()):
                handle = pynvml.nvmlDeviceGetHandleByIndex(index)
                memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
                name = pynvml.nvmlDeviceGetName(handle)
                name = name.decode() if isinstance(name, bytes) else str(name)  # bytes before version 12
                found.append(Gpu(name, int(memory.total), int(memory.free)))
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        raise MissingPart(f"The graphics card's driver refuses: {error}.", "Look what nvidia-smi says.") from error
    return tuple(found)


def has_nvidia_driver() -> bool:
    """Whether NVIDIA's kernel driver is loaded (it makes these files on Linux)."""
    return any(Path(path).exists() for path in ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg"))


def _disk_free_gib() -> float:
    folder = next(path for path in (data_dir(), *data_dir().parents) if path.exists())
    return round(psutil.disk_usage(str(folder)).free / GIB, 1)


def _cpu() -> str:
    if sys.platform == "darwin":
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True, text=True, timeout=5, check=False,
        )  # fmt: skip
        return asked.stdout.strip()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))), "")


def _system() -> str:
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]}"
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
