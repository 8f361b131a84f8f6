"""`homebody bench report`, `compare` and `regress`: what is done with measurements."""

from __future__ import annotations

from pathlib import Path

import click

from homebody.cli.bench_output import console_table, finish, options_for_reports, progress_line, write_whole
from homebody.cli.output import aside, emit, say
from homebody.errors import UsageError

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("files", nargs=-1, type=FILE)
@click.option("--out", type=FILE, default=Path("report.html"), show_default=True, help="The page to write.")
@click.option("--png", type=FILE, help="Instead of a page, the first report's chart as a picture (voice, peers).")
@click.option("--tables", is_flag=True, help="Instead of a page, the tables of the earlier reports, as Markdown.")
def report(files: tuple[Path, ...], out: Path, png: Path | None, tables: bool) -> None:
    """One page with charts out of the JSON of benches: complete in itself, for any browser, light and dark."""
    from homebody.bench import earlier_reports
    from homebody.bench.compare import read
    from homebody.bench.page import page, picture

    reports = [read(file) for file in files]
    if tables:
        say(earlier_reports.markdown(reports))
        return
    if not reports:
        raise UsageError("No report is named.", "Make one, for example: homebody bench intents --out intents.json")
    if png is not None:
        from homebody.bench.png import drawn

        write_whole(png, drawn(*picture(reports[0])))
        say(f"Written: {png}")
        return
    write_whole(out, page(reports).encode())
    say(f"Written: {out}")


@click.command()
@click.argument("a", type=FILE)
@click.argument("b", type=FILE)
@click.option("--all", "show_all", is_flag=True, help="Also what does not differ.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a quantity.")
def compare(a: Path, b: Path, show_all: bool, as_json: bool) -> None:
    """How B differs from A: ratios of pairs with a 95 % interval, and a verdict where that lies beyond the noise."""
    import msgspec

    from homebody.bench.compare import compare as compared
    from homebody.bench.compare import read

    found = compared(read(a), read(b))
    if as_json:
        for one in found:
            emit(msgspec.to_builtins(one))
        return
    pairs = [one for one in found if one.ratio and (show_all or one.verdict in {"better", "worse"})]
    singles = [one for one in found if one.single is not None]
    if pairs:
        rows = [
            (
                one.quantity,
                f"{one.ratio.median:.3f}",
                f"{one.ratio.low:.3f} to {one.ratio.high:.3f}",
                str(one.ratio.pairs),
                str(one.verdict),
            )
            for one in pairs
            if one.ratio
        ]
        for line in console_table(("B over A, in pairs", "median", "95 %", "pairs", ""), rows):
            say(line)
    quiet = sum(one.ratio is not None for one in found) - len(pairs)
    if quiet:
        say(f"{quiet} more in pairs without a difference that can be told from noise (--all shows them).")
    if singles:
        say("One value on each side, so no verdict:")
        for one in singles:
            say(f"  {one.quantity:40} {one.single:.3f}")
    if not found:
        say("They have nothing in common that could be compared.")


@click.command()
@click.option(
    "--slow", "slowed", multiple=True, type=click.Choice(["commit", "vad"]), help="Slow this down on purpose."
)
@click.option("--prove", type=click.IntRange(1, 100), metavar="N", help="N times as it is, then slowed: is it noticed?")
@options_for_reports
def regress(slowed: tuple[str, ...], prove: int | None, as_json: bool, out: Path | None) -> int:
    """Whether this build is slower, or understands less, than the committed baseline: ratios and counts, no times.

    Exit status 1 where it is. About half a minute.
    """
    from homebody.bench import regress as bench

    progress = progress_line(quiet=as_json)
    if prove:
        return _prove(prove)
    chosen: frozenset[bench.Slowed] = frozenset(slowed)  # type: ignore[arg-type]  # click has checked them
    measured = bench.measure(chosen, progress=progress)
    if not finish("regress", measured, as_json, out):
        for line in _legs(measured):
            say(line)
        say("As before." if measured.passed else "Worse than the baseline.")
    return 0 if measured.passed else 1


def _legs(report: object) -> list[str]:
    from homebody.bench.regress import Report

    assert isinstance(report, Report)
    rows = []
    for leg in report.legs:
        if leg.ratio:
            measured, between = f"{leg.ratio.median:.3f}", f"{leg.ratio.low:.3f} to {leg.ratio.high:.3f}"
        else:
            measured, between = str(leg.count), ""
        limit = f"{leg.limit:.3f}" if leg.ratio else f"{leg.limit:.0f}"
        rows.append((leg.key, measured, between, f"{leg.baseline:g}", limit, "WORSE" if leg.worse else "ok"))
    return console_table(("", "measured", "95 %", "baseline", "limit", ""), rows)


def _prove(times: int) -> int:
    from homebody.bench import regress as bench

    quiet = progress_line(quiet=True)
    passed = 0
    for number in range(times):
        report = bench.measure(progress=quiet)
        passed += report.passed
        worse = [f"{leg.key} {leg.ratio.median:.3f}" if leg.ratio else leg.key for leg in report.legs if leg.worse]
        aside(f"unchanged, {number + 1} of {times}: {'passed' if report.passed else 'FAILED: ' + ', '.join(worse)}")
    say(f"Unchanged: passed {passed} of {times}.")
    noticed = True
    slowdowns: tuple[tuple[bench.Slowed, str, str], ...] = (
        ("commit", "commit wait", "50 ms of sleep before the router is asked"),
        ("vad", "voice detection", "voice detection computed twice"),
    )
    for name, leg, said in slowdowns:
        report = bench.measure(frozenset({name}), progress=quiet)
        worse = [found.key for found in report.legs if found.worse]
        noticed = noticed and leg in worse
        say(f"{said}: {'noticed in ' + ', '.join(worse) if worse else 'NOT noticed'}.")
    return 0 if passed == times and noticed else 1
