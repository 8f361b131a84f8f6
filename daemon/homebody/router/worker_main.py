"""What every worker process does first: end with the router, and keep its pipes to itself. See `worker_process`."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from typing import IO, Final

_PR_SET_PDEATHSIG: Final = 1


def pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The requests from the router and the answers to it, taken away from everything else: standard input is empty
    from now on, and what is printed goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the router's, which then ends us
    _die_with_parent(int(sys.argv[1]))
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    return requests, answers


def _die_with_parent(parent: int) -> None:
    """Be killed when the router dies, even while a library holds the interpreter in a system call (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(0)
