"""From a complete file to a stored caption: prepare, look up, ask, store. The straight line is `Captioning._prepare`,
then `Captioning._caption`.

Killed at any moment, it goes on at the next start: a picture is a row from the moment it was found, and waits until its
caption is stored in one transaction. What is lost is at most the answers being waited for.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import msgspec

from homebody.captions.rows import Caption, Facts, Known, Stat
from homebody.captions.store import Captions
from homebody.errors import BadImage, HomebodyError, NotWritable, Problem
from homebody.gallery import sidecars
from homebody.gallery.allowed import open_regular
from homebody.gallery.describer import Describer, Verdict, verdict
from homebody.gallery.images import MediaType, Prepared
from homebody.gallery.likeness import Likeness
from homebody.gallery.pace import Pace
from homebody.gallery.selection import stat_of
from homebody.options_gallery import GalleryOptions
from homebody.process import understood

log = logging.getLogger(__name__)

LATER_AFTER_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)  # how long to wait for a model, again and again
AGAIN_AFTER_S: Final = (1.0, 5.0)  # how long to wait with a picture that failed once, twice; then it is set aside
STORE_RETRY_S: Final = 10.0
CAPTION_LIMIT_CHARS: Final = 2000  # of an event
HASH_BLOCK_BYTES: Final = 1024 * 1024
BLANK: Final = 0  # the perceptual hash of a picture of one colour, which resembles nothing

T = TypeVar("T")


class Preparer(Protocol):
    """What captioning needs of `homebody.gallery.image_worker.ImageWorker`."""

    async def prepare(
        self,
        path: Path,
        *,
        side_px: int,
        multiple_px: int = 1,
        media_type: MediaType = "image/jpeg",
        within: Sequence[Path] | None = None,
    ) -> Prepared:
        """The picture, ready to be sent. Raises `BadImage`."""


class Reports(Protocol):
    """Who is told of what happens. Neither method may block."""

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """An event for everyone who follows."""

    def problem(self, part: str, problem: Problem | None) -> None:
        """What is wrong with this part of the gallery now; None: nothing any more."""


class Job(msgspec.Struct, frozen=True):
    """A picture on its way to the model."""

    image: int
    path: str
    stat: Stat
    picture: Prepared


class Captioning:
    """The pictures in work.

    Args:
        within: The watched folders, outside of which nothing is read; None: anywhere.
        calm: Returns when nobody is being listened or talked to: nothing is begun meanwhile.
        done: Called with each image that has been captioned.
        unreadable: Called with a file that could not be read: path, its state then, and why.
        unsettled: Called with a file that changed while it was read.
        clock: Steady seconds.

    Attributes:
        pace: Of the captions.
        waits: There is no model, or no router, now.
    """

    def __init__(
        self,
        store: Captions,
        images: Preparer,
        describer: Describer,
        reports: Reports,
        options: GalleryOptions,
        *,
        within: Callable[[], Sequence[Path] | None],
        calm: Callable[[], Awaitable[None]],
        done: Callable[[int], None],
        unreadable: Callable[[str, Stat, HomebodyError], None],
        unsettled: Callable[[str], None],
        clock: Callable[[], float],
    ) -> None:
        self.pace = Pace()
        self.waits = False
        self._store, self._images, self._describer, self._reports = store, images, describer, reports
        self._options, self._within, self._unreadable, self._unsettled = options, within, unreadable, unsettled
        self._calm, self._done, self._clock = calm, done, clock
        self._fresh: dict[str, Stat] = {}  # what just came goes before what has lain there for years
        self._backlog: dict[str, Stat] = {}
        self._any, self._going = asyncio.Event(), asyncio.Event()
        self._going.set()
        # Prepared and not yet asked for: one, so that the model never waits for a decoder.
        self._ready: asyncio.Queue[Job] = asyncio.Queue(1)
        self._in_work: set[int] = set()
        self._preparing: set[str] = set()
        self._likeness: Likeness | None = None

    def __len__(self) -> int:
        """Files and pictures that are not done."""
        return len(self._fresh) + len(self._backlog) + len(self._preparing) + len(self._in_work)

    def below(self, folder: str) -> int:
        """Files in this folder that were not looked at yet."""
        start = folder.rstrip("/") + "/"
        return sum(path.startswith(start) for several in (self._fresh, self._backlog) for path in several)

    def add(self, path: str, stat: Stat, *, fresh: bool) -> None:
        """A complete file."""
        if fresh:
            self._backlog.pop(path, None)
            self._fresh[path] = stat
        elif path not in self._fresh:
            self._backlog[path] = stat
        self._any.set()

    def drop(self, path: str) -> None:
        """The file is not there any more."""
        self._fresh.pop(path, None)
        self._backlog.pop(path, None)

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Of what nobody has looked at yet, only what is wanted still; what a model was asked for is finished."""
        for several in (self._fresh, self._backlog):
            for path in [path for path in several if not wanted(path)]:
                del several[path]

    @property
    def paused(self) -> bool:
        """Nothing new is begun."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Begin nothing new; what was asked for is finished."""
        self._going.clear()

    def resume(self) -> None:
        """Go on."""
        self._going.set()

    async def _may_begin(self) -> None:
        await self._going.wait()
        await self._calm()

    async def run(self) -> None:
        """Work until cancelled."""
        self._likeness = Likeness(await self._kept(self._store.perceptual_hashes))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._prepare_all())
            for _ in range(self._options.parallel):
                tasks.create_task(self._caption_all())

    # --- files become pictures --------------------------------------------------------------------------------------

    async def _prepare_all(self) -> None:
        while True:
            await self._may_begin()
            if not (self._fresh or self._backlog):
                self._any.clear()
                await self._any.wait()
                continue
            waiting = self._fresh or self._backlog
            path = next(iter(waiting))
            stat = waiting.pop(path)
            self._preparing.add(path)
            try:
                await self._prepare(path, stat)
            except Exception as error:
                known = understood(error)
                if not isinstance(known, BadImage):
                    log.warning("a file could not be prepared: %s", type(error).__name__)
                self._unreadable(path, stat, known)
            finally:
                self._preparing.discard(path)

    async def _prepare(self, path: str, stat: Stat) -> None:
        """Find out what the file is; hand it on where it has no caption yet."""
        within = self._within()
        if await self._kept(self._store.may_know, stat.size_bytes):  # a copy or a new name, perhaps: no need to decode
            known = await self._kept(self._store.image, await asyncio.to_thread(_hash, path, within))
            if known is not None and (known.state != "waiting" or known.id in self._in_work):
                await self._lies(path, stat, known)
                return
        picture = await self._images.prepare(
            Path(path),
            side_px=self._options.image_side_px,
            multiple_px=self._options.image_multiple_px,
            within=within,
        )
        if await asyncio.to_thread(_stat, path) != stat:
            self._unsettled(path)
            return
        known = await self._found(path, stat, picture)
        if known.state == "waiting" and known.id not in self._in_work:
            self._in_work.add(known.id)
            await self._ready.put(Job(known.id, path, stat, picture))

    async def _lies(self, path: str, stat: Stat, known: Known) -> None:
        if self._options.sidecars and known.state == "captioned":
            row = await self._kept(self._store.row, known.id)
            await self._write_sidecar(path, Caption(caption=row.caption, tags=row.tags))
        await self._kept(self._store.lies, path, stat, known.id)

    async def _found(self, path: str, stat: Stat, picture: Prepared) -> Known:
        assert self._likeness is not None
        facts = facts_of(picture)
        new = await self._kept(self._store.image, facts.sha256) is None
        hashed = facts.perceptual_hash if new else None
        like = None if hashed is None else self._likeness.nearest(hashed)
        known = await self._kept(lambda: self._store.found(path, stat, facts, like=like))
        if hashed is not None and like is None:
            self._likeness.add(known.id, hashed)
        if new:
            size = {"width_px": facts.width_px, "height_px": facts.height_px}
            self._reports.publish("image.found", {"path": path, "image": facts.sha256, **size})
        return known

    # --- pictures get captions --------------------------------------------------------------------------------------

    async def _caption_all(self) -> None:
        while True:
            job = await self._ready.get()
            try:
                await self._may_begin()
                await self._caption(job)
            except Exception as error:
                log.error("a picture failed: %s", type(error).__name__)
                log.debug("Traceback:", exc_info=True)
                await self._set_aside(job, understood(error))
            finally:
                self._in_work.discard(job.image)

    async def _caption(self, job: Job) -> None:
        caption = await self._described(job)
        if caption is None:
            return
        if self._options.sidecars:  # before the row: a picture that is a row with a caption is not looked at again
            await self._write_sidecar(job.path, caption)
        await self._kept(self._store.captioned, job.image, caption)
        self._done(job.image)
        self.pace.done(self._clock())
        data = {"path": job.path, "image": job.picture.sha256, "tags": list(caption.tags[:32]), "model": caption.model}
        self._reports.publish("image.captioned", {**data, "caption": caption.caption[:CAPTION_LIMIT_CHARS]})

    async def _described(self, job: Job) -> Caption | None:
        """The caption; None: the picture was set aside. Waits for a model for as long as there is none."""
        later = failures = 0
        while True:
            try:
                caption = await self._describer.describe(job.picture)
            except HomebodyError as error:
                match verdict(error):
                    case Verdict.LATER:
                        self._wait(error)
                        pause_s = LATER_AFTER_S[min(later, len(LATER_AFTER_S) - 1)]
                        later += 1
                        await asyncio.sleep(max(pause_s, min((error.retry_after_ms or 0) / 1000, LATER_AFTER_S[-1])))
                    case Verdict.AGAIN if failures < len(AGAIN_AFTER_S):
                        failures += 1
                        await asyncio.sleep(AGAIN_AFTER_S[failures - 1])
                    case _:
                        await self._set_aside(job, error)
                        return None
                await self._may_begin()
            else:
                self.waits = False
                self._reports.problem("captions", None)
                return caption

    def _wait(self, error: HomebodyError) -> None:
        self.waits = True
        why = f"Pictures wait for their captions: {error.reason}"
        self._reports.problem("captions", Problem("captions", why, error.remedy))

    async def _set_aside(self, job: Job, error: HomebodyError) -> None:
        await self._kept(self._store.refused, job.path, job.stat, error.reason, job.image)
        self._reports.publish("image.refused", {"path": job.path, "reason": error.reason})

    async def _write_sidecar(self, path: str, caption: Caption) -> None:
        try:
            await asyncio.to_thread(sidecars.write, Path(path), caption.caption, caption.tags)
        except NotWritable as error:
            self._reports.problem("sidecars", Problem("sidecars", error.reason, error.remedy))
        else:
            self._reports.problem("sidecars", None)

    async def _kept(self, work: Callable[..., T], *arguments: Any) -> T:
        """Done by the store, in a thread; where its disk refuses, again and again until it does not."""
        while True:
            try:
                done = await asyncio.to_thread(work, *arguments)
            except NotWritable as error:
                self._reports.problem("store", Problem("captions", error.reason, error.remedy))
                await asyncio.sleep(STORE_RETRY_S)
            else:
                self._reports.problem("store", None)
                return done


def facts_of(picture: Prepared) -> Facts:
    """What the store keeps of a prepared picture."""
    exif = picture.facts
    try:
        taken_at = dt.datetime.fromisoformat(exif.taken_at) if exif.taken_at else None
    except ValueError:
        taken_at = None
    place = "" if exif.latitude is None else f"{exif.latitude:.5f}, {exif.longitude:.5f}"
    return Facts(
        sha256=picture.sha256,
        size_bytes=picture.size_bytes,
        width_px=picture.original_width_px,
        height_px=picture.original_height_px,
        taken_at=taken_at,
        camera=exif.camera or "",
        place=place,
        perceptual_hash=None if picture.perceptual_hash == BLANK else picture.perceptual_hash,
    )


def _hash(path: str, within: Sequence[Path] | None) -> str:
    with open_regular(Path(path), within) as file:
        try:
            digest = hashlib.sha256()
            while block := file.read(HASH_BLOCK_BYTES):
                digest.update(block)
            return digest.hexdigest()
        except OSError as error:
            raise BadImage(
                f"{path} cannot be read: {error.strerror}.", "Check the disk or the share it is on."
            ) from error


def _stat(path: str) -> Stat | None:
    try:
        return stat_of(path)
    except OSError:
        return None
