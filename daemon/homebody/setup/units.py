"""What `homebody install` writes for systemd: units rendered from the templates in systemd/. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from homebody.paths import shipped

TARGET: Final = "homebody.target"
RESTART_STEPS_SINCE: Final = 254  # systemd's first version with RestartSteps=


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What is installed.

    Attributes:
        python: The interpreter that has homebody, absolute and not resolved: that of a virtual environment is a link.
        version: Of homebody. It stands in each file, so that another version changes the file and restarts the service.
        services: Of ``router``, ``voice`` and ``gallery``, in the order of starting.
        data: The data directory, absolute.
        config: The configuration directory, absolute.
        runtime: Of sockets, absolute; None: the usual one.
        profile: A shipped profile's name or an absolute path; None: what homebody.toml says.
        always_listening: The voice answers whatever is said.
        screenshots: Where the gallery keeps pictures of the screen; None: there is no gallery to keep any.
        sidecars: Watched folders where the gallery writes sidecars; to others it cannot write at all.
    """

    python: Path
    version: str
    services: tuple[str, ...]
    data: Path
    config: Path
    runtime: Path | None = None
    profile: str | None = None
    always_listening: bool = False
    screenshots: Path | None = None
    sidecars: tuple[Path, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """What starts homebody, up to the service's name."""
        chosen = ("--profile", self.profile) if self.profile else ()
        return (str(self.python), "-m", "homebody", *chosen)

    @property
    def voice_arguments(self) -> tuple[str, ...]:
        """What comes after the service's name, for the voice."""
        return ("--always-listening",) if self.always_listening else ()

    @property
    def environment(self) -> dict[str, str]:
        """So that services and commands look in the same folders, whatever a login shell sets."""
        runtime = {"HOMEBODY_RUNTIME_DIR": str(self.runtime)} if self.runtime else {}
        return {"HOMEBODY_DATA_DIR": str(self.data), "HOMEBODY_CONFIG_DIR": str(self.config), **runtime}

    @property
    def written_by(self) -> str:
        """The first line of what we write."""
        return f"Written by homebody {self.version}; changes are lost at the next: homebody install"


def unit_name(service: str) -> str:
    """The unit of a service."""
    return f"homebody-{service}.service"


def units(installation: Installation, *, systemd_version: int) -> dict[str, bytes]:
    """Each unit's file name and content, the target last.

    Args:
        installation: What they are to start.
        systemd_version: From `systemctl --version`; older ones do not know every key.
    """
    names = [*map(unit_name, installation.services), TARGET]
    parts = {
        "HARDENING": _template("hardening.conf"),
        "RESTART": _template("restart.conf" if systemd_version >= RESTART_STEPS_SINCE else "restart-before-254.conf"),
    }
    program = quoted(str(installation.python))  # systemd expands no variable in the program's own path
    values = {
        "WRITTEN": installation.written_by,
        "PYTHON": program,
        "COMMAND": " ".join((program, *(quoted(argument, variables=True) for argument in installation.arguments[1:]))),
        "PROFILE": f" {quoted(installation.profile, variables=True)}" if installation.profile else "",
        "VOICE_ARGUMENTS": "".join(f" {argument}" for argument in installation.voice_arguments),
        "ENVIRONMENT": " ".join(quoted(f"{name}={value}") for name, value in installation.environment.items()),
    }
    own = (installation.data, installation.runtime)
    more = {unit_name("gallery"): (installation.screenshots, *installation.sidecars)}
    found = {}
    for name in names:
        # "-": a folder that somebody has deleted is a problem with a name; without it systemd gives only a number.
        writable = " ".join(quoted(f"-{path}") for path in (*own, *more.get(name, ())) if path)
        found[name] = filled(filled(_template(name), parts), {**values, "WRITABLE": writable}).encode()
    return found


def quoted(word: str, *, variables: bool = False) -> str:
    """A word as a unit file takes it: in quotation marks where need be, with nothing left to be expanded.

    Args:
        word: Anything without control characters.
        variables: For arguments in ``Exec...=``, where ``$`` has a meaning.

    The rules are in systemd.syntax(7), "Quoting", and systemd.service(5), "Command lines".
    """
    word = word.replace("%", "%%")
    if variables:
        word = word.replace("$", "$$")
    if re.fullmatch(r"[A-Za-z0-9_@%+=:,./$-]+", word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``@NAME@`` of ``values`` replaced; what a value contains is not looked at again."""
    return re.sub(r"@([A-Z][A-Z0-9_]*)@", lambda found: values.get(found[1], found[0]), template)


def absolute(profile: str | None) -> str | None:
    """A profile as a service can find it, which runs in another folder than the person."""
    return str(Path(profile).absolute()) if profile and profile.endswith(".toml") else profile


def _template(name: str) -> str:
    text = (shipped("systemd") / name).read_text(encoding="utf-8")
    return text.removesuffix("\n") if name.endswith(".conf") else text


def user_units_dir(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a person's own units are: systemd.unit(5), "User Unit Search Path"."""
    base = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home()) / ".config"
    return Path(base) / "systemd" / "user"
