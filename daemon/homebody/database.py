"""A small SQLite file that never crashes its owner: opened, migrated, and set aside when it is damaged."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from homebody.errors import MachineError, NotWritable, Problem
from homebody.paths import private_dir

log = logging.getLogger(__name__)

BUSY_MS: Final = 5000  # another program, such as a backup, may hold the file for a moment
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

T = TypeVar("T")


class Database:
    """One SQLite file in WAL mode with its migrations applied. One writing process; any thread.

    ``synchronous`` is FULL: what is kept here (a timer, an announcement, a caption that took a model seconds) is
    written seldom and must survive a power cut, not only kill -9, which NORMAL would already survive. A commit so costs
    one fsync, some milliseconds: call from a thread where that matters.

    Args:
        path: The file. Its folder is created if need be.
        migrations: (name, statements) in order; each is applied once, and recorded by name in the table ``migration``.
        part: Whose file it is, for `Problem`.
        holds: What is lost with it, in words, such as ``timers and lists``.

    Attributes:
        problems: A damaged file that was set aside.

    Raises:
        NotWritable: The folder or file refuses.
        MachineError: The file was written by a newer homebody.
    """

    def __init__(
        self, path: Path, migrations: Sequence[tuple[str, str]], *, part: str = "memory", holds: str = "what it held"
    ) -> None:
        self.problems: list[Problem] = []
        self._path, self._migrations, self._part, self._holds = path, migrations, part, holds
        self._lock = threading.Lock()
        private_dir(path.parent)
        self._db = self._opened()

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do ``work`` in one transaction, durable when this returns; nothing of it happens when it raises.

        A file found damaged is set aside, and the work is done on a fresh one.

        Raises:
            NotWritable: The file refuses: the disk is full, or it was made read-only.
        """
        return self._safely(lambda: self._committed(work))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """What a query finds; works on a full disk too.

        Raises:
            NotWritable: The file cannot be read either.
        """
        return self._safely(lambda: self._db.execute(query, parameters).fetchall())

    def _safely(self, work: Callable[[], T]) -> T:
        with self._lock:
            try:
                return work()
            except sqlite3.DatabaseError as error:
                if not is_damaged(error):
                    raise self._refused(error) from error
                self._set_aside(error)
            self._db = self._opened()
            try:
                return work()
            except sqlite3.DatabaseError as error:
                raise self._refused(error) from error

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        with self._lock:
            self._db.close()

    def _committed(self, work: Callable[[sqlite3.Connection], T]) -> T:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            result = work(self._db)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        return result

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.DatabaseError as error:
            if not is_damaged(error):
                raise self._refused(error) from error
            self._set_aside(error)
        try:
            return self._connected()
        except sqlite3.DatabaseError as error:
            raise self._refused(error) from error

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            if (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                damaged = sqlite3.DatabaseError(found)
                damaged.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise damaged
            self._migrate(db)
        except BaseException:
            db.close()
            raise
        self._path.chmod(0o600)
        return db

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE IF NOT EXISTS migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)")
        applied = {name for (name,) in db.execute("SELECT name FROM migration")}
        if newer := applied - {name for name, _ in self._migrations}:
            raise MachineError(
                f"{self._path} was written by a newer homebody ({max(newer)}).",
                "Install that version again, or move the file away.",
            )
        for name, statements in self._migrations:
            if name not in applied:
                now = dt.datetime.now(dt.UTC).isoformat()
                # The name is ours and holds no quotes; executescript takes no parameters.
                record = f"INSERT INTO migration VALUES ('{name}', '{now}')"  # noqa: S608
                db.executescript(f"BEGIN IMMEDIATE; {statements}; {record}; COMMIT;")

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        """Move the file and its companions out of the way."""
        if getattr(self, "_db", None) is not None:
            self._db.close()
        try:
            aside = set_aside(self._path)
        except OSError as refused:
            raise self._refused(error) from refused
        self.problems.append(
            Problem(
                self._part,
                f"The file {self._path} was damaged, and with it {self._holds} were lost.",
                f"Restore it from a backup if you have one; the damaged file is kept as {aside.name}.",
            )
        )

    def _refused(self, error: sqlite3.DatabaseError) -> NotWritable:
        return NotWritable(
            f"{self._path} cannot be written to: {error}.",
            "Free space on that disk, and give yourself the right to write there, or set HOMEBODY_DATA_DIR.",
        )


def set_aside(path: Path) -> Path:
    """Move a damaged SQLite file and its companions out of the way; where it is now. Raises OSError."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.replace(aside.with_name(aside.name + suffix))
    log.warning("%s was damaged and is now %s", path, aside.name)
    return aside


def is_damaged(error: sqlite3.DatabaseError) -> bool:
    """Whether SQLite says that the file itself is broken, and not that it may not be used now."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED  # the low byte; the rest says where
