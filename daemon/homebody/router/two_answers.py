"""What is said of two answers to one question, and what is told of them on the wire. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from homebody.messages import Agreement, Route
from homebody.options import RouterOptions
from homebody.router import phrases, routing
from homebody.router.consensus import Comparison
from homebody.router.model_calls import Question, Told
from homebody.router.purpose import IMAGE_PURPOSES


def asked(options: RouterOptions, rungs: Sequence[Route]) -> tuple[Route, ...]:
    """Two models: the first two of the ladder, else another one of the profile that is asked such things. Only one
    where there is no other: asked twice, a model repeats its mistakes.

    Args:
        options: The profile's ``router``.
        rungs: The ladder, best first, never empty.
    """
    seen = rungs[0].purpose in IMAGE_PURPOSES
    others = [rung for rung in rungs if rung.model != rungs[0].model]
    for model, purposes in routing.models(options).items():
        if model != rungs[0].model and any((purpose in IMAGE_PURPOSES) == seen for purpose in purposes):
            engine = routing.engine(options, model)
            others.append(msgspec.structs.replace(rungs[0], model=model, engine=engine))
    return (rungs[0], *others[:1])


def worded(question: Question, answers: Sequence[Told], verdict: Comparison) -> tuple[str, dict[str, Any] | None]:
    """What is said of two answers: the first where they agree, else both; JSON stays JSON."""
    first = answers[0]
    if verdict.agreed or question.expected.schema is not None:
        return first.text, first.value
    if len(answers) == 1:
        return phrases.unverified(question.language, first.text), None
    sure = verdict.agreed is False
    return phrases.disagreement(question.language, first.text, answers[1].text, sure=sure), None


def agreement(answers: Sequence[Told], verdict: Comparison) -> Agreement:
    """What is told of it on the wire."""
    models = tuple(str(told.route.model) for told in answers if told.route)
    texts = () if verdict.agreed else tuple(told.text.strip() for told in answers)
    return Agreement(agreed=verdict.agreed, by=verdict.by, models=models, answers=texts)
