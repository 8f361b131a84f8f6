"""One picture in, its description out. Questions about pictures are asks, which the brain answers.

A caption somebody waits for streams as any answer does. One in the background is held back until it is whole, since it
may be stopped for a person, and begun again, several times.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Final

import msgspec

from homebody.errors import BadMessage, EmptyAnswer, ModelError, ModelMissing, NotCapable, OutOfMemory
from homebody.messages import Accepted, Caption, Done, Progress, Route, Timings, Token
from homebody.options import RouterOptions
from homebody.router import caption_prompts, images, prompts, routing
from homebody.router.answering import Answering
from homebody.router.backends import Backend, ChatMessage, Ended, Piece, Sampling
from homebody.router.gate import Gate, PersonsFirst, Turned
from homebody.router.metrics import Metrics

PROMPT_LIMIT_CHARS: Final = 2000
PROGRESS_EVERY_S: Final = 1.5
PASSED_OVER_S: Final = 300.0  # what was not there, or did not fit, is not tried for every picture of a folder

Item = Route | Piece | Ended


class Captioner:
    """Answers `Caption`.

    Args:
        options: The profile's ``router``.
        backends: The models by name, as the brain has them, but such that do not pass the gate.
        gate: Where background captions wait for their turn.
        metrics: Told what waiting took, and which models were passed over.
        behind: The same models for what nobody waits for; None: ``backends``.
        clock_s: A clock that does not go back, in seconds.
    """

    def __init__(
        self,
        options: RouterOptions,
        backends: Mapping[str, Backend],
        gate: Gate,
        metrics: Metrics,
        *,
        behind: Mapping[str, Backend] | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._gate, self._metrics, self._clock_s = gate, metrics, clock_s
        self._behind = behind or backends
        self._waited_for = {name: PersonsFirst(backend, gate) for name, backend in backends.items()}
        self._passed_over: dict[str, float] = {}  # until when, by model

    async def answer(
        self, caption: Caption, payloads: list[bytes]
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """Describe the picture.

        Yields:
            `Accepted`, `Progress` wherever it has been silent for a while (stage ``queued`` while it waits for its
            turn), `Token`, one `Done`; a further `Accepted` where a model turned out not to be able to.

        Raises:
            BadImage: It is no picture a model could be shown, or not exactly one.
            BadMessage: The prompt is too long.
            ModelError: No model can describe it. ``busy``: too many wait already.
        """
        messages = _asked(caption, images.check(payloads, caption.payloads))
        purpose = caption_prompts.load(caption.detail).purpose
        answering = Answering(caption, clock_s=self._clock_s)
        state = _Stage(caption.background)
        if caption.background:
            for message in answering.accepted(self._route(purpose, self._rungs(purpose)[0])):
                yield message
            source = self._in_turn(purpose, messages, state)
        else:
            source = self._looks(self._waited_for, purpose, messages)
        route, ended = Route(kind="model"), Ended()
        async with answering.with_heartbeat(source, every_s=PROGRESS_EVERY_S) as items:
            async for item in items:
                match item:
                    case None:
                        yield answering.progress(state.name)
                    case Route():
                        route = item
                        answering.consider()
                        for message in answering.accepted(item):
                            yield message
                    case Ended():
                        ended = item
                    case Piece():
                        state.thinking = True
                        for token in answering.tokens(item):
                            yield token
        yield self._done(caption, answering, route, ended, state.queue_ms)

    def _done(self, caption: Caption, answering: Answering, route: Route, ended: Ended, queue_ms: float | None) -> Done:
        found = caption_prompts.described(answering.given, cut=ended.cut)
        if not found.caption:
            raise EmptyAnswer("The model did not describe the picture.", "Ask again, or choose another model.")
        done = answering.finished(route, ended=ended)
        timings = msgspec.structs.replace(done.timings or Timings(), queue_ms=queue_ms)
        return msgspec.structs.replace(
            done,
            caption=found.caption,
            tags=found.tags,
            model=route.model,
            prompt_version=caption_prompts.version(caption.detail, caption.prompt),
            timings=timings,
        )

    async def _in_turn(
        self, purpose: str, messages: Sequence[ChatMessage], state: _Stage
    ) -> AsyncGenerator[Item, None]:
        """The whole answer at once, after as many beginnings as it took."""

        async def whole() -> list[Item]:
            async with aclosing(self._looks(self._behind, purpose, messages)) as items:
                return [item async for item in items]

        turned: Turned[list[Item]] = await self._gate.background(whole, on_state=state.runs)
        state.queue_ms = turned.queue_ms
        self._metrics.queue_ms.add(turned.queue_ms)
        text = "".join(item.text for item in turned.result if isinstance(item, Piece) and item.channel == "answer")
        for item in turned.result:
            if not isinstance(item, Piece):
                yield item
        yield Piece(text)

    async def _looks(
        self, backends: Mapping[str, Backend], purpose: str, messages: Sequence[ChatMessage]
    ) -> AsyncGenerator[Item, None]:
        """Down the ladder until one describes it; each `Route` names who is tried next."""
        wanted = routing.options_for(self._options, purpose)
        rungs = self._rungs(purpose)
        for model in rungs:
            backend = backends.get(model)
            if backend is None:
                raise _no_model()
            yield self._route(purpose, model)
            sampling = Sampling(wanted.temperature, wanted.top_p, wanted.think)
            max_tokens = prompts.answer_tokens(prompts.budget_tokens(self._options, model), wanted.max_tokens)
            given = False
            try:
                stream = backend.stream(messages, max_tokens=max_tokens, sampling=sampling)
                async with aclosing(stream):
                    async for item in stream:
                        given = given or (isinstance(item, Piece) and item.channel == "answer")
                        yield item
            except (ModelMissing, NotCapable, OutOfMemory, EmptyAnswer) as error:
                if given:
                    raise
                if not isinstance(error, EmptyAnswer):
                    self._passed_over[model] = self._clock_s() + PASSED_OVER_S
                self._metrics.of(model).fallbacks += model != rungs[-1]
                if model == rungs[-1]:
                    raise self._nobody(error, wanted.models) from error
            else:
                return

    def _rungs(self, purpose: str) -> tuple[str, ...]:
        """The ladder without those that could not a short while ago; all of it where none could."""
        ladder = routing.ladder(self._options, purpose)
        now_s = self._clock_s()
        return tuple(model for model in ladder if self._passed_over.get(model, now_s) <= now_s) or ladder

    def _nobody(self, error: ModelError, ladder: Sequence[str]) -> ModelError:
        return routing.no_eyes(ladder) if isinstance(error, ModelMissing | NotCapable) else error

    def _route(self, purpose: str, model: str) -> Route:
        return Route(kind="model", model=model, purpose=purpose, engine=routing.engine(self._options, model))


class _Stage:
    """Where a caption is: what its `Progress` says."""

    def __init__(self, queued: bool) -> None:
        self._queued = queued
        self.thinking = False
        self.queue_ms: float | None = None

    @property
    def name(self) -> str:
        if self._queued:
            return "queued"
        return "thinking" if self.thinking else "loading"

    def runs(self, running: bool) -> None:
        """It has begun, or waits again."""
        self._queued = not running


def _asked(caption: Caption, shown: tuple[bytes, ...]) -> list[ChatMessage]:
    if len(shown) != 1:
        raise BadMessage(f"{len(shown)} images came with the caption.", "Send exactly one.", id=caption.id)
    if caption.prompt is not None and len(caption.prompt) > PROMPT_LIMIT_CHARS:
        raise BadMessage(
            f"The prompt has {len(caption.prompt)} characters; {PROMPT_LIMIT_CHARS} are the limit.",
            "Shorten it.",
            id=caption.id,
        )
    prompt = caption_prompts.load(caption.detail)
    return [ChatMessage("system", prompt.system), ChatMessage("user", prompt.words(caption.prompt), shown)]


def _no_model() -> ModelMissing:
    return ModelMissing(
        "I can't look at pictures without a language model, and none is set up.",
        'Write backend = "ollama" under [router.text] in homebody.toml.',
    )
