"""Runs skills in a worker process that may be killed, so that a bad skill costs one answer and nothing else.

A skill that raises fails by name. One that blocks is given up at its deadline: the worker is replaced at once, other
skills still running in it may finish, then it is killed. A worker that dies is replaced. A skill that fails several
times in a row is set aside, and the matcher no longer offers it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import difflib
import logging
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from types import TracebackType
from typing import Any, Final

import msgspec

from homebody.errors import HomebodyError, Problem, SkillError, SkillFailed, SkillTimeout
from homebody.options import SkillOptions
from homebody.router.memory import Memory
from homebody.router.skills_house import Held, House, Household, Visit
from homebody.router.skills_supervisor import SkillsWorker, Supervisor
from homebody.router.skills_wire import (
    Answer,
    Call,
    Loaded,
    Plugin,
    Raised,
    Returned,
    Run,
    RunDue,
    ToRouter,
)
from homebody.skill import ENTRY_POINT_GROUP, Reply, Scheduled, SessionView, SkillInfo

log = logging.getLogger(__name__)

RUNS_LIMIT: Final = 16  # at once
CALLS_LIMIT: Final = 32  # of one run, unanswered
DEADLINE_LIMIT_MS: Final = 120_000.0  # of a skill that asks for more time than others


class _Run:
    """A skill at work."""

    def __init__(self, id: int, name: str, visit: Visit, worker: SkillsWorker) -> None:
        self.id, self.name, self.visit, self.worker = id, name, visit, worker
        self.ending: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.deadline: asyncio.TimerHandle | None = None
        self.calls: set[asyncio.Task[None]] = set()


class SkillsHost:
    """The skills, ready to run between ``async with`` and its end.

    Args:
        household: What the house does for skills.
        memory: Stores, schedule and announcements.
        options: Deadline, quarantine, and what is disabled: names of skills or of plugins.
        plugins: What to load, each ``module:function`` or ``name=module:function``; None: the entry points of
            ``homebody.skills``.

    Attributes:
        on_schedule: Called when a skill has scheduled something or taken it back; the scheduler puts itself here.
    """

    def __init__(
        self, household: Household, memory: Memory, options: SkillOptions, *, plugins: Sequence[str] | None = None
    ) -> None:
        self.on_schedule: Callable[[], None] = lambda: None
        self._options = options
        self._plugins = {plugin.name for plugin in _found(plugins)}
        self._left_out = self._plugins & set(options.disabled)
        self._supervisor = Supervisor(
            [plugin for plugin in _found(plugins) if plugin.name not in options.disabled],
            receive=self._receive,
            loaded=self._take,
            lost=self._lost,
            busy=self._busy,
        )
        self._house = House(household, memory, lambda: self.skills, self._schedule_changed)
        self._loaded: tuple[SkillInfo, ...] = ()
        self._offered: tuple[SkillInfo, ...] = ()
        self._failures: dict[str, int] = {}
        self._quarantined: dict[str, Problem] = {}
        self._load_problems: tuple[Problem, ...] = ()
        self._runs: dict[int, _Run] = {}
        self._run_ids = iter(range(1, 1 << 62))
        self._room = asyncio.Semaphore(RUNS_LIMIT)

    async def __aenter__(self) -> SkillsHost:
        """Start the worker and load the plugins. Never fails for a plugin's sake: see `problems`."""
        await self._supervisor.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the worker; skills at work fail."""
        await self._supervisor.stop()

    @property
    def skills(self) -> Sequence[SkillInfo]:
        """Those that can be run now. The same object until something changes, so that a matcher knows when to be built
        anew."""
        return self._offered

    @property
    def problems(self) -> list[Problem]:
        """Plugins that did not load, skills that were set aside, a worker that does not start, and names of none."""
        return [*self._supervisor.problems, *self._load_problems, *self._quarantined.values(), *self._unknown()]

    def _unknown(self) -> list[Problem]:
        """What is disabled and is nothing."""
        skills = {info.name for info in self._loaded}
        if not skills:
            return []  # not loaded yet
        names = sorted({*self._options.disabled} - self._plugins - skills)
        known = f"Plugins are {', '.join(sorted(self._plugins))}; single skills: homebody skills."
        return [
            Problem(
                f"disabled {name}",
                f"There is no skill and no plugin named {name}; that entry of router.skills.disabled does nothing.",
                (f"Did you mean {near[0]}? " if (near := _near(name, self._plugins | skills)) else "") + known,
            )
            for name in names
        ]

    def reload(self, options: SkillOptions) -> bool:
        """Offer what these options leave; False where a plugin that was left out at the start would be needed."""
        self._options = msgspec.structs.replace(self._options, disabled=options.disabled)
        self._offer()
        return self._left_out <= set(options.disabled)

    @property
    def worker_pid(self) -> int | None:
        """The process that runs skills now; None while it is replaced."""
        return self._supervisor.worker.pid if self._supervisor.worker else None

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
        """Run a skill.

        Args:
            name: One of ``skills``.
            slots: Its arguments; they are held to its signature.
            text: The words that were matched.
            session: The last exchange.
            now: The moment of asking, aware, in the person's time zone.
            language: Of the sentence that was matched.

        Returns:
            Its reply; one whose value has ``{"declined": True}`` means: not mine.

        Raises:
            SkillFailed: It raised, ended its process, answered with something unusable, or is not there.
            SkillTimeout: It took longer than ``deadline_ms``.
        """
        if name in self._quarantined:
            raise SkillFailed(f"The skill {_said(name)} has been set aside.", self._quarantined[name].remedy)
        info = next((info for info in self._offered if info.name == name), None)
        if info is None:
            raise SkillFailed(f"There is no skill named {_said(name)}.", "See: homebody skills")
        stamp = now.isoformat()
        return await self._perform(
            name,
            Visit(info.plugin),
            lambda run: Run(run, name, slots, text, session, stamp, language),
            max(self._options.deadline_ms, min(info.deadline_ms or 0.0, DEADLINE_LIMIT_MS)),
        )

    async def run_due(self, plugin: str, scheduled: Scheduled, *, late_s: float, now: dt.datetime) -> Held:
        """Call a plugin's handler for something that has come due.

        Returns:
            What it announces, its reply last, and what it publishes; nothing of it has taken effect yet.

        Raises:
            SkillError: As for `run`.
        """
        held = Held()
        due_at, stamp = scheduled.due_at.isoformat(), now.isoformat()
        reply = await self._perform(
            f"{plugin}.{scheduled.handler}",
            Visit(plugin, held),
            lambda run: RunDue(run, plugin, scheduled.handler, scheduled.id, due_at, scheduled.data, late_s, stamp),
        )
        if reply.text.strip():
            held.announcements.append((reply.text, reply.language or "en"))
        return held

    # --- one run ----------------------------------------------------------------------------------------------------

    async def _perform(
        self, name: str, visit: Visit, request: Callable[[int], Run | RunDue], deadline_ms: float | None = None
    ) -> Reply:
        deadline_s = (deadline_ms or self._options.deadline_ms) / 1000
        try:
            async with asyncio.timeout(deadline_s):
                await self._room.acquire()
        except TimeoutError:
            raise SkillFailed("Too many skills are at work.", "Ask again in a moment.") from None
        try:
            worker = await self._supervisor.current(deadline_s)
            run = _Run(next(self._run_ids), name, visit, worker)
            worker.send(request(run.id))
        except BaseException as error:
            self._room.release()
            if isinstance(error, ValueError):
                raise SkillFailed(f"The skill {_said(name)} cannot be called with that.") from error
            raise
        # The run, its place and its deadline outlive a caller who gives up: only a process can be ended, not a thread.
        self._runs[run.id] = run
        run.deadline = asyncio.get_running_loop().call_later(deadline_s, self._overdue, run, deadline_s)
        return await run.ending

    def _schedule_changed(self) -> None:
        self.on_schedule()

    def _end(self, run: _Run, result: Reply | SkillError, *, blame: bool | None = None) -> None:
        """A run is over. ``blame``: it was the skill's fault (True), it went well (False), or neither (None)."""
        del self._runs[run.id]
        self._room.release()
        if run.deadline is not None:
            run.deadline.cancel()
        for call in run.calls:
            call.cancel()
        if blame is not None and run.visit.held is None:
            self._count(run.name, blame)
        if not run.ending.done():  # else its caller has given up
            if isinstance(result, Reply):
                run.ending.set_result(result)
            else:
                run.ending.set_exception(result)
        self._supervisor.idle(run.worker)

    def _overdue(self, run: _Run, limit_s: float) -> None:
        log.warning("The skill %s did not answer within %.0f ms; its worker is replaced.", run.name, 1000 * limit_s)
        error = SkillTimeout(f"The skill {_said(run.name)} took too long.", "Ask again, or look at: homebody status")
        self._end(run, error, blame=True)
        self._supervisor.give_up(run.worker)

    def _busy(self, worker: SkillsWorker) -> bool:
        return any(run.worker is worker for run in self._runs.values())

    def _count(self, name: str, failed: bool) -> None:
        if not failed:
            self._failures.pop(name, None)
            return
        self._failures[name] = self._failures.get(name, 0) + 1
        if self._failures[name] >= self._options.quarantine_after and name not in self._quarantined:
            count = self._failures[name]
            log.warning("The skill %s failed %d times in a row and is set aside.", name, count)
            self._quarantined[name] = Problem(
                f"skill {name}",
                f"The skill {name} failed {count} times in a row and has been set aside.",
                f'Mend it, or write disabled = ["{name}"] under [router.skills], then start homebody again.',
            )
            self._offer()

    # --- what the worker says ---------------------------------------------------------------------------------------

    def _receive(self, worker: SkillsWorker, message: ToRouter) -> None:
        match message:
            case Call():
                self._serve(worker, message)
            case Returned():
                if (run := self._run_of(worker, message.id)) is not None:
                    self._end(run, message.reply, blame=False)
            case Raised():
                if (run := self._run_of(worker, message.id)) is not None:
                    self._raised(run, message)

    def _raised(self, run: _Run, raised: Raised) -> None:
        if raised.kind == "refused":
            self._end(run, SkillFailed(raised.error, raised.remedy))
            return
        if raised.kind == "arguments":
            log.info("The skill %s was called with arguments that do not fit.", run.name)
            self._end(run, SkillFailed(f"The skill {_said(run.name)} cannot be called with that: {raised.error}."))
            return
        log.warning("The skill %s failed: %s", run.name, raised.error)
        log.debug("The skill %s failed:\n%s", run.name, raised.detail)
        remedy = "Ask again; if it stays so, tell the author of the skill."
        self._end(run, SkillFailed(f"The skill {_said(run.name)} failed.", remedy), blame=True)

    def _run_of(self, worker: SkillsWorker, id: int) -> _Run | None:
        run = self._runs.get(id)
        return run if run is not None and run.worker is worker else None

    def _serve(self, worker: SkillsWorker, call: Call) -> None:
        run = self._run_of(worker, call.run)
        if run is None or len(run.calls) >= CALLS_LIMIT:
            worker.send(Answer(call.call, error="That skill has ended." if run is None else "Too many calls at once."))
            return
        task = asyncio.create_task(self._answer(run, call))
        run.calls.add(task)
        task.add_done_callback(run.calls.discard)

    async def _answer(self, run: _Run, call: Call) -> None:
        try:
            answer = Answer(call.call, await self._house.do(run.visit, call.method, call.arguments))
            run.worker.send(answer)
        except HomebodyError as error:
            run.worker.send(Answer(call.call, error=error.reason, remedy=error.remedy, code=error.code))
        except (ValueError, TypeError) as error:
            log.warning("The skill %s asked for something wrong: %s", run.name, call.method)
            log.debug("%s", error)
            reason = f"The skill {_said(run.name)} asked for something that cannot be done."
            run.worker.send(Answer(call.call, error=reason, remedy="Tell the author of the skill."))
        except Exception as error:
            log.error("A skill's call %s failed: %s", call.method, type(error).__name__)
            log.debug("Traceback:", exc_info=True)
            run.worker.send(Answer(call.call, error="Something went wrong inside the router.", remedy="Ask again."))

    def _take(self, loaded: Loaded) -> None:
        self._loaded, self._load_problems = loaded.skills, loaded.problems
        for problem in loaded.problems:
            log.warning("The %s could not be loaded.", problem.part)
        self._offer()

    def _lost(self, worker: SkillsWorker) -> None:
        for run in [run for run in self._runs.values() if run.worker is worker]:
            error = SkillFailed(f"The skill {_said(run.name)} ended before it had answered.", "Ask again.")
            self._end(run, error, blame=True)

    def _offer(self) -> None:
        self._offered = tuple(
            info
            for info in self._loaded
            if info.name not in self._quarantined and not {info.name, info.plugin} & set(self._options.disabled)
        )


def _found(targets: Sequence[str] | None) -> list[Plugin]:
    """What is to be loaded: our own first, so that another plugin cannot take the name of one of our skills."""
    if targets is not None:
        return [_named(target) for target in targets]
    points = metadata.entry_points(group=ENTRY_POINT_GROUP)

    def order(point: metadata.EntryPoint) -> tuple[bool, str]:
        return (point.dist is None or point.dist.name != "homebody"), point.name

    return [Plugin(point.name, point.value) for point in sorted(points, key=order)]


def _named(plugin: str) -> Plugin:
    name, _, target = plugin.rpartition("=")
    return Plugin(name or target.partition(":")[0], target)


def _near(name: str, known: Iterable[str]) -> list[str]:
    """The one that may have been meant; our plugins' packages are called homebody_NAME."""
    return difflib.get_close_matches(name.removeprefix("homebody_"), known, 1, 0.6)


def _said(name: str) -> str:
    """A skill's name for the ear."""
    return name.replace("_", " ").replace(".", " ")
