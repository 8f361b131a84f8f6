"""Whether loaded models are as fast as they should be: on the graphics card, and not slower than they were. Pure."""

from __future__ import annotations

import statistics
from collections import deque
from typing import Final

import msgspec

from homebody.errors import Problem

WHOLE: Final = (
    0.99  # of a model on the graphics card; buffers that always stay with the processor are less than the rest
)
FIRST_ANSWERS: Final = 8  # what a model is measured against later
LAST_ANSWERS: Final = 5
SLOW: Final = 0.5  # of its usual rate
RECOVERED: Final = 0.75
MIN_TOKENS: Final = 20  # a shorter answer's rate says little


class Degraded(msgspec.Struct, frozen=True):
    """Something worth an event, with what it is a problem of."""

    model: str
    reason: str
    problem: Problem


class ModelHealth:
    """Notices when a model runs on the processor though there is a graphics card, when it becomes slow, and when it did
    not fit. Each is told once, and again only after it was well in between.

    Args:
        accelerated: This machine has a graphics card the server uses.
    """

    def __init__(self, *, accelerated: bool) -> None:
        self._accelerated = accelerated
        self._wrong: dict[tuple[str, str], Degraded] = {}
        self._usual: dict[str, list[float]] = {}
        self._last: dict[str, deque[float]] = {}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong now."""
        return tuple(degraded.problem for degraded in self._wrong.values())

    def seen(self, model: str, *, size: int, on_gpu: int) -> Degraded | None:
        """What the server says of a loaded model, in bytes; what is newly wrong, or None."""
        if not self._accelerated or not size:
            return None
        if on_gpu >= WHOLE * size:
            self._well(model, "cpu")
            return None
        percent = 100 * on_gpu / size
        part = "is not on the graphics card" if percent < 1 else f"is only to {percent:.0f} % on the graphics card"
        return self._found(
            model,
            "cpu",
            f"{model} {part} and answers slowly.",
            "Close what else uses the graphics card, or restart Ollama; if it stays so, choose a smaller model.",
        )

    def answered(self, model: str, *, tokens: int | None, tokens_per_s: float | None) -> Degraded | None:
        """An answer's rate; what is newly wrong, or None."""
        if not tokens_per_s or (tokens or 0) < MIN_TOKENS:
            return None
        usual = self._usual.setdefault(model, [])
        last = self._last.setdefault(model, deque(maxlen=LAST_ANSWERS))
        last.append(tokens_per_s)
        if len(usual) < FIRST_ANSWERS:
            usual.append(tokens_per_s)
            return None
        before, now = statistics.median(usual), statistics.median(last)
        if now >= RECOVERED * before:
            self._well(model, "slow")
            return None
        if now >= SLOW * before:
            return None
        return self._found(
            model,
            "slow",
            f"{model} answers with {now:.0f} tokens a second; {before:.0f} are its usual.",
            "Look what else keeps this machine busy, or restart Ollama.",
        )

    def refused(self, model: str) -> Degraded | None:
        """It did not fit."""
        return self._found(
            model,
            "out_of_memory",
            f"{model} did not fit into the memory that is free; a smaller model answers instead.",
            "Close other programs, or lower router.memory.budget_gib in homebody.toml.",
        )

    def fitted(self, model: str) -> None:
        """It was loaded."""
        self._well(model, "out_of_memory")

    def gone(self, model: str) -> None:
        """It is no longer loaded: where it ran says nothing any more."""
        self._well(model, "cpu")

    def _found(self, model: str, reason: str, what: str, remedy: str) -> Degraded | None:
        known = (model, reason) in self._wrong
        found = self._wrong[model, reason] = Degraded(model, reason, Problem("language model", what, remedy))
        return None if known else found

    def _well(self, model: str, reason: str) -> None:
        self._wrong.pop((model, reason), None)
