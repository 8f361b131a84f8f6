"""One skills worker as a subprocess: frames in, frames out, and its end noticed. Policy is in `skills_host`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

import msgspec

from homebody.errors import SkillFailed
from homebody.router.skills_wire import FRAME_LIMIT_BYTES, LENGTH, ToRouter, ToWorker, frame

log = logging.getLogger(__name__)

_PRINTED_LIMIT_BYTES: Final = 2000  # of what a skill prints, at once, into the log
_numbers = itertools.count(1)


class WorkerProcess:
    """A running worker. Create it with `start`; it is over when ``on_end`` has been called, exactly once.

    Attributes:
        pid: Of the process, which leads a process group of its own.
        started_s: On `time.monotonic`.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        printed: tuple[asyncio.StreamReader, asyncio.ReadTransport],
        receive: Callable[[WorkerProcess, ToRouter], None],
        on_end: Callable[[WorkerProcess], None],
    ) -> None:
        self.pid = process.pid
        self.number = next(_numbers)
        self.started_s = time.monotonic()
        self._process, self._printed = process, printed
        self._receive, self._on_end = receive, on_end
        self._ending = self._over = False
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._log_printed())]

    @classmethod
    async def start(
        cls, receive: Callable[[WorkerProcess, ToRouter], None], on_end: Callable[[WorkerProcess], None]
    ) -> WorkerProcess:
        """Start one.

        Args:
            receive: Called with each message, in order. Must not block or raise.
            on_end: Called when the process has ended, whoever ended it.

        Raises:
            SkillFailed: The system starts no process.
        """
        read_fd, write_fd = os.pipe()
        try:
            # -P: the working directory must not be a place to import from. A session of its own makes it, and whatever
            # its skills start, one group that can be ended at once.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "homebody.router.skills_worker", str(os.getpid()),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=write_fd,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            os.close(read_fd)
            raise SkillFailed("The process that runs skills could not be started.", "Free some memory.") from error
        finally:
            os.close(write_fd)
        # A pipe of our own, since a program a skill has started may hold it open after the worker's end.
        printed = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(printed), os.fdopen(read_fd, "rb")
        )
        return cls(process, (printed, transport), receive, on_end)

    @property
    def alive(self) -> bool:
        """Whether it can still be given work."""
        return not self._ending and self._process.returncode is None

    def send(self, message: ToWorker) -> None:
        """Give it a message; lost if it is ending.

        Raises:
            ValueError: The message cannot be sent at all.
        """
        data = frame(message)
        if self.alive and self._process.stdin is not None:
            self._process.stdin.write(data)

    def kill(self) -> None:
        """End it and what it started, now."""
        self._ending = True
        if self._over:
            return  # its number may be someone else's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def close(self) -> None:
        """End it and wait until it is gone."""
        self.kill()
        await asyncio.wait(self._tasks)

    async def _read(self) -> None:
        decoder = msgspec.msgpack.Decoder(ToRouter)
        assert self._process.stdout is not None
        stdout = self._process.stdout
        try:
            while True:
                (size_bytes,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
                if size_bytes > FRAME_LIMIT_BYTES:
                    log.warning("The skills worker sent %d bytes at once and is ended.", size_bytes)
                    break
                self._receive(self, decoder.decode(await stdout.readexactly(size_bytes)))
        except asyncio.IncompleteReadError:
            pass  # it has ended, or closed its output, which is the same to us
        except msgspec.MsgspecError as error:
            log.warning("The skills worker sent something that is no message and is ended: %s", error)
        finally:
            self.kill()
            await self._reap()

    async def _reap(self) -> None:
        await self._process.wait()
        self._over = True
        self._printed[1].close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._on_end(self)

    async def _log_printed(self) -> None:
        """Read what skills print, lest they block on it; at DEBUG, since it may hold someone's words."""
        while printed := await self._printed[0].read(64 * 1024):
            log.debug("printed by a skill: %s", printed[:_PRINTED_LIMIT_BYTES].decode(errors="replace").rstrip())
