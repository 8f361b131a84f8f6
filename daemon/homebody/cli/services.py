"""`homebody router` and `homebody voice`: one service each, as a service manager starts them."""

from __future__ import annotations

import click

from homebody import profile as profiles
from homebody.process import Lifecycle, run

_endpoint = click.option("--endpoint", metavar="ADDRESS", help="The router's only address; default: the profile's.")
_leash = click.option("--leash", is_flag=True, help="End when standard input is closed.")


@click.command()
@_endpoint
@_leash
@click.pass_obj
def router(profile: str | None, endpoint: str | None, leash: bool) -> int:
    """Run only the router service."""
    from homebody.router.assembly import serve

    chosen = profiles.load(profile)

    async def service(lifecycle: Lifecycle) -> None:
        await serve(chosen, endpoint, lifecycle=lifecycle, load=lambda: profiles.load(profile))

    return run(service, leash=leash)


@click.command()
@_endpoint
@_leash
@click.option("--always-listening", is_flag=True, help="Answer whatever is said, without being asked to listen.")
@click.pass_obj
def voice(profile: str | None, endpoint: str | None, leash: bool, always_listening: bool) -> int:
    """Run only the voice service."""
    from homebody.voice.assembly import serve

    chosen = profiles.load(profile)

    async def service(lifecycle: Lifecycle) -> None:
        await serve(
            chosen,
            endpoint,
            lifecycle=lifecycle,
            always_listening=always_listening,
            load=lambda: profiles.load(profile),
        )

    return run(service, leash=leash)
