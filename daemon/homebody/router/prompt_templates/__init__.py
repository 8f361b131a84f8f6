"""The prompt templates: one TOML file each, beside this one, named in a profile by the file's name."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from homebody.errors import ProfileError

_HERE = Path(__file__).parent


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exchange that shows how to answer."""

    heard: str
    reply: str


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said to the model before the conversation; the same byte for byte at each question.

    Attributes:
        persona: ``router.text.system_prompt`` comes first.
        system: Further instructions.
        examples: Shown as if they had been said before.
    """

    persona: bool = True
    system: str = ""
    examples: tuple[Example, ...] = ()


def names() -> list[str]:
    """The templates there are."""
    return sorted(path.stem for path in _HERE.glob("*.toml"))


@cache
def load(name: str) -> Template:
    """The template of this name.

    Raises:
        ProfileError: There is none.
    """
    if name not in names():
        raise ProfileError(f"There is no prompt template named {name}.", f"Choose one of: {', '.join(names())}.")
    table = tomllib.loads((_HERE / f"{name}.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table, Template)
