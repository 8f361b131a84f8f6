"""Keeps one skills worker ready: starts it, has it load the plugins, and replaces it when it ends or is given up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from homebody.errors import Problem, SkillFailed
from homebody.router.skills_wire import Load, Loaded, Loading, Plugin, ToRouter, ToWorker
from homebody.worker_process import WorkerProcess

log = logging.getLogger(__name__)

LOAD_LIMIT_S: Final = 15.0  # for Python to start, and for each plugin to be imported
BACKOFF_S: Final = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S: Final = 30.0  # a worker that lived so long was no failure


class SkillsWorker(WorkerProcess[ToWorker, ToRouter]):
    """A process that runs skills."""

    module = "homebody.router.skills_worker"
    title = "skills worker"
    answers = ToRouter


class Supervisor:
    """The workers: at most one current, which is given work, and those given up, which may finish theirs.

    Args:
        plugins: What to load.
        receive: Called with what a worker says of its runs.
        loaded: Called when a worker has loaded the plugins.
        lost: Called when a worker has ended, for whatever reason.
        busy: Whether a worker still has runs to finish.
    """

    def __init__(
        self,
        plugins: Sequence[Plugin],
        *,
        receive: Callable[[SkillsWorker, ToRouter], None],
        loaded: Callable[[Loaded], None],
        lost: Callable[[SkillsWorker], None],
        busy: Callable[[SkillsWorker], bool],
    ) -> None:
        self._plugins = plugins
        self._receive_run, self._loaded, self._lost, self._busy = receive, loaded, lost, busy
        self._refused: dict[str, Problem] = {}  # plugins that end or block the worker while they load
        self._problem: Problem | None = None
        self._worker: SkillsWorker | None = None
        self._workers: set[SkillsWorker] = set()
        self._loads: dict[SkillsWorker, asyncio.Queue[Loading | Loaded | None]] = {}
        self._ready = asyncio.Event()
        self._replace = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def worker(self) -> SkillsWorker | None:
        """The current one; None while it is replaced."""
        return self._worker

    @property
    def problems(self) -> list[Problem]:
        """A worker that does not start, and plugins that are left out."""
        return [*([self._problem] if self._problem else []), *self._refused.values()]

    async def start(self) -> None:
        """Return when the first worker is ready, or when every plugin has had its time."""
        self._task = asyncio.create_task(self._supervise())
        ready = asyncio.create_task(self._ready.wait())
        limit_s = LOAD_LIMIT_S * (1 + len(self._plugins))
        try:
            await asyncio.wait({ready, self._task}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()

    async def stop(self) -> None:
        """End all workers."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._worker = None
        self._ready.clear()
        await asyncio.gather(*(worker.close() for worker in list(self._workers)))

    async def current(self, limit_s: float) -> SkillsWorker:
        """A worker to give work to.

        Raises:
            SkillFailed: There was none within ``limit_s``.
        """
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    await self._ready.wait()
                    if self._worker is not None and self._worker.alive:
                        return self._worker
                    await asyncio.sleep(0.01)  # it has just ended, and its end is about to be noticed
        except TimeoutError:
            raise SkillFailed("My skills are just being started again.", "Ask again in a moment.") from None

    def give_up(self, worker: SkillsWorker) -> None:
        """Give it no more work; replace it if it is the current one. It is killed when it is no longer busy."""
        if worker is self._worker:
            self._worker = None
            self._ready.clear()
            self._replace.set()
        self.idle(worker)

    def idle(self, worker: SkillsWorker) -> None:
        """It may have become idle: if it was given up, it is no longer needed."""
        if worker is not self._worker and not self._busy(worker):
            worker.kill()

    async def _supervise(self) -> None:
        failures = 0
        while True:
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            self._replace.clear()
            worker = await self._launched()
            if worker is None:
                failures += 1
                continue
            self._problem, self._worker = None, worker
            if not worker.alive:  # it ended in this very moment, when it was not the current one yet
                self._replace.set()
            self._ready.set()
            await self._replace.wait()
            self.give_up(worker)
            failures = 0 if time.monotonic() - worker.started_s > STEADY_S else failures + 1

    async def _launched(self) -> SkillsWorker | None:
        """A worker with all plugins loaded; a plugin that ends or blocks it is left out from now on."""
        try:
            worker = await SkillsWorker.start(self._receive, self._ended)
        except OSError:
            self._problem = Problem("skills", "The process that runs skills could not be started.", "Free some memory.")
            return None
        self._workers.add(worker)
        heard = self._loads[worker] = asyncio.Queue()
        loading = ""
        try:
            worker.send(Load(tuple(plugin for plugin in self._plugins if plugin.name not in self._refused)))
            while True:
                async with asyncio.timeout(LOAD_LIMIT_S):
                    message = await heard.get()
                if message is None:
                    self._refuse(loading, "ended the process that loads it")
                    return None
                if isinstance(message, Loaded):
                    self._loaded(message)
                    return worker
                loading = message.plugin
        except TimeoutError:
            self._refuse(loading, f"took longer than {LOAD_LIMIT_S:.0f} seconds to be imported")
            worker.kill()
            return None
        except asyncio.CancelledError:
            worker.kill()
            raise
        finally:
            del self._loads[worker]

    def _refuse(self, plugin: str, why: str) -> None:
        if not plugin:
            log.warning("The skills worker does not start.")
            reason = "The process that runs skills does not start."
            self._problem = Problem("skills", reason, "Look at the log at level DEBUG.")
            return
        log.warning("The plugin %s is left out: it %s.", plugin, why)
        self._refused[plugin] = Problem(
            f"plugin {plugin}",
            f"The plugin {plugin} is left out, since it {why}.",
            "Mend or uninstall it, then start homebody again.",
        )

    def _receive(self, worker: SkillsWorker, message: ToRouter) -> None:
        if not isinstance(message, Loading | Loaded):
            self._receive_run(worker, message)
        elif (heard := self._loads.get(worker)) is not None:
            heard.put_nowait(message)

    def _ended(self, worker: SkillsWorker) -> None:
        self._workers.discard(worker)
        if (heard := self._loads.get(worker)) is not None:
            heard.put_nowait(None)
        if worker is self._worker:
            log.warning("The skills worker ended by itself and is replaced.")
            self.give_up(worker)
        self._lost(worker)
