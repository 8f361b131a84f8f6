"""The writer of ``captions.sqlite``: what was found, captioned, refused, and is gone. One process: the gallery.

Every method is one transaction, durable when it returns (an fsync, some milliseconds: call it from a thread), except
where its docstring says that it only reads. After kill -9 each transaction has happened wholly or not at all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from homebody.captions.indexing import index
from homebody.captions.rows import Caption, Counts, Facts, Known, KnownPath, Refusal, Row, Stat, Unread
from homebody.captions.schema import FILE, MIGRATIONS
from homebody.database import Database
from homebody.errors import Problem

T = TypeVar("T")


class Captions:
    """The store.

    Args:
        folder: Where ``captions.sqlite`` lies; created if need be.
        now: The wall clock, aware.

    Raises:
        NotWritable: The folder or file refuses.
        MachineError: The file was written by a newer homebody.
    """

    def __init__(self, folder: Path, *, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self._now = now
        self._db = Database(folder / FILE, MIGRATIONS, part="captions", holds="captions")

    @property
    def problems(self) -> list[Problem]:
        """A damaged file that was set aside."""
        return self._db.problems

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._db.close()

    # --- what is known (these only read) --------------------------------------------------------------------------

    def paths(self, below: str = "/") -> dict[str, KnownPath]:
        """Every path that was ever seen in this folder or below it, for a rescan to compare with."""
        between = _between(below)
        found = {
            path: KnownPath(Known(id_, state), Stat(size, modified), gone is not None)
            for path, size, modified, gone, id_, state in self._db.rows(
                "SELECT path, path.size_bytes, modified_ns, gone_at, image.id, state FROM path"
                " JOIN image ON image.id = image_id WHERE path >= ? AND path < ?",
                between,
            )
        }
        refused = self._db.rows(
            "SELECT path, size_bytes, modified_ns, reason FROM refused WHERE path >= ? AND path < ?", between
        )
        found |= {path: KnownPath(None, Stat(size, modified), False, why) for path, size, modified, why in refused}
        return found

    def path(self, path: str) -> KnownPath | None:
        """One path, or None where it was never seen."""
        for size, modified, gone, id_, state in self._db.rows(
            "SELECT path.size_bytes, modified_ns, gone_at, image.id, state FROM path"
            " JOIN image ON image.id = image_id WHERE path = ?",
            (path,),
        ):
            return KnownPath(Known(id_, state), Stat(size, modified), gone is not None)
        for size, modified, why in self._db.rows(
            "SELECT size_bytes, modified_ns, reason FROM refused WHERE path = ?", (path,)
        ):
            return KnownPath(None, Stat(size, modified), False, why)
        return None

    def image(self, sha256: str) -> Known | None:
        """The image with this content."""
        rows = self._db.rows("SELECT id, state FROM image WHERE sha256 = ?", (sha256,))
        return Known(*rows[0]) if rows else None

    def may_know(self, size_bytes: int) -> bool:
        """Whether any image has a file of this size: if none has, the content is new, whatever it is."""
        return bool(self._db.rows("SELECT 1 FROM image WHERE size_bytes = ? LIMIT 1", (size_bytes,)))

    def counts(self, below: str = "/") -> Counts:
        """The paths in this folder and below it that are there now, by state."""
        between = _between(below)
        states = dict(
            self._db.rows(
                "SELECT state, count(*) FROM path JOIN image ON image.id = image_id"
                " WHERE path >= ? AND path < ? AND gone_at IS NULL GROUP BY state",
                between,
            )
        )
        unreadable = self._db.rows("SELECT count(*) FROM refused WHERE path >= ? AND path < ?", between)[0][0]
        return Counts(states.get("captioned", 0), states.get("waiting", 0), states.get("refused", 0) + unreadable)

    def refusals(self, limit: int = 1000) -> list[Refusal]:
        """Pictures that were set aside, newest first: unreadable files, and images no model would describe."""
        rows = self._db.rows(
            "SELECT path, reason, at FROM refused UNION ALL SELECT min(path), reason, added_at FROM image"
            " JOIN path ON image_id = image.id WHERE state = 'refused' AND present > 0 GROUP BY image.id"
            " ORDER BY 3 DESC, 1 LIMIT ?",
            (limit,),
        )
        return [Refusal(path, reason) for path, reason, _ in rows]

    def perceptual_hashes(self) -> list[tuple[int, int]]:
        """Id and perceptual hash of each image that resembles none before it."""
        rows = self._db.rows(
            "SELECT id, perceptual_hash FROM image WHERE perceptual_hash IS NOT NULL AND like_id IS NULL ORDER BY id"
        )
        return [(id_, value & (2**64 - 1)) for id_, value in rows]

    def unread(self, *, before: int | None = None, only: int | None = None, limit: int = 200) -> list[Unread]:
        """Captioned images that lie there and whose text was never read, newest first.

        Args:
            before: Only those with a lower id; None: from the newest on.
            only: Only this one.
            limit: How many at most.
        """
        rows = self._db.rows(
            "SELECT image.id, min(path), path.size_bytes, modified_ns, width_px, height_px, camera, caption, tags"
            " FROM image JOIN path ON image_id = image.id AND gone_at IS NULL"
            " WHERE read_at IS NULL AND state = 'captioned' AND image.id < ? AND (? IS NULL OR image.id = ?)"
            " GROUP BY image.id ORDER BY image.id DESC LIMIT ?",
            (2**63 - 1 if before is None else before, only, only, limit),
        )
        return [
            Unread(id_, path, Stat(size, modified), width, height, camera, caption, tuple(msgspec.json.decode(tags)))
            for id_, path, size, modified, width, height, camera, caption, tags in rows
        ]

    def rows(self) -> Iterator[Row]:
        """Every image, oldest first."""
        last = 0
        while found := self._db.rows("SELECT id FROM image WHERE id > ? ORDER BY id LIMIT 500", (last,)):
            for (last,) in found:
                yield self.row(last)

    def row(self, id: int) -> Row:
        """One image.

        Raises:
            KeyError: There is none of this id.
        """
        found = self._db.rows(f"SELECT {', '.join(_OWN)} FROM image WHERE id = ?", (id,))  # noqa: S608 (our names)
        if not found:
            raise KeyError(id)
        values: dict[str, Any] = dict(zip(_OWN, found[0], strict=True))
        values["tags"] = msgspec.json.decode(values["tags"])
        if values["perceptual_hash"] is not None:
            values["perceptual_hash"] &= 2**64 - 1
        paths = self._db.rows(
            "SELECT path, size_bytes, modified_ns, gone_at FROM path WHERE image_id = ? ORDER BY path", (id,)
        )
        values["paths"] = {path: Stat(size, modified) for path, size, modified, _ in paths}
        values["gone"] = [path for path, _, _, gone in paths if gone]
        return msgspec.convert(values, Row, strict=False)

    # --- what happens -----------------------------------------------------------------------------------------------

    def found(self, path: str, stat: Stat, facts: Facts, *, like: int | None = None) -> Known:
        """This content lies at this path. Known content is not waited for again.

        Args:
            path: The file.
            stat: As it was when it was read.
            facts: What was read.
            like: The id of an older image that looks the same.
        """

        def work(db: sqlite3.Connection) -> Known:
            known = db.execute("SELECT id, state FROM image WHERE sha256 = ?", (facts.sha256,)).fetchone()
            if known is None:
                shown_s = _moment(facts.taken_at, stat)
                values = (
                    facts.sha256, facts.size_bytes, facts.width_px, facts.height_px,
                    facts.taken_at.isoformat() if facts.taken_at else None, shown_s, facts.camera, facts.place,
                    _signed(facts.perceptual_hash), like, self._stamp(),
                )  # fmt: skip
                known = db.execute(
                    "INSERT INTO image (sha256, size_bytes, width_px, height_px, taken_at, shown_s, camera, place,"
                    " perceptual_hash, like_id, added_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')"
                    " RETURNING id, state",
                    values,
                ).fetchone()
            self._put(db, path, stat, known[0])
            return Known(*known)

        return self._db.transaction(work)

    def lies(self, path: str, stat: Stat, image: int) -> None:
        """A known image was found at this path too: a copy, or its new name."""
        self._db.transaction(lambda db: self._put(db, path, stat, image))

    def captioned(self, image: int, caption: Caption) -> None:
        """A model has described the image; an older caption is replaced. Captioning twice leaves one row."""

        def work(db: sqlite3.Connection) -> None:
            tags = msgspec.json.encode(caption.tags).decode()
            db.execute(
                "UPDATE image SET caption = ?, tags = ?, model = ?, prompt_version = ?, captioned_at = ?,"
                " state = 'captioned', reason = '' WHERE id = ?",
                (caption.caption, tags, caption.model, caption.prompt_version, self._stamp(), image),
            )
            index(db, image)

        self._db.transaction(work)

    def read(self, image: int, text: str) -> None:
        """The words that stand in the image (OCR); empty: none do."""

        def work(db: sqlite3.Connection) -> None:
            db.execute("UPDATE image SET ocr = ?, read_at = ? WHERE id = ?", (text, self._stamp(), image))
            index(db, image)

        self._db.transaction(work)

    def refused(self, path: str, stat: Stat, reason: str, image: int | None = None) -> None:
        """Set aside with a reason: the file at this path, or the image that lies there. A caption it had stays."""

        def work(db: sqlite3.Connection) -> None:
            if image is not None:
                db.execute(
                    "UPDATE image SET state = iif(caption = '', 'refused', 'captioned'), reason = ? WHERE id = ?",
                    (reason, image),
                )
                return
            self._leave(db, [path])
            db.execute(
                "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?)",
                (path, stat.size_bytes, stat.modified_ns, reason, self._stamp()),
            )

        self._db.transaction(work)

    def gone(self, paths: Iterable[str]) -> None:
        """Nothing lies at these paths any more. Captions stay; what was set aside there is forgotten."""
        wanted = list(paths)

        def work(db: sqlite3.Connection) -> None:
            self._leave(db, wanted)
            db.executemany("DELETE FROM refused WHERE path = ?", ((path,) for path in wanted))

        if wanted:
            self._db.transaction(work)

    def retry(self) -> int:
        """Forget what was set aside, so that it is looked at again; returns how many."""

        def work(db: sqlite3.Connection) -> int:
            files = db.execute("DELETE FROM refused").rowcount
            return files + db.execute("UPDATE image SET state = 'waiting' WHERE state = 'refused'").rowcount

        return self._db.transaction(work)

    def recaption(self, *, path: str | None = None, since: dt.datetime | None = None, model_older: bool = False) -> int:
        """Have images captioned again; the captions they have stay until then. Returns how many.

        Args:
            path: Only this file, or what lies below this folder.
            since: Only those captioned since then.
            model_older: Only those by another model or prompt than the newest caption's.
        """
        wanted, values = ["state != 'waiting'", "present > 0"], list[Any]()
        if path is not None:
            wanted.append("id IN (SELECT image_id FROM path WHERE path = ? OR (path >= ? AND path < ?))")
            values += [path, *_between(path)]
        if since is not None:
            wanted.append("captioned_at >= ?")
            values.append(since.astimezone(dt.UTC).isoformat(timespec="milliseconds"))
        if model_older:
            newest = self._db.rows("SELECT model, prompt_version FROM image ORDER BY captioned_at DESC LIMIT 1")
            wanted.append("(model, prompt_version) != (?, ?)")
            values += newest[0] if newest else ("", "")
        condition = " AND ".join(wanted)
        update = f"UPDATE image SET state = 'waiting' WHERE {condition}"  # noqa: S608 (our own conditions)
        return self._db.transaction(lambda db: db.execute(update, values).rowcount)

    def put(self, row: Row) -> bool:
        """Take in an image from an export, unless its content has a caption here; returns whether it was taken. Where
        it lay on the other machine is kept as gone: if it lies here, the gallery finds it."""

        def work(db: sqlite3.Connection) -> bool:
            known = db.execute("SELECT id, state FROM image WHERE sha256 = ?", (row.sha256,)).fetchone()
            if known is not None and (known[1] == "captioned" or row.state != "captioned"):
                return False
            values: dict[str, Any] = {name: getattr(row, name) for name in _OWN}
            values["tags"] = msgspec.json.encode(row.tags).decode()
            values["perceptual_hash"] = _signed(row.perceptual_hash)
            for name in ("taken_at", "captioned_at", "added_at", "read_at"):
                at = getattr(row, name)
                values[name] = at.isoformat() if at else None
            values["added_at"] = values["added_at"] or self._stamp()
            columns = _OWN
            if known is not None:
                pairs = ", ".join(f"{name} = ?" for name in columns)
                update = f"UPDATE image SET {pairs} WHERE id = ?"  # noqa: S608
                db.execute(update, [*(values[name] for name in columns), known[0]])
                id_ = known[0]
            else:
                marks = ", ".join("?" * len(columns))
                insert = f"INSERT INTO image ({', '.join(columns)}) VALUES ({marks}) RETURNING id"  # noqa: S608
                (id_,) = db.execute(insert, [values[name] for name in columns]).fetchone()
            db.executemany(
                "INSERT OR IGNORE INTO path VALUES (?, ?, ?, ?, ?)",
                ((path, id_, s.size_bytes, s.modified_ns, self._stamp()) for path, s in row.paths.items()),
            )
            index(db, id_)
            return True

        return self._db.transaction(work)

    def reindex(self, limit: int = 200) -> int:
        """Index images anew that an older version has indexed, newest first; returns how many. None are left at 0."""

        def work(db: sqlite3.Connection) -> int:
            found = db.execute("SELECT image_id FROM unindexed ORDER BY image_id DESC LIMIT ?", (limit,)).fetchall()
            for (image,) in found:
                index(db, image)
            return len(found)

        return self._db.transaction(work)

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Many changes as one, durable when it returns; for tools that fill the store. See `schema` and `index`."""
        return self._db.transaction(work)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _put(self, db: sqlite3.Connection, path: str, stat: Stat, image: int) -> None:
        before = db.execute("SELECT image_id FROM path WHERE path = ?", (path,)).fetchone()
        db.execute("DELETE FROM refused WHERE path = ?", (path,))
        db.execute(
            "INSERT OR REPLACE INTO path VALUES (?, ?, ?, ?, NULL)", (path, image, stat.size_bytes, stat.modified_ns)
        )
        for id_ in {image, *(before or ())}:
            _count(db, id_)
            index(db, id_)

    def _leave(self, db: sqlite3.Connection, paths: list[str]) -> None:
        images = set()
        for path in paths:
            left = db.execute(
                "UPDATE path SET gone_at = ? WHERE path = ? AND gone_at IS NULL RETURNING image_id",
                (self._stamp(), path),
            ).fetchall()
            images |= {id_ for (id_,) in left}
        for id_ in images:
            _count(db, id_)

    def _stamp(self) -> str:
        return self._now().astimezone(dt.UTC).isoformat(timespec="milliseconds")


_OWN: Final = tuple(name for name in Row.__struct_fields__ if name not in {"paths", "gone"})


def _moment(taken_at: dt.datetime | None, stat: Stat) -> float:
    """When the picture was taken, in seconds since 1970; where no camera says so, when the file was last changed."""
    with contextlib.suppress(OverflowError, OSError, ValueError):  # the year 1 has no time zone
        if taken_at is not None:
            return taken_at.timestamp()
    return stat.modified_ns / 1e9


def _between(folder: str) -> tuple[str, str]:
    """All paths below a folder are from the first on and before the second: "0" comes right after "/"."""
    below = folder.rstrip("/")
    return below + "/", below + "0"


def _signed(value: int | None) -> int | None:
    """64 bits as SQLite keeps them: a signed integer."""
    return None if value is None else (value & (2**64 - 1)) - (value >> 63 << 64)


def _count(db: sqlite3.Connection, image: int) -> None:
    db.execute(
        "UPDATE image SET present = (SELECT count(*) FROM path WHERE image_id = ? AND gone_at IS NULL) WHERE id = ?",
        (image, image),
    )
