"""What one attempt at an answer may cost: thoughts, and the wait for its first token. And why it is unusable."""

from __future__ import annotations

import contextlib
import math
from typing import Final

from homebody.errors import DeadlineExceeded, ModelError, UnusableAnswer
from homebody.router import prompts
from homebody.router.backends import Backend

_REASONS: Final = {
    "repetition": "The language model only repeats itself.",
    "wrong_language": "The language model answers in the wrong language.",
    "broken_json": "The language model's answer does not have the form that was asked for.",
    "incapable": "The language model says that it cannot do that.",
    "empty": "The language model said nothing.",
    "thinking_budget": "The language model only thought, and said nothing.",
}
_REMEDY: Final = "Ask again in other words, or choose a larger model under router.text.model in homebody.toml."


class Thoughts:
    """What a model thinks before it answers, against its budget.

    Args:
        limit_tokens: After so many it is to answer.
    """

    def __init__(self, limit_tokens: int) -> None:
        self._limit_bytes = limit_tokens * prompts.BYTES_A_TOKEN
        self._bytes = 0

    @property
    def any(self) -> bool:
        """It has thought."""
        return self._bytes > 0

    def add(self, text: str) -> None:
        """More thoughts.

        Raises:
            UnusableAnswer: That is enough.
        """
        self._bytes += len(text.encode("utf-8", "replace"))
        if self._bytes > self._limit_bytes:
            raise unusable("thinking_budget")


class FirstToken:
    """The limit for the first token, which counts only once the model is in memory.

    Args:
        backend: Says whether it is.
        limit_ms: From then on.
    """

    def __init__(self, backend: Backend, limit_ms: float) -> None:
        self._backend, self._limit_ms = backend, limit_ms
        self._until_ms = math.inf

    async def check(self, now_ms: float) -> None:
        """Nothing has come yet.

        Raises:
            DeadlineExceeded: It took too long.
        """
        if now_ms > self._until_ms:
            raise DeadlineExceeded(
                "The language model took too long.",
                "Ask again; if it happens often, choose a smaller model or raise router.text.first_token_ms.",
            )
        if self._until_ms == math.inf:
            # A server too busy to say counts as loading; the backend keeps the limit for that.
            with contextlib.suppress(ModelError):
                if (await self._backend.check()).loaded:
                    self._until_ms = now_ms + self._limit_ms


def unusable(fault: str) -> UnusableAnswer:
    """The error for one of the reasons of `homebody.messages.Retry`."""
    return UnusableAnswer(fault, _REASONS[fault], _REMEDY)
