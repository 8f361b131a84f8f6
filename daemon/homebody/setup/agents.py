"""What `homebody install` writes for launchd: agents and a small app, from the templates in launchd/. Pure.

macOS asks for the microphone in the name of the app whose executable runs, and asks only where that app's Info.plist
says why. A service started by launchd is its own app, so it needs one: a bundle whose executable is a copy of Python's
interpreter. A shell script or a link would have the permission given to the shell, or to Python.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import msgspec

from homebody.paths import shipped
from homebody.setup.units import Installation, filled

BUNDLE_NAME: Final = "Homebody.app"
INTERPRETER_KEY: Final = "HomebodyInterpreterSha256"
WATCHDOG_S: Final = 15
BARE_PATH: Final = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


class MacFolders(msgspec.Struct, frozen=True):
    """Where things go on a Mac, absolute: launchd expands neither ``~`` nor a variable.

    Attributes:
        agents: ``~/Library/LaunchAgents``.
        logs: ``~/Library/Logs/homebody``.
        bundle: The app.
    """

    agents: Path
    logs: Path
    bundle: Path

    @classmethod
    def of(cls, home: Path) -> MacFolders:
        """Those of the person whose home this is."""
        library = home / "Library"
        app = library / "Application Support" / "Homebody" / BUNDLE_NAME
        return cls(library / "LaunchAgents", library / "Logs" / "homebody", app)

    @property
    def executable(self) -> Path:
        """The copy of the interpreter, which launchd starts."""
        return self.bundle / "Contents" / "MacOS" / "homebody"

    @property
    def info(self) -> Path:
        """The app's Info.plist."""
        return self.bundle / "Contents" / "Info.plist"


def label(service: str) -> str:
    """The name launchd knows a service by; its file is named after it."""
    return f"local.homebody.{service}"


def agents(installation: Installation, folders: MacFolders) -> dict[str, bytes]:
    """Each agent's file name and content."""
    program = (str(folders.executable), *installation.arguments[1:])
    environment = {
        "PATH": BARE_PATH,  # launchd's own has no Homebrew
        # The bundle's interpreter takes the virtual environment of this one for its own.
        "PYTHONEXECUTABLE": str(installation.python),
        "HOMEBODY_WATCHDOG_S": str(WATCHDOG_S),
        **installation.environment,
    }
    values = {
        "WRITTEN": _text(installation.written_by.replace("--", "-")),
        "COMMAND": _strings(program),
        "VOICE_ARGUMENTS": _strings(installation.voice_arguments),
        "ENVIRONMENT": "\n".join(f"\t\t<key>{_text(key)}</key>\n{_string(environment[key])}" for key in environment),
        "LOGS": _text(str(folders.logs)),
    }
    return {
        f"{label(service)}.plist": filled(_template(f"{label(service)}.plist"), values).encode()
        for service in installation.services
    }


def info_plist(interpreter_sha256: str) -> bytes:
    """The app's Info.plist. Without its NSMicrophoneUsageDescription there is neither a question nor a switch in the
    settings, only silence."""
    return filled(_template("Info.plist"), {"INTERPRETER_SHA256": interpreter_sha256}).encode()


def interpreter_of(info: bytes | None) -> str | None:
    """Which interpreter an installed bundle holds; None where it cannot be told."""
    try:
        return str(plistlib.loads(info)[INTERPRETER_KEY]) if info else None
    except (plistlib.InvalidFileException, KeyError, ValueError, TypeError):
        return None


def _strings(words: Iterable[str]) -> str:
    return "\n".join(map(_string, words))


def _string(word: str) -> str:
    return f"\t\t<string>{_text(word)}</string>"


def _text(word: str) -> str:
    return escape(word)


def _template(name: str) -> str:
    return (shipped("launchd") / name).read_text(encoding="utf-8")
