"""The tables of the two reports this project began with, with the same rows, filled from our own reports. Pure.

The first (June 2025) compared DeepSeek-R1-Distill-Qwen 1.5B and Qwen 2.5 1.5B, the second an assistant on an 8 GB GPU
with Llama 3.2 Q8_0 and qwen3-vl:4b. Their figures stand beside ours as what they are: theirs, from their machines, by a
method they do not describe. Where no report of ours has a row, it says so; nothing is filled in from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final, NamedTuple

Report = Mapping[str, Any]


INTRODUCTION: Final = (
    "Their rows, with their own figures as they gave them (their machines, their method), and ours where a report of "
    "ours has the row."
)


class Row(NamedTuple):
    """A row: what it is of, what that report says, and what ours do; None: not measured here."""

    name: str
    theirs: str
    ours: str | None


# Model, theirs: as it was, quantised.
SIZES: Final = (
    ("DeepSeek-R1-Distill-Qwen 1.5B", ("deepseek-r1", "1.5b"), "3.1 GB, INT8 1.8 GB, 15 % faster"),
    ("Qwen 2.5 1.5B", ("qwen2.5", "1.5b"), "3.3 GB, INT8 1.9 GB, 12 % faster"),
)
ACCURACIES: Final = (
    ("math problems", "mathematics", "85 % (DeepSeek)"),
    ("logic puzzles", "logic", "78 % (DeepSeek)"),
    ("multi-step reasoning", "reasoning", "82 % (DeepSeek)"),
    ("factual accuracy", "knowledge", "88 % (Qwen)"),
    ("code", "code", "92 % simple functions, 78 % algorithms (Qwen)"),
)
RESOLUTIONS: Final = (("224 px", "4.20 s"), ("512 px", "2.26 s"), ("768 px", "-"), ("1024 px", "2.56 s"))
FORMATS: Final = (("JPEG", "3.85 s"), ("PNG", "4.48 s"), ("WEBP", "~4 s"))
SEEN: Final = (("document detection", "document"), ("shape recognition", "shape"))
RATE_MODEL: Final = ("llama3.2",)


def tables(reports: Sequence[Report]) -> dict[str, list[Row]]:
    """Every table by its title."""
    models = [
        model for report in _of(reports, "text") for model in report.get("models", ()) if not model.get("shape_only")
    ]
    pictures = list(_of(reports, "vision"))
    return {
        "Quantisation: size and speed": [Row(name, theirs, _size(models, tags)) for name, tags, theirs in SIZES],
        "Task accuracy": [Row(name, theirs, _accuracy(models, kind)) for name, kind, theirs in ACCURACIES],
        "Tokens per second": [Row("Llama 3.2, Q8_0", "63.83 (52 to 73)", _rate(models, RATE_MODEL))],
        "Vision: latency by resolution": [
            Row(name, theirs, _latency(pictures, "resolutions", name)) for name, theirs in RESOLUTIONS
        ],
        "Vision: latency by format": [
            Row(name, theirs, _latency(pictures, "formats", name)) for name, theirs in FORMATS
        ],
        "Vision: what is seen": [Row(name, "correct", _seen(pictures, kind)) for name, kind in SEEN],
    }


def html(reports: Sequence[Report]) -> str:
    """The tables for the page."""
    out = [f"<p>{INTRODUCTION}</p>"]
    for title, rows in tables(reports).items():
        cells = "".join(
            f"<tr><td>{escape(row.name)}</td><td>{escape(row.theirs)}</td>"
            + ('<td class="no">not measured here</td>' if row.ours is None else f"<td>{escape(row.ours)}</td>")
            + "</tr>"
            for row in rows
        )
        head = "<tr><th></th><th>that report</th><th>here</th></tr>"
        out.append(f'<h3>{escape(title)}</h3><div class="scroll"><table>{head}{cells}</table></div>')
    return "".join(out)


def _of(reports: Sequence[Report], bench: str) -> Iterable[Report]:
    return (report for report in reports if report.get("bench") == bench)


def _size(models: Sequence[Report], tags: Sequence[str]) -> str | None:
    found = [model for model in models if all(tag in str(model["model"]).lower() for tag in tags)]
    shown = [
        f"{model['footprint'].get('quantisation') or model['model']}: {model['footprint']['disk_bytes'] / 1e9:.1f} GB, "
        f"{model['speed']['tokens_per_s'] or 0:.1f} tokens/s"
        for model in found
        if model["footprint"].get("disk_bytes")
    ]
    return "; ".join(shown) or None


def _accuracy(models: Sequence[Report], kind: str) -> str | None:
    shown = [
        f"{model['model']}: {share['right']} of {share['tasks']}"
        for model in models
        if (share := model.get("accuracy", {}).get(kind))
    ]
    return "; ".join(shown) or None


def _rate(models: Sequence[Report], tags: Sequence[str]) -> str | None:
    found = [model for model in models if all(tag in str(model["model"]).lower() for tag in tags)]
    shown = [
        f"{model['model']}: {model['speed']['tokens_per_s']:.1f}" for model in found if model["speed"]["tokens_per_s"]
    ]
    return "; ".join(shown) or None


def _latency(pictures: Sequence[Report], part: str, name: str) -> str | None:
    shown = [
        f"{row['p50_ms'] / 1000:.2f} s ({report.get('model')})"
        for report in pictures
        for row in report.get(part, ())
        if row["setting"] == name and row.get("p50_ms") is not None
    ]
    return "; ".join(shown) or None


def _seen(pictures: Sequence[Report], kind: str) -> str | None:
    shown = []
    for report in pictures:
        seen = [one for row in report.get("resolutions", ()) for one in row.get("seen", ()) if one["kind"] == kind]
        if seen:
            shown.append(f"{sum(one['right'] for one in seen)} of {len(seen)} ({report.get('model')})")
    return "; ".join(shown) or None
