"""Who answers: skills first, then the models that fit what the question is for. Pure: no clock, no socket, no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec

from homebody.messages import Route
from homebody.options import USUAL, PurposeOptions, RouterOptions
from homebody.router.purpose import Decision

NO_LIVE_DATA: Final = Route(kind="router", name="no_live_data")


class Match(Protocol):
    """A skill whose templates fit the words; the slots fit its JSON schema."""

    @property
    def skill(self) -> str:
        """The skill's name."""

    @property
    def slots(self) -> dict[str, Any]:
        """Its arguments, as JSON values."""

    @property
    def complete(self) -> bool:
        """Nothing that the skill wants to know is missing, and nothing in the words can be expected to go on."""

    @property
    def read_only(self) -> bool:
        """The skill changes nothing and may run for nobody."""


def purposes() -> tuple[str, ...]:
    """The purposes a profile has, which are also those an ask may name."""
    return tuple(field.name for field in msgspec.structs.fields(RouterOptions().purposes))


class Wanted(msgspec.Struct, frozen=True):
    """How a question of some purpose is to be answered: a `PurposeOptions` with nothing left open."""

    models: tuple[str, ...]
    template: str
    temperature: float
    top_p: float
    max_tokens: int
    think: bool


def options_for(options: RouterOptions, purpose: str) -> Wanted:
    """What the profile says of a purpose; what it leaves out is the usual, else as under ``router.text``."""
    own: PurposeOptions = getattr(options.purposes, purpose)
    usual: PurposeOptions = getattr(USUAL, purpose)
    text = options.text
    return Wanted(
        models=ladder(options, purpose),
        template=_first(own.template, usual.template, "plain"),
        temperature=_first(own.temperature, usual.temperature, text.temperature),
        top_p=_first(own.top_p, usual.top_p, text.top_p),
        max_tokens=_first(own.max_tokens, usual.max_tokens, text.max_tokens),
        think=_first(own.think, usual.think, False),
    )


T = TypeVar("T")


def _first(own: T | None, usual: T | None, otherwise: T) -> T:
    if own is not None:
        return own
    return otherwise if usual is None else usual


def ladder(options: RouterOptions, purpose: str) -> tuple[str, ...]:
    """The models of a purpose in the order they are tried, none twice; ``router.text.model`` is among them."""
    chosen: PurposeOptions = getattr(options.purposes, purpose)
    return tuple(dict.fromkeys((*chosen.models, options.text.model)))


def models(options: RouterOptions) -> dict[str, tuple[str, ...]]:
    """All models a profile names, the one of ``router.text`` first, each with the purposes it is on the ladder of."""
    found: dict[str, tuple[str, ...]] = {options.text.model: ()}
    for purpose in purposes():
        for model in ladder(options, purpose):
            found[model] = (*found.get(model, ()), purpose)
    return found


def routes(matches: Sequence[Match], options: RouterOptions, decision: Decision) -> list[Route]:
    """Who is to be asked, in this order, until one does not decline.

    Args:
        matches: Best first.
        options: The profile's ``router``.
        decision: What the question is for.

    Returns:
        One route a skill that matched; then one for each model of the purpose's ladder, or, where live data would be
        needed, the one that says so. Never empty.
    """
    skills = [Route(kind="skill", name=match.skill, slots=dict(match.slots)) for match in matches]
    if decision.live:
        return [*skills, msgspec.structs.replace(NO_LIVE_DATA, purpose=decision.purpose)]
    rungs = ladder(options, decision.purpose)
    return [
        *skills,
        *(Route(kind="model", model=model, purpose=decision.purpose, engine=options.text.backend) for model in rungs),
    ]
