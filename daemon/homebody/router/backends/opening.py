"""From a profile to the backends of its models."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing

import msgspec

from homebody.options import ModelOptions, RouterOptions, TextModelOptions
from homebody.router import prompts, routing, stand_in
from homebody.router.backends import Backend


async def opened(options: RouterOptions, stack: AsyncExitStack) -> dict[str, Backend]:
    """One for each model that a purpose may need, closed by the stack; none where the profile has no server."""
    found: dict[str, Backend] = {}
    for model in routing.models(options):
        make = engine(routing.engine(options, model))
        if make is None:
            continue
        settings = options.models.get(model, ModelOptions())
        # A backend cannot always tell loading from thinking of the first word: it allows for both. The limit for the
        # first token alone is kept by `homebody.router.model_calls`, which looks whether the model is loaded.
        own = msgspec.structs.replace(
            options.text,
            model=model,
            backend=routing.engine(options, model),
            base_url=settings.base_url or options.text.base_url,
            num_ctx=prompts.num_ctx(options, model),
            first_token_ms=options.text.load_ms + options.text.first_token_ms,
            keep_alive=settings.keep_alive or options.text.keep_alive,
        )
        if model == stand_in.of(options):
            own = stand_in.text_options(own)
        found[model] = await stack.enter_async_context(aclosing(make(own)))
    return found


def engine(name: str) -> Callable[[TextModelOptions], Backend] | None:
    """What makes a model's backend; None: there is no such engine. Only the chosen one's libraries are imported."""
    match name:
        case "ollama":
            from homebody.router.backends.ollama import OllamaBackend

            return OllamaBackend
        case "openai":
            from homebody.router.backends.openai import OpenAIBackend

            return OpenAIBackend
        case "ctranslate2":
            from homebody.router.backends.ctranslate2 import CTranslate2Backend

            return CTranslate2Backend
        case "transformers":
            from homebody.router.backends.transformers import TransformersBackend

            return TransformersBackend
        case _:
            return None
