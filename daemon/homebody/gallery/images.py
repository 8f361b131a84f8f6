"""A picture file, made ready to be shown to a model: upright, small, JPEG or PNG, with what is known about it.

Pillow decodes, and for a JPEG no more than is needed: libjpeg scales by 1/2, 1/4 or 1/8 while it decodes ("draft"), to
not less than 1.5 times the size that is wanted, and LANCZOS does the rest. For 24 megapixels to 768 px that takes a
quarter of the time of a whole decode and looks the same (PSNR 51 dB; `homebody bench images`).

A stranger's file may be made to harm: the service decodes only in `image_worker`'s process; here everything that is not
a picture of a sensible size is refused with a reason.
"""

from __future__ import annotations

import hashlib
import io
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import msgspec

from homebody.errors import BadImage
from homebody.gallery import exif
from homebody.gallery.allowed import open_regular
from homebody.gallery.perceptual import perceptual_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

MediaType = Literal["image/jpeg", "image/png"]

# As Pillow names them. A phone's JPEG with a second picture becomes MPO behind JPEG's name.
FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
# What a folder is looked through for, in lower case. A file is decoded by its content, whatever it is called.
SUFFIXES: Final = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff",
    ".heic", ".heif", ".hif", ".avif",
})  # fmt: skip
FILE_LIMIT_BYTES: Final = 256 * 1024 * 1024
HEADER_LIMIT_PX: Final = 179_000_000  # pixels; twice Pillow's MAX_IMAGE_PIXELS, where Pillow itself refuses
DECODED_LIMIT_PX: Final = 100_000_000  # pixels in memory, at up to 4 bytes each and two copies of them
DRAFT_RATIO: Final = 1.5  # decoded at not less than so many times the wanted size
JPEG_QUALITY: Final = 90

_HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_HEIF_OR_AVIF: Final = frozenset({b"mif1", b"msf1"})
_BLANK: Final = (255, 255, 255, 255)  # what shows through where a picture is transparent
_REMEDY: Final = "Open it with another program and save it anew, or leave it out."


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A picture ready to be sent, and what its file says of it.

    Attributes:
        data: The file to send, of type ``media_type``: RGB, upright, without metadata.
        width_px, height_px: Of ``data``.
        original_width_px, original_height_px: Of the picture in the file, upright.
        format: Pillow's name of the file's format, by its content: ``JPEG``, ``PNG``, ``HEIF``, ...
        size_bytes, sha256: Of the whole file; the hash in lower-case hexadecimal.
        perceptual_hash: 0 to 2**64 - 1, see `perceptual`. (SQLite's integers are signed: subtract 2**63.)
        facts: What EXIF says.
    """

    data: bytes
    media_type: MediaType
    width_px: int
    height_px: int
    original_width_px: int
    original_height_px: int
    format: str
    size_bytes: int
    sha256: str
    perceptual_hash: int
    facts: exif.Facts


def prepare(
    path: Path,
    *,
    side_px: int,
    multiple_px: int = 1,
    media_type: MediaType = "image/jpeg",
    within: Sequence[Path] | None = None,
) -> Prepared:
    """Read and prepare a picture. Blocks for tens to hundreds of milliseconds; not to be called from two threads.

    Args:
        path: Of the file.
        side_px: The longest side at most; smaller pictures are not enlarged.
        multiple_px: Each side becomes a multiple of this (the nearest that needs no enlarging; at least one), for
            models that count in patches. The aspect changes by up to half of it.
        media_type: Of the result.
        within: The file must really lie inside one of these folders; None: anywhere.

    Raises:
        BadImage: The file is not there, not allowed, or no picture that can be decoded; the reason names it.
    """
    data = read(path, within)
    return prepare_bytes(data, str(path), side_px=side_px, multiple_px=multiple_px, media_type=media_type)


def read(path: Path, within: Sequence[Path] | None = None) -> bytes:
    """A file's content, of at most one byte more than is allowed; see `prepare`."""
    with open_regular(path, within) as file:
        try:
            return file.read(FILE_LIMIT_BYTES + 1)
        except OSError as error:
            raise BadImage(f"{path} cannot be read: {error.strerror}.", "Check the disk it is on.") from error


def prepare_bytes(
    data: bytes, name: str, *, side_px: int, multiple_px: int = 1, media_type: MediaType = "image/jpeg"
) -> Prepared:
    """As `prepare`, of a file's content; ``name`` is for the reasons.

    Raises:
        BadImage: No picture that can be decoded.
        ValueError: A size below 1 px, or ``side_px`` below ``multiple_px``.
    """
    picture = decode(data, name, side_px=side_px, multiple_px=multiple_px)
    return Prepared(
        data=encoded(picture.image, media_type),
        media_type=media_type,
        width_px=picture.image.width,
        height_px=picture.image.height,
        original_width_px=picture.original_px[0],
        original_height_px=picture.original_px[1],
        format=picture.format,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        perceptual_hash=perceptual_hash(picture.image),
        facts=picture.facts,
    )


class Picture(NamedTuple):
    """A picture in memory: RGB, upright, resized; and what its file says of it, as in `Prepared`."""

    image: Image.Image
    original_px: tuple[int, int]
    format: str
    facts: exif.Facts


def decode(data: bytes, name: str, *, side_px: int, multiple_px: int = 1) -> Picture:
    """Decode and resize a file's content; see `prepare_bytes`."""
    if multiple_px < 1 or side_px < multiple_px:
        raise ValueError(f"side_px {side_px}, multiple_px {multiple_px}")
    if not data:
        raise BadImage(f"{name} is empty.", "Copy it again.")
    if len(data) > FILE_LIMIT_BYTES:
        raise BadImage(f"{name} is larger than {FILE_LIMIT_BYTES // 2**20} MiB.", "Save it smaller.")
    # Pillow warns of what it reads around; for us a picture is decoded or refused. Its own limit on pixels only warns.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image = _opened(data, name)
        with image:
            original_px = image.size
            small, turned = _decoded(image, name, side_px, multiple_px)
            return Picture(small, original_px[::-1] if turned else original_px, image.format or "", _facts(image))


def fitted(width_px: int, height_px: int, side_px: int, multiple_px: int = 1) -> tuple[int, int]:
    """Width and height to resize to: see `prepare`."""
    scale = min(1.0, side_px / max(width_px, height_px))

    def side(original_px: int) -> int:
        wanted = max(1, round(original_px * scale / multiple_px)) * multiple_px
        largest = max(multiple_px, min(side_px, original_px) // multiple_px * multiple_px)
        return min(wanted, largest)

    return side(width_px), side(height_px)


def _opened(data: bytes, name: str) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    formats = [*FORMATS, *_heif(data, name)]
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise BadImage(f"{name} is not a picture of a kind that homebody reads.", _REMEDY) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except MemoryError:
        raise
    except Exception as error:  # a plugin of Pillow may raise anything at a header that was made for it
        raise BadImage(f"{name} is damaged: its header cannot be read.", _REMEDY) from error
    if image.width < 1 or image.height < 1:
        raise BadImage(f"{name} has no pixels.", _REMEDY)
    if image.width * image.height > HEADER_LIMIT_PX:
        raise _too_large(name)
    return image


def _heif(data: bytes, name: str) -> list[str]:
    """The format to add for Apple's pictures; their decoder is imported only where one comes."""
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(64, int.from_bytes(data[:4], "big")), 4))}
    if data[4:8] != b"ftyp" or not (brands & _HEIF_BRANDS or (brands & _HEIF_OR_AVIF and b"avif" not in brands)):
        return []
    try:
        import pillow_heif
    except ImportError as error:
        raise BadImage(f"{name} is HEIC, which needs one more package.", "pip install 'homebody[heic]'") from error
    pillow_heif.register_heif_opener()
    return ["HEIF"]


def _decoded(image: Image.Image, name: str, side_px: int, multiple_px: int) -> tuple[Image.Image, bool]:
    """The picture as RGB, resized and upright, and whether it was turned by a quarter."""
    size = fitted(*image.size, side_px, multiple_px)
    image.draft(None, (math.ceil(size[0] * DRAFT_RATIO), math.ceil(size[1] * DRAFT_RATIO)))
    if image.width * image.height > DECODED_LIMIT_PX:
        raise _too_large(name)
    try:
        image.load()
        small = _resized(image, size)
    except MemoryError:
        raise
    except EOFError as error:
        raise BadImage(f"{name} is cut short.", "Copy it again, or wait until it has been written.") from error
    except OSError as error:
        cut = "truncated" in str(error).lower()
        raise BadImage(
            f"{name} is cut short." if cut else f"{name} is damaged: its pixels cannot be decoded.",
            "Copy it again, or wait until it has been written." if cut else _REMEDY,
        ) from error
    except Exception as error:
        raise BadImage(
            f"{name} is damaged, or of a kind that homebody does not read ({image.mode}).", _REMEDY
        ) from error
    number = exif.orientation(_exif(image))
    return _upright(small, number), number >= 5


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    from PIL import Image

    def resize(picture: Image.Image) -> Image.Image:
        return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(resize(image.convert("F")), full=65_535.0 if image.mode.startswith("I;16") else None)
    if image.has_transparency_data:
        small = resize(image if image.mode == "RGBA" else image.convert("RGBA"))  # convert would copy 400 MB
        return Image.alpha_composite(Image.new("RGBA", size, _BLANK), small).convert("RGB")
    if image.mode == "1":
        image = image.convert("L")  # black and white cannot be interpolated
    elif image.mode not in ("RGB", "L"):
        image = image.convert("RGB")
    return resize(image).convert("RGB")


def _eight_bits(image: Image.Image, full: float | None) -> Image.Image:
    """Grey of more than eight bits, ``full`` being white; None: its own darkest to lightest, since nothing says it."""
    low, high = (0.0, full) if full else image.getextrema()
    if not (isinstance(low, float) and isinstance(high, float) and math.isfinite(low) and math.isfinite(high)):
        raise ValueError("values that are no numbers")
    if not full and low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scale = 255 / (high - low) if high > low else 0.0
    return image.point(lambda value: value * scale - low * scale).convert("L").convert("RGB")


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    from PIL.Image import Transpose

    # As ImageOps.exif_transpose, which copies the metadata too.
    method = {
        2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM, 5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90,
    }.get(orientation)  # fmt: skip
    return image if method is None else image.transpose(method)


def _exif(image: Image.Image) -> Any:
    try:
        return image.getexif()
    except Exception:  # garbage in it is no reason to refuse the picture
        return {}


def _facts(image: Image.Image) -> exif.Facts:
    main = _exif(image)

    def directory(tag: int) -> Any:
        try:
            return main.get_ifd(tag)
        except Exception:
            return {}

    try:
        return exif.facts(main, directory(exif.EXIF_IFD), directory(exif.GPS_IFD))
    except Exception:
        return exif.Facts()


def encoded(image: Image.Image, media_type: MediaType) -> bytes:
    """The file of a picture of mode RGB."""
    out = io.BytesIO()
    if media_type == "image/png":
        image.save(out, "PNG", compress_level=1)  # it goes to the next process, not over a network
    else:
        image.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _too_large(name: str) -> BadImage:
    return BadImage(f"{name} has too many pixels to be decoded safely.", "Save it smaller, or leave it out.")
