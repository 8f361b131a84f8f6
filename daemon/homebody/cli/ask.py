"""`homebody ask`: a question in writing."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import click

from homebody import profile as profiles
from homebody import starter
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import LITTLE, aside, complete, emit, say
from homebody.client import HomebodyClient
from homebody.house import a_router
from homebody.messages import Accepted, Done, Route, Token


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: heard, route, said, timings.")
@click.option("--session", help="Continue the conversation of this name.")
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
    speak: bool,
    deadline_s: float,
    endpoint: str | None,
    key_file: Path | None,
) -> None:
    """Ask in writing; the answer streams."""
    router = chosen(profiles.load(profile), endpoint, key_file)
    complete(_ask(profile, router, " ".join(text), as_json, session, speak, deadline_s))


async def _ask(
    name: str | None, router: Router, text: str, as_json: bool, session: str | None, speak: bool, deadline_s: float
) -> None:
    began = time.monotonic()
    route: Route | None = None
    said, timings = "", {}

    def ms() -> float:
        return round(1000 * (time.monotonic() - began), 1)

    async with _reached(router, name) as (client, private):
        began = time.monotonic()
        answer = client.ask(text, session=session, speak=speak, deadline_ms=1000 * deadline_s)
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
                        value = message.value
        if as_json:
            emit({"heard": text, "route": route, "said": said, "value": value, "timings": timings})
        else:
            say()
        if route is not None and route.model == starter.NAME:
            aside(f"({LITTLE})")
        if private and route is not None and route.name == "timer_set":
            aside("Nothing is running that could ring this timer. Start it with: homebody run")


@asynccontextmanager
async def _reached(router: Router, name: str | None) -> AsyncGenerator[tuple[HomebodyClient, bool], None]:
    """A client of the router that was named, else the running one, else a private one; and whether it is private."""
    if router.named:
        async with HomebodyClient.connect(router.endpoint, router.key) as client:
            await client.ping()  # an answer may take minutes; that nobody is there should not
            yield client, False
        return
    async with a_router(profiles.load(name), name) as (endpoint, private), HomebodyClient.connect(endpoint) as client:
        yield client, private
