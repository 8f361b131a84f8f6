"""An image's row of the full-text index: what it is found by."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Final

import msgspec

_WORDS: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def index(db: sqlite3.Connection, image: int) -> None:
    """Write the image's row of the full-text index anew. One still waiting for its first caption is found by name."""
    caption, tags, ocr = db.execute("SELECT caption, tags, ocr FROM image WHERE id = ?", (image,)).fetchone()
    paths = db.execute("SELECT path FROM path WHERE image_id = ?", (image,)).fetchall()
    names = " ".join(named(path) for (path,) in paths)
    db.execute("DELETE FROM words WHERE rowid = ?", (image,))
    db.execute(
        "INSERT INTO words (rowid, caption, tags, names, ocr) VALUES (?, ?, ?, ?, ?)",
        (image, caption, " ".join(msgspec.json.decode(tags)), names, ocr),
    )


def named(path: str) -> str:
    """The words of a file's name and of the folder it lies in: ``Rome 2019/RedBicycle_03.jpg`` is found by each."""
    file = Path(path)
    words = _WORDS.findall(f"{file.parent.name} {file.stem}")
    parts = [part for word in words for part in _CAMEL.split(word)]
    return " ".join(dict.fromkeys([*words, *parts]))
