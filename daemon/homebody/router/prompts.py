"""What a model is given: system prompt, history, question, within its context. Pure.

The order serves the engines' prefix cache, which keeps the longest beginning that is equal to the request before: the
system prompt comes first and is the same byte for byte, then the history, which only grows at its end, and what changes
with every question (the time of day) stands in the last message.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Final

from homebody.errors import UsageError
from homebody.profile import TextModelOptions
from homebody.router.backends import ChatMessage
from homebody.router.session import Exchange

BYTES_A_TOKEN: Final = 4  # English is about 4 characters a token; other scripts have more bytes a character and a token
MESSAGE_TOKENS: Final = 8  # role markers and line ends of a chat template


def estimated_tokens(text: str) -> int:
    """About how many tokens a message with this text takes: a guess on the safe side, without a tokenizer."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_A_TOKEN) + MESSAGE_TOKENS


def answer_tokens(options: TextModelOptions, asked: int | None = None) -> int:
    """How many tokens an answer may have: what was asked for, else the profile's; at most half of the context."""
    return min(asked or options.max_tokens, options.num_ctx // 2)


def chat(
    options: TextModelOptions, history: Sequence[Exchange], text: str, *, now: dt.datetime, max_tokens: int
) -> list[ChatMessage]:
    """The messages for one question.

    Args:
        options: The profile's text model: system prompt and ``num_ctx``.
        history: Oldest first. Whole exchanges are left out from the oldest on until the rest fits.
        text: The question.
        now: In the local time zone.
        max_tokens: Room kept for the answer.

    Raises:
        UsageError: The question alone does not fit. The engine would cut it without saying so.
    """
    system = ChatMessage("system", options.system_prompt)
    question = ChatMessage("user", f"[{now:%A, %d %B %Y, %H:%M}]\n{text}")
    free_tokens = options.num_ctx - max_tokens - sum(estimated_tokens(m.content) for m in (system, question))
    if free_tokens < 0:
        raise UsageError(
            "That is too long for my language model.", "Ask it in shorter pieces, or raise router.text.num_ctx."
        )
    kept: list[ChatMessage] = []
    for exchange in reversed(history):
        free_tokens -= estimated_tokens(exchange.heard) + estimated_tokens(exchange.reply)
        if free_tokens < 0:
            break
        kept[:0] = [ChatMessage("user", exchange.heard), ChatMessage("assistant", exchange.reply)]
    return [system, *kept, question]
