"""Second thoughts about timers: longer, shorter, another length or a name after all, or not at all.

Whoever says "set a timer for five minutes ... and thirty seconds" has their timer by the time they go on. For a minute
what follows changes it; and each change can be taken back.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from msgspec import Meta

from homebody.skill import UNDO, Change, Context, Reply, skill
from homebody_timers import languages, phrases, replies, timers
from homebody_timers.timers import Timer

Name = Annotated[str, Meta(pattern=phrases.NAME, max_length=40, description="what the timer is for, such as pasta")]
# Wider than what is allowed, so that "for three days" gets a sensible answer instead of none.
Seconds = Annotated[int, Meta(ge=0, le=100 * 365 * 86_400, description="length in seconds")]

Count = Annotated[int, Meta(ge=1, le=999, description="minutes, or in whatever the timer was set in")]


@skill(
    *phrases.CHANGE,
    lists=phrases.LISTS,
    rules=phrases.CHANGING,
    translations=languages.phrases("timer_change"),
    side_effect=True,
    examples=("add two minutes to the timer",),
)
def timer_change(
    ctx: Context,
    name: Name = "",
    seconds: Seconds | None = None,
    to: Seconds | None = None,
    by: Seconds = 0,
    less: Seconds = 0,
    known: bool = False,
) -> Reply | None:
    """Change how long a timer runs."""
    if known and not timers.called([timer for timer in timers.everything(ctx) if timer.name], name, None):
        return None  # "add two minutes to the pasta" is about a timer only where there is one for the pasta
    return change(ctx, name, seconds, to=to, by=by, less=less)


def change(ctx: Context, name: str, seconds: int | None, *, to: int | None, by: int, less: int) -> Reply:
    """The one that is meant by name or length runs ``to`` seconds in all, or so much longer or shorter."""
    timer = replies.the_one(ctx, timers.everything(ctx), name, seconds, "change", to=to, by=by, less=less)
    if isinstance(timer, Reply):
        return timer
    reply = _changed(ctx, timer, timer.seconds + by - less if to is None else to, timer.name)
    if reply.value["seconds"] is not None:
        Change.note(ctx, did="changed", uid=timer.uid, seconds=timer.seconds)
    return reply


@skill(
    *phrases.CORRECT,
    lists=phrases.LISTS,
    rules=phrases.CHANGING,
    translations=languages.phrases("timer_correct"),
    side_effect=True,
    answers=True,
    examples=("and thirty seconds", "no six minutes"),
)
def timer_correct(
    ctx: Context,
    name: Name = "",
    seconds: Seconds | None = None,
    to: Seconds | None = None,
    by: Seconds = 0,
    less: Seconds = 0,
    to_count: Count | None = None,
    by_count: Count | None = None,
    another: bool = False,
) -> Reply | None:
    """Correct the timer that was just set, or set another."""
    change = Change.last(ctx, timers.CHANGING)
    if change is None or change["did"] not in {"set", "changed"}:
        return None
    timer = _known(ctx, change["uid"])
    if another:
        return replies.set_(ctx, to, name)
    if timer is not None:
        to = to if to_count is None else to_count * timer.unit_s
        by = by if by_count is None else by_count * timer.unit_s
    if timer is None or (seconds is not None and seconds != timer.seconds) or (name and timer.name):
        return None
    reply = _changed(ctx, timer, timer.seconds + by - less if to is None else to, name or timer.name, says="set")
    if reply.value["seconds"] is not None:
        Change.note(ctx, **change)  # so "cancel that" takes back the whole, and not the last word about it
    return reply


@skill(
    *UNDO["en"],
    translations=languages.undoing(),
    side_effect=True,
    answers=True,
    examples=("undo that",),
)
def timer_undo(ctx: Context) -> Reply | None:
    """Take back what was just done to a timer."""
    change = Change.last(ctx, timers.CHANGING, surely=True)
    if change is None:
        return None
    Change.forget(ctx)
    if change["did"] == "cancelled":
        return _cancelled_run_again(ctx, change)
    timer = _known(ctx, change["uid"])
    if timer is None:
        return None
    match change["did"]:
        case "set":
            return replies.cancelled(ctx, [timer], "")
        case "paused":
            return replies.resumed(ctx, timer)
        case "resumed":
            return replies.paused(ctx, timer)
    return _changed(ctx, timer, change["seconds"], timer.name)


def _changed(ctx: Context, timer: Timer, seconds: int, name: str, *, says: str = "left") -> Reply:
    """The answer once it runs for so long in all, under this name; its value has no ``seconds`` where it does not."""
    value: dict[str, Any] = {"name": name, "seconds": None}
    if not 1 <= seconds <= timers.LONGEST_S:
        return Reply(replies.limits(ctx, seconds), value=value)
    if timer.left_s + seconds - timer.seconds < 1:
        return Reply(replies.says(ctx, "over", timer), value=value)
    new = timers.change(ctx, timer, seconds=seconds, name=name)
    if new is None:
        return Reply(replies.says(ctx, "too_late", timer), value=value)
    ctx.publish("timer.changed", replies.facts(new))
    text = replies.set_for(ctx, new) if says == "set" else replies.says(ctx, says, new)
    return Reply(text, value=replies.facts(new))


def _cancelled_run_again(ctx: Context, change: dict[str, Any]) -> Reply:
    passed_s = (ctx.now - dt.datetime.fromisoformat(change["at"])).total_seconds()
    back = []
    for was in change["timers"]:
        timer = Timer(**was)
        if timer.id is not None:
            timer = timer._replace(left_s=max(timer.left_s - passed_s, 0))
        timers.restore(ctx, timer)
        ctx.publish("timer.set", replies.facts(timer))
        back.append(timer)
    text = " ".join(replies.says(ctx, "left", timer) for timer in back[:3])
    return Reply(text, value={"name": back[0].name, "restored": len(back)})


def _known(ctx: Context, uid: str) -> Timer | None:
    return next((timer for timer in timers.everything(ctx) if timer.uid == uid), None)
