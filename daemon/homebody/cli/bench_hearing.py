"""`homebody bench hearing`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from homebody import profile as profiles
from homebody.cli.bench_output import console_table, finish, options_for_reports, progress_line
from homebody.cli.output import complete, say

if TYPE_CHECKING:
    from homebody.bench.windows import Windows

WHOLE_S: Final = 30.0


def window_lines(found: Windows) -> list[str]:
    """For a terminal: each rule in a row, and what follows."""
    rows = [
        (
            "Whisper's own 30 s" if one.floor_s >= WHOLE_S else f"{one.floor_s:g} s, {one.margin_s:g} s to spare",
            f"{one.for_2_s:g} s",
            str(one.read),
            str(one.changed),
            str(one.doubted),
            f"{one.median_ms:.0f} ms",
        )
        for one in found.rows
    ]
    table = console_table(("at least", "2 s of speech", "recordings", "changed", "doubted", "each"), rows)
    verdict = found.verdict
    told = {
        "proven": f"No word changes in windows of at least {verdict.floor_s:g} s with {verdict.margin_s:g} s to spare.",
        "none": "All of them change words: Whisper's own 30 s are used.",
        "unknown": f"Of {verdict.clips} recordings {verdict.understood} were understood: too few to tell.",
    }
    return [
        *table,
        f"{found.model}, {found.compute_type}: {verdict.understood} of {verdict.clips} recordings understood in 30 s.",
        told[verdict.outcome],
        *_thread_lines(found),
        f"In use from the voice's next start on: {found.in_use}.",
    ]


def _thread_lines(found: Windows) -> list[str]:
    if found.timings is None:
        return ["Other work was in the way of measuring threads." if found.busy else "There is one thread to be had."]
    rows = [(str(row.threads), f"{row.median_ms:.1f} ms") for row in found.timings.rows]
    return ["", *console_table(("threads", "a command"), rows), f"The fewest that pay: {found.threads}.", ""]


@click.command()
@click.option("--set", "path", type=click.Path(path_type=Path, dir_okay=False), help="A manifest of your recordings.")
@click.option("--windows", is_flag=True, help="Which windows change no word, how many threads pay; kept and used.")
@options_for_reports
@click.pass_obj
def hearing(profile: str | None, path: Path | None, windows: bool, as_json: bool, out: Path | None) -> None:
    """Word error rate, sentence accuracy, cut-offs and false starts, quiet and in noise of 20, 10 and 5 dB.

    A manifest has lines of {"file", "text", "speech_ended_ms"}; the files lie beside it. Otherwise the bundled ones.

    With --windows everything is heard in Whisper's own 30 s and in ever shorter windows, which cost less. The shortest
    that change no word are kept for this model, and how many threads pay in them, as the voice service does by itself
    while it is quiet.
    """
    from homebody.bench import hearing as bench
    from homebody.bench.noise import own_recordings
    from homebody.bench.windows import measure as measure_windows
    from homebody.errors import UsageError
    from homebody.starter import bundled

    recordings = own_recordings(path) if path else bundled()
    if not recordings:
        raise UsageError("The manifest is empty.", 'Write lines of {"file", "text", "speech_ended_ms"}.')
    progress = progress_line(quiet=as_json)
    if windows:
        found = complete(measure_windows(profiles.load(profile).voice, recordings if path else (), progress=progress))
        if not finish("windows", found, as_json, out):
            for line in window_lines(found):
                say(line)
        return
    work = bench.measure(profiles.load(profile).voice, recordings, progress=progress)
    report = complete(work)
    if finish("hearing", report, as_json, out):
        return
    rows = [
        (
            one.key,
            f"{one.score.word_error_rate:.1%}",
            f"{one.score.sentence_accuracy:.1%}",
            str(one.score.cut_off),
            str(one.score.false_starts),
        )
        for one in report.conditions
    ]
    for line in console_table(("", "word errors", "sentences right", "cut off", "false starts"), rows):
        say(line)
    say(f"{len(recordings)} recordings, recogniser {report.model}.")
