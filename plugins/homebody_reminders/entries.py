"""The reminders and alarms of one household: all in the schedule, and nothing in memory."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from homebody.skill import Context, Scheduled
from homebody_reminders import moments, spoken, words
from homebody_reminders.moments import When
from homebody_reminders.says import SAYS

DUE = "due"  # the handler's name in the schedule


class Entry(NamedTuple):
    """A reminder or an alarm. ``weekdays``: those on which it comes again, at ``hour`` and ``minute``; empty: once.

    ``language`` is the one it was asked for in, in which it is announced.
    """

    uid: str
    kind: str
    what: str
    language: str
    weekdays: tuple[int, ...]
    due_at: dt.datetime
    hour: int
    minute: int
    id: int | None = None

    def when(self, now: dt.datetime, language: str) -> str:
        """As "tomorrow at six o'clock in the morning", "every weekday at ..."."""
        time = spoken.clock(dt.time(self.hour, self.minute), language)
        if self.weekdays:
            return f"{spoken.every(self.weekdays, language)} {time}"
        return f"{spoken.day(self.due_at, now, language)} {time}"

    def named(self, now: dt.datetime, language: str) -> str:
        """As "the alarm tomorrow at ..."."""
        key = "reminder_bare" if self.kind == "reminder" and not self.what else self.kind
        return SAYS[language][key].format(when=self.when(now, language), what=self.what)

    def facts(self) -> dict[str, Any]:
        """For values and events."""
        facts = {"kind": self.kind, "what": self.what, "at": self.due_at.isoformat(timespec="seconds")}
        return {**facts, "time": f"{self.hour:02}:{self.minute:02}", "weekdays": list(self.weekdays)}


def add(ctx: Context, kind: str, what: str, when: When, due_at: dt.datetime) -> Entry:
    """Keep one; durable when this returns."""
    entry = Entry(secrets.token_hex(4), kind, what, ctx.language, (), due_at, 0, 0)
    return schedule(ctx, timed(entry, when, due_at))


def timed(entry: Entry, when: When, due_at: dt.datetime) -> Entry:
    """The same at this time."""
    hour, minute = _wall(due_at, when)
    weekdays = when.weekdays if when.repeats else ()
    return entry._replace(due_at=due_at, weekdays=weekdays, hour=hour, minute=minute)


def schedule(ctx: Context, entry: Entry) -> Entry:
    """Have it come due."""
    row = ctx.schedule.add(entry.due_at, DUE, packed(entry))
    return entry._replace(id=row.id)


def packed(entry: Entry) -> dict[str, Any]:
    """As JSON values, all but when it is due."""
    data: dict[str, Any] = {"uid": entry.uid, "kind": entry.kind, "what": entry.what, "language": entry.language}
    return data | {"weekdays": list(entry.weekdays), "hour": entry.hour, "minute": entry.minute}


def replace(ctx: Context, old: Entry, new: Entry) -> Entry | None:
    """This one instead of that; None when that has come due meanwhile. Without power between the two steps none is
    lost: both come."""
    kept = schedule(ctx, new)
    if old.id is not None and ctx.schedule.cancel(old.id):
        return kept
    if kept.id is not None:
        ctx.schedule.cancel(kept.id)
    return None


def repeat(ctx: Context, entry: Entry) -> None:
    """Schedule the next time of one that repeats; twice does no harm."""
    if not entry.weekdays:
        return
    after = max(ctx.now, entry.due_at)
    if not any(other.uid == entry.uid and other.id != entry.id for other in everything(ctx)):
        due_at = moments.again(entry.hour, entry.minute, entry.weekdays, after)
        schedule(ctx, entry._replace(due_at=due_at))


def everything(ctx: Context, kind: str | None = None) -> list[Entry]:
    """All there are, or those of a kind, the soonest first."""
    found = [of(row) for row in ctx.schedule.pending(DUE)]
    return [entry for entry in found if kind in {None, entry.kind}]


def of(row: Scheduled) -> Entry:
    """What was scheduled."""
    return unpacked(row.data, row.due_at)._replace(id=row.id)


def unpacked(data: Mapping[str, Any], due_at: dt.datetime) -> Entry:
    """What `packed` has made."""
    return Entry(
        data["uid"], data["kind"], data["what"], data["language"], tuple(data["weekdays"]), due_at, data["hour"],
        data["minute"],
    )  # fmt: skip


def meant(among: Sequence[Entry], what: str, when: When | None) -> list[Entry]:
    """Those a person means by a time or by words; all where neither was said."""
    found = [entry for entry in among if when is None or _at(entry, when)]
    if not what:
        return found
    exact = [entry for entry in found if entry.what == what]
    said = set(what.split()) - words.SMALL
    alike = [(len(said & set(entry.what.split())), entry) for entry in found]
    most = max((count for count, _ in alike), default=0)
    return exact or [entry for count, entry in alike if count == most and 2 * count >= max(1, len(said))]


def told(ctx: Context, text: str) -> list[Entry]:
    """Those that these words tell of, in their order."""
    there, text = everything(ctx), text.lower()
    found: list[tuple[int, Entry]] = []
    named = {entry.uid: entry.named(ctx.now, ctx.language).lower() for entry in there}
    for name in sorted(set(named.values()), key=len, reverse=True):  # "..., call" is in "..., call anna"
        place = text.find(name)
        text = text.replace(name, " " * len(name))
        found += [(place, entry) for entry in there if place >= 0 and named[entry.uid] == name]
    return [entry for _, entry in sorted(found, key=lambda one: one[0])]


def nth_of(among: Sequence[Entry], nth: int) -> list[Entry]:
    """The first, the second, ... or, with -1, the last of these; none where there are not so many. Pure."""
    return [among[nth - 1 if nth > 0 else nth]] if 0 < abs(nth) <= len(among) else []


def comes(entry: Entry, when: When, now: dt.datetime) -> bool:
    """Whether it comes on the day that is meant, or on one of those it repeats on, and at that time of it."""
    days = moments.possible_days(when, now.date())
    days = days if when.repeats else days[:1]
    if when.day is None and not when.weekdays and when.date is None:  # "at six", on any day
        days = [entry.due_at.date()]
    due = entry.due_at.date()
    if not any(day == due or (day > due and day.weekday() in entry.weekdays) for day in days):
        return False
    if when.hour is not None:
        return (entry.hour, entry.minute) in {(hour, when.minute) for hour in moments.hours(when)}
    early, late = moments.PARTS_H.get(when.part, (0, 24))
    return early <= entry.hour < late


def _at(entry: Entry, when: When) -> bool:
    if when.repeats and tuple(sorted(when.weekdays)) != tuple(sorted(entry.weekdays)):
        return False
    if when.weekdays and not when.repeats and entry.due_at.weekday() not in when.weekdays:
        return False
    if when.hour is None:
        return True
    times = {(hour, when.minute) for hour in moments.hours(when)}
    return (entry.hour, entry.minute) in times


def _wall(due_at: dt.datetime, when: When) -> tuple[int, int]:
    """The time of day as it was said: a repeated 02:30 stays 02:30, though it rings at 03:30 once a year."""
    if when.repeats and when.hour is not None:
        return moments.said_hour(when, due_at), when.minute
    return due_at.hour, due_at.minute
