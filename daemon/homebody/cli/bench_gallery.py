"""`homebody bench gallery`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from homebody import profile as profiles
from homebody.bench.circumstances import documented
from homebody.cli.output import aside, complete, emit, say

if TYPE_CHECKING:
    from homebody.bench.gallery_spoken import Report


@click.command()
@click.option("--images", type=click.IntRange(10, 100_000), default=5000, show_default=True, help="Dropped at once.")
@click.option("--every", "every_s", type=click.FloatRange(0.5, 600), default=10.0, show_default=True, help="Seconds.")
@click.option("--spoken", is_flag=True, help="Asked aloud, on virtual sound devices.")
@click.option(
    "--caption-ms", type=click.FloatRange(1, 60_000), default=50.0, show_default=True, help="Of the server; --spoken."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def gallery(profile: str | None, images: int, every_s: float, spoken: bool, caption_ms: float, as_json: bool) -> None:
    """Pictures dropped at once while a question is asked every few seconds: none lost, none twice, nobody kept waiting.

    In front of a server without a model. First, how soon after closing a picture of a screen its caption is asked for;
    or, with --spoken, spoken commands with nothing else going on, and in the end what reading text would have cost.
    """
    if spoken:
        from homebody.bench import gallery_spoken

        aloud = complete(
            gallery_spoken.measure(
                profiles.load(profile), images, every_s=every_s, caption_s=caption_ms / 1000, progress=aside
            )
        )
        if as_json:
            emit(documented("gallery", aloud))
        else:
            _spoken(aloud)
        return
    from homebody.bench.gallery import measure

    report = complete(measure(profiles.load(profile), images, every_s=every_s, progress=aside))
    if as_json:
        emit(documented("gallery", report))
        return
    say(f"{report.images} pictures described in {report.took_s:.0f} s ({report.per_min:.0f} a minute):")
    say(f"  lost {report.lost}, stored twice {report.stored_twice}, described twice {report.asked_twice}")
    for label, found in (("nothing else going on", report.idle), ("meanwhile", report.busy)):
        say(f"First token, {label:22} p50 {found.p50_ms:6.0f} ms   worst {found.largest_ms:6.0f} ms")
    say(f"  {report.slower:.2f} times as long")
    say(f"Memory of the gallery: {report.rss_early_mb:.0f} MB after a quarter, {report.rss_late_mb:.0f} MB at the end.")
    say(f"A picture of a screen, from closed to asked for: {report.closed_to_request_ms:.0f} ms;")
    say(f"  made ready in one process: {report.in_process_ms:.0f} ms; {report.to_in_process:.2f} times that")
    say(f"Profile {report.profile}. {report.machine}. Load average {report.load_average}.")


def _spoken(report: Report) -> None:
    """What `bench gallery --spoken` found."""
    say(f"{report.images} pictures described in {report.took_s:.0f} s, {report.caption_ms:.0f} ms each by the server:")
    say(f"  lost {report.lost}, stored twice {report.stored_twice}, described twice {report.asked_twice}")
    say(f"  asked for while somebody spoke or was answered ({report.turn_percent:.0f} % of it): ", end="")
    say(f"{report.asked_during_turns}")
    say("From the last word to the first sound:")
    for label, waits in (("nothing else going on", report.idle), ("meanwhile", report.busy)):
        say(
            f"  {label:22} p50 {waits.p50_ms:5.0f} ms   p95 {waits.p95_ms:5.0f} ms   "
            f"({waits.turns} commands, {waits.misheard} misheard, {waits.unheard} not heard)"
        )
    say(f"  {report.slower:.2f} times as long (p50)")
    for name, memory in (("gallery", report.gallery), ("router", report.router), ("voice", report.voice)):
        say(
            f"Memory of the {name:8} {memory.early_mb:5.0f} MB early, {memory.late_mb:5.0f} MB late; "
            f"{memory.per_hour_mb:+.0f} MB an hour"
        )
    if report.ocr is None:
        say("Nothing that reads the text in pictures is installed.")
    else:
        say(f"Reading the text of a full screen, not done above: {report.ocr.cpu_s:.1f} s of processor time", end="")
        say(f" and {report.ocr.took_s:.1f} s by {report.ocr.engine}.")
        if report.ocr.waits is not None:
            say(
                f"  while it is being read: p50 {report.ocr.waits.p50_ms:.0f} ms, {report.ocr.slower:.2f} times as long"
            )
    say(f"Profile {report.profile}. {report.machine}. Load average {report.load_average}.")
