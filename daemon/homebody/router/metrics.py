"""What answering cost, model by model, since the router started; for `homebody status`, `stats` and Prometheus.

Numbers only; nobody's words pass through here. Nothing is written anywhere: the ledger keeps what spoken turns took.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, Final

from homebody.errors import ModelError
from homebody.ledger import percentile
from homebody.messages import Usage
from homebody.router.backends import USUAL, Backend, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.priorities import Priorities

KEPT: Final = 512  # of the latest values, for the percentiles
LOAD_MS: Final = (
    400.0  # an answer that waited longer for its model had it loaded; Ollama's figure has some queueing in it
)


class Values:
    """A measured thing: all of it as count and sum, the latest of it as percentiles."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self._latest: deque[float] = deque(maxlen=KEPT)

    def add(self, value: float) -> None:
        """One more."""
        self.count += 1
        self.total += value
        self._latest.append(value)

    def at(self, percent: float) -> float | None:
        """This percentile of the latest; None where there is none."""
        return round(percentile(list(self._latest), percent), 3) if self._latest else None


class ModelMetrics:
    """One model's.

    Attributes:
        answers: Whole ones; `stopped` ones were closed before their end.
        failures: By the code of the error.
        first_token_ms, tokens_per_s: Of whole answers; the rate is the server's own, else counted from the first token.
        prompt_tokens, answer_tokens: As the server counts them; a prompt that it still had in its cache counts as well.
        load_ms: Of the answers, and preloads, that waited for the model to be loaded.
        fallbacks: How often it was passed over for the next of a ladder.
        cache_hits: How often an answer of its was given again.
    """

    def __init__(self) -> None:
        self.answers = self.stopped = self.prompt_tokens = self.answer_tokens = 0
        self.fallbacks = self.cache_hits = 0
        self.failures: Counter[str] = Counter()
        self.first_token_ms, self.tokens_per_s, self.load_ms = Values(), Values(), Values()

    @property
    def reloads(self) -> int:
        """Loads after the first one."""
        return max(0, self.load_ms.count - 1)

    def ended(self, usage: Usage, *, first_token_ms: float | None, total_ms: float, load_ms: float | None) -> None:
        """A stream reached its end; without a first token it was a preload."""
        if load_ms is not None and load_ms >= LOAD_MS:
            self.load_ms.add(load_ms)
        if first_token_ms is None:
            return
        self.answers += 1
        self.first_token_ms.add(first_token_ms)
        self.prompt_tokens += usage.prompt_tokens or 0
        self.answer_tokens += usage.answer_tokens or 0
        rate = usage.tokens_per_s
        if rate is None and usage.answer_tokens and total_ms > first_token_ms:
            rate = 1000 * usage.answer_tokens / (total_ms - first_token_ms)
        if rate is not None:
            self.tokens_per_s.add(rate)

    def as_data(self) -> dict[str, Any]:
        """For the wire."""
        return {
            "answers": self.answers,
            "stopped": self.stopped,
            "failures": dict(self.failures),
            "first_token_p50_ms": self.first_token_ms.at(50),
            "first_token_p95_ms": self.first_token_ms.at(95),
            "tokens_per_s": self.tokens_per_s.at(50),
            "prompt_tokens": self.prompt_tokens,
            "answer_tokens": self.answer_tokens,
            "reloads": self.reloads,
            "load_p50_ms": self.load_ms.at(50),
            "fallbacks": self.fallbacks,
            "cache_hits": self.cache_hits,
        }


class Metrics:
    """All of them.

    Attributes:
        models: By name; only those a profile names come here.
        queue_ms: How long captions waited for their turns.
    """

    def __init__(self) -> None:
        self.models: dict[str, ModelMetrics] = {}
        self.queue_ms = Values()

    def of(self, model: str) -> ModelMetrics:
        """A model's, at first all zero."""
        return self.models.setdefault(model, ModelMetrics())

    def as_data(self, priorities: Priorities) -> dict[str, Any]:
        """For a `StatusReport`."""
        return {
            "models": {name: model.as_data() for name, model in self.models.items()},
            "queue_p50_ms": self.queue_ms.at(50),
            "queue_p95_ms": self.queue_ms.at(95),
            "preempted": priorities.stops,
            "let_through": priorities.let_through,
        }


class Metered:
    """A `homebody.router.backends.Backend` that is watched.

    Args:
        backend: What answers.
        metrics: Of its model.
        clock_s: A clock that does not go back, in seconds.
    """

    def __init__(self, backend: Backend, metrics: ModelMetrics, *, clock_s: Callable[[], float]) -> None:
        self._backend, self._metrics, self._clock_s = backend, metrics, clock_s

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message; see `homebody.router.backends.Backend`."""
        began_s = self._clock_s()
        first_ms: float | None = None
        over = False
        items = self._backend.stream(messages, max_tokens=max_tokens, sampling=sampling)
        try:
            async with aclosing(items):
                async for item in items:
                    elapsed_ms = 1000 * (self._clock_s() - began_s)
                    if isinstance(item, Piece):
                        first_ms = elapsed_ms if first_ms is None else first_ms
                    else:
                        over = True
                        self._metrics.ended(
                            item.usage, first_token_ms=first_ms, total_ms=elapsed_ms, load_ms=item.load_ms
                        )
                    yield item
        except ModelError as error:
            over = True
            self._metrics.failures[error.code] += 1
            raise
        finally:
            self._metrics.stopped += not over

    async def check(self) -> ModelState:
        """Whether the model could be asked now."""
        return await self._backend.check()

    async def aclose(self) -> None:
        """Give up connections and memory."""
        await self._backend.aclose()
