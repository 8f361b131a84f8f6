"""The text in pictures, read behind everything else, so that a screenshot is found by what is written in it.

After a picture has its caption: whether there is text to be expected is known best then. One at a time, none during a
turn (the process that reads is stopped where it is), and that process ends when there is nothing left to read.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path, PurePath
from typing import Final, Literal, Protocol, TypeVar

from homebody.captions.rows import Unread
from homebody.captions.store import Captions
from homebody.errors import BadImage, MissingPart, NotWritable, Problem
from homebody.gallery.captioning import Reports
from homebody.gallery.ocr import Recognized
from homebody.gallery.selection import stat_of

log = logging.getLogger(__name__)

T = TypeVar("T")
Which = Literal["auto", "all", "off"]

IDLE_S: Final = 20.0  # an engine's start costs seconds, its memory hundreds of megabytes
STORE_RETRY_S: Final = 10.0
TEXT_LIMIT_CHARS: Final = 20_000
SIDE_PX: Final = 64  # smaller pictures hold no word that anybody could read
DRAWN: Final = frozenset({".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})  # no camera writes these
# In a file's name, a caption or its tags, in the languages people name files in.
TELLING: Final = frozenset(
    """screenshot screenshots screen bildschirmfoto screencast capture captura capturas scan scanned document documents
    dokument documento text texts page pages letter brief lettre carta receipt invoice rechnung quittung facture recibo
    factura form ticket menu sign poster newspaper article book recipe label error message terminal code slide table
    spreadsheet diagram whiteboard handwriting note notes""".split()  # noqa: SIM905 (read by people)
)
_WORD: Final = re.compile(r"[^\W\d_]+")


class Reader(Protocol):
    """What reading needs of `homebody.gallery.ocr.TextReader`."""

    async def recognize(self, path: Path, *, within: Sequence[Path] | None = None) -> Recognized:
        """What is written in this picture. Raises `BadImage`, `MissingPart`."""


OpenReader = Callable[[], AbstractAsyncContextManager[Reader]]
"""Raises `MissingPart` where nothing that reads is installed."""


class Reading:
    """The pictures whose text is to be read.

    Args:
        open_reader: Begins to read; left when there is nothing more.
        which: What the profile says now.
        within: As of `Captioning`.
        calm: As of `Captioning`.
    """

    def __init__(
        self,
        store: Captions,
        open_reader: OpenReader,
        reports: Reports,
        *,
        which: Callable[[], Which],
        within: Callable[[], Sequence[Path] | None],
        calm: Callable[[], Awaitable[None]],
    ) -> None:
        self._store, self._open_reader, self._reports = store, open_reader, reports
        self._which, self._within, self._calm = which, within, calm
        self._fresh: list[int] = []
        self._earlier: deque[Unread] = deque()  # a block of those from earlier days, newest first
        self._before: int | None = None  # how far back the blocks have come
        self._caught_up = self._missing = False
        self._any = asyncio.Event()

    def add(self, image: int) -> None:
        """It has its caption now."""
        if self._which() != "off" and not self._missing:  # else `restart` finds it
            self._fresh.append(image)
            self._any.set()

    def restart(self) -> None:
        """Look at everything that was never read, again: the profile has changed."""
        self._fresh.clear()
        self._earlier.clear()
        self._before, self._caught_up, self._missing = None, False, False
        self._any.set()

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            self._any.clear()
            found = await self._next()
            if found is None:
                await self._any.wait()
                continue
            try:
                async with self._open_reader() as reader:
                    while found is not None:
                        await self._read(reader, found)
                        found = await self._next() or await self._soon()
                self._reports.problem("ocr", None)
            except MissingPart as error:
                self._missing = True
                if self._which() == "all":  # else nobody has asked for it
                    why = f"The text in pictures is not read: {error.reason}"
                    self._reports.problem("ocr", Problem("ocr", why, error.remedy))

    async def _soon(self) -> Unread | None:
        """The next one, if it comes before the engine has idled for long."""
        self._any.clear()
        try:
            async with asyncio.timeout(IDLE_S):
                await self._any.wait()
        except TimeoutError:
            return None
        return await self._next()

    async def _next(self) -> Unread | None:
        """The next one worth reading, what has just come before what has lain there for years; None: there is none."""
        while self._which() != "off" and not self._missing:
            if self._fresh:
                found = await self._kept(lambda: self._store.unread(only=self._fresh.pop()))
            elif self._earlier:
                found = [self._earlier.popleft()]
            elif self._caught_up:
                break
            else:
                self._earlier += await self._kept(lambda: self._store.unread(before=self._before))
                self._caught_up = not self._earlier
                if self._earlier:
                    self._before = self._earlier[-1].id
                continue
            if found and (self._which() == "all" or holds_text(found[0])):
                return found[0]
        return None

    async def _read(self, reader: Reader, found: Unread) -> None:
        await self._calm()
        path = Path(found.path)
        try:
            if await asyncio.to_thread(stat_of, found.path) != found.stat:
                return  # another picture by now, which a rescan finds
            text = (await reader.recognize(path, within=self._within())).text
        except OSError:
            return
        except BadImage as error:
            log.info("the text in a picture was not read: %s", type(error).__name__)
            text = ""
        await self._kept(lambda: self._store.read(found.id, text[:TEXT_LIMIT_CHARS]))

    async def _kept(self, work: Callable[[], T]) -> T:
        """Done by the store, in a thread; where its disk refuses, again and again until it does not."""
        while True:
            try:
                return await asyncio.to_thread(work)
            except NotWritable as error:
                self._reports.problem("store", Problem("captions", error.reason, error.remedy))
                await asyncio.sleep(STORE_RETRY_S)


def holds_text(found: Unread) -> bool:
    """Whether it is a screenshot or a document: by its caption, its name, or because no camera has taken it. Pure."""
    if min(found.width_px, found.height_px) < SIDE_PX:
        return False
    said = {word for text in (found.caption, *found.tags, PurePath(found.path).stem) for word in _words(text)}
    return bool(said & TELLING) or (not found.camera and PurePath(found.path).suffix.lower() in DRAWN)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
