"""How commands print: JSON one object a line for programs, plain lines for people."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from homebody import starter
from homebody.errors import NotWritable
from homebody.messages import Route

T = TypeVar("T")

LITTLE: Final = "the starter model, which knows very little"


def emit(record: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own, at once."""
    line: str = msgspec.json.encode(record).decode()
    print(line, flush=True)


def say(line: str = "", *, end: str = "\n") -> None:
    """Print a line for a person, at once."""
    print(line, end=end, flush=True)


def aside(line: str) -> None:
    """Print a line that is not part of the result, on standard error."""
    print(line, file=sys.stderr, flush=True)


def folder(path: Path) -> None:
    """Make a folder for results, unless it is there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written to: {error.strerror}.", "Choose another with -o.") from error


def described(route: Route | None) -> str:
    """A route in a few words: ``skill timer_set (seconds 480)``, ``model qwen2.5:1.5b``. The starter model is called
    what it is."""
    if route is None:
        return "none"
    if route.kind == "model":
        purpose = f" ({route.purpose})" if route.purpose else ""
        return f"model {route.model}{purpose}" + (f", {LITTLE}" if route.model == starter.NAME else "")
    if route.kind == "cache":
        return f"answered before by {route.model}"
    if route.kind == "chain":
        return f"chain {route.name} ({', '.join(step.model for step in route.steps)})"
    if route.kind == "router":
        return f"router {route.name}"
    slots = ", ".join(f"{name} {value}" for name, value in route.slots.items())
    return f"skill {route.name}" + (f" ({slots})" if slots else "")


def gallery_lines(detail: dict[str, Any]) -> list[str]:
    """How the gallery says it is, in a few lines; none where it said nothing."""
    if not detail:
        return []
    line = {"waiting": "waiting for a model", "scanning": "looking through the folders"}.get(
        detail["state"], detail["state"]
    )
    if detail.get("waiting"):
        line += f", {detail['waiting']} to do"
    if detail.get("rate_per_min"):
        line += f", {detail['rate_per_min']:g} a minute"
    if detail.get("left_s"):
        line += f", about {lasting(detail['left_s'])} left"
    lines = [line]
    for folder in detail.get("folders", ()):
        counts = f"{folder['captioned']} of {folder['pictures']} captioned"
        lines.append(
            f"{folder['folder']}: {counts}" + (f", {folder['refused']} set aside" if folder["refused"] else "")
        )
    refused = detail.get("refused", ())
    for refusal in refused[:5]:
        named = refusal["path"] in refusal["reason"]
        lines.append("set aside: " + (refusal["reason"] if named else f"{refusal['path']}: {refusal['reason']}"))
    if (more := detail.get("refused_count", 0) - len(refused[:5])) > 0:
        lines.append(f"and {more} more set aside (homebody status --json shows some of them)")
    if refused:
        lines.append("To look at those again: homebody gallery --retry")
    return lines


def lasting(seconds: float) -> str:
    """A duration in words, roughly: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def in_order(legs: dict[str, float]) -> dict[str, float]:
    """The legs of a turn in the order of a turn, rounded to a tenth of a millisecond."""
    from homebody.ledger import LEGS  # brings SQLite, which most commands do without

    return {name: round(legs[name], 1) for name in LEGS if name in legs}


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; SIGTERM stops it like Ctrl-C, so that children and files are closed in order."""
    import asyncio  # half of what a command that only looks would take
    import signal

    async def watched() -> T:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
