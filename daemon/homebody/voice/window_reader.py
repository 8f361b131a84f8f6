"""A model's windows, measured: loads it, reads the recordings as `homebody.voice.window_calibration` asks. Blocks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from homebody.options import TranscriberOptions
from homebody.voice.transcriber import is_guarded, refusal
from homebody.voice.whisper_model import RightSizedWhisper, decode
from homebody.voice.whisper_window import looks_wrong
from homebody.voice.window_calibration import Calibration, Reading
from homebody.voice.window_sounds import Sound


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
