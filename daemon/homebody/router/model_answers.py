"""What the language models answer, and what is known of each of them."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from homebody.errors import HomebodyError, ModelError, ModelMissing, ModelUnreachable, Problem
from homebody.messages import Accepted, Done, Progress, Route, Token
from homebody.options import RouterOptions
from homebody.router import prompt_templates, prompts, routing
from homebody.router.answering import Answering
from homebody.router.backends import Backend, Ended, Sampling
from homebody.router.session import Exchange

PART: Final = "language model"

AnswerMessage = Accepted | Progress | Token | Done


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is asked.

    Attributes:
        text: The words.
        language: ISO 639-1 code of the language they are in.
        history: The conversation so far, oldest first.
    """

    text: str
    language: str = "en"
    history: Sequence[Exchange] = ()


class BrainState(NamedTuple):
    """For `homebody status`: what the brain has to answer with, and what is wrong with it."""

    models: tuple[dict[str, Any], ...]
    problems: list[Problem]


class ModelAnswers:
    """Answers questions by language models. Does not own ``backends``.

    Args:
        options: The profile's ``router``.
        backends: The language models by their names, all those of `homebody.router.routing.models`; empty where the
            profile has none.
        now: The time of day, aware, in the local time zone.
        progress_every_s: How long the asker is left without a sign of life.

    Raises:
        ProfileError: A purpose names a prompt template that does not exist.
    """

    def __init__(
        self,
        options: RouterOptions,
        backends: Mapping[str, Backend],
        *,
        now: Callable[[], dt.datetime],
        progress_every_s: float,
    ) -> None:
        self._options = options
        self._backends = backends
        self._purposes = {name: routing.options_for(options, name) for name in routing.purposes()}
        self._templates = {name: prompt_templates.load(chosen.template) for name, chosen in self._purposes.items()}
        self._now = now
        self._progress_every_s = progress_every_s
        self._states = dict.fromkeys(routing.models(options), "unknown")
        self._problem: ModelError | None = None

    async def answer(
        self, answering: Answering, route: Route, question: Question
    ) -> AsyncGenerator[AnswerMessage, None]:
        """One model's answer; nothing, and ``answering`` not done, where it is missing and another is left.

        Raises:
            ModelError: The model cannot answer, or broke off; ``partial`` is what had been answered.
            UsageError: The question does not fit into the model's context.
        """
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
            question.history,
            question.text,
            now=self._now(),
            language=question.language if name == "multilingual" else "en",
            budget=budget,
            max_tokens=max_tokens,
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
            if isinstance(error, ModelMissing) and not answering.given and model != wanted.models[-1]:
                return
            raise _spoken(error) from error
        self._observe(model, None, loaded=True)
        yield answering.finished(route, ended=ended)

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
                "state": self._states[model],
            }
            for model, purposes in routing.models(self._options).items()
            if model in self._backends
        )
        problems = [Problem(PART, self._problem.reason, self._problem.remedy)] if self._problem else []
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


def _spoken(error: ModelError) -> HomebodyError:
    """The error as a sentence that can be said aloud to someone who only asked something."""
    if isinstance(error, ModelUnreachable | ModelMissing):
        what = error.reason.removeprefix("The ")
        what = f"the {what}" if what != error.reason else what
        reason = f"I can't answer that without a language model, and {what}"
        return type(error)(reason, error.remedy, partial=error.partial, retry_after_ms=error.retry_after_ms)
    return error
