"""Files that are there whole or not at all, whenever we are killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path, *, mode: int = 0o600, durable: bool = True) -> Iterator[IO[bytes]]:
    """A new file, to be written in this context; at its end it takes the place of ``path`` in one step. Where anything
    is raised before, ``path`` is as it was, and nothing is left beside it.

    Args:
        path: In a folder that is there.
        mode: Who may read it.
        durable: Wait until it is on the disk; without, the machine's sudden end may undo it, ours may not.

    Raises:
        OSError: The folder refuses, or is full.
    """
    # Of its own and hidden: a name derived from a long one would be too long, and watched folders pass it over.
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".homebody-", suffix=".tmp", delete=False) as file:
        fresh = Path(file.name)
        try:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
