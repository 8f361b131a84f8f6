"""What a model is given: system prompt, history, question, within its context. Pure.

The order serves the engines' prefix cache, which keeps the longest beginning that is equal to the request before: the
system prompt and the template's examples come first and are the same byte for byte, then the history, which only
grows at its end, and what changes with every question (the time of day) stands in the last message.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from homebody.errors import UsageError
from homebody.options import ModelOptions, RouterOptions
from homebody.router.backends import ChatMessage
from homebody.router.prompt_templates import Template
from homebody.router.session import Exchange

BYTES_A_TOKEN: Final = 4  # English is about 4 characters a token; other scripts have more bytes a character and a token
SMALL_MODEL_BILLIONS: Final = 2.0
SMALL_MODEL_TOKENS: Final = 3500  # models of about 1.5 billion parameters get worse past 4,000
MESSAGE_TOKENS: Final = 8  # role markers and line ends of a chat template
IMAGE_TOKENS: Final = 1024  # Ollama since 0.30 has each image of qwen-vl models take at least so many, however small


def estimated_tokens(text: str) -> int:
    """About how many tokens a message with this text takes: a guess on the safe side, without a tokenizer."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_A_TOKEN) + MESSAGE_TOKENS


def num_ctx(options: RouterOptions, model: str) -> int:
    """The context a model is loaded with, in tokens: one fixed value, since another one would load it anew."""
    return options.models.get(model, ModelOptions()).num_ctx or options.text.num_ctx


def budget_tokens(options: RouterOptions, model: str) -> int:
    """How many tokens prompt and answer may take together; what is more is left out by us, not by the server."""
    context = num_ctx(options, model)
    own = options.models.get(model, ModelOptions()).budget_tokens
    if own is None:
        billions = parameters_billions(model)
        own = SMALL_MODEL_TOKENS if billions is not None and billions <= SMALL_MODEL_BILLIONS else context
    return min(own, context)


@cache
def parameters_billions(model: str) -> float | None:
    """How large a model is, from its name (``qwen2.5:1.5b``, ``smollm-360m``); None where that does not say."""
    found = re.findall(r"(?<![\d.a-z])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", model.lower())
    if not found:
        return None
    number, unit = found[-1]
    return float(number) / (1 if unit == "b" else 1000)


def answer_tokens(budget: int, asked: int) -> int:
    """How many tokens an answer may have: what was asked for, at most half of the budget."""
    return min(asked, budget // 2)


def chat(
    system_prompt: str,
    template: Template,
    history: Sequence[Exchange],
    text: str,
    *,
    now: dt.datetime,
    language: str = "en",
    budget: int,
    max_tokens: int,
    images: tuple[bytes, ...] = (),
) -> list[ChatMessage]:
    """The messages for one question.

    Args:
        system_prompt: Who the model is to be.
        template: What is said for this purpose.
        history: Oldest first. Whole exchanges are left out from the oldest on until the rest fits; then the examples.
        text: The question.
        now: In the local time zone.
        language: ISO 639-1 code of the question's; the model is asked to answer in it.
        budget: Tokens for all of it and the answer.
        max_tokens: Room kept for the answer.
        images: What the question is about, whole files.

    Raises:
        UsageError: The question alone, or its images, do not fit. The engine would cut it without saying so.
    """
    instructions = [system_prompt] if template.persona else []
    system = ChatMessage("system", "\n\n".join([*instructions, template.system.strip()]).strip())
    wanted = f". Answer in {LANGUAGE_NAMES[language]}." if language != "en" and language in LANGUAGE_NAMES else ""
    question = ChatMessage("user", f"[{now:%A, %d %B %Y, %H:%M}{wanted}]\n{text}", images)
    free_tokens = budget - max_tokens - sum(estimated_tokens(m.content) for m in (system, question))
    free_tokens -= IMAGE_TOKENS * len(images)
    if free_tokens < 0 and images:
        raise UsageError(
            f"{len(images)} pictures and the question are too much for my model at once.",
            "Ask about fewer of them, or raise num_ctx of the model under router.models.",
        )
    if free_tokens < 0:
        raise UsageError(
            "That is too long for my language model.", "Ask it in shorter pieces, or raise router.text.num_ctx."
        )
    examples = [Exchange(example.heard, example.reply) for example in template.examples]
    if _tokens(examples) > free_tokens:
        examples = []
    free_tokens -= _tokens(examples)
    kept: list[Exchange] = []
    for exchange in reversed(history):
        free_tokens -= _tokens([exchange])
        if free_tokens < 0:
            break
        kept.insert(0, exchange)
    return [system, *_said([*examples, *kept]), question]


LANGUAGE_NAMES: Final = {
    "ar": "Arabic", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish",
    "pt": "Portuguese", "ru": "Russian", "th": "Thai", "zh": "Chinese",
}  # fmt: skip


def _tokens(exchanges: Sequence[Exchange]) -> int:
    return sum(estimated_tokens(exchange.heard) + estimated_tokens(exchange.reply) for exchange in exchanges)


def _said(exchanges: Sequence[Exchange]) -> list[ChatMessage]:
    return [
        message
        for exchange in exchanges
        for message in (ChatMessage("user", exchange.heard), ChatMessage("assistant", exchange.reply))
    ]
