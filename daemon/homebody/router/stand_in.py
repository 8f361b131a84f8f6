"""The starter talker in place of language models that are not there: no server, or nothing downloaded yet. Pure.

It is no rung of a ladder: an answer that was bad is not mended by a model that knows less, two opinions are not asked
of it, and no memory is planned for its 9 MB. It is asked when the models of the ladder have turned out to be absent,
and so gives way with the first question after the server is there (decision 13).
"""

from __future__ import annotations

from typing import Final

import msgspec

from homebody import starter
from homebody.messages import Route
from homebody.options import CTranslate2Options, ModelOptions, RouterOptions, StrategyOptions, TextModelOptions
from homebody.router.purpose import PURPOSES

# As profiles/embedded.toml has it: the only way it has ever been asked (training/starter/talker).
OPTIONS: Final = ModelOptions(
    backend="ctranslate2",
    num_ctx=512,
    budget_tokens=256,
    tools=False,
    purposes=dict.fromkeys(PURPOSES, StrategyOptions(template="plain", temperature=0.0)),
)
NOTE: Final = "The starter model answers instead: it knows very little."


def added(options: RouterOptions) -> RouterOptions:
    """The profile with the starter talker to stand in; as it was where that is a model of it, or there is to be none.

    Args:
        options: The profile's ``router``, as `model_sizes.expanded` leaves it.
    """
    named = {options.text.model}.union(
        *(getattr(options.purposes, field.name).models for field in msgspec.structs.fields(options.purposes))
    )
    if options.text.backend == "none" or starter.NAME in named:
        return options
    return msgspec.structs.replace(options, models={**options.models, starter.NAME: OPTIONS})


def of(options: RouterOptions) -> str | None:
    """Who stands in under these options; None: nobody."""
    return starter.NAME if options.models.get(starter.NAME) is OPTIONS else None


def text_options(options: TextModelOptions) -> TextModelOptions:
    """How its backend is made: one thread is enough for it (decision 41), and a profile's words for others are not."""
    own = CTranslate2Options(threads=1)
    return msgspec.structs.replace(options, system_prompt=starter.SYSTEM_PROMPT, stop=(), ctranslate2=own)


def route(rung: Route) -> Route:
    """The route to it instead of this one."""
    return msgspec.structs.replace(rung, model=starter.NAME, engine=OPTIONS.backend)
