"""Carries out what `homebody.router.residency` decides: looks, puts models out, loads those that stay, and says so.

::

    backend.stream -> KeptBackend -> room (look, plan, put out) -> the real backend -> what its end shows
    run            -> every `LOOK_S` and when woken: look, make what is missing, load what is wanted, keep it loaded

An answer of a model that is in memory waits for nothing here: what was seen last is good enough, and what Ollama did by
itself meanwhile is seen at the next look.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final, Protocol

import msgspec

from homebody.errors import MissingPart, ModelError, OutOfMemory, Problem
from homebody.messages import Route
from homebody.options import RouterOptions
from homebody.router import residency, routing
from homebody.router.backends import USUAL, Backend, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.backends.ollama_control import ModelServer, plain
from homebody.router.memory_probe import MemoryProbe
from homebody.router.model_health import Degraded, ModelHealth
from homebody.router.residency import Kind, Reading

log = logging.getLogger(__name__)

LOOK_S: Final = 30.0
REFRESH_S: Final = 600.0  # a third of the usual keep_alive, so that one refresh may fail
STEPS: Final = 16  # more loads in a row than any profile has models: the plan and the server do not agree
PART: Final = "language model"

Publish = Callable[[str, Mapping[str, Any]], None]


class Workshop(Protocol):
    """What makes the models that a profile defines: `homebody.router.backends.ollama_create.Workshop`."""

    def missing(self, downloaded: Mapping[str, int]) -> Sequence[str]:
        """Those the server does not have."""

    async def make(self, model: str, downloaded: Mapping[str, int]) -> None:
        """Make one.

        Raises:
            ModelError: It cannot be made.
        """


class ModelKeeper:
    """Keeps the models of a profile in memory as its residency plan says.

    Args:
        options: The profile's ``router``, as `model_sizes.expanded` leaves it.
        server: The model server.
        probe: Free memory.
        backends: Those of the server's models; not owned. Those to be asked are in `backends`.
        publish: Sends an event.
        workshop: Makes the models that the profile defines; None: it defines none.
        clock_s: A clock that does not go back.
    """

    def __init__(
        self,
        options: RouterOptions,
        server: ModelServer,
        probe: MemoryProbe,
        backends: Mapping[str, Backend],
        *,
        publish: Publish = lambda _name, _data: None,
        workshop: Workshop | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options, self._server, self._probe, self._inner = options, server, probe, backends
        self._publish, self._workshop, self._clock_s = publish, workshop, clock_s
        self._state = residency.start(residency.policy(options))
        self._health = ModelHealth(accelerated=probe.kind != "system")
        self._loading = asyncio.Lock()  # one load at a time: the memory of a second could not be told
        self._wake = asyncio.Event()
        self._answering: dict[str, int] = {}
        self._downloaded: dict[str, int] = {}
        self._refreshed_s: dict[str, float] = {}
        self._unmade: dict[str, Problem] = {}
        self._on_gpu: dict[str, tuple[int, int]] = {}
        self._names = {plain(name): name for name in backends}
        self.backends: dict[str, Backend] = {name: KeptBackend(self, name, backends[name]) for name in backends}

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What a person should know: models that are slow, did not fit, or could not be made."""
        return (*self._health.problems, *self._unmade.values())

    @property
    def state(self) -> residency.State:
        """What is known now."""
        return self._state

    def background(self, model: str) -> Backend:
        """The backend for a folder of pictures: it puts nothing out that a person needs, and raises `OutOfMemory` where
        there is no room beside it."""
        return KeptBackend(self, model, self._inner[model], folder=True)

    def shown(self, models: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        """What the brain says of its models, for `homebody status`, with what is known of them here: whether each is
        loaded, how large it is, and whether it stays. The first is shown in any case, others if the server has them."""
        found = []
        for place, model in enumerate(models):
            name = model["model"]
            if routing.elsewhere(self._options, name):
                found.append(model)
                continue
            there = self._state.downloaded is None or name in self._state.downloaded
            if place and not there:
                continue
            known: dict[str, Any] = {"pinned": True} if name in self._state.pins else {}
            if name in self._state.resident:
                known |= {"state": "loaded", "size_bytes": self._state.need(name)}
            elif there and self._state.downloaded is not None:
                barred = not self._state.usable(name, self._clock_s())
                known |= {"state": "does not fit" if barred else "ready"}
            found.append(model | known)
        return tuple(found)

    def ordered(self, routes: Sequence[Route]) -> list[Route]:
        """The same routes; those to models in the order they should be tried, as far as they fit and are there. Models
        that are run elsewhere stay where they stand."""
        models = {str(route.model): route for route in routes if route.kind == "model"}
        if len(models) < 2:
            return list(routes)
        purpose = next(iter(models.values())).purpose
        own = [model for model in models if model in self._inner]
        order = iter(residency.order(self._state, own, kind=_kind(purpose), now_s=self._clock_s()))
        places = (next(order, None) if model in self._inner else model for model in models)
        return [*(route for route in routes if route.kind != "model"), *(models[model] for model in places if model)]

    async def run(self) -> None:
        """Look and act until cancelled."""
        while True:
            self._wake.clear()
            try:
                async with self._loading:
                    await self._look()
                await self._make_missing()
                await self._load_wanted()
            except ModelError as error:
                log.debug("residency: %s", error.reason)  # the brain says what is wrong with the server
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()

    @asynccontextmanager
    async def room(self, model: str, kind: Kind) -> AsyncIterator[Callable[[], Awaitable[None]] | None]:
        """Make room for a model and keep it while the body runs, or, for one already loaded, only keep it.

        Yields:
            None for one already loaded; else what is to be awaited when it is. No other is loaded before.

        Raises:
            OutOfMemory: There is none beside what people need (only for a folder).
        """
        async with contextlib.AsyncExitStack() as lock:
            fresh = model not in self._state.resident
            if fresh:
                await lock.enter_async_context(self._loading)
                fresh = model not in self._state.resident  # somebody else may have loaded it meanwhile
                if fresh:
                    await self._make_room(model, kind)
                else:
                    await lock.aclose()

            async def begun() -> None:
                await self._begun(model)
                await lock.aclose()

            self._answering[model] = self._answering.get(model, 0) + 1
            self._state = residency.used(self._state, model, now_s=self._clock_s(), busy=True)
            try:
                yield begun if fresh else None
            finally:
                self._answering[model] -= 1
                busy = self._answering[model] > 0
                self._state = residency.used(self._state, model, now_s=self._clock_s(), busy=busy)
                if fresh and not busy:
                    self._wake.set()  # a pinned model may have had to go

    def answered(self, model: str, ended: Ended) -> None:
        """An answer ended well."""
        self._health.fitted(model)
        rate = ended.usage.tokens_per_s
        self._tell(self._health.answered(model, tokens=ended.usage.answer_tokens, tokens_per_s=rate))

    async def _begun(self, model: str) -> None:
        """A model that was not loaded is: see what it takes."""
        self._state = residency.loaded(self._state, model)
        self._refreshed_s[model] = self._clock_s()
        with contextlib.suppress(ModelError):
            await self._look(told=False)
        self._health.fitted(model)
        size, on_gpu = self._on_gpu.get(model, (self._state.need(model), 0))
        self._publish("model.loaded", {"model": model, "size_bytes": size, "gpu_bytes": on_gpu})

    def refused(self, model: str) -> None:
        """It did not fit."""
        self._state = residency.out_of_memory(self._state, model, now_s=self._clock_s())
        self._tell(self._health.refused(model))
        self._wake.set()

    # --- looking ----------------------------------------------------------------------------------------------------

    async def _look(self, *, told: bool = True) -> None:
        """See what is in memory and how much is free.

        Raises:
            ModelUnreachable: The server does not answer; nothing of it is in memory then.
        """
        now_s = self._clock_s()
        try:
            loaded = [msgspec.structs.replace(one, model=self._named(one.model)) for one in await self._server.loaded()]
            downloaded = {self._named(name): size for name, size in (await self._server.downloaded()).items()}
        except ModelError:
            self._state = msgspec.structs.replace(self._state, resident={})
            raise
        if downloaded != self._downloaded:
            self._downloaded = downloaded
            self._state = msgspec.structs.replace(self._state, policy=residency.policy(self._options, downloaded))
        held = {one.model: one.on_gpu if self._probe.kind == "nvidia" else one.size for one in loaded}
        gone = [model for model in self._state.resident if model not in held]
        self._on_gpu = {one.model: (one.size, one.on_gpu) for one in loaded}
        reading = await asyncio.to_thread(self._read, held, {one.model: one.size for one in loaded})
        self._state = residency.observed(self._state, reading, now_s=now_s)
        for model in gone:
            self._health.gone(model)
            if told:
                self._publish("model.evicted", {"model": model, "why": "server"})
        for one in loaded:
            if one.model in self._inner:
                self._tell(self._health.seen(one.model, size=one.size, on_gpu=one.on_gpu))

    def _named(self, model: str) -> str:
        """The name the profile has for a model of the server's."""
        return self._names.get(plain(model), plain(model))

    def _read(self, held: dict[str, int], sizes: dict[str, int]) -> Reading:
        try:
            memory = self._probe.read()
        except MissingPart as error:
            log.warning("%s %s", error.reason, error.remedy)
            return Reading(None, None, held, sizes, self._downloaded)
        free = memory.free
        if self._probe.kind == "system":
            # llama.cpp maps a model's file; the system counts those pages as free though they are needed all the time.
            free -= sum(min(size, self._state.policy.weights.get(model, 0)) for model, size in held.items())
        return Reading(max(free, 0), memory.total, held, sizes, self._downloaded)

    # --- acting -----------------------------------------------------------------------------------------------------

    async def _make_room(self, model: str, kind: Kind) -> None:
        """Put out what must go. Called with the lock held."""
        with contextlib.suppress(ModelError):
            await self._look()
        plan = residency.plan(self._state, (model,), kind=kind, now_s=self._clock_s())
        if plan is None:
            if kind == "folder":
                raise OutOfMemory(
                    "There is no room for a picture model beside the one that answers.",
                    "Choose a smaller one under router.purposes.image_quick, or caption when nobody is asking.",
                )
            return  # an estimate refuses nobody
        await self._put_out(plan.evict, f"for {model}")

    async def _put_out(self, models: Sequence[str], why: str) -> None:
        for model in models:
            try:
                await self._server.unload(model)
            except (ModelError, TimeoutError) as error:
                log.info("%s stays in memory: %s", model, type(error).__name__)
                continue
            self._state = residency.evicted(self._state, model)
            self._health.gone(model)
            self._publish("model.evicted", {"model": model, "why": why})

    async def _load_wanted(self) -> None:
        """Load the models that stay, one after another, and refresh those that have been loaded for long."""
        for _ in range(STEPS):
            plan = residency.wanted(self._state, now_s=self._clock_s())
            if plan is None:
                break
            if not plan.model:
                async with self._loading:
                    await self._put_out(plan.evict, "too much")
            elif not await self._touch(plan.model):
                break
        now_s = self._clock_s()
        for pin in self._state.pins:
            if pin in self._state.resident and now_s - self._refreshed_s.get(pin, 0.0) >= REFRESH_S:
                await self._touch(pin)

    async def _touch(self, model: str) -> bool:
        """Load a model, or have the server keep it for as long again."""
        backend = self.backends.get(model)
        if backend is None:
            return False
        try:
            async with aclosing(backend.stream([])) as loading:
                async for _ in loading:
                    pass
        except OutOfMemory:
            return True  # it is barred now; a smaller one is wanted
        except ModelError as error:
            log.debug("residency: %s: %s", model, error.reason)
            return False
        self._refreshed_s[model] = self._clock_s()
        return True

    async def _make_missing(self) -> None:
        """Make the models that the profile defines and the server does not have."""
        if self._workshop is None:
            return
        for model in self._workshop.missing(self._downloaded):
            try:
                await self._workshop.make(model, self._downloaded)
            except ModelError as error:
                self._unmade[model] = Problem(PART, error.reason, error.remedy)
                continue
            self._unmade.pop(model, None)
            self._publish("model.made", {"model": model})
            async with self._loading:
                await self._look()

    def _tell(self, degraded: Degraded | None) -> None:
        if degraded is not None:
            log.warning("%s %s", degraded.problem.problem, degraded.problem.remedy)
            told = {"model": degraded.model, "reason": degraded.reason}
            self._publish("model.degraded", told | msgspec.to_builtins(degraded.problem))


class KeptBackend:
    """A `homebody.router.backends.Backend` whose model has room made for it first, and is watched.

    Args:
        keeper: Makes room.
        model: The model's name.
        inner: The engine.
        folder: Nobody waits for its answers.
    """

    def __init__(self, keeper: ModelKeeper, model: str, inner: Backend, *, folder: bool = False) -> None:
        self._keeper, self._model, self._inner, self._folder = keeper, model, inner, folder

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message; see `homebody.router.backends.Backend`."""
        picture = any(message.images for message in messages)
        kind: Kind = "folder" if self._folder else "picture" if picture else "words"
        async with (
            self._keeper.room(self._model, kind) as begun,
            aclosing(self._inner.stream(messages, max_tokens=max_tokens, sampling=sampling)) as pieces,
        ):
            first = True
            try:
                async for piece in pieces:
                    if begun is not None and first:
                        await begun()
                    first = False
                    if isinstance(piece, Ended) and messages:
                        self._keeper.answered(self._model, piece)
                    yield piece
            except OutOfMemory:
                self._keeper.refused(self._model)
                raise

    async def check(self) -> ModelState:
        """Whether the model could be asked now; see `homebody.router.backends.Backend`."""
        return await self._inner.check()

    async def aclose(self) -> None:
        """The engine is not owned; see `homebody.router.backends.Backend`."""


def _kind(purpose: str | None) -> Kind:
    return "picture" if purpose and purpose.startswith("image_") else "words"
