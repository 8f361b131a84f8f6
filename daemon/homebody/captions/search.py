"""Finding pictures: read only, so any process may do it while the gallery writes."""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from homebody.captions.dates import Span
from homebody.captions.query import Query, parsed
from homebody.captions.schema import FILE
from homebody.captions.stems import all_keys
from homebody.errors import NotWritable
from homebody.message_parts import FoundPicture

BUSY_MS: Final = 1000
CANDIDATE_LIMIT: Final = 1000  # of those that match, the latest so many are ranked; more match only what says little
FORM_LIMIT: Final = 24  # of a word
WEIGHTS: Final = (4.0, 3.0, 2.0, 1.0)  # caption, tags, names, ocr: a word of the caption says most about the picture
RECENT_WEIGHT: Final = 0.25  # what was taken just now counts so much more than what is very old
RECENT_DAYS: Final = 365.0  # after which half of that is left
LONG_S: Final = 86_400 * 365 * 10_000.0


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """An answer.

    Attributes:
        rows: Best first.
        total: How many there are in all; `CANDIDATE_LIMIT` means so many or more.
        took_ms: Inside the search.
    """

    rows: tuple[FoundPicture, ...] = ()
    total: int = 0
    took_ms: float = 0.0


class CaptionSearch:
    """Searches ``captions.sqlite``. One query at a time, from any thread; a query takes milliseconds.

    Args:
        folder: Where the file lies. It need not exist yet: nothing is found then.
        zone: Of the person's clock; None: this machine's.
        now: The wall clock, aware.
    """

    def __init__(
        self,
        folder: Path,
        *,
        zone: dt.tzinfo | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._path, self._zone, self._now = folder / FILE, zone, now
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._has_forms = False
        self._file: tuple[int, int] | None = None

    def find(
        self,
        text: str,
        *,
        limit: int = 20,
        offset: int = 0,
        folder: str | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        gone: bool = False,
    ) -> Hits:
        """Search; see `query.parsed` for what the words may be.

        Where no picture has all of the words, those that have some are found. Without a word, the latest come first.

        Args:
            text: The words.
            limit: Rows wanted.
            offset: Rows to pass over.
            folder: Only what lies in it or below it.
            since: Only what was taken from then on; besides what the words say.
            until: Only what was taken before then.
            gone: Those that lie nowhere any more, too.

        Raises:
            NotWritable: The file cannot be read.
        """
        began = time.perf_counter()
        now = self._now()
        query = parsed(text, now.astimezone(self._zone).replace(tzinfo=None))
        first, last = self._between(query.span, since, until)
        where, values = _conditions(first, last, folder, gone)
        if text.strip() and not query.match() and query.span == Span(None, None):
            return Hits()  # signs without a word
        with self._lock:
            try:
                db = self._opened()
                if db is None:
                    return Hits()
                rows, total = self._rows(db, query, where, values, now.timestamp(), limit, offset)
            except sqlite3.Error as error:
                self._forget()
                raise NotWritable(f"{self._path} cannot be read: {error}.", "Look at: homebody status") from error
        return Hits(rows=rows, total=total, took_ms=round(1000 * (time.perf_counter() - began), 3))

    def image(self, sha256: str) -> FoundPicture | None:
        """One picture by its content; None where it is not known.

        Raises:
            NotWritable: The file cannot be read.
        """
        with self._lock:
            try:
                db = self._opened()
                if db is None:
                    return None
                ids = db.execute("SELECT id, 0.0 FROM image WHERE sha256 = ?", (sha256,)).fetchall()
                return next(iter(_hits(db, ids)), None)
            except sqlite3.Error as error:
                self._forget()
                raise NotWritable(f"{self._path} cannot be read: {error}.", "Look at: homebody status") from error

    def close(self) -> None:
        """Close the file. Safe to call twice; the next search opens it again."""
        with self._lock:
            self._forget()

    def _rows(
        self,
        db: sqlite3.Connection,
        query: Query,
        where: str,
        values: Sequence[Any],
        now_s: float,
        limit: int,
        offset: int,
    ) -> tuple[tuple[FoundPicture, ...], int]:
        if not query.match():
            count = f"SELECT count(*) FROM (SELECT 1 FROM image WHERE {where} LIMIT ?)"  # noqa: S608
            (total,) = db.execute(count, [*values, CANDIDATE_LIMIT]).fetchone()
            select = f"SELECT id, 0.0 FROM image WHERE {where} ORDER BY shown_s DESC, id DESC LIMIT ? OFFSET ?"  # noqa: S608
            return _hits(db, db.execute(select, [*values, limit, offset]).fetchall()), total
        # Ranking needs bm25 of each row, and a row costs microseconds: of many, only the latest are ranked.
        ranked = " ".join((
            "SELECT words.rowid, bm25(words, ?, ?, ?, ?), shown_s FROM words",
            f"CROSS JOIN image ON image.id = words.rowid WHERE words MATCH ? AND {where}",
            "ORDER BY words.rowid DESC LIMIT ?",
        ))  # fmt: skip
        for any_of in (False, True):
            match = query.match(any_of=any_of, forms=lambda word: _forms(db, word) if self._has_forms else ())
            found = db.execute(ranked, [*WEIGHTS, match, *values, CANDIDATE_LIMIT]).fetchall()
            if found:
                break
        scored = [(id_, _score(-bm25, now_s - shown_s)) for id_, bm25, shown_s in found]
        scored.sort(key=lambda row: (-row[1], -row[0]))
        return _hits(db, scored[offset : offset + limit]), len(found)

    def _between(
        self, span: Span, since: dt.datetime | None, until: dt.datetime | None
    ) -> tuple[float | None, float | None]:
        firsts = [self._moment(at) for at in (span.since, since) if at is not None]
        lasts = [self._moment(at) for at in (span.until, until) if at is not None]
        return max(firsts, default=None), min(lasts, default=None)

    def _moment(self, at: dt.datetime) -> float:
        """Seconds since 1970 of a time that, without a zone, is the person's."""
        try:
            return (at if at.tzinfo or self._zone is None else at.replace(tzinfo=self._zone)).timestamp()
        except (OverflowError, OSError, ValueError):
            return math.copysign(LONG_S, at.year - 1970)

    def _opened(self) -> sqlite3.Connection | None:
        try:
            stat = self._path.stat()
        except OSError:
            self._forget()
            return None
        if self._db is not None and self._file == (stat.st_dev, stat.st_ino):
            return self._db
        self._forget()
        # Not mode=ro with immutable: the gallery writes meanwhile, and a reader of a WAL takes part in its bookkeeping.
        db = sqlite3.connect(
            f"{self._path.as_uri()}?mode=ro",
            uri=True,
            timeout=BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            if "words" not in tables:
                db.close()
                return None  # the gallery is just making it
            self._has_forms = "form" in tables  # else an older homebody made it, and stemmed English itself
            db.execute("PRAGMA mmap_size = 268435456")
        except sqlite3.Error:
            db.close()
            raise
        self._db, self._file = db, (stat.st_dev, stat.st_ino)
        return db

    def _forget(self) -> None:
        if self._db is not None:
            self._db.close()
        self._db, self._file = None, None


def _conditions(first: float | None, last: float | None, folder: str | None, gone: bool) -> tuple[str, list[Any]]:
    where, values = [], list[Any]()
    if not gone:
        where.append("present > 0")
    if first is not None:
        where.append("shown_s >= ?")
        values.append(first)
    if last is not None:
        where.append("shown_s < ?")
        values.append(last)
    if folder is not None:
        below = folder.rstrip("/")
        still = "" if gone else " AND gone_at IS NULL"
        where.append(f"EXISTS (SELECT 1 FROM path WHERE image_id = image.id AND path >= ? AND path < ?{still})")  # noqa: S608
        # "0" comes right after "/"
        values += [below + "/", below + "0"]
    return " AND ".join(where) or "1", values


def _forms(db: sqlite3.Connection, word: str) -> list[str]:
    """The index's other forms of a word, in whichever language it is one."""
    keys = all_keys(word)
    marks = ", ".join("?" * len(keys))
    select = f"SELECT DISTINCT word FROM form WHERE key IN ({marks}) LIMIT ?"  # noqa: S608 (question marks)
    return [form for (form,) in db.execute(select, [*keys, FORM_LIMIT])]


def _score(bm25: float, age_s: float) -> float:
    age_days = max(0.0, age_s) / 86_400
    return bm25 * (1 + RECENT_WEIGHT * RECENT_DAYS / (RECENT_DAYS + age_days))


def _hits(db: sqlite3.Connection, scored: Sequence[tuple[int, float]]) -> tuple[FoundPicture, ...]:
    select = (
        "SELECT image.sha256,"
        " (SELECT path FROM path WHERE image_id = image.id ORDER BY gone_at IS NOT NULL, path LIMIT 1), image.caption,"
        " image.tags, image.ocr, image.shown_s, image.present, older.sha256, image.state"
        " FROM image LEFT JOIN image AS older ON older.id = image.like_id WHERE image.id = ?"
    )
    hits = []
    for id_, score in scored:
        row = db.execute(select, (id_,)).fetchone()
        if row is None:
            continue
        sha256, path, caption, tags, ocr, shown_s, present, like, state = row
        hits.append(
            FoundPicture(
                image=sha256,
                path=path or "",
                caption=caption,
                tags=tuple(msgspec.json.decode(tags)),
                text=ocr,
                taken_at=dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=shown_s),
                score=round(score, 4),
                gone=present == 0,
                like=like,
                state=state,
            )
        )
    return tuple(hits)
