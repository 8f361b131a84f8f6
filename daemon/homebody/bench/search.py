"""How long a search takes among many captions: made ones, in a store of their own."""

from __future__ import annotations

import datetime as dt
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from homebody.captions.indexing import index
from homebody.captions.rows import Stat
from homebody.captions.schema import FILE
from homebody.captions.search import CaptionSearch
from homebody.captions.store import Captions
from homebody.hardware import this_machine
from homebody.ledger import percentile

SEED: Final = 4
_COLOURS: Final = [
    "red",
    "blue",
    "green",
    "yellow",
    "white",
    "black",
    "brown",
    "grey",
    "orange",
    "purple",
    "silver",
    "golden",
]
_THINGS: Final = [
    "bicycle",
    "car",
    "dog",
    "cat",
    "child",
    "woman",
    "man",
    "tree",
    "house",
    "boat",
    "train",
    "bridge",
    "church",
    "mountain",
    "beach",
    "table",
    "chair",
    "cup",
    "plate",
    "cake",
    "laptop",
    "window",
    "door",
    "street",
    "garden",
    "flower",
    "horse",
    "cow",
    "bird",
    "kite",
    "umbrella",
    "bench",
    "lamp",
    "clock",
    "book",
    "phone",
    "guitar",
    "piano",
    "statue",
    "fountain",
    "market",
    "bus",
    "truck",
    "motorcycle",
    "tower",
    "castle",
    "lake",
    "river",
    "waterfall",
    "forest",
    "field",
    "snowman",
    "tent",
    "campfire",
]
_DOING: Final = [
    "standing",
    "leaning",
    "sitting",
    "parked",
    "running",
    "sleeping",
    "lying",
    "waiting",
    "playing",
    "moving",
]
_PLACES: Final = ["street", "beach", "garden", "kitchen", "park", "field", "station", "harbour", "square", "forest"]
_TIMES: Final = ["last week", "in March", "in 2019", "last summer"]
_CITIES: Final = [
    "Rome",
    "Oslo",
    "Lisbon",
    "Kyoto",
    "Quito",
    "Cairo",
    "Delhi",
    "Lima",
    "Turin",
    "Ghent",
    "Bergen",
    "Porto",
]
_RARE: Final = [
    f"{first}{last}" for first in ["bramo", "kelvi", "tordo", "finza", "lusca"] for last in map(str, range(400))
]


class Spread(msgspec.Struct, frozen=True):
    """Milliseconds of searches of one kind."""

    kind: str
    count: int
    p50_ms: float
    p95_ms: float
    worst_ms: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; ``size_bytes`` is the store's."""

    captions: int
    all: Spread
    kinds: tuple[Spread, ...]
    size_bytes: int
    machine: str
    load_average: float


def made(captions: Captions, count: int, *, say: Callable[[int], None] = lambda _: None) -> None:
    """Fill a store with ``count`` made captions, in transactions of thousands."""
    chance = random.Random(SEED)  # noqa: S311 (the same pictures each time, not a secret)
    now_s = dt.datetime.now(dt.UTC).timestamp()
    for begin in range(0, count, 2000):
        numbers = range(begin, min(begin + 2000, count))
        captions.transaction(partial(_insert, numbers=numbers, chance=chance, now_s=now_s))
        say(numbers.stop)


def _insert(db: sqlite3.Connection, numbers: range, chance: random.Random, now_s: float) -> None:
    for number in numbers:
        thing, other = chance.choice(_THINGS), chance.choice(_THINGS)
        caption = (
            f"A {chance.choice(_COLOURS)} {thing} {chance.choice(_DOING)} next to a {chance.choice(_COLOURS)} {other}"
            f" in the {chance.choice(_PLACES)}, with two people in the background."
        )
        screenshot = chance.random() < 0.3
        ocr = " ".join(chance.choices(_RARE + _THINGS, k=60)) if screenshot else ""
        folder = "screenshots" if screenshot else f"{chance.choice(_CITIES)} {chance.randrange(2005, 2027)}"
        path = f"/pictures/{folder}/IMG_{number:06}.jpg"
        shown_s = now_s - chance.random() * 86_400 * 365 * 15
        db.execute(
            "INSERT INTO image (id, sha256, size_bytes, shown_s, caption, tags, ocr, model, state, present, added_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'made', 'captioned', 1, '')",
            (number + 1, f"{number:064x}", 1000, shown_s, caption, f'["{thing}","{other}"]', ocr),
        )
        stat = Stat(1000, int(shown_s * 1e9))
        db.execute("INSERT INTO path VALUES (?, ?, ?, ?, NULL)", (path, number + 1, stat.size_bytes, stat.modified_ns))
        index(db, number + 1)


def queries(count: int) -> Iterator[tuple[str, str]]:
    """What people might ask: kind and words."""
    chance = random.Random(SEED + 1)  # noqa: S311
    kinds: dict[str, Callable[[], str]] = {
        "one word": lambda: chance.choice(_THINGS),
        "two words": lambda: f"{chance.choice(_COLOURS)} {chance.choice(_THINGS)}",
        "a question": lambda: (
            f"which picture had the {chance.choice(_COLOURS)} {chance.choice(_THINGS)} in {chance.choice(_CITIES)}?"
        ),
        "a phrase": lambda: f'"{chance.choice(_COLOURS)} {chance.choice(_THINGS)}"',
        "a beginning": lambda: f"{chance.choice(_THINGS)[: chance.randrange(2, 5)]}*",
        "a rare word": lambda: chance.choice(_RARE),
        "a word nothing has": lambda: f"xylophone {chance.choice(_THINGS)}",
        "a word most have": lambda: "people background",
        "a time": lambda: f"{chance.choice(_THINGS)} {chance.choice(_TIMES)}",
        "a time alone": lambda: f"photos from {chance.choice(['yesterday', 'last week', 'in March', '2019-07'])}",
    }  # fmt: skip
    for number in range(count):
        kind = list(kinds)[number % len(kinds)]
        yield kind, kinds[kind]()


def measure(captions: int, searches: int, *, say: Callable[[int], None] = lambda _: None) -> Report:
    """Make a store, search it, forget it. Takes a minute for 100,000 captions."""
    took: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="hb-bench-") as folder:
        with closing(Captions(Path(folder))) as store:
            made(store, captions, say=say)
        with closing(CaptionSearch(Path(folder))) as search:
            search.find("warm")
            for kind, words in queries(searches):
                took.setdefault(kind, []).append(search.find(words).took_ms)
        size_bytes = (Path(folder) / FILE).stat().st_size
    every = [ms for several in took.values() for ms in several]
    kinds = tuple(_spread(kind, several) for kind, several in took.items())
    return Report(
        captions=captions,
        all=_spread("all", every),
        kinds=kinds,
        size_bytes=size_bytes,
        machine=str(this_machine()),
        load_average=round(os.getloadavg()[0], 1),
    )


def _spread(kind: str, took: list[float]) -> Spread:
    return Spread(kind, len(took), percentile(took, 50), percentile(took, 95), max(took))
