"""`Search`, answered from the gallery's captions, which the router only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from homebody.captions.search import CaptionSearch
from homebody.codec import HEADER_LIMIT_BYTES
from homebody.errors import RemoteFailure
from homebody.messages import Found, FoundPicture, Search

LIMIT: Final = 100  # rows of one answer
ROOM_BYTES: Final = HEADER_LIMIT_BYTES - 1024
CAPTION_LIMIT_CHARS: Final = 2000
TEXT_LIMIT_CHARS: Final = 400  # of what stands in a picture; the whole of it is in the store


class PictureSearch:
    """Searches in a thread of its own, one query after the other; they take milliseconds.

    Args:
        folder: Where the captions are.
    """

    def __init__(self, folder: Path) -> None:
        self._search = CaptionSearch(folder)
        self._thread = ThreadPoolExecutor(1, "pictures")

    def close(self) -> None:
        """End the thread and close the file."""
        self._thread.shutdown()
        self._search.close()

    async def find(self, search: Search) -> Found:
        """What is asked for, as far as it fits into one message.

        Raises:
            RemoteFailure: ``bad_message``: a number out of bounds.
            NotWritable: The captions cannot be read.
        """
        if not (1 <= search.limit <= LIMIT and 0 <= search.offset <= 1_000_000):
            raise RemoteFailure("bad_message", f"A search gives 1 to {LIMIT} rows.", "Ask for the next with offset.")
        hits = await asyncio.get_running_loop().run_in_executor(
            self._thread,
            lambda: self._search.find(
                search.query,
                limit=search.limit,
                offset=search.offset,
                folder=search.folder,
                since=search.since,
                until=search.until,
                gone=search.gone,
            ),
        )
        return Found(id=search.id, rows=_fitting(hits.rows), total=hits.total, took_ms=hits.took_ms)


def _fitting(hits: Sequence[FoundPicture]) -> tuple[FoundPicture, ...]:
    """The rows that a header has room for; long ones are shortened first."""
    rows: list[FoundPicture] = []
    room_bytes = ROOM_BYTES
    for hit in hits:
        row = msgspec.structs.replace(
            hit, caption=hit.caption[:CAPTION_LIMIT_CHARS], tags=hit.tags[:32], text=hit.text[:TEXT_LIMIT_CHARS]
        )
        room_bytes -= len(msgspec.json.encode(row)) + 1
        if room_bytes < 0:
            break
        rows.append(row)
    return tuple(rows)
