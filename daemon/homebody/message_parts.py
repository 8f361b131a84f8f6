"""What messages hold: the structs inside those of `homebody.messages`, which hands them on."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal

import msgspec

FAILURE_CODES: Final = frozenset({
    "bad_frame", "bad_message", "unknown_type", "unsupported_version", "too_large", "busy", "deadline", "cancelled",
    "no_model", "model_failed", "out_of_memory", "capability", "empty_answer", "bad_image", "not_found", "not_allowed",
    "no_voice", "slow_reader", "skill_failed", "shutting_down",
})  # fmt: skip


class Payload(msgspec.Struct, frozen=True):
    """Describes one raw frame that follows the header, in order."""

    kind: str  # "image" or "audio"
    media_type: str  # e.g. "image/jpeg", "audio/wav"
    size_bytes: int


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model of a chain, and what it was asked for."""

    model: str
    purpose: str | None = None


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who answers: a skill (``name``, ``slots``), a model (``model``, ``purpose``, ``engine``), the ``cache`` (what
    that model said before), a ``chain`` of models (``name``, ``steps``), or the router itself, where ``name`` says why
    (``no_live_data``, ``no_skill``). ``language``: what the answer is in, where it is not English."""

    kind: Literal["skill", "model", "cache", "chain", "router"]
    name: str | None = None
    slots: dict[str, Any] = msgspec.field(default_factory=dict)
    model: str | None = None
    purpose: str | None = None
    engine: str | None = None
    steps: tuple[Step, ...] = ()
    language: str | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model counted; None where its server did not say."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    tokens_per_s: float | None = None


class Timings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The router's milliseconds, each from the ask's arrival; None where a leg did not happen. ``queue_ms``: how long a
    `Caption` waited for its turns, all together. ``held_ms``: how long the answer's first words were held until they
    had been checked."""

    queue_ms: float | None = None
    route_ms: float | None = None
    load_ms: float | None = None
    held_ms: float | None = None
    first_token_ms: float | None = None
    total_ms: float | None = None


class ServiceState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One service in a `StatusReport`: ``state`` is running, attached or absent."""

    name: str
    state: str
    pid: int | None = None
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that was given up before anything of it was given out: which model, and why. ``reason`` is a failure
    code, or one of ``repetition``, ``wrong_language``, ``broken_json``, ``incapable``, ``only_thought``,
    ``thinking_budget``."""

    model: str
    reason: str


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that a model called: which one, with what, and whether it did it."""

    name: str
    arguments: dict[str, Any]
    ok: bool


class Cached(msgspec.Struct, frozen=True, kw_only=True):
    """The answer was given before: when (UTC), and the digest of the model that gave it."""

    at: dt.datetime
    digest: str


class Agreement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of asking two models.

    Attributes:
        agreed: None: nobody could say.
        by: What decided: ``numbers``, ``dates``, ``yes_no``, ``words``, ``judge``, or ``one_answer`` where one failed.
        models: Those that answered.
        answers: What each said, where they do not agree.
    """

    agreed: bool | None
    by: str
    models: tuple[str, ...]
    answers: tuple[str, ...] = ()


class FoundPicture(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of `Found`.

    Attributes:
        image: The SHA-256 of its content.
        path: Where it lies, or lay; where it lies several times, one of the places.
        text: What stands in it (OCR).
        taken_at: By the camera, else when the file was last changed; UTC.
        score: Higher is better; only to be compared within one answer.
        gone: It lies nowhere any more.
        like: The ``image`` of an older picture that looks the same.
        state: ``captioned``; ``waiting`` for its caption; ``refused``: no model would describe it.
    """

    image: str
    path: str
    caption: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""
    taken_at: dt.datetime | None = None
    score: float = 0.0
    gone: bool = False
    like: str | None = None
    state: str = "captioned"


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of the way from the microphone to the loudspeaker, tried by `homebody doctor`; in the ``value`` of
    `Done` for the voice's ``check``.

    Attributes:
        part: ``microphone``, ``hearing``, ``skills``, ``model``, ``speech``, ``loudspeaker`` or ``router``.
        took_ms: How long it took.
        saw: What was seen, a few words.
        fault: The name of a finding in docs/troubleshooting.md; empty: it works.
        problem, remedy: Of the fault, two sentences.
    """

    part: str
    took_ms: float = 0.0
    saw: str = ""
    fault: str = ""
    problem: str = ""
    remedy: str = ""
