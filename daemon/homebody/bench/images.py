"""How much processor time a picture takes until it is ready to be sent, beside what cannot be avoided.

One JPEG of 24 megapixels with the detail of a photograph is made. In turns, so that whatever else the machine does
falls on all alike: `gallery.images.prepare` (reading, hashing, decoding, EXIF, resizing, encoding), Pillow's
``thumbnail()`` alone on the same file, and a full decode with LANCZOS. Counted is the processor time of this process.
"""

from __future__ import annotations

import io
import math
import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec

from homebody.gallery.images import prepare
from homebody.hardware import Machine, this_machine

if TYPE_CHECKING:
    from PIL import Image

WIDTH_PX: Final = 6000
HEIGHT_PX: Final = 4000
SIDE_PX: Final = 768


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured: medians of processor time, and the medians of the ratios within each round.

    Attributes:
        rounds: How often.
        file_bytes: Of the JPEG.
        prepare_ms, thumbnail_ms, full_ms: `prepare`; ``thumbnail()`` alone; full decode and LANCZOS, without encoding.
        to_thumbnail, to_full: `prepare` as a part of each.
        likeness_db: PSNR of what `prepare` makes against the full decode and LANCZOS, both before encoding.
    """

    rounds: int
    file_bytes: int
    prepare_ms: float
    thumbnail_ms: float
    full_ms: float
    to_thumbnail: float
    to_full: float
    likeness_db: float
    load_average: float
    machine: Machine


def measure(rounds: int) -> Report:
    """Measure; about a second a round."""
    from PIL import Image

    with tempfile.TemporaryDirectory(prefix="homebody-") as folder:
        path = Path(folder, "24-megapixels.jpg")
        _photograph().save(path, quality=92)

        def thumbnail() -> None:
            with Image.open(path) as image:
                image.thumbnail((SIDE_PX, SIDE_PX))

        def full() -> Image.Image:
            with Image.open(path) as image:
                size = (SIDE_PX, SIDE_PX * HEIGHT_PX // WIDTH_PX)
                return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)

        kinds: list[Callable[[], object]] = [lambda: prepare(path, side_px=SIDE_PX), thumbnail, full]
        for kind in kinds:  # code is loaded, the file is in memory
            kind()
        times = [[_cpu_ms(kind) for kind in kinds] for _ in range(rounds)]
        ours = Image.open(io.BytesIO(prepare(path, side_px=SIDE_PX, media_type="image/png").data))
        return Report(
            rounds=rounds,
            file_bytes=path.stat().st_size,
            prepare_ms=median(row[0] for row in times),
            thumbnail_ms=median(row[1] for row in times),
            full_ms=median(row[2] for row in times),
            to_thumbnail=median(row[0] / row[1] for row in times),
            to_full=median(row[0] / row[2] for row in times),
            likeness_db=_psnr_db(ours, full()),
            load_average=round(os.getloadavg()[0], 1),
            machine=this_machine(),
        )


def _cpu_ms(work: Callable[[], object]) -> float:
    began_s = time.process_time()
    work()
    return 1000 * (time.process_time() - began_s)


def _photograph() -> Image.Image:
    """Soft shapes, edges and grain, the same each time."""
    from PIL import Image, ImageDraw

    chance = random.Random(24)  # noqa: S311  # the same picture each time
    bands = [
        Image.frombytes("L", (60, 40), chance.randbytes(2400)).resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC)
        for _ in range(3)
    ]
    picture = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(picture)
    for _ in range(400):
        left, top = chance.randrange(WIDTH_PX), chance.randrange(HEIGHT_PX)
        box = (left, top, left + chance.randrange(20, 400), top + chance.randrange(20, 400))
        draw.ellipse(box, fill=(chance.randrange(256), chance.randrange(256), chance.randrange(256)))
    grain = Image.frombytes("RGB", (1500, 1000), chance.randbytes(4_500_000)).resize((WIDTH_PX, HEIGHT_PX))
    return Image.blend(picture, grain, 0.08)


def _psnr_db(one: Image.Image, other: Image.Image) -> float:
    from PIL import ImageChops, ImageStat

    error = sum(ImageStat.Stat(ImageChops.difference(one, other)).sum2) / (3 * one.width * one.height)
    return 10 * math.log10(255**2 / error) if error else math.inf
