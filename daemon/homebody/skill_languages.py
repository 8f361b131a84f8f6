"""A skill's sentences in other languages than English. Part of `homebody.skill`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

_NTH: Final = {  # as the matcher sees them: it makes numbers of some
    "en": ("first", "second", "third", "fourth", "fifth", "last"),
    "de": ("(1|erste|ersten)", "(2|zweite|zweiten)", "(3|dritte|dritten)", "(4|vierte|vierten)", "(5|fünfte|fünften)",
           "(letzte|letzten)"),
    "fr": ("(1|premier|première)", "(2ème|2|second|seconde|deuxième)", "(3ème|3|troisième)", "(4ème|4|quatrième)",
           "(5ème|5|cinquième)", "(dernier|dernière)"),
    "es": ("(1|primero|primera)", "(2|2º|2ª|segundo|segunda)", "(3|3º|3ª|tercero|tercera)", "(4|4º|4ª|cuarto|cuarta)",
           "(5|5º|5ª|quinto|quinta)", "(último|última)"),
}  # fmt: skip
# By language, a slot list for which of several was meant, "the second one": its number, or -1 for the last.
NTH: Final[dict[str, dict[str, Any]]] = {
    language: {"values": [{"in": said, "out": nth} for said, nth in zip(words, (1, 2, 3, 4, 5, -1), strict=True)]}
    for language, words in _NTH.items()
}


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
