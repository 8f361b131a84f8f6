"""Made pictures: what they show is known, and so is what is wrong with them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 60), (30, 60, 200)


def scene(width: int, height: int) -> Image.Image:
    """Red top left, green top right, blue below: what is up and what is left can be told."""
    image = Image.new("RGB", (width, height), BLUE)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, width // 2, height // 2], fill=RED)
    draw.rectangle([width // 2, 0, width, height // 2], fill=GREEN)
    return image


def photograph(width: int, height: int, seed: int = 1) -> Image.Image:
    """Smooth shapes with some texture, as a photograph has them."""
    rng = random.Random(seed)
    bands = []
    for _ in range(3):
        small = Image.new("L", (24, 16))
        small.putdata([rng.randrange(256) for _ in range(24 * 16)])
        bands.append(small.resize((width, height), Image.Resampling.BICUBIC))
    return Image.merge("RGB", bands)


def page(lines: list[str], width: int = 900, size_px: int = 28, ink: int = 0, paper: int = 255) -> Image.Image:
    """A document: lines of text, top to bottom."""
    font = ImageFont.load_default(size_px)
    image = Image.new("L", (width, 40 + len(lines) * size_px * 2), paper)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((30, 20 + number * size_px * 2), line, fill=ink, font=font)
    return image.convert("RGB")


def shape(kind: str, side: int = 400) -> Image.Image:
    """A simple shape on white: circle, square or triangle."""
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    box = [side // 4, side // 4, 3 * side // 4, 3 * side // 4]
    match kind:
        case "circle":
            draw.ellipse(box, fill=RED)
        case "square":
            draw.rectangle(box, fill=BLUE)
        case "triangle":
            draw.polygon(
                [(side // 2, side // 4), (side // 4, 3 * side // 4), (3 * side // 4, 3 * side // 4)], fill=GREEN
            )
    return image


def as_bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    """The file of this picture."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int = 8, colour: int = 2, rows: bytes | None = None, *more: bytes) -> bytes:
    """A PNG with a header that says so, whatever its pixels are; ``rows`` None: all zeros, compressed."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    if rows is None:
        row = b"\0" * (1 + (width * channels * depth + 7) // 8)
        packer = zlib.compressobj(9)
        rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def _headers_that_lie() -> Iterator[tuple[str, bytes]]:
    """Sizes that nobody has memory for, in a few bytes."""
    empty = zlib.compress(b"")
    for side in (20_000, 30_000, 65_535, 1_000_000, 2**31 - 1):
        for colour in (0, 2, 6):
            yield f"bomb-{side}-{colour}.png", png(side, side, 8, colour, empty)
    for width, height in ((2**31 - 1, 1), (1, 2**31 - 1), (0, 0), (0, 10), (10, 0), (179_000_001, 1)):
        yield f"sides-{width}x{height}.png", png(width, height, 8, 2, empty)
    for side in (20_000, 50_000, 65_535):
        head = struct.pack("<2sIHHIIiiHHIIiiII", b"BM", 54, 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
        yield f"bomb-{side}.bmp", head
        yield (
            f"bomb-{side}.gif",
            b"GIF89a"
            + struct.pack("<HHBBB", side, side, 0x80, 0, 0)
            + bytes(6)
            + (b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x4c\x01\x00;"),
        )
        sof = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, side, side, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
        yield f"bomb-{side}.jpg", b"\xff\xd8" + sof + b"\xff\xd9"
        tags = [(256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (279, 4, 10)]
        entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
        yield f"bomb-{side}.tif", b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)
        canvas = struct.pack("<I", 0x10) + (side - 1).to_bytes(3, "little") * 2
        vp8x = b"VP8X" + struct.pack("<I", 10) + canvas
        yield f"bomb-{side}.webp", b"RIFF" + struct.pack("<I", 4 + len(vp8x)) + b"WEBP" + vp8x


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Little files that really do unpack to a lot."""
    yield "flat-16000x16000.png", png(16_000, 16_000, 1, 0)  # 256 megapixels in some kilobytes
    yield "flat-13000x13000.png", png(13_000, 13_000, 1, 0)  # 169: below Pillow's own limit
    text = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 80_000_000, 9))
    yield "text-bomb.png", png(8, 8, 8, 2, None, text)
    profile = png_chunk(b"iCCP", b"p\0\0" + zlib.compress(b"b" * 80_000_000, 9))
    yield "profile-bomb.png", png(8, 8, 8, 2, None, profile)
    yield "rows-bomb.png", png(8, 8, 8, 2, zlib.compress(b"\0" * 50_000_000, 9))


def _no_pictures() -> Iterator[tuple[str, bytes]]:
    yield "empty.jpg", b""
    yield from {
        "text.png": b"only words\n" * 100, "page.jpg": b"<html><body>not found</body></html>", "svg.png": b"<svg/>",
        "zeros.jpg": bytes(5000), "pdf.jpg": b"%PDF-1.7\n" * 20, "zip.png": b"PK\x03\x04" + bytes(200),
        "elf.gif": b"\x7fELF" + bytes(200), "mp4.heic": b"\0\0\0\x18ftypisom" + bytes(400),
        "ps.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        "riff.webp": b"RIFF\0\0\0\0WAVE" + bytes(99),
        "heic-only-magic.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50),
        "avif-only-magic.avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(50),
    }.items()  # fmt: skip
    for magic in (
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"RIFF\x20\0\0\0WEBPVP8 ",
    ):
        yield f"magic-{magic[:4].hex()}.bin", magic
        yield f"magic-{magic[:4].hex()}-noise.bin", magic + random.Random(len(magic)).randbytes(300)


KINDS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tif": "TIFF", "avif": "AVIF"}


def hostile() -> Iterator[tuple[str, bytes]]:
    """At least 200 files (name, content) that are no honest picture, the same ones each time."""
    yield from _headers_that_lie()
    yield from _bombs()
    yield from _no_pictures()
    rng = random.Random(4)
    image = photograph(120, 80)
    for suffix, kind in KINDS.items():
        whole = as_bytes(image, kind)
        for percent in (1, 5, 20, 50, 80, 95):
            yield f"cut-{percent}.{suffix}", whole[: max(1, len(whole) * percent // 100)]
        for number in range(10):  # the header is where a decoder believes what it reads
            broken = bytearray(whole)
            for _ in range(1 + number):
                broken[rng.randrange(min(len(broken), 200))] = rng.randrange(256)
            yield f"fuzzed-header-{number}.{suffix}", bytes(broken)
        for number in range(4):
            broken = bytearray(whole)
            for _ in range(40):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            yield f"fuzzed-{number}.{suffix}", bytes(broken)
        yield f"wrong-end.{suffix}", whole[:-20] + rng.randbytes(20)
        yield f"repeated-start.{suffix}", whole[:60] * 40
