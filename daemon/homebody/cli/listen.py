"""`homebody listen`: for a hot-key."""

from __future__ import annotations

from pathlib import Path

import click

from homebody import profile as profiles
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.errors import RouterUnreachable
from homebody.house import answers


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
@router_options
@click.pass_obj
def listen(profile: str | None, timeout_s: float, as_json: bool, endpoint: str | None, key_file: Path | None) -> None:
    """Have the running assistant listen now; what it was saying stops."""
    heard = complete(_listen(chosen(profiles.load(profile), endpoint, key_file), timeout_s))
    if as_json:
        emit({"heard": heard})
    else:
        say(heard or "(nothing was heard)")


async def _listen(router: Router, timeout_s: float) -> str:
    if not await answers(router.endpoint, router.key):
        raise RouterUnreachable("The assistant is not running.", "Start it with: homebody run")
    async with HomebodyClient.connect(router.endpoint, router.key) as client:
        done = await client.listen(timeout_ms=1000 * timeout_s, deadline_ms=1000 * timeout_s + 180_000)
    return done.heard or ""
