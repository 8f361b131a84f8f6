"""Timers: named, several at once, and never lost. They survive a power cut; one that came due meanwhile rings late."""

from __future__ import annotations

import re
from typing import Annotated, Final

from msgspec import Meta

from homebody.skill import Context, Due, Question, Registry, Reply, skill
from homebody_timers import corrections, durations, languages, phrases, replies, timers
from homebody_timers.corrections import Name, Seconds
from homebody_timers.timers import Timer

Nth = Annotated[int, Meta(ge=-1, le=5, description="which of those that were told of, -1 for the last")]
_TIMER: Final = re.compile(r"timer|countdown|minuteur|minuterie|temporizador|cronómetro|running|timed")
LATE_S: Final = 10  # below this a timer simply rings; nobody minds


@skill(
    *phrases.SET,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    translations=languages.phrases("timer_set"),
    side_effect=True,
    awaits=("seconds",),
    examples=(
        "set a timer for five minutes",
        "set a pasta timer for ten minutes",
        "start a timer for an hour and a half",
        "set another timer for ten minutes called eggs",
        "timer five minutes",
    ),
    says=("For how long?", *(f"Timer set for {durations.spoken(seconds)}." for seconds in languages.USUAL_S)),
)
def timer_set(ctx: Context, seconds: Seconds | None = None, name: Name = "") -> Reply:
    """Set a timer."""
    return replies.set_(ctx, seconds, name)


@skill(
    *phrases.CANCEL,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    translations=languages.phrases("timer_cancel"),
    side_effect=True,
    examples=("cancel the timer", "cancel the pasta timer", "stop the ten minute timer", "cancel all timers"),
    says=("No timer is running.",),
)
def timer_cancel(
    ctx: Context, name: Name = "", seconds: Seconds | None = None, every: bool = False, nth: Nth | None = None
) -> Reply | None:
    """Cancel a timer, or all of them."""
    told = replies.told(ctx, ctx.session.last_reply)
    if nth is not None:
        chosen = timers.nth_of(told or (timers.everything(ctx) if _TIMER.search(ctx.text) else []), nth)
        return None if chosen is None else replies.cancelled(ctx, [chosen], "")
    if every and ctx.session.last_reply and not _TIMER.search(f"{ctx.text} {ctx.session.last_reply.lower()}"):
        return None  # "cancel both", of something else
    listed = [timer.uid for timer in told] if told and not _TIMER.search(ctx.text) else None
    return replies.cancel(ctx, name, seconds, every, listed=listed)


@skill(
    *phrases.ANSWER,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    translations=languages.phrases("timer_answer"),
    side_effect=True,
    answers=True,
    examples=("the pasta timer", "the ten minute one", "for five minutes"),
)
def timer_answer(
    ctx: Context, name: Name = "", seconds: Seconds | None = None, every: bool = False, nth: Nth | None = None
) -> Reply | None:
    """Take the answer to a question about a timer: which one, or for how long."""
    if (question := Question.taken(ctx)) is None:
        return None
    chosen: Timer | None = None
    if nth is not None:
        if (chosen := timers.nth_of(replies.told(ctx, question["text"]), nth)) is None:
            return None
        name, seconds = chosen.name, chosen.seconds
    match question["kind"]:
        case "length":
            return None if seconds is None else replies.set_(ctx, seconds, question["name"])
        case "pause":
            return replies.pause(ctx, name, seconds)
        case "resume":
            return replies.resume(ctx, name, seconds)
        case "change":
            wanted = {key: question[key] for key in ("to", "by", "less")}
            return corrections.change(ctx, name, seconds, **wanted)
    if chosen is not None:
        return replies.cancelled(ctx, [chosen], "")
    return replies.cancel(ctx, name, seconds, every, listed=question["uids"])


@skill(
    *phrases.QUERY,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    read_only=True,
    translations=languages.phrases("timer_query"),
    examples=(
        "how much time is left on the timer",
        "how long is left on the pasta timer",
        "when will the timer ring",
        "which timers are running",
    ),
)
def timer_query(ctx: Context, name: Name = "", seconds: Seconds | None = None, known: bool = False) -> Reply | None:
    """Say how much time is left on the timers."""
    if known and not timers.called([timer for timer in timers.everything(ctx) if timer.name], name, None):
        return None  # "how much longer for the rice" is about a timer only where there is one for the rice
    return replies.query(ctx, name, seconds)


@skill(
    *phrases.PAUSE,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    translations=languages.phrases("timer_pause"),
    side_effect=True,
    examples=("pause the timer", "pause the pasta timer"),
)
def timer_pause(ctx: Context, name: Name = "", seconds: Seconds | None = None) -> Reply:
    """Pause a timer."""
    return replies.pause(ctx, name, seconds)


@skill(
    *phrases.RESUME,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    translations=languages.phrases("timer_resume"),
    side_effect=True,
    examples=("resume the timer", "continue the pasta timer"),
)
def timer_resume(ctx: Context, name: Name = "", seconds: Seconds | None = None) -> Reply:
    """Let a paused timer run on."""
    return replies.resume(ctx, name, seconds)


def ring(ctx: Context, due: Due) -> Reply:
    """Announce that a timer is done; one that came due while nothing ran is announced as late."""
    data = due.scheduled.data
    timers.forget_paused(ctx, data["uid"])
    timer = Timer(data["uid"], data["name"], data["seconds"], 0, due.scheduled.id)
    ctx.publish("timer.rang", {**replies.facts(timer), "late_s": round(due.late_s)})
    language = data.get("language", "en")
    late_s = due.late_s if due.late_s >= LATE_S else None
    return Reply(replies.rang(timer, late_s, language), language=language)


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared in (
        timer_set, timer_query, timer_cancel, timer_pause, timer_resume, timer_answer,
        corrections.timer_change, corrections.timer_correct, corrections.timer_undo,
    ):  # fmt: skip
        registry.add(declared)
    registry.on_due(timers.RING, ring)
