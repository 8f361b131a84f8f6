"""A model's windows and threads, measured: reads the recordings as `homebody.voice.window_calibration` asks, and one of
them with each number of threads. Blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from homebody.hardware import usable_cores
from homebody.options import TranscriberOptions
from homebody.voice.thread_choice import Timing, Timings, candidates, in_rounds
from homebody.voice.transcriber import is_guarded, refusal
from homebody.voice.whisper_model import RightSizedWhisper, decode, load
from homebody.voice.whisper_window import WindowRule, looks_wrong
from homebody.voice.window_calibration import Calibration, Reading
from homebody.voice.window_sounds import Sound

READINGS: Final = 2  # with each number of threads in a round, at least
READING_S: Final = 0.25  # likewise; what else the machine does is counted in hundredths of a second


def calibrated(
    model: RightSizedWhisper,
    options: TranscriberOptions,
    sounds: Sequence[Sound],
    *,
    thorough: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Everything read that has to be.

    Args:
        model: Nobody else uses it meanwhile.
        options: How it hears.
        sounds: What it is to hear.
        thorough: As of `Calibration`.
        progress: Told each recording and window, before it is read.

    Raises:
        ModelFailed, OutOfMemory: It broke off.
    """
    known = {sound.clip.key: sound for sound in sounds}
    found = Calibration([sound.clip for sound in sounds], thorough=thorough)
    while wanted := found.wanted:
        progress(f"{wanted.window_s:g} s: {wanted.clip.key}")
        found.learn(wanted, read(model, options, known[wanted.clip.key], wanted.window_s))
    return found


def read(model: RightSizedWhisper, options: TranscriberOptions, sound: Sound, window_s: float) -> Reading:
    """One recording in one window, and whether it would be acted on."""
    began_s = time.monotonic()
    decoded = decode(
        model,
        sound.samples,
        language=sound.language,
        beam_size=options.beam_size,
        window_s=window_s,
        given_up=threading.Event(),
    )
    took_ms = 1000 * (time.monotonic() - began_s)
    words = "" if refusal(decoded, options) else decoded.text
    doubted = is_guarded(options) and looks_wrong(decoded, sound.clip.duration_s)
    return Reading(words, doubted=doubted, took_ms=took_ms)


def timed(
    options: TranscriberOptions,
    sound: Sound,
    rule: WindowRule,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> Timings | None:
    """How long understanding one recording takes, with each number of threads that the options and the machine allow.

    The model is loaded anew for each, since a loaded one keeps its threads, and two at once might not fit.

    Returns:
        None: The machine was too busy with other work to tell.

    Raises:
        ModelError: It cannot be loaded.
        ModelFailed, OutOfMemory: It broke off.
    """
    cores, window_s = usable_cores(), rule.window_s(sound.clip.duration_s)

    def take(threads: int) -> list[float]:
        progress(f"threads: {threads}")
        model = load(options, threads)
        taken_ms: list[float] = []
        read(model, options, sound, window_s)  # not counted: what was just loaded is cold
        until_s = time.monotonic() + READING_S
        while len(taken_ms) < READINGS or time.monotonic() < until_s:
            taken_ms.append(read(model, options, sound, window_s).took_ms)
        return taken_ms

    found = in_rounds(candidates(min(options.threads, cores)), take, _clock)
    if found is None:
        return None
    rows = (Timing(threads=threads, median_ms=round(ms, 1)) for threads, ms in found.items())
    return Timings(floor_s=rule.floor_s, margin_s=rule.margin_s, cores=cores, rows=tuple(rows))


def _clock() -> tuple[float, float]:
    """As `in_rounds` wants it. What a hypervisor takes away counts as other work."""
    import psutil

    all_cores = psutil.cpu_times()
    idle_s = all_cores.idle + getattr(all_cores, "iowait", 0.0)  # the latter on Linux alone
    return time.monotonic(), idle_s + time.process_time()
