"""Reminders and alarms, once or repeated, in four languages. None is lost, and what came late says so.

An alarm sounds every half minute until somebody says "stop", "okay" or "snooze", at most `RINGS` times.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from homebody.skill import Context, Due, Phrases, Registry, Reply, SkillFailed, skill
from homebody_reminders import entries, moments, phrases, spoken
from homebody_reminders.entries import Entry
from homebody_reminders.says import SAYS

MANY: Final = 100  # more at once are refused
RINGS: Final = 20
RING_EVERY_S: Final = 30
LATE_S: Final = 60  # below this it simply comes
STALE_S: Final = 600  # an alarm that is later than this is told of once and does not ring
SNOOZE_MIN: Final = 10
JUST_S: Final = 600  # a reminder may be snoozed for so long after it was said
QUESTION_STANDS_S: Final = 60
_RING: Final = "ring_on"
_RINGING, _QUESTION, _LAST = "ringing", "question", "last"

What = Annotated[str, Meta(pattern=phrases.WHAT, max_length=300, description="what to remind of, as 'call Anna'")]
Words = Annotated[
    str, Meta(pattern=phrases.WHEN, max_length=300, description="in words: 'in 20 minutes', 'tomorrow at 6 pm'")
]
Kind = Literal["alarm", "reminder"]


def _phrases(name: str, templates: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """The arguments of `skill` for these templates, in all languages."""

    def in_(language: str) -> dict[str, Any]:
        own: dict[str, Any] = {"lists": phrases.LISTS[language], "rules": phrases.RULES[language]}
        return {**own, "examples": phrases.EXAMPLES[name][language]}

    others = {
        language: Phrases(templates=templates[language], **in_(language)) for language in templates if language != "en"
    }
    return {**in_("en"), "translations": others, "side_effect": True}


@skill(*phrases.REMIND["en"], **_phrases("reminder_set", phrases.REMIND))
def reminder_set(ctx: Context, what: What = "", when: Words = "") -> Reply | None:
    """Remind you of something."""
    return _set(ctx, "reminder", what, when)


@skill(*phrases.ALARM["en"], **_phrases("alarm_set", phrases.ALARM))
def alarm_set(ctx: Context, when: Words = "") -> Reply | None:
    """Wake you."""
    return _set(ctx, "alarm", "", when)


@skill(*phrases.ANSWER["en"], **_phrases("reminder_answer", phrases.ANSWER), answers=True)
def reminder_answer(
    ctx: Context, when: Annotated[str, Meta(pattern=phrases.BARE, max_length=100)] = ""
) -> Reply | None:
    """Take the answer to a question about a reminder: when."""
    question = ctx.store.get(_QUESTION)
    if question is None or not _recent(ctx, question["at"], QUESTION_STANDS_S):
        return None
    ctx.store.delete(_QUESTION)
    return _set(ctx, question["kind"], question["what"], when)


@skill(*phrases.QUERY["en"], **_phrases("reminder_query", phrases.QUERY) | {"side_effect": False})
def reminder_query(ctx: Context, kind: Kind = "reminder") -> Reply:
    """Say which reminders and alarms there are."""
    says = SAYS[ctx.language]
    found = entries.everything(ctx, kind)
    value = {"kind": kind, "count": len(found), "entries": [entry.facts() for entry in found]}
    if not found:
        return Reply(says[f"no_{kind}s"], value=value)
    names = spoken.joined([entry.named(ctx.now, ctx.language) for entry in found[:5]], says["and"])
    return Reply(_capital(says["first" if len(found) > 5 else "and_then"].format(names=names)), value=value)


@skill(*phrases.CANCEL["en"], **_phrases("reminder_cancel", phrases.CANCEL))
def reminder_cancel(
    ctx: Context, kind: Kind | None = None, what: What = "", when: Words = "", every: bool = False
) -> Reply | None:
    """Cancel a reminder or an alarm."""
    says, language = SAYS[ctx.language], ctx.language
    of_kind = kind or ("reminder" if what else "alarm")
    moment, rest = moments.parse(f"{when or what}", language, bare=True)
    if when and moment is None:
        return None
    found = entries.everything(ctx, of_kind)
    if not found:
        if of_kind == "alarm" and (reply := alarm_enough.function(ctx)) is not None:
            assert isinstance(reply, Reply)
            return reply
        return Reply(says[f"no_{of_kind}s"], value={"cancelled": 0})
    chosen = found if every else entries.meant(found, rest if moment else what, moment)
    if len(chosen) != 1 and not every:
        names = spoken.joined([entry.named(ctx.now, language) for entry in (chosen or found)[:5]], says["or"])
        key = "which" if chosen else "no_such"
        return Reply(says[key].format(names=names), value={"cancelled": 0}, follow_up=bool(chosen))
    gone = [entry for entry in chosen if entry.id is not None and ctx.schedule.cancel(entry.id)]
    for entry in gone:
        ctx.publish(f"{entry.kind}.cancelled", entry.facts())
    if len(gone) > 1:
        return Reply(says["all_cancelled"].format(count=len(gone)), value={"cancelled": len(gone)})
    name = chosen[0].named(ctx.now, language)
    return Reply(says["cancelled"].format(name=name), value={"cancelled": len(gone)})


@skill(*phrases.SNOOZE["en"], **_phrases("snooze", phrases.SNOOZE), answers=True)
def snooze(ctx: Context, minutes: Annotated[int, Meta(ge=1, le=24 * 60)] = SNOOZE_MIN) -> Reply | None:
    """Have an alarm ring again later."""
    waiting = [*_ringing(ctx).values()]
    last = ctx.store.get(_LAST)
    if not waiting and last is not None and _recent(ctx, last["at"], JUST_S):
        waiting = [last]
        ctx.store.delete(_LAST)
    if not waiting:
        return None
    due_at = ctx.now + dt.timedelta(minutes=minutes)
    for data in waiting:
        wall = (due_at.hour, due_at.minute)
        entries.schedule(ctx, Entry(data["uid"] + "z", data["kind"], data["what"], ctx.language, (), due_at, *wall))
    _silence(ctx)
    length = spoken.length(minutes * 60, ctx.language)
    return Reply(SAYS[ctx.language]["snoozed"].format(when=length), value={"minutes": minutes})


@skill(*phrases.ENOUGH["en"], **_phrases("alarm_enough", phrases.ENOUGH), answers=True)
def alarm_enough(ctx: Context) -> Reply | None:
    """End an alarm that rings."""
    rang = _ringing(ctx)
    if not rang:
        return None
    _silence(ctx)
    for data in rang.values():
        ctx.publish("alarm.acknowledged", {"what": data["what"]})
    return Reply(SAYS[ctx.language]["okay"], value={"acknowledged": len(rang)})


def due(ctx: Context, due: Due) -> Reply:
    """Say a reminder, or begin to ring."""
    entry = entries.of(due.scheduled)
    entries.repeat(ctx, entry)
    says, late = SAYS[entry.language], due.late_s >= LATE_S
    data = {"uid": entry.uid, "kind": entry.kind, "what": entry.what, "language": entry.language}
    ctx.publish(f"{entry.kind}.due", {**entry.facts(), "late_s": round(due.late_s)})
    ago = spoken.length(due.late_s, entry.language)
    if entry.kind == "reminder":
        ctx.store.set(_LAST, {**data, "at": ctx.now.isoformat()})
        key = "reminder_late" if late and entry.what else ("reminds" if entry.what else "reminds_bare")
        return Reply(says[key].format(what=entry.what, ago=ago), language=entry.language)
    if due.late_s >= STALE_S:
        return Reply(says["alarm_late"].format(ago=ago), language=entry.language)
    ctx.store.set(_RINGING, {**_ringing(ctx), entry.uid: {**data, "rings": 1}})
    _ring_on(ctx, entry.uid)
    return Reply(says["alarm_late"].format(ago=ago) if late else _rings(ctx, entry.language), language=entry.language)


def ring(ctx: Context, due: Due) -> Reply:
    """Ring once more, unless somebody has said that it is enough."""
    uid, ringing = due.scheduled.data["uid"], _ringing(ctx)
    if (data := ringing.get(uid)) is None:
        return Reply()
    if data["rings"] >= RINGS or due.late_s >= STALE_S:
        ctx.store.set(_RINGING, {other: rest for other, rest in ringing.items() if other != uid})
        ctx.publish("alarm.missed", {"what": data["what"]})
        return Reply()
    ctx.store.set(_RINGING, {**ringing, uid: {**data, "rings": data["rings"] + 1}})
    _ring_on(ctx, uid)
    try:
        ctx.voice.volume()
    except SkillFailed:  # nobody can hear it: what it said first is kept, and is not to be said twenty times
        return Reply()
    return Reply(_rings(ctx, data["language"]), language=data["language"])


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared in (
        reminder_set, alarm_set, reminder_query, reminder_cancel, snooze, alarm_enough, reminder_answer,
    ):  # fmt: skip
        registry.add(declared)
    registry.on_due(entries.DUE, due)
    registry.on_due(_RING, ring)


def _set(ctx: Context, kind: Kind, what: str, when: str) -> Reply | None:
    says, language = SAYS[ctx.language], ctx.language
    moment, rest = moments.parse(when, language, bare=True) if when else moments.parse(what, language)
    if when and moment is None:
        return None  # "at" something that is no time: meant for somebody else
    what = (" ".join(part for part in ((what if when else ""), rest) if part)).replace("d' ", "d'")
    if kind == "alarm" and rest:
        return None
    if moment is None:
        return _ask(ctx, kind, what, says["what_time" if kind == "alarm" else "when"])
    due_at = moments.next_after(moment, ctx.now, alarm=kind == "alarm")
    if due_at is None:
        return _ask(ctx, kind, what, says["past"])
    if len(entries.everything(ctx)) >= MANY:
        return Reply(says["many"], value={"at": None})
    entry = entries.add(ctx, kind, what, moment, due_at)
    ctx.publish(f"{kind}.set", entry.facts())
    said = entry.when(ctx.now, language)
    if moment.delay_s is not None and moment.delay_s < 86_400:
        said = says["in"].format(length=spoken.length(moment.delay_s, language))
    key = "alarm_set" if kind == "alarm" else ("reminder_set" if what else "reminder_set_bare")
    value = {**entry.facts(), "seconds": moment.delay_s}
    return Reply(says[key].format(when=said, what=what), value=value)


def _ask(ctx: Context, kind: Kind, what: str, question: str) -> Reply:
    ctx.store.set(_QUESTION, {"kind": kind, "what": what, "at": ctx.now.isoformat()})
    return Reply(question, value={"kind": kind, "what": what, "at": None}, follow_up=True)


def _recent(ctx: Context, at: str, limit_s: int) -> bool:
    return 0 <= (ctx.now - dt.datetime.fromisoformat(at)).total_seconds() <= limit_s


def _ringing(ctx: Context) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = ctx.store.get(_RINGING, {})
    return found


def _ring_on(ctx: Context, uid: str) -> None:
    ctx.schedule.add(ctx.now + dt.timedelta(seconds=RING_EVERY_S), _RING, {"uid": uid})


def _silence(ctx: Context) -> None:
    """Nothing rings any more."""
    ctx.store.set(_RINGING, {})
    for row in ctx.schedule.pending(_RING):
        ctx.schedule.cancel(row.id)
    with contextlib.suppress(SkillFailed):
        ctx.voice.stop()


def _rings(ctx: Context, language: str) -> str:
    clock = spoken.clock(ctx.now.time(), language)
    return SAYS[language]["rings"].format(time=clock.split(" ", 1)[1] if language != "es" else clock)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
