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


# Model, and theirs: as it was, in 8 bit, how much faster that was.
SIZES: Final = (
    ("DeepSeek-R1-Distill-Qwen 1.5B", ("deepseek-r1", "1.5b"), ("3.1 GB", "1.8 GB", "15 % faster")),
    ("Qwen 2.5 1.5B", ("qwen2.5", "1.5b"), ("3.3 GB", "1.9 GB", "12 % faster")),
)
WHOLE: Final = ("F32", "F16", "BF16", "FLOAT32", "FLOAT16", "BFLOAT16")  # how weights are stored, in capitals
EIGHT_BIT: Final = ("Q8_0", "INT8", "INT8_FLOAT32", "INT8_FLOAT16", "INT8_BFLOAT16")
ACCURACIES: Final = (
    ("math problems", "mathematics", "85 % (DeepSeek)"),
    ("logic puzzles", "logic", "78 % (DeepSeek)"),
    ("multi-step reasoning", "reasoning", "82 % (DeepSeek)"),
    ("factual accuracy", "knowledge", "88 % (Qwen)"),
    ("multilingual queries", "multilingual", "excellent (Qwen)"),
    ("creative writing", "creative", "high quality (DeepSeek)"),
)
# Of our tasks in code, those that are one line's thought, and those that are an algorithm.
CODE: Final = (
    ("simple functions", frozenset({"double", "palindrome", "fizzbuzz", "word-count"}), "92 % (Qwen)"),
    ("algorithms", frozenset({"fibonacci", "merge", "roman", "intervals"}), "78 % (Qwen)"),
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
        "Quantisation: size and speed": [
            row for name, tags, theirs in SIZES for row in _sizes(reports, name, tags, theirs)
        ],
        "Task accuracy": [
            *(Row(name, theirs, _accuracy(models, kind)) for name, kind, theirs in ACCURACIES),
            *(Row(f"code: {name}", theirs, _code(models, ids)) for name, ids, theirs in CODE),
        ],
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


def markdown(reports: Sequence[Report]) -> str:
    """The tables for a document."""
    out = []
    for title, rows in tables(reports).items():
        out += [f"**{title}**", "", "| | that report | here |", "|---|---|---|"]
        out += [f"| {row.name} | {row.theirs} | {row.ours or 'not measured here'} |" for row in rows]
        out.append("")
    return "\n".join(out).rstrip()


def _of(reports: Sequence[Report], bench: str) -> Iterable[Report]:
    return (report for report in reports if report.get("bench") == bench)


def _sizes(reports: Sequence[Report], name: str, tags: Sequence[str], theirs: Sequence[str]) -> list[Row]:
    """A model as it was, in 8 bit, and what that did to its speed: only from runs in which both took turns."""
    stored: dict[str, str] = {}
    sizes: dict[str, list[str]] = {"whole": [], "eight": []}
    gains = []
    for report in _of(reports, "text"):
        for model in report.get("models", ()):
            tag, footprint = str(model["model"]), model["footprint"]
            kind = _kind(str(footprint.get("quantisation") or ""))
            if model.get("shape_only") or kind is None or not all(part in tag.lower() for part in tags):
                continue
            stored[tag] = kind
            if footprint.get("disk_bytes"):
                sizes[kind].append(f"{tag}, {footprint['quantisation']}: {footprint['disk_bytes'] / 1e9:.1f} GB")
        ab = report.get("ab") or {}
        if ab.get("tokens_per_s") and {stored.get(ab["a"]), stored.get(ab["b"])} == {"whole", "eight"}:
            median = ab["tokens_per_s"]["median"]
            gains.append(f"{median if stored[ab['b']] == 'eight' else 1 / median:.2f} times the tokens/s")
    return [
        Row(f"{name}, as it was", theirs[0], "; ".join(sizes["whole"]) or None),
        Row(f"{name}, in 8 bit", theirs[1], "; ".join(sizes["eight"]) or None),
        Row(f"{name}, in 8 bit against as it was", theirs[2], "; ".join(gains) or None),
    ]


def _kind(quantisation: str) -> str | None:
    stored = quantisation.upper()
    return "whole" if stored in WHOLE else "eight" if stored in EIGHT_BIT else None


def _accuracy(models: Sequence[Report], kind: str) -> str | None:
    shown = [
        f"{model['model']}: {share['right']} of {share['tasks']}"
        for model in models
        if (share := model.get("accuracy", {}).get(kind))
    ]
    return "; ".join(shown) or None


def _code(models: Sequence[Report], ids: frozenset[str]) -> str | None:
    shown = []
    for model in models:
        asked = [task for task in model.get("tasks", ()) if task["key"] in ids]
        if asked:
            shown.append(f"{model['model']}: {sum(task['right'] for task in asked)} of {len(asked)}")
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
