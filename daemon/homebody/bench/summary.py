"""A report in a few lines of Markdown, for a README: the figures, the command that printed them, the machine. Pure.

Our own README holds what this makes of ``docs/figures/*.json``; ``tests/test_figures.py`` sees to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from homebody.bench.circumstances import Circumstances
from homebody.bench.peers import Peers
from homebody.errors import UsageError

Report = Mapping[str, Any]


def markdown(report: Report) -> str:
    """The table, an empty line, and a line about the machine.

    Raises:
        UsageError: It is of a bench that has no such summary, or not whole.
    """
    makers = {"voice": _voice, "peers": _peers, "shape": _shape}
    if (maker := makers.get(str(report.get("bench")))) is None:
        raise UsageError("There is no summary of this report.", f"Give one of: {', '.join(makers)}.")
    try:
        table, more = maker(report)
        under = msgspec.convert(report["circumstances"], Circumstances)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("This report is not whole, or of another version.", "Measure again.") from error
    when = dt.datetime.fromisoformat(under.date)
    loads = ", ".join(f"{load:.1f}" for load in under.load_average)
    profile = f"profile `{report['profile']}`, " if "profile" in report else ""
    line = f"({when.day} {when:%B %Y}, {profile}{under.machine}, load average {loads}; {more})"
    return "\n".join((*table, "", line))


def _voice(report: Report) -> tuple[Sequence[str], str]:
    turns = report["turns"]
    sure = next((leg for leg in report["legs"] if leg["name"] == "endpoint_ms"), None)
    rows = [
        f"| {turns} turns, `homebody bench voice --turns {turns}` | p50 | p95 |",
        "|---|---|---|",
        f"| last word to first sound | **{report['p50_ms']:.0f} ms** | **{report['p95_ms']:.0f} ms** |",
    ]
    if sure:
        rows.append(
            f"| of it until it was sure that they had ended | {sure['p50_ms']:.0f} ms | {sure['p95_ms']:.0f} ms |"
        )
    return rows, f"heard word for word: {report['understood']} of {turns}; cut off: {report['cut_off']}."


def _peers(report: Report) -> tuple[Sequence[str], str]:
    found = msgspec.convert(report, Peers)
    command = f"`python bench/peers/run.py --turns {found.turns}`"
    rows = [f"| {found.turns} turns each, {command} | p50 | p95 | homebody takes |", "|---|---|---|---|"]
    for one in found.systems:
        share = one.ours_to_its
        main = next(iter(one.versions.items()), (one.name, ""))
        cells = [
            one.name if share is None else f"{one.name} ({' '.join(main)})",
            "no answer" if one.p50_ms is None else f"{one.p50_ms:.0f} ms",
            "" if one.p95_ms is None else f"{one.p95_ms:.0f} ms",
            "" if share is None else f"{share.median:.2f} of its time ({share.low:.2f} to {share.high:.2f})",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    understood = ", ".join(f"{one.name} {one.understood}" for one in found.systems)
    return rows, f"heard word for word, of {found.turns}: {understood}."


def _threads(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


def _share(fits: Mapping[str, Any]) -> str:
    return f"{fits['wall']['median']:.2f} (processor {fits['cpu']['median']:.2f})"


def _shape(report: Report) -> tuple[Sequence[str], str]:
    heard = report["recognisers"]
    windows = [fits["key"] for fits in heard[0]["fitting"]]
    names = dict.fromkeys(one["shape"] for one in heard)
    command = " ".join(["homebody bench shape", *(f"--only {name}" for name in names)])
    rows = [
        f"| `{command}`: of the time in 30 s | {' | '.join(windows)} |",
        f"|---|{'---|' * len(windows)}",
    ]
    for one in heard:
        what, threads = f"{one['shape']} {one['compute_type']}", _threads(one["threads"])
        rows.append(f"| {what}, {threads} | {' | '.join(_share(fits) for fits in one['fitting'])} |")
        if runs := one.get("as_run"):
            cells = [f"**{_threads(run['threads'])}**: {_share(run)}" for run in runs]
            rows.append(f"| {what}, as homebody runs it, over {threads} in 30 s | {' | '.join(cells)} |")
    verdict = report["chosen"]["verdict"]
    return rows, (
        f"{report['label']}; the starter recogniser changes no word of {verdict['understood']} recordings in windows "
        f"of at least {verdict['floor_s']:g} s."
    )
