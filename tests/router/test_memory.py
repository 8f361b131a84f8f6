from __future__ import annotations

import datetime as dt
import os
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import MachineError, NotWritable
from homebody.router.memory import KEYS_LIMIT, SCHEDULED_LIMIT, Memory

NOW = dt.datetime(2026, 11, 22, 7, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
SECOND = dt.timedelta(seconds=1)


def test_a_value_is_kept_for_its_plugin_alone(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        memory.set("lists", "milk", {"count": [1, None, "ü"]})
        memory.set("lists", "milk", {"count": [2]})
        assert memory.get("timers", "milk") is None
    with Memory(tmp_path) as memory:
        assert memory.get("lists", "milk") == {"count": [2]}
        memory.delete("lists", "milk")
        memory.delete("lists", "milk")
        assert memory.get("lists", "milk", "none") == "none"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON)
def test_any_json_comes_back_as_it_went(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    with Memory(tmp_path_factory.mktemp("memory")) as memory:
        try:
            memory.set("plugin", "key", value)
        except ValueError:  # a lone surrogate is no JSON text
            assert "\\ud" in ascii(value)
        else:
            assert memory.get("plugin", "key") == value


@pytest.mark.parametrize("value", [object(), "x" * 70_000, {"a": {1, 2}.__iter__()}])
def test_what_is_no_small_json_is_refused(tmp_path: Path, value: object) -> None:
    with Memory(tmp_path) as memory, pytest.raises(ValueError, match=r"JSON|large"):
        memory.set("plugin", "key", value)


def test_a_plugin_cannot_fill_the_disk(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        memory._db.transaction(
            lambda db: db.executemany("INSERT INTO store VALUES ('p', ?, '1')", [(str(n),) for n in range(KEYS_LIMIT)])
        )
        memory._db.transaction(
            lambda db: db.executemany(
                "INSERT INTO schedule (plugin, handler, due_at, due_s, data, next_s) VALUES ('p', 'h', '', ?, '{}', 0)",
                [(n,) for n in range(SCHEDULED_LIMIT)],
            )
        )
        memory.set("p", "0", "an old key may change")
        with pytest.raises(ValueError, match="keys"):
            memory.set("p", "new", 1)
        with pytest.raises(ValueError, match="schedules"):
            memory.schedule("p", NOW, "h", {})
        memory.set("other", "new", 1)


def test_what_is_scheduled_comes_due_in_order_and_survives(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        later = memory.schedule("timers", NOW + 5 * SECOND, "ring", {"name": "tea"})
        sooner = memory.schedule("timers", NOW + SECOND, "ring", {})
        other = memory.schedule("alarms", NOW + 2 * SECOND, "ring", {})
    with Memory(tmp_path) as memory:
        assert memory.pending("timers", "ring") == [sooner, later]
        assert memory.next_at() == NOW + SECOND
        assert memory.next_at(without=[sooner.id]) == NOW + 2 * SECOND
        assert memory.due(NOW) == []
        assert [row.scheduled for row in memory.due(NOW + 3 * SECOND)] == [sooner, other]
        assert not memory.cancel("alarms", sooner.id)
        assert memory.cancel("timers", sooner.id)
        assert not memory.cancel("timers", sooner.id)
        assert memory.pending("timers", "ring") == [later]


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory, pytest.raises(ValueError, match="zone"):
        memory.schedule("timers", NOW.replace(tzinfo=None), "ring", {})


def test_what_was_handled_is_gone_and_announced_once(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        row = memory.schedule("timers", NOW, "ring", {})
        assert memory.handled(row.id, [("one", "en"), ("two", "de")], at=NOW)
        assert not memory.handled(row.id, [("again", "en")], at=NOW)
        assert [one[1:] for one in memory.waiting()] == [("one", NOW, "en"), ("two", NOW, "de")]
        assert memory.next_at() is None


def test_a_postponed_row_counts_its_failures_and_waits(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        row = memory.schedule("timers", NOW, "ring", {})
        memory.postpone(row.id, NOW + 5 * SECOND)
        assert memory.due(NOW + SECOND) == []
        (due,) = memory.due(NOW + 5 * SECOND)
        assert due.attempts == 1
        assert due.scheduled == row


def test_announcements_wait_until_they_were_spoken(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        first = memory.add("first", NOW)
        memory.add("a \ud800 surrogate")
    with Memory(tmp_path) as memory:
        memory.spoken(first)
        memory.spoken(first)
        assert [text for _, text, *_ in memory.waiting()] == ["a ? surrogate"]
        assert memory.add("third") > first  # ids are never used twice


def test_threads_may_use_it_at_once(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        threads = [threading.Thread(target=memory.add, args=(str(n),)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(int(one.text) for one in memory.waiting()) == list(range(20))


@pytest.mark.parametrize("damage", [b"this is no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 9000])
def test_a_damaged_file_is_set_aside_and_named(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "router.sqlite").write_bytes(damage)
    with Memory(tmp_path) as memory:
        (problem,) = memory.problems
        assert problem.part == "memory"
        assert problem.remedy
        memory.add("works")
        assert len(memory.waiting()) == 1
    (aside,) = tmp_path.glob("router.sqlite.damaged-*[0-9]")
    assert aside.read_bytes() == damage


def test_a_file_damaged_while_it_is_open_is_set_aside_too(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        memory.add("lost")
        memory._db._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with (tmp_path / "router.sqlite").open("r+b") as file:
            file.seek(0)
            file.write(os.urandom(40_000))
        memory._db._db.execute("PRAGMA shrink_memory")
        memory.add("kept")
        memory.waiting()
        assert [problem.part for problem in memory.problems] == ["memory"]
        memory.set("p", "k", 1)
        assert memory.get("p", "k") == 1


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Memory(tmp_path).close()
    with sqlite3.connect(tmp_path / "router.sqlite") as db:
        db.execute("INSERT INTO migration VALUES ('m999', 'later')")
    db.close()
    with pytest.raises(MachineError, match="newer"):
        Memory(tmp_path)
    assert list(tmp_path.glob("*damaged*")) == []


def test_migrations_are_recorded_and_applied_once(tmp_path: Path) -> None:
    for _ in range(2):
        with Memory(tmp_path) as memory:
            names = [name for (name,) in memory._db.rows("SELECT name FROM migration")]
            assert names == ["answer_cache_001", "m001", "m002"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_refuses_is_named_with_its_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(NotWritable) as refused:
            Memory(tmp_path / "inside")
    finally:
        tmp_path.chmod(0o700)
    assert str(tmp_path) in refused.value.reason
    assert refused.value.remedy


def test_a_path_that_is_no_folder_is_named_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable) as refused:
        Memory(tmp_path / "file")
    assert refused.value.remedy


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with Memory(tmp_path) as memory:
        memory._db._db.execute("PRAGMA query_only = ON")
        with pytest.raises(NotWritable) as refused:
            memory.add("lost")
        assert refused.value.remedy
        assert memory.waiting() == []
