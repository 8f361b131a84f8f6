"""Runs a model's Python where it can do little harm: `run`. The inside is `sandbox_inside`.

What holds it: a process of its own in a session of its own, which is ended as a whole at the deadline; an empty
environment, an empty temporary folder, no inherited files; limits of the system on processor time, memory, file size,
open files and processes; on Linux a network namespace without a network where the system lets us have one, on macOS
``sandbox-exec``; and an audit hook that ends the process at the first socket, program, foreign file or ctypes. The hook
alone is no wall (Python says so); with the limits it is enough for code that is clumsy, which is what models write. It
is not meant for code that attacks.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final, Literal

import msgspec

from homebody.bench.sandbox_inside import FORBIDDEN_EXIT

INSIDE: Final = Path(__file__).with_name("sandbox_inside.py")
DEADLINE_S: Final = 10.0
OUTPUT_LIMIT_BYTES: Final = 64 * 1024
MACOS_RULES: Final = "(version 1)(allow default)(deny network*)"

Network = Literal["closed by the system", "closed by the interpreter"]


class Outcome(msgspec.Struct, frozen=True):
    """How it went.

    Attributes:
        passed: It ran to its end and nothing was raised.
        why: What went wrong, such as ``AssertionError``; nobody's words.
        network: What kept it from the network.
    """

    passed: bool
    why: str
    network: Network


def run(source: str, *, deadline_s: float = DEADLINE_S) -> Outcome:
    """Run this Python; blocks, at most for the deadline and a moment.

    Args:
        source: The whole program. It has passed when its last line was reached.
        deadline_s: Of the wall clock; processor time has a limit of its own (`sandbox_inside.CPU_S`).
    """
    token = secrets.token_hex(16)
    command = [sys.executable, "-I", "-S", "-B", str(INSIDE)]
    if sys.platform == "darwin":
        command = ["/usr/bin/sandbox-exec", "-p", MACOS_RULES, *command]
    with tempfile.TemporaryDirectory(prefix="hb-") as folder, tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.DEVNULL,
            cwd=folder, env={}, start_new_session=True,
        )  # fmt: skip
        why = ""
        try:
            process.communicate(msgspec.json.encode({"token": token, "source": source}), timeout=deadline_s)
        except subprocess.TimeoutExpired:
            why = "it took too long"
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said = os.pread(output.fileno(), OUTPUT_LIMIT_BYTES, 0).decode(errors="replace")
    return _outcome(said, token, why or _ended_by(process.returncode))


def _outcome(said: str, token: str, otherwise: str) -> Outcome:
    """Only lines with the token are the inside's own; the code does not get to know it."""
    ours = [line.removeprefix(token).strip() for line in said.splitlines() if line.startswith(token)]
    network: Network = "closed by the system" if "network closed" in ours else "closed by the interpreter"
    verdicts = [line for line in ours if line.startswith(("passed", "raised"))]
    if verdicts and not otherwise:
        return Outcome(
            verdicts[-1] == "passed", verdicts[-1].removeprefix("raised").removeprefix("passed").strip(), network
        )
    return Outcome(False, otherwise or "it ended early", network)


def _ended_by(code: int) -> str:
    if code == -signal.SIGXCPU:
        return "it took too long"
    if code == FORBIDDEN_EXIT:
        return "it tried what is not allowed"
    return "it ended early" if code else ""
