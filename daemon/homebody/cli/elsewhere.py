"""`--endpoint` and `--key`: the options of commands that can also talk to a router on another machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from homebody import profile as profiles
from homebody.errors import UsageError
from homebody.profile import Profile, endpoint_of

if TYPE_CHECKING:
    from homebody.client import HomebodyClient
    from homebody.keys import ClientKey

F = TypeVar("F", bound=Callable[..., Any])


class Router(NamedTuple):
    """Where a command's router is.

    Attributes:
        endpoint: ``ipc://...`` or ``tcp://...``.
        key: For ``tcp://``.
        named: The person named it, so that only this one will do.
    """

    endpoint: str
    key: ClientKey | None
    named: bool


def router_options(command: F) -> F:
    """Add the two options; the command gets them as ``endpoint`` and ``key_file``."""
    for option in (
        click.option("--key", "key_file", metavar="FILE", type=click.Path(path_type=Path), help="For tcp: your key."),
        click.option("--endpoint", metavar="ADDRESS", help="Another router's address, such as tcp://HOST:5757."),
    ):
        command = option(command)
    return command


def chosen(profile: Profile, endpoint: str | None, key_file: Path | None) -> Router:
    """The router these options name; without them, this user's own.

    Raises:
        UsageError: A key without an endpoint, or a key file that is none.
    """
    if endpoint is None:
        if key_file is not None:
            raise UsageError("A key goes with an endpoint.", "Add --endpoint tcp://HOST:PORT.")
        return Router(endpoint_of(profile), None, named=False)
    if key_file is None:
        return Router(endpoint, None, named=True)
    from homebody.keys import client_key

    return Router(endpoint, client_key(key_file), named=True)


@asynccontextmanager
async def reached(router: Router, name: str | None) -> AsyncGenerator[tuple[HomebodyClient, bool], None]:
    """A client of the router that was named, else the running one, else a private one; and whether it is private."""
    from homebody.client import HomebodyClient
    from homebody.house import a_router

    if router.named:
        async with HomebodyClient.connect(router.endpoint, router.key) as client:
            await client.ping()  # an answer may take minutes; that nobody is there should not
            yield client, False
        return
    async with a_router(profiles.load(name), name) as (endpoint, private), HomebodyClient.connect(endpoint) as client:
        yield client, private
