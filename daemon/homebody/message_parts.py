"""What messages hold: the structs inside those of `homebody.messages`, which hands them on."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Payload(msgspec.Struct, frozen=True):
    """Describes one raw frame that follows the header, in order."""

    kind: str  # "image" or "audio"
    media_type: str  # e.g. "image/jpeg", "audio/wav"
    size_bytes: int


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who answers: a skill (``name``, ``slots``), a model (``model``, ``purpose``, ``engine``), or the router itself,
    where ``name`` says why (``no_live_data``). ``language``: what the answer is in, where it is not English."""

    kind: Literal["skill", "model", "router"]
    name: str | None = None
    slots: dict[str, Any] = msgspec.field(default_factory=dict)
    model: str | None = None
    purpose: str | None = None
    engine: str | None = None
    language: str | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model counted; None where its server did not say."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    tokens_per_s: float | None = None


class Timings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The router's milliseconds, each from the ask's arrival; None where a leg did not happen. ``queue_ms``: how long a
    `Caption` waited for its turns, all together."""

    queue_ms: float | None = None
    route_ms: float | None = None
    load_ms: float | None = None
    first_token_ms: float | None = None
    total_ms: float | None = None


class ServiceState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One service in a `StatusReport`: ``state`` is running, attached or absent."""

    name: str
    state: str
    pid: int | None = None
    detail: dict[str, Any] = msgspec.field(default_factory=dict)
