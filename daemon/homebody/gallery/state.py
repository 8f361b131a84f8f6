"""How the gallery is, and what a look at a folder says against what the store knows. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from homebody.captions.rows import KnownPath, Refusal, Stat


class FolderState(msgspec.Struct, frozen=True):
    """A watched folder.

    Attributes:
        pictures: Known ones that lie there: captioned, waiting or refused.
    """

    folder: str
    pictures: int
    captioned: int
    waiting: int
    refused: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How the gallery is: what `homebody status` shows of it.

    Attributes:
        state: ``scanning``, ``captioning``, ``paused``, ``waiting`` (for a model), or ``idle``.
        waiting: Pictures and files that are not done.
        rate_per_min: Captions a minute of late; None: too few to tell.
        left_s: How long the rest will take.
        refused: The latest that were set aside, of ``refused_count``.
    """

    state: str
    folders: tuple[FolderState, ...] = ()
    waiting: int = 0
    captioned: int = 0
    rate_per_min: float | None = None
    left_s: float | None = None
    refused: tuple[Refusal, ...] = ()
    refused_count: int = 0


class Difference(msgspec.Struct, frozen=True):
    """What a look at a folder says against what the store knows: files to look into, and paths where nothing lies."""

    new: dict[str, Stat]
    missing: list[str]


def compared(found: Mapping[str, Stat], known: Mapping[str, KnownPath]) -> Difference:
    """Files that are unknown, changed, back again or still without a caption; known paths that were not found."""
    new = {
        path: stat
        for path, stat in found.items()
        if (before := known.get(path)) is None
        or before.gone
        or before.stat != stat
        or (before.image is not None and before.image.state == "waiting")
    }
    return Difference(new, [path for path, before in known.items() if not before.gone and path not in found])
