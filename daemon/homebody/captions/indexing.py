"""An image's row of the full-text index: what it is found by."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from pathlib import Path
from typing import Final

import msgspec

from homebody.captions.stems import folded, keys, words
from homebody.language import identify

_WORDS: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def index(db: sqlite3.Connection, image: int) -> None:
    """Write the image's row of the full-text index anew. One still waiting for its first caption is found by name.

    Each text is taken to be in a language of its own: captions are in the model's, names in the person's, what stands
    in a picture in any. Tags are the model's too.
    """
    caption, tags, ocr = db.execute("SELECT caption, tags, ocr FROM image WHERE id = ?", (image,)).fetchone()
    paths = db.execute("SELECT path FROM path WHERE image_id = ?", (image,)).fetchall()
    names = " ".join(named(path) for (path,) in paths)
    texts = {"caption": caption, "tags": " ".join(msgspec.json.decode(tags)), "names": names, "ocr": ocr}
    of_model = identify(caption) if caption else ""
    values: list[int | str] = [image]
    forms = set[tuple[str, str]]()
    for field, text in texts.items():
        found = words(text)
        language = of_model if field in {"caption", "tags"} and of_model else identify(text) if found else ""
        forms |= {(key, folded(word)) for word in dict.fromkeys(found) for key in keys(language, word)}
        values.append(" ".join(map(folded, found)))
    db.execute("DELETE FROM words WHERE rowid = ?", (image,))
    db.execute("INSERT INTO words (rowid, caption, tags, names, ocr) VALUES (?, ?, ?, ?, ?)", values)
    db.executemany("INSERT OR IGNORE INTO form VALUES (?, ?)", forms)
    db.execute("DELETE FROM unindexed WHERE image_id = ?", (image,))


def named(path: str) -> str:
    """The words of a file's name and of the folder it lies in: ``Rome 2019/RedBicycle_03.jpg`` is found by each."""
    file = Path(unicodedata.normalize("NFC", path))
    whole = _WORDS.findall(f"{file.parent.name} {file.stem}")
    parts = [part for word in whole for part in _CAMEL.split(word)]
    return " ".join(dict.fromkeys([*whole, *parts]))
