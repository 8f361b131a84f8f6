"""Who starts our services and keeps them running: systemd on Linux, launchd on macOS."""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, Literal, Protocol

from homebody.errors import MachineError, MissingPart
from homebody.paths import runtime_dir
from homebody.setup import agents, units
from homebody.setup.steps import Copy, Run, Step, folder, removing, writing
from homebody.setup.units import TARGET, Installation, unit_name

SERVICES: Final = ("router", "voice", "gallery")
ASK_LIMIT_S: Final = 10.0
SEE_LOGS: Final = "See why with: homebody logs"

Action = Literal["start", "stop", "restart"]


class ServiceManager(Protocol):
    """Says what to do; `homebody.setup.steps.carry_out` does it. Looks at what is there, changes nothing, and blocks
    only for that look."""

    def installing(self, installation: Installation) -> list[Step]:
        """Everything that makes the services be there, start at login and run now, the new version's if there was an
        older one. The same again where they do: only steps that then change nothing."""
        ...

    def removing(self) -> list[Step]:
        """Everything that makes them be gone, also what an earlier version or half an installation left. Empty where
        nothing is."""
        ...

    def command(self, action: Action) -> list[Run]:
        """Start, stop or restart what is installed; empty where nothing is."""
        ...


class Systemd:
    """The systemd of this person, ``systemctl --user``.

    Args:
        folder: Of the person's units.
        version: systemd's.
    """

    def __init__(self, folder: Path, version: int) -> None:
        self._folder, self._version = folder, version

    def installing(self, installation: Installation) -> list[Step]:
        """As `ServiceManager.installing`."""
        content = units.units(installation, systemd_version=self._version)
        dropped = [name for name in self._installed() if name not in content]
        steps = [
            *folder(installation.data, private=True),
            *(folder(installation.screenshots) if installation.screenshots else ()),
            *(step for name, text in content.items() for step in writing(self._folder / name, text)),
        ]
        steps += self._disabling(dropped)
        changed = bool(steps)
        steps.append(_systemctl("daemon-reload"))  # always: an installation may have been broken off before it
        enabled = [name for name in (TARGET, *map(unit_name, installation.services)) if not self._is_enabled(name)]
        if enabled:
            steps.append(_systemctl("enable", "--quiet", *enabled))
        return [*steps, *self._acting("restart" if changed else "start", installation.services)]

    def removing(self) -> list[Step]:
        """As `ServiceManager.removing`."""
        names = self._installed()
        if not names:
            return []
        chosen = bool(os.environ.get("HOMEBODY_RUNTIME_DIR"))
        return [
            *self._disabling(names),
            _systemctl("daemon-reload"),
            _systemctl("reset-failed", *names, may_fail=True),  # a unit that had failed would still be listed
            *removing(self._folder, if_empty=True),
            *removing(self._folder.parent, if_empty=True),
            # A folder that the person has chosen may hold more than ours.
            *removing(runtime_dir(), tree=not chosen, if_empty=chosen),
        ]

    def command(self, action: Action) -> list[Run]:
        """As `ServiceManager.command`."""
        names = self._installed()
        services = tuple(service for service in SERVICES if unit_name(service) in names)
        return self._acting(action, services) if names else []

    def _acting(self, action: Action, services: tuple[str, ...]) -> list[Run]:
        if action == "stop":
            return [_systemctl("stop", TARGET, *map(unit_name, services))]
        # Not waiting: a recogniser may be downloaded first. Services that run are not touched by "start".
        begin = _systemctl("start", "--no-block", TARGET, *map(unit_name, services))
        return [*self._acting("stop", services), begin] if action == "restart" else [begin]

    def _disabling(self, names: list[str]) -> list[Step]:
        if not names:
            return []
        off = _systemctl("disable", "--quiet", "--now", *names, may_fail=True)
        return [off, *(step for name in names for step in removing(self._folder / name))]

    def _installed(self) -> list[str]:
        return [name for name in (TARGET, *map(unit_name, SERVICES)) if (self._folder / name).exists()]

    def _is_enabled(self, name: str) -> bool:
        wanting = "default.target" if name == TARGET else TARGET
        return (self._folder / f"{wanting}.wants" / name).is_symlink()


class Launchd:
    """The launchd of this person, ``launchctl`` in the domain ``gui/UID``.

    Args:
        folders: Where things go.
        uid: The person's.
        interpreter: What is copied into the app: the real one, not a virtual environment's link or a framework's stub.
        library: The interpreter's own library where it looks for it beside itself; None: it finds it anywhere.
    """

    def __init__(self, folders: agents.MacFolders, uid: int, interpreter: Path, library: Path | None = None) -> None:
        self._folders, self._domain = folders, f"gui/{uid}"
        self._interpreter, self._library = interpreter, library

    def installing(self, installation: Installation) -> list[Step]:
        """As `ServiceManager.installing`."""
        steps: list[Step] = [
            *folder(installation.data, private=True),
            *folder(self._folders.logs),  # launchd does not make it, and a service without it does not start
        ]
        bundle = self._bundle()
        steps += bundle
        content = agents.agents(installation, self._folders)
        for service in SERVICES:
            path = self._agent(service)
            if service not in installation.services:
                steps += self._unloading(service)
                continue
            files = writing(path, content[path.name])
            if files or bundle:
                steps += [*self._bootout(service), *files, self._bootstrap(service)]
            else:
                steps += self._load(service)
        return steps

    def removing(self) -> list[Step]:
        """As `ServiceManager.removing`."""
        agents_ = [step for service in SERVICES for step in self._unloading(service)]
        bundle = removing(self._folders.bundle, tree=True)
        parent = self._folders.bundle.parent
        left = removing(parent, if_empty=True) if bundle else []
        return [*agents_, *bundle, *left, *removing(self._folders.logs, tree=True)] if agents_ or bundle else []

    def command(self, action: Action) -> list[Run]:
        """As `ServiceManager.command`."""
        there = [service for service in SERVICES if self._agent(service).exists()]
        match action:
            case "start":
                return [run for service in there for run in self._load(service)]
            case "stop":
                return [run for service in there for run in self._bootout(service)]
        return [run for service in there for run in (*self._bootout(service), self._bootstrap(service))]

    def _bundle(self) -> list[Step]:
        """The app, made anew only for another interpreter: each signature is a new app to macOS, which must be allowed
        the microphone again."""
        digest = hashlib.sha256(self._interpreter.read_bytes()).hexdigest()
        info = self._folders.info
        held = agents.interpreter_of(info.read_bytes() if info.exists() else None)
        if held == digest and self._folders.executable.exists():
            return []
        contents = self._folders.bundle / "Contents"
        library = [Copy(self._library, contents / "lib" / self._library.name)] if self._library else []
        return [
            *removing(self._folders.bundle, tree=True),
            Copy(self._interpreter, self._folders.executable),
            *library,
            *writing(info, agents.info_plist(digest)),
            Run(
                ("codesign", "--force", "--sign", "-", str(self._folders.bundle)),
                remedy="Install Apple's command line tools with: xcode-select --install",
            ),
        ]

    def _agent(self, service: str) -> Path:
        return self._folders.agents / f"{agents.label(service)}.plist"

    def _load(self, service: str) -> list[Run]:
        """Both, since a service may be unknown to launchd or known and stopped; for one that runs neither does harm."""
        bootstrap = ("launchctl", "bootstrap", self._domain, str(self._agent(service)))
        kickstart = ("launchctl", "kickstart", f"{self._domain}/{agents.label(service)}")
        return [Run(bootstrap, may_fail=True), Run(kickstart, attempts=3, remedy=SEE_LOGS)]

    def _bootstrap(self, service: str) -> Run:
        """It fails with status 5 while the old one is still ending."""
        return Run(
            ("launchctl", "bootstrap", self._domain, str(self._agent(service))),
            attempts=10,
            remedy="Run this where you are logged in at the screen, not over ssh.",
        )

    def _bootout(self, service: str) -> list[Run]:
        return [Run(("launchctl", "bootout", f"{self._domain}/{agents.label(service)}"), may_fail=True)]

    def _unloading(self, service: str) -> list[Step]:
        path = self._agent(service)
        return [*self._bootout(service), *removing(path)] if path.exists() else []


def service_manager() -> ServiceManager:
    """The one of this machine and this person.

    Raises:
        MachineError, MissingPart: There is none, with what to do instead.
    """
    if sys.platform == "darwin":
        folders = agents.MacFolders.of(Path.home())
        return Launchd(folders, os.getuid(), *mac_interpreter())
    return Systemd(units.user_units_dir(), systemd_version())


def systemd_version() -> int:
    """Of the systemd that serves this person.

    Raises:
        MissingPart: No systemd.
        MachineError: It has no instance for this person, here.
    """
    if shutil.which("systemctl") is None:
        raise MissingPart(
            "This machine has no systemd, which would start the services.",
            "Start the assistant yourself with: homebody run",
        )
    asked = subprocess.run(
        ("systemctl", "--user", "show", "--property=Version", "--value"),
        capture_output=True, text=True, timeout=ASK_LIMIT_S, check=False, env=environment(),
    )  # fmt: skip
    if asked.returncode or not (number := re.match(r"\d+", asked.stdout)):
        raise MachineError("There is no systemd user instance for you here.", _without_instance())
    return int(number[0])


def _without_instance() -> str:
    name = pwd.getpwuid(os.getuid()).pw_name
    if os.environ.get("SUDO_USER"):
        return f"Run it as {os.environ['SUDO_USER']}, without sudo; homebody needs no root."
    if os.getuid() == 0:
        return "Run it as the person who lives here, not as root; or start it yourself with: homebody run"
    return (
        f"In a shell you came to with su, log in instead: sudo machinectl shell {name}@ ; without a desktop: "
        f"sudo loginctl enable-linger {name} ; in a container: homebody run"
    )


def environment() -> dict[str, str]:
    """Ours, with the person's runtime directory where the way they came here has left it out."""
    usual = Path(f"/run/user/{os.getuid()}")
    known = dict(os.environ)
    if sys.platform == "linux" and not known.get("XDG_RUNTIME_DIR") and usual.is_dir():
        known["XDG_RUNTIME_DIR"] = str(usual)
    return known


def mac_interpreter() -> tuple[Path, Path | None]:
    """The real interpreter of this process, and its library where it looks for it beside itself."""
    base = Path(sys.base_prefix)
    # A framework's bin/python only starts this one, and would then be the app that asks.
    framework = base / "Resources" / "Python.app" / "Contents" / "MacOS" / "Python"
    if framework.exists():
        return framework, None
    library = base / "lib" / f"libpython{sys.version_info.major}.{sys.version_info.minor}.dylib"
    return Path(sys.executable).resolve(), library if library.exists() else None


def _systemctl(*arguments: str, may_fail: bool = False) -> Run:
    return Run(("systemctl", "--user", *arguments), may_fail=may_fail, remedy=SEE_LOGS)
