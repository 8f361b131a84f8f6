"""`homebody bench text`: how fast and how good language models are here, through the house's own backends."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Final

import msgspec

from homebody.bench import text_tasks
from homebody.bench.engines import Footprint, footprint, opened, unload
from homebody.bench.paired import NOISE, Ratio, Verdict, paired, ratio, verdict
from homebody.bench.tasks import Task
from homebody.bench.text_speed import LONG, Run, asked, preload, run
from homebody.bench.text_tasks import STRATEGIES, Answered, Share, Way
from homebody.errors import ModelError, ModelFailed, ModelUnreachable
from homebody.options import RouterOptions, TextModelOptions
from homebody.router import prompts
from homebody.router.backends import Backend

NUM_CTX: Final = (2048, 4096, 8192, 16_384)
SWEEP_ROUNDS: Final = 3
BLOCK: Final = 5  # in an A/B, so many answers of one model, then of the other: swapping models is not measured
Progress = Callable[[str], None]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured.

    Attributes:
        rounds: Answers to each prompt of the speed measurement.
        per_purpose: Tasks of each purpose; None: all; 0: none.
        strategies: Ask all tasks in each of the ways.
        sweep: Try context lengths, where the engine has one.
        judge: The model that judges what has a rubric; None: only its form is checked.
        shape_only: The weights are random.
    """

    rounds: int = 5
    per_purpose: int | None = None
    strategies: bool = False
    sweep: bool = False
    judge: str | None = None
    shape_only: bool = False


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Medians over the runs; None where there is nothing to tell it from."""

    tokens_per_s: float | None
    prompt_tokens_per_s: float | None
    first_token_ms: float | None


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """One setting of a sweep."""

    key: str
    load_ms: float | None
    tokens_per_s: float | None
    prompt_tokens_per_s: float | None
    memory_bytes: int | None


class ModelReport(msgspec.Struct, frozen=True, kw_only=True):
    """One model.

    Attributes:
        load_ms: From nothing in memory to ready; None where the engine cannot be told to forget it.
        speed: Medians; `runs` are what they are of.
        tasks: Every task; empty: none was asked.
        accuracy: By purpose.
        strategies: Where they were compared.
        num_ctx_sweep: Where the engine has such a setting.
    """

    model: str
    backend: str
    shape_only: bool
    footprint: Footprint
    load_ms: float | None
    speed: Speed
    runs: tuple[Run, ...]
    tasks: tuple[Answered, ...] = ()
    accuracy: dict[str, Share] = {}
    all: Share | None = None
    strategies: tuple[Way, ...] = ()
    num_ctx_sweep: tuple[Swept, ...] = ()


class AB(msgspec.Struct, frozen=True, kw_only=True):
    """B against A on the same prompts and tasks.

    Attributes:
        tokens_per_s, first_token_ms: B over A in pairs, and what that says.
        right_only_a, right_only_b: Tasks that only one of them got right.
        memory: B's memory over A's.
    """

    a: str
    b: str
    tokens_per_s: Ratio | None
    tokens_per_s_verdict: Verdict | None
    first_token_ms: Ratio | None
    first_token_ms_verdict: Verdict | None
    right_a: int
    right_b: int
    right_only_a: int
    right_only_b: int
    memory: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; ``not_measured``: what was not, and why."""

    models: tuple[ModelReport, ...]
    ab: AB | None = None
    not_measured: dict[str, str] = {}


async def measure(
    options: RouterOptions, models: Sequence[str], wanted: Wanted, *, ab: bool = False, progress: Progress
) -> Report:
    """Measure each model, one after the other; with ``ab`` two of them in turns.

    Args:
        options: The profile's ``router``: which engine, where.
        models: As the engine names them; two for an A/B.
        wanted: What is to be measured.
        ab: Compare the second with the first.
        progress: Told what is being done.

    Raises:
        ModelError: None of the models can be asked, or the server is not there.
        UsageError: The profile has no language model.
    """
    reports: list[ModelReport] = []
    missing = _not_measured(options.text, wanted)
    last: ModelError | None = None
    if ab:
        reports = await _in_turns(options, models, wanted, progress)
    else:
        for model in models:
            try:
                reports.append(await _one(options, model, wanted, progress))
            except ModelUnreachable:
                raise
            except ModelError as error:
                missing[model], last = error.reason, error
    if not reports and last is not None:
        raise last
    both = _compared(reports[0], reports[1]) if ab else None
    return Report(models=tuple(reports), ab=both, not_measured=missing)


def _not_measured(text: TextModelOptions, wanted: Wanted) -> dict[str, str]:
    missing = {}
    if wanted.judge is None:
        missing["quality of creative answers"] = "No judge was named (--judge MODEL); only their form is checked."
    if wanted.sweep:
        if text.backend == "ollama":
            missing["flash attention, KV-cache type"] = (
                "Ollama takes them when it starts (OLLAMA_FLASH_ATTENTION, OLLAMA_KV_CACHE_TYPE), not with a request: "
                "start it anew with each, measure, then: homebody bench compare"
            )
        else:
            missing["num_ctx, flash attention, KV-cache type"] = (
                "CTranslate2 grows its cache as it goes and has no flash attention on a processor."
                if text.backend == "ctranslate2"
                else "This protocol cannot set them: they are set where the server is started."
            )
    return missing


def shown(model: str) -> str:
    """A model's name for a person: of a folder, its last part."""
    return model.rsplit("/", 1)[-1] if model.startswith("/") else model


def _for(options: RouterOptions, model: str) -> TextModelOptions:
    return msgspec.structs.replace(options.text, model=model, num_ctx=prompts.num_ctx(options, model))


async def _one(options: RouterOptions, model: str, wanted: Wanted, progress: Progress) -> ModelReport:
    own = _for(options, model)
    async with AsyncExitStack() as stack:
        backend = await stack.enter_async_context(opened(own))
        judge = await stack.enter_async_context(opened(_for(options, wanted.judge))) if wanted.judge else None
        await backend.check()
        progress(f"{shown(model)}: loading")
        load_ms = await _load(backend, own)
        runs = []
        for number in range(wanted.rounds):
            for name, repeated in asked(own.num_ctx):
                progress(f"{shown(model)}: {name} prompt, {number + 1} of {wanted.rounds}")
                if (measured := await run(backend, f"{name} {number}", repeated)) is not None:
                    runs.append(measured)
        takes = await footprint(backend, own)
        answered: list[Answered] = []
        ways: list[Way] = []
        chosen = text_tasks.chosen(wanted.per_purpose)
        for strategy in (None, *STRATEGIES) if wanted.strategies else (None,):
            said = await _all(options, model, backend, judge, chosen, strategy, progress)
            if strategy is None:
                answered = said
            elif said:
                ways.append(_way(strategy, said))
        swept = await _sweep(own, progress) if wanted.sweep and own.backend == "ollama" else ()
    return _reported(own, wanted, takes, load_ms, runs, answered, tuple(ways), swept)


async def _all(
    options: RouterOptions,
    model: str,
    backend: Backend,
    judge: Backend | None,
    tasks: Sequence[tuple[str, Task]],
    strategy: str | None,
    progress: Progress,
) -> list[Answered]:
    asked = text_tasks.ask_all(options, model, backend, tasks, strategy=strategy, judge=judge, progress=progress)
    async with aclosing(asked) as answers:
        return [one async for one in answers]


async def _load(backend: Backend, own: TextModelOptions) -> float | None:
    forgotten = await unload(backend, own)
    took_ms = await preload(backend)
    return round(took_ms, 1) if forgotten else None


async def _sweep(own: TextModelOptions, progress: Progress) -> tuple[Swept, ...]:
    rows = []
    for num_ctx in NUM_CTX:
        progress(f"{shown(own.model)}: num_ctx {num_ctx}")
        options = msgspec.structs.replace(own, num_ctx=num_ctx)
        async with opened(options) as backend:
            load_ms = await _load(backend, options)
            runs = [found for n in range(SWEEP_ROUNDS) if (found := await run(backend, str(n), LONG))]
            takes = await footprint(backend, options)
        speed = speed_of(runs)
        rows.append(
            Swept(
                key=f"num_ctx {num_ctx}",
                load_ms=load_ms,
                tokens_per_s=speed.tokens_per_s,
                prompt_tokens_per_s=speed.prompt_tokens_per_s,
                memory_bytes=takes.memory_bytes,
            )
        )
    return tuple(rows)


async def _in_turns(
    options: RouterOptions, models: Sequence[str], wanted: Wanted, progress: Progress
) -> list[ModelReport]:
    """Two models, in blocks, A B B A: whatever else the machine does falls on both, and loading on neither."""
    own = [_for(options, model) for model in models]
    runs: list[list[Run]] = [[], []]
    answered: list[list[Answered]] = [[], []]
    loads: list[float | None] = []
    takes: list[Footprint] = []
    async with AsyncExitStack() as stack:
        backends = [await stack.enter_async_context(opened(one)) for one in own]
        judge = await stack.enter_async_context(opened(_for(options, wanted.judge))) if wanted.judge else None
        for backend in backends:
            await backend.check()
        for backend, one in zip(backends, own, strict=True):
            loads.append(await _load(backend, one))
            takes.append(await footprint(backend, one))
        both = asked(min(one.num_ctx for one in own))
        speeds = [(f"{name} {n}", repeated) for n in range(wanted.rounds) for name, repeated in both]
        for at, which in _turns(len(speeds)):
            await preload(backends[which])
            for key, repeated in speeds[at : at + BLOCK]:
                progress(f"{shown(models[which])}: {key}")
                if (measured := await run(backends[which], key, repeated)) is not None:
                    runs[which].append(measured)
        tasks = text_tasks.chosen(wanted.per_purpose)
        for at, which in _turns(len(tasks)):
            await preload(backends[which])
            block = tasks[at : at + BLOCK]
            answered[which] += await _all(options, models[which], backends[which], judge, block, None, progress)
    return [_reported(own[n], wanted, takes[n], loads[n], runs[n], answered[n], (), ()) for n in range(2)]


def _turns(count: int) -> list[tuple[int, int]]:
    """The beginning of each block and whose turn it is: A B, B A, A B, ..."""
    return [
        (at, which)
        for number, at in enumerate(range(0, count, BLOCK))
        for which in ((0, 1) if number % 2 == 0 else (1, 0))
    ]


def _reported(
    own: TextModelOptions,
    wanted: Wanted,
    takes: Footprint,
    load_ms: float | None,
    runs: Sequence[Run],
    answered: Sequence[Answered],
    ways: tuple[Way, ...],
    swept: tuple[Swept, ...],
) -> ModelReport:
    if not runs:
        raise ModelFailed(f"{shown(own.model)} said nothing that can be measured.", "Try it with: homebody ask hello")
    return ModelReport(
        model=own.model,
        backend=own.backend,
        shape_only=wanted.shape_only,
        footprint=takes,
        load_ms=load_ms,
        speed=speed_of(runs),
        runs=tuple(runs),
        tasks=tuple(answered),
        accuracy=text_tasks.shares(answered),
        all=text_tasks.share(answered) if answered else None,
        strategies=ways,
        num_ctx_sweep=swept,
    )


def speed_of(runs: Sequence[Run]) -> Speed:
    """Medians: of writing and waiting over the short prompt, of reading over the long one."""

    def median(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return round(statistics.median(known), 2) if known else None

    short = [one for one in runs if not one.key.startswith("long")] or list(runs)
    long = [one for one in runs if one.key.startswith("long")] or list(runs)
    return Speed(
        tokens_per_s=median([one.tokens_per_s for one in short]),
        prompt_tokens_per_s=median([one.prompt_tokens_per_s for one in long]),
        first_token_ms=median([one.first_token_ms for one in short]),
    )


def _way(strategy: str, answered: Sequence[Answered]) -> Way:
    return Way(
        strategy=strategy,
        by_purpose=text_tasks.shares(answered),
        all=text_tasks.share(answered),
        median_ms=round(statistics.median(one.took_ms for one in answered), 1),
    )


def _compared(a: ModelReport, b: ModelReport) -> AB:
    def between(column: Callable[[Run], float | None]) -> Ratio | None:
        one, other = ({run.key: column(run) or 0.0 for run in report.runs} for report in (a, b))
        ratios = paired(one, other)
        return ratio(ratios) if ratios else None

    rate, first = between(lambda run: run.tokens_per_s), between(lambda run: run.first_token_ms)
    right_a, right_b = ({task.key for task in report.tasks if task.right} for report in (a, b))
    memory_a, memory_b = a.footprint.memory_bytes, b.footprint.memory_bytes
    return AB(
        a=a.model,
        b=b.model,
        tokens_per_s=rate,
        tokens_per_s_verdict=verdict(rate, more_is_better=True, noise=NOISE) if rate else None,
        first_token_ms=first,
        first_token_ms_verdict=verdict(first, more_is_better=False, noise=NOISE) if first else None,
        right_a=len(right_a),
        right_b=len(right_b),
        right_only_a=len(right_a - right_b),
        right_only_b=len(right_b - right_a),
        memory=round(memory_b / memory_a, 3) if memory_a and memory_b else None,
    )
