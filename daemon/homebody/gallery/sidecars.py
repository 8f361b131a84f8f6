"""Captions beside the pictures, as XMP: ``NAME.jpg.xmp`` with ``dc:description`` and ``dc:subject``.

XMP is ISO 16684-1; the name with the picture's whole name in it is digiKam's, darktable's and PhotoPrism's. A picture
is never changed, and a sidecar that another program wrote is never touched: people's own words may be in it.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from homebody.atomic import replacing
from homebody.errors import NotWritable

TOOLKIT: Final = "homebody"  # x:xmptk: who wrote it
READ_LIMIT_BYTES: Final = 1024 * 1024
_META: Final = "{adobe:ns:meta/}"
_TEMPLATE: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">{caption}</rdf:li></rdf:Alt></dc:description>
   <dc:subject><rdf:Bag>{tags}</rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


def sidecar_of(picture: Path) -> Path:
    """Where a picture's sidecar lies."""
    return picture.with_name(picture.name + ".xmp")


def packet(caption: str, tags: Sequence[str]) -> bytes:
    """The XMP packet, UTF-8."""
    items = "".join(f"<rdf:li>{_text(tag)}</rdf:li>" for tag in tags)
    return _TEMPLATE.format(toolkit=TOOLKIT, caption=_text(caption), tags=items).encode()


def write(picture: Path, caption: str, tags: Sequence[str]) -> bool:
    """Write a picture's sidecar, atomically; False where there is one that is not ours, which stays as it is.

    Raises:
        NotWritable: The folder refuses.
    """
    path, wanted = sidecar_of(picture), packet(caption, tags)
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            return False
        if path.exists():
            with path.open("rb") as file_there:
                there = file_there.read(READ_LIMIT_BYTES)
            if not ours(there):
                return False
            if there == wanted:
                return True
        with replacing(path, mode=picture.stat().st_mode & 0o666) as file:  # who may read the picture may read this
            file.write(wanted)
    except OSError as error:
        raise NotWritable(
            f"The sidecar {path} cannot be written: {error.strerror}.",
            "Give yourself the right to write there, and where homebody is installed: homebody install.",
        ) from error
    return True


def remove(picture: Path) -> bool:
    """Take away our sidecar of a picture that is no longer there; one that is not ours stays. Whether it was done."""
    path = sidecar_of(picture)
    try:
        if os.path.lexists(picture) or path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            if not ours(file.read(READ_LIMIT_BYTES)):
                return False
        path.unlink()
    except OSError:  # it does no harm where it lies
        return False
    return True


def ours(packet: bytes) -> bool:
    """Whether we wrote this sidecar, and nobody has changed it through another program since."""
    try:
        root = ET.fromstring(packet)  # noqa: S314 (a file of the person's own, and only one attribute of it is used)
    except (ET.ParseError, ValueError):
        return False
    return root.tag == f"{_META}xmpmeta" and root.get(f"{_META}xmptk") == TOOLKIT


def _text(words: str) -> str:
    """What XML may hold: no control characters, no halves of surrogate pairs."""
    allowed = (sign for sign in words if sign in "\t\n" or (sign >= " " and not "\ud800" <= sign <= "\udfff"))
    return escape("".join(sign for sign in allowed if sign not in "\ufffe\uffff"))
