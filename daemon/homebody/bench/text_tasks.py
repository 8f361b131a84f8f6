"""How good a language model's answers are: the tasks, asked in one way or in several."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from homebody.bench import checkers, sandbox
from homebody.bench.tasks import Task, by_purpose
from homebody.errors import ModelError, UsageError
from homebody.options import RouterOptions
from homebody.router import prompt_templates, prompts, routing
from homebody.router.backends import Backend, ChatMessage, Piece, Sampling

# The ways of asking that are compared, by the name people know them by, and the house's template that does it.
STRATEGIES: Final[Mapping[str, str]] = {
    "plain": "plain",
    "few-shot": "few_shot",
    "chain of thought": "step_by_step",
    "structured": "structured",
    "role": "role",
}
# What the router would use for tasks of a purpose that it does not know by that name.
ROUTED_AS: Final = {"mathematics": "reasoning", "logic": "reasoning", "structured": "chat"}
ANSWER_TOKENS: Final = 500
TEXT_CONTRACT: Final = "Answer exactly as asked. Your answer is read by a program."
JUDGE_TOKENS: Final = 200
GOOD_SCORE: Final = 4
FATAL: Final = frozenset({"no_model", "out_of_memory", "busy"})
NOW: Final = dt.datetime(2026, 1, 31, 7, 30, tzinfo=dt.UTC)  # the same prompt for everybody


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A task and how it went.

    Attributes:
        key: The task's.
        right: 1 or 0.
        why: What was wrong, in words; never the answer.
        took_ms: The whole answer.
        score: The judge's, 1 to 5, where there is one.
    """

    key: str
    purpose: str
    right: int
    why: str = ""
    took_ms: float
    score: int | None = None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """So many right of so many; ``score``: the mean of the judge's."""

    right: int
    tasks: int
    accuracy: float
    score: float | None = None


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way of asking, over all tasks."""

    strategy: str
    by_purpose: dict[str, Share]
    all: Share
    median_ms: float


def chosen(per_purpose: int | None) -> list[tuple[str, Task]]:
    """The tasks in their order, so many of each purpose; None: all."""
    return [(purpose, task) for purpose, tasks in by_purpose().items() for task in tasks[:per_purpose]]


async def ask_all(
    options: RouterOptions,
    model: str,
    backend: Backend,
    tasks: Sequence[tuple[str, Task]],
    *,
    strategy: str | None = None,
    judge: Backend | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> AsyncGenerator[Answered, None]:
    """Ask each task once, at temperature 0, in its order.

    Args:
        options: The profile's ``router``.
        model: The backend's; decides about the budget.
        backend: Who is asked.
        tasks: What.
        strategy: One of `STRATEGIES`; None: as the router asks for that purpose.
        judge: Who looks at answers that have a rubric.
        progress: Told what is asked.

    Raises:
        ModelError: The model cannot be asked at all. A single answer that fails is wrong.
    """
    for purpose, task in tasks:
        progress(f"{model}: {task.id}")
        began_s = time.monotonic()
        try:
            text, fault = await _answer(backend, messages(options, model, purpose, task, strategy))
        except UsageError as error:
            text, fault = "", error.reason  # too long for a model with little context
        took_ms = round(1000 * (time.monotonic() - began_s), 1)
        why = fault or await verdict(task, text)
        score = await _judged(judge, task, text) if judge and task.rubric and text else None
        if not why and score is not None and score < GOOD_SCORE:
            why = f"the judge gave it {score} of 5"
        yield Answered(key=task.id, purpose=purpose, right=int(not why), why=why, took_ms=took_ms, score=score)


async def verdict(task: Task, answer: str) -> str:
    """Why an answer is not right, code run included; empty: it is."""
    if faults := checkers.faults(task, answer):
        return faults[0]
    if task.python is not None and (source := checkers.code(answer)) is not None:
        outcome = await asyncio.to_thread(sandbox.run, f"{source}\n\n{task.python}\n")
        return "" if outcome.passed else f"its code failed: {outcome.why}"
    return ""


def messages(options: RouterOptions, model: str, purpose: str, task: Task, strategy: str | None) -> list[ChatMessage]:
    """What the model is given for a task."""
    routed = ROUTED_AS.get(purpose, purpose)
    template = STRATEGIES[strategy] if strategy else routing.options_for(options, routed).template
    budget = prompts.budget_tokens(options, model)
    return prompts.chat(
        TEXT_CONTRACT,
        prompt_templates.load(template),
        [],
        task.text,
        now=NOW,
        budget=budget,
        max_tokens=prompts.answer_tokens(budget, ANSWER_TOKENS),
    )


async def _answer(backend: Backend, said: Sequence[ChatMessage]) -> tuple[str, str]:
    """The answer, and what went wrong."""
    answer = ""
    try:
        stream = backend.stream(said, max_tokens=ANSWER_TOKENS, sampling=Sampling(temperature=0.0))
        async with aclosing(stream) as items:
            async for item in items:
                if isinstance(item, Piece) and item.channel == "answer":
                    answer += item.text
    except ModelError as error:
        if error.code in FATAL:
            raise
        return answer, error.reason
    return answer, ""


async def _judged(judge: Backend, task: Task, answer: str) -> int | None:
    text = (
        f"Somebody was asked: {task.text}\n\nTheir answer, between the lines:\n-----\n{answer}\n-----\n\n"
        f"Judge it by this alone: {task.rubric}\n"
        'Reply with JSON and nothing else: {"score": N}, N from 1 (fails) to 5 (all of it, well done).'
    )
    said = [ChatMessage("system", "You are a strict judge of writing."), ChatMessage("user", text)]
    reply, _ = await _answer(judge, said)
    return checkers.judged(reply)


def share(answered: Sequence[Answered]) -> Share:
    """How many of these, at least one, are right."""
    right = sum(one.right for one in answered)
    scores = [one.score for one in answered if one.score is not None]
    return Share(
        right=right,
        tasks=len(answered),
        accuracy=round(right / len(answered), 4),
        score=round(sum(scores) / len(scores), 2) if scores else None,
    )


def shares(answered: Sequence[Answered]) -> dict[str, Share]:
    """By purpose, in the order of the tasks."""
    purposes = dict.fromkeys(one.purpose for one in answered)
    return {purpose: share([one for one in answered if one.purpose == purpose]) for purpose in purposes}
