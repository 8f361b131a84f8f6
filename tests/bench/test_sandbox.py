"""A model's code runs, and does no harm."""

from __future__ import annotations

import socket
import sys
import time
from pathlib import Path

import pytest

from homebody.bench.sandbox import run

pytestmark = pytest.mark.processes


def test_code_that_runs_to_its_end_has_passed():
    assert run("x = sum(range(10))\nassert x == 45").passed
    assert run("import math, json, re, collections, itertools, functools, heapq, dataclasses, typing").passed


def test_what_it_prints_is_nothing_to_us():
    outcome = run("print('passed')\nraise ValueError('secret words')")
    assert (outcome.passed, outcome.why) == (False, "ValueError")


@pytest.mark.parametrize("source", ["import os\nos._exit(0)", "import sys\nsys.exit(0)", "exit()", "raise SystemExit"])
def test_ending_early_is_not_passing(source):
    assert not run(source).passed


def test_syntax_errors_are_failures():
    assert run("def f(:").why == "SyntaxError"


def test_an_endless_loop_is_ended():
    began_s = time.monotonic()
    assert run("while True: pass", deadline_s=1.0).why == "it took too long"
    assert time.monotonic() - began_s < 30


def test_sleeping_is_ended_too():
    assert run("import time\ntime.sleep(60)", deadline_s=1.0).why == "it took too long"


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not keep this limit")
def test_memory_has_a_limit():
    assert run("x = bytearray(4 * 10**9)").why == "MemoryError"


def test_the_network_is_closed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        port = server.getsockname()[1]
        assert not run(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 2)").passed
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "source",
    [
        "import subprocess\nsubprocess.run(['true'])",
        "import os\nos.system('true')",
        "import os\nos.fork()",
        "import ctypes\nctypes.CDLL(None)",
        "open('/etc/passwd').read()",
        "import os\nos.open('/etc/passwd', os.O_RDONLY)",
    ],
)
def test_programs_and_foreign_files_are_refused(source):
    assert run(source).why == "it tried what is not allowed"


def test_nothing_of_ours_can_be_changed(tmp_path: Path):
    target = tmp_path / "kept.txt"
    target.write_text("kept")
    for source in (f"open({str(target)!r}, 'w')", f"import os\nos.remove({str(target)!r})"):
        assert not run(source).passed
    assert target.read_text() == "kept"


def test_its_own_folder_is_its_to_write_in():
    assert run("open('note.txt', 'w').write('x')\nassert open('note.txt').read() == 'x'").passed


def test_it_sees_none_of_our_environment(monkeypatch):
    monkeypatch.setenv("HOMEBODY_TEST_SECRET", "x")
    assert run("import os\nassert 'HOMEBODY_TEST_SECRET' not in os.environ").passed
