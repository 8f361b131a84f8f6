"""How much memory is free where models live: the graphics card's, what a Mac's graphics may use, or the machine's.

Beside `hardware.nvidia_gpus` for cards of NVIDIA's, two sources:

- psutil's ``available``: what can be had without swapping.
- Apple silicon: graphics and processor share the memory, but the graphics may hold only a part of it
  (Metal's recommendedMaxWorkingSetSize). ``sysctl iogpu.wired_limit_mb`` is that part where somebody set it; 0 is the
  system's own rule, which llama.cpp's logs show: two thirds (8 GB: 5461 MiB, 16: 10923, 32: 21845), and three quarters
  of larger memories (64: 49152) (ggml-org/llama.cpp#5207, #1870, ollama/ollama#434).
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec
import psutil

from homebody import hardware
from homebody.errors import MissingPart

log = logging.getLogger(__name__)

LARGE_MAC_BYTES: Final = 36 * hardware.GIB  # up to here two thirds, above three quarters
SYSCTL_LIMIT_S: Final = 5.0


class Free(msgspec.Struct, frozen=True):
    """Memory for models at one moment, in bytes; 0 <= free <= total."""

    total: int
    free: int


class MemoryProbe(Protocol):
    """Something that can be asked how much memory models may take.

    Attributes:
        kind: ``nvidia`` and ``apple`` hold models on the graphics card, ``system`` beside the processor.
    """

    kind: Literal["nvidia", "apple", "system"]

    def read(self) -> Free:
        """Look now. Blocks for some milliseconds, the first time for up to a second; may be called from any thread.

        Raises:
            MissingPart: It cannot be known here.
        """


class SystemMemory:
    """The machine's own memory."""

    kind: Literal["nvidia", "apple", "system"] = "system"

    def read(self) -> Free:
        """As `MemoryProbe.read`."""
        memory = psutil.virtual_memory()
        return Free(memory.total, min(memory.available, memory.total))


class NvidiaMemory:
    """The memory of the NVIDIA card that has the most, since a model that fits one is not split by Ollama.

    Args:
        gpus: Asks the driver.
    """

    kind: Literal["nvidia", "apple", "system"] = "nvidia"

    def __init__(self, gpus: Callable[[], tuple[hardware.Gpu, ...]] = hardware.nvidia_gpus) -> None:
        self._gpus = gpus

    def read(self) -> Free:
        """As `MemoryProbe.read`."""
        best = max(self._gpus(), key=lambda gpu: gpu.total_bytes, default=None)
        if best is None:
            raise MissingPart("The graphics card is gone.", "Look what nvidia-smi says.")
        return Free(best.total_bytes, min(best.free_bytes, best.total_bytes))


class AppleMemory:
    """What a Mac's graphics may still take of the memory it shares.

    Args:
        sysctl: The number of a kernel setting; 0 where it is not set.
        memory: Total and available, in bytes.
    """

    kind: Literal["nvidia", "apple", "system"] = "apple"

    def __init__(
        self,
        sysctl: Callable[[str], int] | None = None,
        memory: Callable[[], tuple[int, int]] | None = None,
    ) -> None:
        self._sysctl = sysctl or _sysctl
        self._memory = memory or _memory

    def read(self) -> Free:
        """As `MemoryProbe.read`. What models already hold is counted as taken only where the machine counts it."""
        total, available = self._memory()
        limit = working_set_bytes(total, self._sysctl("iogpu.wired_limit_mb"))
        return Free(limit, max(0, min(limit, available)))


def working_set_bytes(total: int, wired_limit_mb: int) -> int:
    """How much of a Mac's memory its graphics may hold.

    Args:
        total: The machine's memory in bytes.
        wired_limit_mb: ``iogpu.wired_limit_mb``; 0: not set.
    """
    if wired_limit_mb > 0:
        return min(total, wired_limit_mb * 2**20)
    return total * 2 // 3 if total <= LARGE_MAC_BYTES else total * 3 // 4


def probe_here() -> MemoryProbe:
    """The probe for this machine. A graphics card without its library is logged and passed over."""
    if hardware.is_apple_silicon():
        return AppleMemory()
    try:
        if hardware.nvidia_gpus():
            return NvidiaMemory()
    except MissingPart as error:
        log.warning("%s %s", error.reason, error.remedy)
    return SystemMemory()


def _memory() -> tuple[int, int]:
    memory = psutil.virtual_memory()
    return memory.total, memory.available


def _sysctl(name: str) -> int:
    try:
        asked = subprocess.run(
            ["/usr/sbin/sysctl", "-n", name], capture_output=True, text=True, timeout=SYSCTL_LIMIT_S, check=False
        )
        return int(asked.stdout.strip() or 0)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return 0  # an older system that does not know it
