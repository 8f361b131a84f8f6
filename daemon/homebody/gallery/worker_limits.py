"""What a worker process of the gallery does to itself before it reads a stranger's file."""

from __future__ import annotations

import contextlib
import os
import resource
from typing import Final

NICE: Final = 10  # behind whatever speaks or listens


def limit_myself(memory_bytes: int) -> None:
    """Take no more address space than this, write no core dump, and let everything else go first."""
    # Where a service manager has set less, that stays. macOS refuses RLIMIT_AS, and has no other limit that holds.
    with contextlib.suppress(ValueError, OSError):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(NICE)
