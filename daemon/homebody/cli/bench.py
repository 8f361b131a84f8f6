"""`homebody bench`: measurements on this machine."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final

import click

from homebody import profile as profiles
from homebody.bench.circumstances import documented
from homebody.cli.bench_output import finish, options_for_reports
from homebody.cli.output import aside, complete, emit, say
from homebody.cli.stats import table
from homebody.errors import UsageError

ELSEWHERE: Final = {
    # name: (module, one line for --help)
    "text": ("bench_models", "Tokens/s, first token, memory and the score of tasks, for language models."),
    "vision": ("bench_models", "Questions about made pictures, by size and format."),
    "intents": ("bench_models", "How well and how fast sentences find their skills."),
    "hearing": ("bench_hearing", "Word error rate, cut-offs and false starts, quiet and in noise."),
    "idle": ("bench_waiting", "Processor time and memory while it waits for the wake word."),
    "wake": ("bench_waiting", "Who wakes it that does not call, in an hour of other sound."),
    "gallery": ("bench_gallery", "Thousands of pictures at once while a person asks: none lost, nobody kept waiting."),
    "shape": ("bench_models", "What real models would cost here: random weights in their shape."),
    "report": ("bench_reports", "A page with charts out of reports."),
    "compare": ("bench_reports", "Two reports of the same bench, and where they differ beyond the noise."),
    "regress": ("bench_reports", "Whether this build is slower than its baseline: ratios and counts."),
}


class _Benches(click.Group):
    """Knows the commands of other modules without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(f"homebody.cli.{ELSEWHERE[cmd_name][0]}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, command.get_short_help_str(100)) for name, command in sorted(self.commands.items())]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, line) for name, (_, line) in ELSEWHERE.items())])


@click.group(cls=_Benches)
def bench() -> None:
    """Measure how fast it is on this machine."""


@bench.command()
@click.option("--turns", type=click.IntRange(1, 1000), default=30, show_default=True, help="Spoken commands.")
@click.option("--pauses", is_flag=True, help="Sentences with pauses for thought: is anybody cut off?")
@click.option("--noise", "noise_db", type=click.FloatRange(-10, 60), metavar="DB", help="Noise, so much quieter.")
@click.option("--set", "path", type=click.Path(path_type=Path, dir_okay=False), help="A manifest of your recordings.")
@options_for_reports
@click.pass_obj
def voice(
    profile: str | None,
    turns: int,
    pauses: bool,
    noise_db: float | None,
    path: Path | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """From the end of a spoken command to the first sample of the reply, counted on a recording of both.

    A manifest has lines of {"file", "text", "speech_ended_ms"}; the files lie beside it. Otherwise the bundled ones.
    """
    from homebody.bench.noise import own_recordings
    from homebody.bench.voice import measure

    if pauses and (path or noise_db is not None):
        raise UsageError("Sentences with pauses are made from the bundled recordings, without noise.", "Leave one out.")
    recordings = own_recordings(path) if path else ()
    if path and not recordings:
        raise UsageError("The manifest is empty.", 'Write lines of {"file", "text", "speech_ended_ms"}.')

    def progress(number: int) -> None:
        if not as_json:
            aside(f"turn {number} of {turns}")

    loaded = profiles.load(profile)
    work = measure(loaded, turns, pauses=pauses, noise_db=noise_db, recordings=recordings, progress=progress)
    report = complete(work)
    if finish("voice", report, as_json, out):
        return
    say(f"From the last word to the first sound, {report.answered} of {report.turns} spoken commands answered:")
    say(f"  p50 {report.p50_ms:.0f} ms   p95 {report.p95_ms:.0f} ms   p99 {report.p99_ms:.0f} ms")
    say(
        f"  in it: {report.silence_ms:.0f} ms until it was sure that they had ended ({report.silence_percent:.0f} %), "
        f"{report.output_buffer_ms:.0f} ms output buffer"
    )
    if report.paused:
        each = ", ".join(f"{one.pause_ms / 1000:g} s: {one.whole} of {one.turns}" for one in report.paused)
        say(f"  one turn, never cut off: {report.turns - report.cut_off} of {report.turns} (pauses of {each})")
    say(f"  cut off: {report.cut_off} of {report.turns}; turns where nobody spoke: {report.score.false_starts}")
    say(
        f"  heard word for word: {report.understood} of {report.turns}; word errors {report.score.word_error_rate:.1%}"
        + ("" if report.noise_db is None else f", noise {report.noise_db:g} dB quieter")
    )
    say(f"Profile {report.profile}.")
    say(table(list(report.legs)))


@bench.command()
@click.option("--starts", type=click.IntRange(1, 100), default=3, show_default=True, help="Cold starts.")
@click.option("--runs", type=click.IntRange(1, 100), default=7, show_default=True, help="Of each quick command.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def start(profile: str | None, starts: int, runs: int, as_json: bool) -> None:
    """How long a start takes until it listens, and what --help and status cost."""
    from homebody.bench.start import measure

    report = complete(
        measure(profiles.load(profile), starts, runs, progress=lambda line: None if as_json else aside(line))
    )
    if as_json:
        emit(documented("start", report))
        return
    say("From starting both services until it listens:")
    say(f"  cold  {', '.join(f'{took:.2f}' for took in report.cold_s)} s   (read from the disk)")
    say(f"  warm  {report.warm_s:.2f} s")
    for name, cpu_s in report.cpu_s.items():
        say(f"homebody {name:7} {cpu_s:.3f} s of CPU (median of {report.runs})")
    say(f"Profile {report.profile}. {report.machine}. Load average {report.load_average:.1f}.")


@bench.command()
@click.option("--count", type=click.IntRange(10, 100_000), default=1000, show_default=True, help="Of each kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def wire(profile: str | None, count: int, as_json: bool) -> None:
    """What the wire and the router add to a model's answer, in front of a model server without a model."""
    from homebody.bench.wire import measure

    report = complete(measure(profiles.load(profile), count))
    if as_json:
        emit(documented("wire", report))
        return
    for label, spread in (
        ("ping", report.ping),
        ("first token, ollama library, blocking", report.blocking),
        ("first token, ollama library, asyncio", report.direct),
        ("first token, client and router", report.routed),
        ("the difference to the asyncio library", report.overhead),
        ("cancel, until the model's server sees it", report.cancel),
    ):
        say(f"{label:42}  p50 {spread.p50_ms:7.2f} ms   p99 {spread.p99_ms:7.2f} ms")
    say(f"{count} of each. Profile {report.profile}. {report.machine}. Load average {report.load_average}.")


@bench.command()
@click.option("--captions", type=click.IntRange(1, 10_000), default=20, show_default=True, help="Pictures.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def priorities(profile: str | None, captions: int, as_json: bool) -> None:
    """How long a person waits while a folder is described, in front of a server that does one thing at a time.

    About five seconds a picture. A first token may take 1.1 times what it takes when nothing else goes on, and the
    0.3 s for which the server cannot be interrupted.
    """
    from homebody.bench.priorities import measure

    report = complete(measure(profiles.load(profile), captions))
    if as_json:
        emit(documented("priorities", report))
        return
    rows = [
        ("first token, nothing else going on", report.idle),
        ("first token, a folder being described", report.busy),
        ("  of questions behind one let through", report.behind_let_through),
    ]
    for label, found in rows:
        if found is not None:
            took = f"p50 {found.p50_ms:6.0f} ms   p99 {found.p99_ms:6.0f} ms   worst {found.largest_ms:6.0f} ms"
            say(f"{label:40}  {took}")
    say(f"Limit {report.limit_ms:.0f} ms: {report.over_limit} of {report.asks} questions took longer.")
    say(f"{report.done} of {report.captions} pictures described in {report.took_s:.0f} s, {report.twice} twice.")
    say(f"Captions were interrupted {report.interrupted} times; {report.let_through} were let through.")
    say(f"Profile {report.profile}. {report.machine}. Load average {report.load_average}.")


@bench.command()
@click.option("--set", "path", type=click.Path(path_type=Path, dir_okay=False), help="JSON lines; else our own set.")
@options_for_reports
def routing(path: Path | None, as_json: bool, out: Path | None) -> None:
    """How well it tells what a question is for, and in which language.

    A set has lines of {"text", "purpose"}, and optionally "also" (purposes that would be right too), "has_image",
    "language", "live". With --json the mistakes come first, one a line. It is scored with the shipped model.
    Without one, homebody's own set is cross-validated, since that is what the model was trained on: no phrasing that is
    judged has been seen.
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
    if finish("routing", score, as_json, out):
        return
    for line in scoring.matrix(score):
        say(line)
    say(f"Right: {score.accuracy:.1%} of {score.rows} ({score.strict:.1%} without second labels).")
    if score.language is not None:
        say(f"Language right: {score.language:.1%}.")
    if score.live_recall is not None:
        precision = "none" if score.live_precision is None else f"{score.live_precision:.1%}"
        say(f"Needs live data: {score.live_recall:.1%} noticed; of those taken for it, {precision} do.")
    say(f"One decision: p50 {score.p50_us:.0f} µs, p95 {score.p95_us:.0f} µs, longest {score.max_us:.0f} µs.")


@bench.command()
@click.option("--captions", type=click.IntRange(100, 1_000_000), default=100_000, show_default=True, help="Made ones.")
@click.option("--searches", type=click.IntRange(10, 100_000), default=500, show_default=True, help="Of all kinds.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def search(captions: int, searches: int, as_json: bool) -> None:
    """How long finding a picture takes among many, in a made store of its own."""
    from homebody.bench.search import measure

    def progress(made: int) -> None:
        if not as_json and made % 20_000 == 0:
            aside(f"made {made} of {captions} captions")

    report = measure(captions, searches, say=progress)
    if as_json:
        emit(documented("search", report))
        return
    for kind in (*report.kinds, report.all):
        say(f"{kind.kind:20}  p50 {kind.p50_ms:6.2f} ms   p95 {kind.p95_ms:6.2f} ms   worst {kind.worst_ms:6.2f} ms")
    say(f"{report.all.count} searches of {report.captions} captions, {report.size_bytes / 2**20:.0f} MiB.")
    say(f"{report.machine}. Load average {report.load_average}.")


@bench.command()
@click.option("--rounds", type=click.IntRange(1, 1000), default=15, show_default=True, help="Of each kind.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def images(rounds: int, as_json: bool) -> None:
    """Processor time from a JPEG of 24 megapixels to one of 768 px, ready to be sent, beside Pillow's thumbnail()."""
    from homebody.bench.images import measure

    report = measure(rounds)
    if as_json:
        emit(documented("images", report))
        return
    say(f"24 megapixels, {report.file_bytes / 1e6:.1f} MB of JPEG, to 768 px; processor time, median of {rounds}:")
    say(f"  ready to be sent        {report.prepare_ms:6.0f} ms   (read, hash, decode, resize, encode)")
    say(f"  thumbnail() alone       {report.thumbnail_ms:6.0f} ms   ready takes {report.to_thumbnail:.2f} times this")
    say(f"  full decode, LANCZOS    {report.full_ms:6.0f} ms   ready takes {report.to_full:.2f} times this")
    say(f"It looks as the full decode does: PSNR {report.likeness_db:.1f} dB.")
    say(f"{report.machine}. Load average {report.load_average}.")


@bench.command()
@click.option("--write", is_flag=True, help="Write the best ones to homebody.toml.")
@click.option(
    "--rounds", type=click.IntRange(1, 20), default=1, show_default=True, help="How often each task is asked."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def prompts(profile: str | None, write: bool, rounds: int, as_json: bool) -> None:
    """Which prompt and temperature each model answers best with, by purpose, on this machine.

    Asks each model of the profile small tasks with checkable answers, in several ways. Takes minutes.
    """
    from homebody import overlay
    from homebody.bench.prompts import measure

    report = complete(measure(profiles.load(profile).router, rounds=rounds, progress=aside))
    written = None
    if write and report.best:
        keys: dict[tuple[str, ...], str | float] = {}
        for result in report.best:
            table = ("router", "models", result.model, "purposes", result.purpose)
            keys[*table, "template"] = result.strategy.template
            keys[*table, "temperature"] = result.strategy.temperature
        written = overlay.write(keys)
    if as_json:
        emit({**documented("prompts", report), "written": None if written is None else str(written)})
        return
    best = set(report.best)
    for result in report.results:
        mark = "*" if result in best else " "
        way = f"{result.strategy.template} at {result.strategy.temperature:g}"
        score = f"{result.right} of {result.tasks} right"
        say(f"{mark} {result.model:24} {result.purpose:13} {way:22} {score:16} {result.median_ms:8.0f} ms an answer")
    for model, reason in report.skipped.items():
        say(f"  {model} was left out. {reason}")
    if written:
        say(f"The best ones (*) are written to {written}. Start homebody again to use them.")
    elif not report.best:
        say("No answer was right, which says nothing of any prompt: none is chosen.")
    else:
        say("To use the best ones (*), run this again with --write.")
