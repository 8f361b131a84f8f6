"""The timers of one household: what runs is in the schedule, what is paused in the store, and nothing in memory.

A paused timer is first written to the store and then taken off the schedule; a resumed one goes the other way round.
Whatever moment the power fails at, its ``uid`` is in at least one of the two; the schedule wins where it is in both.
"""

from __future__ import annotations

import datetime as dt
import difflib
import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from homebody.skill import Context, Scheduled
from homebody_timers import durations

LONGEST_S: Final = 24 * 3600
MANY: Final = 50  # more timers than this at once are refused
RING: Final = "ring"  # the handler's name in the schedule
CHANGING: Final = frozenset(
    "timer_" + verb for verb in ("set", "cancel", "pause", "resume", "answer", "change", "correct", "undo")
)
_PAUSED: Final = "paused"


class Timer(NamedTuple):
    """One timer. ``id`` is the schedule's, None while it is paused; ``name`` is empty where none was given."""

    uid: str
    name: str
    seconds: int
    left_s: float
    id: int | None

    @property
    def unit_s(self) -> int:
        """What its length was said in: hours, minutes or seconds."""
        return 3600 if self.seconds % 3600 == 0 else (60 if self.seconds >= 60 else 1)

    @property
    def spoken(self) -> str:
        """As "pasta timer", "five minute timer"."""
        return f"{self.name or durations.adjective(self.seconds)} timer"


def start(ctx: Context, seconds: int, name: str) -> Timer:
    """Start one; durable when this returns."""
    uid = secrets.token_hex(4)
    scheduled = _schedule(ctx, uid, name, seconds, seconds)
    return Timer(uid, name, seconds, seconds, scheduled.id)


def everything(ctx: Context) -> list[Timer]:
    """All timers, the soonest first, paused ones last."""
    running = [
        Timer(s.data["uid"], s.data["name"], s.data["seconds"], max((s.due_at - ctx.now).total_seconds(), 0), s.id)
        for s in ctx.schedule.pending(RING)
    ]
    uids = {timer.uid for timer in running}
    paused = [Timer(**entry, id=None) for entry in _paused(ctx) if entry["uid"] not in uids]
    return running + paused


def cancel(ctx: Context, timer: Timer) -> bool:
    """Take it back; False when it has rung meanwhile."""
    was_paused = forget_paused(ctx, timer.uid)
    return ctx.schedule.cancel(timer.id) if timer.id is not None else was_paused


def pause(ctx: Context, timer: Timer) -> bool:
    """Stop its clock; False when it has rung meanwhile."""
    if timer.id is None:
        return True
    ctx.store.set(_PAUSED, [*_paused(ctx), _entry(timer)])
    if ctx.schedule.cancel(timer.id):
        return True
    forget_paused(ctx, timer.uid)
    return False


def resume(ctx: Context, timer: Timer) -> None:
    """Let its clock run on."""
    _schedule(ctx, timer.uid, timer.name, timer.seconds, timer.left_s)
    forget_paused(ctx, timer.uid)


def change(ctx: Context, timer: Timer, *, seconds: int, name: str) -> Timer | None:
    """Have it run for so long in all, under this name; None when it has rung meanwhile. What it has run already counts.
    Without power between the two steps none is lost: both lengths ring."""
    left_s = max(timer.left_s + seconds - timer.seconds, 0)
    new = timer._replace(name=name, seconds=seconds, left_s=left_s)
    if timer.id is None:
        rest = [entry for entry in _paused(ctx) if entry["uid"] != timer.uid]
        ctx.store.set(_PAUSED, [*rest, _entry(new)])
        return new
    scheduled = _schedule(ctx, new.uid, new.name, new.seconds, left_s)
    if not ctx.schedule.cancel(timer.id):
        ctx.schedule.cancel(scheduled.id)
        return None
    return new._replace(id=scheduled.id)


def restore(ctx: Context, timer: Timer) -> None:
    """Have one that was cancelled run again, or wait again where it was paused."""
    if timer.id is None:
        ctx.store.set(_PAUSED, [*_paused(ctx), _entry(timer)])
    else:
        _schedule(ctx, timer.uid, timer.name, timer.seconds, timer.left_s)


def forget_paused(ctx: Context, uid: str) -> bool:
    """Remove what the store holds of a timer; False where it held nothing."""
    before = _paused(ctx)
    after = [entry for entry in before if entry["uid"] != uid]
    if len(after) != len(before):
        ctx.store.set(_PAUSED, after)
    return len(after) != len(before)


def called(timers: Sequence[Timer], name: str, seconds: int | None) -> list[Timer]:
    """Those that a person means by a name or a length; all where neither was said. Pure.

    A name that was slightly misheard still finds its timer (difflib's ratio of 0.7), where nothing fits better.
    """
    found = [t for t in timers if seconds is None or t.seconds == seconds]
    if not name:
        return found
    exact = [t for t in found if t.name == name]
    if exact:
        return exact
    partly = [t for t in found if t.name and (set(name.split()) & set(t.name.split()))]
    if partly:
        return partly
    close = difflib.get_close_matches(name, {t.name for t in found if t.name}, n=1, cutoff=0.7)
    return [t for t in found if t.name in close]


def nth_of(timers: Sequence[Timer], nth: int) -> Timer | None:
    """The first, the second, ... or, with -1, the last of these; None where there are not so many. Pure."""
    return timers[nth - 1 if nth > 0 else nth] if 0 < abs(nth) <= len(timers) else None


def listed(timers: Sequence[Timer], last: str = "and") -> str:
    """As "the pasta timer and the five minute timer"."""
    return durations.joined([f"the {t.spoken}" for t in timers], last)


def _schedule(ctx: Context, uid: str, name: str, seconds: int, left_s: float) -> Scheduled:
    due_at = ctx.now + dt.timedelta(seconds=left_s)
    return ctx.schedule.add(due_at, RING, {"uid": uid, "name": name, "seconds": seconds, "language": ctx.language})


def _entry(timer: Timer) -> dict[str, Any]:
    return {"uid": timer.uid, "name": timer.name, "seconds": timer.seconds, "left_s": timer.left_s}


def _paused(ctx: Context) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = ctx.store.get(_PAUSED, [])
    return entries
