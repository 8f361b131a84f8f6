"""`homebody ask`: a question in writing."""

from __future__ import annotations

import time
from contextlib import aclosing
from pathlib import Path

import click

from homebody import profile as profiles
from homebody import starter
from homebody.cli.elsewhere import Router, chosen, reached, router_options
from homebody.cli.output import LITTLE, aside, complete, emit, say
from homebody.codec import PAYLOAD_LIMIT_BYTES
from homebody.errors import UsageError
from homebody.messages import Accepted, Done, Route, Token


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: heard, route, said, value, tools, timings.")
@click.option("--session", help="Continue the conversation of this name.")
@click.option(
    "--image",
    "paths",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JPEG or PNG the question is about; up to four.",
)
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
    speak: bool,
    deadline_s: float,
    endpoint: str | None,
    key_file: Path | None,
) -> None:
    """Ask in writing; the answer streams."""
    router = chosen(profiles.load(profile), endpoint, key_file)
    images = [_read(path) for path in paths]
    complete(_ask(profile, router, " ".join(text), images, as_json, session, speak, deadline_s))


async def _ask(
    name: str | None,
    router: Router,
    text: str,
    images: list[bytes],
    as_json: bool,
    session: str | None,
    speak: bool,
    deadline_s: float,
) -> None:
    began = time.monotonic()
    route: Route | None = None
    said, timings = "", {}

    def ms() -> float:
        return round(1000 * (time.monotonic() - began), 1)

    async with reached(router, name) as (client, private):
        began = time.monotonic()
        answer = client.ask(text, session=session, speak=speak, deadline_ms=1000 * deadline_s, images=images)
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
                        value, tools = message.value, message.tools
        if as_json:
            emit({"heard": text, "route": route, "said": said, "value": value, "tools": tools, "timings": timings})
        else:
            say()
        if route is not None and route.model == starter.NAME:
            aside(f"({LITTLE})")
        if private and route is not None and route.name == "timer_set":
            aside("Nothing is running that could ring this timer. Start it with: homebody run")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > PAYLOAD_LIMIT_BYTES:
            raise UsageError(f"{path} is larger than 32 MiB.", "Make it smaller.")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Name a JPEG or PNG file.") from error
