"""A hash of what a picture looks like: near-identical pictures differ in few bits.

The "pHash" of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions" (2010), section 3.2: grey,
32 x 32, its cosine transform's 8 x 8 lowest frequencies without the constant ones, and of each a bit: above their
median or not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

_SIDE_PX: Final = 32
_COSINES: Final = [[math.cos(math.pi * (2 * x + 1) * u / (2 * _SIDE_PX)) for x in range(_SIDE_PX)] for u in range(1, 9)]
_FLAT: Final = 1e-6  # frequencies below are rounding: a picture of one colour has none


def perceptual_hash(image: Image.Image) -> int:
    """64 bits of an upright picture of mode RGB or L; 0 for one of a single colour. Takes about a millisecond."""
    from PIL import Image

    grey = image.convert("L").resize((_SIDE_PX, _SIDE_PX), Image.Resampling.BOX).tobytes()
    rows = [grey[at : at + _SIDE_PX] for at in range(0, len(grey), _SIDE_PX)]
    across = [[sum(map(float.__mul__, cosine, map(float, row))) for cosine in _COSINES] for row in rows]
    columns = list(zip(*across, strict=True))
    found = [sum(map(float.__mul__, cosine, column)) for cosine in _COSINES for column in columns]
    median = sum(sorted(found)[31:33]) / 2
    return sum(1 << bit for bit, value in enumerate(found) if value > median + _FLAT)


def distance_bits(one: int, other: int) -> int:
    """How many of the 64 bits differ: 0 for the same look, around 32 for pictures that have nothing in common."""
    return (one ^ other).bit_count()
