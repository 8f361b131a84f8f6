#!/usr/bin/env python3
"""`systemctl`, `loginctl`, `launchctl` and `codesign` as far as `homebody install` uses them, for machines without.

Put into a folder of PATH under those names by `install_into`. They keep the contract, not its looks: a unit is started
only when the manager has read its file (``daemon-reload``), ``enable`` makes the link that its [Install] asks for, and
what is unknown fails with a message on standard error. What is known is kept in one JSON file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("systemctl", "loginctl", "launchctl", "codesign")


def install_into(folder: Path, state: Path) -> None:
    """Put the four programs there; they keep what they know in ``state``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        program = folder / name
        program.write_text(f"#!/bin/sh\nFAKE_STATE='{state}' exec '{sys.executable}' -SE '{__file__}' {name} \"$@\"\n")
        program.chmod(0o755)


@contextmanager
def _state() -> Iterator[dict]:
    path = Path(os.environ["FAKE_STATE"])
    known = json.loads(path.read_text()) if path.exists() else {"loaded": [], "running": {}, "log": [], "starts": 0}
    yield known
    path.write_text(json.dumps(known))


def _fail(message: str, status: int = 1) -> int:
    sys.stderr.write(f"{message}\n")
    return status


def _units() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or f"{os.environ['HOME']}/.config"
    return Path(base) / "systemd" / "user"


def _start(known: dict, name: str) -> None:
    if name not in known["running"]:
        known["starts"] += 1
        known["running"][name] = known["starts"]


def systemctl(known: dict, arguments: list[str]) -> int:
    """Of one person: ``--user`` always."""
    if arguments[0] != "--user" or os.environ.get("FAKE_NO_BUS"):
        return _fail("Failed to connect to bus: No medium found")
    verb, names = arguments[1], [word for word in arguments[2:] if not word.startswith("-")]
    if verb == "show":
        sys.stdout.write(os.environ.get("FAKE_VERSION", "252 (252.1-1)") + "\n")
        return 0
    if verb == "daemon-reload":
        known["loaded"] = sorted(path.name for path in _units().glob("homebody*") if path.is_file())
        return 0
    if verb == "reset-failed":
        return 0
    for name in names:
        if name not in known["loaded"] and not (verb in ("enable", "disable") and (_units() / name).exists()):
            return _fail(f"Failed to {verb} {name}: Unit {name} not loaded.", 5)
        if verb in ("enable", "disable"):
            _link(name, there=verb == "enable")
        if verb == "start":
            _start(known, name)
        elif verb == "stop" or "--now" in arguments:
            known["running"].pop(name, None)
    return 0 if verb in ("enable", "disable", "start", "stop") else _fail(f"Unknown command verb {verb}.")


def _link(name: str, *, there: bool) -> None:
    unit = _units() / name
    wanted_by = unit.read_text().split("WantedBy=")[1].split()[0]
    link = _units() / f"{wanted_by}.wants" / name
    link.unlink(missing_ok=True)
    if there:
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(unit)
    elif link.parent.is_dir() and not any(link.parent.iterdir()):
        link.parent.rmdir()


def loginctl(known: dict, arguments: list[str]) -> int:
    """Lingering, where one may."""
    return _fail("Could not enable linger: Access denied") if os.environ.get("FAKE_NO_LINGER") else 0


def launchctl(known: dict, arguments: list[str]) -> int:
    """The domain of one person."""
    verb, target = arguments[0], arguments[-1]
    label = target.rpartition("/")[2]
    if verb == "bootstrap":
        import plistlib  # brings an XML parser, which the other verbs do without

        plist = plistlib.loads(Path(target).read_bytes())
        if plist["Label"] in known["loaded"]:
            return _fail("Bootstrap failed: 5: Input/output error", 5)
        if not Path(plist["ProgramArguments"][0]).exists() or not Path(plist["StandardOutPath"]).parent.is_dir():
            return _fail("Bootstrap failed: 78: Function not implemented", 78)
        known["loaded"].append(plist["Label"])
        _start(known, plist["Label"])
    elif label not in known["loaded"]:
        return _fail("Boot-out failed: 3: No such process", 3)
    elif verb == "bootout":
        known["loaded"].remove(label)
        known["running"].pop(label, None)
    elif verb == "kickstart":
        _start(known, label)
    else:
        return _fail("Unrecognized subcommand: " + verb, 64)
    return 0


def codesign(known: dict, arguments: list[str]) -> int:
    """Signs bundles that have an executable."""
    import plistlib

    bundle = Path(arguments[-1])
    info = plistlib.loads((bundle / "Contents" / "Info.plist").read_bytes())
    executable = bundle / "Contents" / "MacOS" / info["CFBundleExecutable"]
    return 0 if executable.exists() else _fail(f"{bundle}: code object is not signed at all")


def main() -> int:
    name, arguments = sys.argv[1], sys.argv[2:]
    with _state() as known:
        known["log"].append([name, *arguments])
        return {"systemctl": systemctl, "loginctl": loginctl, "launchctl": launchctl, "codesign": codesign}[name](
            known, arguments
        )


if __name__ == "__main__":
    sys.exit(main())
