"""`homebody bench text`, `vision`, `intents` and `shape`: how fast and how good what answers is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homebody import profile as profiles
from homebody.cli.bench_output import console_table, finish, options_for_reports, progress_line
from homebody.cli.output import aside, complete, say
from homebody.errors import UsageError
from homebody.profile import Profile

if TYPE_CHECKING:
    from homebody.bench import shape as shapes
    from homebody.bench.shapes.whisper import Fitting, Measured


@click.command()
@click.option("--model", "models", multiple=True, metavar="TAG", help="Measure this one; may be given several times.")
@click.option("--ab", nargs=2, metavar="A B", help="Two models in turns, and B as a ratio of A.")
@click.option("--backend", type=click.Choice(["ollama", "openai", "ctranslate2"]), help="Instead of the profile's.")
@click.option("--base-url", help="Its server, instead of the profile's.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=5, show_default=True, help="Answers to each prompt.")
@click.option("--tasks", type=click.IntRange(0, 100), help="So many tasks of each kind; 0: none. Otherwise all.")
@click.option("--strategies", is_flag=True, help="All tasks in five ways of asking (five times as long).")
@click.option("--sweep", is_flag=True, help="Also with other context lengths, where the server has them.")
@click.option("--judge", metavar="TAG", help="A model that judges creative answers.")
@click.option("--shape", is_flag=True, help="A model of 1.5 billion random weights: shape only, not quality.")
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Of the shape.")
@options_for_reports
@click.pass_obj
def text(
    profile: str | None,
    models: tuple[str, ...],
    ab: tuple[str, str] | None,
    backend: str | None,
    base_url: str | None,
    rounds: int,
    tasks: int | None,
    strategies: bool,
    sweep: bool,
    judge: str | None,
    shape: bool,
    threads: int,
    as_json: bool,
    out: Path | None,
) -> None:
    """Tokens/s, time to first token, load time, memory and the score of 73 tasks, for language models."""
    from homebody.bench import text as bench

    logging.getLogger("homebody.router").setLevel(logging.WARNING)  # what is loaded, we say ourselves
    progress = progress_line(quiet=as_json)
    if shape:
        from homebody.bench.shape import measure_decoder

        report = complete(measure_decoder(threads=threads, rounds=rounds, progress=progress))
    else:
        options = _engine(profiles.load(profile), backend, base_url).router
        wanted = bench.Wanted(rounds=rounds, per_purpose=tasks, strategies=strategies, sweep=sweep, judge=judge)
        chosen = list(ab or models or [options.text.model])
        report = complete(bench.measure(options, chosen, wanted, ab=ab is not None, progress=progress))
    if finish("text", report, as_json, out):
        return
    for line in _text_lines(report):
        say(line)


def _engine(profile: Profile, backend: str | None, base_url: str | None) -> Profile:
    import msgspec

    changes = {name: value for name, value in (("backend", backend), ("base_url", base_url)) if value}
    text = msgspec.structs.replace(profile.router.text, **changes)
    return msgspec.structs.replace(profile, router=msgspec.structs.replace(profile.router, text=text))


def _text_lines(report: object) -> list[str]:
    from homebody.bench.text import Report

    assert isinstance(report, Report)
    header = ("model", "stored as", "tokens/s", "first token", "reads tokens/s", "load", "memory", "tasks right")
    rows = [
        (
            one.model,
            one.footprint.quantisation or "-",
            _number(one.speed.tokens_per_s, "{:.1f}"),
            _number(one.speed.first_token_ms, "{:.0f} ms"),
            _number(one.speed.prompt_tokens_per_s, "{:.0f}"),
            _number(one.load_ms and one.load_ms / 1000, "{:.1f} s"),
            _number(one.footprint.memory_bytes and one.footprint.memory_bytes / 1e9, "{:.2f} GB"),
            f"{one.all.right} of {one.all.tasks}" if one.all else "-",
        )
        for one in report.models
    ]
    lines = console_table(header, rows)
    for one in report.models:
        if one.accuracy:
            shares = ", ".join(f"{purpose} {found.right}/{found.tasks}" for purpose, found in one.accuracy.items())
            lines += ["", f"{one.model}: {shares}"]
        lines += [
            f"  {way.strategy:17} {way.all.right} of {way.all.tasks}, {way.median_ms:.0f} ms an answer"
            for way in one.strategies
        ]
        for row in one.num_ctx_sweep:
            rate, reads = _number(row.tokens_per_s, "{:.1f}"), _number(row.prompt_tokens_per_s, "{:.0f}")
            memory = _number(row.memory_bytes and row.memory_bytes / 1e9, "{:.2f} GB")
            lines.append(f"  {row.key:15} {rate} tokens/s, reads {reads}, memory {memory}")
    if (ab := report.ab) is not None:
        lines += ["", f"{ab.b} against {ab.a}:"]
        for name, ratio, judged in (
            ("tokens/s", ab.tokens_per_s, ab.tokens_per_s_verdict),
            ("first token", ab.first_token_ms, ab.first_token_ms_verdict),
        ):
            if ratio:
                between = f"{ratio.median:.2f} times ({ratio.low:.2f} to {ratio.high:.2f})"
                lines.append(f"  {name:12} {between}, {ratio.pairs} pairs: {judged}")
        only = f"only {ab.a} right: {ab.right_only_a}, only {ab.b}: {ab.right_only_b}"
        lines.append(f"  tasks right  {ab.right_a} and {ab.right_b}; {only}")
    lines += [f"Not measured: {what}. {why}" for what, why in report.not_measured.items()]
    return lines


def _number(value: float | None, format: str) -> str:
    return "-" if value is None else format.format(value)


@click.command()
@click.option("--rounds", type=click.IntRange(1, 100), default=1, show_default=True, help="Of each question.")
@options_for_reports
@click.pass_obj
def vision(profile: str | None, rounds: int, as_json: bool, out: Path | None) -> None:
    """Questions about made pictures in four sizes and three formats: what is seen, tokens an image, how long."""
    from homebody.bench.vision import measure

    report = complete(measure(profiles.load(profile), rounds, progress=progress_line(quiet=as_json)))
    if finish("vision", report, as_json, out):
        return
    rows = [
        (
            one.setting,
            f"{one.right} of {one.asked}",
            *(f"{100 * one.by_kind.get(kind, 0):.0f} %" for kind in ("document", "shape", "chart", "text")),
            _number(one.tokens_an_image, "{:.0f}"),
            _number(one.first_token_p50_ms, "{:.0f} ms"),
            _number(one.p50_ms, "{:.0f} ms"),
        )
        for one in (*report.resolutions, *report.formats)
    ]
    header = ("", "right", "document", "shape", "chart", "text", "tokens", "first token", "answer")
    for line in console_table(header, rows):
        say(line)
    say(f"Answered by {report.model}; medians.")


@click.command()
@click.option("--set", "path", type=click.Path(path_type=Path, dir_okay=False), help="JSON lines; else our own set.")
@options_for_reports
def intents(path: Path | None, as_json: bool, out: Path | None) -> None:
    """How well sentences find the skill that answers them, what they are taken for, and how fast.

    A set has lines of {"text", "skill", "slots"}; the skill "none" is for what no skill should answer.
    """
    from homebody.bench import intents as bench
    from homebody.bench import skills

    if path is None and not bench.OWN_SET.exists():
        raise UsageError("Our own set is only in a checkout of homebody.", "Name one with --set FILE.jsonl.")
    rows = skills.read(path or bench.OWN_SET)
    if not rows:
        raise UsageError("The set is empty.", 'Write lines of {"text": "...", "skill": "...", "slots": {}}.')
    report = complete(bench.measure(rows))
    if finish("intents", report, as_json, out):
        return
    for mistake in report.mistakes:
        aside(f"{mistake.skill}, {mistake.kind} ({mistake.given}): {mistake.key}")
    rows_shown = [
        (skill, f"{100 * share:.0f} %", ", ".join(f"{name} {n}" for name, n in report.confusion.get(skill, {}).items()))
        for skill, share in report.recall.items()
    ]
    for line in console_table(("skill", "right", "taken for"), rows_shown):
        say(line)
    score = report.score
    say(
        f"Right: {score.accuracy:.1%} of {report.rows - score.not_shipped}; wrong {score.wrong}, missed {score.missed},"
    )
    say(f"a skill where none should answer {score.falsely_matched}; of skills that are not here {score.not_shipped}.")
    say(
        f"One sentence: p50 {report.p50_us:.0f} µs, p95 {report.p95_us:.0f} µs, p99 {report.p99_us:.0f} µs, longest "
        f"{report.worst_us:.0f} µs."
    )
    if (model := report.model) is not None:
        say(
            f"Of those that no skill answers: p50 {model.p50_us:.0f} µs, p95 {model.p95_us:.0f} µs, p99 "
            f"{model.p99_us:.0f} µs."
        )
    built = ", ".join(f"{language} {ms:.0f}" for language, ms in report.build_ms.items())
    say(f"Made ready, ms of processor time: {built}.")


def _which(report: shapes.Report, key: str) -> str:
    """Whose window it is."""
    from homebody.voice.whisper_window import UNPROVEN

    if report.chosen is not None and key == f"{report.chosen.verdict.rule.window_s(2.0):g} s":
        return "   <- chosen for the starter recogniser by its words"
    return "   <- of a model not measured yet" if key == f"{UNPROVEN.window_s(2.0):g} s" else ""


def _heard_lines(report: shapes.Report, heard: Measured, threads: int) -> Iterator[str]:
    """Of one shape with its number of threads, where as many as ``threads`` were given."""
    yield (
        f"{heard.shape}, {heard.compute_type}, {_threads(heard.threads)}: {heard.disk_bytes / 1e6:.0f} MB, "
        f"loads in {heard.load_ms:.0f} ms"
    )
    for window in heard.windows:
        yield f"  window {window.key:5} encoder {window.encode_ms:7.0f} ms   16 tokens {window.decode_ms:6.0f} ms"
    yield "  2 s of speech and exactly 12 tokens, over the same in faster-whisper's own 30 s:"
    for fits in heard.fitting:
        yield f"    window {fits.key:5} {_share(fits)}{_which(report, fits.key)}"
    if heard.as_run:
        yield f"  as homebody runs it, with the fewest threads that pay, over those 30 s with {_threads(threads)}:"
    for run in heard.as_run:
        yield f"    window {run.key:5} {_threads(run.threads):10} {_share(run)}{_which(report, run.key)}"
    if heard.parts:
        yield "  where that time goes, in ms (nothing but the encoder and the prompt depends on the window):"
    for part in heard.parts:
        yield (
            f"    window {part.key:5} encoder {part.encode_ms:7.1f}   prompt {part.prompt_ms:6.1f}   "
            f"12 tokens {12 * part.token_ms:6.1f} ({part.token_ms:.1f} each)"
        )


def _share(fits: Fitting) -> str:
    wall, cpu = fits.wall, fits.cpu
    return f"{wall.median:.2f} of the time ({wall.low:.2f} to {wall.high:.2f}), {cpu.median:.2f} of the processor time"


def _threads(number: int) -> str:
    return f"{number} thread{'s' if number > 1 else ''}"


@click.command()
@click.option("--only", "parts", multiple=True, metavar="SHAPE", help="This one; may be given several times.")
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Whisper's also with 1.")
@click.option("--rounds", type=click.IntRange(1, 1000), default=5, show_default=True, help="Of each measurement.")
@options_for_reports
def shape(parts: tuple[str, ...], threads: int, rounds: int, as_json: bool, out: Path | None) -> None:
    """What real models would cost here, where none are: random weights in their true shape. Says nothing of quality.

    Whisper tiny, base and small, Piper medium, Qwen2 1.5B; each is made in the cache folder and removed again. The last
    takes 4 GB of memory and as much of the disk while it is made.
    """
    from homebody.bench.shape import PARTS, measure

    if unknown := [part for part in parts if part not in PARTS]:
        raise UsageError(f"There is no shape named {unknown[0]}.", f"Choose from: {', '.join(PARTS)}.")
    work = measure(parts or PARTS, threads=threads, rounds=rounds, progress=progress_line(quiet=as_json))
    report = complete(work)
    if finish("shape", report, as_json, out):
        return
    say(f"{report.label.capitalize()}; {_threads(threads)}, medians of {rounds}.")
    for line in (line for heard in report.recognisers for line in _heard_lines(report, heard, threads)):
        say(line)
    if (chosen := report.chosen) is not None:
        found, words = chosen.verdict, chosen.verdict.understood
        say(f"The starter recogniser: {words} of {found.clips} recordings understood in 30 s, quiet and in noise;")
        say(f"  windows of at least {found.floor_s:g} s, {found.margin_s:g} s to spare, change no word of them.")
    for voice in report.voices:
        say(f"{voice.shape}: {voice.disk_bytes / 1e6:.0f} MB, loads in {voice.load_ms:.0f} ms")
        for spoken in voice.sentences:
            say(
                f"  {spoken.key:7} first sound {spoken.first_sound_ms:6.0f} ms   "
                f"{spoken.sound_ms / 1000:.1f} s of speech at {spoken.real_time:.2f} of real time"
            )
    for decoder in report.decoders:
        rate, reads = decoder.speed.tokens_per_s, decoder.speed.prompt_tokens_per_s
        say(
            f"{decoder.model}, {decoder.footprint.quantisation}: {_number(rate, '{:.1f}')} tokens/s, "
            f"reads {_number(reads, '{:.0f}')} tokens/s, memory "
            f"{_number(decoder.footprint.memory_bytes and decoder.footprint.memory_bytes / 1e9, '{:.2f} GB')}"
        )
