"""`homebody bench report`: reports as one page with charts, complete in itself: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from homebody.bench import charts, earlier_reports
from homebody.bench.shapes import LABEL
from homebody.errors import UsageError

Report = Mapping[str, Any]

# The ledger's legs up to the first sound, and what happens until each. They are counted from the end of speech on.
TURN: Final = (
    ("endpoint_ms", "silence waited for"),
    ("text_ms", "hearing"),
    ("route_ms", "routing"),
    ("first_token_ms", "first token"),
    ("first_pcm_ms", "voice"),
    ("first_sample_ms", "loudspeaker"),
)

STYLE: Final = Path(__file__).with_name("page.css")


def page(reports: Sequence[Report]) -> str:
    """The whole page, for reports in the order in which they shall stand.

    Raises:
        UsageError: A report lacks what its bench writes.
    """
    body = [_section(report) for report in reports]
    body.append(_card("The reports this project began with", "", earlier_reports.html(reports)))
    first = reports[0].get("circumstances", {}) if reports else {}
    machine = first.get("machine", {}) if isinstance(first, Mapping) else {}
    title = escape(f"homebody on {machine.get('cpu', 'this machine')}")
    style = STYLE.read_text(encoding="utf-8")
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>",
            f"<h1>How fast, how good</h1>\n<p>{escape(_machine(machine))}</p>",
            *body,
            "</body>\n</html>\n",
        )
    )


def _section(report: Report) -> str:
    bench = str(report.get("bench", ""))
    title, draw = _SECTIONS.get(bench, (f"bench {bench}", _plain))
    try:
        command = "python bench/peers/run.py" if bench == "peers" else f"homebody bench {bench}"
        return _card(title, command, draw(report) + _circumstances(report))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise UsageError(
            f"A report of bench {bench} is not whole, or of another version.", "Measure again, with --out FILE."
        ) from error


def _card(title: str, command: str, inner: str) -> str:
    shown = f'<p class="muted"><code>{escape(command)}</code></p>' if command else ""
    return f"<section>\n<h2>{escape(title)}</h2>\n{shown}\n{inner}\n</section>"


def _machine(machine: Mapping[str, Any]) -> str:
    if not machine:
        return ""
    return (
        f"{machine.get('cpu')}, {machine.get('cores')} cores, {machine.get('memory_gib')} GiB, {machine.get('system')}"
    )


def _circumstances(report: Report) -> str:
    found = report.get("circumstances")
    if not isinstance(found, Mapping):
        return ""
    loads = ", ".join(f"{load:.1f}" for load in found.get("load_average", ()))
    versions = ", ".join(f"{name} {version}" for name, version in found.get("versions", {}).items())
    machine = _machine(found.get("machine", {}))
    when = f"{found.get('date', '')}, revision {found.get('git_revision') or 'unknown'}"
    text = f"{when}, load average {loads}. {machine}. {versions}."
    return f'<p class="circumstances">{escape(text)}</p>'


def table(header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    """A table; None is written as not measured here."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    lines = []
    for row in rows:
        cells = (
            '<td class="no">not measured here</td>' if cell is None else f"<td>{escape(cell)}</td>" for cell in row
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="scroll"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def turn_chart(report: Report) -> str:
    """Where the milliseconds of a spoken turn went, as SVG; empty where the report has no legs."""
    rows = [("half of the turns (p50)", _parts(report, "p50_ms")), ("19 of 20 (p95)", _parts(report, "p95_ms"))]
    return charts.stacked(rows, "ms") if rows[0][1] else ""


def peers_chart(report: Report) -> str:
    """How long each of them was waited for, as SVG."""
    return charts.bars(
        [(one["name"], one["p50_ms"], _formed(one["p50_ms"], "{:.0f} ms".format) or "") for one in report["systems"]]
    )


def picture(report: Report) -> tuple[str, str, list[str]]:
    """What of a report stands in a README: the chart as SVG, its title, and notes on how it was measured.

    Raises:
        UsageError: It is of a bench without such a chart.
    """
    found = report.get("circumstances") or {}
    loads = ", ".join(f"{load:.1f}" for load in found.get("load_average", ()))
    when = f"{str(found.get('date', ''))[:10]}, revision {found.get('git_revision') or 'unknown'}"
    notes = [f"{_machine(found.get('machine', {}))}, load average {loads}; {when}."]
    match report.get("bench"):
        case "voice":
            title = (
                f"From the last word to the first sound: p50 {report['p50_ms']:.0f} ms, p95 {report['p95_ms']:.0f} ms"
            )
            notes.insert(0, f"{report['turns']} turns, homebody bench voice. {_TURN_NOTE}")
            return turn_chart(report), title, notes
        case "peers":
            notes.insert(0, f"{report['turns']} turns each, bench/peers/run.py; p50. {_PEERS_NOTE}")
            return peers_chart(report), "From the last word to the first sound of the reply", notes
    raise UsageError("There is no picture of this report.", "Give one of: bench voice, bench/peers/run.py.")


_TURN_NOTE: Final = (
    "The bars are the ledger's stamps, whose percentiles are each their own; the whole is counted on a recording."
)
_PEERS_NOTE: Final = "What is not the same for all: bench/peers/README.md."


def _voice(report: Report) -> str:
    waits = f'<span class="big">{report["p50_ms"]:.0f} ms</span> from the last word to the first sound (p50)'
    big = f"<p>{waits}; p95 {report['p95_ms']:.0f} ms</p>"
    heard = f"{report['answered']} of {report['turns']} commands answered, {report['understood']} heard word for word."
    note = f"{heard} {_TURN_NOTE}"
    return f'{big}{turn_chart(report)}<p class="muted">{escape(note)}</p>'


def _peers(report: Report) -> str:
    shown = "{:.0f} ms".format
    header = ("", "p50", "p95", "ours takes", "answered", "word for word")
    rows = [
        [
            one["name"],
            _formed(one["p50_ms"], shown),
            _formed(one["p95_ms"], shown),
            _formed(one.get("ours_to_its"), lambda share: f"{share['median']:.2f} of its time") or "",
            f"{one['answered']} of {report['turns']}",
            f"{one['understood']} of {report['turns']}",
        ]
        for one in report["systems"]
    ]
    note = f"From the last word to the first sound of the reply (bars: p50). {_PEERS_NOTE}"
    return f'{peers_chart(report)}{table(header, rows)}<p class="muted">{escape(note)}</p>'


def _parts(report: Report, which: str) -> list[tuple[str, float]]:
    """What each leg adds to the one before."""
    reached = {str(leg["name"]): float(leg[which]) for leg in report.get("legs", ())}
    parts, before_ms = [], 0.0
    for name, said in TURN:
        if name in reached:
            parts.append((said, max(0.0, reached[name] - before_ms)))
            before_ms = max(before_ms, reached[name])
    return parts


def _text(report: Report) -> str:
    models = report.get("models", ())
    out = []
    if any(model.get("shape_only") for model in models):
        out.append(f'<p><span class="label">{LABEL}</span></p>')
    rates = [
        (m["model"], m["speed"]["tokens_per_s"], f"{m['speed']['tokens_per_s'] or 0:.1f} tokens/s") for m in models
    ]
    out.append("<h3>Tokens per second, writing</h3>" + charts.bars(rates))
    firsts = [(m["model"], m["speed"]["first_token_ms"], f"{m['speed']['first_token_ms'] or 0:.0f} ms") for m in models]
    out.append("<h3>Time to first token, short prompt</h3>" + charts.bars(firsts))
    header = ("model", "stored as", "load", "reads tokens/s", "on disk", "in memory", "tasks right")
    out.append(table(header, [_model_row(model) for model in models]))
    out += [_model_details(model) for model in models]
    if ab := report.get("ab"):
        out.append(_ab(ab))
    out += [
        f'<p class="muted">Not measured: {escape(what)}. {escape(why)}</p>'
        for what, why in report.get("not_measured", {}).items()
    ]
    return "".join(out)


def _size(size_bytes: float) -> str:
    return f"{size_bytes / 1e9:.2f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"


def _model_row(model: Report) -> list[str | None]:
    takes, whole = model["footprint"], model.get("all")
    return [
        model["model"],
        takes.get("quantisation"),
        _formed(model.get("load_ms"), lambda ms: f"{ms / 1000:.1f} s"),
        _formed(model["speed"].get("prompt_tokens_per_s"), lambda rate: f"{rate:.0f}"),
        _formed(takes.get("disk_bytes"), _size),
        _formed(takes.get("memory_bytes"), _size),
        f"{whole['right']} of {whole['tasks']}" if whole else None,
    ]


def _model_details(model: Report) -> str:
    out = []
    if shares := model.get("accuracy"):
        rows = [(kind, share["accuracy"], f"{share['right']} of {share['tasks']}") for kind, share in shares.items()]
        out.append(f"<h3>{escape(model['model'])}: tasks right</h3>" + charts.bars(rows, 1.0))
    if ways := model.get("strategies"):
        rows = [
            (way["strategy"], way["all"]["accuracy"], f"{way['all']['right']} of {way['all']['tasks']}") for way in ways
        ]
        out.append(f"<h3>{escape(model['model'])}: ways of asking</h3>" + charts.bars(rows, 1.0))
    if swept := [row for row in model.get("num_ctx_sweep", ()) if row.get("tokens_per_s")]:
        points = [(row["key"].removeprefix("num_ctx "), row["tokens_per_s"]) for row in swept]
        out.append(
            f"<h3>{escape(model['model'])}: context length</h3>" + charts.lines([("tokens/s", points)], "tokens/s")
        )
    return "".join(out)


def _ab(ab: Report) -> str:
    rows = []
    for name, of in (("tokens/s", "tokens_per_s"), ("first token", "first_token_ms")):
        if found := ab.get(of):
            between = f"{found['median']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
            rows.append([name, between, str(found["pairs"]), str(ab.get(f"{of}_verdict"))])
    a, b = escape(ab["a"]), escape(ab["b"])
    only = f"only {a}: {ab['right_only_a']}, only {b}: {ab['right_only_b']}"
    right = f"<p>Tasks right: {ab['right_a']} and {ab['right_b']}; {only}.</p>"
    return f"<h3>{b} as a ratio of {a}</h3>" + table(("", "ratio (95 %)", "pairs", "verdict"), rows) + right


def _vision(report: Report) -> str:
    out = [f"<p>Answered by {escape(str(report.get('model')))}.</p>"]
    if sizes := [row for row in report["resolutions"] if row.get("p50_ms") is not None]:
        answer = [(row["setting"], row["p50_ms"]) for row in sizes]
        first = [(row["setting"], row["first_token_p50_ms"]) for row in sizes if row.get("first_token_p50_ms")]
        out.append(
            "<h3>Time by resolution</h3>" + charts.lines([("whole answer", answer), ("first words", first)], "ms")
        )
    header = ("", "answer", "right", *_KINDS, "tokens an image")
    for title, rows in (("Resolution", report["resolutions"]), ("Format", report["formats"])):
        cells = [
            [
                row["setting"],
                _formed(row.get("p50_ms"), lambda ms: f"{ms / 1000:.2f} s"),
                f"{row['right']} of {row['asked']}",
                *(_formed(row["by_kind"].get(kind), lambda share: f"{100 * share:.0f} %") for kind in _KINDS),
                *((_formed(row.get("tokens_an_image"), str),) if title == "Resolution" else ()),
            ]
            for row in rows
        ]
        out.append(f"<h3>{title}</h3>" + table(header[: 3 + len(_KINDS) + (title == "Resolution")], cells))
    return "".join(out)


_KINDS: Final = ("document", "shape", "chart", "text")


def _shape(report: Report) -> str:
    said = "Random weights in the true shape of real models: their speed is the real one's; what they say is nothing."
    out = [f'<p><span class="label">{LABEL}</span> {said}</p>']
    heard: Sequence[Report] = report.get("recognisers") or ()
    for threads in dict.fromkeys(one["threads"] for one in heard):
        series = [
            (one["shape"], [(w["key"], w["encode_ms"] + w["decode_ms"]) for w in one["windows"]])
            for one in heard
            if one["threads"] == threads
        ]
        how = f"{heard[0]['compute_type']}, {'1 thread' if threads == 1 else f'{threads} threads'}"
        title = f"Hearing a command of 16 tokens, by Whisper's window ({how})"
        out.append(f"<h3>{escape(title)}</h3>" + charts.lines(series, "ms"))
    for voice in report.get("voices", ()):
        rows = [
            (
                s["key"] + " sentence",
                s["first_sound_ms"],
                f"{s['first_sound_ms']:.0f} ms ({s['real_time']:.2f} of real time)",
            )
            for s in voice["sentences"]
        ]
        out.append(f"<h3>{escape(voice['shape'])}: until a sentence sounds</h3>" + charts.bars(rows))
    if decoders := report.get("decoders"):
        rows = [
            (d["model"], d["speed"]["tokens_per_s"], f"{d['speed']['tokens_per_s']:.1f} tokens/s") for d in decoders
        ]
        out.append("<h3>Language model, writing</h3>" + charts.bars(rows))
        header = ("model", "stored as", "load", "reads tokens/s", "on disk", "in memory", "tasks right")
        out.append(table(header, [_model_row(one) for one in decoders]))
    return "".join(out)


def _intents(report: Report) -> str:
    score = report["score"]
    rows = [(skill, share, f"{100 * share:.0f} %") for skill, share in report["recall"].items()]
    said = (
        f"{100 * score['accuracy']:.1f} % of {report['rows']} sentences right; wrong {score['wrong']}, missed "
        f"{score['missed']}, falsely matched {score['falsely_matched']}. One takes {report['p50_us']:.0f} µs (p50), "
        f"{report['p95_us']:.0f} µs (p95)."
    )
    return f"<p>{escape(said)}</p><h3>Right, by skill</h3>" + charts.bars(rows, 1.0)


def _routing(report: Report) -> str:
    names = list(report["confusion"])
    rows = [
        (name, found.get(name, 0) / total, f"{100 * found.get(name, 0) / total:.0f} %")
        for name in names
        if (found := report["confusion"][name]) and (total := sum(found.values()))
    ]
    said = (
        f"{100 * report['accuracy']:.1f} % of {report['rows']} right; a decision takes {report['p50_us']:.0f} µs (p50)."
    )
    return f"<p>{escape(said)}</p><h3>Given its own label, by purpose</h3>" + charts.bars(rows, 1.0)


def _hearing(report: Report) -> str:
    rows = [
        [
            one["key"],
            f"{100 * one['score']['word_error_rate']:.1f} %",
            f"{100 * one['score']['sentence_accuracy']:.0f} %",
            str(one["score"]["cut_off"]),
            str(one["score"]["false_starts"]),
        ]
        for one in report["conditions"]
    ]
    return table(("noise", "word errors", "sentences right", "cut off", "false starts"), rows)


def _regress(report: Report) -> str:
    rows = []
    for leg in report["legs"]:
        of, count = leg.get("ratio"), leg.get("count")
        value = f"{of['median']:.3f} ({of['low']:.3f} to {of['high']:.3f})" if of else str(count)
        rows.append(
            [leg["key"], value, f"{leg['baseline']:g}", f"{leg['limit']:.3g}", "worse" if leg["worse"] else "as before"]
        )
    return table(("", "measured", "baseline", "limit", ""), rows)


def _plain(report: Report) -> str:
    """A bench without a drawing of its own: its numbers, one a line."""
    rows = [[name, value] for name, value in _flat(report) if name.partition(".")[0] not in _NOT_SHOWN]
    return table(("", ""), rows)


_NOT_SHOWN: Final = ("bench", "circumstances", "machine", "load_average", "profile")


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [row for name, inner in value.items() for row in _flat(inner, f"{path}.{name}" if path else str(name))]
    if isinstance(value, list | tuple):
        return [(path, ", ".join(str(item) for item in value))]
    return [(path, f"{value:.4g}" if isinstance(value, float) else str(value))]


def _formed(value: Any, form: Callable[[Any], str]) -> str | None:
    return None if value is None else form(value)


_SECTIONS: Final[dict[str, tuple[str, Callable[[Report], str]]]] = {
    "voice": ("A spoken turn", _voice),
    "peers": ("Beside other assistants", _peers),
    "text": ("Language models", _text),
    "vision": ("Pictures", _vision),
    "hearing": ("Understanding speech", _hearing),
    "shape": ("What real models would cost", _shape),
    "intents": ("Sentences to skills", _intents),
    "routing": ("What questions are for", _routing),
    "wire": ("The wire", _plain),
    "priorities": ("A person before a folder", _plain),
    "start": ("Starting", _plain),
    "images": ("Making pictures ready", _plain),
    "regress": ("Against the baseline", _regress),
}
