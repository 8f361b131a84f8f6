"""A worker of a service as a subprocess: frames in, frames out, and its end noticed.

What may block, crash or eat memory runs in such a process: skills, language models that need no server, strangers'
pictures. When to start, feed and end one is decided by who starts it.
"""

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
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import msgspec

from homebody.worker_frames import FRAME_LIMIT_BYTES, LENGTH, frame

log = logging.getLogger(__name__)

_PRINTED_LIMIT_BYTES: Final = 2000  # of what it prints, at once, into the log
_numbers = itertools.count(1)

Sent = TypeVar("Sent", bound=msgspec.Struct)
Received = TypeVar("Received", bound=msgspec.Struct)


class WorkerProcess(Generic[Sent, Received]):
    """A running worker. Create it with `start`; it is over when ``on_end`` has been called, exactly once.

    Attributes:
        module: What it runs; a class of its own for each kind of worker says it.
        title: What it is called in the log.
        answers: The type of what it sends.
        frame_limit_bytes: Of what it sends at once; more, and it is ended.
        sent_limit_bytes: Of what it is sent at once.
        pid: Of the process, which leads a process group of its own.
        started_s: On `time.monotonic`.
    """

    module: ClassVar[str]
    title: ClassVar[str]
    answers: ClassVar[Any]
    frame_limit_bytes: ClassVar[int] = FRAME_LIMIT_BYTES
    sent_limit_bytes: ClassVar[int] = FRAME_LIMIT_BYTES

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        printed: tuple[asyncio.StreamReader, asyncio.ReadTransport],
        receive: Callable[[Received], None],
        on_end: Callable[[], None],
    ) -> None:
        self.pid = process.pid
        self.number = next(_numbers)
        self.started_s = time.monotonic()
        self._process, self._printed = process, printed
        self._receive, self._on_end = receive, on_end
        self._ending = self._over = self._killed = False
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._log_printed())]

    @classmethod
    async def start(
        cls, receive: Callable[[Self, Received], None], on_end: Callable[[Self], None], *arguments: str
    ) -> Self:
        """Start one.

        Args:
            receive: Called with each message, in order. Must not block or raise.
            on_end: Called when the process has ended, whoever ended it.
            arguments: For its command line, behind our process's number.

        Raises:
            OSError: The system starts no process.
        """
        read_fd, write_fd = os.pipe()
        try:
            # -P: the working directory must not be a place to import from. A session of its own makes it, and whatever
            # it starts, one group that can be ended at once.
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", cls.module, str(os.getpid()), *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=write_fd,
                start_new_session=True,
            )  # fmt: skip
        except OSError:
            os.close(read_fd)
            raise
        finally:
            os.close(write_fd)
        # A pipe of our own, since a program it has started may hold it open after the worker's end.
        printed = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(printed), os.fdopen(read_fd, "rb")
        )
        worker = cls(process, (printed, transport), lambda message: receive(worker, message), lambda: on_end(worker))
        return worker

    @property
    def signal(self) -> int | None:
        """The signal that ended it where we did not; 9 is how Linux ends what needs more memory than there is."""
        code = self._process.returncode
        return None if self._killed or code is None or code >= 0 else -code

    @property
    def ended_by_itself(self) -> bool:
        """It ended, and not because of `kill`."""
        return self._over and not self._killed

    @property
    def alive(self) -> bool:
        """Whether it can still be given work."""
        return not self._ending and self._process.returncode is None

    def send(self, message: Sent) -> None:
        """Give it a message; lost if it is ending.

        Raises:
            ValueError: The message cannot be sent at all.
        """
        data = frame(message, self.sent_limit_bytes)
        if self.alive and self._process.stdin is not None:
            self._process.stdin.write(data)

    def pause(self) -> None:
        """Stop it and what it started where they are, until `resume`; its memory stays. It can still be killed."""
        self._signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal_group(signal.SIGCONT)

    def kill(self) -> None:
        """End it and what it started, now."""
        self._killed = self._killed or not self._over
        self._end_group()

    def _end_group(self) -> None:
        self._ending = True
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        if self._over:
            return  # its number may be someone else's by now
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    async def close(self) -> None:
        """End it and wait until it is gone."""
        self.kill()
        await asyncio.wait(self._tasks)

    async def _read(self) -> None:
        decoder = msgspec.msgpack.Decoder(self.answers)
        assert self._process.stdout is not None
        stdout = self._process.stdout
        try:
            while True:
                (size_bytes,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
                if size_bytes > self.frame_limit_bytes:
                    log.warning("The %s sent %d bytes at once and is ended.", self.title, size_bytes)
                    break
                self._receive(decoder.decode(await stdout.readexactly(size_bytes)))
        except asyncio.IncompleteReadError:
            pass  # it has ended, or closed its output, which is the same to us
        except msgspec.MsgspecError as error:
            log.warning("The %s sent something that is no message and is ended: %s", self.title, error)
        finally:
            self._end_group()
            await self._reap()

    async def _reap(self) -> None:
        await self._process.wait()
        self._over = True
        self._printed[1].close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._on_end()

    async def _log_printed(self) -> None:
        """Read what it prints, lest it blocks on that; at DEBUG, since it may hold someone's words."""
        while printed := await self._printed[0].read(64 * 1024):
            text = printed[:_PRINTED_LIMIT_BYTES].decode(errors="replace")
            log.debug("printed by the %s: %s", self.title, text.rstrip())
