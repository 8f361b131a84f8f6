"""Where all work for models passes: `Priorities` with a clock and tasks. Made for one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from homebody.errors import ModelBusy, ModelError
from homebody.options import BackgroundOptions
from homebody.router.backends import USUAL, Backend, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.priorities import Priorities

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_RETRY_MS: Final = 5000.0
TICK_S: Final = 0.001  # timers may fire a little early, and would then be set again and again
OCCUPIED: Final = frozenset({"hearing", "thinking", "speaking"})  # states of the voice during which somebody is at it


class Turned(NamedTuple, Generic[T]):
    """What background work came to.

    Attributes:
        result: What it returned in the end.
        queue_ms: How long it had waited for its turns.
        stops: How often it had been stopped, and begun again.
    """

    result: T
    queue_ms: float
    stops: int


class Gate:
    """Lets background work run while nobody waits.

    Args:
        options: The profile's ``router.background``.
    """

    def __init__(self, options: BackgroundOptions) -> None:
        self.priorities = Priorities(parallel=options.parallel, limit=options.queue)
        self._numbers = itertools.count()
        self._grants: dict[int, asyncio.Future[None]] = {}
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._timer: asyncio.TimerHandle | None = None

    @contextlib.contextmanager
    def person(self) -> Iterator[None]:
        """Somebody waits for as long as the context lasts. Enters at once; background work is being stopped."""
        self.priorities.person_asks()
        self._step()
        try:
            yield
        finally:
            self.priorities.person_answered(_now_ms())
            self._step()

    async def background(
        self, work: Callable[[], Coroutine[Any, Any, T]], *, on_state: Callable[[bool], None] = lambda _: None
    ) -> Turned[T]:
        """Do ``work`` when it is its turn, and again from its beginning whenever it was stopped for a person.

        Args:
            work: Called for each attempt, in a task of its own; cancelled when it has to stop.
            on_state: Told whether it runs (True) or waits, at each change.

        Raises:
            ModelBusy: Too much waits already.
        """
        number = next(self._numbers)
        if not self.priorities.add(number):
            raise ModelBusy(
                "Too many pictures wait to be described already.",
                "Send the rest later.",
                retry_after_ms=BUSY_RETRY_MS,
            )
        stops, queue_ms = 0, 0.0
        try:
            while True:
                since_ms = _now_ms()
                await self._granted(number)
                queue_ms += _now_ms() - since_ms
                if not self.priorities.must_stop(number):  # somebody may have asked between grant and here
                    on_state(True)
                    done, result = await self._attempt(number, work)
                    if done:
                        return Turned(result, queue_ms, stops)  # type: ignore[arg-type]  # it is done: there is one
                    on_state(False)
                stops += 1
                self.priorities.stopped(number)
                log.debug("background work was stopped for a person, for the %d. time", stops)
        finally:
            self.priorities.ended(number)
            self._step()

    def notice(self, name: str, data: Mapping[str, Any]) -> None:
        """An event of the house: nothing begins while the voice is in a turn. A voice that is lost is in none."""
        if name == "voice.state":
            self.priorities.hear(data.get("state") in OCCUPIED, _now_ms())
        elif name == "service.lost" and data.get("service") == "voice":
            self.priorities.hear(False, _now_ms())
        else:
            return
        self._step()

    async def _granted(self, number: int) -> None:
        grant = self._grants[number] = asyncio.get_running_loop().create_future()
        try:
            self._step()
            await grant
        finally:
            del self._grants[number]

    async def _attempt(self, number: int, work: Callable[[], Coroutine[Any, Any, T]]) -> tuple[bool, T | None]:
        """Whether the work was done, and what it returned; not done: it was stopped.

        What had been finished when the word to stop came counts: nothing is done twice.
        """
        task = self._tasks[number] = asyncio.create_task(work())
        try:
            return True, await task
        except (asyncio.CancelledError, ModelError):
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise  # nobody wants it any more
            if not self.priorities.must_stop(number):
                raise
            return False, None
        finally:
            del self._tasks[number]

    def _step(self) -> None:
        step = self.priorities.step(_now_ms())
        for number in step.stop:
            if (task := self._tasks.get(number)) is not None:
                task.cancel()
        for number in step.start:
            if not self._grants[number].done():
                self._grants[number].set_result(None)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if step.again_ms is not None:
            self._timer = asyncio.get_running_loop().call_at(step.again_ms / 1000 + TICK_S, self._step)


class PersonsFirst:
    """A `homebody.router.backends.Backend` whose answers somebody waits for.

    Args:
        backend: What answers.
        gate: Told of each answer for as long as it lasts. Bringing a model into memory is no answer.
    """

    def __init__(self, backend: Backend, gate: Gate) -> None:
        self._backend, self._gate = backend, gate

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message; see `homebody.router.backends.Backend`."""
        with self._gate.person() if messages else contextlib.nullcontext():
            async with contextlib.aclosing(
                self._backend.stream(messages, max_tokens=max_tokens, sampling=sampling)
            ) as items:
                async for item in items:
                    yield item

    async def check(self) -> ModelState:
        """Whether the model could be asked now."""
        return await self._backend.check()

    async def aclose(self) -> None:
        """Give up connections and memory."""
        await self._backend.aclose()


def _now_ms() -> float:
    return 1000 * asyncio.get_running_loop().time()
