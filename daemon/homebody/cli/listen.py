"""`homebody listen`: for a hot-key."""

from __future__ import annotations

import click

from homebody import profile as profiles
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.errors import RouterUnreachable
from homebody.house import answers, endpoint_of


@click.command()
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.1, 3600),
    default=8.0,
    show_default=True,
    help="Seconds to wait for speech.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: heard.")
@click.pass_obj
def listen(profile: str | None, timeout_s: float, as_json: bool) -> None:
    """Have the running assistant listen now; what it was saying stops."""
    heard = complete(_listen(profile, timeout_s))
    if as_json:
        emit({"heard": heard})
    else:
        say(heard or "(nothing was heard)")


async def _listen(name: str | None, timeout_s: float) -> str:
    endpoint = endpoint_of(profiles.load(name))
    if not await answers(endpoint):
        raise RouterUnreachable("The assistant is not running.", "Start it with: homebody run")
    async with HomebodyClient.connect(endpoint) as client:
        done = await client.listen(timeout_ms=1000 * timeout_s, deadline_ms=1000 * timeout_s + 180_000)
    return done.heard or ""
