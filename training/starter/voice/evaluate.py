"""Judge voices, as they speak in the voice service: what an independent recogniser hears, and what it costs.

    PYTHONPATH=daemon:plugins:training/starter python -m voice.evaluate [--voice FOLDER ...] [--source] [--show]

Prints a table, a column for each voice, and one JSON object. Exit status 1 when a voice misses a bar. The recogniser is
pocketsphinx with its own 134,000 words and language model: with a closed grammar a mumble would be taken for one of its
sentences.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from homebody import starter
from homebody.bench.word_errors import errors
from homebody.options import SynthesizerOptions
from homebody.voice.audio import Audio, Samples
from homebody.voice.recordings import read_audio
from homebody.voice.synthesizer import PiperSynthesizer
from listening import transcribed, words
from voice.corpus import SOURCE, speak
from voice.export import MODEL
from voice.frames import RATE_HZ
from voice.sentences import heard

WORDS: Final = 0.8  # of each set are to be understood
LIMIT_MB: Final = 8.0
SMOKE: Final = 2  # sentences of each set
AUDIBLE: Final = 0.01  # root mean square of the full scale
WORD_S: Final = (0.1, 2.0)  # a word lasts so long


class Spoken(NamedTuple):
    """The sentences of the judgement, spoken.

    Attributes:
        sets: By the name of their set: each sentence and its sound.
        loaded_ms: What loading the voice took.
        first_ms: What each sentence's first sound took.
    """

    sets: dict[str, list[tuple[str, Audio]]]
    loaded_ms: float
    first_ms: list[float]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one voice; None: not for a voice of this kind.

    Attributes:
        understood: By the set: the share of words, less those that were heard in addition.
        words_a_second: Pace, pauses included.
        pitch_hz: Its middle.
        spread_semitones: Standard deviation of the pitch around it.
        same_twice: Whether the same words are the same sound, sample by sample.
        size_mb: Of the model.
        loaded_ms, first_ms, slowest_ms: Loading it; until a sentence sounds, the middle one and the slowest. The
            quicker of two times each, so that a machine with other work tells as little as possible.
    """

    understood: dict[str, float]
    words_a_second: float
    pitch_hz: float
    spread_semitones: float
    same_twice: bool | None = None
    size_mb: float | None = None
    loaded_ms: float | None = None
    first_ms: float | None = None
    slowest_ms: float | None = None


async def say(model: Path, sets: dict[str, list[str]]) -> Spoken:
    """Everything, as the voice service does."""
    spoken: dict[str, list[tuple[str, Audio]]] = {}
    first_ms = []
    async with aclosing(PiperSynthesizer(SynthesizerOptions(voice=str(model)))) as synthesizer:
        began_s = time.perf_counter()
        await synthesizer.load()
        loaded_ms = 1000 * (time.perf_counter() - began_s)
        for name, texts in sets.items():
            for text in texts:
                sounds: list[Audio] = []
                began_s = time.perf_counter()
                async with aclosing(synthesizer.synthesize(text)) as sentences:
                    async for audio in sentences:
                        if not sounds:
                            first_ms.append(1000 * (time.perf_counter() - began_s))
                        sounds.append(audio)
                whole = np.concatenate([audio.samples for audio in sounds])
                spoken.setdefault(name, []).append((text, Audio(whole, sounds[0].rate_hz)))
    return Spoken(spoken, loaded_ms, first_ms)


def say_source(sets: dict[str, list[str]]) -> dict[str, list[tuple[str, Audio]]]:
    """Everything, by flite."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"

        def one(text: str) -> Audio:
            speak(text, path)
            return read_audio(path)

        return {name: [(text, one(text)) for text in texts] for name, texts in sets.items()}


def judged(spoken: dict[str, list[tuple[str, Audio]]], *, show: bool = False) -> Figures:
    """What can be heard."""
    from voice.analysis import pitch

    understood = {}
    for name, row in spoken.items():
        wrong = 0
        for text, audio in row:
            wrong += errors(text, said := transcribed(audio))
            if show and errors(text, said):
                sys.stdout.write(f"  {text}  ->  {said}\n")
        understood[name] = round(1 - wrong / sum(len(words(text)) for text, _ in row), 3)
    everything = [(text, audio) for row in spoken.values() for text, audio in row]
    hz = np.concatenate([pitch(_speech(audio).astype(np.float64))[0] for _, audio in everything])
    hz = hz[hz > 0]
    speech_s = sum(len(_speech(audio)) for _, audio in everything) / RATE_HZ
    return Figures(
        understood=understood,
        words_a_second=round(sum(len(words(text)) for text, _ in everything) / speech_s, 2),
        pitch_hz=round(float(np.median(hz)), 1),
        spread_semitones=round(12 * float(np.std(np.log2(hz))), 2),
    )


def _speech(audio: Audio) -> Samples:
    """Without the silence around it."""
    loud = np.flatnonzero(np.abs(audio.samples) > AUDIBLE * np.abs(audio.samples).max())
    return audio.samples[loud[0] : loud[-1] + 1] if len(loud) else audio.samples


def figures_of(folder: Path, sets: dict[str, list[str]], *, show: bool) -> Figures:
    """Of the voice in a folder."""
    first, second = (asyncio.run(say(folder / MODEL, sets)) for _ in range(2))
    both = [(one.samples, other.samples) for name in sets for (_, one), (_, other) in _pairs(first, second, name)]
    first_ms = [min(times) for times in zip(first.first_ms, second.first_ms, strict=True)]
    return msgspec.structs.replace(
        judged(first.sets, show=show),
        same_twice=all(np.array_equal(one, other) for one, other in both),
        size_mb=round((folder / MODEL).stat().st_size / 1e6, 2),
        loaded_ms=round(min(first.loaded_ms, second.loaded_ms)),
        first_ms=round(statistics.median(first_ms), 1),
        slowest_ms=round(max(first_ms), 1),
    )


def _pairs(first: Spoken, second: Spoken, name: str) -> zip[tuple[tuple[str, Audio], tuple[str, Audio]]]:
    return zip(first.sets[name], second.sets[name], strict=True)


def missed(figures: Figures) -> list[str]:
    """The bars that a voice misses."""
    found = [f"words of {name}" for name, share in figures.understood.items() if share < WORDS]
    if figures.same_twice is False:
        found.append("not the same sound twice")
    if figures.size_mb is not None and figures.size_mb > LIMIT_MB:
        found.append("size")
    return found


def implausible(spoken: Spoken) -> list[str]:
    """The sentences that no voice would speak so: silent, hurried or endless."""
    return [
        text
        for row in spoken.sets.values()
        for text, audio in row
        if float(np.sqrt(np.mean(_speech(audio) ** 2))) < AUDIBLE
        or not WORD_S[0] < len(_speech(audio)) / audio.rate_hz / len(words(text)) < WORD_S[1]
    ]


def table(columns: dict[str, Figures]) -> str:
    """A column a voice."""
    rows: list[tuple[str, list[str]]] = []
    sets = next(iter(columns.values())).understood
    rows += [
        (f"words understood, {name}", [f"{100 * one.understood[name]:.1f} %" for one in columns.values()])
        for name in sets
    ]
    for label, attribute in (
        ("words a second", "words_a_second"), ("pitch, Hz", "pitch_hz"), ("its spread, semitones", "spread_semitones"),
        ("the same sound twice", "same_twice"), ("size, MB", "size_mb"), ("loading, ms", "loaded_ms"),
        ("first sound, ms", "first_ms"), ("at most, ms", "slowest_ms"),
    ):  # fmt: skip
        values = [getattr(one, attribute) for one in columns.values()]
        rows.append((label, ["" if value is None else str(value).lower() for value in values]))
    lines = [f"{'':28}" + "".join(f"{'/'.join(Path(name).parts[-2:]):>22}" for name in columns)]
    lines += [f"{label:28}" + "".join(f"{cell:>22}" for cell in cells) for label, cells in rows]
    return "\n".join(lines) + "\n"


def smoke(folder: Path, sets: dict[str, list[str]]) -> int:
    """Whether it speaks at all."""
    spoken = asyncio.run(say(folder / MODEL, {name: texts[:SMOKE] for name, texts in sets.items()}))
    found = implausible(spoken)
    sys.stdout.write(f"not spoken: {found}\n" if found else f"it speaks, {statistics.median(spoken.first_ms):.0f} ms\n")
    return 1 if found else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description="Judge voices.")
    parser.add_argument("--voice", type=Path, action="append", help="Its folder; the shipped one if left out.")
    parser.add_argument("--source", action="store_true", help="Judge flite as well, from which they learned.")
    parser.add_argument("--show", action="store_true", help="Show what was misheard.")
    parser.add_argument("--smoke", action="store_true", help="Only whether the voice speaks.")
    chosen = parser.parse_args(arguments)
    folders = [path.resolve() for path in chosen.voice or [starter.voice().parent]]
    if chosen.smoke:
        return max(smoke(folder, heard()) for folder in folders)
    columns = {f"flite {SOURCE}": judged(say_source(heard()), show=chosen.show)} if chosen.source else {}
    columns |= {str(folder): figures_of(folder, heard(), show=chosen.show) for folder in folders}
    sys.stdout.write(table(columns))
    load = round(os.getloadavg()[0], 2)
    sys.stdout.write(json.dumps({"voices": msgspec.to_builtins(columns), "load_average": load}) + "\n")
    found = {name: bars for name, figures in columns.items() if (bars := missed(figures)) and "flite" not in name}
    sys.stdout.write(f"missed: {found}\n" if found else "all bars kept\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
