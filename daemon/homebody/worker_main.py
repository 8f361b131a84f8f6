"""What every worker process does first: end with its service, and keep its pipes to itself. See `worker_process`."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from typing import IO, Any, Final, Generic, TypeVar

import msgspec

from homebody.worker_frames import FRAME_LIMIT_BYTES, LENGTH, frame

Request = TypeVar("Request")

_PR_SET_PDEATHSIG: Final = 1


def pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The requests from the service and the answers to it, taken away from everything else: standard input is empty
    from now on, and what is printed goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's, which then ends us
    _die_with_parent(int(sys.argv[1]))
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    return requests, answers


class Pipe(Generic[Request]):
    """The worker's end of the pipes: requests come in order, answers may be sent from any thread.

    Args:
        requests: Frames from the service.
        answers: Frames to the service; nothing else may write there.
        types: Every request there is, as a union of tagged structs.
        frame_limit_bytes: What the service takes at once.
    """

    def __init__(
        self, requests: IO[bytes], answers: IO[bytes], types: Any, frame_limit_bytes: int = FRAME_LIMIT_BYTES
    ) -> None:
        self._requests, self._answers = requests, answers
        self._decoder = msgspec.msgpack.Decoder(types)
        self._frame_limit_bytes = frame_limit_bytes
        self._writing = threading.Lock()

    def next(self) -> Request | None:
        """The next request; waits for it. None: the service has closed the pipe."""
        header = self._requests.read(LENGTH.size)
        if len(header) < LENGTH.size:
            return None
        request: Request = self._decoder.decode(self._requests.read(LENGTH.unpack(header)[0]))
        return request

    def send(self, message: msgspec.Struct) -> None:
        """Send an answer; raises ValueError where `frame` does."""
        self.write(frame(message, self._frame_limit_bytes))

    def write(self, data: bytes) -> None:
        """Send an answer that is a frame already."""
        with self._writing:
            self._answers.write(data)
            self._answers.flush()


def _die_with_parent(parent: int) -> None:
    """Be killed when the service dies, even while a library holds the interpreter in a system call (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(0)
