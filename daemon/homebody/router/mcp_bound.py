"""Runs a program and passes on its standard output while no line is too long: ``mcp_bound.py LIMIT PROGRAM``.

The package ``mcp`` keeps a line in memory until its end, however long it is: a server without line ends would take all
of the router's. So each server of a command runs behind this, in a process of its own; it is ended at the first line
that is longer than LIMIT bytes, and the router sees that it went away. Standard input and error are the program's own.
Imports the standard library's smallest parts and nothing of ours: it is there once a server.
"""

import os
import signal
import subprocess
import sys

CHUNK_BYTES = 65_536


def main(limit_bytes: int, command: list[str]) -> int:
    """The program's exit status; 1 where it wrote too long a line, 127 where it cannot be started."""
    try:
        program = subprocess.Popen(command, stdout=subprocess.PIPE)
    except OSError:
        return 127
    assert program.stdout is not None
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    lines = Lines(limit_bytes)
    while chunk := os.read(program.stdout.fileno(), CHUNK_BYTES):
        if not lines.fit(chunk):
            program.kill()
            program.wait()
            return 1
        try:
            _write(chunk)
        except BrokenPipeError:  # nobody reads any more
            program.terminate()
            break
    return program.wait()


class Lines:
    """Counts the bytes of lines that come in pieces."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes, self._begun_bytes = limit_bytes, 0

    def fit(self, chunk: bytes) -> bool:
        """Whether all lines, this piece added, are still short enough."""
        first, *others = map(len, chunk.split(b"\n"))
        longest = max(self._begun_bytes + first, *others, 0)
        self._begun_bytes = others[-1] if others else self._begun_bytes + first
        return longest <= self._limit_bytes


def _write(chunk: bytes) -> None:
    while chunk:
        chunk = chunk[os.write(1, chunk) :]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
