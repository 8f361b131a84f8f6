"""Whether what came as an image is one that a model can be shown. Looks at the first bytes only; decodes nothing.

JPEG and PNG alone: all engines read both, while others (WEBP, HEIC, AVIF, GIF) fail in some. Ollama 0.30.0 to 0.32.13,
for one, refuses WEBP. Whoever has another format converts it first, as the gallery does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from homebody.errors import BadImage
from homebody.messages import Payload

IMAGE_LIMIT: Final = 4
IMAGE_LIMIT_BYTES: Final = 16 * 1024 * 1024
SIDE_LIMIT_PX: Final = 8192  # models see a few megapixels; what is much larger only costs an engine its memory
PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff"
_KNOWN: Final = (  # only to say what it is instead
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\x00", "a TIFF"),
    (b"MM\x00*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG"),
)
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0..15 without DHT, JPG and DAC
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})  # JPEG markers without a length: TEM and the restarts


class Size(NamedTuple):
    """Of an image, in pixels."""

    width_px: int
    height_px: int


def check(payloads: Sequence[bytes], described: Sequence[Payload]) -> tuple[bytes, ...]:
    """The images of a message, all fit to be shown to a model.

    Args:
        payloads: The frames, whole files.
        described: What the message says of them; the frames' number and sizes have been compared with it.

    Raises:
        BadImage: One of them is not, or there are too many; the reason names it by its place.
    """
    if len(payloads) > IMAGE_LIMIT:
        raise BadImage(f"{len(payloads)} images came; {IMAGE_LIMIT} are the limit.", "Send fewer at once.")
    for number, (data, payload) in enumerate(zip(payloads, described, strict=True), start=1):
        name = "The image" if len(payloads) == 1 else f"Image {number}"
        if payload.kind != "image":
            raise BadImage(f"Only images can come along, and attachment {number} is none.", "Leave it out.")
        if len(data) > IMAGE_LIMIT_BYTES:
            raise BadImage(
                f"{name} has {len(data) / 2**20:.0f} MiB; {IMAGE_LIMIT_BYTES / 2**20:.0f} are the limit.",
                "Make it smaller; models see no more than about a megapixel.",
            )
        size = size_of(data, name)
        if not (0 < size.width_px <= SIDE_LIMIT_PX and 0 < size.height_px <= SIDE_LIMIT_PX):
            raise BadImage(
                f"{name} is {size.width_px} by {size.height_px} pixels; sides may be 1 to {SIDE_LIMIT_PX} long.",
                "Resize it first; models see no more than about a megapixel.",
            )
    return tuple(payloads)


def size_of(data: bytes, name: str = "The image") -> Size:
    """The size a JPEG's or PNG's header names.

    Args:
        data: The whole file.
        name: What to call it in a reason; the beginning of a sentence.

    Raises:
        BadImage: It is neither, or it ends before its size.
    """
    size = None
    if data.startswith(PNG):
        size = _png_size(data)
    elif data.startswith(JPEG):
        size = _jpeg_size(data)
    elif not data:
        raise BadImage(f"{name} is empty.", "Send a JPEG or PNG file.")
    else:
        what = _what(data)
        raise BadImage(f"{name} is {what}, neither JPEG nor PNG.", "Convert it to JPEG or PNG.")
    if size is None:
        raise BadImage(f"{name} is damaged: its header is cut off.", "Send the whole file.")
    return size


def media_type(data: bytes) -> str:
    """``image/png`` or ``image/jpeg``, by the signature.

    Raises:
        BadImage: It is neither.
    """
    size_of(data)
    return "image/png" if data.startswith(PNG) else "image/jpeg"


def _png_size(data: bytes) -> Size | None:
    """From IHDR, which is the first chunk (PNG specification, 11.2.1)."""
    if len(data) < 24 or data[12:16] != b"IHDR":
        return None
    return Size(int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))


def _jpeg_size(data: bytes) -> Size | None:
    """From the first frame header (ITU-T T.81, B.2.2), passing over the segments before it."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _FRAME_HEADERS:
            if at + 9 > len(data):
                return None
            return Size(int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big"))
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:
                return None
            at += 2 + length
    return None


def _what(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "a WEBP"
    if data[4:8] == b"ftyp":
        return "a HEIC or AVIF" if data[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"} else "a video"
    return next((what for signature, what in _KNOWN if data.startswith(signature)), "not an image I know")
