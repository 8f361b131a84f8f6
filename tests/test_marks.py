"""What `make test-fast` rests on: a test that starts a process says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = """
import subprocess, sys
import pytest

@pytest.fixture
def child():
    subprocess.run([sys.executable, "-c", ""], check=True)

def test_unmarked():
    subprocess.run([sys.executable, "-c", ""], check=True)

def test_unmarked_by_its_fixture(child):
    pass

@pytest.mark.processes
def test_marked(child):
    pass

def test_that_starts_nothing_after_one_that_did():
    pass
"""


@pytest.mark.processes
@pytest.mark.skipif(sys.platform != "linux", reason="it is noticed on Linux only")
def test_a_test_that_starts_a_process_and_does_not_say_so_fails(tmp_path):
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "test_some.py").write_text(TESTS)
    settings = "[pytest]\nmarkers =\n    processes: a\n    fast: b\npythonpath = " + str(HERE)
    (tmp_path / "pytest.ini").write_text(settings)

    def passed(*chosen: str) -> tuple[set[str], str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *chosen]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100).stdout
        return {line.split()[0].split("::")[1] for line in said.splitlines() if " PASSED " in line}, said

    names, said = passed()
    assert names == {"test_marked", "test_that_starts_nothing_after_one_that_did"}, said
    assert "pytest.mark.processes" in said
    assert passed("-m", "fast")[0] == {"test_that_starts_nothing_after_one_that_did"}
