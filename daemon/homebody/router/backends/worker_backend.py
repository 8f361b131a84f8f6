"""A model that homebody runs itself, in a worker process of its own: what its engines have in common.

The worker is started with the first question, ends when the model has not been asked for ``keep_alive``, and is
replaced when it dies or hangs. A model is a folder.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Coroutine, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

from homebody.errors import (
    DeadlineExceeded,
    EmptyAnswer,
    ModelBusy,
    ModelError,
    ModelFailed,
    ModelMissing,
    NotCapable,
    ProfileError,
)
from homebody.messages import Usage
from homebody.options import TextModelOptions
from homebody.router.backends import USUAL, ChatMessage, Ended, ModelState, Piece, Sampling
from homebody.router.backends.model_process import ModelProcess, ModelWorker, out_of_memory
from homebody.router.backends.model_wire import Cancel, Failed, Finished, Generate, Load, Said, Text

log = logging.getLogger(__name__)

T = TypeVar("T")

PARALLEL: Final = 2  # answers at once: a person waiting beside a folder waiting
STREAMS_LIMIT: Final = 8  # open at once, those that wait for their turn included
BUSY_RETRY_MS: Final = 2000.0
CANCEL_LIMIT_S: Final = 10.0  # for reading a long prompt, which nothing interrupts
CHOOSE_ANOTHER: Final = "Choose another model in homebody.toml."
_DURATION: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


_Heard = Text | Finished | Failed | None  # None: the worker has ended


class WorkerBackend:
    """A `homebody.router.backends.Backend` on a worker process of its own; a class of its own for each engine.

    Two limits of the profile apply: ``first_token_ms`` until the first token (loading and waiting for a turn are in
    it) and ``gap_ms`` between tokens. A worker that keeps neither, or that does not stop when told to, is replaced.

    Args:
        options: The profile's ``router.text``, as it holds for this model.

    Attributes:
        worker: What runs the model.
        files: What a model's folder holds at least.

    Raises:
        ProfileError: ``keep_alive`` is no duration.
    """

    worker: ClassVar[type[ModelWorker]]
    files: ClassVar[tuple[str, ...]]

    def __init__(self, options: TextModelOptions) -> None:
        self._options = options
        self._streams: dict[int, asyncio.Queue[_Heard]] = {}
        self._at_work: dict[int, ModelWorker] = {}  # generations of which the worker has not said that they ended
        self._limits: dict[int, asyncio.TimerHandle] = {}  # for cancelled ones
        self._ids = iter(range(1, 1 << 62))
        self._process = ModelProcess(
            self.worker,
            self._load,
            receive=self._receive,
            lost=self._lost,
            keep_alive_s=keep_alive_s(options.keep_alive),
        )

    @property
    def worker_pid(self) -> int | None:
        """The process that runs the model now; None where there is none."""
        return self._process.worker.pid if self._process.worker else None

    @property
    def generating(self) -> int:
        """Answers the worker is still at, those that were cancelled included."""
        return len(self._at_work)

    async def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message; see `homebody.router.backends.Backend`."""
        self.refuse(messages)
        self._folder()
        if len(self._streams) >= STREAMS_LIMIT:
            raise ModelBusy(
                "The language model has too much to do.", "Ask again in a moment.", retry_after_ms=BUSY_RETRY_MS
            )
        number = next(self._ids)
        heard = self._streams[number] = asyncio.Queue()
        self._process.used()
        answer = ""
        began_s = _now_s()
        first_s = began_s + self._options.first_token_ms / 1000
        try:
            was_loaded = self._process.loaded
            worker = await _within(self._process.ready(), first_s)
            load_ms = None if was_loaded else 1000 * (_now_s() - began_s)
            if not messages:
                yield Ended(load_ms=load_ms)
                return
            self._generate(worker, number, messages, max_tokens or self._options.max_tokens, sampling)
            item = await _within(heard.get(), first_s)
            while isinstance(item, Text):
                answer += item.text if item.channel == "answer" else ""
                yield Piece(item.text, item.channel)
                item = await _within(heard.get(), _now_s() + self._options.gap_ms / 1000)
            if not isinstance(item, Finished):
                raise _translated(item)
            yield _ended(item, answer, load_ms)
        except TimeoutError:
            self._give_up(number)
            raise DeadlineExceeded(
                "The language model took too long.",
                "Ask again; if it happens often, choose a smaller model or raise router.text.first_token_ms.",
                partial=answer,
            ) from None
        except ModelError as error:
            error.partial = answer
            raise
        finally:
            self._leave(number)

    async def check(self) -> ModelState:
        """Whether the model could be asked now; see `homebody.router.backends.Backend`."""
        self._folder()
        return ModelState(self._options.model, self.worker.engine, self._process.loaded)

    async def aclose(self) -> None:
        """End the worker; open streams break off."""
        await self._process.aclose()

    # --- the model ----------------------------------------------------------------------------------------------------

    def refuse(self, messages: Sequence[ChatMessage]) -> None:
        """Look at a question before anything is started for it.

        Raises:
            NotCapable: No model of this engine can answer it.
        """
        raise NotImplementedError

    def load(self, folder: Path) -> Load:
        """How the model in this folder is to be loaded."""
        raise NotImplementedError

    @staticmethod
    def shelf(name: str) -> Path:
        """Where a model lies that is named without a path."""
        raise NotImplementedError

    def where(self, name: str) -> Path:
        """The folder of the model that the profile calls so."""
        path = Path(name).expanduser()
        return path if path.is_absolute() else self.shelf(name)

    def remedy(self, name: str, folder: Path) -> str:  # noqa: ARG002  (engines of a catalogue need it)
        """How a model comes to where it is missing."""
        return f"Put the model's folder in {self.worker.engine}'s format at {folder}, or correct its name."

    def _load(self) -> Load:
        return self.load(self._folder())

    def _folder(self) -> Path:
        """Where the model is.

        Raises:
            ModelMissing: It is not there, or not whole.
        """
        name = self._options.model
        folder = self.where(name)
        if not folder.is_dir():
            raise ModelMissing(f"{_said(name)} is not on this machine.", self.remedy(name, folder))
        missing = [file for file in self.files if not (folder / file).is_file()]
        if missing:
            raise ModelMissing(
                f"{_said(name)} is not whole: {missing[0]} is missing.", f"Put the whole model into {folder} again."
            )
        return folder

    # --- one answer ---------------------------------------------------------------------------------------------------

    def _generate(
        self, worker: ModelWorker, number: int, messages: Sequence[ChatMessage], max_tokens: int, sampling: Sampling
    ) -> None:
        if not worker.alive:  # it ended between loading and now
            raise _translated(None)
        options = self._options
        said = tuple(Said(message.role, message.content, message.images) for message in messages)
        temperature, top_p = sampling.over(options)
        request = Generate(number, said, options.num_ctx, max_tokens, temperature, top_p, options.stop)
        try:
            worker.send(request)
        except ValueError as error:
            raise _too_long() from error
        self._at_work[number] = worker

    def _receive(self, message: Text | Finished | Failed) -> None:
        if not isinstance(message, Text):
            self._settled(message.id)
        if (heard := self._streams.get(message.id)) is not None:
            heard.put_nowait(message)

    def _lost(self, worker: ModelWorker) -> None:
        for number in [number for number, at in self._at_work.items() if at is worker]:
            self._settled(number)
            if (heard := self._streams.get(number)) is not None:
                heard.put_nowait(None)

    def _settled(self, number: int) -> None:
        self._at_work.pop(number, None)
        if (limit := self._limits.pop(number, None)) is not None:
            limit.cancel()

    def _leave(self, number: int) -> None:
        """A stream is over; what the worker still does for it is stopped."""
        del self._streams[number]
        if (worker := self._at_work.get(number)) is not None:
            worker.send(Cancel(number))
            self._limits[number] = asyncio.get_running_loop().call_later(CANCEL_LIMIT_S, worker.kill)
        if not self._streams:
            self._process.unused()

    def _give_up(self, number: int) -> None:
        """An answer did not come in its time: a worker that has no other to give is replaced."""
        worker = self._at_work.get(number)
        if worker is not None and list(self._at_work.values()).count(worker) == 1:
            log.warning("The language model worker fell silent and is replaced.")
            worker.kill()


def _now_s() -> float:
    return asyncio.get_running_loop().time()


async def _within(awaitable: Coroutine[Any, Any, T], until_s: float) -> T:
    async with asyncio.timeout_at(until_s):
        return await awaitable


def keep_alive_s(text: str) -> float | None:
    """A duration as Ollama writes it: ``30m``, ``1h30m``, ``90`` (seconds); None: for ever, which is ``-1``.

    Raises:
        ProfileError: It is none.
    """
    if text.startswith("-"):
        return None
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ProfileError(f"router.text.keep_alive: {text} is no duration.", "Write it like 30m, 1h30m or -1.")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 3600.0 * hours + 60 * minutes + seconds


def _said(name: str) -> str:
    """The model's own name, without the folders before it."""
    return Path(name).name or name


def _ended(item: Finished, answer: str, load_ms: float | None) -> Ended:
    if not answer or answer.isspace():
        if item.cut:
            raise EmptyAnswer(
                "The language model only thought, and said nothing.",
                "Choose a model that answers without thinking, or raise router.text.max_tokens.",
            )
        raise EmptyAnswer("The language model said nothing.", "Ask again, in other words.")
    usage = Usage(
        prompt_tokens=item.prompt_tokens, answer_tokens=item.answer_tokens, tokens_per_s=item.tokens_per_s
    )  # fmt: skip
    return Ended(usage, load_ms, cut=item.cut)


def _translated(item: Failed | None) -> ModelError:
    """What came instead of an answer, as ours. Nobody's words are in a reason."""
    if item is None:
        return ModelFailed("The language model broke off in the middle of its answer.", "Ask again.")
    log.debug("%s", item.detail)
    if item.kind == "memory":
        return out_of_memory()
    if item.kind == "image":
        return NotCapable("The model could not read the picture.", "Send it as a JPEG or PNG file.")
    return _too_long() if item.kind == "too_long" else ModelFailed("The language model failed.", "Ask again.")


def _too_long() -> ModelFailed:
    return ModelFailed("That is too long for the language model.", "Say it shorter, or raise router.text.num_ctx.")
