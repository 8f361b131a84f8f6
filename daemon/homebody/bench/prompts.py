"""Which prompt and which sampling each model does best with, for each purpose, found by asking it on this machine.

The tasks are the first few of each purpose (`tasks.toml`), so that all strategies are tried within minutes; what they
tell apart is that a model of this size loses the thread with one prompt and keeps it with another, not a percent of
accuracy.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from homebody.bench.tasks import Task, by_purpose
from homebody.bench.text_tasks import verdict
from homebody.errors import ModelError, ModelUnreachable, UsageError
from homebody.options import RouterOptions
from homebody.router import prompt_templates, prompts, routing
from homebody.router.backends import Backend, Piece, Sampling
from homebody.router.backends.opening import opened
from homebody.router.validation import Expected, Validator

TASKS_EACH: Final = 5  # of a purpose
TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "chat": ("plain", "few_shot"),
    "knowledge": ("structured", "few_shot", "plain"),
    "reasoning": ("step_by_step", "structured", "plain"),
    "creative": ("role", "plain"),
    "code": ("code", "plain"),
    "multilingual": ("translate", "plain"),
}


class Strategy(msgspec.Struct, frozen=True):
    """A way of asking."""

    template: str
    temperature: float


class Result(msgspec.Struct, frozen=True):
    """How one strategy did: ``right`` of ``tasks``, and the median time of a whole answer."""

    model: str
    purpose: str
    strategy: Strategy
    right: int
    tasks: int
    median_ms: float


class Report(msgspec.Struct, frozen=True):
    """All results, and the best strategy for each model and purpose; ``skipped``: models that could not be asked."""

    results: tuple[Result, ...]
    best: tuple[Result, ...]
    skipped: dict[str, str]


def tasks() -> dict[str, tuple[Task, ...]]:
    """What is asked, by purpose."""
    return {purpose: found[:TASKS_EACH] for purpose, found in by_purpose().items() if purpose in TEMPLATES}


async def is_right(task: Task, answer: str) -> bool:
    """Whether an answer passes its task's checks, code run included, and is no loop and no refusal."""
    validator = Validator(Expected())
    validator.feed(answer)
    validator.end()
    return validator.fault is None and not await verdict(task, answer)


def strategies(options: RouterOptions, purpose: str) -> list[Strategy]:
    """The ways that are tried, the profile's own first."""
    wanted = routing.options_for(options, purpose)
    templates = dict.fromkeys((wanted.template, *TEMPLATES[purpose]))
    other = 0.1 if wanted.temperature > 0.3 else 0.6
    temperatures = (wanted.temperature, other)
    return [Strategy(template, temperature) for template in templates for temperature in temperatures]


async def measure(
    options: RouterOptions, *, rounds: int = 1, progress: Callable[[str], None] = lambda _: None
) -> Report:
    """Ask every model of the profile in every way.

    Args:
        options: The profile's ``router``.
        rounds: How often each task is asked.
        progress: Told what is tried.

    Raises:
        ModelError: None of the models can be asked.
        UsageError: The profile has no model.
    """
    results: list[Result] = []
    skipped: dict[str, str] = {}
    failure: ModelError | None = None
    async with contextlib.AsyncExitStack() as stack:
        backends = await opened(options, stack)
        if not backends:
            raise UsageError("The profile has no language model.", "Set router.text.backend in homebody.toml.")
        for model, backend in backends.items():
            try:
                await backend.check()
                results += await _of_model(options, model, backend, rounds, progress)
            except ModelUnreachable:
                raise  # one server for all: nothing else would be found
            except ModelError as error:
                skipped[model], failure = error.reason, error
    if not results and failure is not None:
        raise failure
    return Report(tuple(results), best_of(results), skipped)


def best_of(results: Sequence[Result]) -> tuple[Result, ...]:
    """For each model and purpose the strategy with most right answers; of equal ones the first, which is the profile's
    own where that is among them: a tie is no reason to change anything. None where nothing was right: that says
    nothing of any strategy."""
    best: dict[tuple[str, str], Result] = {}
    for result in results:
        known = best.setdefault((result.model, result.purpose), result)
        if result.right > known.right:
            best[result.model, result.purpose] = result
    return tuple(result for result in best.values() if result.right)


async def _of_model(
    options: RouterOptions, model: str, backend: Backend, rounds: int, progress: Callable[[str], None]
) -> list[Result]:
    results = []
    for purpose, asked in tasks().items():
        if model not in routing.ladder(options, purpose):
            continue
        for strategy in strategies(options, purpose):
            progress(f"{model}, {purpose}: {strategy.template} at {strategy.temperature:g}")
            right, took_ms = 0, []
            for task in asked * rounds:
                began_s = time.monotonic()
                answer = await _answer(options, model, backend, purpose, strategy, task.text)
                took_ms.append(1000 * (time.monotonic() - began_s))
                right += await is_right(task, answer)
            median_ms = round(statistics.median(took_ms), 1)
            results.append(Result(model, purpose, strategy, right, len(asked) * rounds, median_ms))
    return results


async def _answer(
    options: RouterOptions, model: str, backend: Backend, purpose: str, strategy: Strategy, text: str
) -> str:
    """The answer; empty where it is none. A server that is gone is raised."""
    wanted = routing.options_for(options, purpose)
    budget = prompts.budget_tokens(options, model)
    max_tokens = prompts.answer_tokens(budget, wanted.max_tokens)
    messages = prompts.chat(
        options.text.system_prompt,
        prompt_templates.load(strategy.template),
        [],
        text,
        now=dt.datetime.now().astimezone(),
        budget=budget,
        max_tokens=max_tokens,
    )
    sampling = Sampling(strategy.temperature, wanted.top_p, wanted.think)
    answer = ""
    try:
        async with contextlib.aclosing(backend.stream(messages, max_tokens=max_tokens, sampling=sampling)) as stream:
            async for item in stream:
                if isinstance(item, Piece) and item.channel == "answer":
                    answer += item.text
    except ModelError as error:
        if error.code in {"no_model", "out_of_memory", "busy"}:
            raise
        return ""
    return answer
