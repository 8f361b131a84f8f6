"""What the router and a worker that runs a model say to each other, framed by `homebody.worker_frames`.

::

    router                                worker
      Load  ------------------------------>        once, first
            <------------------------- Loaded | Failed (id 0: it will not do)
      Generate  -------------------------->        each in a thread of its own
            <------------- Text ...  Finished | Failed
      Cancel  ---------------------------->        Finished comes nevertheless
"""

from __future__ import annotations

from typing import Literal

import msgspec

from homebody.router.backends import Channel

Kind = Literal["memory", "broken", "template", "device", "library", "too_long", "image", "failed"]


class Load(msgspec.Struct, frozen=True, tag=True):
    """Load the model in this folder. ``parallel`` generations run at once, with ``threads`` each (0: by itself)."""

    folder: str
    device: str
    compute_type: str
    threads: int
    parallel: int


class Said(msgspec.Struct, frozen=True):
    """One message of a conversation; ``images`` are whole files."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[bytes, ...] = ()


class Generate(msgspec.Struct, frozen=True, tag=True):
    """Answer the last message."""

    id: int
    messages: tuple[Said, ...]
    num_ctx: int
    max_tokens: int
    temperature: float
    top_p: float
    stop: tuple[str, ...]


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """Stop at the next token."""

    id: int


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """The model is in memory; it took so long."""

    load_ms: float


class Text(msgspec.Struct, frozen=True, tag=True):
    """Some of the answer; one token, or several where a character or a stop string was in the making."""

    id: int
    text: str
    channel: Channel


class Finished(msgspec.Struct, frozen=True, tag=True):
    """The answer is complete, cancelled, or ``cut`` at its bound."""

    id: int
    prompt_tokens: int
    answer_tokens: int
    tokens_per_s: float | None
    cut: bool


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It could not be done. ``detail`` is the library's own sentence, for the log at DEBUG."""

    id: int
    kind: Kind
    detail: str


ToWorker = Load | Generate | Cancel
ToRouter = Loaded | Text | Finished | Failed
