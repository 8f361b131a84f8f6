"""A chart as a PNG picture, for places that show no SVG of one's own, such as a README. Needs Pillow alone.

It draws what `charts` draws, from the same SVG (rectangles, lines, circles and text are all there is in it), so the
page and the picture never tell different stories. Colours are those of the page's style sheet, in its light form.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

from PIL import Image, ImageDraw, ImageFont

from homebody.bench.page import STYLE

SCALE: Final = 2  # of the picture: sharp on screens of double density
FINE: Final = 2  # drawn so much larger still, then made smaller, for smooth edges
MARGIN: Final = 28
TITLE, LABEL, NOTE = 21, 12.5, 11.5  # sizes of text, as on the page
LINE: Final = 18
_SVG: Final = "{http://www.w3.org/2000/svg}"


def colours() -> dict[str, str]:
    """The style sheet's colours by name; of names given twice the first, which is for light."""
    found: dict[str, str] = {}
    for name, value in re.findall(r"--([a-z0-9]+): (#[0-9a-f]{3,6})", STYLE.read_text(encoding="utf-8")):
        found.setdefault(name, value)
    return found


def drawn(svg: str, title: str, notes: Sequence[str] = ()) -> bytes:
    """The chart with a title over it and notes under it, as PNG.

    Args:
        svg: Made by `charts`.
        title: One line.
        notes: Lines; long ones are broken.
    """
    root = ET.fromstring(svg)  # noqa: S314 (our own)
    _, _, width, height = (float(value) for value in root.attrib["viewBox"].split())
    lines = [line for note in notes for line in _broken(note, width)]
    top = MARGIN + TITLE + 20
    size = (width + 2 * MARGIN, top + height + LINE * len(lines) + MARGIN)
    canvas = _Canvas(size)
    canvas.text(MARGIN, MARGIN + TITLE, title, "start", TITLE, "ink")
    for element in root:
        canvas.shape(element, MARGIN, top)
    for number, line in enumerate(lines):
        canvas.text(MARGIN, top + height + LINE * (number + 1), line, "start", NOTE, "muted")
    return canvas.png()


class _Canvas:
    """Draws in the page's units."""

    def __init__(self, size: tuple[float, float]) -> None:
        self._colours = colours()
        self._size = (round(SCALE * size[0]), round(SCALE * size[1]))
        self._image = Image.new("RGB", (FINE * self._size[0], FINE * self._size[1]), self._colours["card"])
        self._draw = ImageDraw.Draw(self._image)

    def shape(self, element: ET.Element, left: float, top: float) -> None:
        """One element of the SVG, moved by these."""
        kind, named = element.tag.removeprefix(_SVG), element.attrib.get("class", "")
        at = {name: float(value) for name, value in element.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
        if kind == "text":
            colour = {"muted": "muted", "inside": "inside"}.get(named, "ink")
            self.text(left + at["x"], top + at["y"], element.text or "", element.attrib["text-anchor"], LABEL, colour)
        elif kind == "rect":
            corners = (left + at["x"], top + at["y"], left + at["x"] + at["width"], top + at["y"] + at["height"])
            radius = min(at["rx"], at["width"] / 2) * _FACTOR
            self._draw.rounded_rectangle(_scaled(corners), radius, fill=self._colours[named])
        elif kind == "line":
            ends = (left + at["x1"], top + at["y1"], left + at["x2"], top + at["y2"])
            self._draw.line(_scaled(ends), fill=self._colours["line"], width=_FACTOR)
        elif kind == "polyline":
            pairs = [pair.split(",") for pair in element.attrib["points"].split()]
            places = [number for x, y in pairs for number in (left + float(x), top + float(y))]
            colour = self._colours[named.replace("s", "c")]
            self._draw.line(_scaled(places), fill=colour, width=round(2.5 * _FACTOR), joint="curve")
        elif kind == "circle":
            x, y, radius = left + at["cx"], top + at["cy"], at["r"]
            around = _scaled((x - radius, y - radius, x + radius, y + radius))
            self._draw.ellipse(around, fill=self._colours[named])

    def text(self, x: float, y: float, text: str, anchor: str, size: float, colour: str) -> None:
        """A line of text whose baseline is at y."""
        placed = {"start": "ls", "middle": "ms", "end": "rs"}[anchor]
        font: Any = ImageFont.load_default(size * _FACTOR)
        self._draw.text((x * _FACTOR, y * _FACTOR), text, fill=self._colours[colour], font=font, anchor=placed)

    def png(self) -> bytes:
        """The picture."""
        out = io.BytesIO()
        self._image.reduce(FINE).save(out, "PNG", optimize=True)  # a mean of neighbours: nothing rings
        return out.getvalue()


_FACTOR: Final = SCALE * FINE


def _scaled(values: Sequence[float]) -> list[float]:
    return [value * _FACTOR for value in values]


def _broken(note: str, width: float) -> list[str]:
    """Lines that are no wider than that, broken between words."""
    font: Any = ImageFont.load_default(NOTE)
    lines = [""]
    for word in note.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
