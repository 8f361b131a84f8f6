"""`homebody ask`: a question in writing."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from homebody import profile as profiles
from homebody import starter
from homebody.cli.elsewhere import Router, chosen, reached, router_options
from homebody.cli.output import LITTLE, aside, complete, emit, say
from homebody.errors import UsageError
from homebody.messages import TEXT_LIMIT_CHARS, Accepted, Done, Route, Token
from homebody.options import Purposes

if TYPE_CHECKING:
    from homebody.gallery.images import MediaType

TOLD: Final = ("value", "tools", "retries", "cached", "agreement", "cut", "usage")  # of `Done`, with --json
# Skills after which something is to ring, which takes more than the process that answered.
RINGS: Final = frozenset({
    "timer_set", "timer_change", "timer_correct", "timer_resume", "alarm_set", "snooze",
    "reminder_set", "reminder_answer", "reminder_change", "reminder_correct",
})  # fmt: skip
SIDE_PX: Final = 1024  # a document's words are lost at less
MULTIPLE_PX: Final = 32  # for models that count in patches
PIPE_LIMIT_CHARS: Final = 60_000  # more than a question may have: the router says how many that is


@click.command()
@click.argument("text", nargs=-1)
@click.option(
    "--json", "as_json", is_flag=True, help=f"One JSON object: heard, route, said, {', '.join(TOLD)}, timings."
)
@click.option("--session", help="Continue the conversation of this name.")
@click.option(
    "--image",
    "paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A picture the question is about; up to four.",
)
@click.option("--purpose", help="What it is for (chat, code, reasoning, ...), instead of finding out.")
@click.option("--language", help="What it is in, such as de, instead of finding out.")
@click.option("--verify", is_flag=True, help="Two models answer, and it is said when they do not agree.")
@click.option("--speak", is_flag=True, help="Have the running assistant say the answer aloud too.")
@click.option(
    "--deadline",
    "deadline_s",
    type=click.FloatRange(0.1, 86_400),
    default=120.0,
    show_default=True,
    help="Seconds for the answer.",
)
@router_options
@click.pass_obj
def ask(
    profile: str | None,
    text: tuple[str, ...],
    as_json: bool,
    session: str | None,
    paths: tuple[Path, ...],
    purpose: str | None,
    language: str | None,
    verify: bool,
    speak: bool,
    deadline_s: float,
    endpoint: str | None,
    key_file: Path | None,
) -> None:
    """Ask in writing; the answer streams. Without TEXT, or for a - in it, standard input is read."""
    router = chosen(profiles.load(profile), endpoint, key_file)
    asked = _words(text)
    _check(asked, purpose)
    how: dict[str, Any] = {
        "session": session,
        "purpose": purpose,
        "language": language,
        "verify": "consensus" if verify else None,
        "speak": speak,
        "deadline_ms": 1000 * deadline_s,
    }
    complete(_ask(profile, router, asked, as_json, how, paths))


async def _ask(
    name: str | None, router: Router, text: str, as_json: bool, how: dict[str, Any], paths: Sequence[Path] = ()
) -> None:
    images = await _pictures(paths)
    began = time.monotonic()
    route: Route | None = None
    said, timings, told = "", dict[str, float](), dict[str, Any]()

    def ms() -> float:
        return round(1000 * (time.monotonic() - began), 1)

    async with reached(router, name) as (client, private):
        began = time.monotonic()
        answer = client.ask(text, images=images, **how)
        async with aclosing(answer):
            async for message in answer:
                match message:
                    case Accepted():
                        route = message.route
                        timings["route_ms"] = ms()
                    case Token(channel="answer"):
                        timings.setdefault("first_token_ms", ms())
                        said += message.text
                        if not as_json:
                            say(message.text, end="")
                    case Done():
                        timings["done_ms"] = ms()
                        route = message.route or route  # who it really was, after retries
                        told = {field: getattr(message, field) for field in TOLD}
        if as_json:
            emit({"heard": text, "route": route, "said": said, **told, "timings": timings})
        else:
            say()
        if route is not None and route.model == starter.NAME:
            aside(f"({LITTLE}{_instead_of(told)})")
        if private and route is not None and route.name in RINGS:
            aside("Nothing is running that could ring for timers, alarms and reminders. Start it with: homebody run")


def _instead_of(told: dict[str, Any]) -> str:
    """Whom the starter model stands in for, where it does."""
    return f"; {told['retries'][0].model} is not there: homebody doctor" if told.get("retries") else ""


def _words(text: tuple[str, ...]) -> str:
    """What is asked: the words, with what comes through a pipe where nothing or a - stands."""
    if text and "-" not in text:
        return " ".join(text)
    if not text and sys.stdin.isatty():
        raise UsageError("There is no question.", 'Put one behind it: homebody ask "what time is it"')
    piped = sys.stdin.read(PIPE_LIMIT_CHARS).strip()
    return " ".join(piped if word == "-" else word for word in text or ("-",))


def _check(asked: str, purpose: str | None) -> None:
    """What the router would refuse too, before one is started for it."""
    if not asked.strip():
        raise UsageError("There are no words in that.", 'Ask something: homebody ask "what time is it"')
    if len(asked) > TEXT_LIMIT_CHARS:
        raise UsageError(f"The text has {len(asked)} characters; {TEXT_LIMIT_CHARS} are the limit.", "Shorten it.")
    known = Purposes.__struct_fields__
    if purpose is not None and purpose not in known:
        raise UsageError(f"There is no purpose {purpose}.", f"Choose one of: {', '.join(known)}.")


async def _pictures(paths: Sequence[Path]) -> list[bytes]:
    """As a model is to see them: upright, no larger than it can use, and of a kind that every server reads."""
    if not paths:
        return []
    from homebody.gallery.image_worker import ImageWorker

    async with ImageWorker() as worker:
        return [
            (await worker.prepare(path, side_px=SIDE_PX, multiple_px=MULTIPLE_PX, media_type=_media_type(path))).data
            for path in paths
        ]


def _media_type(path: Path) -> MediaType:
    """PNG stays PNG: it may be a picture of a screen, whose words JPEG would blur."""
    return "image/png" if path.suffix.lower() == ".png" else "image/jpeg"
