"""What goes into the store and what comes out of it, as frozen structs."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

State = Literal["waiting", "captioned", "refused"]


class Stat(msgspec.Struct, frozen=True):
    """What tells without reading whether a file is still the one that was read."""

    size_bytes: int
    modified_ns: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What an image is, apart from what is on it.

    Attributes:
        sha256: Of the file's bytes, in hexadecimal: the image's identity.
        size_bytes: Of the file.
        width_px, height_px: Upright, as the picture is meant to be looked at.
        taken_at: By the camera's clock; without a zone where the camera did not say one, which then counts as local.
        camera: Maker and model; empty where unknown.
        place: ``latitude, longitude`` in degrees; empty where unknown.
        perceptual_hash: 64 bits that are alike for pictures that look alike; None: none was made.
    """

    sha256: str
    size_bytes: int
    width_px: int = 0
    height_px: int = 0
    taken_at: dt.datetime | None = None
    camera: str = ""
    place: str = ""
    perceptual_hash: int | None = None


class Caption(msgspec.Struct, frozen=True, kw_only=True):
    """What a model says of an image.

    Attributes:
        model, prompt_version: Which model said so, asked how; whoever has better ones can ask again.
    """

    caption: str
    tags: tuple[str, ...] = ()
    model: str = ""
    prompt_version: str = ""


class Known(msgspec.Struct, frozen=True):
    """An image the store knows: its row's id, and how far it is."""

    id: int
    state: State


class KnownPath(msgspec.Struct, frozen=True):
    """A path the store knows, as it was last seen.

    Attributes:
        image: What lies there; None: it was set aside as unreadable.
        stat: The file then.
        gone: It is not there any more.
        reason: Why it was set aside; else empty.
    """

    image: Known | None
    stat: Stat
    gone: bool = False
    reason: str = ""


class Counts(msgspec.Struct, frozen=True):
    """How many pictures are how far."""

    captioned: int = 0
    waiting: int = 0
    refused: int = 0


class Refusal(msgspec.Struct, frozen=True):
    """A picture that was set aside, and why."""

    path: str
    reason: str


class Unread(msgspec.Struct, frozen=True):
    """A captioned image whose text nobody has read yet.

    Attributes:
        path: Where it lies.
        camera: Empty where no camera took it.
    """

    id: int
    path: str
    stat: Stat
    width_px: int
    height_px: int
    camera: str
    caption: str
    tags: tuple[str, ...]


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image as export and re-captioning see it.

    Attributes:
        paths: Where it lies; first, where it was seen first. Those in ``gone`` are not there any more.
        added_at, captioned_at: UTC.
        read_at: When its text was read into ``ocr``, UTC; None: never.
    """

    sha256: str
    size_bytes: int
    width_px: int = 0
    height_px: int = 0
    taken_at: dt.datetime | None = None
    shown_s: float = 0.0
    camera: str = ""
    place: str = ""
    caption: str = ""
    tags: tuple[str, ...] = ()
    ocr: str = ""
    model: str = ""
    prompt_version: str = ""
    captioned_at: dt.datetime | None = None
    read_at: dt.datetime | None = None
    state: State = "waiting"
    reason: str = ""
    perceptual_hash: int | None = None
    added_at: dt.datetime | None = None
    paths: dict[str, Stat] = {}
    gone: tuple[str, ...] = ()
