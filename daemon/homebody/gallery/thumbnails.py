"""Small pictures for the page, made once in the image worker and kept in the cache folder, which is bounded."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from homebody.atomic import replacing
from homebody.errors import BadImage
from homebody.gallery.allowed import inside
from homebody.gallery.images import Prepared
from homebody.paths import private_dir

SIDE_PX: Final = 400
LIMIT_BYTES: Final = 256 * 1024 * 1024  # some 10,000 thumbnails
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class Decoder(Protocol):
    """`image_worker.ImageWorker`, as far as it is needed here."""

    async def prepare(self, path: Path, *, side_px: int, within: Sequence[Path] | None = None) -> Prepared:
        """See there."""


class Thumbnails:
    """Gives JPEGs. A picture is its content: what lies in a file now must be what is asked for.

    Args:
        images: Decodes.
        folder: Where they are kept, with nothing else in it; None: they are not.
        within: Pictures must lie inside these folders, kept thumbnails' too; None: anywhere.
        limit_bytes: Of all that is kept; the one unused for longest goes first.
    """

    def __init__(
        self, images: Decoder, folder: Path | None, within: Sequence[Path] | None, *, limit_bytes: int = LIMIT_BYTES
    ) -> None:
        self._images, self._folder, self._within, self._limit_bytes = images, folder, within, limit_bytes
        self._kept: OrderedDict[str, int] = OrderedDict()
        if folder is not None:
            private_dir(folder)
            files = sorted((entry.stat().st_mtime, entry.name, entry.stat().st_size) for entry in os.scandir(folder))
            self._kept.update((name, size) for _, name, size in files if not name.startswith("."))

    async def thumbnail(self, path: Path, sha256: str) -> bytes:
        """A JPEG of at most `SIDE_PX`.

        Raises:
            BadImage: The file is not there, not allowed, no picture, or another picture than ``sha256``.
        """
        name = f"{sha256}-{SIDE_PX}.jpg"
        if self._folder is not None and name in self._kept:
            await asyncio.to_thread(self._must_be_inside, path)
            with contextlib.suppress(OSError):
                data = await asyncio.to_thread((self._folder / name).read_bytes)
                self._kept.move_to_end(name)
                return data
        data = await self.picture(path, sha256, side_px=SIDE_PX)
        if self._folder is not None:
            with contextlib.suppress(OSError):  # a full disk: then without
                await asyncio.to_thread(_write, self._folder, name, data)
                self._kept[name] = len(data)
                await asyncio.to_thread(self._shrink)
        return data

    async def picture(self, path: Path, sha256: str, *, side_px: int) -> bytes:
        """As `thumbnail`, of another size and not kept."""
        if not _SHA256.fullmatch(sha256):
            raise BadImage("There is no such picture.", "")
        prepared = await self._images.prepare(path, side_px=side_px, within=self._within)
        if prepared.sha256 != sha256:
            raise BadImage(f"{path} is another picture now.", "Wait until it has been looked at.")
        return prepared.data

    def _must_be_inside(self, path: Path) -> None:
        if self._within is not None and inside(path, self._within) is None:
            raise BadImage(f"{path} lies in none of the watched folders.", "Watch its folder.")

    def _shrink(self) -> None:
        assert self._folder is not None
        while sum(self._kept.values()) > self._limit_bytes and self._kept:
            name, _ = self._kept.popitem(last=False)
            (self._folder / name).unlink(missing_ok=True)


def _write(folder: Path, name: str, data: bytes) -> None:
    with replacing(folder / name, durable=False) as file:
        file.write(data)
