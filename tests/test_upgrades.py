"""What an older homebody has written, the newer one opens: files made of each older version's own statements."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homebody import ledger
from homebody.captions import schema
from homebody.captions.store import Captions
from homebody.errors import MachineError
from homebody.ledger import Ledger, Turn
from homebody.router import memory
from homebody.router.answer_cache import AnswerCache
from homebody.router.memory import Memory

AT = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)


def older(path: Path, migrations, *statements: tuple[str, tuple[object, ...]]) -> None:
    """A database as a version with these migrations left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE migration (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL)")
        for name, script in migrations:
            db.executescript(script)
            db.execute("INSERT INTO migration VALUES (?, ?)", (name, AT.isoformat()))
        for statement, values in statements:
            db.execute(statement, values)
        db.commit()


MEMORY_ROWS = (
    ("INSERT INTO store VALUES (?, ?, ?)", ("lists", "shopping", '["milk"]')),
    (
        "INSERT INTO schedule (plugin, handler, due_at, due_s, data, next_s) VALUES (?, ?, ?, ?, ?, ?)",
        ("timers", "rang", AT.isoformat(), AT.timestamp(), '{"name": "pasta"}', AT.timestamp()),
    ),
    ("INSERT INTO announcement (text, at) VALUES (?, ?)", ("Your pasta timer is done.", AT.isoformat())),
)


@pytest.mark.parametrize("version", range(1, len(memory._MIGRATIONS) + 1))
def test_timers_lists_and_announcements_of_every_older_version_are_still_there(tmp_path, version):
    older(tmp_path / "router.sqlite", memory._MIGRATIONS[:version], *MEMORY_ROWS)
    with Memory(tmp_path) as found:
        assert found.problems == []
        assert found.get("lists", "shopping") == ["milk"]
        (due,) = found.due(AT)
        assert (due.plugin, due.scheduled.data) == ("timers", {"name": "pasta"})
        assert [one.text for one in found.waiting()] == ["Your pasta timer is done."]
        AnswerCache(found.database, ttl_s=60, entries=10).get("what this version added", AT)
        found.set("lists", "shopping", [])  # and it can be written to


CAPTION_ROWS = (
    (
        """INSERT INTO image (id, sha256, size_bytes, shown_s, caption, state, present, added_at, captioned_at)
        VALUES (1, ?, 10, ?, ?, 'captioned', 1, ?, ?)""",
        ("ab" * 32, AT.timestamp(), "A red bicycle leans on a wall.", AT.isoformat(), AT.isoformat()),
    ),
    ("INSERT INTO path VALUES (?, 1, 10, 5, NULL)", ("/pictures/a.jpg",)),
    ("INSERT INTO words (rowid, caption, tags, names, ocr) VALUES (1, ?, '', 'a.jpg', '')", ("A red bicycle",)),
)


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_captions_of_every_older_version_are_still_found(tmp_path, version):
    older(tmp_path / schema.FILE, schema.MIGRATIONS[:version], *CAPTION_ROWS)
    with closing(Captions(tmp_path)) as found:
        assert found.problems == []
        assert set(found.paths("/pictures")) == {"/pictures/a.jpg"}
        assert found.counts("/pictures").captioned == 1


@pytest.mark.parametrize("version", range(1, len(ledger._MIGRATIONS) + 1))
def test_turns_of_every_older_version_are_still_counted(tmp_path, version):
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db:
        for statement in ledger._MIGRATIONS[:version]:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")
        db.execute(
            "INSERT INTO turn (at, outcome, reason, route_kind, route_name, utterance_ms, window_s, text_ms) "
            "VALUES (?, 'answered', '', 'skill', 'clock', 900, 10, 321)",
            (AT.isoformat(),),
        )
        db.commit()
    with closing(Ledger(tmp_path)) as found:
        found.add(Turn(at=AT))
        assert [turn.text_ms for turn in found.turns()] == [321.0, None]


@pytest.mark.parametrize(("opened", "name", "first"), [
    (Memory, "router.sqlite", memory._MIGRATIONS), (Captions, schema.FILE, schema.MIGRATIONS),
])  # fmt: skip
def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path, opened, name, first):
    older(tmp_path / name, (*first, ("m900_future", "CREATE TABLE future (x)")), ("INSERT INTO future VALUES (7)", ()))
    with pytest.raises(MachineError, match="newer"):
        opened(tmp_path)
    with closing(sqlite3.connect(tmp_path / name)) as db:
        assert db.execute("SELECT x FROM future").fetchall() == [(7,)]


def test_an_upgrade_that_was_killed_halfway_is_finished_at_the_next_start(tmp_path):
    # Each migration is one transaction with its own record: after kill -9 either both are there, or neither.
    older(tmp_path / "router.sqlite", memory._MIGRATIONS[:1], *MEMORY_ROWS)
    with closing(sqlite3.connect(tmp_path / "router.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE answer (key TEXT)")  # never committed
    with Memory(tmp_path) as found:
        assert len(found.waiting()) == 1
