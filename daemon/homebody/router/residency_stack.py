"""What a profile gives on the machine it is for, before anything is loaded: `homebody profiles`, downloads, tests.

Pure.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from homebody.options import RouterOptions
from homebody.router.residency import Kind, State, loaded, plan, policy, settled, start, wanted


class Place(msgspec.Struct, frozen=True):
    """What a purpose gets on a machine with a profile's budget and everything downloaded.

    Attributes:
        model: Its model.
        bytes: What that takes.
        how: ``stays`` in memory, is loaded ``beside`` what stays, or ``instead`` of it, for as long as it answers.
    """

    model: str
    bytes: int
    how: Literal["stays", "beside", "instead"]


def settled_in(options: RouterOptions) -> State:
    """With everything downloaded, the budget free, and what stays loaded."""
    state = settled(start(policy(options)), now_s=0.0)
    while (step := wanted(state, now_s=0.0)) is not None:
        state = loaded(state, step.model)
    return state


def stack(options: RouterOptions) -> dict[str, Place]:
    """Who answers what under a profile's own budget; purposes for which nothing fits are left out.

    Args:
        options: The profile's ``router``, as `model_sizes.expanded` leaves it.
    """
    state = settled_in(options)
    found = {}
    for purpose, ladder in state.policy.ladders.items():
        kind: Kind = "picture" if purpose.startswith("image_") else "words"
        chosen = plan(state, ladder, kind=kind, now_s=0.0)
        if chosen is not None:
            stays = chosen.model in state.pins
            how: Literal["stays", "beside", "instead"] = "stays" if stays else "instead" if chosen.evict else "beside"
            found[purpose] = Place(chosen.model, state.need(chosen.model), how)
    return found


def downloads(options: RouterOptions) -> tuple[str, ...]:
    """What the server must have for `stack` to come true: bases of what the profile makes itself, the models of all
    purposes and of folders of pictures, and the last rung of all, ``router.text.model``.

    Args:
        options: The profile's ``router``, as `model_sizes.expanded` leaves it.
    """
    state = settled_in(options)
    folder = plan(state, state.policy.ladders.get("image_quick", ()), kind="folder", now_s=0.0)
    chosen = [place.model for place in stack(options).values()]
    models = [*chosen, *([folder.model] if folder else []), options.text.model]
    made = {model: own.base for model, own in options.models.items() if own.base}
    return tuple(dict.fromkeys(made.get(model, model) for model in models))
