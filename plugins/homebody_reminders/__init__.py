"""Reminders and alarms, once or repeated, in four languages. None is lost, and what came late says so.

An alarm sounds every half minute until somebody says "stop", "okay" or "snooze", at most `RINGS` times.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Annotated, Any, Final

from msgspec import Meta

from homebody.skill import Context, Due, Question, Registry, Reply, SkillFailed, skill
from homebody_reminders import corrections, entries, moments, phrases, setting, spoken
from homebody_reminders.declaring import Kind, Matter, Nth, Times, What, Words, declared, in_either
from homebody_reminders.entries import Entry
from homebody_reminders.says import SAYS

RINGS: Final = 20
RING_EVERY_S: Final = 30
LATE_S: Final = 60  # below this it simply comes
STALE_S: Final = 600  # an alarm that is later than this is told of once and does not ring
SNOOZE_MIN: Final = 10
JUST_S: Final = 600  # a reminder may be snoozed for so long after it was said
_RING: Final = "ring_on"
_RINGING, _LAST = "ringing", "last"


@skill(*phrases.REMIND["en"], **declared("reminder_set", phrases.REMIND))
def reminder_set(ctx: Context, what: What = "", when: Words = "") -> Reply | None:
    """Remind you of something."""
    return setting.set_(ctx, "reminder", what, when)


@skill(*phrases.ALARM["en"], **declared("alarm_set", phrases.ALARM))
def alarm_set(ctx: Context, when: Words = "", days: Words = "") -> Reply | None:
    """Wake you."""
    return setting.set_(ctx, "alarm", "", f"{days} {when}".strip())


@skill(*phrases.ANSWER["en"], **declared("reminder_answer", phrases.ANSWER), answers=True)
def reminder_answer(
    ctx: Context, when: Times = "", what: Matter = "", every: bool = False, nth: Nth | None = None
) -> Reply | None:
    """Take the answer to a question about a reminder: when, or which one."""
    if (question := Question.taken(ctx)) is None:
        return None

    def answered(ctx: Context) -> Reply | None:
        if nth is not None:
            chosen = entries.nth_of(entries.told(ctx, question["text"]), nth)
            if not chosen or question["asks"] == "when":
                return None
            if question["asks"] == "change":
                return corrections.at(ctx, chosen[0], question["to"])
            return setting.cancelled(ctx, chosen)
        if question["asks"] == "when":
            return setting.set_(ctx, question["kind"], question["what"], when, answers=True) if when else None
        if question["asks"] == "change":
            return corrections.moved(ctx, question["kind"], what, when, question["to"], answers=True)
        return setting.cancel(ctx, question["kind"], what, when, every=every, listed=question["uids"])

    return in_either(ctx, question["language"], answered)


@skill(*phrases.QUERY["en"], **declared("reminder_query", phrases.QUERY, read_only=True))
def reminder_query(ctx: Context, kind: Kind = "reminder", when: Words = "", first: bool = False) -> Reply | None:
    """Say which reminders and alarms there are."""
    says = SAYS[ctx.language]
    found = entries.everything(ctx, kind)
    if when and found:
        moment, rest = moments.parse(when, ctx.language)
        if moment is None or rest or moment.delay_s is not None:
            return None
        found = [entry for entry in found if entries.comes(entry, moment, ctx.now)]
        if not found:
            return Reply(says["none_then"], value={"kind": kind, "count": 0, "entries": []})
    found = found[:1] if first else found
    value = {"kind": kind, "count": len(found), "entries": [entry.facts() for entry in found]}
    if not found:
        return Reply(says[f"no_{kind}s"], value=value)
    names = spoken.joined([entry.named(ctx.now, ctx.language) for entry in found[:5]], says["and"])
    return Reply(spoken.capital(says["first" if len(found) > 5 else "and_then"].format(names=names)), value=value)


@skill(*phrases.CANCEL["en"], **declared("reminder_cancel", phrases.CANCEL))
def reminder_cancel(
    ctx: Context,
    kind: Kind | None = None,
    what: What = "",
    when: Words = "",
    every: bool = False,
    days: Words = "",
    nth: Nth | None = None,
) -> Reply | None:
    """Cancel a reminder or an alarm."""
    if nth is not None or (every and kind is None):  # "the second one", "both"
        told = entries.told(ctx, ctx.session.last_reply) or (entries.everything(ctx, kind) if kind else [])
        chosen = told if nth is None else entries.nth_of(told, nth)
        return setting.cancelled(ctx, chosen) if chosen else None
    of_kind = kind or ("reminder" if what else "alarm")
    if (
        of_kind == "alarm"
        and not entries.everything(ctx, of_kind)
        and (reply := alarm_enough.function(ctx)) is not None
    ):
        assert isinstance(reply, Reply)
        return reply
    return setting.cancel(ctx, of_kind, what, when or days, every=every)


@skill(*phrases.SNOOZE["en"], **declared("snooze", phrases.SNOOZE), answers=True)
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


@skill(*phrases.ENOUGH["en"], **declared("alarm_enough", phrases.ENOUGH), answers=True)
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
    for one in (
        reminder_set, alarm_set, reminder_query, reminder_cancel, snooze, alarm_enough, reminder_answer,
        corrections.reminder_change, corrections.reminder_correct, corrections.reminder_undo,
    ):  # fmt: skip
        registry.add(one)
    registry.on_due(entries.DUE, due)
    registry.on_due(_RING, ring)


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
