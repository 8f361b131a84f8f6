"""The table ``[gallery]`` of a profile: which folders are watched, and how their pictures are described."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from homebody.options_part import Part


class GalleryOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The gallery service: the eyes. `homebody watch add FOLDER` writes ``folders`` for you.

    Attributes:
        folders: Watched; ``~`` is your home. None: the gallery does nothing.
        include: Patterns such as ``*.jpg`` or ``holidays/*``, matched without regard to case against a file's name and
            its path below the folder; empty: every picture format that can be read.
        exclude: Patterns of what is left out all the same, files and folders.
        recursive: Folders within a watched folder too.
        follow_links: Symbolic links are followed, out of the watched folders too.
        poll: Look again and again instead of being told by the system: ``auto`` does so for network shares.
        poll_s: How often, where it does.
        rescan_s: How often everything is looked at again in any case.
        image_side_px: The longer side of what the model is shown.
        image_multiple_px: Its sides are multiples of this, for models that count in patches; 1: they are as they come.
        detail: ``quick``, or ``detailed`` for longer captions that take longer.
        prompt: What the model is asked of each picture instead of our own words; empty: ours.
        ocr: Which pictures' text is read too, so that they are found by it: ``auto``, screenshots and documents;
            ``all``; ``off``. Needs the extra ``[ocr]`` or the program tesseract; without either nothing is read.
        parallel: Captions asked for at once; more than one helps where the model's server answers several together.
        sidecars: Write each caption beside its picture as well, as ``NAME.jpg.xmp``, for digiKam, PhotoPrism and
            others. Pictures themselves are never changed.
    """

    folders: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    recursive: bool = True
    follow_links: bool = False
    poll: Literal["auto", "always", "never"] = "auto"
    poll_s: Annotated[float, Meta(ge=1, le=3600)] = 10.0
    rescan_s: Annotated[float, Meta(ge=10, le=604_800)] = 3600.0
    image_side_px: Annotated[int, Meta(ge=512, le=768)] = 768
    image_multiple_px: Annotated[int, Meta(ge=1, le=64)] = 32
    detail: Literal["quick", "detailed"] = "quick"
    prompt: Annotated[str, Meta(max_length=2000)] = ""
    ocr: Literal["auto", "all", "off"] = "auto"
    parallel: Annotated[int, Meta(ge=1, le=16)] = 1
    sidecars: bool = False
