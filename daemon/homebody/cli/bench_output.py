"""What all benches have in common at the command line: ``--json``, ``--out``, progress, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from homebody.atomic import replacing
from homebody.cli.output import aside, emit, say
from homebody.errors import NotWritable

F = TypeVar("F", bound=Callable[..., Any])


def options_for_reports(command: F) -> F:
    """Adds ``--json`` and ``--out FILE``."""
    command = click.option("--json", "as_json", is_flag=True, help="One JSON object.")(command)
    path = click.Path(path_type=Path, dir_okay=False)
    return click.option("--out", type=path, help="Also write the JSON into this file, for `bench report`.")(command)


def finish(bench: str, report: msgspec.Struct, as_json: bool, out: Path | None) -> bool:
    """Write and print a report's JSON where that was asked for; whether nothing else is to be printed."""
    from homebody.bench.circumstances import circumstances, documented

    record = documented(bench, report)
    if out is not None:
        write_whole(out, msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n")
        aside(f"written: {out}")
    if as_json:
        emit(record)
        return True
    say(f"{circumstances()}.")
    return False


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that there is the old one or the whole new one at any moment.

    Raises:
        NotWritable: The folder refuses.
    """
    try:
        with replacing(path, mode=0o644, durable=False) as file:
            file.write(data)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written: {error.strerror}.", "Choose another file.") from error


def progress_line(*, quiet: bool) -> Callable[[str], None]:
    """Prints what is being done, on standard error; nothing where the output is for a program."""

    def progress(line: str) -> None:
        if not quiet:
            aside(line)

    return progress


def console_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns; the first to the left, the others to the right."""
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
    return [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    ]
