"""The brain: one ask in, its answer out, from a skill or from the language model.

::

    ask -> checked -> Intents.match, purpose -> routes -> skill, skill, ... -> model, model, ...
                                                          └ passes on what it declines, or is not downloaded

An answer is one async generator, one task's work: closing it ends the skill or the generation it waits for.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from homebody.errors import (
    BadMessage,
    HomebodyError,
    ModelError,
    ModelMissing,
    ModelUnreachable,
    NotCapable,
    Problem,
    SkillError,
)
from homebody.messages import Accepted, Ask, Done, Progress, Route, Token
from homebody.options import RouterOptions
from homebody.router import images, prompt_templates, prompts, purpose, routing
from homebody.router.answering import Answering
from homebody.router.backends import Backend, Ended, Piece, Sampling
from homebody.router.language import identify
from homebody.router.purpose import IMAGE_PURPOSES, PURPOSES, Decision
from homebody.router.routing import Match
from homebody.router.session import Sessions
from homebody.skill import Reply, SessionView

log = logging.getLogger(__name__)

TEXT_LIMIT_CHARS: Final = 16_000
PROGRESS_EVERY_MS: Final = 1500.0  # the wire promises 2 s; the rest is for the way
PART: Final = "language model"

AnswerMessage = Accepted | Progress | Token | Done


class Matcher(Protocol):
    """What finds skills for words: `homebody.router.polyglot.CurrentIntents`."""

    def match(self, text: str, language: str | None = None) -> Sequence[Match]:
        """The skills these words fit, best first; ``language`` is what they are in, where the asker says so."""


class Skills(Protocol):
    """What runs skills: `homebody.router.skills_host.SkillsHost`."""

    async def run(
        self,
        name: str,
        slots: dict[str, Any],
        *,
        text: str,
        session: SessionView,
        now: dt.datetime,
        language: str = "en",
    ) -> Reply:
        """The skill's reply, within its own deadline; cancelling stops waiting for it.

        Raises:
            SkillError: It failed or took too long.
        """


class BrainState(NamedTuple):
    """For `homebody status`: what the brain has to answer with, and what is wrong with it."""

    models: tuple[dict[str, Any], ...]
    problems: list[Problem]


def _local_now() -> dt.datetime:
    return dt.datetime.now().astimezone()


class Brain:
    """Answers asks. Owns the conversations; owns neither ``skills`` nor ``backends``, which their maker closes.

    Args:
        options: The profile's ``router``.
        intents: Finds skills for words.
        skills: Runs them.
        backends: The language models by their names, all those of `homebody.router.routing.models`; empty where the
            profile has none.
        now: The time of day, aware, in the local time zone.
        clock_s: A clock that does not go back, in seconds.
        progress_every_ms: How long the asker is left without a sign of life.

    Raises:
        ProfileError: A purpose names a prompt template that does not exist.
    """

    def __init__(
        self,
        options: RouterOptions,
        intents: Matcher,
        skills: Skills,
        backends: Mapping[str, Backend],
        *,
        now: Callable[[], dt.datetime] = _local_now,
        clock_s: Callable[[], float] = time.monotonic,
        progress_every_ms: float = PROGRESS_EVERY_MS,
    ) -> None:
        self._options = options
        self._intents = intents
        self._skills = skills
        self._backends = backends
        self._purposes = {name: routing.options_for(options, name) for name in routing.purposes()}
        self._templates = {name: prompt_templates.load(chosen.template) for name, chosen in self._purposes.items()}
        self._now = now
        self._clock_s = clock_s
        self._progress_every_s = progress_every_ms / 1000
        self._sessions = Sessions()
        self._model_states = dict.fromkeys(routing.models(options), "unknown")
        self._problem: ModelError | None = None

    async def answer(self, ask: Ask, payloads: list[bytes], *, connection: str) -> AsyncGenerator[AnswerMessage, None]:
        """Answer an ask.

        Yields:
            `Accepted`; then `Token` items with ``seq`` from 0, and a `Progress` wherever the answer has been silent for
            `PROGRESS_EVERY_MS`; then one `Done`. Where a skill declined after it had been slow enough to be announced,
            or a model turned out not to be there, a further `Accepted` names who answers instead. All carry the ask's
            id.

        Args:
            ask: What is asked. ``expires_at`` has been looked at by the caller.
            payloads: Its raw frames.
            connection: The conversation of an ask that names none.

        Raises:
            BadMessage: The text is empty or too long, a number makes no sense, or there is no such purpose.
            BadImage: What came along is no image that a model could be shown.
            NotCapable: There are images, and no model here can see.
            SkillError: The skill that matched failed.
            ModelError: The model cannot answer, or broke off; ``partial`` is what had been answered.
            DeadlineExceeded: ``deadline_ms`` passed.
            UsageError: The text does not fit into the model's context.
        """
        answering = Answering(ask, clock_s=self._clock_s)
        session = ask.session or connection
        text = _checked(ask)
        seen = images.check(payloads, ask.payloads)
        try:
            decision = _decided(ask, text, has_image=bool(seen))
            matches = [] if seen else self._intents.match(text, ask.language)
            for route in routing.routes(matches, self._options, decision):
                answering.consider()
                match route.kind:
                    case "skill":
                        part = self._ask_skill(answering, route, text, session)
                    case "model":
                        part = self._ask_model(answering, route, text, session, seen, language=decision.language)
                    case "router":
                        part = self._say_honestly(answering, route, language=decision.language)
                async with contextlib.aclosing(part):
                    async for message in part:
                        if isinstance(message, Done):  # before it is sent: the next ask may be "repeat that"
                            self._remember(session, text, answering)
                        yield message
                if answering.done:
                    return
        finally:
            if not answering.done:  # cancelled or broken off: the conversation holds what was given out, and no more
                self._remember(session, text, answering)

    async def warm(self) -> None:
        """Bring the model into memory if it can be reached, so that the first question does not wait for it.

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
            self._observe(model, None, loaded=(await self._backends[model].check()).loaded)
        except ModelError as error:
            self._observe(model, error)
        return self._problem is None

    def state(self) -> BrainState:
        """What was last known of the models, the main one first; `refresh` looks at that again."""
        shown = tuple(
            {
                "model": model,
                "engine": self._options.text.backend,
                "purpose": ", ".join(purposes),
                "num_ctx": prompts.num_ctx(self._options, model),
                "state": self._model_states[model],
            }
            for model, purposes in routing.models(self._options).items()
            if model in self._backends
        )
        problems = [Problem(PART, self._problem.reason, self._problem.remedy)] if self._problem else []
        return BrainState(shown, problems)

    def forget(self, session: str) -> None:
        """End a conversation, such as that of a connection that has gone."""
        self._sessions.forget(session)

    def _remember(self, session: str, text: str, answering: Answering) -> None:
        self._sessions.add(session, text, answering.given, now_s=self._clock_s())

    async def _ask_skill(
        self, answering: Answering, route: Route, text: str, session: str
    ) -> AsyncGenerator[AnswerMessage, None]:
        """One skill's answer; nothing, and ``answering`` not done, where it declines."""

        async def run() -> AsyncGenerator[Reply, None]:
            yield await self._skills.run(
                str(route.name),
                route.slots,
                text=text.lower(),  # as a skill is promised it
                session=self._sessions.view(session, now_s=self._clock_s()),
                now=self._now(),
                language=route.language or "en",
            )

        reply = Reply(value={"declined": True})
        try:
            async with contextlib.aclosing(answering.with_heartbeat(run(), every_s=self._progress_every_s)) as replies:
                async for item in replies:
                    if item is not None:
                        reply = item
                        continue
                    # Only a slow skill is announced before its reply is there, since it may yet decline.
                    for message in answering.accepted(route):
                        yield message
                    yield answering.progress("skill")
        except SkillError:
            for message in answering.accepted(route):
                yield message
            raise
        if reply.value.get("declined"):
            return
        if reply.language is not None:
            route = msgspec.structs.replace(route, language=None if reply.language == "en" else reply.language)
        for message in answering.accepted(route):
            yield message
        for token in answering.tokens(Piece(reply.text)):
            yield token
        yield answering.finished(route, value=reply.value or None, follow_up=reply.follow_up)

    async def _say_honestly(
        self, answering: Answering, route: Route, *, language: str
    ) -> AsyncGenerator[AnswerMessage, None]:
        """A model would make something up here."""
        for message in answering.accepted(route):
            yield message
        for token in answering.tokens(Piece(purpose.no_live_data(language))):
            yield token
        yield answering.finished(route)

    async def _ask_model(
        self, answering: Answering, route: Route, text: str, session: str, seen: tuple[bytes, ...], *, language: str
    ) -> AsyncGenerator[AnswerMessage, None]:
        """One model's answer; nothing, and ``answering`` not done, where it is missing or has no eyes for what is to be
        ``seen``, and another is left."""
        for message in answering.accepted(route):
            yield message
        model, name = str(route.model), str(route.purpose)
        backend = self._backends.get(model)
        if backend is None:
            raise ModelMissing(
                "I can't answer that without a language model, and none is set up.",
                'Write backend = "ollama" under [router.text] in homebody.toml.',
            )
        wanted = self._purposes[name]
        budget = prompts.budget_tokens(self._options, model)
        max_tokens = prompts.answer_tokens(budget, answering.max_tokens or wanted.max_tokens)
        messages = prompts.chat(
            self._options.text.system_prompt,
            self._templates[name],
            self._sessions.history(session, now_s=self._clock_s()),
            text,
            now=self._now(),
            language=language if name == "multilingual" else "en",
            budget=budget,
            max_tokens=max_tokens,
            images=seen,
        )
        sampling = Sampling(wanted.temperature, wanted.top_p, wanted.think)
        stage = "loading"
        ended = Ended()
        pieces = answering.with_heartbeat(
            backend.stream(messages, max_tokens=max_tokens, sampling=sampling), every_s=self._progress_every_s
        )
        try:
            async with contextlib.aclosing(pieces):
                async for piece in pieces:
                    if isinstance(piece, Ended):
                        ended = piece
                        continue
                    if piece is not None:
                        stage = "thinking"
                        for token in answering.tokens(piece):
                            yield token
                    # Thinking tokens are silence to a listener: they do not stand in for progress.
                    if piece is None or answering.silent_s >= self._progress_every_s:
                        yield answering.progress(stage)
        except ModelError as error:
            error.partial = answering.given
            self._observe(model, error)
            passed_over = isinstance(error, ModelMissing | NotCapable) and not answering.given
            if passed_over and model != wanted.models[-1]:
                return
            raise (routing.no_eyes(wanted.models) if passed_over and seen else _spoken(error)) from error
        self._observe(model, None, loaded=True)
        yield answering.finished(route, ended=ended)

    def _observe(self, model: str, error: ModelError | None, *, loaded: bool = False) -> None:
        """Keep what an attempt showed. An answer that failed says nothing of the next; a missing model does.

        Only the main model's absence is a problem: without another one, there is still an answer.
        """
        main = model == self._options.text.model
        if error is None:
            self._model_states[model] = "loaded" if loaded else "ready"
            self._problem = None if main else self._problem
        elif error.code in {"no_model", "out_of_memory"}:
            self._model_states[model] = "unavailable"
            self._problem = error if main else self._problem


def _decided(ask: Ask, text: str, *, has_image: bool) -> Decision:
    """What the asker says it is for, else what the words say."""
    language = ask.language.partition("-")[0].lower() if ask.language else None
    if ask.purpose is None:
        return purpose.decide(text, has_image=has_image, language=language)
    if ask.purpose not in routing.purposes():
        raise BadMessage(
            f"There is no purpose {ask.purpose}.", f"Choose one of: {', '.join(routing.purposes())}.", id=ask.id
        )
    if has_image != (ask.purpose in IMAGE_PURPOSES):
        fitting = IMAGE_PURPOSES if has_image else PURPOSES
        raise BadMessage(
            f"The purpose {ask.purpose} is for questions {'without' if has_image else 'about'} images.",
            f"Choose one of: {', '.join(fitting)}.",
            id=ask.id,
        )
    return Decision(ask.purpose, language or identify(text))


def _checked(ask: Ask) -> str:
    """The words of an ask that can be answered."""
    text = ask.text.strip()
    if not text:
        raise BadMessage("There are no words in that.", "Ask something.", id=ask.id)
    if len(text) > TEXT_LIMIT_CHARS:
        raise BadMessage(
            f"The text has {len(text)} characters; {TEXT_LIMIT_CHARS} are the limit.", "Shorten it.", id=ask.id
        )
    if ask.max_tokens is not None and ask.max_tokens < 1:
        raise BadMessage("max_tokens is less than one.", "Leave it out, or ask for more.", id=ask.id)
    return text


def _spoken(error: ModelError) -> HomebodyError:
    """The error as a sentence that can be said aloud to someone who only asked something."""
    if isinstance(error, ModelUnreachable | ModelMissing):
        what = error.reason.removeprefix("The ")
        what = f"the {what}" if what != error.reason else what
        reason = f"I can't answer that without a language model, and {what}"
        return type(error)(reason, error.remedy, partial=error.partial, retry_after_ms=error.retry_after_ms)
    return error
