"""What the little assistants around the peers have in common: arguments, a line of JSON to the driver, a loudspeaker.

This runs in a peer's own environment, so it imports nothing of homebody's. The driver (`run.py`) writes ``listen`` to
standard input before each command; the assistant says on standard output ``ready`` once, and for each command
``listening``, ``heard`` (with the text) and ``spoken``, one JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import sounddevice

RATE_HZ = 16_000
MICROPHONE = "lab_mic"  # homebody.bench.virtual_devices
SPEAKER = "lab_spk"


class Driver:
    """The other end: whoever started this process. What libraries print goes to standard error."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def tell(self, event: str, **data: Any) -> None:
        """One event."""
        self._out.write(json.dumps({"event": event, **data}) + "\n")
        self._out.flush()

    def ready(self, *packages: str) -> None:
        """Everything is loaded; with the versions of what does the work."""
        self.tell("ready", versions={package: version(package) for package in packages})

    def asked(self) -> Iterator[None]:
        """Blocks until the next command is about to be spoken; ends with the driver."""
        for line in sys.stdin:
            if line.strip() == "listen":
                yield


class Loudspeaker:
    """An open stream of 16 bit mono; silence when there is nothing to play."""

    def __init__(self, rate_hz: int, latency_ms: float) -> None:
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._empty = threading.Event()
        self._empty.set()
        self._stream = sounddevice.RawOutputStream(
            samplerate=rate_hz,
            channels=1,
            dtype="int16",
            device=SPEAKER,
            latency=latency_ms / 1000,
            callback=self._fill,
        )
        self._stream.start()

    def play(self, pcm: bytes) -> None:
        """Append; returns at once."""
        with self._lock:
            self._waiting += pcm
            self._empty.clear()

    def drain(self) -> None:
        """Blocks until everything has been handed to the device."""
        self._empty.wait(60)

    def _fill(self, out: Any, frames: int, _time: Any, _status: Any) -> None:
        wanted = 2 * frames
        with self._lock:
            taken = bytes(self._waiting[:wanted])
            del self._waiting[:wanted]
            if not self._waiting:
                self._empty.set()
        out[:] = taken.ljust(wanted, b"\0")


def options() -> argparse.Namespace:
    """What the driver passes to each peer."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--recogniser", type=Path, required=True, help="A folder in CTranslate2's format.")
    parser.add_argument("--voice", type=Path, required=True, help="A Piper voice; its .json beside it.")
    parser.add_argument("--reply", required=True, help="What every transcript is answered with.")
    parser.add_argument("--language", default="en")
    parser.add_argument("--latency-ms", type=float, required=True, help="The loudspeaker's buffer.")
    return parser.parse_args()
