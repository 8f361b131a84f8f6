"""`homebody bench`: measurements on this machine."""

from __future__ import annotations

import click
import msgspec

from homebody import profile as profiles
from homebody.cli.output import aside, complete, emit, say
from homebody.cli.stats import table


@click.group()
def bench() -> None:
    """Measure how fast it is on this machine."""


@bench.command()
@click.option("--turns", type=click.IntRange(1, 1000), default=30, show_default=True, help="Spoken commands.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def voice(profile: str | None, turns: int, as_json: bool) -> None:
    """From the end of a spoken command to the first sample of the reply, counted on a recording of both."""
    from homebody.bench.voice import measure

    def progress(number: int) -> None:
        if not as_json:
            aside(f"turn {number} of {turns}")

    report = complete(measure(profiles.load(profile), turns, progress=progress))
    if as_json:
        emit(msgspec.to_builtins(report))
        return
    say(f"From the last word to the first sound, {report.answered} of {report.turns} spoken commands answered:")
    say(f"  p50 {report.p50_ms:.0f} ms   p95 {report.p95_ms:.0f} ms")
    say(f"  in it: {report.silence_ms:.0f} ms wait for silence, {report.output_buffer_ms:.0f} ms output buffer")
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
