"""Where made models lie, as long as they are needed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import psutil

from homebody.errors import MachineError
from homebody.paths import APP, private_dir


@contextmanager
def made_in_cache(name: str, needed_bytes: int) -> Iterator[Path]:
    """An empty folder in the cache directory, removed with all that is in it.

    Args:
        name: Of the model, for whoever looks at the disk meanwhile.
        needed_bytes: Of the disk, and about as much of memory.

    Raises:
        MachineError: There is not so much.
    """
    cache = private_dir(Path(platformdirs.user_cache_path(APP)))
    _forget_abandoned(cache)
    free_bytes = min(shutil.disk_usage(cache).free, psutil.virtual_memory().available)
    if free_bytes < needed_bytes:
        raise MachineError(
            f"A model of the shape of {name} needs {needed_bytes / 1e9:.1f} GB of disk and memory; "
            f"{free_bytes / 1e9:.1f} GB are free.",
            "Close other programs, or measure a smaller shape.",
        )
    with tempfile.TemporaryDirectory(
        prefix=f"shape-{name}-{os.getpid()}-", dir=cache, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _forget_abandoned(cache: Path) -> None:
    """Remove what a bench left that was killed; its process is in the folder's name."""
    for folder in cache.glob("shape-*"):
        owner = re.fullmatch(r"shape-.+-(\d+)-\w+", folder.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            shutil.rmtree(folder, ignore_errors=True)
