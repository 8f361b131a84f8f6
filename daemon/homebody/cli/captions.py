"""`homebody captions`: captions as JSON Lines."""

from __future__ import annotations

import sys
from contextlib import ExitStack, closing
from pathlib import Path

import click

from homebody import profile as profiles
from homebody.captions import exchange
from homebody.captions.store import Captions
from homebody.cli.output import complete, say
from homebody.client import HomebodyClient
from homebody.errors import AlreadyRunning
from homebody.house import endpoint_of
from homebody.messages import Done
from homebody.paths import data_dir, private_dir
from homebody.process import only_one

IMPORT_DEADLINE_MS = 600_000.0


@click.group()
def captions() -> None:
    """Take captions to another machine, and back: one JSON object a line, one line an image."""


@captions.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def export(file: Path) -> None:
    """Write all captions to FILE; -: to standard output."""
    with closing(Captions(data_dir())) as store:
        if str(file) == "-":
            exchange.write(store.rows(), sys.stdout.buffer)
            sys.stdout.flush()
            return
        count = exchange.export(store.rows(), file)
    say(f"{count} image{'' if count == 1 else 's'} written to {file}.")


@captions.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def import_(profile: str | None, file: Path) -> None:
    """Take in the captions of FILE. An image that has a caption here keeps it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(private_dir(data_dir()) / "captions.lock", "A gallery service"))
        except AlreadyRunning:  # one process writes captions: it does this, too
            value = complete(_asked(endpoint_of(profiles.load(profile)), file)).value or {}
            new, known = value.get("new", 0), value.get("known", 0)
        else:
            store = stack.enter_context(closing(Captions(data_dir())))
            new, known = exchange.take(file, store)
            while store.reindex():
                pass
    say(f"{new} taken in, {known} known already.")


async def _asked(endpoint: str, file: Path) -> Done:
    async with HomebodyClient.connect(endpoint) as client:
        return await client.control("gallery", "import", str(file.absolute()), deadline_ms=IMPORT_DEADLINE_MS)
