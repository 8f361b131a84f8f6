"""Charts as inline SVG, made here: bars, stacked bars, lines. Pure; colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

WIDTH: Final = 760
ROW: Final = 34
BAR: Final = 20
LEFT: Final = 210
RIGHT: Final = 90
SERIES: Final = 8  # colours the page has: c0 to c7
_CHAR: Final = 6.6  # of the labels' font, on average


def bars(rows: Sequence[tuple[str, float | None, str]], whole: float | None = None) -> str:
    """Horizontal bars: label, value (None: not measured), what stands at its end.

    Args:
        rows: From top to bottom.
        whole: The value of a bar over the whole width, such as 1 for shares; None: the largest.
    """
    most = whole or max((value for _, value, _ in rows if value is not None), default=0.0) or 1.0
    right = 16 + _CHAR * max((len(shown) for _, _, shown in rows), default=0)
    body = []
    for number, (label, value, shown) in enumerate(rows):
        y = number * ROW
        body.append(_text(LEFT - 10, y + BAR - 5, _short(label), "end"))
        if value is None:
            body.append(_text(LEFT, y + BAR - 5, "not measured here", "start", "muted"))
            continue
        width = max(1.0, max(1.0, WIDTH - LEFT - right) * value / most)
        body.append(_bar(LEFT, y, width, 0, f"{label}: {shown}"))
        body.append(_text(LEFT + width + 8, y + BAR - 5, shown, "start"))
    return _svg(body, len(rows) * ROW)


def stacked(rows: Sequence[tuple[str, Sequence[tuple[str, float]]]], unit: str) -> str:
    """One bar a row, its parts side by side, with a legend; all rows share one scale."""
    names = list(dict.fromkeys(name for _, parts in rows for name, _ in parts))
    most = max((sum(value for _, value in parts) for _, parts in rows), default=0.0) or 1.0
    legend, height = _legend(names)
    body = [legend]
    for number, (label, parts) in enumerate(rows):
        y, x = height + number * (ROW + 6), float(LEFT)
        body.append(_text(LEFT - 10, y + BAR, _short(label), "end"))
        for name, value in parts:
            width = (WIDTH - LEFT - RIGHT) * value / most
            body.append(_bar(x, y, width, names.index(name), f"{name}: {value:.0f} {unit}", BAR + 8))
            if width > 34:
                body.append(_text(x + width / 2, y + BAR, f"{value:.0f}", "middle", "inside"))
            x += width
        total = sum(value for _, value in parts)
        body.append(_text(x + 8, y + BAR, f"{total:.0f} {unit}", "start", "strong"))
    return _svg(body, height + len(rows) * (ROW + 6))


def lines(series: Sequence[tuple[str, Sequence[tuple[str, float]]]], unit: str) -> str:
    """Lines over named points, such as a sweep's settings, from zero up; the first series' points are the axis."""
    points = list(dict.fromkeys(point for _, values in series for point, _ in values))
    most = nice(max((value for _, values in series for _, value in values), default=1.0))
    legend, top = _legend([name for name, _ in series]) if len(series) > 1 else ("", 14)
    height, left = 200, 70
    step = (WIDTH - left - 40) / max(1, len(points) - 1)
    body = [legend]
    for quarter in range(5):
        y = top + 14 + height * (1 - quarter / 4)
        body.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{WIDTH - 40}" y2="{y:.1f}"/>')
        body.append(_text(left - 10, y + 4, f"{most * quarter / 4:g}", "end", "muted"))
    body.append(_text(left - 10, top + 2, unit, "end", "muted"))
    for at, point in enumerate(points):
        body.append(_text(left + at * step, top + height + 36, point, "middle", "muted"))
    for number, (name, values) in enumerate(series):
        places = [
            (
                left + points.index(point) * step,
                top + 14 + height * (1 - value / most),
                f"{name}, {point}: {value:g} {unit}",
            )
            for point, value in values
        ]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in places)
        body.append(f'<polyline class="s{number % SERIES}" points="{drawn}"/>')
        dot = f'<circle class="c{number % SERIES}" r="4"'
        body += [f'{dot} cx="{x:.1f}" cy="{y:.1f}"><title>{escape(title)}</title></circle>' for x, y, title in places]
    return _svg(body, top + height + 46)


def nice(value: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten: where an axis ends."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * (1 - 1e-9)), 10 * power)


def _svg(body: Sequence[str], height: float) -> str:
    inner = "\n".join(body)
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" xmlns="http://www.w3.org/2000/svg">\n{inner}\n</svg>'


def _bar(x: float, y: float, width: float, series: int, title: str, height: float = BAR) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height}" rx="3"'
    return f'<rect class="c{series % SERIES}" {place}><title>{escape(title)}</title></rect>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _legend(names: Sequence[str]) -> tuple[str, int]:
    """Coloured squares with names, in as many lines as they need; and its height."""
    parts, x, y = [], 0.0, 0
    for number, name in enumerate(names):
        width = 30 + _CHAR * len(name) + 18
        if x + width > WIDTH and x:
            x, y = 0.0, y + 22
        parts.append(f'<rect class="c{number % SERIES}" x="{x:.0f}" y="{y}" width="14" height="14" rx="3"/>')
        parts.append(_text(x + 20, y + 12, name, "start"))
        x += width
    return "\n".join(parts), y + 32


def _short(label: str, limit: int = 30) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"
