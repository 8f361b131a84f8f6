"""How a question is put to the language models, and what is known of each of them.

::

    question -> answered before?  -> the same answer
             -> a chain           -> one model describes the picture, another reasons about it
             -> two models        -> compared; disagreement is said
             -> one model         -> homebody.router.model_calls, as all the others
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from homebody.errors import HomebodyError, ModelError, NotWritable, Problem, UsageError
from homebody.messages import Accepted, Cached, Done, Progress, Route, Step, Token
from homebody.options import RouterOptions
from homebody.router import answer_cache, chains, consensus, prompt_templates, prompts, routing, stand_in, two_answers
from homebody.router.answer_cache import AnswerCache
from homebody.router.answering import Answering
from homebody.router.backends import Backend, ModelState, Piece
from homebody.router.model_calls import ModelCalls, Question, Told
from homebody.router.stand_alone import stands_alone
from homebody.router.tools import Toolbox
from homebody.router.validation import Expected

log = logging.getLogger(__name__)

PART: Final = "language model"
DIGEST_FRESH_S: Final = 300.0

AnswerMessage = Accepted | Progress | Token | Done
Items = AsyncGenerator[Accepted | Progress | Piece, None]


class BrainState(NamedTuple):
    """For `homebody status`: what the brain has to answer with, and what is wrong with it."""

    models: tuple[dict[str, Any], ...]
    problems: list[Problem]


class ModelAnswers:
    """Answers questions by language models. Does not own ``backends`` nor ``cache``.

    Args:
        options: The profile's ``router``.
        backends: The language models by their names, all those of `homebody.router.routing.models`; empty where the
            profile has none.
        cache: Answers that are given again; None: none are.
        now: The time of day, aware, in the local time zone.
        clock_s: A clock that does not go back, in seconds.
        progress_every_s: How long the asker is left without a sign of life.
        toolbox: What models may call; None: nothing.

    Raises:
        ProfileError: A purpose names a prompt template that does not exist.
    """

    def __init__(
        self,
        options: RouterOptions,
        backends: Mapping[str, Backend],
        *,
        cache: AnswerCache | None = None,
        now: Callable[[], dt.datetime],
        clock_s: Callable[[], float],
        progress_every_s: float,
        toolbox: Toolbox | None = None,
    ) -> None:
        self._options = options
        self._wanted = functools.cache(functools.partial(routing.options_for, options))
        self._backends = backends
        self._cache = cache
        self._now = now
        self._clock_s = clock_s
        self._spare = stand_in.of(options)
        self._states = dict.fromkeys(routing.models(options), "unknown") | dict.fromkeys(
            [self._spare] if self._spare else (), "ready"
        )
        self._digests: dict[str, tuple[str, float]] = {}  # and when that was looked at
        self._problem: ModelError | None = None
        self._calls = ModelCalls(
            options, backends, observe=self._observe, now=now, progress_every_s=progress_every_s, toolbox=toolbox
        )
        for model in (None, *routing.models(options)):
            for purpose in routing.purposes():
                prompt_templates.load(routing.options_for(options, purpose, model).template)

    async def answer(
        self, answering: Answering, rungs: Sequence[Route], question: Question
    ) -> AsyncGenerator[AnswerMessage, None]:
        """The answer, from `Accepted` to `Done`.

        Args:
            answering: Whose ask it is.
            rungs: The models of the purpose, best first, never empty.
            question: What is asked.

        Raises:
            ModelError: None of the models can answer, or one broke off; ``partial`` is what had been answered.
            UsageError: The question does not fit into the model's context.
        """
        wanted = self._wanted(str(rungs[0].purpose))
        place = await self._place(rungs[0], question)
        if place is not None and (known := await self._known(place.key)) is not None:
            way = self._again(answering, rungs[0], known)
        elif question.verify or wanted.critical:
            way = self._by_consensus(answering, rungs, msgspec.structs.replace(question, tools=False))
        elif question.images and wanted.chain == chains.VISION_REASONING:
            way = self._by_chain(answering, rungs, question)
        else:
            way = self._by_one(answering, rungs, question, place)
        async with contextlib.aclosing(way):
            async for message in way:
                yield message

    # --- the ways ---------------------------------------------------------------------------------------------------

    async def _by_one(
        self, answering: Answering, rungs: Sequence[Route], question: Question, place: Place | None
    ) -> AsyncGenerator[AnswerMessage, None]:
        """One model answers, as it comes."""
        told = Told()
        async with contextlib.aclosing(self._calls.ask(answering, rungs, question, told, spare=True)) as items:
            async for item in items:
                for message in answering.tokens(item) if isinstance(item, Piece) else (item,):
                    yield message
        route = told.route or rungs[0]
        if place is not None and route == rungs[0] and not (answering.retries or told.ended.cut or told.tools):
            if question.meant is not None:
                await question.meant()
            await self._keep(place, told.text)
        yield answering.finished(route, ended=told.ended, value=told.value, tools=told.tools)

    async def _again(
        self, answering: Answering, route: Route, known: answer_cache.Known
    ) -> AsyncGenerator[AnswerMessage, None]:
        """What was answered before."""
        route = msgspec.structs.replace(route, kind="cache")
        for accepted in answering.accepted(route):
            yield accepted
        for token in answering.tokens(Piece(known.text)):
            yield token
        yield answering.finished(route, cached=Cached(at=known.at, digest=known.digest))

    async def _by_consensus(
        self, answering: Answering, rungs: Sequence[Route], question: Question
    ) -> AsyncGenerator[AnswerMessage, None]:
        """Two models answer, one after the other; nothing is given out before both have."""
        pair = two_answers.asked(self._options, rungs)
        route = Route(
            kind="chain", name="consensus", purpose=rungs[0].purpose, engine=rungs[0].engine, steps=_steps(*pair)
        )
        for accepted in answering.accepted(route):
            yield accepted
        answers: list[Told] = []
        failure: HomebodyError | None = None
        for one in pair:
            told = Told()
            try:
                async with contextlib.aclosing(self._unsaid(answering, [one], question, told)) as items:
                    async for message in items:
                        yield message
                answers.append(told)
            except ModelError as error:
                if answering.is_over:
                    raise
                failure = error
        if not answers:
            assert failure is not None
            raise failure
        verdict = consensus.Comparison(None, "one_answer")
        if len(answers) == 2:
            verdict = consensus.compare(question.text, answers[0].text, answers[1].text)
            if verdict.agreed is None:
                told = Told()
                async with contextlib.aclosing(self._judged(answering, pair[0], question, answers, told)) as items:
                    async for message in items:
                        yield message
                verdict = consensus.Comparison(consensus.judged(told.text), "judge")
        text, value = two_answers.worded(question, answers, verdict)
        for token in answering.tokens(Piece(text)):
            yield token
        yield answering.finished(
            route, ended=answers[0].ended, value=value, agreement=two_answers.agreement(answers, verdict)
        )

    async def _by_chain(
        self, answering: Answering, rungs: Sequence[Route], question: Question
    ) -> AsyncGenerator[AnswerMessage, None]:
        """A model that sees describes the picture; one that reasons thinks about the description."""
        thinkers = [
            Route(kind="model", model=model, purpose="reasoning", engine=routing.engine(self._options, model))
            for model in routing.ladder(self._options, "reasoning")
        ]
        described, told = Told(), Told()
        route = Route(
            kind="chain", name=chains.VISION_REASONING, purpose=rungs[0].purpose, steps=_steps(rungs[0], thinkers[0])
        )
        for accepted in answering.accepted(route):
            yield accepted
        looked = chains.to_describe(question)
        async with contextlib.aclosing(self._unsaid(answering, rungs, looked, described)) as items:
            async for message in items:
                yield message
        reasoned = chains.to_reason(question, described.text)
        async with contextlib.aclosing(self._calls.ask(answering, thinkers, reasoned, told, announce=False)) as pieces:
            async for item in pieces:
                for said in answering.tokens(item) if isinstance(item, Piece) else (item,):
                    yield said
        steps = _steps(described.route or rungs[0], told.route or thinkers[0])  # who it really was, after retries
        yield answering.finished(msgspec.structs.replace(route, steps=steps), ended=told.ended, value=told.value)

    async def _unsaid(
        self, answering: Answering, rungs: Sequence[Route], question: Question, told: Told
    ) -> AsyncGenerator[AnswerMessage, None]:
        """An answer that is used and not given out; its thoughts and signs of life are."""
        async with contextlib.aclosing(self._calls.ask(answering, rungs, question, told, announce=False)) as items:
            async for item in items:
                if not isinstance(item, Piece):
                    yield item
                elif item.channel == "thinking":
                    for token in answering.tokens(item):
                        yield token

    async def _judged(
        self, answering: Answering, route: Route, question: Question, answers: Sequence[Told], told: Told
    ) -> AsyncGenerator[AnswerMessage, None]:
        """A model says whether both answers say the same; nothing in ``told`` where it cannot."""
        prompt = consensus.judge_prompt(question.text, answers[0].text, answers[1].text)
        judge = Question(text=prompt, expected=Expected(language=None))
        with contextlib.suppress(ModelError, UsageError):  # both answers may not fit into its context
            async with contextlib.aclosing(self._unsaid(answering, [route], judge, told)) as items:
                async for message in items:
                    yield message

    # --- what was answered before -----------------------------------------------------------------------------------

    async def _place(self, route: Route, question: Question) -> Place | None:
        """Where an answer to this question is kept; None where it is not to be."""
        if self._cache is None or question.is_private or question.verify or question.live:
            return None
        if question.expected.schema is not None:
            return None
        if not question.images and not stands_alone(question.text, str(route.purpose)):
            return None
        model = str(route.model)
        digest = await self._digest(model)
        if digest is None:
            return None
        wanted = self._wanted(str(route.purpose), model)
        asked = msgspec.json.encode((wanted, self._options.text.system_prompt)).decode()
        if question.images:
            if question.history:  # "and the one on the left?"
                return None
            key = answer_cache.image_key(question.images, question.text, model=model, digest=digest, asked=asked)
        else:
            key = answer_cache.key(
                question.text,
                language=question.language,
                purpose=str(route.purpose),
                model=model,
                digest=digest,
                asked=asked,
            )
        # In a conversation the answer may lean on what was said; it may be given again, but is not kept.
        return Place(key, digest, lasts=bool(question.images), keeps=not question.history)

    async def _known(self, key: str) -> answer_cache.Known | None:
        assert self._cache is not None
        try:
            known = await asyncio.to_thread(self._cache.get, key, self._now())
            if known is not None:
                await asyncio.to_thread(self._cache.used, key, self._now())
        except NotWritable as error:
            log.warning("No answer could be looked up: %s", error)
            return None
        return known

    async def _keep(self, place: Place, text: str) -> None:
        assert self._cache is not None
        if not place.keeps:
            return
        try:
            await asyncio.to_thread(self._cache.put, place.key, text, place.digest, self._now(), lasts=place.lasts)
        except NotWritable as error:
            log.warning("An answer could not be kept: %s", error)

    async def _digest(self, model: str) -> str | None:
        """The model's digest, or its name where the engine has none; None where it cannot be asked now."""
        known, at_s = self._digests.get(model, ("", float("-inf")))
        if self._clock_s() - at_s < DIGEST_FRESH_S:
            return known
        if (backend := self._backends.get(model)) is None:
            return None
        try:
            return self._learned(model, await backend.check())
        except ModelError:
            return None

    def _learned(self, model: str, state: ModelState) -> str:
        """Its digest; what a look at a model showed is kept, so that the next question need not wait for one."""
        self._calls.learned(model, state)
        self._digests[model] = (state.digest or model, self._clock_s())
        return self._digests[model][0]

    # --- what is known of the models --------------------------------------------------------------------------------

    async def can_look(self, purpose: str, *, order: bool = False) -> bool:
        """Whether a model of this purpose could look up what is live, or have an ``order`` done."""
        wanted = self._wanted(purpose)
        return wanted.tools and not wanted.critical and await self._calls.can_look(wanted.models, order=order)

    async def warm(self) -> None:
        """Bring the main model into memory if it can be reached, so that the first question does not wait for it.

        Meant for a background task: it may take as long as loading takes, and it never raises but for being cancelled.
        What is wrong is then in `state`.
        """
        backend = self._backends.get(self._options.text.model)
        if backend is None or not await self.refresh():
            return
        try:
            async with contextlib.aclosing(backend.stream([])) as loading:
                async for _ in loading:
                    pass
            self._observe(self._options.text.model, None, loaded=True)
        except ModelError as error:
            self._observe(self._options.text.model, error)

    async def refresh(self) -> bool:
        """Look at the main model's backend again, for `state`; takes its connect limit and some. False when it cannot
        answer.
        """
        model = self._options.text.model
        if model not in self._backends:
            return False
        try:
            state = await self._backends[model].check()
            self._learned(model, state)
            self._observe(model, None, loaded=state.loaded)
        except ModelError as error:
            self._observe(model, error)
        return self._problem is None

    def state(self) -> BrainState:
        """What was last known of the models, the main one first; `refresh` looks at that again."""
        shown = tuple(
            {
                "model": model,
                "engine": routing.engine(self._options, model),
                "purpose": ", ".join(purposes),
                "num_ctx": prompts.num_ctx(self._options, model),
                "state": self._states[model],
            }
            for model, purposes in routing.models(self._options).items()
            if model in self._backends and (model != self._spare or self._problem)
        )
        note = f" {stand_in.NOTE}" if self._spare in self._backends else ""
        problems = [Problem(PART, self._problem.reason + note, self._problem.remedy)] if self._problem else []
        return BrainState(shown, problems)

    def _observe(self, model: str, error: ModelError | None, *, loaded: bool = False) -> None:
        """Keep what an attempt showed. An answer that failed says nothing of the next; a missing model does.

        Only the main model's absence is a problem: without another one, there is still an answer.
        """
        main = model == self._options.text.model
        if error is None:
            self._states[model] = "loaded" if loaded else "ready"
            self._problem = None if main else self._problem
        elif error.code in {"no_model", "out_of_memory"}:
            self._states[model] = "unavailable"
            self._problem = error if main else self._problem


class Place(NamedTuple):
    """Where an answer is kept: under which key, of which model; for good; and whether this one is to be."""

    key: str
    digest: str
    lasts: bool
    keeps: bool


def _steps(*routes: Route) -> tuple[Step, ...]:
    return tuple(Step(model=str(route.model), purpose=route.purpose) for route in routes)
