"""The wire, version 1: every message as a frozen struct, and bytes to and from it.

docs/messages.md is authoritative; this module implements it and opens no socket. A message is one ZeroMQ multipart
message: frame 0 is a JSON header (this module's structs, told apart by ``type``), further frames are raw payloads.
Unknown fields are ignored, so an old reader understands a newer writer.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal, get_args

import msgspec

from homebody.errors import BadFrame, BadMessage, HomebodyError, ModelError, Problem, RemoteFailure

VERSION: Final = 1
HEADER_LIMIT_BYTES: Final = 64 * 1024
PAYLOAD_LIMIT_BYTES: Final = 32 * 1024 * 1024  # all payload frames together
PAYLOAD_LIMIT: Final = 4  # frames
ID_LIMIT_CHARS: Final = 64


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every message has.

    Attributes:
        id: 1-64 characters, chosen by the asker; every answer to it carries the same id. Unique per connection while
            open. None only in a ``failed`` that answers a frame in which no id could be read.
    """

    id: str | None


class Payload(msgspec.Struct, frozen=True):
    """Describes one raw frame that follows the header, in order."""

    kind: str  # "image" or "audio"
    media_type: str  # e.g. "image/jpeg", "audio/wav"
    size_bytes: int


# --- asking ----------------------------------------------------------------------------------------------------------


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Is anyone there? Answered by `Pong`."""


class Ask(Message, frozen=True, kw_only=True, tag="ask"):
    """What the person wants, in words. Answered by `Accepted`, `Token`..., then `Done` or `Failed`.

    Attributes:
        text: The words, at most 16,000 characters.
        session: The conversation it belongs to; None: one a connection.
        language: BCP 47 tag of the words, None when unknown.
        purpose: A purpose of the profile (``chat``, ``code``, ...); None: the router decides.
        max_tokens: Upper bound of a model's answer; None: the profile's.
        deadline_ms: For the whole answer; None: none, beside the profile's own limits for loading and gaps.
        expires_at: Refused with ``deadline`` when it arrives later: a command from before an outage must not run now.
        speak: Say the answer aloud too, where a voice is attached.
        source: Where the words come from: ``voice``, ``text`` or a client's own name.
        speculative, revision: The words may not be all: hold the answer until `Commit`; a higher revision replaces it.
        payloads: Descriptions of the raw frames that follow.
    """

    text: str
    session: str | None = None
    language: str | None = None
    purpose: str | None = None
    max_tokens: int | None = None
    deadline_ms: float | None = None
    expires_at: dt.datetime | None = None
    speak: bool = False
    source: str = "text"
    speculative: bool = False
    revision: int = 0
    payloads: tuple[Payload, ...] = ()


class Commit(Message, frozen=True, kw_only=True, tag="commit"):
    """The words of revision ``revision`` of the speculative ask ``ask`` were meant: what is held flows, and a skill
    with a side effect runs now. No answer of its own, but ``failed: not_found`` where that revision is not held."""

    ask: str
    revision: int


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """Give up the open ask (or follow) ``ask`` of the same connection. The cancelled id gets ``failed: cancelled``,
    unless it had ended; `Cancel` itself has no answer."""

    ask: str


class Say(Message, frozen=True, kw_only=True, tag="say"):
    """Speak these words. Answered by `Done` (``spoken``, ``heard_text``) after the last sample, or `Failed`.

    Attributes:
        interrupt: Stop what is being said first; otherwise wait for its end.
        keep: Where no voice is attached, keep it and say it when one attaches; else ``failed: no_voice``.
        expires_at: Not spoken later than this.
    """

    text: str
    language: str | None = None
    interrupt: bool = False
    keep: bool = False
    expires_at: dt.datetime | None = None
    deadline_ms: float | None = None


class Listen(Message, frozen=True, kw_only=True, tag="listen"):
    """Open the microphone as if the wake word had been said. Answered by `Done` (``heard``) when the turn has ended."""

    timeout_ms: float = 8000.0


class Control(Message, frozen=True, kw_only=True, tag="control"):
    """Do something to a service: ``action`` one of mute, unmute, stop, volume. Answered by `Done`.

    Attributes:
        service: ``voice``.
        value: For ``volume``: percent 0-100 as a number, or ``"+10"``/``"-10"`` to change it.
    """

    service: str
    action: str
    value: float | str | None = None


class Attach(Message, frozen=True, kw_only=True, tag="attach"):
    """From now on this connection is the service ``service`` ("voice"): it receives `Say`, `Listen` and `Control` with
    ids the router chose, answers them with `Done` or `Failed`, and may `Publish`. Answered by `Done` (``instance``).
    An attached service pings at least once a second; one that is silent for 4 s is taken to be gone."""

    service: str


class Publish(Message, frozen=True, kw_only=True, tag="publish"):
    """An event for everyone who follows; only from an attached service. No answer."""

    name: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Status(Message, frozen=True, kw_only=True, tag="status"):
    """How is everything? Answered by `StatusReport`."""


class Follow(Message, frozen=True, kw_only=True, tag="follow"):
    """Send me events until I `Cancel`. Answered by `Event`...

    Attributes:
        events: Prefixes of event names; empty: all.
        since_seq: The last seq already seen of ``instance``: those missed come first, as far as the backlog reaches.
        instance: The router instance ``since_seq`` belongs to; another instance has its own numbers, so all of its
            backlog comes.
    """

    events: tuple[str, ...] = ()
    since_seq: int | None = None
    instance: str | None = None


# --- answers ---------------------------------------------------------------------------------------------------------


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who answers: a skill (``name``, ``slots``), a model (``model``, ``purpose``, ``engine``), or the router itself,
    where ``name`` says why (``no_live_data``)."""

    kind: Literal["skill", "model", "router"]
    name: str | None = None
    slots: dict[str, Any] = msgspec.field(default_factory=dict)
    model: str | None = None
    purpose: str | None = None
    engine: str | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model counted; None where its server did not say."""

    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    tokens_per_s: float | None = None


class Timings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The router's milliseconds, each from the ask's arrival; None where a leg did not happen."""

    route_ms: float | None = None
    load_ms: float | None = None
    first_token_ms: float | None = None
    total_ms: float | None = None


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """The router is there. ``router`` is its instance: random, new at each start."""

    router: str
    version: str
    uptime_ms: float


class Accepted(Message, frozen=True, kw_only=True, tag="accepted"):
    """The ask has begun; ``route`` says who answers. ``complete``: a skill's whole intent, and nothing is missing."""

    route: Route
    queue_ms: float = 0.0
    complete: bool = False
    revision: int = 0


class Progress(Message, frozen=True, kw_only=True, tag="progress"):
    """Still at it: sent at least every 2 s while no token comes. ``stage``: queued, loading, thinking, skill."""

    stage: str
    elapsed_ms: float


class Token(Message, frozen=True, kw_only=True, tag="token"):
    """A piece of the answer, ``seq`` from 0 without gaps. ``channel`` "thinking" is never spoken."""

    text: str
    seq: int
    channel: Literal["answer", "thinking"] = "answer"


class Done(Message, frozen=True, kw_only=True, tag="done"):
    """The one good end of a request.

    Attributes:
        text: The whole answer.
        route, usage, timings: For an ask, as far as known.
        follow_up: The answer expects one back.
        value: A skill's result as data, e.g. ``{"result": 42}``.
        spoken, heard_text: For `Say`: whether it was said to its end, and the part that was.
        heard: For `Listen`: what the person said; empty when nothing.
        instance: For `Attach`: the router's.
        kept: For `Say`: stored for later instead of said.
    """

    text: str = ""
    route: Route | None = None
    usage: Usage | None = None
    timings: Timings | None = None
    follow_up: bool = False
    value: dict[str, Any] | None = None
    spoken: bool | None = None
    heard_text: str | None = None
    heard: str | None = None
    instance: str | None = None
    kept: bool = False


class Failed(Message, frozen=True, kw_only=True, tag="failed"):
    """The one bad end of a request. ``code`` is a failure code of docs/messages.md; ``reason`` and ``remedy`` are
    sentences for a person; ``partial`` is what had been answered."""

    code: str
    reason: str
    remedy: str = ""
    retry_after_ms: float | None = None
    partial: str = ""


class ServiceState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One service in a `StatusReport`: ``state`` is running, attached or absent."""

    name: str
    state: str
    pid: int | None = None
    detail: dict[str, Any] = msgspec.field(default_factory=dict)


class StatusReport(Message, frozen=True, kw_only=True, tag="status_report"):
    """How everything is. ``tcp_endpoint`` is where clients on other machines come in; empty: nowhere."""

    router: str
    version: str
    endpoint: str
    profile: str
    uptime_ms: float
    tcp_endpoint: str = ""
    services: tuple[ServiceState, ...] = ()
    models: tuple[dict[str, Any], ...] = ()
    skills: tuple[str, ...] = ()
    queues: dict[str, int] = msgspec.field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Event(Message, frozen=True, kw_only=True, tag="event"):
    """Something happened. ``seq`` counts up by one for each event of an instance.

    Attributes:
        gap: Events between the asked-for ``since_seq`` and this one have left the backlog.
    """

    seq: int
    at: dt.datetime
    name: str
    instance: str
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    gap: bool = False


Request = Ping | Ask | Commit | Cancel | Say | Listen | Control | Attach | Publish | Status | Follow
Answer = Pong | Accepted | Progress | Token | Done | Failed | StatusReport | Event
Any_ = Request | Answer

REQUESTS: Final[tuple[type[Message], ...]] = get_args(Request)
ANSWERS: Final[tuple[type[Message], ...]] = get_args(Answer)

FAILURE_CODES: Final = frozenset({
    "bad_frame", "bad_message", "unknown_type", "unsupported_version", "too_large", "busy", "deadline", "cancelled",
    "no_model", "model_failed", "out_of_memory", "capability", "empty_answer", "bad_image", "not_found", "not_allowed",
    "no_voice", "slow_reader", "skill_failed", "shutting_down",
})  # fmt: skip


def failed(id: str | None, error: HomebodyError, *, partial: str = "") -> Failed:
    """The `Failed` that tells the asker of ``id`` of this error. ``partial``: what had been answered already."""
    code = error.code if error.code in FAILURE_CODES else "model_failed"
    if isinstance(error, RemoteFailure | ModelError):
        partial, retry_after_ms = partial or error.partial, error.retry_after_ms
    else:
        retry_after_ms = None
    return Failed(
        id=id, code=code, reason=error.reason, remedy=error.remedy, retry_after_ms=retry_after_ms, partial=partial
    )


def failure(answer: Failed) -> RemoteFailure:
    """The error that this `Failed` tells of: the reverse of `failed`."""
    return RemoteFailure(
        answer.code, answer.reason, answer.remedy, partial=answer.partial, retry_after_ms=answer.retry_after_ms
    )


class _Envelope(msgspec.Struct):
    """Only what is needed to answer a message that cannot be understood."""

    v: Any = None
    type: Any = None
    id: Any = None


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(_Envelope)
_messages = msgspec.json.Decoder(Any_)
TYPES: Final = {str(cls.__struct_config__.tag): cls for cls in REQUESTS + ANSWERS}  # by name on the wire


def encode(message: Message, *payloads: bytes) -> list[bytes]:
    """The frames of a message, ready for ``send_multipart``.

    Raises:
        BadMessage: With code ``too_large``: the header exceeds 64 KiB, so nobody would accept it.
    """
    # The version belongs to the wire, not to each struct: it is written in front of whatever the struct encodes to.
    header = b'{"v":%d,' % VERSION + _encoder.encode(message)[1:]
    if len(header) > HEADER_LIMIT_BYTES:
        raise BadMessage("The message exceeds 64 KiB.", "Send less at once.", id=message.id, code="too_large")
    return [header, *payloads]


def decode(frames: list[bytes]) -> tuple[Any_, list[bytes]]:
    """The message in these frames, and its payload frames.

    Raises:
        BadFrame: Not a JSON object with a usable id and type, or frames beyond the limits without a readable id.
        BadMessage: A message of ours that cannot be accepted; carries the id to answer with, and the code.
    """
    if not frames:
        raise BadFrame("An empty message came.")
    header, payloads = frames[0], frames[1:]
    if len(header) > HEADER_LIMIT_BYTES:
        raise BadFrame(f"A header of {len(header)} bytes came; the limit is {HEADER_LIMIT_BYTES}.")
    try:
        envelope = _envelopes.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame("A frame came that is not a JSON object.") from error
    id_ = envelope.id if isinstance(envelope.id, str) and 1 <= len(envelope.id) <= ID_LIMIT_CHARS else None
    if envelope.v != VERSION or isinstance(envelope.v, bool):
        raise BadMessage("This router speaks version 1 of the protocol.", id=id_, code="unsupported_version")
    if not isinstance(envelope.type, str):
        raise BadMessage("The message has no type.", id=id_)
    if envelope.type not in TYPES:
        raise BadMessage("The message's type is unknown here.", id=id_, code="unknown_type")
    if len(payloads) > PAYLOAD_LIMIT or sum(map(len, payloads)) > PAYLOAD_LIMIT_BYTES:
        raise BadMessage("The payload frames exceed 4 frames or 32 MiB.", id=id_, code="too_large")
    try:
        message = _messages.decode(header)
    except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        # msgspec names the field and the expected type, never the value, so no one's words get into the answer.
        raise BadMessage(f"The {envelope.type} message does not fit: {error}.", id=id_) from error
    if id_ is None and not isinstance(message, Failed):
        raise BadMessage(f"The {envelope.type} message needs an id of 1 to {ID_LIMIT_CHARS} characters.")
    return message, payloads
