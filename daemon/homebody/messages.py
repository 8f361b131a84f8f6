"""The wire, version 1: every message as a frozen struct. `homebody.codec` turns them into bytes and back.

docs/messages.md is authoritative; this module implements it. A message is one ZeroMQ multipart
message: frame 0 is a JSON header (these structs, told apart by ``type``), further frames are raw payloads.
Unknown fields are ignored, so an old reader understands a newer writer.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, Literal, get_args

import msgspec

from homebody.errors import Problem
from homebody.message_parts import FAILURE_CODES as FAILURE_CODES  # noqa: PLC0414  # handed on
from homebody.message_parts import Agreement as Agreement  # noqa: PLC0414  # handed on
from homebody.message_parts import Cached as Cached  # noqa: PLC0414  # handed on
from homebody.message_parts import FoundPicture as FoundPicture  # noqa: PLC0414  # handed on
from homebody.message_parts import Link as Link  # noqa: PLC0414  # handed on
from homebody.message_parts import Payload as Payload  # noqa: PLC0414  # handed on
from homebody.message_parts import Retry as Retry  # noqa: PLC0414  # handed on
from homebody.message_parts import Route as Route  # noqa: PLC0414  # handed on
from homebody.message_parts import ServiceState as ServiceState  # noqa: PLC0414  # handed on
from homebody.message_parts import Step as Step  # noqa: PLC0414  # handed on
from homebody.message_parts import Timings as Timings  # noqa: PLC0414  # handed on
from homebody.message_parts import ToolUse as ToolUse  # noqa: PLC0414  # handed on
from homebody.message_parts import Usage as Usage  # noqa: PLC0414  # handed on


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What every message has.

    Attributes:
        id: 1-64 characters, chosen by the asker; every answer to it carries the same id. Unique per connection while
            open. None only in a ``failed`` that answers a frame in which no id could be read.
    """

    id: str | None


# --- asking ----------------------------------------------------------------------------------------------------------


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Is anyone there? Answered by `Pong`."""


TEXT_LIMIT_CHARS: Final = 16_000


class Ask(Message, frozen=True, kw_only=True, tag="ask"):
    """What the person wants, in words. Answered by `Accepted`, `Token`..., then `Done` or `Failed`.

    Attributes:
        text: The words, at most 16,000 characters.
        session: The conversation it belongs to; None: one a connection.
        language: BCP 47 tag of the words (``de``, ``pt-BR``), None when unknown.
        purpose: A purpose of the profile (``chat``, ``code``, ...); None: the router decides.
        max_tokens: Upper bound of a model's answer; None: the profile's.
        deadline_ms: For the whole answer; None: none, beside the profile's own limits for loading and gaps.
        expires_at: Refused with ``deadline`` when it arrives later: a command from before an outage must not run now.
        speak: Say the answer aloud too, where a voice is attached.
        source: Where the words come from: ``voice``, ``text`` or a client's own name.
        speculative, revision: The words may not be all: hold the answer until `Commit`; a higher revision replaces it.
        payloads: Descriptions of the raw frames that follow.
        schema: A JSON schema of type object: the answer is one JSON value that fits it, also in `Done.value`.
        verify: ``consensus``: two models answer, and whether they agree is told.
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
    schema: dict[str, Any] | None = None
    verify: Literal["consensus"] | None = None


class Forget(Message, frozen=True, kw_only=True, tag="forget"):
    """End a conversation: nothing said in it is remembered. Answered by `Done`.

    Attributes:
        session: Which; None: that of this connection.
    """

    session: str | None = None


class Caption(Message, frozen=True, kw_only=True, tag="caption"):
    """Describe the one image that comes along. Answered by `Accepted`, `Token`..., then `Done` (``caption``, ``tags``,
    ``model``, ``prompt_version``) or `Failed`.

    Attributes:
        detail: ``quick``: a sentence; ``detailed``: several.
        prompt: What is wanted of the picture, instead of our own words; at most 2,000 characters.
        background: Nobody is waiting for it: every question of a person goes first, and interrupts it. It is begun
            again by the router, and its text comes in one `Token` at the end.
        deadline_ms: For all of it, waiting for its turn included; None: none.
        expires_at: As of an `Ask`.
        payloads: Exactly one, an image.
    """

    detail: Literal["quick", "detailed"] = "quick"
    prompt: str | None = None
    background: bool = False
    deadline_ms: float | None = None
    expires_at: dt.datetime | None = None
    payloads: tuple[Payload, ...] = ()


class Commit(Message, frozen=True, kw_only=True, tag="commit"):
    """The words of revision ``revision`` of the speculative ask ``ask`` were meant: what is held flows, and a skill
    with a side effect runs now. No answer of its own, but ``failed: not_found`` where that revision is not held."""

    ask: str
    revision: int


class Cancel(Message, frozen=True, kw_only=True, tag="cancel"):
    """Give up the open ask (or follow) ``ask`` of the same connection. The cancelled id gets ``failed: cancelled``,
    unless it had ended; `Cancel` itself has no answer.

    Attributes:
        heard: So much of its answer was heard, and no more: what the conversation remembers of it is cut to that, also
            where it had ended. None: all that was sent.
    """

    ask: str
    heard: str | None = None


class Say(Message, frozen=True, kw_only=True, tag="say"):
    """Speak these words. Answered by `Done` (``spoken``, ``heard_text``) after the last sample, or `Failed`.

    Attributes:
        interrupt: Stop what is being said first; otherwise wait for its end, and for whoever is listened to.
        keep: Where no voice is attached, keep it and say it when one attaches; else ``failed: no_voice``.
        expires_at: Not spoken later than this.
        earcon: A short sound before it, where the person has not switched it off.
    """

    text: str
    language: str | None = None
    earcon: Literal["woke", "heard", "error", "timer"] | None = None
    interrupt: bool = False
    keep: bool = False
    expires_at: dt.datetime | None = None
    deadline_ms: float | None = None


class Listen(Message, frozen=True, kw_only=True, tag="listen"):
    """Open the microphone as if the wake word had been said. Answered by `Done` (``heard``) when the turn has ended."""

    timeout_ms: float = 8000.0


class Control(Message, frozen=True, kw_only=True, tag="control"):
    """Do something to a service. Answered by `Done`.

    Attributes:
        service, action: ``voice``, ``gallery`` or ``router``; each has actions of its own, see docs/messages.md.
        value: What the action takes, such as percent 0-100 for ``volume``, or ``"+10"``/``"-10"`` to change it.
    """

    service: str
    action: str
    value: float | str | None = None


class Attach(Message, frozen=True, kw_only=True, tag="attach"):
    """This connection is the service ``service`` (voice, gallery): it receives `Say`, `Listen`, `Control` with ids the
    router chose, answers them, and may `Publish`. Answered by `Done` (``instance``). Silent for 4 s, it is gone."""

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


class Search(Message, frozen=True, kw_only=True, tag="search"):
    """Find pictures by what is on them. Answered by `Found` or `Failed`.

    Attributes:
        query: Words, "phrases", beginnings*, -unwanted, and words for a time ("last week"). Empty: the latest.
        limit, offset: Rows wanted, and passed over. folder, since, until: What lies below, taken within that time.
        gone: Also what was deleted.
    """

    query: str
    limit: int = 20
    offset: int = 0
    folder: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    gone: bool = False


# --- answers ---------------------------------------------------------------------------------------------------------


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    """The router is there. ``router`` is its instance: random, new at each start."""

    router: str
    version: str
    uptime_ms: float


class Accepted(Message, frozen=True, kw_only=True, tag="accepted"):
    """The ask has begun; ``route`` says who answers. ``complete``: a skill's whole intent, and nothing is missing;
    ``extensible``: what is complete may go on nevertheless, and would then ask for something else, or these words are
    the beginning of an example of what a skill understands; ``read_only``: it changes nothing, so that it may be
    taken back even after the commit; ``correctable``: it changes what words said next may correct or take back;
    ``answers``: the words mean that only after what was said before."""

    route: Route
    queue_ms: float = 0.0
    complete: bool = False
    extensible: bool = False
    read_only: bool = False
    correctable: bool = False
    answers: bool = False
    revision: int = 0


class Progress(Message, frozen=True, kw_only=True, tag="progress"):
    """Still at it: sent at least every 2 s while no token comes. ``stage``: queued, loading, thinking, skill, prepared.
    ``say``: a voice may say so, once; it is not part of the answer. ``beginning``: what the tokens of a speculative ask
    will begin with, for a voice to make its sound ready; nobody may hear or see it before the commit."""

    stage: str
    elapsed_ms: float
    say: str = ""
    beginning: str = ""


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
        value: A skill's result as data, e.g. ``{"result": 42}``, or the answer to an ask with a ``schema``.
        cut: The answer ends because it reached ``max_tokens``.
        retries: Attempts that were given up before this answer began.
        cached: Where it was given before.
        agreement: Where two models were asked.
        tools: What a model called to answer, in order.
        spoken, heard_text: For `Say`: whether it was said to its end, and the part that was.
        heard: For `Listen`: what the person said; empty when nothing.
        instance: For `Attach`: the router's.
        kept: For `Say`: stored for later instead of said.
        caption, tags: For `Caption`: the description, and single words for it, lower case.
        model, prompt_version: For `Caption`: who described it, and by which prompt: the same picture, model and version
            need not be asked for again.
    """

    text: str = ""
    route: Route | None = None
    usage: Usage | None = None
    timings: Timings | None = None
    follow_up: bool = False
    value: dict[str, Any] | None = None
    cut: bool = False
    retries: tuple[Retry, ...] = ()
    cached: Cached | None = None
    agreement: Agreement | None = None
    tools: tuple[ToolUse, ...] = ()
    spoken: bool | None = None
    heard_text: str | None = None
    heard: str | None = None
    instance: str | None = None
    kept: bool = False
    caption: str | None = None
    tags: tuple[str, ...] = ()
    model: str | None = None
    prompt_version: str | None = None


class Failed(Message, frozen=True, kw_only=True, tag="failed"):
    """The one bad end of a request. ``code`` is a failure code of docs/messages.md; ``reason`` and ``remedy`` are
    sentences for a person; ``partial`` is what had been answered."""

    code: str
    reason: str
    remedy: str = ""
    retry_after_ms: float | None = None
    partial: str = ""


class StatusReport(Message, frozen=True, kw_only=True, tag="status_report"):
    """How everything is. ``tcp_endpoint`` is where clients on other machines come in; empty: nowhere. ``metrics`` is
    what has been measured since the router's start."""

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
    metrics: dict[str, Any] = msgspec.field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class Found(Message, frozen=True, kw_only=True, tag="found"):
    """The pictures that were searched for, best first. ``total`` counts all there are, up to 1,000."""

    rows: tuple[FoundPicture, ...] = ()
    total: int = 0
    took_ms: float = 0.0


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


Request = (
    Ping
    | Ask
    | Commit
    | Forget
    | Caption
    | Cancel
    | Say
    | Listen
    | Control
    | Attach
    | Publish
    | Status
    | Follow
    | Search
)
Answer = Pong | Accepted | Progress | Token | Done | Failed | StatusReport | Found | Event
Any_ = Request | Answer

REQUESTS: Final[tuple[type[Message], ...]] = get_args(Request)
ANSWERS: Final[tuple[type[Message], ...]] = get_args(Answer)
