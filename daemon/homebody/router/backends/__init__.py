"""What answers when no skill does: `Backend`, the one thing the router asks of any engine that runs a language model.

An engine is one module beside this one (`homebody.router.backends.ollama`).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from homebody.messages import Usage
from homebody.options import TextModelOptions

Channel = Literal["answer", "thinking"]


class ToolCall(msgspec.Struct, frozen=True):
    """A model wants a tool to be called. ``arguments`` is None where what it wrote is no JSON object; ``id`` is the
    engine's own, empty where it has none."""

    name: str
    arguments: dict[str, Any] | None
    id: str = ""


class ChatMessage(msgspec.Struct, frozen=True):
    """One message of a conversation.

    Attributes:
        role: Who says it; ``tool`` for what came of a call.
        content: The words.
        images: Whole files (JPEG or PNG), never paths.
        calls: What the assistant wanted to be called.
        tool, call_id: Of a tool's message: its name, and the id of the call it answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[bytes, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    tool: str = ""
    call_id: str = ""


class Piece(msgspec.Struct, frozen=True):
    """Some of the answer as it comes, never empty. What is on channel ``thinking`` is not part of the answer."""

    text: str
    channel: Channel = "answer"


class Ended(msgspec.Struct, frozen=True):
    """The answer is complete.

    Attributes:
        usage: What the engine counted.
        load_ms: How long the model had to be waited for before it could begin; None where the engine does not say.
        cut: It ended because it reached ``max_tokens``.
        calls: Tools to be called; the answer goes on when their replies are in the messages.
    """

    usage: Usage = Usage()
    load_ms: float | None = None
    cut: bool = False
    calls: tuple[ToolCall, ...] = ()


class Sampling(msgspec.Struct, frozen=True):
    """How an answer is drawn. None: as the profile's ``router.text`` says.

    Attributes:
        temperature: 0 always draws the likeliest token.
        top_p: Only the likeliest tokens with this share of the probability are drawn from.
        think: A model that can think may do so first. Its thoughts come on their own channel.
        schema: A JSON schema: an engine that can draws only tokens that fit it. None that cannot refuses it.
        tools: What the model may call, in OpenAI's form. An engine or a model that cannot call answers without.
    """

    temperature: float | None = None
    top_p: float | None = None
    think: bool = False
    schema: dict[str, Any] | None = None
    tools: tuple[dict[str, Any], ...] = ()

    def over(self, options: TextModelOptions) -> tuple[float, float]:
        """Temperature and top_p, the profile's where nothing is said here."""
        return (
            options.temperature if self.temperature is None else self.temperature,
            options.top_p if self.top_p is None else self.top_p,
        )


USUAL: Final = Sampling()


class ModelState(msgspec.Struct, frozen=True):
    """A model that can be asked. ``loaded``: it is in memory and will answer at once. ``digest``: another one for other
    weights under the same name; empty where the engine does not say. ``tools``: the engine says that it can call
    some."""

    model: str
    engine: str
    loaded: bool
    digest: str = ""
    tools: bool = False


class Backend(Protocol):
    """An engine with one language model.

    Every backend promises:

    - **Order.** `stream` yields the `Piece` items in the order of the text, then exactly one `Ended`, then nothing. An
      answer without a character that can be seen, and without a call, is no answer: `EmptyAnswer` is raised instead of
      `Ended`.
    - **Closing stops.** `aclose` of the generator, or cancelling the task that waits for it, ends the generation in the
      engine at once; nothing goes on in the background. Leaving ``async for`` by ``break`` is not enough: always
      `contextlib.aclosing`.
    - **No blocking.** The event loop is free while it waits, and no wait is without a limit.
    - **Independence.** Several streams may be open; one that fails or is closed disturbs no other and no later one.
    - **Errors** are `homebody.errors.ModelError` and nothing else: `ModelUnreachable`, `ModelMissing`, `ModelBusy`,
      `NotCapable`, `OutOfMemory`, `DeadlineExceeded`, `ModelFailed` (`EmptyAnswer`), with ``partial`` holding the
      answer so far. The reasons of `ModelUnreachable` and `ModelMissing` begin with a name or with "The", so that they
      can follow the word "and": "Ollama is not running."
    """

    def stream(
        self, messages: Sequence[ChatMessage], *, max_tokens: int | None = None, sampling: Sampling = USUAL
    ) -> AsyncGenerator[Piece | Ended, None]:
        """Answer the last message. Nothing happens before the first item is awaited.

        Args:
            messages: The conversation, the system prompt first; empty: only bring the model into memory, which yields
                one `Ended` and no pieces.
            max_tokens: Upper bound of the answer, thinking included; None: the profile's.
            sampling: How the answer is drawn.
        """

    async def check(self) -> ModelState:
        """Whether the model could be asked now, without loading it.

        Raises:
            ModelUnreachable: The engine does not answer.
            ModelMissing: It answers and does not have the model.
        """

    async def aclose(self) -> None:
        """Give up connections and memory; open streams break off. May be called twice."""


_TAGS: Final = {"<think>": "thinking", "</think>": "answer"}


class ThinkingSplitter:
    """Splits a model's text at ``<think>`` and ``</think>``, also where a tag is torn over several tokens.

    Reasoning models that an engine does not know to be such write their thoughts into the answer between these tags.
    The tags themselves disappear; thoughts that are never closed stay thoughts.

    Args:
        begins_thinking: The opening tag was the end of the prompt.
    """

    def __init__(self, *, begins_thinking: bool = False) -> None:
        self._channel: Channel = "thinking" if begins_thinking else "answer"
        self._held = ""  # could be the beginning of a tag

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain with this text added; what may yet become a tag is held back."""
        rest = self._held + text
        if "<" not in rest:
            return self._piece(rest)
        pieces: list[Piece] = []
        while tag := min((t for t in _TAGS if t in rest), key=rest.index, default=None):
            before, rest = rest.split(tag, 1)
            pieces += self._piece(before)
            self._channel = "thinking" if _TAGS[tag] == "thinking" else "answer"
        held_chars = max(n for n in range(len("</think>")) if n == 0 or _begins_a_tag(rest[-n:], n))
        certain, self._held = rest[: len(rest) - held_chars], rest[len(rest) - held_chars :]
        return pieces + self._piece(certain)

    def flush(self) -> list[Piece]:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        return self._piece(held)

    def _piece(self, text: str) -> list[Piece]:
        return [Piece(text, self._channel)] if text else []


def _begins_a_tag(text: str, length: int) -> bool:
    return len(text) == length and any(tag.startswith(text) and tag != text for tag in _TAGS)
