"""What is tried after an answer that could not be used: which model, with which prompt and sampling. Pure.

Down the ladder first, each time with another template and temperature where the answer itself was at fault; then the
last model once more, asked in another way. A model that spent its time on thoughts is first told to answer at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from homebody.errors import EmptyAnswer, ModelError, ModelMissing, UnusableAnswer
from homebody.messages import Route
from homebody.router.routing import Wanted

RETRIES_LIMIT: Final = 3

# Faults of the answer, which another way of asking may mend; the others are the model's absence or its server's
# trouble.
OF_THE_ANSWER: Final = frozenset({
    "empty_answer", "model_failed", "repetition", "wrong_language", "broken_json", "incapable", "only_thought",
    "thinking_budget",
})  # fmt: skip
ABSENT: Final = ModelMissing.code  # and of `ModelUnreachable`
THOUGHT: Final = frozenset({"only_thought", "thinking_budget"})


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt.

    Attributes:
        route: The model and the purpose.
        template, temperature, top_p: How it is asked.
        think: It may think first.
        at_once: It is told to answer without thinking.
    """

    route: Route
    template: str
    temperature: float
    top_p: float
    think: bool
    at_once: bool = False


class Tried(msgspec.Struct, frozen=True):
    """An attempt that came to nothing, and why: a reason of `homebody.messages.Retry`."""

    what: Try
    reason: str


def reason_of(error: ModelError, *, thought: bool = False) -> str:
    """Why an attempt came to nothing. ``thought``: the model had begun to think."""
    if isinstance(error, UnusableAnswer):
        return error.fault
    return "only_thought" if thought and isinstance(error, EmptyAnswer) else error.code


def next_try(
    rungs: Sequence[Route], wanted: Callable[[Route], Wanted], tried: Sequence[Tried], instead: Route | None = None
) -> Try | None:
    """What to try now; None where nothing is left.

    Args:
        rungs: The ladder, best first, never empty.
        wanted: How this purpose wants this model to be asked.
        tried: What came to nothing so far, oldest first.
        instead: Asked once, where all of the ladder that was tried is absent.
    """
    if tried and tried[-1].what.route == instead:
        return None
    attempt = _on_the_ladder(rungs, wanted, tried)
    if attempt is None and instead is not None and all(one.reason == ABSENT for one in tried):
        return _as_wanted(instead, wanted(instead))
    return attempt


def _on_the_ladder(rungs: Sequence[Route], wanted: Callable[[Route], Wanted], tried: Sequence[Tried]) -> Try | None:
    if not tried:
        return _as_wanted(rungs[0], wanted(rungs[0]))
    if len(tried) > RETRIES_LIMIT:
        return None
    last, reason = tried[-1].what, tried[-1].reason
    if reason in THOUGHT and not last.at_once:
        return msgspec.structs.replace(last, think=False, at_once=True)
    of_the_answer = any(one.reason in OF_THE_ANSWER for one in tried)
    position = list(rungs).index(last.route)
    if position + 1 < len(rungs):
        route = rungs[position + 1]
        following = _as_wanted(route, wanted(route))
        return _otherwise(following, reason) if of_the_answer else following
    # The last model: once more, in another way, if its answer was at fault, and not its absence.
    again = sum(one.what.route == last.route and not one.what.at_once for one in tried)
    if reason in OF_THE_ANSWER and again < 2:
        return _otherwise(last, reason)
    return None


def _as_wanted(route: Route, wanted: Wanted) -> Try:
    return Try(
        route=route,
        template=wanted.template,
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        think=wanted.think,
    )


def _otherwise(what: Try, reason: str) -> Try:
    """With another template, and warmer against loops and silence, else cooler."""
    if reason in {"repetition", "empty_answer"}:
        temperature = min(1.0, what.temperature + 0.3)
    else:
        temperature = 0.1 if what.temperature > 0.2 else 0.5
    template = "few_shot" if what.template == "plain" else "plain"
    return msgspec.structs.replace(what, template=template, temperature=round(temperature, 2))
