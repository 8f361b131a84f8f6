"""`homebody bench hearing`."""

from __future__ import annotations

from pathlib import Path

import click

from homebody import profile as profiles
from homebody.cli.bench_output import console_table, finish, options_for_reports, progress_line
from homebody.cli.output import complete, say


@click.command()
@click.option("--set", "path", type=click.Path(path_type=Path, dir_okay=False), help="A manifest of your recordings.")
@click.option("--windows", is_flag=True, help="Windows that fit against Whisper's own 30 s: are the words the same?")
@options_for_reports
@click.pass_obj
def hearing(profile: str | None, path: Path | None, windows: bool, as_json: bool, out: Path | None) -> None:
    """Word error rate, sentence accuracy, cut-offs and false starts, quiet and in noise of 20, 10 and 5 dB.

    A manifest has lines of {"file", "text", "speech_ended_ms"}; the files lie beside it. Otherwise the bundled ones.
    """
    from homebody.bench import hearing as bench
    from homebody.bench.noise import own_recordings
    from homebody.errors import UsageError
    from homebody.starter import bundled

    recordings = own_recordings(path) if path else bundled()
    if not recordings:
        raise UsageError("The manifest is empty.", 'Write lines of {"file", "text", "speech_ended_ms"}.')
    progress = progress_line(quiet=as_json)
    if windows:
        found = complete(bench.windows(profiles.load(profile).voice, recordings, progress=progress))
        if not finish("windows", found, as_json, out):
            say(f"The same words in a window that fits as in 30 s: {found.same} of {found.recordings} recordings.")
            say(f"Word errors {found.fitting.word_error_rate:.1%}; in 30 s {found.whole.word_error_rate:.1%}.")
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
