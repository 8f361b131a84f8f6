"""The built-in tasks: questions whose answers can be checked, as data (`tasks.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

TASKS: Final = Path(__file__).parent / "tasks.toml"


class Task(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A question and what tells that its answer is right; every check that is named must pass.

    Attributes:
        id: Unique among all tasks.
        text: As somebody says it.
        number: The last sentence with a number in it holds this one.
        any, every, none: Whole words of which one, all, none occur; any case.
        choice, of: Of the words ``of``, the one that is named last is ``choice``.
        min_words, max_words, lines: Its length.
        language: ISO 639-1 code of what it is written in.
        json: It is a JSON object with at least these.
        items: It is a JSON array of so many.
        matches: A regular expression for the whole answer.
        python: Lines that run after its code without raising.
        rubric: What a judge looks at.
    """

    id: str
    text: str
    number: float | None = None
    any: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    choice: str | None = None
    of: tuple[str, ...] = ()
    min_words: int | None = None
    max_words: int | None = None
    lines: int | None = None
    language: str | None = None
    json: dict[str, Any] | None = None
    items: int | None = None
    matches: str | None = None
    python: str | None = None
    rubric: str | None = None


@cache
def by_purpose() -> dict[str, tuple[Task, ...]]:
    """The tasks by what they are for, in the order of the file."""
    return msgspec.convert(tomllib.loads(TASKS.read_text(encoding="utf-8")), dict[str, tuple[Task, ...]])
