"""What the skills of this plugin are declared with: the types of their slots, and their sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from homebody.skill import Context, Reply, Speaking, in_languages
from homebody_reminders import phrases

What = Annotated[str, Meta(pattern=phrases.WHAT, max_length=300, description="what to remind of, as 'call Anna'")]
Words = Annotated[
    str, Meta(pattern=phrases.WHEN, max_length=300, description="in words: 'in 20 minutes', 'tomorrow at 6 pm'")
]
Times = Annotated[str, Meta(pattern=phrases.BARE, max_length=100, description="words that say a time, and no others")]
Matter = Annotated[str, Meta(pattern=phrases.WHAT, max_length=100, description="words of what it is about")]
Nth = Annotated[int, Meta(ge=-1, le=5, description="which of those that were told of, -1 for the last")]
Kind = Literal["alarm", "reminder"]


def declared(name: str, templates: Mapping[str, tuple[str, ...]], *, read_only: bool = False) -> dict[str, Any]:
    """The arguments of `homebody.skill.skill` for these templates, in all languages."""

    def in_(language: str) -> dict[str, Any]:
        own: dict[str, Any] = {"lists": phrases.LISTS[language], "rules": phrases.RULES[language]}
        return {**own, "examples": phrases.EXAMPLES[name][language]}

    return {**in_languages(templates, in_), "side_effect": not read_only, "read_only": read_only}


def in_either(ctx: Context, other: str, answer: Callable[[Context], Reply | None]) -> Reply | None:
    """The answer in the language of these words, else in the one that was spoken before: of words as few as "um sechs"
    nobody can tell which language they are in."""
    reply = answer(ctx)
    if reply is not None or other == ctx.language:
        return reply
    reply = answer(Speaking(ctx, other))
    return None if reply is None else msgspec.structs.replace(reply, language=other)
