"""Being a good process: logging, signals, readiness, watchdog and an orderly stop, the same for every service."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from homebody.errors import AlreadyRunning, HomebodyError, NotWritable

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger(__name__)

EX_SOFTWARE: Final = 70
EX_TEMPFAIL: Final = 75  # restart me: a device or library hangs and only a new process helps
STOP_LIMIT_S: Final = 8.0
GUARD_LOOKS: Final = 10  # of the own watchdog, in the time it allows


class Lifecycle:
    """What a service tells whoever started it. All methods may be called from the event loop's thread only."""

    def __init__(self) -> None:
        self._watchdog_s = watchdog_interval_s()
        self._beat_at = float("-inf")
        self._beats = 0
        self._guarded = False

    def ready(self, status: str) -> None:
        """The service works from now on; ``status`` is what ``systemctl status`` shows."""
        notify("READY=1", f"STATUS={status}")
        log.info("ready: %s", status)
        limit_s = own_watchdog_limit_s()
        if limit_s is not None and not self._guarded:
            self._guarded = True
            threading.Thread(target=self._guard, args=(limit_s,), daemon=True, name="watchdog").start()

    def status(self, status: str) -> None:
        """A new line for ``systemctl status``."""
        notify(f"STATUS={status}")

    def beat(self) -> None:
        """The work itself goes on. Call it from the loop that does the work, never from a timer: a timer would keep a
        deaf service alive. Cheap: says ``WATCHDOG=1`` at most as often as the manager asks."""
        self._beats += 1
        now = time.monotonic()
        if self._watchdog_s is not None and now - self._beat_at >= self._watchdog_s:
            self._beat_at = now
            notify("WATCHDOG=1")

    def _guard(self, limit_s: float) -> None:
        """End this process when no beat comes for so long. For launchd, which has no watchdog but starts again what
        ended in failure. Counts its own pauses rather than look at a clock, so that a machine that slept is no hang."""
        seen, quiet = -1, 0
        while quiet < GUARD_LOOKS:
            time.sleep(limit_s / GUARD_LOOKS)
            seen, quiet = (self._beats, 0) if self._beats != seen else (seen, quiet + 1)
        log.error("no sign of work for %g s; ending, to be started again", limit_s)
        os._exit(EX_TEMPFAIL)  # whatever hangs would hang an orderly stop as well


def run(service: Callable[[Lifecycle], Awaitable[None]], *, leash: bool = False) -> int:
    """Run a service until it ends, is told to stop (SIGTERM, SIGINT) or fails; returns the exit status.

    Args:
        service: Is cancelled to stop; closes everything it opened.
        leash: End as well when standard input is closed, i.e. when the process that started this one is gone.
    """
    import asyncio  # not for commands that only need to complain: it takes as long to import as all else for --help

    try:
        return asyncio.run(_supervised(service, leash))
    except Exception as error:
        known = understood(error)
        complain(known)
        return known.exit_code


def understood(error: BaseException) -> HomebodyError:
    """The error as one of ours: itself, the first of ours in a task group's, or one that names what was unforeseen."""
    if isinstance(error, HomebodyError):
        return error
    if isinstance(error, BaseExceptionGroup):
        ours = error.subgroup(HomebodyError)
        return understood((ours or error).exceptions[0])
    log.debug("unforeseen", exc_info=error)
    return HomebodyError(
        f"Something unforeseen went wrong ({type(error).__name__}).", "Details: put --log DEBUG behind homebody."
    )


async def _supervised(service: Callable[[Lifecycle], Awaitable[None]], leash: bool) -> int:
    import asyncio

    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(service(Lifecycle()))
    stopping = asyncio.Event()

    def stop() -> None:
        if not stopping.is_set():
            stopping.set()
            notify("STOPPING=1")
            work.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if leash:
        threading.Thread(target=_hold_leash, args=(loop, stop), daemon=True, name="leash").start()
    try:
        while not work.done():
            if stopping.is_set():
                await asyncio.wait([work], timeout=STOP_LIMIT_S)
                break
            waiter = asyncio.ensure_future(stopping.wait())
            await asyncio.wait([work, waiter], return_when=asyncio.FIRST_COMPLETED)
            waiter.cancel()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    if not work.done():
        log.warning("stopping took longer than %g s; leaving", STOP_LIMIT_S)
        os._exit(EX_TEMPFAIL)  # a thread inside a device driver may never return
    with contextlib.suppress(asyncio.CancelledError):
        work.result()
    return 0


def _hold_leash(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has closed: we are ending anyway
        loop.call_soon_threadsafe(stop)


def complain(error: HomebodyError, file: IO[str] | None = None) -> None:
    """The two sentences a person gets: what happened, what to do."""
    lines = [f"homebody: {error.reason}"]
    if error.remedy:
        lines.append(f"  {error.remedy}")
    (file or sys.stderr).write("\n".join(lines) + "\n")


def configure_logging(level: str | None = None) -> None:
    """Log to standard error, where launchd, journald and terminals all find it.

    Args:
        level: A name such as ``DEBUG``; None: ``$HOMEBODY_LOG``, else ``WARNING`` on a terminal and ``INFO`` elsewhere.
    """
    chosen = (level or os.environ.get("HOMEBODY_LOG") or ("WARNING" if sys.stderr.isatty() else "INFO")).upper()
    known = logging.getLevelNamesMapping()
    logging.basicConfig(
        level=known.get(chosen, logging.INFO), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for chatty in ("httpx", "httpcore", "httpx2", "httpcore2", "faster_whisper", "piper", "asyncio"):
        # Some of these log requests and texts at INFO; nobody's words belong in a log above DEBUG.
        logging.getLogger(chatty).setLevel(max(logging.WARNING, known.get(chosen, logging.INFO)))


def notify(*lines: str) -> bool:
    """Tell systemd (sd_notify(3), both socket kinds); False where no manager listens, so on macOS too."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or address[0] not in "/@":
        return False
    if address[0] == "@":
        address = "\0" + address[1:]  # Linux's abstract namespace
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.connect(address)
            manager.sendall("\n".join(lines).encode())
    except OSError:
        log.debug("the service manager's socket does not answer")
        return False
    return True


def watchdog_interval_s() -> float | None:
    """How often to say ``WATCHDOG=1``: half of what the manager allows; None when it is not asked of this process."""
    usec, pid = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID")
    if not (usec.isascii() and usec.isdecimal()) or (pid and pid != str(os.getpid())):
        return None
    return int(usec) / 2e6 or None  # 0: off


def own_watchdog_limit_s() -> float | None:
    """How long a service may go on without a beat before it ends itself: ``$HOMEBODY_WATCHDOG_S``, set where the
    service manager has no watchdog; None where it is not set."""
    try:
        limit_s = float(os.environ.get("HOMEBODY_WATCHDOG_S", ""))
    except ValueError:
        return None
    return limit_s if 0 < limit_s < float("inf") else None


@contextlib.contextmanager
def only_one(path: Path, title: str) -> Iterator[None]:
    """Hold this lock file, which the kernel frees with its process: there is one holder at a time.

    Args:
        path: Of the lock file. It stays: removing it would let two hold a lock each.
        title: Who holds it, such as ``A router``, for the reason.

    Raises:
        AlreadyRunning: Another process holds it; the reason names it.
        NotWritable: The file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written: {error.strerror}.", "Check the folder's rights.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            reason, remedy = f"{title} is already running (process {pid}).", f"Use it, or end it first: kill {pid}"
            raise AlreadyRunning(reason, remedy) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
