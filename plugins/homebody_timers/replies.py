"""What is done with timers, and what is answered, in four languages. English answers say numbers in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from homebody.skill import Change, Context, Question, Reply
from homebody_timers import abroad, durations, timers
from homebody_timers.timers import Timer

ENGLISH = "en"


def set_(ctx: Context, seconds: int | None, name: str) -> Reply:
    """Set one."""
    refused: dict[str, Any] = {"seconds": None, "name": name}
    if seconds is None:
        question = f"How long should the {name} timer run?" if name else "For how long?"
        if ctx.language != ENGLISH:
            question = abroad.SAYS[ctx.language]["how_long"]
        return Reply(Question.ask(ctx, question, kind="length", name=name), value=refused, follow_up=True)
    if not 1 <= seconds <= timers.LONGEST_S:
        return Reply(limits(ctx, seconds), value=refused)
    if len(timers.everything(ctx)) >= timers.MANY:
        many = f"{timers.MANY} timers are running already. Cancel one first."
        return Reply(many if ctx.language == ENGLISH else abroad.SAYS[ctx.language]["many"], value=refused)
    timer = timers.start(ctx, seconds, name)
    Change.note(ctx, did="set", uid=timer.uid)
    ctx.publish("timer.set", facts(timer))
    return Reply(set_for(ctx, timer), value={"seconds": seconds, "name": name})


def told(ctx: Context, text: str) -> list[Timer]:
    """The timers that these words tell of, in their order."""
    running, text = timers.everything(ctx), text.lower()
    found: list[tuple[int, Timer]] = []
    named = {timer: (timer.spoken if ctx.language == ENGLISH else _named(timer, ctx)).lower() for timer in running}
    for name in sorted(
        set(named.values()), key=len, reverse=True
    ):  # "five minute timer" is in "fifty five minute timer"
        places = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(name)}", text)]
        text = text.replace(name, " " * len(name))
        found += zip(places, [timer for timer in running if named[timer] == name], strict=False)
    return [timer for _, timer in sorted(found, key=lambda one: one[0])]


def cancel(
    ctx: Context, name: str, seconds: int | None, every: bool, *, listed: Collection[str] | None = None
) -> Reply:
    """Cancel one, or all; ``listed``: the uids of those that were just asked about, which "both" and "all" mean."""
    running = timers.everything(ctx)
    nothing: dict[str, Any] = {"name": name, "cancelled": 0}
    if not running:
        return Reply(_none(ctx, "running"), value=nothing)
    asked_about = [timer for timer in running if listed is None or timer.uid in listed]
    chosen = asked_about if every else timers.called(running, name, seconds)
    if not chosen:
        return Reply(_no_such(ctx, running, name, seconds), value=nothing)
    if len(chosen) > 1 and not every:
        return Reply(_ask_which(ctx, chosen, "cancel"), value=nothing, follow_up=True)
    return cancelled(ctx, chosen, name)


def cancelled(ctx: Context, chosen: Sequence[Timer], name: str) -> Reply:
    """These are cancelled, as far as they have not rung meanwhile."""
    gone = [timer for timer in chosen if timers.cancel(ctx, timer)]
    for timer in gone:
        ctx.publish("timer.cancelled", facts(timer))
    value = {"name": chosen[0].name if len(chosen) == 1 else name, "cancelled": len(gone)}
    if not gone:
        return Reply(says(ctx, "too_late", chosen[0]), value=value)
    Change.note(ctx, did="cancelled", timers=[timer._asdict() for timer in gone])
    if len(gone) == 1:
        return Reply(says(ctx, "gone", gone[0]), value=value)
    if ctx.language != ENGLISH:
        return Reply(abroad.SAYS[ctx.language]["all_gone"].format(count=len(gone)), value=value)
    which = "Both" if len(gone) == 2 else f"All {durations.in_words(len(gone))}"
    return Reply(f"{which} timers are cancelled.", value=value)


def query(ctx: Context, name: str, seconds: int | None) -> Reply:
    """How much time is left."""
    running = timers.everything(ctx)
    if not running:
        return Reply(_none(ctx, "running"), value={"name": name, "seconds": None, "timers": []})
    chosen = timers.called(running, name, seconds)
    text = ""
    if not chosen:
        if ctx.language == ENGLISH:
            text = f"There is no {name or durations.adjective(seconds or 0)} timer. "
        chosen = running
    if len(chosen) > 3 and ctx.language == ENGLISH:
        text += f"{durations.in_words(len(chosen)).capitalize()} timers are running. The first: "
    text += " ".join(says(ctx, "left", timer) for timer in chosen[:3])
    told = [{**facts(t), "left_s": round(t.left_s), "paused": t.id is None} for t in chosen]
    return Reply(text, value={"name": chosen[0].name, "seconds": round(chosen[0].left_s), "timers": told})


def pause(ctx: Context, name: str, seconds: int | None) -> Reply:
    """Stop its clock."""
    running = [t for t in timers.everything(ctx) if t.id is not None]
    timer = the_one(ctx, running, name, seconds, "pause")
    return timer if isinstance(timer, Reply) else paused(ctx, timer)


def paused(ctx: Context, timer: Timer) -> Reply:
    """This one's clock stands still."""
    if not timers.pause(ctx, timer):
        return Reply(says(ctx, "too_late", timer), value={"name": timer.name})
    Change.note(ctx, did="paused", uid=timer.uid)
    ctx.publish("timer.paused", facts(timer))
    return Reply(says(ctx, "paused", timer), value={"name": timer.name, "seconds": round(timer.left_s)})


def resume(ctx: Context, name: str, seconds: int | None) -> Reply:
    """Let it run on."""
    waiting = [t for t in timers.everything(ctx) if t.id is None]
    timer = the_one(ctx, waiting, name, seconds, "resume")
    return timer if isinstance(timer, Reply) else resumed(ctx, timer)


def resumed(ctx: Context, timer: Timer) -> Reply:
    """This one runs on."""
    timers.resume(ctx, timer)
    Change.note(ctx, did="resumed", uid=timer.uid)
    ctx.publish("timer.resumed", facts(timer))
    return Reply(says(ctx, "on", timer), value={"name": timer.name, "seconds": round(timer.left_s)})


def rang(timer: Timer, late_s: float | None, language: str) -> str:
    """What is announced when one is done, ``late_s`` ago where that is not now."""
    if language == ENGLISH:
        if late_s is None:
            return f"Your {timer.spoken} is done."
        return f"Your {timer.spoken} rang {durations.roughly(late_s)} ago, while I was away."
    own, named = abroad.SAYS[language], abroad.timer(timer.name, timer.seconds, language)
    if late_s is None:
        return own["done"].format(timer=named)
    return own["late"].format(timer=named, length=abroad.length(late_s, language))


def the_one(
    ctx: Context, among: Sequence[Timer], name: str, seconds: int | None, verb: str, **wanted: Any
) -> Timer | Reply:
    """The timer that is meant, or the reply that says why there is none; ``wanted``: what is to be done with it, for
    when the question which one was answered."""
    if not among:
        return Reply(_none(ctx, "paused" if verb == "resume" else "running"), value={"name": name})
    chosen = timers.called(among, name, seconds)
    if len(chosen) == 1:
        return chosen[0]
    lead = "There is no such timer. " if not chosen and ctx.language == ENGLISH else ""
    question = _ask_which(ctx, chosen or among, verb, lead=lead, **wanted)
    return Reply(question, value={"name": name}, follow_up=True)


def facts(timer: Timer) -> dict[str, Any]:
    """For events and values."""
    return {"name": timer.name, "seconds": timer.seconds}


def set_for(ctx: Context, timer: Timer) -> str:
    """That it is set, and for how long."""
    if ctx.language != ENGLISH:
        return abroad.set_for(timer.seconds, timer.name, ctx.language)
    begin = f"{timer.name.capitalize()} timer" if timer.name else "Timer"
    return f"{begin} set for {durations.spoken(timer.seconds)}."


def limits(ctx: Context, seconds: int) -> str:
    """That this is no length for a timer."""
    if ctx.language != ENGLISH:
        return abroad.SAYS[ctx.language]["limits"]
    return "A timer needs at least one second." if seconds < 1 else "A timer can run for up to twenty four hours."


def says(ctx: Context, key: str, timer: Timer) -> str:
    """One of the sentences about a timer: gone, left, paused, on, too_late, over."""
    if ctx.language != ENGLISH:
        named, length = _named(timer, ctx), abroad.length(timer.left_s, ctx.language)
        return abroad.SAYS[ctx.language][key].format(timer=named, length=length)
    left = durations.roughly(timer.left_s)
    still = " and is paused" if timer.id is None else ""
    return {
        "gone": f"The {timer.spoken} is cancelled.",
        "left": f"The {timer.spoken} has {left} left{still}.",
        "paused": f"The {timer.spoken} is paused with {left} left.",
        "on": f"The {timer.spoken} runs on, with {left} left.",
        "too_late": f"Too late: the {timer.spoken} just rang.",
        "over": f"The {timer.spoken} has run for longer than that.",
    }[key]


def _ask_which(ctx: Context, chosen: Sequence[Timer], verb: str, *, lead: str = "", **wanted: Any) -> str:
    if ctx.language != ENGLISH:
        names = abroad.joined([_named(timer, ctx) for timer in chosen], abroad.SAYS[ctx.language]["or"])
        question = abroad.SAYS[ctx.language]["which"].format(names=names)
    elif verb != "cancel":
        question = f"{lead}Say which one to {verb}: {timers.listed(chosen, 'or')}."
    elif len({t.spoken for t in chosen}) == 1:
        question = f"There are {durations.in_words(len(chosen))} {chosen[0].spoken}s. To cancel them, say: all of them."
    else:
        question = f"Which one: {timers.listed(chosen, 'or')}?"
    return Question.ask(ctx, question, kind=verb, name="", uids=[timer.uid for timer in chosen], **wanted)


def _none(ctx: Context, state: str) -> str:
    return f"No timer is {state}." if ctx.language == ENGLISH else abroad.SAYS[ctx.language]["none"]


def _no_such(ctx: Context, running: Sequence[Timer], name: str, seconds: int | None) -> str:
    if ctx.language != ENGLISH:
        return abroad.SAYS[ctx.language]["none"]
    is_are = "is" if len(running) == 1 else "are"
    such = name or (durations.adjective(seconds) if seconds is not None else "such")
    return f"There is no {such} timer. There {is_are} {timers.listed(running)}."


def _named(timer: Timer, ctx: Context) -> str:
    return abroad.timer(timer.name, timer.seconds, ctx.language)
