"""`homebody search`: find pictures by what is on them."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import closing
from pathlib import Path

import click
import msgspec

from homebody import profile as profiles
from homebody.captions.dates import moment
from homebody.captions.search import CaptionSearch
from homebody.cli.elsewhere import Router, chosen, router_options
from homebody.cli.output import complete, emit, say
from homebody.client import HomebodyClient
from homebody.errors import UsageError
from homebody.messages import Found, FoundPicture
from homebody.paths import data_dir


@click.command()
@click.argument("words", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Pictures at most.")
@click.option("--folder", type=click.Path(path_type=Path), help="Only in this folder and below it.")
@click.option("--since", metavar="TIME", help="Only taken since then: 2026-03-05, last week, ...")
@click.option("--until", metavar="TIME", help="Only taken before then.")
@click.option("--gone", is_flag=True, help="Also pictures that have been deleted.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a picture.")
@router_options
@click.pass_obj
def search(
    profile: str | None,
    words: tuple[str, ...],
    limit: int,
    folder: Path | None,
    since: str | None,
    until: str | None,
    gone: bool,
    as_json: bool,
    endpoint: str | None,
    key_file: Path | None,
) -> int:
    """Find pictures by what is on them, their tags, the words in them, their names and dates.

    Without words, the latest. "red bicycle" in quotation marks is a phrase, bicy* a beginning, -car unwanted (your
    shell wants 'bicy* -car'); "last week", "in March", "yesterday" limit when it was taken. Exit status 1: nothing was
    found.
    """
    router = chosen(profiles.load(profile), endpoint, key_file)
    between = _moment(since, "--since"), _moment(until, "--until")
    place = os.path.abspath(folder.expanduser()) if folder else None  # noqa: PTH100 (resolve() would follow links)
    if router.named:
        found = complete(_asked(router, " ".join(words), limit, place, between, gone))
    else:  # the captions are this machine's: no router is needed to read them
        with closing(CaptionSearch(data_dir())) as captions:
            hits = captions.find(
                " ".join(words), limit=limit, folder=place, since=between[0], until=between[1], gone=gone
            )
        found = msgspec.convert(msgspec.to_builtins(hits) | {"id": "1", "type": "found"}, Found)
    for row in found.rows:
        if as_json:
            emit(msgspec.to_builtins(row))
        else:
            _show(row)
    if not as_json:
        _sum_up(found, bool(words or folder or since or until))
    return 0 if found.rows else 1


async def _asked(
    router: Router,
    words: str,
    limit: int,
    folder: str | None,
    between: tuple[dt.datetime | None, dt.datetime | None],
    gone: bool,
) -> Found:
    async with HomebodyClient.connect(router.endpoint, router.key) as client:
        return await client.search(words, limit=limit, folder=folder, since=between[0], until=between[1], gone=gone)


def _moment(text: str | None, option: str) -> dt.datetime | None:
    if text is None:
        return None
    try:
        return moment(text, dt.datetime.now()).astimezone()
    except ValueError:
        raise UsageError(f"{option}: {text} is no time.", "Write it like 2026-03-05, yesterday or last week.") from None


def _show(row: FoundPicture) -> None:
    taken = f"{row.taken_at.astimezone():%Y-%m-%d}  " if row.taken_at else ""
    say(f"{row.path}" + ("  (deleted)" if row.gone else ""))
    words = row.caption or {"waiting": "(no caption yet)", "refused": "(set aside)"}.get(row.state, "")
    say(f"    {taken}{words}")


def _sum_up(found: Found, asked: bool) -> None:
    count = "1,000 or more" if found.total >= 1000 else str(found.total)
    if found.rows:
        say(f"{len(found.rows)} of {count}, {found.took_ms:.0f} ms.")
    elif asked:
        say("No picture was found.")
    else:
        say("No pictures yet. Watch a folder with: homebody watch add FOLDER")
