"""What the router service asks: questions go to the brain, pictures to the captioner, and what they cost is counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from homebody.messages import Accepted, Ask, Caption, Done, Progress, Token
from homebody.router.brain import Brain
from homebody.router.captioner import Captioner
from homebody.router.metrics import Metrics
from homebody.router.speculation import Release


class Dispatcher:
    """The ``Answerer`` of `homebody.router.service`.

    Args:
        brain: Answers asks.
        captioner: Describes pictures.
        metrics: Told which models were passed over, and what came from the cache.
    """

    def __init__(self, brain: Brain, captioner: Captioner, metrics: Metrics) -> None:
        self._brain, self._captioner, self._metrics = brain, captioner, metrics

    async def answer(
        self, ask: Ask | Caption, payloads: list[bytes], *, connection: str, release: Release | None = None
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """Whatever the one that is meant answers; closing it closes that."""
        if isinstance(ask, Caption):
            async with aclosing(self._captioner.answer(ask, payloads)) as answer:
                async for message in answer:
                    yield message
            return
        tried: str | None = None
        async with aclosing(self._brain.answer(ask, payloads, connection=connection, release=release)) as answer:
            async for message in answer:
                if isinstance(message, Accepted):
                    if tried is not None and message.route.kind == "model" and message.route.model != tried:
                        self._metrics.of(tried).fallbacks += 1
                    tried = message.route.model if message.route.kind == "model" else None
                elif isinstance(message, Done) and message.route and str(message.route.kind) == "cache":
                    self._metrics.of(str(message.route.model)).cache_hits += 1
                yield message

    def forget(self, session: str) -> None:
        """End a conversation."""
        self._brain.forget(session)

    def cut(self, connection: str, ask: str, heard: str) -> None:
        """Only so much of the answer to this ask was heard."""
        self._brain.cut(connection, ask, heard)
