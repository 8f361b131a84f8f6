"""The ledger: one row a spoken turn, where its milliseconds went. No words are kept in it.

Every leg is counted from the end of speech on the microphone's clock, because that is when the person begins to wait.
"""

from __future__ import annotations

import datetime as dt
import math
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from homebody.database import is_damaged, set_aside
from homebody.errors import NotWritable
from homebody.paths import private_dir

LEGS: Final = (
    "endpoint_ms",  # the end of speech was decided
    "text_ms",  # the transcript was ready
    "route_ms",  # the router said who answers
    "first_token_ms",  # the first piece of the answer came
    "first_pcm_ms",  # the first sound was synthesized
    "first_sample_ms",  # the first sample left the loudspeaker
    "done_ms",  # the last one had
)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One row.

    Attributes:
        at: When the speech ended, aware.
        outcome: ``answered``, ``refused`` (heard, not acted on), ``failed``, ``interrupted``.
        reason: The refusal's or failure's code; empty otherwise.
        route_kind, route_name: Who answered: ``skill`` and its name, or ``model`` and its.
        utterance_ms: Length of what was said.
        window_s: Whisper's window.
        *_ms: See `LEGS`; None for a leg that did not happen.
    """

    at: dt.datetime
    outcome: str = "answered"
    reason: str = ""
    route_kind: str = ""
    route_name: str = ""
    utterance_ms: float = 0.0
    window_s: float = 0.0
    endpoint_ms: float | None = None
    text_ms: float | None = None
    route_ms: float | None = None
    first_token_ms: float | None = None
    first_pcm_ms: float | None = None
    first_sample_ms: float | None = None
    done_ms: float | None = None


class Leg(msgspec.Struct, frozen=True):
    """A leg's spread over some turns, in milliseconds."""

    name: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


_COLUMNS: Final = tuple(field.name for field in msgspec.structs.fields(Turn))

_MIGRATIONS: Final = (
    """CREATE TABLE turn (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
        route_kind TEXT NOT NULL, route_name TEXT NOT NULL, utterance_ms REAL NOT NULL, window_s REAL NOT NULL,
        endpoint_ms REAL, text_ms REAL, route_ms REAL, first_token_ms REAL, first_pcm_ms REAL, first_sample_ms REAL,
        done_ms REAL)""",
)


class Ledger:
    """The file ``ledger.sqlite``. One writer: the voice service. Readers may open it at the same time (WAL).

    Args:
        folder: Where it lies; created if need be.

    Raises:
        NotWritable: The folder or the file refuses.
    """

    def __init__(self, folder: Path) -> None:
        path = private_dir(folder) / "ledger.sqlite"
        try:
            try:
                self._open(path)
            except sqlite3.DatabaseError as error:
                if not is_damaged(error):
                    raise
                set_aside(path)  # figures are no reason to be deaf
                self._open(path)
        except (sqlite3.Error, OSError) as error:
            raise NotWritable(
                f"The ledger {path} cannot be used: {error}.", "Move that file away; a new one is made."
            ) from error

    def _open(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")  # kill -9 loses nothing; a power cut at most the last turns
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def _migrate(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")  # of two that start at once, the second finds the work done
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        for number, statement in enumerate(_MIGRATIONS[version:], start=version + 1):
            self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {number}")
        self._db.execute("COMMIT")

    def add(self, turn: Turn) -> None:
        """Write a row; durable against kill -9 when it returns.

        Raises:
            NotWritable: The disk refuses.
        """
        values = msgspec.to_builtins(turn)
        marks = ", ".join("?" * len(_COLUMNS))
        insert = f"INSERT INTO turn ({', '.join(_COLUMNS)}) VALUES ({marks})"  # noqa: S608 (names from our own struct)
        try:
            self._db.execute(insert, [values[name] for name in _COLUMNS])
        except sqlite3.Error as error:
            raise NotWritable(f"The ledger cannot be written: {error}.", "Make room on the disk.") from error

    def turns(self, last: int = 1000) -> list[Turn]:
        """The newest rows, oldest first."""
        rows = self._db.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM turn ORDER BY id DESC LIMIT ?",  # noqa: S608
            (last,),
        ).fetchall()
        return [msgspec.convert(dict(zip(_COLUMNS, row, strict=True)), Turn) for row in reversed(rows)]

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._db.close()


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile, a value that really occurred, of ``values`` in any order, at least one."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def legs(turns: Iterable[Turn]) -> list[Leg]:
    """Each leg's p50, p95 and p99 over the turns in which it happened, in the order of a turn."""
    rows = list(turns)
    found = []
    for name in LEGS:
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        if values:
            found.append(Leg(name, len(values), *(percentile(values, percent) for percent in (50, 95, 99))))
    return found
