"""What a plugin sees: `skill`, `Registry`, `Context`, `Reply`. The whole public interface for skill authors.

A plugin is a package with one function, named in the entry-point group ``homebody.skills``::

    from homebody.skill import Context, Registry, Reply, skill

    @skill("flip a coin", "toss a coin", examples=("flip a coin",))
    def coin(ctx: Context) -> Reply:
        \"\"\"Flip a coin.\"\"\"
        return Reply("Heads.", value={"side": "heads"})

    def register(registry: Registry) -> None:
        registry.add(coin)

One declaration serves twice: its templates (hassil's syntax) are matched offline, without a model, and its signature
and docstring become the JSON schema under which a language model may call it. Skills run in a worker process that is
ended when a skill takes longer than its deadline; they are ordinary blocking functions and need no asyncio.
"""

from __future__ import annotations

import datetime as dt
import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from homebody.errors import SkillFailed
from homebody.skill_eyes import Picture, Pictures, Screen
from homebody.skill_languages import NTH, Phrases, in_languages
from homebody.skill_memory import UNDO, Change, Question, Speaking

__all__ = [
    "NTH",
    "UNDO",
    "Change",
    "Context",
    "Due",
    "Phrases",
    "Picture",
    "Pictures",
    "Question",
    "Registry",
    "Reply",
    "Schedule",
    "Scheduled",
    "Screen",
    "SessionView",
    "SkillFailed",
    "SkillInfo",
    "Speaking",
    "Store",
    "Voice",
    "in_languages",
    "skill",
]

ENTRY_POINT_GROUP: Final = "homebody.skills"


class Reply(msgspec.Struct, frozen=True):
    """What a skill answers.

    Attributes:
        text: What is said, phrased for the ear: words, no markup, no abbreviations; empty to answer without speech.
        value: The result as data, under the names docs/skills.md promises for the skill (``{"seconds": 300}``).
        follow_up: The reply is a question; the microphone stays open for the answer.
        language: What ``text`` is in (``de``); None: the language of the question (`Context.language`), for a handler
            English.
        forget: What was said in this conversation before is forgotten.
    """

    text: str = ""
    value: dict[str, Any] = msgspec.field(default_factory=dict)
    follow_up: bool = False
    language: str | None = None
    forget: bool = False


class SkillInfo(msgspec.Struct, frozen=True):
    """How a skill looks from outside: for `homebody skills`, the help skill, the matcher and a model's tool list.

    Attributes:
        name: The name on the wire, unique among all plugins.
        plugin: The entry point it came from.
        summary: First line of its docstring.
        examples: Sentences a person would say; each must match.
        templates: hassil sentence templates.
        lists: hassil slot lists, by name.
        rules: hassil expansion rules, by name.
        parameters: JSON schema of its arguments.
        side_effect: It changes something; it never runs on speculation.
        read_only: It changes nothing at all, so it may run on speculation and its reply be thrown away.
        awaits: Slots without which the sentence is likely to go on.
        deadline_ms: It may take so long; None: as long as the profile gives every skill.
        answers: Of equal matches it is asked first.
        translations: Its sentences in other languages, by their ISO 639-1 codes.
        says: What it often answers, word for word.
    """

    name: str
    plugin: str
    summary: str
    examples: tuple[str, ...]
    templates: tuple[str, ...]
    lists: dict[str, Any]
    rules: dict[str, str]
    parameters: dict[str, Any]
    side_effect: bool
    read_only: bool = False
    awaits: tuple[str, ...] = ()
    deadline_ms: float | None = None
    answers: bool = False
    translations: dict[str, Phrases] = msgspec.field(default_factory=dict)
    says: tuple[str, ...] = ()

    @property
    def tool(self) -> dict[str, Any]:
        """The skill as a function a language model may call (OpenAI's and Ollama's form)."""
        function = {"name": self.name, "description": self.summary, "parameters": self.parameters}
        return {"type": "function", "function": function}


class Store(Protocol):
    """A plugin's own small memory: JSON values by key. Each call is one transaction, durable when it returns."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or ``default``."""

    def set(self, key: str, value: Any) -> None:
        """Store a JSON-serialisable value of at most 64 KiB."""

    def delete(self, key: str) -> None:
        """Forget the key; nothing happens if it is unknown."""


class Scheduled(msgspec.Struct, frozen=True):
    """Something that will come due. ``data`` is what `Schedule.add` was given."""

    id: int
    handler: str
    due_at: dt.datetime
    data: dict[str, Any]


class Schedule(Protocol):
    """Things to do later. They survive any crash; what came due while nothing ran is handled late, once."""

    def add(self, due_at: dt.datetime, handler: str, data: Mapping[str, Any]) -> Scheduled:
        """At ``due_at`` (aware), call the plugin's function registered as ``handler`` with a `Due`."""

    def pending(self, handler: str) -> Sequence[Scheduled]:
        """What is still to come for this handler of this plugin, soonest first."""

    def cancel(self, id: int) -> bool:
        """Take it back; False when it has already come due or never was."""


class Voice(Protocol):
    """Loudspeaker and microphone. All calls return at once; without an attached voice they raise `SkillFailed`."""

    def stop(self) -> None:
        """End what is being said."""

    def volume(self, value: float | str | None = None) -> float:
        """Set the volume in percent, or change it by ``"+10"``/``"-10"``; returns the volume that results."""

    def speed(self, value: float | str | None = None) -> float:
        """Set how fast it speaks, in percent from 50 to 200, or change it; returns the speed that results."""

    def mute(self, muted: bool) -> None:
        """Silence the loudspeaker, or let it sound again."""

    def mute_microphone(self, muted: bool) -> None:
        """Hear nothing any more, or hear again. Muted, it can only be called back by hand or in writing."""


class SessionView(msgspec.Struct, frozen=True):
    """What a skill may know of the conversation: the last exchange before this one, empty at its start; and the last
    skill in it that changed something."""

    last_heard: str = ""
    last_reply: str = ""
    changed_by: str = ""


class Context(Protocol):
    """What a skill may do besides computing. Passed as the first argument of every skill and handler."""

    @property
    def now(self) -> dt.datetime:
        """The moment of asking, aware, in the local time zone. Use it instead of reading the clock."""

    @property
    def text(self) -> str:
        """The words that were matched, lower case, as heard."""

    @property
    def language(self) -> str:
        """The language of the sentence that was matched: ``en``, or one of the skill's translations. Answer in it."""

    @property
    def session(self) -> SessionView:
        """The conversation so far."""

    @property
    def skills(self) -> Sequence[SkillInfo]:
        """All skills that are loaded and not quarantined."""

    @property
    def store(self) -> Store:
        """The plugin's memory."""

    @property
    def schedule(self) -> Schedule:
        """The plugin's future."""

    @property
    def voice(self) -> Voice:
        """The loudspeaker."""

    @property
    def pictures(self) -> Pictures:
        """The gallery."""

    @property
    def screen(self) -> Screen:
        """What the person sees."""

    def announce(self, text: str, language: str = "en") -> None:
        """Say this as soon as possible; kept until a voice is there to say it."""

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event, such as ``timer.set``, to everyone who follows."""


class Due(msgspec.Struct, frozen=True):
    """Passed to a handler when its time has come.

    Attributes:
        scheduled: What was scheduled.
        late_s: Seconds between its due time and now: above about 2 only after an outage.
    """

    scheduled: Scheduled
    late_s: float


SkillFunction = Callable[..., "Reply | str | None"]
DueHandler = Callable[[Context, Due], "Reply | str | None"]


class Skill(msgspec.Struct, frozen=True):
    """A declared skill: the function, what validates its arguments, and how it looks from outside."""

    function: SkillFunction
    arguments: type[msgspec.Struct]
    info: SkillInfo

    def call(self, ctx: Context, slots: Mapping[str, Any]) -> Reply:
        """Validate the slots and run the function. Used alike for a matched sentence and a model's tool call.

        Returns:
            The reply; a returned string is its text, None declines: an empty reply with ``value {"declined": true}``.

        Raises:
            msgspec.ValidationError: A slot does not fit the signature (unknown, missing, out of range).
        """
        arguments = msgspec.convert(dict(slots), self.arguments, strict=False)
        return as_reply(self.function(ctx, **{f: getattr(arguments, f) for f in arguments.__struct_fields__}))


def as_reply(result: Reply | str | None) -> Reply:
    """A handler's result as a `Reply`; raises TypeError for anything that is not one."""
    if result is None:
        return Reply(value={"declined": True})
    if isinstance(result, str):
        return Reply(result)
    if isinstance(result, Reply):
        return result
    raise TypeError(f"a skill returns Reply, str or None, not {type(result).__name__}")


def skill(
    *templates: str,
    name: str | None = None,
    examples: Sequence[str] = (),
    lists: Mapping[str, Any] | None = None,
    rules: Mapping[str, str] | None = None,
    side_effect: bool = False,
    read_only: bool = False,
    awaits: Sequence[str] = (),
    deadline_ms: float | None = None,
    answers: bool = False,
    translations: Mapping[str, Phrases] | None = None,
    says: Sequence[str] = (),
) -> Callable[[SkillFunction], Skill]:
    """Declare a skill.

    The function's parameters after the context are its slots, with their types and defaults; ``Annotated[int,
    msgspec.Meta(ge=1, le=180)]`` bounds them. A sentence whose slots do not fit is not a match, so a slot filled by a
    wildcard is free text only when it is typed ``str``. Numbers arrive as digits however they were spoken. A slot named
    ``seconds_x60`` adds 60 times its value to the slot ``seconds``: so durations are declared.

    Args:
        templates: Sentences in hassil's template syntax, lower case, no punctuation.
        name: The name on the wire; default: the function's.
        examples: What a person would say. A test sends each through the matcher.
        lists: hassil slot lists; their names are private to this skill.
        rules: hassil expansion rules; likewise private.
        side_effect: It changes something outside its answer.
        read_only: It changes nothing, not even in its store: it may be run while the person may still go on, and its
            reply be thrown away. Without this it runs only when they have ended.
        awaits: Slots that people name after a pause ("set a timer ... for five minutes"). A sentence that leaves one of
            them open is waited for longer.
        deadline_ms: It may take so long, such as for a question to a model; None: as the profile says.
        answers: It takes answers to what its plugin has said, such as "stop" to an alarm. Of skills that match equally
            well it is asked first, and returns None where nothing waits for an answer.
        translations: The sentences in other languages, by their ISO 639-1 codes (``de``).
        says: Whole answers it often gives, word for word: the voice makes their sound ahead.
    """

    def declare(function: SkillFunction) -> Skill:
        skill_name = name or function.__name__
        hints = typing.get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        fields = [
            (p.name, hints[p.name]) if p.default is p.empty else (p.name, hints[p.name], p.default) for p in parameters
        ]
        arguments = msgspec.defstruct(skill_name, fields, forbid_unknown_fields=True, kw_only=True)
        (ref,), schemas = msgspec.json.schema_components([arguments])
        schema = schemas[ref["$ref"].rsplit("/", 1)[1]]
        info = SkillInfo(
            name=skill_name,
            plugin="",
            summary=(inspect.getdoc(function) or skill_name).splitlines()[0],
            examples=tuple(examples),
            templates=templates,
            lists=dict(lists or {}),
            rules=dict(rules or {}),
            parameters=schema,
            side_effect=side_effect,
            read_only=read_only,
            awaits=tuple(awaits),
            deadline_ms=deadline_ms,
            answers=answers,
            translations=dict(translations or {}),
            says=tuple(says),
        )
        return Skill(function, arguments, info)

    return declare


class Registry:
    """Collects what plugins bring. One plugin's mistake is that plugin's: its name is in every error."""

    def __init__(self) -> None:
        self.skills: dict[str, Skill] = {}
        self.handlers: dict[tuple[str, str], DueHandler] = {}
        self._plugin = ""

    def loading(self, plugin: str) -> Registry:
        """Everything added from now on belongs to this plugin."""
        self._plugin = plugin
        return self

    def add(self, declared: Skill) -> None:
        """Offer a skill.

        Raises:
            ValueError: Another skill has this name.
        """
        if declared.info.name in self.skills:
            raise ValueError(f"there is already a skill named {declared.info.name}")
        info = msgspec.structs.replace(declared.info, plugin=self._plugin)
        self.skills[info.name] = msgspec.structs.replace(declared, info=info)

    def on_due(self, handler: str, function: DueHandler) -> None:
        """Call ``function`` when something scheduled for ``handler`` comes due. What it returns is announced."""
        self.handlers[self._plugin, handler] = function
