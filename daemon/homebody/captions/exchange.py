"""Captions as JSON Lines: one image a line, to be kept, read by other programs, or taken to another machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from homebody.atomic import replacing
from homebody.captions.rows import Row
from homebody.captions.store import Captions
from homebody.errors import NotWritable, UsageError

LINE_LIMIT_BYTES: Final = 4 * 1024 * 1024


class Taken(NamedTuple):
    """How many rows an import took in, and how many it left since their content has a caption here."""

    new: int
    known: int


def export(rows: Iterable[Row], path: Path) -> int:
    """Write the rows, atomically; returns how many.

    Raises:
        NotWritable: The file cannot be written.
    """
    try:
        with replacing(path) as file:
            return write(rows, file)
    except OSError as error:
        raise NotWritable(f"{path} cannot be written: {error.strerror}.", "Choose another file.") from error


def write(rows: Iterable[Row], file: IO[bytes]) -> int:
    """Write the rows to an open file; returns how many."""
    count = 0
    for row in rows:
        file.write(msgspec.json.encode(row) + b"\n")
        count += 1
    return count


def take(path: Path, captions: Captions) -> Taken:
    """Take in what `export` wrote, here or elsewhere. Can be repeated: known content is left as it is.

    Raises:
        UsageError: A line is not such a row; those before it have been taken.
    """
    decoder = msgspec.json.Decoder(Row)
    new = known = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LINE_LIMIT_BYTES), b""), start=1):
                if not line.strip():
                    continue
                try:
                    row = decoder.decode(line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise UsageError(f"{path}: line {number} is not a caption: {error}.", "Mend that line.") from error
                if captions.put(row):
                    new += 1
                else:
                    known += 1
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", "Check the path and its rights.") from error
    return Taken(new, known)
