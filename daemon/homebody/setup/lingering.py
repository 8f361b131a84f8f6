"""Lingering: whether a person's services run while that person is not logged in. systemd only; see loginctl(1)."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Final

from homebody.setup.steps import Run

STATE: Final = Path("/var/lib/systemd/linger")  # where logind keeps one file a person, readable by all


def person() -> str:
    """The name of the person whose process this is."""
    return pwd.getpwuid(os.getuid()).pw_name


def is_on(state: Path = STATE) -> bool:
    """Whether it is turned on for this person."""
    return (state / person()).exists()


def turning(on: bool) -> Run:
    """Turn it on or off. Fails where the person may not; root may."""
    verb = "enable-linger" if on else "disable-linger"
    return Run(("loginctl", verb), remedy=f"Ask whoever may: sudo loginctl {verb} {person()}")
