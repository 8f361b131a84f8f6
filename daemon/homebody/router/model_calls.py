"""One question put to the models of a ladder, until one gives an answer that can be used.

::

    next_try -> prompt -> backend.stream -> Validator -> given out piece by piece
       ^                                        └ unusable before its first word: the reason is kept, and another try
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from homebody import starter
from homebody.errors import (
    DeadlineExceeded,
    HomebodyError,
    ModelError,
    ModelMissing,
    ModelUnreachable,
    NotCapable,
    UnusableAnswer,
    UsageError,
)
from homebody.messages import Accepted, Progress, Retry, Route, ToolUse
from homebody.options import RouterOptions
from homebody.router import phrases, prompt_templates, prompts, routing, stand_in
from homebody.router.answering import Answering, Heartbeat
from homebody.router.backends import Backend, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.model_limits import FirstToken, Thoughts, unusable
from homebody.router.purpose import no_live_data
from homebody.router.retrying import Tried, Try, next_try, reason_of
from homebody.router.session import Exchange
from homebody.router.tool_rounds import Calling, Offer, Offers, ToolRun, advised, streamed
from homebody.router.tools import Toolbox
from homebody.router.validation import Expected, Validator
from homebody.skill import SessionView

AT_ONCE: Final = "Answer at once, in one or two sentences, without thinking it through first."


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is asked.

    Attributes:
        text: The words.
        language: ISO 639-1 code of the language they are in.
        expected: What the answer is judged by.
        history: The conversation so far, oldest first.
        images: Whole files (JPEG or PNG) to be looked at.
        verify: Two models are to answer.
        is_private: Not to be answered from what was answered before, nor kept for later.
        tools: The model may call some.
        live: Only who has just looked can answer; a model that has not called a tool does not know.
        said: The last exchange, for skills that a model calls.
        meant: Returns once the person is known to have meant it; nothing is kept before. None: they have.
    """

    text: str
    language: str = "en"
    expected: Expected = Expected()
    history: Sequence[Exchange] = ()
    images: tuple[bytes, ...] = ()
    verify: bool = False
    is_private: bool = False
    tools: bool = False
    live: bool = False
    said: SessionView = SessionView()
    meant: Callable[[], Awaitable[None]] | None = None


@dataclass(slots=True)
class Told:
    """What came of a question; filled in while it is being answered.

    Attributes:
        route: Who answered.
        ended: What the engine counted.
        value: The JSON value where a schema was asked for.
        text: The answer.
        run: The calls for it; None: nothing could be called.
    """

    route: Route | None = None
    ended: Ended = field(default_factory=Ended)
    value: Any = None
    text: str = ""
    run: ToolRun | None = None
    released: bool = False

    @property
    def tools(self) -> tuple[ToolUse, ...]:
        """What was called for it."""
        return tuple(self.run.uses) if self.run else ()

    @property
    def looked(self) -> bool:
        """A tool that may know what is live has answered."""
        return self.run is not None and self.run.looked


class Observer(Protocol):
    """Who keeps what is known of the models."""

    def __call__(self, model: str, error: ModelError | None, *, loaded: bool = False) -> None:
        """An attempt at this model ended so. Must not block."""


class ModelCalls:
    """Asks models. Does not own ``backends``.

    Args:
        options: The profile's ``router``.
        backends: By the models' names.
        observe: Told how each attempt ended.
        now: The time of day, aware, in the local time zone.
        progress_every_s: How long the asker is left without a sign of life.
        toolbox: What models may call; None: nothing.
    """

    def __init__(
        self,
        options: RouterOptions,
        backends: Mapping[str, Backend],
        *,
        observe: Observer,
        now: Callable[[], dt.datetime],
        progress_every_s: float,
        toolbox: Toolbox | None = None,
    ) -> None:
        self._options = options
        self._wanted_of = functools.cache(functools.partial(routing.options_for, options))
        self._backends = backends
        self._observe = observe
        self._now = now
        self._progress_every_s = progress_every_s
        self._spare = stand_in.of(options)
        self._offers = Offers(options, backends, toolbox)

    async def ask(
        self,
        answering: Answering,
        rungs: Sequence[Route],
        question: Question,
        told: Told,
        *,
        announce: bool = True,
        spare: bool = False,
    ) -> AsyncGenerator[Accepted | Progress | Piece, None]:
        """The answer of the first model of the ladder that gives one.

        Yields:
            `Accepted` for each model that is tried, where ``announce``; pieces as they may be given out; `Progress`
            wherever no piece of the answer has come for long.

        Args:
            answering: Whose ask it is.
            rungs: Best first.
            question: What is asked.
            told: Filled in.
            announce: The asker is to be told who is tried.
            spare: Where none of the ladder is there, who stands in for them may answer.

        Raises:
            ModelError: None of them can answer, or one broke off.
            UsageError: The question does not fit into the model's context.
        """
        if not self._backends:
            for message in answering.accepted(rungs[0]) if announce else ():
                yield message
            raise ModelMissing(
                "I can't answer that without a language model, and none is set up.",
                'Write backend = "ollama" under [router.text] in homebody.toml.',
            )
        run = None
        if question.tools:
            run = self._offers.run(
                question.text, question.said, self._now(), question.meant, language=question.language
            )
        told.run = run
        answering.fill_with(phrases.let_me_think(question.language))
        tried: list[Tried] = []
        absence: ModelError | None = None
        instead = self._instead(rungs[0], question) if spare else None
        while (attempt := next_try(rungs, self._wanted, tried, instead)) is not None:
            told.route = attempt.route
            thoughts = Thoughts(self._wanted(attempt.route).thinking_tokens)
            trying = self._try(answering, attempt, question, told, thoughts, announce=announce)
            try:
                async with contextlib.aclosing(trying) as items:
                    async for item in items:
                        yield item
                self._observe(str(attempt.route.model), None, loaded=True)
                for said in _honestly(answering, question, told, announce):
                    yield said
                return
            except ModelError as error:
                error.partial = answering.given
                self._observe(str(attempt.route.model), error)
                if run and run.spoken and not told.released and not answering.is_over:
                    # It is done; a second attempt would know nothing of it.
                    told.text = run.spoken
                    yield Piece(run.spoken)
                    return
                tried.append(Tried(attempt, reason_of(error, thought=thoughts.any)))
                over = isinstance(error, DeadlineExceeded) and answering.is_over
                if told.released or over or next_try(rungs, self._wanted, tried, instead) is None:
                    if attempt.route == instead and absence is not None and not (told.released or over):
                        raise _spoken(absence, question.language, begun=False) from error
                    if question.images and isinstance(error, ModelMissing | NotCapable):
                        raise routing.no_eyes([str(rung.model) for rung in rungs]) from error
                    raise _spoken(error, question.language, begun=told.released) from error
                absence = error
                answering.retries.append(Retry(model=str(attempt.route.model), reason=tried[-1].reason))

    def learned(self, model: str, state: ModelState) -> None:
        """A look at this model showed this."""
        self._offers.learned(model, can_call=state.tools)

    async def can_look(self, models: Sequence[str], *, order: bool = False) -> bool:
        """Whether one of these models could look up what is live, or have an ``order`` done."""
        return await self._offers.can_look(models, order=order)

    def _instead(self, rung: Route, question: Question) -> Route | None:
        """Who may answer where nobody of the ladder is there."""
        beyond = question.images or question.live or question.expected.schema is not None
        return None if beyond or self._spare not in self._backends else stand_in.route(rung)

    async def _try(
        self, answering: Answering, attempt: Try, question: Question, told: Told, thoughts: Thoughts, *, announce: bool
    ) -> AsyncGenerator[Accepted | Piece | Progress, None]:
        """One model's answer, as far as it may be given out. The model is asked first, then the asker is told so."""
        backend = self._backends[str(attempt.route.model)]
        accepted = answering.accepted(attempt.route) if announce else []
        try:
            offer, max_tokens, messages = await self._prepared(answering, attempt, question, told)
        except HomebodyError:
            for message in accepted:
                yield message
            raise
        sampling = Sampling(attempt.temperature, attempt.top_p, attempt.think, question.expected.schema)
        told.text, told.ended = "", Ended()
        answering.attempted()
        source = streamed(told.run, backend, messages, offer, max_tokens=max_tokens, sampling=sampling)
        async with answering.with_heartbeat(source, every_s=self._progress_every_s, ahead=_is_piece) as items:
            for message in accepted:
                yield message
            first = FirstToken(backend, self._options.text.first_token_ms)
            async with contextlib.aclosing(self._judged(answering, items, question, told, thoughts, first)) as judged:
                async for item in judged:
                    yield item

    async def _judged(
        self,
        answering: Answering,
        items: Heartbeat[Piece | Calling | Ended],
        question: Question,
        told: Told,
        thoughts: Thoughts,
        first: FirstToken,
    ) -> AsyncGenerator[Piece | Progress, None]:
        """What may be given out of what comes, and signs of life."""
        validator = Validator(question.expected)
        stage = "loading"
        async for item in items:
            match item:
                case None if stage == "loading":
                    await first.check(answering.elapsed_ms)
                case Piece(channel="thinking"):
                    stage = "thinking"
                    yield item
                    thoughts.add(item.text)
                case Calling():
                    stage = "tool"
                    validator = Validator(question.expected)  # what it announced and was held is not needed
                case Piece():
                    stage = "thinking"
                    answering.arrived()
                    if text := _may_say(validator, item.text, question, told):
                        yield Piece(text)
                case Ended():
                    told.ended = item
            # Thinking tokens are silence to a listener: they do not stand in for progress.
            if item is None or answering.is_silent(self._progress_every_s):
                yield answering.progress(stage)
        if question.live and not told.looked:
            return
        text = validator.end()
        _refuse(validator)
        told.value = validator.value
        told.text += text
        if text:
            told.released = True
            yield Piece(text)

    async def _prepared(
        self, answering: Answering, attempt: Try, question: Question, told: Told
    ) -> tuple[Offer, int, list[ChatMessage]]:
        """What is offered, how long the answer may be, and the messages; a long question leaves no room for tools."""
        offer = await self._offers.offer(str(attempt.route.model), told.run)
        try:
            return offer, *self._prompt(answering, attempt, question, offer)
        except UsageError:
            if not offer.tools:
                raise
            return Offer(), *self._prompt(answering, attempt, question, Offer())

    def _prompt(
        self, answering: Answering, attempt: Try, question: Question, offer: Offer
    ) -> tuple[int, list[ChatMessage]]:
        """How long the answer may be, and the messages."""
        model, purpose = str(attempt.route.model), str(attempt.route.purpose)
        if question.images and attempt.route.engine == "ctranslate2":  # else its small context would be blamed
            raise routing.no_eyes([model])
        budget = prompts.budget_tokens(self._options, model)
        wanted = answering.max_tokens or self._wanted(attempt.route).max_tokens
        max_tokens = prompts.answer_tokens(budget, wanted)
        further = [AT_ONCE] if attempt.at_once else []
        if question.expected.schema is not None:
            further.append(_as_json(question.expected.schema))
        messages = prompts.chat(
            starter.SYSTEM_PROMPT if model == self._spare else self._options.text.system_prompt,
            prompt_templates.load(attempt.template),
            question.history,
            "\n\n".join([question.text, *further]),
            now=self._now(),
            language="en" if purpose == "code" else question.language,
            budget=budget - offer.tokens,
            max_tokens=max_tokens,
            images=question.images,
        )
        return max_tokens, advised(messages, offer)

    def _wanted(self, route: Route) -> routing.Wanted:
        return self._wanted_of(str(route.purpose), route.model)


def _is_piece(item: Piece | Calling | Ended) -> bool:
    return isinstance(item, Piece)


def _refuse(validator: Validator) -> None:
    if validator.fault:
        raise unusable(validator.fault)


def _may_say(validator: Validator, text: str, question: Question, told: Told) -> str:
    """What may be given out with this text added; nothing where the model has not looked and should have."""
    if question.live and not told.looked:
        return ""
    text = validator.feed(text)
    _refuse(validator)
    told.released = told.released or bool(text.strip())
    told.text += text
    return text


def _honestly(answering: Answering, question: Question, told: Told, announce: bool) -> list[Accepted | Piece]:
    """What is said instead where the model should have looked something up and did not: it does not know."""
    if not question.live or told.looked:
        return []
    purpose = told.route.purpose if told.route else None
    told.route = msgspec.structs.replace(routing.NO_LIVE_DATA, purpose=purpose)
    told.text = no_live_data(question.language)
    return [*(answering.accepted(told.route) if announce else ()), Piece(told.text)]


def _as_json(schema: dict[str, Any]) -> str:
    # Engines without a grammar need it in words; to the others it tells what the fields are for.
    written = msgspec.json.encode(schema).decode()
    return f"Answer with one JSON object and nothing else. It fits this JSON schema: {written}"


def _spoken(error: ModelError, language: str, *, begun: bool) -> HomebodyError:
    """The error as a sentence that can be said aloud to someone who only asked something."""
    if isinstance(error, UnusableAnswer) and begun:  # what was said can't be unsaid
        told = UnusableAnswer(error.fault, phrases.lost_the_thread(language))
        told.partial = error.partial
        return told
    if isinstance(error, ModelUnreachable | ModelMissing):
        what = error.reason.removeprefix("The ")
        what = f"the {what}" if what != error.reason else what
        reason = f"I can't answer that without a language model, and {what}"
        return type(error)(reason, error.remedy, partial=error.partial, retry_after_ms=error.retry_after_ms)
    return error
