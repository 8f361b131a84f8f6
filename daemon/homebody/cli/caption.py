"""`homebody caption`: what is to be seen in pictures, in words."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from homebody import profile as profiles
from homebody.cli.elsewhere import Router, chosen, reached, router_options
from homebody.cli.output import aside, complete, emit, say
from homebody.errors import BadImage, RemoteFailure, UsageError
from homebody.messages import Done

if TYPE_CHECKING:
    from rich.progress import Progress

    from homebody.client import HomebodyClient
    from homebody.gallery.image_worker import ImageWorker

SIDE_PX = 768
MULTIPLE_PX = 32  # for models that count in patches
AT_ONCE = 4  # the next is decoded while the model looks at one
OF_ONE_PICTURE = ("bad_image", "too_large", "empty_answer", "model_failed", "deadline")  # the others may go better


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--detailed", is_flag=True, help="Several sentences instead of one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a picture: file, caption, tags, model.")
@router_options
@click.pass_context
def caption(
    ctx: click.Context,
    files: tuple[Path, ...],
    detailed: bool,
    as_json: bool,
    endpoint: str | None,
    key_file: Path | None,
) -> None:
    """Say in words what is to be seen in pictures; a folder stands for all pictures in it.

    More than one are done as background work: whoever asks something meanwhile goes first. Nothing is stored.
    """
    profile: str | None = ctx.obj
    router = chosen(profiles.load(profile), endpoint, key_file)
    paths = pictures(files)
    refused = complete(_captions(profile, router, paths, "detailed" if detailed else "quick", as_json))
    if refused:
        ctx.exit(BadImage.exit_code)


def pictures(files: Iterable[Path]) -> list[Path]:
    """The files, folders replaced by the pictures in them in the order of their names; links are not followed there.

    Raises:
        UsageError: There is no such file, or no picture in a folder.
    """
    from homebody.gallery.images import SUFFIXES

    found: list[Path] = []
    for path in files:
        if path.is_dir():
            inside = [
                Path(folder, name)
                for folder, _, names in os.walk(path)
                for name in names
                if Path(name).suffix.lower() in SUFFIXES
                and not name.startswith(".")
                and not Path(folder, name).is_symlink()
            ]
            if not inside:
                raise UsageError(f"There is no picture in {path}.", "Name a picture, or another folder.")
            found += sorted(inside)
        elif path.exists():
            found.append(path)
        else:
            raise UsageError(f"{path} is not there.", "Check the path.")
    return list(dict.fromkeys(found))


async def _captions(
    name: str | None, router: Router, paths: list[Path], detail: Literal["quick", "detailed"], as_json: bool
) -> int:
    """Caption them all; returns how many could not be."""
    from homebody.gallery.image_worker import ImageWorker

    refused = 0
    turn = asyncio.Semaphore(AT_ONCE)
    background = len(paths) > 1
    with _progress() as progress:
        task = progress.add_task("Captions", total=len(paths), visible=background)
        async with reached(router, name) as (client, _), ImageWorker() as images:

            async def one(path: Path) -> None:
                nonlocal refused
                async with turn:
                    try:
                        record = await _caption(client, images, path, detail, background)
                    except (BadImage, RemoteFailure) as error:
                        if error.code not in OF_ONE_PICTURE:
                            raise
                        refused += 1
                        named = error.reason if str(path) in error.reason else f"{path}: {error.reason}"
                        if as_json:
                            emit({"file": str(path), "code": error.code, "reason": error.reason})
                        else:
                            aside(f"{named} {error.remedy}".strip())
                    else:
                        if as_json:
                            emit(record)
                        else:
                            say(f"{path}: {record['caption']}" if background else record["caption"])
                    progress.advance(task)

            async with asyncio.TaskGroup() as group:
                for path in paths:
                    group.create_task(one(path))
    return refused


async def _caption(
    client: HomebodyClient, images: ImageWorker, path: Path, detail: Literal["quick", "detailed"], background: bool
) -> dict[str, Any]:
    picture = await images.prepare(path, side_px=SIDE_PX, multiple_px=MULTIPLE_PX)
    answer = client.caption(picture.data, detail=detail, background=background)
    async with aclosing(answer):
        async for message in answer:
            if isinstance(message, Done):
                text = message.caption or message.text
                return {"file": str(path), "caption": text, "tags": message.tags, "model": message.model}
    raise BadImage(f"{path} was not described.", "Try again.")


def _progress() -> Progress:
    """A bar with rate and time left, on standard error; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:.1f}/s" if speed else "")

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeLeft(),
        TextColumn("left"),
        console=console,
        disable=not console.is_terminal,
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=True,
        transient=True,
    )
