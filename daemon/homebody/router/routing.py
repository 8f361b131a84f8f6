"""Who answers: skills first, then the models that fit what the question is for. Pure: no clock, no socket, no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import msgspec

from homebody.messages import Route
from homebody.profile import PurposeOptions, RouterOptions
from homebody.router.purpose import Decision

NO_LIVE_DATA: Final = Route(kind="router", name="no_live_data", purpose="knowledge")


class Match(Protocol):
    """A skill whose templates fit the words; the slots fit its JSON schema."""

    @property
    def skill(self) -> str:
        """The skill's name."""

    @property
    def slots(self) -> dict[str, Any]:
        """Its arguments, as JSON values."""


def purposes() -> tuple[str, ...]:
    """The purposes a profile has, which are also those an ask may name."""
    return tuple(field.name for field in msgspec.structs.fields(RouterOptions().purposes))


def options_for(options: RouterOptions, purpose: str) -> PurposeOptions:
    """What the profile says of a purpose, with what it leaves out filled in from ``router.text``."""
    chosen: PurposeOptions = getattr(options.purposes, purpose)
    text = options.text
    return msgspec.structs.replace(
        chosen,
        models=ladder(options, purpose),
        temperature=text.temperature if chosen.temperature is None else chosen.temperature,
        top_p=text.top_p if chosen.top_p is None else chosen.top_p,
        max_tokens=chosen.max_tokens or text.max_tokens,
    )


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
        return [*skills, NO_LIVE_DATA]
    rungs = ladder(options, decision.purpose)
    return [
        *skills,
        *(Route(kind="model", model=model, purpose=decision.purpose, engine=options.text.backend) for model in rungs),
    ]
