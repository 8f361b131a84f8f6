"""A skill's sentences in other languages than English. Part of `homebody.skill`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec


class Phrases(msgspec.Struct, frozen=True, kw_only=True):
    """A skill's sentences in one more language, as `skill` takes them in English. Slots, with their types and the
    values lists put into them, are the same in every language.

    Attributes:
        templates, examples, lists, rules, says: As in `skill`.
    """

    templates: tuple[str, ...]
    examples: tuple[str, ...] = ()
    lists: dict[str, Any] = msgspec.field(default_factory=dict)
    rules: dict[str, str] = msgspec.field(default_factory=dict)
    says: tuple[str, ...] = ()


def in_languages(
    templates: Mapping[str, tuple[str, ...]], declared: Callable[[str], Mapping[str, Any]]
) -> dict[str, Any]:
    """What `homebody.skill.skill` takes besides its English templates, of a skill whose sentences are kept by language.

    Args:
        templates: By language; English, ``en``, must be among them.
        declared: The other parts of `Phrases` in a language, such as its ``rules``.
    """
    others = {name: Phrases(templates=own, **declared(name)) for name, own in templates.items() if name != "en"}
    return {**declared("en"), "translations": others}
