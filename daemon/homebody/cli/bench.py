"""`homebody bench`: measurements on this machine."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import aside, complete, emit, say
from homebody.cli.stats import table
from homebody.errors import UsageError


@click.group()
def bench() -> None:
    """Measure how fast it is on this machine."""


@bench.command()
@click.option("--turns", type=click.IntRange(1, 1000), default=30, show_default=True, help="Spoken commands.")
@click.option("--pauses", is_flag=True, help="Sentences with pauses for thought: is anybody cut off?")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def voice(profile: str | None, turns: int, pauses: bool, as_json: bool) -> None:
    """From the end of a spoken command to the first sample of the reply, counted on a recording of both."""
    from homebody.bench.voice import measure

    def progress(number: int) -> None:
        if not as_json:
            aside(f"turn {number} of {turns}")

    report = complete(measure(profiles.load(profile), turns, pauses=pauses, progress=progress))
    if as_json:
        emit(msgspec.to_builtins(report))
        return
    say(f"From the last word to the first sound, {report.answered} of {report.turns} spoken commands answered:")
    say(f"  p50 {report.p50_ms:.0f} ms   p95 {report.p95_ms:.0f} ms")
    say(
        f"  in it: {report.silence_ms:.0f} ms until it was sure that they had ended ({report.silence_percent:.0f} %), "
        f"{report.output_buffer_ms:.0f} ms output buffer"
    )
    say(f"  cut off: {report.cut_off} of {report.turns}")
    say(f"  heard word for word: {report.understood} of {report.turns}")
    say(f"Profile {report.profile}. {report.machine}. Load average {report.load_average}.")
    say(table(list(report.legs)))


@bench.command()
@click.option("--count", type=click.IntRange(10, 100_000), default=1000, show_default=True, help="Of each kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def wire(profile: str | None, count: int, as_json: bool) -> None:
    """What the wire and the router add to a model's answer, in front of a model server without a model."""
    from homebody.bench.wire import measure

    report = complete(measure(profiles.load(profile), count))
    if as_json:
        emit(msgspec.to_builtins(report))
        return
    for label, spread in (
        ("ping", report.ping),
        ("first token, ollama library alone", report.direct),
        ("first token, client and router", report.routed),
        ("the difference of each pair", report.overhead),
        ("cancel, until the model's server sees it", report.cancel),
    ):
        say(f"{label:42}  p50 {spread.p50_ms:7.2f} ms   p99 {spread.p99_ms:7.2f} ms")
    say(f"{count} of each. Profile {report.profile}. {report.machine}. Load average {report.load_average}.")


@bench.command()
@click.option("--set", "path", type=click.Path(path_type=Path, dir_okay=False), help="JSON lines; else our own set.")
@click.option("--json", "as_json", is_flag=True, help="JSON: the mistakes, and last the score.")
def routing(path: Path | None, as_json: bool) -> None:
    """How well it tells what a question is for, and in which language.

    A set has lines of {"text", "purpose"}, and optionally "also" (purposes that would be right too), "has_image",
    "language", "live". It is scored with the shipped model. Without one, homebody's own set is cross-validated, since
    that is what the model was trained on: no phrasing that is judged has been seen.
    """
    from homebody.bench import routing as scoring
    from homebody.bench.purpose_training import read_set

    if path is not None:
        rows = read_set(path)
        score, wrong = scoring.judge(rows), scoring.mistakes(rows)
    elif scoring.OWN_SET.exists():
        score, judged = scoring.cross_validate(read_set(scoring.OWN_SET))
        wrong = [item for item in judged if not item.right]
    else:
        raise UsageError("Our own set is only in a checkout of homebody.", "Name one with --set FILE.jsonl.")
    for item in wrong:
        if as_json:
            emit({"text": item.row.text, "purpose": item.row.purpose, "given": item.purpose})
        else:
            aside(f"{item.row.purpose}, taken for {item.purpose}: {item.row.text}")
    if as_json:
        emit(scoring.as_json(score))
        return
    for line in scoring.matrix(score):
        say(line)
    say(f"Right: {score.accuracy:.1%} of {score.rows} ({score.strict:.1%} without second labels).")
    if score.language is not None:
        say(f"Language right: {score.language:.1%}.")
    if score.live_recall is not None:
        precision = "none" if score.live_precision is None else f"{score.live_precision:.1%}"
        say(f"Needs live data: {score.live_recall:.1%} noticed; of those taken for it, {precision} do.")
    say(f"One decision: p50 {score.p50_us:.0f} µs, p95 {score.p95_us:.0f} µs.")
