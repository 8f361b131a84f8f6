"""`homebody bench idle` and `homebody bench wake`: what waiting to be called costs, and who calls."""

from __future__ import annotations

from pathlib import Path

import click

from homebody import profile as profiles
from homebody.cli.bench_output import console_table, finish, options_for_reports, progress_line
from homebody.cli.output import complete, say


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1, 24 * 60), default=30.0, show_default=True, help="How long.")
@click.option("--still-only", is_flag=True, help="Leave out rooms with steady noise and with talk.")
@options_for_reports
@click.pass_obj
def idle(profile: str | None, minutes: float, still_only: bool, as_json: bool, out: Path | None) -> None:
    """Processor time and memory while it waits for the wake word, at a microphone in a quiet room."""
    from homebody.bench.idle import measure

    measured = measure(profiles.load(profile), minutes, still_only=still_only, progress=progress_line(quiet=as_json))
    report = complete(measured)
    if finish("idle", report, as_json, out):
        return
    rows = [
        (
            name,
            f"{percent:.2f} %",
            f"{report.rss_bytes[name] / 2**20:.0f} MiB",
            f"{report.grown_bytes[name] / 2**20:+.1f} MiB",
            f"{report.growth_bytes_per_h[name] / 2**20:+.1f} MiB/h",
        )
        for name, percent in report.cpu_percent.items()
    ]
    for line in console_table(("", "of one core", "memory", "grown", "slope"), rows):
        say(line)
    heard = "waiting for the wake word" if report.armed else "NOT listening for the wake word, which is not installed"
    percent = sum(report.cpu_percent.values())
    say(f"{percent:.2f} % of one core in all, over {report.minutes:g} minutes in a still room, {heard}.")
    say("It had spoken before.")
    for room, percents in report.beside.items():
        say(f"{sum(percents.values()):.2f} % with {room} in the room.")
    say(f"Turns meanwhile: {report.turns}. Profile {report.profile}.")


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1, 24 * 60), default=60.0, show_default=True, help="Of sound.")
@options_for_reports
@click.pass_obj
def wake(profile: str | None, minutes: float, as_json: bool, out: Path | None) -> None:
    """Who wakes it that does not call: talk of several synthesizers, music-like sound and noise, in virtual time."""
    from homebody.bench.wake import measure

    report = measure(profiles.load(profile).voice, minutes, progress=progress_line(quiet=as_json))
    if finish("wake", report, as_json, out):
        return
    say(
        f"{report.minutes:g} minutes in which nobody called ({report.talk_min:g} of talk, {report.music_min:g} of "
        f"music, {report.noise_min:g} of noise; {', '.join(report.synthesizers)}):"
    )
    say(f"  false wakes                 {report.false_wakes}")
    say(f"  turns without being called  {report.turns_without_wake}")
    say(f"  turns after a false wake    {report.turns}")
    say(f"Called {report.calls} times by {', '.join(report.words)}: heard {report.calls_heard}.")
