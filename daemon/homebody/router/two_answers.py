"""What is said of two answers to one question, and what is told of them on the wire. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from homebody.messages import Agreement
from homebody.router import phrases
from homebody.router.consensus import Comparison
from homebody.router.model_calls import Question, Told


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
