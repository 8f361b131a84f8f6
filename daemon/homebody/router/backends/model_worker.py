"""What a process that runs a model does whichever its engine is: reads requests, answers each in a thread, says how it
failed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Final, Protocol

from homebody.router.backends import Piece
from homebody.router.backends.model_wire import (
    Cancel,
    Failed,
    Finished,
    Generate,
    Kind,
    Load,
    Loaded,
    Text,
    ToRouter,
    ToWorker,
)
from homebody.worker_main import Pipe, pipes

DETAIL_LIMIT_CHARS: Final = 500
_OUT_OF_MEMORY: Final = ("out of memory", "bad_alloc", "failed to allocate", "cannot allocate", "can't allocate")
_NO_DEVICE: Final = ("cuda", "mps", "compute type", "unsupported device", "not compiled with")


class Refused(Exception):
    """A request that cannot be done, for a reason we have a word for."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind: Kind = kind


class Model(Protocol):
    """A loaded model."""

    def answer(self, request: Generate, give: Callable[[Piece], None], cancelled: Callable[[], bool]) -> Finished:
        """Generate; ``give`` is called with each piece, and ``cancelled`` is looked at with every token.

        Raises:
            Refused: It cannot be done, for a reason we have a word for.
        """


class Worker:
    """Reads requests, writes answers, until ``requests`` ends.

    Args:
        make: Loads a model; raises `Refused` where it cannot.
        requests: Frames from the router.
        answers: Frames to the router; nothing else may write there.
    """

    def __init__(self, make: Callable[[Load], Model], requests: IO[bytes], answers: IO[bytes]) -> None:
        self._make = make
        self._pipe: Pipe[ToWorker] = Pipe(requests, answers, ToWorker)
        self._model: Model | None = None
        self._cancels: dict[int, threading.Event] = {}

    def serve(self) -> None:
        """Work until the router closes the pipe."""
        while (request := self._pipe.next()) is not None:
            match request:
                case Load():
                    self._load(request)
                case Generate():
                    self._cancels[request.id] = threading.Event()
                    threading.Thread(target=self._generate, args=(request,), daemon=True).start()
                case Cancel():
                    if (cancel := self._cancels.get(request.id)) is not None:
                        cancel.set()

    def _send(self, message: ToRouter) -> None:
        self._pipe.send(message)

    def _load(self, load: Load) -> None:
        began_s = time.monotonic()
        try:
            self._model = self._make(load)
        except Exception as error:
            self._send(failed(0, error, loading=True))
        else:
            self._send(Loaded(1000 * (time.monotonic() - began_s)))

    def _generate(self, request: Generate) -> None:
        """One answer, in its own thread; always ends in one message."""
        try:
            if self._model is None:
                raise Refused("failed", "no model is loaded")
            message: ToRouter = self._model.answer(
                request,
                lambda piece: self._send(Text(request.id, piece.text, piece.channel)),
                self._cancels[request.id].is_set,
            )
        except Exception as error:
            message = failed(request.id, error, loading=False)
        del self._cancels[request.id]
        self._send(message)


def refuse_if_too_large(weights: Iterable[Path], device: str) -> None:
    """Loading more than there is would drive the machine to its knees before anything refuses.

    Args:
        weights: A model's files.
        device: Where it is to be; looked at only for ``cpu``.

    Raises:
        Refused: They are larger than the memory that is available.
    """
    import psutil

    try:
        size_bytes = sum(file.stat().st_size for file in weights)
    except OSError:
        return  # the library says what is missing
    available_bytes = psutil.virtual_memory().available
    if device == "cpu" and size_bytes > available_bytes:
        raise Refused("memory", f"{size_bytes} bytes, of which {available_bytes} are available")


def failed(id: int, error: Exception, *, loading: bool) -> Failed:
    """What went wrong, in a word that the router knows."""
    text = str(error).lower()
    kind: Kind = "broken" if loading else "failed"
    if isinstance(error, Refused):
        kind = error.kind
    elif loading and isinstance(error, ImportError):
        kind = "library"
    elif isinstance(error, MemoryError) or any(sign in text for sign in _OUT_OF_MEMORY):
        kind = "memory"
    elif loading and any(sign in text for sign in _NO_DEVICE):
        kind = "device"
    return Failed(id, kind, f"{type(error).__name__}: {error}"[:DETAIL_LIMIT_CHARS])


def serve(make: Callable[[Load], Model]) -> None:
    """Serve the router until it closes the pipe; does not return."""
    requests, answers = pipes()
    try:
        Worker(make, requests, answers).serve()
    finally:
        os._exit(0)  # a generation may be at work
