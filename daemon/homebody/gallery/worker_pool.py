"""A few worker processes that may be killed: each does one request at a time, and has a deadline for it.

A worker that takes too long, dies or is given up (the asker has gone) is killed and replaced before the next request;
nothing else notices. All of them can be paused where they are. Used for pictures (`image_worker`) and for the text in
them (`ocr_worker`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Generic, Self, TypeVar

import msgspec

from homebody.worker_process import WorkerProcess

log = logging.getLogger(__name__)

Request = TypeVar("Request", bound=msgspec.Struct)
Answer = TypeVar("Answer", bound=msgspec.Struct)


class WorkerDied(Exception):
    """The process ended while it owed the answer.

    Attributes:
        signal: What ended it; None: it ended by itself.
    """

    def __init__(self, signal: int | None) -> None:
        super().__init__(f"signal {signal}")
        self.signal = signal


class WorkerPool(Generic[Request, Answer]):
    """Workers of one kind; an asynchronous context manager. They are started when they are first needed.

    Args:
        kind: The process: each request is answered by exactly one message.
        workers: How many at most, 1 to 64; further requests wait their turn, first come, first served.
        arguments: For the processes' command line.
    """

    def __init__(self, kind: type[WorkerProcess[Request, Answer]], workers: int, arguments: Sequence[str] = ()) -> None:
        self._kind, self._arguments = kind, tuple(arguments)
        self._free = asyncio.Semaphore(workers)
        self._idle: list[_Worker[Request, Answer]] = []
        self._all: set[_Worker[Request, Answer]] = set()
        self._limits: dict[_Worker[Request, Answer], asyncio.Timeout] = {}
        self._left_s: dict[asyncio.Timeout, float] = {}  # of the deadlines, while paused
        self._going = asyncio.Event()
        self._going.set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(worker.close() for worker in self._all))

    async def call(self, request: Request, deadline_s: float) -> Answer:
        """The worker's answer.

        Args:
            request: Is not repeated, whatever happens.
            deadline_s: From when a worker begins with it, its start included; waiting for a free one does not count.

        Raises:
            TimeoutError: It took longer; the worker has been killed.
            WorkerDied: The worker ended.
            OSError: The system starts no process.
        """
        async with self._free:
            await self._going.wait()
            async with self._worker() as worker, asyncio.timeout(deadline_s) as limit:
                self._limits[worker] = limit
                try:
                    return await worker.call(request)
                finally:
                    del self._limits[worker]

    def pause(self) -> None:
        """Stop every worker in the middle of what it does, until `resume`: no deadline runs meanwhile."""
        if not self._going.is_set():
            return
        self._going.clear()
        now_s = asyncio.get_running_loop().time()
        for worker, limit in self._limits.items():
            when_s = limit.when()
            if when_s is not None and not limit.expired():
                self._left_s[limit] = max(0.0, when_s - now_s)
                limit.reschedule(None)
            worker.pause()

    def resume(self) -> None:
        """Let them go on."""
        now_s = asyncio.get_running_loop().time()
        for worker, limit in self._limits.items():
            worker.resume()
            if (left_s := self._left_s.get(limit)) is not None and not limit.expired():
                limit.reschedule(now_s + left_s)
        self._left_s.clear()
        self._going.set()

    @asynccontextmanager
    async def _worker(self) -> AsyncGenerator[_Worker[Request, Answer], None]:
        self._idle = [worker for worker in self._idle if worker.usable]  # one may have died meanwhile
        worker = self._idle.pop() if self._idle else _Worker(self._kind, self._arguments)
        self._all.add(worker)
        try:
            yield worker
        finally:
            if worker.usable:
                self._idle.append(worker)
            else:
                self._all.discard(worker)
                await worker.close()


class _Worker(Generic[Request, Answer]):
    """One process, started at its first request; unusable after anything but an answer."""

    def __init__(self, kind: type[WorkerProcess[Request, Answer]], arguments: tuple[str, ...]) -> None:
        self._kind, self._arguments = kind, arguments
        self._process: WorkerProcess[Request, Answer] | None = None
        self._owed: asyncio.Future[Answer] | None = None
        self._paused = False

    @property
    def usable(self) -> bool:
        return self._process is not None and self._process.alive and self._owed is None

    async def call(self, request: Request) -> Answer:
        if self._process is None:
            self._process = await self._kind.start(self._received, self._ended, *self._arguments)
            if self._paused:  # while it started
                self._process.pause()
        self._owed = asyncio.get_running_loop().create_future()
        if self._process.alive:
            self._process.send(request)
        elif not self._owed.done():
            self._owed.set_exception(WorkerDied(self._process.signal))
        answer = await self._owed
        self._owed = None
        return answer

    def pause(self) -> None:
        self._paused = True
        if self._process is not None:
            self._process.pause()

    def resume(self) -> None:
        self._paused = False
        if self._process is not None:
            self._process.resume()

    async def close(self) -> None:
        if self._process is not None:
            await self._process.close()

    def _received(self, _: Any, answer: Answer) -> None:
        if self._owed is not None and not self._owed.done():
            self._owed.set_result(answer)

    def _ended(self, process: WorkerProcess[Request, Answer]) -> None:
        if self._owed is not None and not self._owed.done():
            self._owed.set_exception(WorkerDied(process.signal))
