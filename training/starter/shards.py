"""Arrays kept in files that are there whole or not at all, and the numbered shards of a corpus made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from homebody.atomic import replacing


def write(path: Path, arrays: Mapping[str, Any]) -> None:
    """These arrays by name, as `numpy.load` reads them."""
    with replacing(path, mode=0o644, durable=False) as file:
        np.savez(file, **arrays)


def path_of(folder: Path, number: int) -> Path:
    """Where the shard of this number is, or is to be."""
    return folder / f"shard-{number:04}.npz"


def paths(folder: Path) -> list[Path]:
    """The shards that are there, by number."""
    return sorted(folder.glob("shard-*.npz"))
