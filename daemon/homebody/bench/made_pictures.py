"""Pictures with known answers, made with Pillow: documents, shapes, charts, text. The same ones each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

SIDE_PX: Final = 2048
INK: Final = (20, 20, 30)
PAPER: Final = (250, 249, 245)
Format = Literal["JPEG", "PNG", "WEBP"]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, a question about it, and what tells that an answer is right.

    Attributes:
        key: Unique.
        kind: document, shape, chart or text.
        picture: Makes it, `SIDE_PX` on its longer side.
        text: The question.
        any: One of these words is in a right answer.
        none: None of these is.
    """

    key: str
    kind: Literal["document", "shape", "chart", "text"]
    picture: str
    text: str
    any: tuple[str, ...]
    none: tuple[str, ...] = ()


QUESTIONS: Final = (
    Question(
        key="invoice", kind="document", picture="invoice", any=("invoice", "bill"),
        text="What kind of document is this? Answer with one word.",
    ),
    Question(
        key="total", kind="document", picture="invoice", any=("128.50", "128,50"),
        text="What is the total on this document? Answer with the number.",
    ),
    Question(
        key="triangle", kind="shape", picture="triangle", any=("triangle",), none=("circle", "square"),
        text="Which shape is this? Answer with one word.",
    ),
    Question(
        key="colour", kind="shape", picture="triangle", any=("green",), none=("red", "blue"),
        text="Which colour is the shape? Answer with one word.",
    ),
    Question(
        key="count", kind="shape", picture="circles", any=("5", "five"),
        text="How many circles are there? Answer with the number.",
    ),
    Question(
        key="highest", kind="chart", picture="bars", any=("wednesday", "wed"),
        text="On which day is the bar highest? Answer with the day.",
    ),
    Question(
        key="lowest", kind="chart", picture="bars", any=("friday", "fri"),
        text="On which day is the bar lowest? Answer with the day.",
    ),
    Question(
        key="sign", kind="text", picture="sign", any=("platform 9",), text="What is written here? Repeat it exactly.",
    ),
    Question(
        key="small", kind="text", picture="page", any=("kestrel",),
        text="Which bird is named in the last line of this text? Answer with one word.",
    ),
)  # fmt: skip


def picture(name: str) -> Image.Image:
    """The picture of this name."""
    return _PICTURES[name]()


def encoded(image: Image.Image, format: Format) -> bytes:
    """As a whole file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **({"quality": 90} if format != "PNG" else {}))
    return buffer.getvalue()


def _blank() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIDE_PX, SIDE_PX * 3 // 4), PAPER)
    return image, ImageDraw.Draw(image)


def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size_px)  # comes with Pillow: the same everywhere


def _invoice() -> Image.Image:
    image, draw = _blank()
    draw.text((140, 110), "INVOICE No. 4711", INK, _font(110))
    draw.text((140, 270), "Barn Owl Lamps Ltd, 12 Mill Lane", INK, _font(56))
    for row, (item, price) in enumerate((("2 desk lamps", "84.00"), ("1 cable", "12.50"), ("Delivery", "32.00"))):
        draw.text((140, 480 + 120 * row), item, INK, _font(64))
        draw.text((1560, 480 + 120 * row), price, INK, _font(64))
    draw.line((140, 880, 1880, 880), INK, 6)
    draw.text((140, 930), "Total", INK, _font(84))
    draw.text((1500, 930), "128.50", INK, _font(84))
    draw.text((140, 1180), "Please pay within 14 days.", INK, _font(56))
    return image


def _triangle() -> Image.Image:
    image, draw = _blank()
    draw.polygon(((1024, 250), (480, 1280), (1568, 1280)), (30, 150, 60))
    return image


def _circles() -> Image.Image:
    image, draw = _blank()
    for x, y in ((420, 420), (1020, 340), (1620, 480), (700, 1080), (1340, 1120)):
        draw.ellipse((x - 190, y - 190, x + 190, y + 190), (40, 80, 190))
    return image


def _bars() -> Image.Image:
    image, draw = _blank()
    draw.text((140, 70), "Letters received", INK, _font(84))
    draw.line((200, 1300, 1900, 1300), INK, 6)
    days = (("Monday", 430), ("Tuesday", 610), ("Wednesday", 1020), ("Thursday", 760), ("Friday", 210))
    for number, (day, height) in enumerate(days):
        left = 260 + 330 * number
        draw.rectangle((left, 1300 - height, left + 210, 1300), (200, 110, 40))
        draw.text((left - 30, 1330), day, INK, _font(54))
    return image


def _sign() -> Image.Image:
    image, draw = _blank()
    draw.rounded_rectangle((220, 420, 1828, 1116), 80, (20, 60, 120))
    draw.text((390, 620), "PLATFORM 9", (255, 255, 255), _font(220))
    return image


def _page() -> Image.Image:
    image, draw = _blank()
    lines = (
        "Notes of the walk on the first Sunday in May.",
        "We set out before seven; the grass was wet and the sky white.",
        "A heron stood in the ford and let us come very near.",
        "In the wood there was nothing to be heard but the stream.",
        "At noon we ate what we had under the oak at the crossing.",
        "Above the quarry, on the way back, a kestrel hung in the wind.",
    )
    for number, line in enumerate(lines):
        draw.text((150, 200 + 180 * number), line, INK, _font(58))
    return image


_PICTURES: Final[dict[str, Callable[[], Image.Image]]] = {
    "invoice": _invoice,
    "triangle": _triangle,
    "circles": _circles,
    "bars": _bars,
    "sign": _sign,
    "page": _page,
}
