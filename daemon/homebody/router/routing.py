"""Who answers: skills first, then the models that fit what the question is for. Pure: no clock, no socket, no model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec

from homebody import starter
from homebody.errors import NotCapable
from homebody.messages import Route
from homebody.options import USUAL, VISION_MODELS, ModelOptions, PurposeOptions, RouterOptions, StrategyOptions
from homebody.router import stand_in
from homebody.router.purpose import IMAGE_PURPOSES, Decision

NO_LIVE_DATA: Final = Route(kind="router", name="no_live_data")
NO_SKILL: Final = Route(kind="router", name="no_skill")


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
    def extensible(self) -> bool:
        """What is complete may go on nevertheless, and would then ask for something else."""

    @property
    def read_only(self) -> bool:
        """The skill changes nothing and may run for nobody."""

    @property
    def answers(self) -> bool:
        """It answers what was asked before, and declines where nothing was."""

    @property
    def correctable(self) -> bool:
        """It changes something that words said afterwards may correct."""

    @property
    def language(self) -> str:
        """What it was asked in."""


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
    thinking_tokens: int
    critical: bool = False
    chain: str | None = None
    tools: bool = False


def options_for(options: RouterOptions, purpose: str, model: str | None = None) -> Wanted:
    """What the profile says of a purpose; what it leaves out is the usual, else as under ``router.text``.

    Args:
        options: The profile's ``router``.
        purpose: What for.
        model: Whose own template and sampling for this purpose come first; None: nobody's.
    """
    own: PurposeOptions = getattr(options.purposes, purpose)
    usual: PurposeOptions = getattr(USUAL, purpose)
    text = options.text
    best = options.models.get(model or "", ModelOptions()).purposes.get(purpose, StrategyOptions())
    max_tokens = _first(own.max_tokens, usual.max_tokens, text.max_tokens)
    return Wanted(
        models=ladder(options, purpose),
        template=_first(best.template, own.template, _first(usual.template, None, "plain")),
        temperature=_first(best.temperature, own.temperature, _first(usual.temperature, None, text.temperature)),
        top_p=_first(best.top_p, own.top_p, _first(usual.top_p, None, text.top_p)),
        max_tokens=max_tokens,
        think=_first(own.think, usual.think, False),
        thinking_tokens=_first(own.thinking_tokens, usual.thinking_tokens, max_tokens * 3 // 4),
        critical=_first(own.critical, usual.critical, False),
        chain=own.chain or usual.chain,
        tools=_first(own.tools, usual.tools, False),
    )


T = TypeVar("T")


def _first(own: T | None, usual: T | None, otherwise: T) -> T:
    if own is not None:
        return own
    return otherwise if usual is None else usual


def ladder(options: RouterOptions, purpose: str) -> tuple[str, ...]:
    """The models of a purpose in the order they are tried, none twice. ``router.text.model`` is always among them: it
    may have eyes too, and where it has none it refuses."""
    chosen: PurposeOptions = getattr(options.purposes, purpose)
    sighted = VISION_MODELS if purpose in IMAGE_PURPOSES and options.text.backend == "ollama" else ()
    return tuple(dict.fromkeys((*(chosen.models or sighted), options.text.model)))


def engine(options: RouterOptions, model: str) -> str:
    """What runs a model."""
    return options.models.get(model, ModelOptions()).backend or options.text.backend


def elsewhere(options: RouterOptions, model: str) -> bool:
    """Whether a model is run by something else than what ``router.text`` names."""
    own = options.models.get(model, ModelOptions())
    return (own.backend or options.text.backend, own.base_url or options.text.base_url) != (
        options.text.backend,
        options.text.base_url,
    )


def no_eyes(rungs: Sequence[str]) -> NotCapable:
    """For a picture, where none of a ladder's models is there and can see."""
    known = [model for model in rungs if model in VISION_MODELS]
    if known:
        # The middle one: the largest fits few machines, and this is read before anyone knows which this is.
        remedy = f"Download one that can: ollama pull {known[len(known) // 2]}"
    elif starter.NAME in rungs:
        remedy = "homebody setup finds models that fit this machine."
    else:
        remedy = "Name one that can under router.purposes.image_quick and image_detailed in homebody.toml."
    return NotCapable("I can't look at pictures: none of my models can see.", remedy)


def models(options: RouterOptions) -> dict[str, tuple[str, ...]]:
    """All models a profile names, the one of ``router.text`` first, each with the purposes it is on the ladder of; who
    stands in for them is on none and comes last."""
    found: dict[str, tuple[str, ...]] = {options.text.model: ()}
    for purpose in purposes():
        for model in ladder(options, purpose):
            found[model] = (*found.get(model, ()), purpose)
    return found if (spare := stand_in.of(options)) is None else {**found, spare: ()}


def routes(
    matches: Sequence[Match], options: RouterOptions, decision: Decision, *, can_look: bool = False
) -> list[Route]:
    """Who is to be asked, in this order, until one does not decline.

    Args:
        matches: Best first.
        options: The profile's ``router``.
        decision: What the question is for.
        can_look: A model could look up what is live, or have done what is ordered.

    Returns:
        One route a skill that matched, but for pictures, at which no skill looks; then one for each model of the
        purpose's ladder, or, where it would take live data or a skill that nobody has, the one that says so. Never
        empty.
    """
    seen = decision.purpose in IMAGE_PURPOSES
    skills = [] if seen else [_to_skill(match) for match in matches]
    spoken = _named(decision.language)
    if (decision.live or decision.order) and not can_look:
        honest = NO_LIVE_DATA if decision.live else NO_SKILL
        return [*skills, msgspec.structs.replace(honest, purpose=decision.purpose, language=spoken)]
    rungs = ladder(options, decision.purpose)
    return [
        *skills,
        *(
            Route(kind="model", model=model, purpose=decision.purpose, engine=engine(options, model), language=spoken)
            for model in rungs
        ),
    ]


def _to_skill(match: Match) -> Route:
    return Route(kind="skill", name=match.skill, slots=dict(match.slots), language=_named(match.language))


def _named(language: str) -> str | None:
    """As a route has it: English goes without saying."""
    return None if language == "en" else language
