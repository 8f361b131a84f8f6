"""`homebody bench hearing --windows`: which of Whisper's windows the profile's recogniser bears and how many threads
pay in them, as tables, and kept.

The voice service measures the same by itself while it is quiet (`homebody.voice.window_keeper`), but only as far as it
must; here every recording is read by every rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

import msgspec

from homebody.hardware import usable_cores
from homebody.options import VoiceOptions
from homebody.starter import Recording
from homebody.voice.thread_choice import Timings, threads_for
from homebody.voice.voices import PiperVoices, primary
from homebody.voice.whisper_window import WindowRule
from homebody.voice.window_calibration import Row, Verdict
from homebody.voice.window_record import choice, keep
from homebody.voice.window_sounds import sounds, typical


class Windows(msgspec.Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        model, compute_type: What hears.
        rows: Each rule, the cheapest first; 30 s last.
        verdict: What the model bears.
        timings: With how many threads it is how quick in its window; None: the profile or the machine allows but one,
            or the machine was too busy to tell.
        busy: The latter.
        threads: So many are taken.
        in_use: What the voice service uses from its next start on, and why.
        in_use_floor_s: Its shortest window.
    """

    model: str
    compute_type: str
    rows: tuple[Row, ...]
    verdict: Verdict
    timings: Timings | None
    busy: bool
    threads: int
    in_use: str
    in_use_floor_s: float


async def measure(
    options: VoiceOptions,
    recordings: Sequence[Recording] = (),
    *,
    thorough: bool = True,
    kept: bool = True,
    progress: Callable[[str], None],
) -> Windows:
    """Read all, and keep what was found in the data directory where that is wanted.

    Args:
        options: The profile's ``voice``.
        recordings: People's own, instead of the bundled ones.
        thorough: Every rule; else only as far as it takes to find one, as the voice service does.
        kept: Keep what was found in the data directory.
        progress: Told what is read.

    Raises:
        ModelError: The recogniser cannot be loaded.
        NotWritable: What was found cannot be kept.
    """
    from homebody.voice import whisper_model
    from homebody.voice.window_reader import calibrated, timed

    own = options.transcriber
    language = primary(options.language)
    model = await asyncio.to_thread(whisper_model.load, own)
    async with aclosing(PiperVoices(options.synthesizer, language=language)) as voices:
        heard = await sounds(voices, language, recordings)
    found = await asyncio.to_thread(calibrated, model, own, heard, thorough=thorough, progress=progress)
    folder, timings = model.folder, None
    del model
    rule = found.verdict.rule if own.min_window_s is None else WindowRule(own.min_window_s)
    most = min(own.threads, usable_cores())
    if most > 1:
        timings = await asyncio.to_thread(timed, own, typical(heard), rule, progress=progress)
    if kept:
        await asyncio.to_thread(keep, folder, own, found.verdict)
        if timings is not None:
            await asyncio.to_thread(keep, folder, own, timings)
    chosen = choice(folder, own)
    return Windows(
        model=own.model,
        compute_type=own.compute_type,
        rows=found.rows(),
        verdict=found.verdict,
        timings=timings,
        busy=timings is None and most > 1,
        threads=threads_for(own, rule, timings, usable_cores()).number,
        in_use=str(chosen),
        in_use_floor_s=chosen.rule.floor_s,
    )
