"""The timers' answers in languages other than English. What is done is the same."""

from __future__ import annotations

from typing import Any

from homebody.skill import Context, Reply
from homebody_timers import languages, timers
from homebody_timers.timers import Timer


def set_(ctx: Context, seconds: int | None, name: str) -> Reply:
    """Set one."""
    says = languages.SAYS[ctx.language]
    refused: dict[str, Any] = {"seconds": None, "name": name}
    if seconds is None:
        return Reply(says["how_long"], value=refused)
    if not 1 <= seconds <= timers.LONGEST_S:
        return Reply(says["limits"], value=refused)
    if len(timers.everything(ctx)) >= timers.MANY:
        return Reply(says["many"], value=refused)
    timer = timers.start(ctx, seconds, name)
    value = {"name": timer.name, "seconds": timer.seconds}
    ctx.publish("timer.set", value)
    return Reply(languages.set_for(seconds, name, ctx.language), value=value)


def cancel(ctx: Context, name: str, seconds: int | None, every: bool) -> Reply:
    """Cancel one, or all."""
    says = languages.SAYS[ctx.language]
    running = timers.everything(ctx)
    chosen = running if every else timers.called(running, name, seconds)
    if not running or not chosen:
        return Reply(says["none"], value={"name": name, "cancelled": 0})
    if len(chosen) > 1 and not every:
        question = says["which"].format(names=_listed(chosen, ctx))
        return Reply(question, value={"name": name, "cancelled": 0}, follow_up=True)
    cancelled = [timer for timer in chosen if timers.cancel(ctx, timer)]
    for timer in cancelled:
        ctx.publish("timer.cancelled", {"name": timer.name, "seconds": timer.seconds})
    value = {"name": chosen[0].name if len(chosen) == 1 else name, "cancelled": len(cancelled)}
    if not cancelled:
        return Reply(says["too_late"].format(timer=_named(chosen[0], ctx)), value=value)
    if len(cancelled) > 1:
        return Reply(says["all_gone"].format(count=len(cancelled)), value=value)
    return Reply(says["gone"].format(timer=_named(cancelled[0], ctx)), value=value)


def query(ctx: Context, name: str, seconds: int | None) -> Reply:
    """How much time is left."""
    says = languages.SAYS[ctx.language]
    running = timers.everything(ctx)
    if not running:
        return Reply(says["none"], value={"name": name, "seconds": None, "timers": []})
    chosen = timers.called(running, name, seconds) or running
    left = [_with_length("left", timer, ctx) for timer in chosen[:3]]
    facts = [{"name": t.name, "seconds": t.seconds, "left_s": round(t.left_s), "paused": t.id is None} for t in chosen]
    value = {"name": chosen[0].name, "seconds": round(chosen[0].left_s), "timers": facts}
    return Reply(" ".join(left), value=value)


def pause(ctx: Context, name: str, seconds: int | None) -> Reply:
    """Stop its clock."""
    timer = _the_one([t for t in timers.everything(ctx) if t.id is not None], name, seconds, ctx)
    if isinstance(timer, Reply):
        return timer
    if not timers.pause(ctx, timer):
        too_late = languages.SAYS[ctx.language]["too_late"]
        return Reply(too_late.format(timer=_named(timer, ctx)), value={"name": timer.name})
    ctx.publish("timer.paused", {"name": timer.name, "seconds": timer.seconds})
    return Reply(_with_length("paused", timer, ctx), value={"name": timer.name, "seconds": round(timer.left_s)})


def resume(ctx: Context, name: str, seconds: int | None) -> Reply:
    """Let it run on."""
    timer = _the_one([t for t in timers.everything(ctx) if t.id is None], name, seconds, ctx)
    if isinstance(timer, Reply):
        return timer
    timers.resume(ctx, timer)
    ctx.publish("timer.resumed", {"name": timer.name, "seconds": timer.seconds})
    return Reply(_with_length("on", timer, ctx), value={"name": timer.name, "seconds": round(timer.left_s)})


def rang(timer: Timer, late_s: float | None, language: str) -> str:
    """What is announced when one is done, ``late_s`` ago where that is not now."""
    says, named = languages.SAYS[language], languages.timer(timer.name, timer.seconds, language)
    if late_s is None:
        return says["done"].format(timer=named)
    return says["late"].format(timer=named, length=languages.length(late_s, language))


def _the_one(among: list[Timer], name: str, seconds: int | None, ctx: Context) -> Timer | Reply:
    chosen = timers.called(among, name, seconds)
    if len(chosen) == 1:
        return chosen[0]
    says = languages.SAYS[ctx.language]
    if not chosen:
        return Reply(says["none"], value={"name": name})
    return Reply(says["which"].format(names=_listed(chosen, ctx)), value={"name": name}, follow_up=True)


def _named(timer: Timer, ctx: Context) -> str:
    return languages.timer(timer.name, timer.seconds, ctx.language)


def _listed(several: list[Timer], ctx: Context) -> str:
    return languages.joined([_named(timer, ctx) for timer in several], languages.SAYS[ctx.language]["or"])


def _with_length(key: str, timer: Timer, ctx: Context) -> str:
    length = languages.length(timer.left_s, ctx.language)
    return languages.SAYS[ctx.language][key].format(timer=_named(timer, ctx), length=length)
