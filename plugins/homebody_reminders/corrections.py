"""Second thoughts about reminders and alarms: another time, what of, or not at all.

Whoever says "remind me at six ... to call Anna" has a reminder by the time they go on. For a minute what follows
corrects it, and each change can be taken back.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from homebody.skill import UNDO, Change, Context, Reply, skill
from homebody_reminders import entries, moments, phrases, setting, spoken
from homebody_reminders.declaring import Kind, Matter, Times, Words, declared, in_either
from homebody_reminders.entries import Entry
from homebody_reminders.moments import When
from homebody_reminders.says import SAYS

_AND: Final = re.compile(r"(?:and|und|et|y)\b")
_NUMBER: Final = re.compile(r"[1-9]\d{0,3}")


@skill(*phrases.CHANGE["en"], **declared("reminder_change", phrases.CHANGE))
def reminder_change(
    ctx: Context, when: Words, kind: Kind = "alarm", old: Words = "", what: Matter = ""
) -> Reply | None:
    """Move a reminder or an alarm to another time."""
    return moved(ctx, kind, what, old, when)


@skill(*phrases.CORRECT["en"], **declared("reminder_correct", phrases.CORRECT), answers=True)
def reminder_correct(ctx: Context, when: Times = "", what: Matter = "", also: bool = False) -> Reply | None:
    """Correct the reminder or alarm that was just set, or set another like it."""
    change = Change.last(ctx, setting.CHANGING)
    if change is None or change["did"] not in {"set", "changed"}:
        return None
    entry = _known(ctx, change["uid"])
    if entry is None or (what and (entry.what or entry.kind == "alarm")):
        return None
    said: dict[str, Any] = change.get("said", {})
    if what:
        new = entries.replace(ctx, entry, entry._replace(what=what.replace("d' ", "d'")))
        reply = setting.is_set(ctx, new) if new else None
    elif (more := in_either(ctx, entry.language, lambda ctx: _more(ctx, entry, when, said, also=also))) is not None:
        return more
    else:
        reply = in_either(ctx, entry.language, lambda ctx: _at(ctx, entry, when, said))
    if reply is not None and reply.value["at"]:
        # So "cancel that" takes back the whole, and not the last word about it.
        Change.note(ctx, **{**change, "said": said})
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


def moved(ctx: Context, kind: str, what: str, old: str, when: str, *, answers: bool = False) -> Reply | None:
    """The one that is meant by ``what`` and ``old``, at another time; None where ``when`` is none, or ``old`` in the
    answer to the question which one."""
    before, left = moments.parse(old or what, ctx.language, bare=True)
    if before is not None and not left:
        what = what if old else ""
    elif answers and old:
        return None
    else:  # "the dentist reminder"
        before, what = None, what or old
    after, rest = moments.parse(when, ctx.language, bare=True)
    if after is None or rest:
        return None
    found = entries.everything(ctx, kind)
    if not found:
        return Reply(SAYS[ctx.language][f"no_{kind}s"], value={"at": None})
    chosen = entries.meant(found, what, before)
    if len(chosen) != 1:
        question = setting.which(ctx, kind, chosen, found, "change", to=when)
        return Reply(question, value={"at": None}, follow_up=bool(chosen))
    return at(ctx, chosen[0], when)


def at(ctx: Context, entry: Entry, when: str) -> Reply | None:
    """The answer once this one is moved to this time, which can be taken back; None where the words say none."""
    reply = _at(ctx, entry, when)
    if reply is not None and reply.value["at"]:
        packed = {**entries.packed(entry), "due_at": entry.due_at.isoformat()}
        Change.note(ctx, did="changed", uid=entry.uid, before=packed)
    return reply


def _at(ctx: Context, entry: Entry, when: str, said_before: dict[str, Any] | None = None) -> Reply | None:
    """The answer once it is at this time; what the words leave open is as before. None where they say no time.
    ``said_before``: what of its time had been said (`setting.said_of`), to which these words are added."""
    found = _meant(ctx, entry, when, said_before or {})
    if found is None:
        return None
    said, moment, due_at = found
    if due_at is None:
        return Reply(SAYS[ctx.language]["past"], value={"at": None})
    new = entries.replace(ctx, entry, entries.timed(entry, moment, due_at))
    if new is None:
        return None
    ctx.publish(f"{entry.kind}.changed", new.facts())
    if said_before is not None:
        if said.delay_s is not None:
            said_before.clear()
        else:
            said_before.pop("delay_s", None)
        said_before.update({key: told for key, told in setting.said_of(said).items() if told})
    return setting.is_set(ctx, new, said.delay_s)


def _more(ctx: Context, entry: Entry, when: str, said_before: dict[str, Any], *, also: bool) -> Reply | None:
    """The answer once there is another like it at this time; None where the words say no time, or do not say that
    there is to be ``also`` one and only add to what was said of this one: "tomorrow ... and at nine"."""
    found = _meant(ctx, entry, when, said_before)
    if found is None:
        return None
    again = setting.said_of(found[0])
    twice = any(again[key] and said_before.get(key) for key in ("hour", "day")) and not again["delay_s"]
    if not also and not (twice and _AND.match(ctx.text)):
        return None
    return setting.added(ctx, entry.kind, entry.what, *found[1:])


def _meant(
    ctx: Context, entry: Entry, when: str, said_before: dict[str, Any]
) -> tuple[When, When, dt.datetime | None] | None:
    """What the words say, that with what they leave open, and when it is next; None where they say no time."""
    if said_before.get("delay_s") and _NUMBER.fullmatch(when):  # "in ten minutes ... make it fifteen"
        unit_s = next(one for one in (86_400, 3600, 60, 1) if said_before["delay_s"] % one == 0)
        said, rest = When(delay_s=int(when) * unit_s), ""
    else:
        parsed, rest = moments.parse(when, ctx.language, bare=True)
        if parsed is None or rest:
            return None
        said = parsed
    alarm = entry.kind == "alarm"
    half = bool(said_before.get("hour", True))
    moment = moments.merged(said, entry.due_at, entry.weekdays, entry.hour, entry.minute, alarm=alarm, half=half)
    due_at = moments.next_after(moment, ctx.now, alarm=alarm)
    if moment.date is not None and said.date is None and due_at and due_at.date() != entry.due_at.date():
        due_at = None  # on the day it was for that hour is over
    return said, moment, due_at or moments.next_after(said, ctx.now, alarm=alarm)


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
