"""Second thoughts about reminders and alarms: another time, what of, or not at all.

Whoever says "remind me at six ... to call Anna" has a reminder by the time they go on. For a minute what follows
corrects it, and each change can be taken back.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from homebody.skill import UNDO, Change, Context, Reply, skill
from homebody_reminders import entries, moments, phrases, setting, spoken
from homebody_reminders.declaring import Kind, Matter, Times, Words, declared, in_either
from homebody_reminders.entries import Entry
from homebody_reminders.says import SAYS


@skill(*phrases.CHANGE["en"], **declared("reminder_change", phrases.CHANGE))
def reminder_change(
    ctx: Context, when: Words, kind: Kind = "alarm", old: Words = "", what: Matter = ""
) -> Reply | None:
    """Move a reminder or an alarm to another time."""
    return moved(ctx, kind, what, old, when)


@skill(*phrases.CORRECT["en"], **declared("reminder_correct", phrases.CORRECT), answers=True)
def reminder_correct(ctx: Context, when: Times = "", what: Matter = "") -> Reply | None:
    """Correct the reminder or alarm that was just set."""
    change = Change.last(ctx, setting.CHANGING)
    if change is None or change["did"] not in {"set", "changed"}:
        return None
    entry = _known(ctx, change["uid"])
    if entry is None or (what and (entry.what or entry.kind == "alarm")):
        return None
    if not what:
        reply = in_either(ctx, entry.language, lambda ctx: _at(ctx, entry, when))
    else:
        new = entries.replace(ctx, entry, entry._replace(what=what.replace("d' ", "d'")))
        reply = setting.is_set(ctx, new) if new else None
    if reply is not None and reply.value["at"]:
        Change.note(ctx, **change)  # so "cancel that" takes back the whole, and not the last word about it
    return reply


@skill(
    *UNDO["en"],
    **declared("reminder_undo", UNDO) | {"lists": {}, "rules": {}},
    answers=True,
)
def reminder_undo(ctx: Context) -> Reply | None:
    """Take back what was just done to a reminder or an alarm."""
    change = Change.last(ctx, setting.CHANGING, surely=True)
    if change is None:
        return None
    Change.forget(ctx)
    if change["did"] == "cancelled":
        return _restored(ctx, [entries.schedule(ctx, _unpacked(data)) for data in change["entries"]])
    entry = _known(ctx, change["uid"])
    if entry is None:
        return None
    if change["did"] == "set":
        return setting.cancelled(ctx, [entry])
    new = entries.replace(ctx, entry, _unpacked(change["before"]))
    return setting.is_set(ctx, new) if new else None


def moved(ctx: Context, kind: str, what: str, old: str, when: str) -> Reply | None:
    """The one that is meant by ``what`` and ``old``, at another time; None where ``old`` or ``when`` is none."""
    before, _ = moments.parse(old, ctx.language, bare=True) if old else (None, "")
    after, rest = moments.parse(when, ctx.language, bare=True)
    if after is None or rest or (old and before is None):
        return None
    found = entries.everything(ctx, kind)
    if not found:
        return Reply(SAYS[ctx.language][f"no_{kind}s"], value={"at": None})
    chosen = entries.meant(found, what, before)
    if len(chosen) != 1:
        question = setting.which(ctx, kind, chosen, found, "change", to=when)
        return Reply(question, value={"at": None}, follow_up=bool(chosen))
    entry = chosen[0]
    reply = _at(ctx, entry, when)
    if reply is not None and reply.value["at"]:
        packed = {**entries.packed(entry), "due_at": entry.due_at.isoformat()}
        Change.note(ctx, did="changed", uid=entry.uid, before=packed)
    return reply


def _at(ctx: Context, entry: Entry, when: str) -> Reply | None:
    """The answer once it is at this time; what the words leave open is as before. None where they say no time."""
    said, rest = moments.parse(when, ctx.language, bare=True)
    if said is None or rest:
        return None
    moment = moments.merged(said, entry.due_at, entry.weekdays, entry.hour, entry.minute)
    alarm = entry.kind == "alarm"
    due_at = moments.next_after(moment, ctx.now, alarm=alarm) or moments.next_after(said, ctx.now, alarm=alarm)
    if due_at is None:
        return Reply(SAYS[ctx.language]["past"], value={"at": None})
    new = entries.replace(ctx, entry, entries.timed(entry, moment, due_at))
    if new is None:
        return None
    ctx.publish(f"{entry.kind}.changed", new.facts())
    return setting.is_set(ctx, new, said.delay_s)


def _restored(ctx: Context, back: list[Entry]) -> Reply:
    for one in back:
        ctx.publish(f"{one.kind}.set", one.facts())
    if len(back) == 1:
        return setting.is_set(ctx, back[0])
    names = spoken.joined([one.named(ctx.now, ctx.language) for one in back[:5]], SAYS[ctx.language]["and"])
    return Reply(spoken.capital(SAYS[ctx.language]["and_then"].format(names=names)), value={"restored": len(back)})


def _unpacked(data: dict[str, Any]) -> Entry:
    return entries.unpacked(data, dt.datetime.fromisoformat(data["due_at"]))


def _known(ctx: Context, uid: str) -> Entry | None:
    return next((entry for entry in entries.everything(ctx) if entry.uid == uid), None)
