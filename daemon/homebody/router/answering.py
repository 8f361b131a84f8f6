"""The bookkeeping of one answer: what was given out of it, its messages' numbers and times, and its signs of life."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Final, Generic, Self, TypeVar

from homebody.errors import DeadlineExceeded
from homebody.messages import (
    Accepted,
    Agreement,
    Ask,
    Cached,
    Caption,
    Done,
    Progress,
    Retry,
    Route,
    Timings,
    Token,
    ToolUse,
)
from homebody.router.backends import Ended, Piece

FILLER_AFTER_MS: Final = 2000.0  # a pause people still take for thinking
AHEAD: Final = 3  # as many words as an answer's beginning is held for

T = TypeVar("T")


class Answering:
    """One ask while it is being answered.

    Attributes:
        given: What was given out of the answer; thinking is not part of it.
        done: `finished` was called.
        retries: Attempts that came to nothing.

    Args:
        ask: What is answered; its id is in every message.
        clock_s: A clock that does not go back, in seconds. The answer's times count from now.
    """

    def __init__(self, ask: Ask | Caption, *, clock_s: Callable[[], float]) -> None:
        self.given = ""
        self.done = False
        self._ask = ask
        self._clock_s = clock_s
        self._began_s = self._told_s = clock_s()
        self._seq = 0
        self._route: Route | None = None
        self._route_ms: float | None = None
        self._complete = self._extensible = self._read_only = self._correctable = self._answers = False
        self._first_token_ms: float | None = None
        self._arrived_s: float | None = None
        self._held_ms: float | None = None
        self.retries: list[Retry] = []
        self._filler: str | None = None

    @property
    def max_tokens(self) -> int | None:
        """What the ask allows."""
        return self._ask.max_tokens if isinstance(self._ask, Ask) else None

    @property
    def _revision(self) -> int:
        return self._ask.revision if isinstance(self._ask, Ask) else 0

    @property
    def elapsed_ms(self) -> float:
        """Since the ask came."""
        return self._elapsed_ms()

    @property
    def is_over(self) -> bool:
        """Its ``deadline_ms`` has passed."""
        return self._left_s() <= 0

    @property
    def silent_s(self) -> float:
        """Since the asker was last told anything that is not thinking."""
        return self._clock_s() - self._told_s

    def consider(
        self,
        *,
        complete: bool = False,
        extensible: bool = False,
        read_only: bool = False,
        correctable: bool = False,
        answers: bool = False,
    ) -> None:
        """A route is chosen now, and tried; what is known of it is as in `Accepted`."""
        self._complete, self._extensible, self._read_only = complete, extensible, read_only
        self._correctable, self._answers = correctable, answers
        self._route_ms = self._elapsed_ms()

    def accepted(self, route: Route) -> list[Accepted]:
        """The message that names the route; none where it is named already."""
        if self._route == route:
            return []
        self._route, self._told_s = route, self._clock_s()
        return [
            Accepted(
                id=self._ask.id,
                route=route,
                complete=self._complete,
                extensible=self._extensible,
                read_only=self._read_only,
                correctable=self._correctable,
                answers=self._answers,
                revision=self._revision,
            )
        ]

    def fill_with(self, words: str) -> None:
        """Say this, once, if nothing sayable has come `FILLER_AFTER_MS` after the ask; only to those who listen."""
        if isinstance(self._ask, Ask) and self._ask.source == "voice" and self._filler is None:
            self._filler = words

    def is_silent(self, every_s: float) -> bool:
        """Whether a sign of life is due."""
        return self.silent_s >= every_s or self._filler_left_s() <= 0

    def progress(self, stage: str) -> Progress:
        """Still at it."""
        self._told_s = self._clock_s()
        say = ""
        if self._filler_left_s() <= 0:
            say, self._filler = self._filler or "", ""
        return Progress(id=self._ask.id, stage=stage, elapsed_ms=self._elapsed_ms(), say=say)

    def attempted(self) -> None:
        """Another attempt at the answer begins."""
        self._arrived_s = None

    def arrived(self) -> None:
        """Some of the answer came, whether it may be given out yet or not."""
        if self._arrived_s is None:
            self._arrived_s = self._clock_s()

    def tokens(self, piece: Piece) -> list[Token]:
        """The piece as a message; none for the white space in front of an answer."""
        text = piece.text
        if piece.channel == "answer":
            text = text if self.given else text.lstrip()
            if not text:
                return []
            self._told_s = self._clock_s()
            if not self.given:
                self._first_token_ms = self._elapsed_ms()
                if self._arrived_s is not None:
                    self._held_ms = 1000 * (self._clock_s() - self._arrived_s)
            self.given += text
        self._seq += 1
        return [Token(id=self._ask.id, text=text, seq=self._seq - 1, channel=piece.channel)]

    def finished(
        self,
        route: Route,
        *,
        ended: Ended | None = None,
        value: dict[str, Any] | None = None,
        follow_up: bool = False,
        cached: Cached | None = None,
        agreement: Agreement | None = None,
        tools: Sequence[ToolUse] = (),
    ) -> Done:
        """The one good end."""
        self.done = True
        timings = Timings(
            route_ms=self._route_ms,
            load_ms=ended.load_ms if ended else None,
            held_ms=self._held_ms,
            first_token_ms=self._first_token_ms,
            total_ms=self._elapsed_ms(),
        )
        return Done(
            id=self._ask.id,
            text=self.given,
            route=route,
            usage=ended.usage if ended else None,
            timings=timings,
            follow_up=follow_up,
            value=value,
            cut=ended.cut if ended else False,
            retries=tuple(self.retries),
            cached=cached,
            agreement=agreement,
            tools=tuple(tools),
        )

    def with_heartbeat(
        self, source: AsyncGenerator[T, None], *, every_s: float, ahead: Callable[[T], bool] = lambda _: False
    ) -> Heartbeat[T]:
        """What ``source`` yields, and None whenever it has been silent for ``every_s``; to be entered.

        ``ahead``: Whether the next item may be read before it is wanted, which is `AHEAD` at most; what a source does
        behind another item, such as calling a tool, waits until that is wanted.
        """
        return Heartbeat(_Steps(source, ahead), every_s, self._left_s, self._filler_left_s)

    def _elapsed_ms(self) -> float:
        return 1000 * (self._clock_s() - self._began_s)

    def _filler_left_s(self) -> float:
        """Until the filler is due; infinite where there is none, or something was given out."""
        if not self._filler or self.given:
            return float("inf")
        return (FILLER_AFTER_MS - self._elapsed_ms()) / 1000

    def _left_s(self) -> float:
        deadline_ms = self._ask.deadline_ms
        return float("inf") if deadline_ms is None else (deadline_ms - self._elapsed_ms()) / 1000


class Heartbeat(Generic[T]):
    """A source, and None whenever it is silent. Entering it begins the source, as far as that goes without waiting: a
    model is asked before anything else is done. Leaving it closes the source.

    Args:
        steps: Reads the source.
        every_s: So long is silent.
        left_s: Until the ask's deadline; after that the next item is `DeadlineExceeded`.
        filler_left_s: Until a filler is due, which counts as silence.
    """

    def __init__(
        self,
        steps: _Steps[T],
        every_s: float,
        left_s: Callable[[], float],
        filler_left_s: Callable[[], float],
    ) -> None:
        self._steps = steps
        self._every_s, self._left_s, self._filler_left_s = every_s, left_s, filler_left_s

    async def __aenter__(self) -> Self:
        self._steps.wish()
        try:
            await asyncio.sleep(0)
        except BaseException:
            await self._steps.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._steps.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T | None:
        """The next item, or a sign of life.

        Raises:
            DeadlineExceeded: The ask's ``deadline_ms`` passed.
        """
        if not self._steps.done:
            self._steps.wish()
            left_s = self._left_s()
            wait_s = max(0.0, min(self._every_s, left_s, self._filler_left_s()))
            await self._steps.wait(wait_s)
            if not self._steps.done:
                if left_s <= wait_s:
                    raise DeadlineExceeded("That took longer than was allowed.", "Allow more time.")
                return None
        return self._steps.taken()  # or its end


class _Steps(Generic[T]):
    """A source that is read by a task of its own, each item when it is wished for, so that waiting for an item can end
    without ending what is waited for. One task for all items: making one for each costs more than most items do.

    Args:
        source: Is closed with it.
        ahead: Whether the item behind this one may be read without a wish. What comes in one piece is then read in one
            go: giving way for each costs more than most items do, too.
    """

    def __init__(self, source: AsyncGenerator[T, None], ahead: Callable[[T], bool]) -> None:
        self._source, self._ahead = source, ahead
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()  # `AHEAD` at most
        self._wish = self._loop.create_future()
        self._arrival: asyncio.Future[None] | None = None
        self._task = self._loop.create_task(self._read())
        self._task.add_done_callback(self._arrived)

    @property
    def done(self) -> bool:
        """What was wished for is there, or the source has ended."""
        return bool(self._items) or self._task.done()

    def wish(self) -> None:
        """The next item is wanted."""
        if not self._wish.done():
            self._wish.set_result(None)

    async def wait(self, timeout_s: float) -> None:
        """Until it is `done`, and no longer than this; infinite: however long it takes."""
        arrival = self._arrival = self._loop.create_future()
        timer = None if timeout_s == math.inf else self._loop.call_later(timeout_s, _set, arrival)
        try:
            await arrival
        finally:
            self._arrival = None
            if timer is not None:
                timer.cancel()

    def taken(self) -> T:
        """The item.

        Raises:
            StopAsyncIteration: There are no more.
            BaseException: What the source raised.
        """
        if self._items:
            return self._items.popleft()
        self._task.result()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Stop reading; returns when the source is closed."""
        self._task.cancel()
        await _over(self._task)
        if not self._task.cancelled():
            self._task.exception()  # looked at, so that asyncio does not report it as lost

    async def _read(self) -> None:
        async with contextlib.aclosing(self._source):
            await self._wish
            async for item in self._source:
                self._items.append(item)
                self._arrived()
                if len(self._items) >= AHEAD or not self._ahead(item):
                    self._wish = self._loop.create_future()
                    await self._wish

    def _arrived(self, _: object = None) -> None:
        if self._arrival is not None:
            _set(self._arrival)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _over(task: asyncio.Task[Any]) -> None:
    """Return when a task that has been cancelled is over. A second cancellation meanwhile is raised then, not before:
    what is still running cannot be closed."""
    again: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            again = error
    if again is not None:
        raise again
