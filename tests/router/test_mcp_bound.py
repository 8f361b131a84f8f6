from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebody.router import mcp_bound

LIMIT = 64


def passed_on(program: str, *, says: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", "-S", mcp_bound.__file__, str(LIMIT), sys.executable, "-I", "-S", "-c", program]
    return subprocess.run(command, input=says, capture_output=True, timeout=60, check=False)


@pytest.mark.processes
def test_what_a_program_hears_and_says_is_passed_on_and_so_is_its_end() -> None:
    echo = "import sys; sys.stdout.write(sys.stdin.read()); sys.exit(7)"
    result = passed_on(echo, says=b"one\ntwo\nthree")
    assert (result.stdout, result.returncode) == (b"one\ntwo\nthree", 7)


@pytest.mark.processes
def test_a_program_that_writes_a_line_without_end_is_ended() -> None:
    endless = "import os\nos.write(1, b'fine\\n')\nwhile True: os.write(1, b'x' * 16)"
    result = passed_on(endless)
    assert result.returncode == 1
    assert len(result.stdout) <= len("fine\n") + LIMIT


@pytest.mark.processes
def test_a_program_that_is_not_there_is_as_in_a_shell() -> None:
    command = [sys.executable, mcp_bound.__file__, str(LIMIT), "/nowhere/server"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 127


@pytest.mark.lengthy
@given(chunks=st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"x", b"\n")), max_size=12))
@settings(max_examples=200)
def test_lines_are_counted_over_all_chunks(chunks: list[bytes]) -> None:
    lines = mcp_bound.Lines(LIMIT)
    fitting = [lines.fit(chunk) for chunk in chunks]
    for count in range(1, len(chunks) + 1):
        longest = max(map(len, b"".join(chunks[:count]).split(b"\n")))
        assert fitting[count - 1] == (longest <= LIMIT)
        if longest > LIMIT:
            break


@pytest.mark.parametrize(("chunks", "fits"), [([b"x" * 64], True), ([b"x" * 65], False), ([b"x" * 40] * 2, False)])
def test_a_line_may_be_as_long_as_the_limit(chunks: list[bytes], fits: bool) -> None:
    lines = mcp_bound.Lines(LIMIT)
    assert [lines.fit(chunk) for chunk in chunks][-1] == fits
