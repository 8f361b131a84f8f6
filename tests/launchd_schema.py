"""What launchd.plist(5) says of the keys we use. Nothing off macOS knows launchd: plutil and plistlib take any key."""

from __future__ import annotations

import plistlib
from pathlib import PurePosixPath
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    "Label": str,
    "AssociatedBundleIdentifiers": (str, list),
    "Program": str,
    "ProgramArguments": list,
    "EnvironmentVariables": dict,
    "RunAtLoad": bool,
    "KeepAlive": (bool, dict),
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "ProcessType": str,
    "LowPriorityIO": bool,
    "Nice": int,
    "LimitLoadToSessionType": (str, list),
    "Umask": (int, str),
    "SoftResourceLimits": dict,
    "HardResourceLimits": dict,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "WorkingDirectory": str,
    "Disabled": bool,
    "AbandonProcessGroup": bool,
}
KEEP_ALIVE = {"SuccessfulExit": bool, "Crashed": bool, "PathState": dict, "OtherJobEnabled": dict}
LIMITS = {
    "Core",
    "CPU",
    "Data",
    "FileSize",
    "MemoryLock",
    "NumberOfFiles",
    "NumberOfProcesses",
    "ResidentSetSize",
    "Stack",
}
PROCESS_TYPES = {"Background", "Standard", "Adaptive", "Interactive"}
SHELLS = {"/bin/sh", "/bin/bash", "/bin/zsh", "/usr/bin/env"}


def faults(data: bytes, file_name: str) -> list[str]:
    """Everything launchd would refuse, ignore in silence, or take for something else."""
    try:
        plist = plistlib.loads(data)
    except Exception as error:
        return [f"does not parse: {error}"]
    found = [f"unknown key {key}" for key in plist if key not in TYPES]
    found += [f"{key} is a {type(value).__name__}" for key, value in plist.items() if not _fits(value, TYPES.get(key))]
    found += [f"{key} is missing" for key in ("Label", "ProgramArguments") if key not in plist]
    if isinstance(keep := plist.get("KeepAlive"), dict):
        found += [f"KeepAlive.{key}" for key, value in keep.items() if not _fits(value, KEEP_ALIVE.get(key, ()))]
    for table in ("SoftResourceLimits", "HardResourceLimits"):
        limits = plist.get(table, {})
        found += [f"{table}.{key}" for key, value in limits.items() if key not in LIMITS or not _fits(value, int)]
    if plist.get("ProcessType", "Standard") not in PROCESS_TYPES:
        found.append("ProcessType is none of launchd's")
    for key in ("StandardOutPath", "StandardErrorPath", "WorkingDirectory"):
        path = str(plist.get(key, "/"))
        if not PurePosixPath(path).is_absolute() or "~" in path or "$" in path:
            found.append(f"{key}: launchd expands nothing and wants an absolute path")
    if not all(isinstance(value, str) for value in plist.get("EnvironmentVariables", {}).values()):
        found.append("EnvironmentVariables: strings only")
    program, *_ = plist.get("ProgramArguments") or [""]
    if not all(isinstance(word, str) for word in plist.get("ProgramArguments", [])):
        found.append("ProgramArguments: strings only")
    elif not program.startswith("/"):
        found.append("ProgramArguments: the program's path is not absolute")
    elif program in SHELLS:
        found.append("ProgramArguments: a shell would be given the permission to use the microphone")
    if file_name != f"{plist.get('Label')}.plist":
        found.append("the file is not named after its label")
    return found


def _fits(value: Any, wanted: type | tuple[type, ...] | None) -> bool:
    if wanted is None:
        return True  # told as unknown already
    if isinstance(value, bool):
        return wanted is bool or (isinstance(wanted, tuple) and bool in wanted)
    return isinstance(value, wanted)
