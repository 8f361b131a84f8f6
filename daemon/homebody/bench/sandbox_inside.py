"""The inside of `sandbox`: closes the doors, then runs the code it is given. A program, without site-packages."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, Final

CPU_S: Final = 5
MEMORY_BYTES: Final = 512 * 1024 * 1024
FILE_BYTES: Final = 1024 * 1024
FORBIDDEN_EXIT: Final = 77
CLONE_NEWUSER: Final = 0x10000000  # linux/sched.h
CLONE_NEWNET: Final = 0x40000000
FORBIDDEN: Final = (
    "socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system", "os.kill", "os.chmod",
    "os.chown", "os.link", "os.symlink", "ctypes.", "pty.", "webbrowser.", "urllib.", "ftplib.", "http.", "smtplib.",
)  # fmt: skip
CHANGES: Final = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.chdir")


def main() -> None:
    """Close the doors, then run what comes on standard input."""
    request = json.loads(sys.stdin.buffer.read())
    out = os.dup(1)
    token = request["token"].encode()
    if sys.platform == "darwin" or _without_network():
        os.write(out, token + b" network closed\n")
    _limit()
    _watch(Path.cwd().resolve())
    scope: dict[str, Any] = {"__name__": "__main__"}
    verdict = b" passed"
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        try:
            exec(compile(request["source"], "answer", "exec"), scope)  # noqa: S102  # what this is for
        except BaseException as error:
            verdict = b" raised " + type(error).__name__.encode()
    os.write(out, b"\n" + token + verdict + b"\n")
    os._exit(0)  # whatever it has registered to run at its end is not run


def _without_network() -> bool:
    """Leave the network behind, where the system lets a process of ours do so."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWNET) == 0)
    return False


def _limit() -> None:
    for what, limit in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):  # macOS has no RLIMIT_AS worth its name
            resource.setrlimit(what, (limit, limit))


def _watch(folder: Path) -> None:
    allowed = (str(folder), sys.prefix, sys.base_prefix, *(path for path in sys.path if path))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event.startswith(FORBIDDEN) or (event in CHANGES and not _within(arguments[0], (str(folder),))):
            os._exit(FORBIDDEN_EXIT)
        if event == "open" and isinstance(arguments[0], str | bytes):
            mode, flags = arguments[1:3]
            writes = bool(set(mode or "") & set("wax+")) or bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if not _within(arguments[0], (str(folder),) if writes else allowed):
                os._exit(FORBIDDEN_EXIT)

    sys.addaudithook(hook)


def _within(path: Any, folders: tuple[str, ...]) -> bool:
    try:
        whole = os.path.realpath(os.fsdecode(path))
    except (TypeError, ValueError):
        return False
    return whole == os.devnull or any(whole == folder or whole.startswith(folder + os.sep) for folder in folders)


if __name__ == "__main__":
    main()
