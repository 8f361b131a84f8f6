"""What the router must not forget: plugins' stores, what is scheduled, and what is still to be announced.

One file, ``router.sqlite``, one writer: the router. Every method is one transaction that has reached the disk when it
returns; it blocks for some milliseconds and may be called from any thread.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

import msgspec

from homebody.database import Database
from homebody.errors import Problem
from homebody.router import answer_cache
from homebody.skill import Scheduled

VALUE_LIMIT_BYTES: Final = 64 * 1024
KEY_LIMIT_CHARS: Final = 200
KEYS_LIMIT: Final = 1000  # a plugin
SCHEDULED_LIMIT: Final = 500  # a plugin
TEXT_LIMIT_CHARS: Final = 16_000

_MIGRATIONS: Final = (
    (
        "m001",
        """
        CREATE TABLE store (
            plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (plugin, key)) WITHOUT ROWID;
        CREATE TABLE schedule (
            id INTEGER PRIMARY KEY AUTOINCREMENT, plugin TEXT NOT NULL, handler TEXT NOT NULL,
            due_at TEXT NOT NULL, due_s REAL NOT NULL, data TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, next_s REAL NOT NULL);
        CREATE INDEX schedule_next ON schedule (next_s);
        CREATE TABLE announcement (
            id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, at TEXT NOT NULL)
        """,
    ),
    answer_cache.MIGRATION,
    ("m002", "ALTER TABLE announcement ADD COLUMN language TEXT"),
)


class Announcement(NamedTuple):
    """Something to be said aloud that was not yet: ``at`` is when it should have been (aware)."""

    id: int
    text: str
    at: dt.datetime
    language: str | None = None


class DueRow(msgspec.Struct, frozen=True):
    """Something that has come due. ``attempts``: how often its handler has failed already."""

    plugin: str
    scheduled: Scheduled
    attempts: int


class Memory:
    """The file ``router.sqlite`` in a folder. A context manager; `close` may also be called.

    Every method raises `NotWritable` when the disk is full or the file refuses. A damaged file is set aside and named
    in ``problems``; a fresh one takes its place.

    Args:
        folder: Where the file lies; created if need be.

    Raises:
        NotWritable: The folder or the file refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._db = Database(folder / "router.sqlite", _MIGRATIONS, holds="timers, lists and announcements")

    def __enter__(self) -> Memory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def problems(self) -> Sequence[Problem]:
        """What a person should know of the file."""
        return self._db.problems

    @property
    def database(self) -> Database:
        """The file, for what else of the router's lies in it (`homebody.router.answer_cache`)."""
        return self._db

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._db.close()

    # --- a plugin's store -------------------------------------------------------------------------------------------

    def get(self, plugin: str, key: str, default: Any = None) -> Any:
        """The plugin's value of this key, or ``default``."""
        query = "SELECT value FROM store WHERE plugin = ? AND key = ?"
        rows = self._db.rows(query, (plugin, key))
        return msgspec.json.decode(rows[0][0]) if rows else default

    def set(self, plugin: str, key: str, value: Any) -> None:
        """Keep a JSON value for the plugin.

        Raises:
            ValueError: No JSON, or too large, or too many keys.
        """
        encoded = _json(value)
        if not 1 <= len(key) <= KEY_LIMIT_CHARS:
            raise ValueError(f"a key has 1 to {KEY_LIMIT_CHARS} characters")

        def work(db: sqlite3.Connection) -> None:
            count = "SELECT count(*) FROM store WHERE plugin = ? AND key != ?"
            if db.execute(count, (plugin, key)).fetchone()[0] >= KEYS_LIMIT:
                raise ValueError(f"a plugin keeps at most {KEYS_LIMIT} keys")
            db.execute("INSERT OR REPLACE INTO store VALUES (?, ?, ?)", (plugin, key, encoded))

        self._db.transaction(work)

    def delete(self, plugin: str, key: str) -> None:
        """Forget the plugin's key, if it is there."""
        self._db.transaction(lambda db: db.execute("DELETE FROM store WHERE plugin = ? AND key = ?", (plugin, key)))

    # --- the schedule -----------------------------------------------------------------------------------------------

    def schedule(self, plugin: str, due_at: dt.datetime, handler: str, data: Mapping[str, Any]) -> Scheduled:
        """Have the plugin's handler called at ``due_at``.

        Raises:
            ValueError: A time without a zone, no JSON, or too much.
        """
        if due_at.tzinfo is None:
            raise ValueError("due_at needs a time zone; take ctx.now and add to it")
        encoded = _json(dict(data))
        due_s = due_at.timestamp()

        def work(db: sqlite3.Connection) -> int:
            count = "SELECT count(*) FROM schedule WHERE plugin = ?"
            if db.execute(count, (plugin,)).fetchone()[0] >= SCHEDULED_LIMIT:
                raise ValueError(f"a plugin schedules at most {SCHEDULED_LIMIT} things")
            row = db.execute(
                "INSERT INTO schedule (plugin, handler, due_at, due_s, data, next_s) VALUES (?, ?, ?, ?, ?, ?)",
                (plugin, handler, due_at.isoformat(), due_s, encoded, due_s),
            )
            assert row.lastrowid is not None
            return row.lastrowid

        return Scheduled(self._db.transaction(work), handler, due_at, msgspec.json.decode(encoded))

    def pending(self, plugin: str, handler: str) -> list[Scheduled]:
        """What is still to come for a handler of the plugin, soonest first."""
        query = "SELECT id, handler, due_at, data FROM schedule WHERE plugin = ? AND handler = ? ORDER BY due_s, id"
        return [_scheduled(*row) for row in self._db.rows(query, (plugin, handler))]

    def cancel(self, plugin: str, id: int) -> bool:
        """Take something of the plugin back; False when it has been handled or never was."""
        delete = "DELETE FROM schedule WHERE plugin = ? AND id = ?"
        return self._db.transaction(lambda db: db.execute(delete, (plugin, id)).rowcount) == 1

    def due(self, now: dt.datetime) -> list[DueRow]:
        """What is to be handled now: those that came due, longest ago first, those postponed only when they are."""
        query = (
            "SELECT plugin, attempts, id, handler, due_at, data FROM schedule WHERE next_s <= ? "
            "ORDER BY next_s, id LIMIT 100"
        )
        rows = self._db.rows(query, (now.timestamp(),))
        return [DueRow(plugin, _scheduled(*rest), attempts) for plugin, attempts, *rest in rows]

    def next_at(self, *, without: Sequence[int] = ()) -> dt.datetime | None:
        """When something, those of these ids left out, is next to be handled (UTC); None when nothing is scheduled."""
        query = "SELECT min(next_s) FROM schedule WHERE id NOT IN (SELECT value FROM json_each(?))"
        ((next_s,),) = self._db.rows(query, (_json(without),))
        return None if next_s is None else dt.datetime.fromtimestamp(next_s, dt.UTC)

    def handled(self, id: int, announcements: Sequence[tuple[str, str]] = (), *, at: dt.datetime) -> bool:
        """What came due has been handled: forget it and keep what it announces (words and their language), both or
        neither.

        Returns:
            False when it had been taken back meanwhile; then nothing is announced.
        """

        def work(db: sqlite3.Connection) -> bool:
            if db.execute("DELETE FROM schedule WHERE id = ?", (id,)).rowcount == 0:
                return False
            for text, language in announcements:
                _announce(db, text, at, language)
            return True

        return self._db.transaction(work)

    def postpone(self, id: int, until: dt.datetime) -> None:
        """Its handler failed: count that, and do not handle it before ``until``."""
        update = "UPDATE schedule SET attempts = attempts + 1, next_s = ? WHERE id = ?"
        self._db.transaction(lambda db: db.execute(update, (until.timestamp(), id)))

    # --- announcements ----------------------------------------------------------------------------------------------

    def waiting(self) -> list[Announcement]:
        """What is still to be said, oldest first."""
        rows = self._db.rows("SELECT id, text, at, language FROM announcement ORDER BY id")
        return [Announcement(id_, text, dt.datetime.fromisoformat(at), language) for id_, text, at, language in rows]

    def add(self, text: str, at: dt.datetime | None = None, *, language: str | None = None) -> int:
        """Keep something to be said; returns its id.

        Args:
            text: At most 16,000 characters; more is cut.
            at: When it should have been said; None: now.
            language: What it is in; None: unknown.
        """
        return self._db.transaction(lambda db: _announce(db, text, at or dt.datetime.now(dt.UTC), language))

    def spoken(self, id: int) -> None:
        """It has been said: forget it."""
        self._db.transaction(lambda db: db.execute("DELETE FROM announcement WHERE id = ?", (id,)))


def _announce(db: sqlite3.Connection, text: str, at: dt.datetime, language: str | None) -> int:
    text = text[:TEXT_LIMIT_CHARS].encode(errors="replace").decode()  # SQLite takes no lone surrogates
    values = (text, at.isoformat(), language)
    id_ = db.execute("INSERT INTO announcement (text, at, language) VALUES (?, ?, ?)", values).lastrowid
    assert id_ is not None
    return id_


def _scheduled(id_: int, handler: str, due_at: str, data: str) -> Scheduled:
    return Scheduled(id_, handler, dt.datetime.fromisoformat(due_at), msgspec.json.decode(data))


def _json(value: Any) -> str:
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError("only JSON values can be kept") from error
    if len(encoded) > VALUE_LIMIT_BYTES:
        raise ValueError(f"a value of {len(encoded)} bytes is too large; {VALUE_LIMIT_BYTES} are the limit")
    return encoded.decode()
