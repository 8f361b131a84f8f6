"""Timers: named, several at once, and never lost. They survive a power cut; one that came due meanwhile rings late."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final

from msgspec import Meta

from homebody.skill import Context, Due, Registry, Reply, skill
from homebody_timers import durations, languages, phrases, replies, timers
from homebody_timers.timers import Timer

LATE_S: Final = 10  # below this a timer simply rings; nobody minds
QUESTION_STANDS_S: Final = 60  # an answer to our question is taken for one this long
_QUESTION: Final = "question"

Name = Annotated[str, Meta(pattern=phrases.NAME, max_length=40, description="what the timer is for, such as pasta")]
# Wider than what is allowed, so that "for three days" gets a sensible answer instead of none.
Seconds = Annotated[int, Meta(ge=0, le=100 * 365 * 86_400, description="length in seconds")]


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
    return _set(ctx, seconds, name)


@skill(
    *phrases.CANCEL,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    translations=languages.phrases("timer_cancel"),
    side_effect=True,
    examples=("cancel the timer", "cancel the pasta timer", "stop the ten minute timer", "cancel all timers"),
    says=("No timer is running.",),
)
def timer_cancel(ctx: Context, name: Name = "", seconds: Seconds | None = None, every: bool = False) -> Reply:
    """Cancel a timer, or all of them."""
    return _cancel(ctx, name, seconds, every)


@skill(
    *phrases.ANSWER,
    lists=phrases.LISTS,
    rules=phrases.RULES,
    side_effect=True,
    answers=True,
    examples=("the pasta timer", "the ten minute one", "for five minutes"),
)
def timer_answer(ctx: Context, name: Name = "", seconds: Seconds | None = None, every: bool = False) -> Reply | None:
    """Take the answer to a question about a timer: which one, or for how long."""
    question = _taken_question(ctx)
    if question is None:
        return None
    if question["kind"] == "which":
        return _cancel(ctx, name, seconds, every)
    return None if seconds is None else _set(ctx, seconds, question["name"])


def _set(ctx: Context, seconds: int | None, name: str) -> Reply:
    if ctx.language != "en":
        return replies.set_(ctx, seconds, name)
    if seconds is None:
        _ask(ctx, "length", name)
        return Reply(f"How long should the {name} timer run?" if name else "For how long?", follow_up=True)
    if not 1 <= seconds <= timers.LONGEST_S:
        limit = "A timer needs at least one second." if seconds < 1 else "A timer can run for up to twenty four hours."
        return Reply(limit, value={"seconds": None, "name": name})
    if len(timers.everything(ctx)) >= timers.MANY:
        return Reply(
            f"{timers.MANY} timers are running already. Cancel one first.", value={"seconds": None, "name": name}
        )
    timer = timers.start(ctx, seconds, name)
    ctx.publish("timer.set", _facts(timer))
    begin = f"{name.capitalize()} timer" if name else "Timer"
    return Reply(f"{begin} set for {durations.spoken(seconds)}.", value={"seconds": seconds, "name": name})


def _cancel(ctx: Context, name: str, seconds: int | None, every: bool) -> Reply:
    if ctx.language != "en":
        return replies.cancel(ctx, name, seconds, every)
    running = timers.everything(ctx)
    if not running:
        return Reply("No timer is running.", value={"name": name, "cancelled": 0})
    chosen = running if every else timers.called(running, name, seconds)
    if not chosen:
        wanted = name or durations.adjective(seconds or 0)
        is_are = "is" if len(running) == 1 else "are"
        text = f"There is no {wanted} timer. There {is_are} {timers.listed(running)}."
        return Reply(text, value={"name": name, "cancelled": 0})
    if len(chosen) > 1 and not every:
        _ask(ctx, "which", "")
        question = f"Which one: {timers.listed(chosen, 'or')}?"
        if len({t.spoken for t in chosen}) == 1:
            question = (
                f"There are {durations.in_words(len(chosen))} {chosen[0].spoken}s. To cancel them, say: all of them."
            )
        return Reply(question, value={"name": name, "cancelled": 0}, follow_up=True)
    cancelled = [timer for timer in chosen if timers.cancel(ctx, timer)]
    for timer in cancelled:
        ctx.publish("timer.cancelled", _facts(timer))
    value = {"name": chosen[0].name if len(chosen) == 1 else name, "cancelled": len(cancelled)}
    if not cancelled:
        return Reply(f"Too late: {timers.listed(chosen)} just rang.", value=value)
    if len(cancelled) > 1:
        which = "Both" if len(cancelled) == 2 else f"All {durations.in_words(len(cancelled))}"
        return Reply(f"{which} timers are cancelled.", value=value)
    return Reply(f"The {cancelled[0].spoken} is cancelled.", value=value)


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
def timer_query(ctx: Context, name: Name = "", seconds: Seconds | None = None) -> Reply:
    """Say how much time is left on the timers."""
    if ctx.language != "en":
        return replies.query(ctx, name, seconds)
    running = timers.everything(ctx)
    if not running:
        return Reply("No timer is running.", value={"name": name, "seconds": None, "timers": []})
    chosen = timers.called(running, name, seconds)
    text = ""
    if not chosen:
        text, chosen = f"There is no {name or durations.adjective(seconds or 0)} timer. ", running
    if len(chosen) > 3:
        text += f"{durations.in_words(len(chosen)).capitalize()} timers are running. The first: "
    shown = chosen[:3]
    text += " ".join(_left(timer) for timer in shown)
    first = chosen[0]
    facts = [{**_facts(t), "left_s": round(t.left_s), "paused": t.id is None} for t in chosen]
    return Reply(text, value={"name": first.name, "seconds": round(first.left_s), "timers": facts})


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
    if ctx.language != "en":
        return replies.pause(ctx, name, seconds)
    running = [t for t in timers.everything(ctx) if t.id is not None]
    timer = _the_one(running, name, seconds, "pause", "No timer is running.")
    if isinstance(timer, Reply):
        return timer
    if not timers.pause(ctx, timer):
        return Reply(f"Too late: the {timer.spoken} just rang.", value={"name": timer.name})
    ctx.publish("timer.paused", _facts(timer))
    return Reply(
        f"The {timer.spoken} is paused with {durations.roughly(timer.left_s)} left.",
        value={"name": timer.name, "seconds": round(timer.left_s)},
    )


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
    if ctx.language != "en":
        return replies.resume(ctx, name, seconds)
    paused = [t for t in timers.everything(ctx) if t.id is None]
    timer = _the_one(paused, name, seconds, "resume", "No timer is paused.")
    if isinstance(timer, Reply):
        return timer
    timers.resume(ctx, timer)
    ctx.publish("timer.resumed", _facts(timer))
    return Reply(
        f"The {timer.spoken} runs on, with {durations.roughly(timer.left_s)} left.",
        value={"name": timer.name, "seconds": round(timer.left_s)},
    )


def ring(ctx: Context, due: Due) -> Reply:
    """Announce that a timer is done; one that came due while nothing ran is announced as late."""
    data = due.scheduled.data
    timers.forget_paused(ctx, data["uid"])
    timer = Timer(data["uid"], data["name"], data["seconds"], 0, due.scheduled.id)
    ctx.publish("timer.rang", {**_facts(timer), "late_s": round(due.late_s)})
    late = due.late_s >= LATE_S
    if (language := data.get("language", "en")) != "en":
        return Reply(replies.rang(timer, due.late_s if late else None, language), language=language)
    if not late:
        return Reply(f"Your {timer.spoken} is done.")
    return Reply(f"Your {timer.spoken} rang {durations.roughly(due.late_s)} ago, while I was away.")


def register(registry: Registry) -> None:
    """Offer this plugin's skills."""
    for declared in (timer_set, timer_query, timer_cancel, timer_pause, timer_resume, timer_answer):
        registry.add(declared)
    registry.on_due(timers.RING, ring)


def _facts(timer: Timer) -> dict[str, Any]:
    return {"name": timer.name, "seconds": timer.seconds}


def _left(timer: Timer) -> str:
    state = " and is paused" if timer.id is None else ""
    return f"The {timer.spoken} has {durations.roughly(timer.left_s)} left{state}."


def _the_one(among: list[Timer], name: str, seconds: int | None, verb: str, none: str) -> Timer | Reply:
    """The timer that is meant, or the reply that says why there is none."""
    if not among:
        return Reply(none, value={"name": name})
    chosen = timers.called(among, name, seconds)
    if len(chosen) == 1:
        return chosen[0]
    meant = timers.listed(chosen or among, "or")
    lead = "There is no such timer. " if not chosen else ""
    return Reply(f"{lead}Say which one to {verb}: {meant}.", value={"name": name}, follow_up=True)


# --- our own questions: what was asked, and until when an answer is taken for one ------------------------------------


def _ask(ctx: Context, kind: str, name: str) -> None:
    ctx.store.set(_QUESTION, {"kind": kind, "name": name, "at": ctx.now.isoformat()})


def _taken_question(ctx: Context) -> dict[str, Any] | None:
    """The question that still waits for an answer, taken off the table; None where none does."""
    question: dict[str, Any] | None = ctx.store.get(_QUESTION)
    if question is None:
        return None
    ctx.store.delete(_QUESTION)
    age_s = (ctx.now - dt.datetime.fromisoformat(question["at"])).total_seconds()
    return question if 0 <= age_s <= QUESTION_STANDS_S else None
