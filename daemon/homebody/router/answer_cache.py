"""Answers that are given again: to questions that stand alone (`homebody.router.stand_alone`), and about pictures.

A question about a picture is about nothing but the picture, so it is kept by the picture's hash, for good.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from homebody.database import Database
from homebody.router.stand_alone import normalised

MIGRATION: Final = (
    "answer_cache_001",
    """
    CREATE TABLE answer (
        key TEXT PRIMARY KEY, text TEXT NOT NULL, digest TEXT NOT NULL, at_s REAL NOT NULL, expires_s REAL,
        used_s REAL NOT NULL) WITHOUT ROWID;
    CREATE INDEX answer_used ON answer (used_s)
    """,
)
TEXT_LIMIT_CHARS: Final = 8000


class Known(msgspec.Struct, frozen=True):
    """An answer given before, and when (UTC)."""

    text: str
    digest: str
    at: dt.datetime


class AnswerCache:
    """The answers kept in a database with `MIGRATION`. Every method blocks for some milliseconds; any thread.

    Args:
        db: The router's.
        ttl_s: An answer without a picture is good for so long.
        entries: So many are kept; the ones unused for longest go first.
    """

    def __init__(self, db: Database, *, ttl_s: float, entries: int) -> None:
        self._db, self._ttl_s, self._entries = db, ttl_s, entries

    def get(self, key: str, now: dt.datetime) -> Known | None:
        """What is kept under this key and still good.

        Raises:
            NotWritable: The file cannot be read.
        """
        query = "SELECT text, digest, at_s FROM answer WHERE key = ? AND (expires_s IS NULL OR expires_s > ?)"
        rows = self._db.rows(query, (key, now.timestamp()))
        if not rows:
            return None
        text, digest, at_s = rows[0]
        return Known(text, digest, dt.datetime.fromtimestamp(at_s, dt.UTC))

    def put(self, key: str, text: str, digest: str, now: dt.datetime, *, lasts: bool = False) -> None:
        """Keep an answer; one that is too long is not. ``lasts``: it never goes out of date.

        Raises:
            NotWritable: The disk is full, or the file refuses.
        """
        if not text.strip() or len(text) > TEXT_LIMIT_CHARS or (not lasts and self._ttl_s <= 0) or not self._entries:
            return
        now_s = now.timestamp()
        row = (key, text, digest, now_s, None if lasts else now_s + self._ttl_s, now_s)

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM answer WHERE expires_s <= ?", (now_s,))
            db.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)", row)
            excess = db.execute("SELECT count(*) FROM answer").fetchone()[0] - self._entries
            if excess > 0:
                oldest = "SELECT key FROM answer ORDER BY used_s, key LIMIT ?"
                db.execute(f"DELETE FROM answer WHERE key IN ({oldest})", (excess,))  # noqa: S608  # our own words

        self._db.transaction(work)

    def used(self, key: str, now: dt.datetime) -> None:
        """It was given again, so that it stays longer than those that were not."""
        update = "UPDATE answer SET used_s = ? WHERE key = ?"
        self._db.transaction(lambda db: db.execute(update, (now.timestamp(), key)))


def key(question: str, *, language: str, purpose: str, model: str, digest: str, asked: str = "") -> str:
    """Of an answer without a picture. ``asked``: how the model is asked (template, sampling, system prompt)."""
    return _hash("text", normalised(question), language, purpose, model, digest, asked)


def image_key(images: Sequence[bytes], prompt: str, *, model: str, digest: str, asked: str = "") -> str:
    """Of an answer about pictures: their content, the prompt, the model."""
    return _hash("image", *(hashlib.sha256(image).hexdigest() for image in images), prompt, model, digest, asked)


def _hash(*parts: str) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
