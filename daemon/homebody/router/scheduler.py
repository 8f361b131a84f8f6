"""Has what was scheduled handled when it comes due: once, late rather than never, through any crash.

The row stays in `Memory` until its handler has answered; then it is deleted in the same transaction that stores what
it announces. Killed at any moment before, it is handled again at the next start, late; killed after, the announcement
waits to be spoken. What handlers keep in their store meanwhile takes effect at once, so it may happen twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable
from typing import Final, Protocol

from homebody.errors import HomebodyError, SkillError
from homebody.router.memory import DueRow, Memory
from homebody.router.skills_house import Held, Household
from homebody.skill import Scheduled

log = logging.getLogger(__name__)

LONGEST_SLEEP_S: Final = 30.0  # the clock may be set meanwhile, and sleeping does not follow it
RETRY_S: Final = (2.0, 8.0, 30.0)  # after the first, second and third failure; after one more it is given up
REFUSED_S: Final = 5.0  # the disk is full: nothing is lost, try again soon


class DueHandlers(Protocol):
    """What calls handlers: `homebody.router.skills_host.SkillsHost`."""

    on_schedule: Callable[[], None]

    async def run_due(self, plugin: str, scheduled: Scheduled, *, late_s: float, now: dt.datetime) -> Held:
        """What the handler announces and publishes; none of it has taken effect. Raises `SkillError`."""


def retry_s(attempts: int) -> float | None:
    """How long to wait after the handler has failed ``attempts`` times (at least once); None: give up."""
    return RETRY_S[attempts - 1] if attempts <= len(RETRY_S) else None


def sleep_s(next_at: dt.datetime | None, now: dt.datetime) -> float:
    """How long to sleep until something is due, 0 to `LONGEST_SLEEP_S`."""
    if next_at is None:
        return LONGEST_SLEEP_S
    return min(max((next_at - now).total_seconds(), 0.0), LONGEST_SLEEP_S)


def apology(row: DueRow) -> str:
    """What is said aloud when a handler fails for good."""
    at = row.scheduled.due_at.astimezone()
    name = row.plugin.replace("_", " ")
    return f"Something from {name} was due at {at.hour} {at.minute:02d}, but it failed, so I could not do it."


def _local_now() -> dt.datetime:
    return dt.datetime.now().astimezone()


class Scheduler:
    """Calls handlers as they come due.

    Args:
        memory: Holds the schedule.
        handlers: Calls them.
        household: Told of what was announced and published, after it is safe.
        now: The wall clock, aware, in the person's time zone.
    """

    def __init__(
        self,
        memory: Memory,
        handlers: DueHandlers,
        household: Household,
        *,
        now: Callable[[], dt.datetime] = _local_now,
    ) -> None:
        self._memory, self._handlers, self._household, self._now = memory, handlers, household, now
        self._changed = asyncio.Event()
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by the row's id
        handlers.on_schedule = self.wake

    def wake(self) -> None:
        """The schedule, or the clock, has changed."""
        self._changed.set()

    async def run(self) -> None:
        """Handle what comes due, for ever. Nothing a handler or the disk does ends it."""
        try:
            while True:
                self._changed.clear()
                limit_s = await self._begin_due()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(limit_s):
                        await self._changed.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks.values())

    async def _begin_due(self) -> float:
        """Begin to handle all that is due, side by side, so that a handler that hangs delays no other; returns how long
        to sleep."""
        try:
            for row in await asyncio.to_thread(self._memory.due, self._now()):
                id_ = row.scheduled.id
                if id_ not in self._tasks:
                    task = self._tasks[id_] = asyncio.create_task(self._handle(row))
                    task.add_done_callback(lambda _, id_=id_: self._done(id_))  # type: ignore[misc]
            next_at = await asyncio.to_thread(self._memory.next_at, without=list(self._tasks))
        except HomebodyError as error:
            log.error("The schedule cannot be read: %s", error)
            return REFUSED_S
        return sleep_s(next_at, self._now())

    def _done(self, id_: int) -> None:
        del self._tasks[id_]
        self.wake()  # it may have been postponed

    async def _handle(self, row: DueRow) -> None:
        """Handle one row to an end that is on the disk; where the disk refuses, leave it and wait a little."""
        try:
            held = await self._answer(row)
            if held is not None:
                await self._finish(row, held)
        except Exception as error:
            log.error("%s.%s could not be recorded: %s", row.plugin, row.scheduled.handler, type(error).__name__)
            log.debug("Traceback:", exc_info=True)
            await asyncio.sleep(REFUSED_S)

    async def _answer(self, row: DueRow) -> Held | None:
        """What the handler says, or the apology for it; None where it is postponed."""
        now = self._now()
        late_s = max((now - row.scheduled.due_at).total_seconds(), 0.0)
        try:
            return await self._handlers.run_due(row.plugin, row.scheduled, late_s=late_s, now=now)
        except SkillError as error:
            log.warning("%s.%s failed: %s", row.plugin, row.scheduled.handler, type(error).__name__)
        again_s = retry_s(row.attempts + 1)
        if again_s is None:
            return Held([(apology(row), "en")])
        until = self._now() + dt.timedelta(seconds=again_s)
        await asyncio.to_thread(self._memory.postpone, row.scheduled.id, until)
        return None

    async def _finish(self, row: DueRow, held: Held) -> None:
        # Of now, not of when it was due: the handler itself has said how late it is, and only the wait for a voice is
        # still to be told (see announcements.worded).
        at = self._now()
        if not await asyncio.to_thread(self._memory.handled, row.scheduled.id, held.announcements, at=at):
            return  # taken back while it was handled
        for name, data in held.events:
            self._household.publish(name, data)
        for text, _ in held.announcements:
            self._household.announce(text)
