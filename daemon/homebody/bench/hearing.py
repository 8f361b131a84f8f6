"""`homebody bench hearing`: word error rate, sentence accuracy, cut-offs and false starts, quiet and in noise.

Recordings go through the house's own ears and transcriber as fast as they can: voice detection, endpointing, the right
window, the refusal of what is doubtful. Nothing is played and nothing is timed, so that any machine gives the same
figures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing

import msgspec
import numpy as np

from homebody.bench.noise import RATIOS_DB
from homebody.bench.word_errors import Understood, understood
from homebody.options import VoiceOptions
from homebody.starter import Recording
from homebody.voice.assembly import ears_for
from homebody.voice.audio import CHUNK_SAMPLES, RATE_HZ, Chunk, Samples, Utterance
from homebody.voice.noise import pink, with_noise
from homebody.voice.recordings import read_audio
from homebody.voice.transcriber import Transcriber, WhisperTranscriber

LEAD_S = 1.0  # of nothing but noise, in which nobody has spoken yet
TAIL_S = 2.0


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One level of noise; ``key``: ``quiet`` or ``10 dB``."""

    key: str
    score: Understood


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    model: str
    conditions: tuple[Condition, ...]


async def measure(options: VoiceOptions, recordings: Sequence[Recording], *, progress: Callable[[str], None]) -> Report:
    """Have every recording heard, quiet and in pink noise.

    Args:
        options: The profile's ``voice``.
        recordings: At least one.
        progress: Told what is heard.

    Raises:
        ModelError: The recogniser cannot be loaded.
    """
    conditions = []
    async with aclosing(WhisperTranscriber(options.transcriber)) as transcriber:
        for ratio_db in (None, *RATIOS_DB):
            key = "quiet" if ratio_db is None else f"{ratio_db:.0f} dB"
            progress(key)
            pairs, false_starts = [], 0
            for recording in recordings:
                heard, early = await _heard(options, transcriber, recording, ratio_db)
                pairs.append((recording.text, heard))
                false_starts += early
            conditions.append(Condition(key=key, score=understood(pairs, false_starts=false_starts)))
    return Report(model=options.transcriber.model, conditions=tuple(conditions))


async def _heard(
    options: VoiceOptions, transcriber: Transcriber, recording: Recording, ratio_db: float | None
) -> tuple[str, int]:
    """The words of all utterances together, and how many utterances had ended before anybody spoke."""
    sound = surrounded(read_audio(recording.path).samples, ratio_db)
    words, early = [], 0
    for utterance in _utterances(options, sound):
        transcript = await transcriber.transcribe(utterance.samples, options.language)
        if utterance.speech_ended_s < LEAD_S:
            early += 1
        elif not transcript.refused:
            words.append(transcript.text)
    return " ".join(words), early


def surrounded(speech: Samples, ratio_db: float | None) -> Samples:
    """The speech with room around it, and noise under all of it."""
    room = np.concatenate(
        [np.zeros(round(LEAD_S * RATE_HZ), np.float32), speech, np.zeros(round(TAIL_S * RATE_HZ), np.float32)]
    )
    return room if ratio_db is None else with_noise(room, ratio_db, pink(len(room)))


def _utterances(options: VoiceOptions, sound: Samples) -> list[Utterance]:
    ears, found = ears_for(options, live=False), []
    for at in range(0, len(sound) - CHUNK_SAMPLES, CHUNK_SAMPLES):
        chunk = Chunk(sound[at : at + CHUNK_SAMPLES], (at + CHUNK_SAMPLES) / RATE_HZ)
        if utterance := ears.feed(chunk).utterance:
            found.append(utterance)
    if utterance := ears.flush():
        found.append(utterance)
    return found
