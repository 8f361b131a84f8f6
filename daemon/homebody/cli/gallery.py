"""`homebody gallery` and `homebody recaption`: the service that captions pictures, and what it can be asked to do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import aside, complete, lasting, say
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, UsageError
from homebody.house import answers, endpoint_of
from homebody.process import Lifecycle, run

ACTIONS: Final = {
    "pause": "No new captions are begun until: homebody gallery --resume",
    "resume": "Captions go on.",
    "rescan": "The folders are looked through.",
    "retry": "{count} set aside are looked at again.",
}
DRAW_S: Final = 0.25
ASK_S: Final = 1.0


@click.command()
@click.option("--endpoint", metavar="ADDRESS", help="The router's only address; default: the profile's.")
@click.option("--leash", is_flag=True, help="End when standard input is closed.")
@click.option("--progress", is_flag=True, help="Show how far it is; of the one that runs, if one does.")
@click.option("--pause", "action", flag_value="pause", help="Have the running one begin no new captions.")
@click.option("--resume", "action", flag_value="resume", help="Have it go on.")
@click.option("--rescan", "action", flag_value="rescan", help="Have it look through all folders now.")
@click.option("--retry", "action", flag_value="retry", help="Have it look again at what was set aside.")
@click.option("--open", "browse", is_flag=True, help="Show the pictures in your browser, until Ctrl-C.")
@click.option("--page", is_flag=True, help="As --open, but only print the address.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Of the page; default: any that is free.")
@click.pass_obj
def gallery(
    profile: str | None,
    endpoint: str | None,
    leash: bool,
    progress: bool,
    action: str | None,
    browse: bool,
    page: bool,
    port: int,
) -> int:
    """Caption the pictures of the watched folders, now and whenever new ones come. Ctrl-C stops it.

    homebody run does the same as long as any folder is watched. This one needs a router beside it: homebody router.
    """
    address = endpoint or endpoint_of(profiles.load(profile))
    if browse or page:
        return _page(profile, address, browse, port, leash)
    if action:
        done = complete(_control(address, action))
        say(ACTIONS[action].format(count=done.get("count", 0)))
        return 0
    if progress and complete(_runs(address)):
        complete(_follow(address))
        return 0
    from homebody.gallery.assembly import serve
    from homebody.gallery.service import Gallery

    if not profiles.load(profile).gallery.folders:
        raise UsageError("No folder is watched.", "Watch one with: homebody watch add FOLDER")
    begun: asyncio.Queue[Gallery] = asyncio.Queue(1)

    async def service(lifecycle: Lifecycle) -> None:
        if not leash and not await answers(address):
            aside(f"No router answers at {address}. Captions are made as soon as one does: homebody run")
        drawing = asyncio.create_task(_draw(_own(begun))) if progress else None
        try:
            await serve(lambda: profiles.load(profile), endpoint, lifecycle=lifecycle, ready=begun.put_nowait)
        finally:
            if drawing is not None:
                drawing.cancel()
                await asyncio.wait([drawing])

    return run(service, leash=leash)


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--since", metavar="TIME", help="Those captioned since then: 2026-03-05, last week, ...")
@click.option("--model-older", is_flag=True, help="Those by another model or prompt than the latest caption.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.pass_obj
def recaption(profile: str | None, path: Path | None, since: str | None, model_older: bool, everything: bool) -> None:
    """Have pictures captioned anew: PATH (a picture, or a folder), or some of all. They keep what they have until then.

    Asks the running gallery.
    """
    if sum([path is not None, since is not None, model_older, everything]) != 1:
        raise UsageError("Which pictures?", "Name one PATH, or one of --since, --model-older and --all.")
    if path is not None and not os.path.lexists(path):
        raise UsageError(f"{path} is not there.", "Check the path.")
    value = str(path.absolute()) if path else f"since {since}" if since else "model-older" if model_older else ""
    count = complete(_control(endpoint_of(profiles.load(profile)), "recaption", value)).get("count", 0)
    say(f"{count} picture{'' if count == 1 else 's'} will be captioned anew.")


def _page(name: str | None, endpoint: str, browse: bool, port: int, leash: bool) -> int:
    from homebody.gallery.page_assembly import serve

    def ready(url: str) -> None:
        say(url)
        if browse:
            aside("Opening it in your browser; Ctrl-C ends the page.")
            _in_browser(url)

    async def service(lifecycle: Lifecycle) -> None:
        def told(url: str) -> None:
            lifecycle.ready("showing the pictures")
            ready(url)

        await serve(profiles.load(name), endpoint, port=port, ready=told)

    return run(service, leash=leash)


def _in_browser(url: str) -> None:
    """In a thread: a browser in the terminal, or a slow one, does not hold up the page."""
    import threading
    import webbrowser

    def opened() -> None:
        if not webbrowser.open(url):
            aside("No browser could be opened here. Open the address above yourself.")

    threading.Thread(target=opened, daemon=True).start()


async def _control(endpoint: str, action: str, value: str | None = None) -> dict[str, Any]:
    async with HomebodyClient.connect(endpoint) as client:
        return (await client.control("gallery", action, value, deadline_ms=30_000)).value or {}


async def _runs(endpoint: str) -> bool:
    if not await answers(endpoint):
        return False
    try:
        await _control(endpoint, "status")
    except HomebodyError:
        return False
    return True


async def _own(begun: asyncio.Queue[Any]) -> AsyncIterator[dict[str, Any]]:
    """How the gallery of this process is, again and again."""
    gallery = await begun.get()
    while True:
        yield msgspec.to_builtins(await gallery.state())
        await asyncio.sleep(DRAW_S)


async def _others(client: HomebodyClient) -> AsyncIterator[dict[str, Any]]:
    """How the running gallery is, again and again."""
    while True:
        with suppress(HomebodyError):  # it is being started again
            yield (await client.control("gallery", "status")).value or {}
        await asyncio.sleep(ASK_S)


async def _follow(endpoint: str) -> None:
    async with HomebodyClient.connect(endpoint) as client:
        await _draw(_others(client), until_done=True)


async def _draw(states: AsyncIterator[dict[str, Any]], *, until_done: bool = False) -> None:
    """A bar for each folder, on standard error; where that is no terminal, a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(file=sys.stderr)
    bars: dict[str, Any] = {}
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f}")
    with Progress(*columns, TextColumn("{task.fields[pace]}"), console=console, refresh_per_second=4) as progress:
        async for state in states:
            for folder in state.get("folders", ()):
                name, done = folder["folder"], folder["captioned"] + folder["refused"]
                total = max(folder["pictures"], 1)
                shown = {"total": total, "completed": done, "pace": _pace(state)}
                if name in bars:
                    progress.update(bars[name], **shown)
                else:  # drawn at once, so with all there is to be drawn
                    bars[name] = progress.add_task(_short(name), **shown)
            if until_done and state.get("state") == "idle":
                return


def _short(folder: str, width: int = 40) -> str:
    return folder if len(folder) <= width else "..." + folder[3 - width :]


def _pace(state: dict[str, Any]) -> str:
    words = {"waiting": "waiting for a model", "scanning": "looking"}.get(state["state"], str(state["state"]))
    if state.get("rate_per_min"):
        words += f", {state['rate_per_min']:g}/min"
    if state.get("left_s"):
        words += f", {lasting(state['left_s'])} left"
    return words
