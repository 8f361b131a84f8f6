"""What an older homebody has written, the newer one opens: files made of each older version's own statements."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from homebody import keys, ledger, profile
from homebody.captions import schema
from homebody.captions.search import CaptionSearch
from homebody.captions.store import Captions
from homebody.errors import MachineError
from homebody.ledger import Ledger, Turn
from homebody.paths import config_dir
from homebody.router import memory
from homebody.router.answer_cache import AnswerCache
from homebody.router.memory import Memory
from homebody.setup import record
from homebody.voice.memory import VoiceMemory

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
        assert found.reindex() == (1 if version < 3 else 0)  # the versions before knew forms of English words alone
        with closing(CaptionSearch(tmp_path)) as search:
            words = "bicycle" if version == 3 else "bicycles"  # the row of the third one was written without its forms
            assert [hit.path for hit in search.find(words).rows] == ["/pictures/a.jpg"]


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_captions_of_an_older_version_are_found_before_the_gallery_has_renewed_them(tmp_path, version):
    older(tmp_path / schema.FILE, schema.MIGRATIONS[:version], *CAPTION_ROWS)
    with closing(CaptionSearch(tmp_path)) as search:
        assert [hit.path for hit in search.find("red bicycle").rows] == ["/pictures/a.jpg"]


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


# The beginning of the SHA-256 of each statement, its spaces made single. What has once been carried out on somebody's
# machine is never changed: a change is a migration of its own at the end.
SHIPPED = {
    "router.sqlite": {
        "m001": "c92a8b163627ad7d",
        "answer_cache_001": "8ff819c7d99713a9",
        "m002": "075785941603a28f",
    },
    "captions.sqlite": {
        "m001_images": "2aa5b86f07f55908",
        "m002_read_at": "a96fa3a7d6f2d22b",
        "m003_forms": "78b2067428e6c126",
    },
    "ledger.sqlite": {"1": "fa55e0b909b99d36"},
}


@pytest.mark.parametrize(
    ("name", "migrations"),
    [
        ("router.sqlite", memory._MIGRATIONS),
        ("captions.sqlite", schema.MIGRATIONS),
        ("ledger.sqlite", [(str(number), sql) for number, sql in enumerate(ledger._MIGRATIONS, start=1)]),
    ],
)
def test_a_migration_that_was_shipped_is_never_changed(name, migrations):
    digests = {step: hashlib.sha256(" ".join(sql.split()).encode()).hexdigest()[:16] for step, sql in migrations}
    assert digests == SHIPPED[name], "a new one belongs into SHIPPED; an old one is left as it is"
    assert list(digests) == list(SHIPPED[name])


# --- what is no database ---------------------------------------------------------------------------------------------


def test_the_volume_and_the_notices_of_an_older_and_of_a_newer_version_are_still_known(tmp_path):
    (tmp_path / "voice.json").write_text('{"volume_percent": 35.0}')  # before pauses were learned
    assert VoiceMemory(tmp_path).volume_percent == 35.0
    (tmp_path / "voice.json").write_text('{"volume_percent": 35.0, "noticed": ["embedded"], "later": [1, 2]}')
    remembered = VoiceMemory(tmp_path)
    assert (remembered.volume_percent, remembered.given("embedded"), remembered.pauses_ms) == (35.0, True, ())


def test_what_was_chosen_at_an_older_and_at_a_newer_install_is_kept():
    record.path().write_text('{"profile": "cpu-8gb"}')
    assert record.read() == record.Choices(profile="cpu-8gb")
    record.path().write_text('{"profile": null, "always_listening": true, "later": {}}')
    assert record.read() == record.Choices(always_listening=True)


def test_the_keys_of_an_older_and_of_a_newer_version_let_the_same_clients_in():
    pair = keys.make_server_key()
    path = keys.keys_dir() / "router.json"
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, "later": True}))
    assert keys.server_key() == pair


def test_the_settings_of_an_older_version_are_still_taken():
    """What that version documented: a key that goes must be understood, or refused with its new name."""
    (config_dir() / "homebody.toml").write_text(SETTINGS_OF_0_1)
    loaded = profile.load()
    assert loaded.voice.transcriber.model == "base.en"
    assert loaded.router.purposes.code.models == ("qwen2.5-coder:1.5b",)


SETTINGS_OF_0_1 = """
profile = "ollama"

[voice]
language = "en"
listen_timeout_ms = 6000

[voice.transcriber]
model = "base.en"

[voice.synthesizer]
voice = "en_US-lessac-medium"

[voice.microphone]
device = "Jabra"

[voice.speaker]
volume_percent = 35

[voice.barge_in]
by_voice = true

[voice.commit]
learn_pauses = false

[voice.wake]
enabled = true
words = ["okay_nabu"]

[router]
metrics = "127.0.0.1:9464"

[router.text]
backend = "ollama"
base_url = "http://127.0.0.1:11434"
model = "qwen2.5:1.5b"

[router.answer_cache]
entries = 0

[router.purposes.code]
models = ["qwen2.5-coder:1.5b"]
temperature = 0.0

[router.models."qwen2.5-coder:1.5b"]
num_ctx = 8192

[router.background]

[gallery]
folders = ["~/Pictures"]

[wire]
tcp = "tcp://127.0.0.1:5757"
"""


def test_an_upgrade_that_was_killed_halfway_is_finished_at_the_next_start(tmp_path):
    # Each migration is one transaction with its own record: after kill -9 either both are there, or neither.
    older(tmp_path / "router.sqlite", memory._MIGRATIONS[:1], *MEMORY_ROWS)
    with closing(sqlite3.connect(tmp_path / "router.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TABLE answer (key TEXT)")  # never committed
    with Memory(tmp_path) as found:
        assert len(found.waiting()) == 1
