"""Under which circumstances something was measured: the part that every bench's JSON has in common."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import msgspec

from homebody import __version__
from homebody.hardware import Machine, this_machine

LIBRARIES: Final = (
    "ctranslate2", "faster-whisper", "hassil", "numpy", "ollama", "onnxruntime", "pillow", "piper-tts", "pyzmq",
)  # fmt: skip
GIT_LIMIT_S: Final = 5.0


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """When, where and with what.

    Attributes:
        date: ISO 8601, UTC.
        machine: The hardware, its system and Python.
        versions: Of homebody and of the libraries that do the work.
        load_average: Of the machine over 1, 5 and 15 minutes, when the measurement had ended.
        git_revision: Of the checkout, with ``+`` where it held changes; None outside of one.
    """

    date: str
    machine: Machine
    versions: dict[str, str]
    load_average: tuple[float, float, float]
    git_revision: str | None = None

    def __str__(self) -> str:
        revision = f", revision {self.git_revision}" if self.git_revision else ""
        load = ", ".join(f"{value:.1f}" for value in self.load_average)
        return f"{self.machine}; load average {load}; homebody {self.versions['homebody']}{revision}; {self.date[:10]}"


def circumstances() -> Circumstances:
    """Look. Takes some milliseconds."""
    one, five, fifteen = (round(value, 2) for value in os.getloadavg())
    return Circumstances(
        date=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        machine=this_machine(),
        versions={"homebody": __version__, **_versions()},
        load_average=(one, five, fifteen),
        git_revision=git_revision(Path(__file__).parent),
    )


def documented(bench: str, report: msgspec.Struct) -> dict[str, Any]:
    """A report as `homebody bench report` and `compare` read it: its own keys, its bench and the circumstances."""
    return {
        "bench": bench,
        "circumstances": msgspec.to_builtins(circumstances()),
        **msgspec.to_builtins(report),
    }


def git_revision(folder: Path) -> str | None:
    """The short revision of the checkout this folder lies in, with ``+`` where it held changes; None outside of one."""
    try:
        found = subprocess.run(
            ("git", "-C", str(folder), "describe", "--always", "--exclude=*", "--dirty=+"),
            capture_output=True, text=True, timeout=GIT_LIMIT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
