"""What comes from a server that speaks OpenAI's chat completions: chunks to pieces, refusals to errors. Pure."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import math
from collections.abc import Mapping
from typing import Any, Final, Self

import msgspec

from homebody.errors import (
    DeadlineExceeded,
    EmptyAnswer,
    ModelBusy,
    ModelError,
    ModelFailed,
    NotCapable,
    OutOfMemory,
)
from homebody.messages import Usage
from homebody.router.backends import Ended, Piece, ThinkingSplitter, ToolCall

BUSY_RETRY_MS: Final = 2000.0
RETRY_LIMIT_MS: Final = 600_000.0
CALLS_LIMIT: Final = 16
ARGUMENTS_LIMIT_CHARS: Final = 64 * 1024
_OUT_OF_MEMORY: Final = ("out of memory", "out-of-memory", "insufficient memory", "failed to allocate")
_TOO_LONG: Final = (
    "context_length_exceeded",
    "exceed_context_size",
    "context length",
    "context size",
    "context window",
)
_NO_MODEL: Final = (
    "not found",
    "not exist",
    "not_found",
    "no model",
    "unknown model",
    "not loaded",
    "no models loaded",
)
_NOT_CAPABLE: Final = ("not support", "multimodal", "mmproj", "image input", "vision")


class Refusal(msgspec.Struct, frozen=True):
    """A response that is no answer.

    Attributes:
        status: HTTP's.
        text: Message, type and code of the error, in lower case; for deciding, never for a person or a log.
        retry_after_ms: What the server asks for, or None.
        value: The body, where it is JSON.
    """

    status: int
    text: str
    retry_after_ms: float | None = None
    value: Any = None

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: bytes) -> Self:
        """A whole response."""
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        text = error_text(value) if value is not None else ""
        return cls(status, text, retry_after_ms(headers.get("retry-after", "")), value)

    def names(self, field: str) -> bool:
        """It refuses this field of the request."""
        return self.status in {400, 422} and field in self.text

    @property
    def of_model(self) -> bool:
        """It says that there is no such model."""
        return (
            self.status in {400, 404, 422}
            and "model" in self.text
            and any(sign in self.text for sign in _NO_MODEL)
        )  # fmt: skip


def error_text(value: Any) -> str:
    """What a JSON body says of an error: ``{"error": {...}}``, ``{"error": "..."}``, or the fields themselves."""
    error = value.get("error", value) if isinstance(value, dict) else value
    if isinstance(error, dict):
        error = " ".join(str(error[key]) for key in ("message", "type", "code", "param", "detail") if error.get(key))
    return str(error).lower()


def retry_after_ms(value: str, *, now: dt.datetime | None = None) -> float | None:
    """The header Retry-After (RFC 9110, 10.2.3): seconds or a date; None where it is neither."""
    try:
        delay_s = float(value)
    except ValueError:
        try:
            at = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
        delay_s = (at - (now or dt.datetime.now(dt.UTC))).total_seconds()
    return min(max(0.0, 1000 * delay_s), RETRY_LIMIT_MS) if math.isfinite(delay_s) else None


def refused(refusal: Refusal) -> ModelError:
    """What a server said itself, with a status or in the middle of a stream (status 200)."""
    status, text = refusal.status, refusal.text
    if any(sign in text for sign in _OUT_OF_MEMORY):
        return OutOfMemory(
            "The language model does not fit into the memory that is free.",
            "Close other programs, or choose a smaller model under router.text.model in homebody.toml.",
        )
    if status in {429, 503}:
        wait_ms = BUSY_RETRY_MS if refusal.retry_after_ms is None else refusal.retry_after_ms
        return ModelBusy("The language model has too much to do.", "Ask again in a moment.", retry_after_ms=wait_ms)
    if status in {408, 504}:
        return DeadlineExceeded("The language model took too long.", "Ask again.")
    if status == 413 or any(sign in text for sign in _TOO_LONG):
        return ModelFailed("That is too long for the language model.", "Say it shorter, or raise its context.")
    if status in {400, 422, 500, 501} and any(sign in text for sign in _NOT_CAPABLE):
        return NotCapable(
            "The language model cannot do that.", "Choose another model under router.text.model in homebody.toml."
        )
    return ModelFailed("The language model failed.", "Ask again; if it fails again, restart the model server.")


def unreadable() -> ModelFailed:
    """What came is no chunk of an answer."""
    return ModelFailed("The model server sent something that cannot be read.", "Ask again; if it stays so, update it.")


class Answer:
    """One answer, chunk by chunk.

    Attributes:
        text: The answer so far, as given out.
        began: Anything came at all.
        finished: The server said that it is complete; only counts may follow.
    """

    def __init__(self) -> None:
        self.text = ""
        self.began = self.finished = False
        self._splitter = ThinkingSplitter()
        self._calls: dict[int, list[str]] = {}  # by index: id, name, arguments, as far as they have come
        self._thought = self._cut = False
        self._usage: dict[str, Any] = {}
        self._rate: float | None = None
        self._chunks = 0  # with text: about one a token
        self._first_s = self._last_s = 0.0

    def feed(self, data: str, *, now_s: float) -> list[Piece]:
        """The pieces of one chunk.

        Args:
            data: The JSON of an event.
            now_s: On a clock that does not go back.

        Raises:
            ModelError: It says that something went wrong, or nothing that can be understood.
        """
        self.began = True
        try:
            chunk = json.loads(data)
        except ValueError:
            raise unreadable() from None
        if not isinstance(chunk, dict):
            raise unreadable()
        if chunk.get("error"):
            code = chunk["error"].get("code") if isinstance(chunk["error"], dict) else None
            raise refused(Refusal(code if isinstance(code, int) else 200, error_text(chunk)))
        self._count(chunk)
        choices = chunk.get("choices") or []
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise unreadable()
        pieces: list[Piece] = []
        for choice in choices[:1]:  # only one was asked for
            delta = choice.get("delta") or {}
            if not isinstance(delta, dict):
                raise unreadable()
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            pieces += [Piece(thought, "thinking")] if isinstance(thought, str) and thought else []
            content = delta.get("content")
            pieces += self._splitter.feed(content) if isinstance(content, str) else []
            self._add_calls(delta.get("tool_calls"))
            if thought or content:
                self._chunks += 1
                self._first_s = self._first_s or now_s
                self._last_s = now_s
            if choice.get("finish_reason"):
                self.finished = True
                self._cut = choice["finish_reason"] == "length"
        return self._given(pieces)

    def flush(self) -> list[Piece]:
        """What was held back, when nothing more comes."""
        return self._given(self._splitter.flush())

    def ended(self) -> Ended:
        """The end, or why it is none.

        Raises:
            ModelFailed: The server did not say that the answer is complete.
            EmptyAnswer: There is nothing to see in it.
        """
        if not self.began:  # llama-cpp-python's server, where the prompt is longer than its context
            raise ModelFailed(
                "The model server sent no answer at all.",
                "Say it shorter: it may be longer than the context that the server was started with.",
            )
        if not self.finished:
            raise ModelFailed("The language model broke off in the middle of its answer.", "Ask again.")
        if not self.text.strip() and not self._calls:
            if self._thought:
                raise EmptyAnswer(
                    "The language model only thought, and said nothing.",
                    "Choose a model that answers without thinking, or raise router.text.max_tokens.",
                )
            raise EmptyAnswer("The language model said nothing.", "Ask again, in other words.")
        answer_tokens = _whole(self._usage.get("completion_tokens")) or self._chunks
        lasted_s = self._last_s - self._first_s
        rate = self._rate or (answer_tokens / lasted_s if lasted_s > 0 and answer_tokens > 1 else None)
        usage = Usage(
            prompt_tokens=_whole(self._usage.get("prompt_tokens")), answer_tokens=answer_tokens, tokens_per_s=rate
        )
        return Ended(usage, cut=self._cut, calls=self._called())

    def _add_calls(self, deltas: Any) -> None:
        """Calls come in pieces: id and name first, then the arguments' JSON bit by bit, told apart by their index."""
        for delta in deltas if isinstance(deltas, list) else ():
            if not isinstance(delta, dict) or not isinstance(delta.get("function") or {}, dict):
                raise unreadable()
            index, function = delta.get("index"), delta.get("function") or {}
            call = self._calls.setdefault(index if isinstance(index, int) else len(self._calls), ["", "", ""])
            if len(self._calls) > CALLS_LIMIT or len(call[2]) > ARGUMENTS_LIMIT_CHARS:
                raise unreadable()
            call[0] = call[0] or str(delta.get("id") or "")
            call[1] = call[1] or str(function.get("name") or "")
            call[2] += str(function.get("arguments") or "")

    def _called(self) -> tuple[ToolCall, ...]:
        return tuple(
            ToolCall(name, _arguments(written), number or f"call_{index}")
            for index, (number, name, written) in sorted(self._calls.items())
        )

    def _given(self, pieces: list[Piece]) -> list[Piece]:
        for piece in pieces:
            self._thought = self._thought or piece.channel == "thinking"
            self.text += piece.text if piece.channel == "answer" else ""
        return pieces

    def _count(self, chunk: dict[str, Any]) -> None:
        if isinstance(usage := chunk.get("usage"), dict):
            self._usage = usage
        if isinstance(timings := chunk.get("timings"), dict):  # llama.cpp's
            rate = timings.get("predicted_per_second")
            self._rate = float(rate) if isinstance(rate, int | float) and rate > 0 else None


def _arguments(written: str) -> dict[str, Any] | None:
    try:
        value = json.loads(written or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
