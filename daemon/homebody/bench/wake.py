"""`homebody bench wake`: who calls us that does not mean us, and whether we hear those who do.

Sound goes through the house's own sentry and ears as fast as it can: time is a count of samples. Nothing is played.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from homebody.bench.evening import ESPEAK, FLITE, Evening
from homebody.options import VoiceOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk, Samples
from homebody.voice.ears import Ears
from homebody.voice.vad import SileroVad
from homebody.voice.wake_word import BUILT_IN, MicroWakeWords, Sentry

SAID_AS: Final = {name: name.replace("_", " ") for name in BUILT_IN}
TOLD_EVERY_MIN: Final = 5


class WakeReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        minutes: Of sound in which nobody calls; talk_min, music_min, noise_min: of which.
        synthesizers: Which spoke.
        false_wakes: Calls that were none.
        turns, turns_without_wake: Utterances that were taken for a person's while it listened; and without having been
            called.
        calls, calls_heard: Words said that are wake words, each by another voice; and how many were heard.
        words: The profile's wake words.
    """

    minutes: float
    talk_min: float
    music_min: float
    noise_min: float
    synthesizers: tuple[str, ...]
    false_wakes: int
    turns: int
    turns_without_wake: int
    calls: int
    calls_heard: int
    words: tuple[str, ...]


class Listener:
    """Listens as the voice service does: to the wake word always, to words only after it."""

    def __init__(self, options: VoiceOptions) -> None:
        self._options = options
        self._sentry = Sentry(MicroWakeWords(options.wake.words), options.wake)
        self._ears = Ears(SileroVad(), options.endpointing)
        self._until_s = -1.0
        self._wakes_left = 0
        self.wakes = self.turns = self.turns_without_wake = 0

    def hear(self, chunk: Chunk) -> None:
        """One chunk."""
        woke = self._sentry.hear(chunk, speaking=False)
        if woke:
            self.wakes, self._wakes_left = self.wakes + 1, 1
            self._ears.reset()
            self._until_s = chunk.at_s + self._options.listen_timeout_ms / 1000
        for heard in woke.since if woke else (chunk,):
            if self._until_s < heard.at_s:
                break
            now = self._ears.feed(heard)
            if now.began:
                self._until_s = float("inf")
            if now.utterance:
                self.turns += 1
                self.turns_without_wake += self._wakes_left == 0
                self._until_s, self._wakes_left = -1.0, 0

    def close(self) -> None:
        """Let the models go."""
        self._sentry.close()


def measure(options: VoiceOptions, minutes: float, *, progress: Callable[[str], None]) -> WakeReport:
    """Hear ``minutes`` of an evening, and then every voice call us once by each shipped word.

    Raises:
        MissingPart: The wake word's extra or a synthesizer is not there.
        ModelMissing, ModelFailed: A wake word has no model.
    """
    evening, listener = Evening(), Listener(options)
    heard_s = dict.fromkeys(("talk", "music", "noise"), 0.0)
    told_min, rest, at_s = 0, np.zeros(0, np.float32), 0.0
    try:
        for kind, sound in evening.pieces():
            heard_s[kind] += len(sound) / RATE_HZ
            rest = np.concatenate((rest, sound))
            for samples in _chunks(rest):
                at_s += CHUNK_MS / 1000
                listener.hear(Chunk(samples, at_s))
            rest = rest[len(rest) // CHUNK_SAMPLES * CHUNK_SAMPLES :]
            if at_s >= 60 * (told_min + TOLD_EVERY_MIN):
                told_min += TOLD_EVERY_MIN
                progress(f"{told_min} of {minutes:.0f} minutes, called {listener.wakes} times")
            if at_s >= 60 * minutes:
                break
    finally:
        listener.close()
    progress("calls")
    calls, calls_heard = _calls(options, evening)
    return WakeReport(
        minutes=round(at_s / 60, 1),
        talk_min=round(heard_s["talk"] / 60, 1),
        music_min=round(heard_s["music"] / 60, 1),
        noise_min=round(heard_s["noise"] / 60, 1),
        synthesizers=evening.synthesizers,
        false_wakes=listener.wakes,
        turns=listener.turns,
        turns_without_wake=listener.turns_without_wake,
        calls=calls,
        calls_heard=calls_heard,
        words=options.wake.words,
    )


def _calls(options: VoiceOptions, evening: Evening) -> tuple[int, int]:
    voices = [("espeak-ng", voice) for voice in ESPEAK if voice.startswith("en")]
    voices += [("flite", voice) for voice in FLITE]
    said = [SAID_AS[word] for word in options.wake.words if word in SAID_AS]
    count = heard = 0
    for text, (synthesizer, voice) in itertools.product(said, voices):
        if synthesizer not in evening.synthesizers:
            continue
        listener = Listener(options)
        for number, samples in enumerate(_chunks(evening.call(text, synthesizer, voice))):
            listener.hear(Chunk(samples, number * CHUNK_MS / 1000))
        listener.close()
        count, heard = count + 1, heard + (listener.wakes == 1)
    return count, heard


def _chunks(sound: Samples) -> list[Samples]:
    return [sound[at : at + CHUNK_SAMPLES] for at in range(0, len(sound) - CHUNK_SAMPLES + 1, CHUNK_SAMPLES)]
