"""What a skill may see: the gallery's pictures and the person's screen. Part of `homebody.skill`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

import msgspec


class Picture(msgspec.Struct, frozen=True):
    """A picture of the gallery.

    Attributes:
        caption: What is on it; empty where it has not been described yet.
        taken_at: In the person's time zone; None where unknown.
    """

    path: str
    caption: str = ""
    taken_at: dt.datetime | None = None


class Pictures(Protocol):
    """The gallery. Its captions are only read."""

    def search(self, words: str, limit: int = 3) -> tuple[Sequence[Picture], int]:
        """The best matches, best first, and how many there are in all; ``words`` as for `homebody search`."""

    def show(self, path: str) -> None:
        """Open one on the screen of the machine that has them; `SkillFailed` where there is no screen."""

    def waiting(self) -> tuple[int, int]:
        """How many wait for a caption, and how many have one; `SkillFailed` where no gallery runs."""


class Screen(Protocol):
    """The person's screen, where the gallery runs. All calls raise `SkillFailed` where it cannot be seen."""

    def ask(self, question: str) -> str:
        """Have a model that sees answer a question about it, else give the text on it. Takes seconds: see
        ``deadline_ms`` of `skill`."""

    def take(self) -> str:
        """Keep a picture of it; the path of the file."""
