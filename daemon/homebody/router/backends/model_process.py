"""Keeps the worker process of a model: started when needed, loaded, replaced, and ended when idle."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from typing import ClassVar, Final

from homebody.errors import ModelError, ModelFailed, ModelUnreachable, NotCapable, OutOfMemory
from homebody.router.backends.model_wire import Failed, Finished, Load, Loaded, Text, ToRouter, ToWorker
from homebody.worker_process import WorkerProcess

log = logging.getLogger(__name__)

LOAD_LIMIT_S: Final = 300.0
STEADY_S: Final = 30.0  # a worker that lived so long did not die of its model


class ModelWorker(WorkerProcess[ToWorker, ToRouter]):
    """A process that runs a model; a class of its own for each engine says which `module`.

    Attributes:
        engine: Its name in a profile.
        families: What it can run, for a sentence.
        loaded: The model is in memory.
    """

    engine: ClassVar[str]
    families: ClassVar[str]
    title = "language model worker"
    answers = ToRouter

    loaded = False


class ModelProcess:
    """At most one worker, with the model loaded.

    Args:
        kind: Which worker.
        load: What to load. Raises ModelMissing where there is nothing.
        receive: Called with what a worker says of an answer. Must not block or raise.
        lost: Called when a worker has ended, for whatever reason.
        keep_alive_s: A worker without work ends after so long; None: never.
    """

    def __init__(
        self,
        kind: type[ModelWorker],
        load: Callable[[], Load],
        *,
        receive: Callable[[Text | Finished | Failed], None],
        lost: Callable[[ModelWorker], None],
        keep_alive_s: float | None,
    ) -> None:
        self._kind = kind
        self._load, self._receive_answer, self._lost, self._keep_alive_s = load, receive, lost, keep_alive_s
        self._worker: ModelWorker | None = None
        self._loading: asyncio.Future[Loaded | Failed | None] | None = None
        self._launch: asyncio.Task[ModelWorker] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def worker(self) -> ModelWorker | None:
        """The current one; None while there is none, or it is ending."""
        return self._worker if self._worker is not None and self._worker.alive else None

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self.worker is not None and self.worker.loaded

    async def ready(self) -> ModelWorker:
        """A worker with the model loaded. Loading goes on when the caller gives up.

        Raises:
            ModelError: The model cannot be loaded.
        """
        if self._closed:
            raise ModelFailed("The language model has been closed.", "Start homebody again.")
        if self._launch is None and self._worker is not None and self._worker.alive:
            return self._worker
        return await asyncio.shield(self._launch or self._begin())

    def used(self) -> None:
        """The model has work: it is not idle."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def unused(self) -> None:
        """The model has no work any more: its time to be kept begins."""
        self.used()
        if self._keep_alive_s is not None and not self._closed:
            self._idle = asyncio.get_running_loop().call_later(self._keep_alive_s, self._unload)

    async def aclose(self) -> None:
        """End the worker and wait until it is gone."""
        self._closed = True
        self.used()
        if self._launch is not None:
            self._launch.cancel()
            await asyncio.wait({self._launch})
        if self._worker is not None:
            await self._worker.close()

    def _begin(self) -> asyncio.Task[ModelWorker]:
        self._launch = asyncio.create_task(self._launched())
        self._launch.add_done_callback(self._launch_ended)
        return self._launch

    async def _launched(self) -> ModelWorker:
        load = self._load()
        try:
            worker = self._worker = await self._kind.start(self._receive, self._ended)
        except OSError as error:
            log.warning("The process that runs the language model does not start: %s", error.strerror)
            reason = "The process that runs the language model could not be started."
            raise ModelUnreachable(reason, "Free some memory.") from error
        self._loading = asyncio.get_running_loop().create_future()
        worker.send(load)
        try:
            async with asyncio.timeout(LOAD_LIMIT_S):
                said = await self._loading
        except TimeoutError:
            said = Failed(0, "failed", "no answer in time")
        except asyncio.CancelledError:
            worker.kill()
            raise
        if isinstance(said, Loaded):
            log.info("The language model was loaded in %.0f ms.", said.load_ms)
            worker.loaded = True
            return worker
        worker.kill()
        if said is None:
            log.warning("The language model worker ended while it loaded the model.")
            raise out_of_memory() if worker.signal == signal.SIGKILL else not_loaded("failed", load, self._kind)
        log.warning("The language model could not be loaded: %s.", said.kind)
        log.debug("%s", said.detail)
        raise not_loaded(said.kind, load, self._kind)

    def _launch_ended(self, launch: asyncio.Task[ModelWorker]) -> None:
        self._launch = None
        if not launch.cancelled():
            launch.exception()  # looked at, in case nobody waits any more

    def _receive(self, worker: ModelWorker, message: ToRouter) -> None:
        match message:
            case Loaded() | Failed(id=0):
                if worker is self._worker:
                    self._settle(message)
            case Text() | Finished() | Failed():
                self._receive_answer(message)

    def _ended(self, worker: ModelWorker) -> None:
        if worker is self._worker:
            self._settle(None)
            self._worker = None
            if worker.loaded and worker.ended_by_itself and not self._closed:
                log.warning("The language model worker ended by itself.")
                if time.monotonic() - worker.started_s > STEADY_S:  # the next question need not wait for the model
                    self._begin()
        self._lost(worker)

    def _settle(self, said: Loaded | Failed | None) -> None:
        if self._loading is not None and not self._loading.done():
            self._loading.set_result(said)

    def _unload(self) -> None:
        if self._worker is not None:
            log.info("The language model was not asked for a while and is unloaded.")
            self._worker.kill()


def not_loaded(kind: str, load: Load, worker: type[ModelWorker]) -> ModelError:
    """Why a model is not in memory."""
    match kind:
        case "memory":
            return out_of_memory()
        case "broken":
            return ModelFailed(
                "The language model's files are broken.", f"Put the whole model into {load.folder} again."
            )
        case "template":
            return NotCapable(
                "I do not know how to talk to this language model.",
                f"Choose one of the {worker.families} families instead.",
            )
        case "device":
            return NotCapable(
                f"This machine cannot run the language model with {load.compute_type} on {load.device}.",
                f"Correct device and compute_type under [router.text.{worker.engine}] in homebody.toml.",
            )
        case "library":
            return NotCapable(
                f"What runs {worker.engine} models is not installed.",
                f"Install it with: pip install 'homebody[{worker.engine}]'",
            )
    return ModelFailed("The language model could not be loaded.", "Look at the log at level DEBUG.")


def out_of_memory() -> OutOfMemory:
    """The model does not fit."""
    return OutOfMemory(
        "The language model does not fit into the memory that is free.",
        "Close other programs, or choose a smaller model in homebody.toml.",
    )
