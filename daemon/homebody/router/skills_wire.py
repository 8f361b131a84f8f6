"""What the router and its skills worker say to each other, framed by `homebody.worker_frames`.

The worker serves one router over its standard input and output::

    router                                worker
      Load  ------------------------------>        once
            <----------- Loading, Loading, Loaded
      Run, RunDue  ----------------------->        each in a thread of its own
            <------------------------ Call         the skill wants something of the house
      Answer  ---------------------------->
            <------------ Returned | Raised
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from homebody.errors import Problem
from homebody.skill import Reply, SessionView, SkillInfo

REPLY_LIMIT_BYTES: Final = 64 * 1024  # of a reply's text, and of its value


class Plugin(msgspec.Struct, frozen=True):
    """A plugin to load: its name and ``module:function``."""

    name: str
    target: str


class Load(msgspec.Struct, frozen=True, tag=True):
    """Load these plugins."""

    plugins: tuple[Plugin, ...]


class Run(msgspec.Struct, frozen=True, tag=True):
    """Run a skill. Times are ISO 8601 with their offset: msgpack's own would lose the time zone."""

    id: int
    skill: str
    slots: dict[str, Any]
    text: str
    session: SessionView
    now: str
    language: str = "en"


class RunDue(msgspec.Struct, frozen=True, tag=True):
    """Call a plugin's handler for something that has come due."""

    id: int
    plugin: str
    handler: str
    scheduled_id: int
    due_at: str
    data: dict[str, Any]
    late_s: float
    now: str


class Answer(msgspec.Struct, frozen=True, tag=True):
    """What a `Call` gave; ``error``, ``remedy`` and the wire's ``code`` where it was refused."""

    call: int
    value: Any = None
    error: str = ""
    remedy: str = ""
    code: str = ""


class Loading(msgspec.Struct, frozen=True, tag=True):
    """This plugin is about to be imported: the one to blame if nothing more is heard."""

    plugin: str


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """What there is."""

    skills: tuple[SkillInfo, ...]
    problems: tuple[Problem, ...]


class Call(msgspec.Struct, frozen=True, tag=True):
    """Something only the router can do, for the run ``run``. ``call`` numbers the calls of a worker."""

    call: int
    run: int
    method: str
    arguments: list[Any]


class Returned(msgspec.Struct, frozen=True, tag=True):
    """A run's reply."""

    id: int
    reply: Reply


class Raised(msgspec.Struct, frozen=True, tag=True):
    """A run's bad end.

    Attributes:
        kind: ``error``: the skill is broken; ``refused``: it says so itself, with a sentence; ``arguments``: the slots
            do not fit its signature.
        error: The exception's name, or the sentence.
        remedy: What to do, where the skill says so.
        detail: The traceback. It may hold someone's words: for the log at DEBUG only.
    """

    id: int
    kind: str
    error: str
    remedy: str = ""
    detail: str = ""


ToWorker = Load | Run | RunDue | Answer
ToRouter = Loading | Loaded | Call | Returned | Raised
