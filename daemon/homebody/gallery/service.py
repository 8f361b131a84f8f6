"""The gallery service: what lies in the watched folders gets captions. Start reading at `Gallery.run`."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Final

import msgspec

from homebody.captions import exchange
from homebody.captions.dates import moment
from homebody.captions.rows import Counts, Stat
from homebody.captions.store import Captions
from homebody.errors import HomebodyError, Problem, RemoteFailure
from homebody.gallery import sidecars
from homebody.gallery.captioning import Captioning, Preparer
from homebody.gallery.describer import Describer
from homebody.gallery.desktop import Desktop
from homebody.gallery.reading import OpenReader, Reading
from homebody.gallery.selection import Selection, absolute, stat_of, walk, watched
from homebody.gallery.settling import STILL_S, Settling
from homebody.gallery.state import FolderState, State, compared
from homebody.gallery.turns import Turns
from homebody.gallery.watcher import Happened, Watcher
from homebody.messages import Control, Done, Listen, Say
from homebody.options_gallery import GalleryOptions
from homebody.process import Lifecycle
from homebody.reloading import changed_keys, sorted_out

log = logging.getLogger(__name__)

LIVE: Final = tuple(f"gallery.{key}" for key in ("folders", "include", "exclude", "recursive", "rescan_s", "ocr"))
BEAT_S: Final = 0.5
LOOK_S: Final = 10.0  # whether the folders are still there
PROGRESS_S: Final = 2.0
SHOWN_LIMIT: Final = 20  # refusals, and folders, of a status
REASON_LIMIT_CHARS: Final = 300


class Gallery:
    """Watches folders and has their pictures captioned.

    Args:
        load: Gives the options, now and when they are to be read again.
        watch: Makes the `Watcher` from the options and a function that any thread may call.
        publish: Sends an event; must not block.
        desktop: The person's screen.
        turns: During which everything holds still.
        open_reader: Of the text in pictures; None: it is not read.
        attached_to: The instance of the router it is attached to, which may change; None: none.
    """

    def __init__(
        self,
        store: Captions,
        images: Preparer,
        describer: Describer,
        load: Callable[[], GalleryOptions],
        watch: Callable[[GalleryOptions, Callable[[], None]], Watcher],
        publish: Callable[[str, Mapping[str, Any]], None],
        attached_to: Callable[[], str | None] = lambda: None,
        desktop: Desktop | None = None,
        turns: Turns | None = None,
        open_reader: OpenReader | None = None,
    ) -> None:
        self._store, self._load, self._publish_event, self._attached_to = store, load, publish, attached_to
        self._greeted: str | None = None
        self._desktop = desktop or Desktop()
        self._options = load()
        self._selection, self._folders = Selection(self._options), watched(self._options)
        self._loop = asyncio.get_running_loop()
        self._changed, self._rescan_asked = asyncio.Event(), asyncio.Event()
        self._watcher = watch(self._options, self._wake)
        self._settling = Settling()
        self._calm = calm = (turns or Turns()).over
        self._reading = open_reader and Reading(
            store, open_reader, self, which=lambda: self._options.ocr, within=self._within, calm=calm
        )
        self._work = Captioning(
            store, images, describer, self, self._options, within=self._within, calm=calm,
            done=self._reading.add if self._reading else lambda _: None,
            unreadable=self._unreadable, unsettled=self._unsettled, clock=self._loop.time,
        )  # fmt: skip
        self._scanning = False
        self._problems: dict[str, Problem] = {}
        self._store_tasks: set[asyncio.Task[None]] = set()
        self._told: tuple[FolderState, ...] = ()

    def _wake(self) -> None:
        """From a thread of the watcher's."""
        with contextlib.suppress(RuntimeError):  # the loop has closed: we are ending
            self._loop.call_soon_threadsafe(self._changed.set)

    async def run(self, lifecycle: Lifecycle) -> None:
        """Watch and caption until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch(lifecycle))
                tasks.create_task(self._rescan())
                tasks.create_task(self._work.run())
                tasks.create_task(self._tell())
                tasks.create_task(self._reindex())
                if self._reading:
                    tasks.create_task(self._reading.run())
        finally:
            await asyncio.to_thread(self._watcher.close)

    # --- what lies there --------------------------------------------------------------------------------------------

    async def _watch(self, lifecycle: Lifecycle) -> None:
        """Take what the watcher tells, and look at files when they are due."""
        while True:
            lifecycle.beat()
            next_s = self._settling.next_s
            pause_s = BEAT_S if next_s is None else min(BEAT_S, max(0.0, next_s - self._loop.time()))
            try:
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            await self._take(self._watcher.changes())
            for path in self._settling.due(self._loop.time()):
                stat = await asyncio.to_thread(_stat, path)
                if self._settling.looked(path, stat, self._loop.time()):
                    assert stat is not None
                    self._work.add(path, stat, fresh=True)

    async def _take(self, changes: Mapping[str, Happened]) -> None:
        gone: list[str] = []
        for path, happened in changes.items():
            match happened:
                case Happened.CHANGED | Happened.CLOSED:
                    if self._wants(path):
                        self._settling.changed(path, self._loop.time(), closed=happened is Happened.CLOSED)
                case Happened.FOLDER:
                    for inside in await self._listed(path):
                        self._settling.changed(inside, self._loop.time(), closed=False)
                case Happened.GONE:
                    gone.append(path)
                case Happened.FOLDER_GONE:
                    gone += await asyncio.to_thread(self._store.paths, path)
        for path in gone:
            self._settling.gone(path)
            self._work.drop(path)
        if gone:
            await self._kept(lambda: self._forget(gone))

    async def _listed(self, place: str) -> list[str]:
        folder = self._folder_of(place)
        if folder is None or self._selection.passes_over(PurePath(place).relative_to(folder)):
            return []
        try:
            return [
                path for path, _ in await asyncio.to_thread(lambda: list(walk(folder, self._selection, Path(place))))
            ]
        except OSError:
            return []  # gone already

    async def _rescan(self) -> None:
        """Look at everything: at the start, on a timer, and when asked."""
        while True:
            self._scanning = True
            problems = await asyncio.to_thread(self._watcher.refresh, list(self._folders))
            self._folder_problems(problems)
            for folder in list(self._folders):
                try:
                    await self._scan(folder)
                except OSError as error:
                    log.info("a folder could not be looked through: %s", error.strerror)
                except HomebodyError as error:
                    self.problem("store", Problem("captions", error.reason, error.remedy))
            self._scanning = False
            until_s = self._loop.time() + self._options.rescan_s
            while not self._rescan_asked.is_set() and (left_s := until_s - self._loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(LOOK_S, left_s)):
                        await self._rescan_asked.wait()
                if await asyncio.to_thread(self._watcher.refresh, list(self._folders)) != problems:
                    break  # a folder has gone, or is back
            self._rescan_asked.clear()

    async def _reindex(self) -> None:
        """Bit by bit, what an older version has indexed otherwise; until then it is found by nothing but its date."""
        try:
            while await asyncio.to_thread(self._store.reindex):
                await self._calm()
        except HomebodyError as error:  # the next start goes on
            self.problem("store", Problem("captions", error.reason, error.remedy))

    async def _scan(self, folder: Path) -> None:
        found = dict(await asyncio.to_thread(lambda: list(walk(folder, self._selection))))
        known = await asyncio.to_thread(self._store.paths, str(folder))
        difference = await asyncio.to_thread(compared, found, known)
        now_s, now_ns = self._loop.time(), time.time_ns()
        for path, stat in difference.new.items():
            if now_ns - stat.modified_ns > STILL_S * 1e9:
                self._work.add(path, stat, fresh=False)
            else:
                self._settling.changed(path, now_s, closed=False)
        gone = await asyncio.to_thread(lambda: [path for path in difference.missing if not os.path.lexists(path)])
        await asyncio.to_thread(self._forget, gone)

    def _forget(self, gone: Sequence[str]) -> None:
        """These files are no longer there; what was written beside them goes with them."""
        self._store.gone(gone)
        if self._options.sidecars:
            for path in gone:
                sidecars.remove(Path(path))

    def _wants(self, path: str) -> bool:
        folder = self._folder_of(path)
        return folder is not None and self._selection.wants(PurePath(path).relative_to(folder))

    def _folder_of(self, path: str) -> Path | None:
        return next((folder for folder in self._folders if PurePath(path).is_relative_to(folder)), None)

    def _within(self) -> list[Path] | None:
        """The folders outside of which nothing is read; None: anywhere."""
        return None if self._options.follow_links else self._folders

    def _unsettled(self, path: str) -> None:
        self._settling.changed(path, self._loop.time(), closed=False)
        self._changed.set()

    def _unreadable(self, path: str, stat: Stat, error: HomebodyError) -> None:
        if self._wants(path) and self._settling.unreadable(path, stat, self._loop.time()):
            reason = error.reason[:REASON_LIMIT_CHARS]
            self._publish_event("image.refused", {"path": path, "reason": reason})
            task = self._loop.create_task(self._kept(lambda: self._store.refused(path, stat, reason)))
            self._store_tasks.add(task)
            task.add_done_callback(self._store_tasks.discard)
        self._changed.set()

    async def _kept(self, work: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(work)
        except HomebodyError as error:  # the next rescan finds out again
            self.problem("store", Problem("captions", error.reason, error.remedy))

    # --- what is told (Reports) -------------------------------------------------------------------------------------

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """See `Reports`."""
        self._publish_event(name, data)

    def problem(self, part: str, problem: Problem | None) -> None:
        """See `Reports`."""
        before = self._problems.get(part)
        if before == problem:
            return
        if before is not None:
            self._publish_event("problem.cleared", msgspec.to_builtins(before))
        self._problems.pop(part, None)
        if problem is not None:
            self._problems[part] = problem
            self._publish_event("problem.raised", msgspec.to_builtins(problem))

    def _greet(self) -> None:
        """Tell a router that does not know us yet what is wrong, and how far everything is."""
        instance = self._attached_to()
        if instance and instance != self._greeted:
            self._told = ()
            for problem in self._problems.values():
                self._publish_event("problem.raised", msgspec.to_builtins(problem))
        self._greeted = instance

    def _folder_problems(self, problems: Sequence[Problem]) -> None:
        now = {problem.part: problem for problem in problems}
        for part in [part for part in self._problems if part.startswith("folder ") and part not in now]:
            self.problem(part, None)
        for part, problem in now.items():
            self.problem(part, problem)
        for problem in self._store.problems:
            self.problem("damaged", problem)

    async def _tell(self) -> None:
        """Progress, as an event for each folder in which something has changed."""
        while True:
            await asyncio.sleep(PROGRESS_S)
            self._greet()
            state = await self.state()
            pace = {"rate_per_min": state.rate_per_min, "left_s": state.left_s, "state": state.state}
            for folder in state.folders:
                if folder not in self._told:
                    self._publish_event("folder.progress", {**msgspec.to_builtins(folder), **pace})
            self._told = state.folders

    async def state(self) -> State:
        """How everything is; takes milliseconds, some tens for 100,000 pictures."""
        try:
            folders = tuple([await self._folder_state(folder) for folder in self._folders[:SHOWN_LIMIT]])
            refused = [one for one in await asyncio.to_thread(self._store.refusals) if self._folder_of(one.path)]
        except HomebodyError:
            folders, refused = (), []  # `_kept` has told
        waiting, now_s = len(self._work) + len(self._settling), self._loop.time()
        rate = self._work.pace.per_minute(now_s)
        left_s = self._work.pace.left_s(waiting, now_s) if waiting else None
        return State(
            state=self._word(waiting),
            folders=folders,
            waiting=waiting,
            captioned=sum(folder.captioned for folder in folders),
            rate_per_min=None if rate is None else round(rate, 1),
            left_s=None if left_s is None else round(left_s),
            refused=tuple(refused[:SHOWN_LIMIT]),
            refused_count=len(refused),
        )

    async def _folder_state(self, folder: Path) -> FolderState:
        counts: Counts = await asyncio.to_thread(self._store.counts, str(folder))
        known = counts.captioned + counts.waiting + counts.refused
        unknown = max(0, self._work.below(str(folder)) - counts.waiting)
        return FolderState(
            str(folder), known + unknown, counts.captioned, counts.waiting + unknown, counts.refused
        )  # fmt: skip

    def _word(self, waiting: int) -> str:
        if self._work.paused:
            return "paused"
        if self._scanning:
            return "scanning"
        if self._work.waits or (waiting and self._attached_to() is None):
            return "waiting"
        return "captioning" if waiting else "idle"

    # --- what is asked of it ----------------------------------------------------------------------------------------

    async def handle(self, request: Say | Listen | Control) -> Done:
        """Do what was asked; runs in a task of its own for each request.

        Raises:
            RemoteFailure: ``not_found``: there is no such action; ``bad_message``: its value does not fit.
        """
        if not isinstance(request, Control):
            raise RemoteFailure("not_found", "The gallery has neither ears nor mouth.", "Ask the voice service.")
        value: dict[str, Any] = {}
        match request.action:
            case "status":
                value = msgspec.to_builtins(await self.state())
            case "pause":
                self._work.pause()
            case "resume":
                self._work.resume()
            case "rescan":
                self._rescan_asked.set()
            case "retry":
                value = {"count": await asyncio.to_thread(self._store.retry)}
                self._rescan_asked.set()
            case "recaption":
                value = {"count": await self._recaption(str(request.value or ""))}
                self._rescan_asked.set()
            case "reload":
                value = self._reload()
            case "open" | "screenshot" | "look":
                value = await self._desktop.do(request.action, str(request.value or ""), self._within())
            case "import":
                taken = await asyncio.to_thread(exchange.take, Path(str(request.value)), self._store)
                value = {"new": taken.new, "known": taken.known}
                self._rescan_asked.set()
            case _:
                raise RemoteFailure("not_found", "The gallery has no such action.", "See docs/messages.md.")
        return Done(id=request.id, value=value)

    async def _recaption(self, which: str) -> int:
        if which == "model-older":
            return await asyncio.to_thread(lambda: self._store.recaption(model_older=True))
        if which.startswith("since "):
            try:
                since = moment(which.removeprefix("since "), dt.datetime.now()).astimezone()
            except ValueError:
                reason = "That is no time."
                raise RemoteFailure("bad_message", reason, "Write it like 2026-03-05, or last week.") from None
            return await asyncio.to_thread(lambda: self._store.recaption(since=since))
        path = str(absolute(which)) if which else None
        return await asyncio.to_thread(lambda: self._store.recaption(path=path))

    def _reload(self) -> dict[str, list[str]]:
        old, self._options = self._options, self._load()
        self._selection, self._folders = Selection(self._options), watched(self._options)
        self._work.keep(self._wants)
        self._settling.keep(self._wants)
        self._rescan_asked.set()
        if self._reading:
            self._reading.restart()
        return sorted_out(changed_keys(old, self._options, "gallery"), LIVE)


def _stat(path: str) -> Stat | None:
    try:
        return stat_of(path)
    except OSError:
        return None
