"""`homebody watch`: which folders' pictures are captioned. Edits homebody.toml and keeps the rest of it as it is."""

from __future__ import annotations

import click

from homebody import overlay
from homebody import profile as profiles
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, UsageError
from homebody.gallery.selection import absolute, missing
from homebody.house import answers, endpoint_of


@click.group()
def watch() -> None:
    """Which folders' pictures are captioned."""


@watch.command()
@click.argument("folder")
@click.pass_obj
def add(profile: str | None, folder: str) -> None:
    """Watch a folder: its pictures are captioned, now and whenever new ones come."""
    place = absolute(folder)
    if place.is_file():
        raise UsageError(
            f"{place} is a file, not a folder.", f"Watch the folder it is in: homebody watch add {place.parent}"
        )
    if (problem := missing(place)) is not None:
        raise UsageError(problem.problem.replace("The watched folder", "The folder"), "Check the path.")
    folders = _folders(profile)
    if any(absolute(known) == place for known in folders):
        say(f"{place} is watched already.")
        return
    _write([*folders, str(place)])
    say(f"{place} is watched from now on.")
    _tell(profile)


@watch.command()
@click.argument("folder")
@click.pass_obj
def remove(profile: str | None, folder: str) -> None:
    """Watch a folder no longer. The captions of its pictures stay."""
    place, folders = absolute(folder), _folders(profile)
    left = [known for known in folders if absolute(known) != place]
    if len(left) == len(folders):
        raise UsageError(f"{place} is not watched.", "See which are: homebody watch list")
    _write(left)
    say(f"{place} is not watched any more. The captions of its pictures stay.")
    complete(_reload(profile))


@watch.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a folder.")
@click.pass_obj
def list_(profile: str | None, as_json: bool) -> None:
    """The watched folders, as homebody.toml and the profile have them."""
    folders = _folders(profile)
    for folder in folders:
        problem = missing(absolute(folder))
        if as_json:
            emit({"folder": str(absolute(folder)), "problem": problem.problem if problem else None})
        else:
            say(f"{absolute(folder)}" + (f"\n  ! {problem.problem}" if problem else ""))
    if not folders and not as_json:
        say("No folder is watched. Watch one with: homebody watch add FOLDER")


def _folders(profile: str | None) -> list[str]:
    return list(profiles.load(profile).gallery.folders)


def _write(folders: list[str]) -> None:
    overlay.write({("gallery", "folders"): folders})


def _tell(profile: str | None) -> None:
    """Have a gallery that runs read the list again; say how to start one where none does."""
    if not complete(_reload(profile)):
        say("Captions are made while the assistant runs: homebody run")


async def _reload(profile: str | None) -> bool:
    endpoint = endpoint_of(profiles.load(profile))
    if not await answers(endpoint):
        return False
    async with HomebodyClient.connect(endpoint) as client:
        try:
            await client.control("gallery", "reload")
        except HomebodyError:
            return True  # homebody run starts one as soon as a folder is watched
    return True
