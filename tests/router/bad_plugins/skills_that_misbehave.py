"""Skills that do what skills must not. Loaded in a worker by test_skills_host."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from homebody.skill import Context, Due, Registry, Reply, SkillFunction, skill


def register(registry: Registry) -> None:
    for function in SKILLS:
        registry.add(skill(function.__name__.replace("_", " "), name=function.__name__)(function))
    registry.on_due("ring", ring)
    registry.on_due("crash", crash)
    registry.on_due("raise", raise_)
    registry.on_due("nothing", lambda ctx, due: None)


def good(ctx: Context) -> str:
    return "Good."


def echo(ctx: Context, number: int = 1) -> Reply:
    return Reply(ctx.text, {"number": number, "now": ctx.now.isoformat(), "last": ctx.session.last_heard})


def declines(ctx: Context) -> None:
    return None


def raises(ctx: Context) -> str:
    raise ZeroDivisionError("a secret that must not be logged")


def blocks(ctx: Context) -> str:
    time.sleep(60)
    return "too late"


def slow(ctx: Context) -> str:
    time.sleep(0.4)
    return "Slow."


def late_writer(ctx: Context) -> str:
    time.sleep(0.7)
    ctx.store.set("late", True)
    return "too late"


def huge_text(ctx: Context) -> Reply:
    return Reply("x" * 10_000_000)


def huge_value(ctx: Context) -> Reply:
    return Reply(value={"x": "y" * 10_000_000})


def no_json(ctx: Context) -> Reply:
    return Reply(value={"x": object()})


def no_reply(ctx: Context) -> Any:
    return 42


def prints(ctx: Context) -> str:
    print("x" * 1_000_000)  # noqa: T201
    sys.stdout.flush()
    os.write(1, b"\x00\x00\x00\x05hello")
    print("noise", file=sys.stderr)  # noqa: T201
    return "Printed."


def reads(ctx: Context) -> str:
    return f"Read {len(sys.stdin.read())}."


def leaves(ctx: Context) -> str:
    sys.exit(3)


def leaves_at_once(ctx: Context) -> str:
    os._exit(3)


def segfaults(ctx: Context) -> str:
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)
    return ""


def recurses(ctx: Context) -> str:
    return recurses(ctx)


def leaves_a_child(ctx: Context) -> Reply:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    return Reply(value={"pid": child.pid})


def surrogates(ctx: Context) -> Reply:
    return Reply("a \ud800 b")


def keeps(ctx: Context) -> Reply:
    before = ctx.store.get("count", 0)
    ctx.store.set("count", before + 1)
    ctx.store.set("gone", 1)
    ctx.store.delete("gone")
    return Reply(value={"before": before, "gone": ctx.store.get("gone", "default")})


def keeps_too_much(ctx: Context) -> str:
    ctx.store.set("big", "x" * 100_000)
    return "kept"


def plans(ctx: Context, in_s: float = 0.0, handler: str = "ring") -> Reply:
    scheduled = ctx.schedule.add(ctx.now + dt.timedelta(seconds=in_s), handler, {"who": "tea"})
    taken_back = ctx.schedule.add(ctx.now + dt.timedelta(hours=9), "ring", {})
    cancelled = [ctx.schedule.cancel(taken_back.id), ctx.schedule.cancel(taken_back.id)]
    pending = [one.id for one in ctx.schedule.pending(handler)]
    same = [one == scheduled for one in ctx.schedule.pending(handler)]
    return Reply(value={"id": scheduled.id, "pending": pending, "same": same, "cancelled": cancelled})


def speaks_up(ctx: Context) -> Reply:
    ctx.announce("Dinner is ready.")
    ctx.publish("dinner.ready", {"at": 7})
    return Reply(value={"volume": ctx.voice.volume("+10"), "skills": len(ctx.skills)})


def silences(ctx: Context) -> str:
    ctx.voice.stop()
    ctx.voice.mute(True)
    ctx.voice.mute_microphone(True)
    return "Silent."


def ring(ctx: Context, due: Due) -> str:
    ctx.publish("rang", {"late_s": due.late_s})
    return f"{due.scheduled.data['who']} is ready."


def crash(ctx: Context, due: Due) -> str:
    """Ends the worker the first time it is called."""
    ctx.announce("This was announced before the crash.")
    flag = Path(os.environ["HOMEBODY_TEST_FLAG"])
    if not flag.exists():
        flag.touch()
        os._exit(1)
    return "Handled at last."


def raise_(ctx: Context, due: Due) -> str:
    raise ValueError("never")


SKILLS: list[SkillFunction] = [
    good, echo, declines, raises, blocks, slow, late_writer, huge_text, huge_value, no_json, no_reply, prints, reads,
    leaves, leaves_at_once, segfaults, recurses, leaves_a_child, surrogates, keeps, keeps_too_much, plans,
    speaks_up, silences,
]  # fmt: skip
