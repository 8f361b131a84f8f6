"""One row a turn; nothing of it is lost."""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import NotWritable
from homebody.ledger import LEGS, Ledger, Turn, legs, percentile

AT = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)


def test_what_is_written_is_read_back_oldest_first(tmp_path):
    rows = [
        Turn(at=AT, route_kind="skill", route_name="clock", endpoint_ms=640.0, text_ms=700.5, first_sample_ms=810.0),
        Turn(at=AT + dt.timedelta(seconds=9), outcome="refused", reason="unsure", endpoint_ms=644.0),
    ]
    with closing(Ledger(tmp_path)) as ledger:
        for row in rows:
            ledger.add(row)
        assert ledger.turns() == rows
        assert ledger.turns(last=1) == rows[1:]


def test_a_reader_may_look_while_the_writer_has_it_open(tmp_path):
    with closing(Ledger(tmp_path)) as writer, closing(Ledger(tmp_path)) as reader:
        writer.add(Turn(at=AT))
        assert len(reader.turns()) == 1


@pytest.mark.processes
def test_kill_9_loses_no_turn_that_was_added(tmp_path):
    script = (
        "import datetime as dt, os, signal, sys; from pathlib import Path; from homebody.ledger import Ledger, Turn\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for _ in range(25): ledger.add(Turn(at=dt.datetime.now(dt.UTC)))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert died.returncode == -9
    with closing(Ledger(tmp_path)) as ledger:
        assert len(ledger.turns()) == 25


def test_a_file_that_is_no_ledger_is_set_aside_and_the_next_turn_is_kept(tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database" * 100)
    with closing(Ledger(tmp_path)) as ledger:
        ledger.add(Turn(at=dt.datetime.now(dt.UTC)))
        assert len(ledger.turns()) == 1
    (aside,) = tmp_path.glob("ledger.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"not a database")


def test_no_column_could_hold_anyones_words(tmp_path):
    with closing(Ledger(tmp_path)):
        pass
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db:
        columns = {name for _, name, *_ in db.execute("PRAGMA table_info(turn)")}
    assert not columns & {"text", "heard", "said", "transcript", "reply", "slots"}


@pytest.mark.skipif(os.getuid() == 0 and not Path("/proc/self").exists(), reason="root may write anywhere")
def test_a_folder_that_refuses_is_named():
    with pytest.raises(NotWritable) as refused:
        Ledger(Path("/proc/nowhere"))
    assert "/proc/nowhere" in refused.value.reason


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 100))
def test_a_percentile_is_a_value_that_occurred_and_is_ordered(values, percent):
    assert percentile(values, percent) in values
    assert percentile(values, 0) == min(values)
    assert percentile(values, 100) == max(values)
    assert percentile(values, percent) <= percentile(values, min(100.0, percent + 10))


def test_a_leg_that_never_happened_is_not_listed_and_the_rest_keep_the_order_of_a_turn():
    turns = [Turn(at=AT, done_ms=4.0, endpoint_ms=1.0), Turn(at=AT, endpoint_ms=3.0)]
    found = legs(turns)
    assert [leg.name for leg in found] == ["endpoint_ms", "done_ms"]
    assert [leg.count for leg in found] == [2, 1]
    assert set(LEGS) >= {leg.name for leg in found}
