"""What the gallery and its image worker say to each other, framed by `homebody.worker_frames`.

::

    gallery                               worker
      Prepare  --------------------------->        one at a time
            <---------------- Picture | Refused
"""

from __future__ import annotations

from typing import Final

import msgspec

from homebody.gallery.images import MediaType, Prepared

FRAME_LIMIT_BYTES: Final = 64 * 1024 * 1024  # a PNG of 4096 x 4096 noise


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Prepare this picture; see `images.prepare`. Paths are bytes, as file systems have them."""

    path: bytes
    side_px: int
    multiple_px: int
    media_type: MediaType
    within: tuple[bytes, ...] | None


class Picture(msgspec.Struct, frozen=True, tag=True):
    """It is prepared."""

    prepared: Prepared


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It cannot be prepared: the two sentences of a `BadImage`."""

    reason: str
    remedy: str


FromWorker = Picture | Refused
