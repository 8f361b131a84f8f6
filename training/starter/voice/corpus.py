"""Makes the corpus: sentences spoken by flite, taken apart, in shards. It can be stopped at any time and goes on.

    PYTHONPATH=daemon:plugins:training/starter python -m voice.corpus FOLDER [--shards N] [--first N] [--size N]

A shard depends on its number, its size and the seed alone. Two processes may share the work by their ``--first``.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from piper.const import BOS, EOS
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from piper.phonemize_espeak import EspeakPhonemizer

import shards
from homebody.voice.recordings import read_audio
from voice import phones
from voice.frames import HOP, RATE_HZ, Array, Counts
from voice.sentences import sentences

SEED: Final = 7
SHARD: Final = 50  # sentences, of which nearly all are kept
SOURCE: Final = "rms"  # flite's voice
LANGUAGE: Final = "en-us"  # espeak-ng's
LONGEST_LEAD: Final = 8  # frames of silence that are left before a sentence
LONGEST_TRAIL: Final = 14  # and after it
_DEADLINE_S: Final = 60.0


class Utterance(NamedTuple):
    """A sentence and how it is spoken.

    Attributes:
        text: The sentence.
        ids: Piper's, of its beginning, its phonemes and its end, without the padding between.
        widths: Frames of each.
        frames: As `frames` has them.
    """

    text: str
    ids: Counts
    widths: Counts
    frames: Array


class Speaker:
    """Speaks sentences and takes them apart.

    Args:
        folder: For the sound of the sentence that is being spoken.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "spoken.wav"
        self._phonemizer = EspeakPhonemizer()

    def say(self, text: str) -> Utterance | None:
        """A sentence; None if flite says something else than Piper would."""
        from voice.analysis import analyse

        pronounced = self._phonemizer.phonemize(LANGUAGE, text)
        spoken = phones.read_phones(speak(text, self._path))
        if len(pronounced) != 1 or not spoken:
            return None
        phonemes = [BOS, *pronounced[0], EOS]
        said = [phones.Sound(phones.PAUSE, (0,)), *phones.sounds(phonemes)]
        if said[-1].name != phones.PAUSE or len(said) < 3:
            return None
        aligned = phones.align(said, spoken)
        if aligned.cost > phones.WORST or aligned.spans[-1] is None:
            return None
        frames = analyse(read_audio(self._path).samples.astype(np.float64))
        widths = phones.widths(aligned.spans, said, len(phonemes), len(frames))
        return _known(text, phonemes, *without_silence(widths, frames))


def speak(text: str, path: Path) -> str:
    """Have flite speak into a file, 16 kHz, mono; what it says about its phones (`phones.read_phones`)."""
    command = ["flite", "-voice", SOURCE, "-psdur", "-t", text, "-o", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=_DEADLINE_S).stdout


def without_silence(widths: Counts, frames: Array) -> tuple[Counts, Array]:
    """With at most `LONGEST_LEAD` frames before the first sound and `LONGEST_TRAIL` after the last."""
    widths = widths.copy()
    last = np.flatnonzero(widths)[-1]
    lead, trail = max(0, widths[0] - LONGEST_LEAD), max(0, widths[last] - LONGEST_TRAIL)
    widths[0] -= lead
    widths[last] -= trail
    return widths, frames[lead : len(frames) - trail]


def _known(text: str, phonemes: Sequence[str], widths: Counts, frames: Array) -> Utterance | None:
    """Without what Piper has no number for; None if that is heard."""
    ids = [DEFAULT_PHONEME_ID_MAP.get(phoneme) for phoneme in phonemes]
    if any(number is None and width for number, width in zip(ids, widths, strict=True)):
        return None
    kept = [(number[0], width) for number, width in zip(ids, widths, strict=True) if number is not None]
    return Utterance(text, np.array([number for number, _ in kept]), np.array([width for _, width in kept]), frames)


def write(path: Path, spoken: Sequence[Utterance]) -> None:
    """One shard, whole or not at all."""
    arrays: dict[str, Any] = {
        "texts": np.array([one.text for one in spoken]),
        "lengths": np.array([(len(one.ids), len(one.frames)) for one in spoken]),
        "ids": np.concatenate([one.ids for one in spoken]),
        "widths": np.concatenate([one.widths for one in spoken]),
        "frames": np.concatenate([one.frames for one in spoken]),
    }
    shards.write(path, arrays)


def read(path: Path) -> list[Utterance]:
    """A shard."""
    with np.load(path) as arrays:
        symbols, frames = np.cumsum(arrays["lengths"], axis=0)[:-1].T
        parts = [np.split(arrays["ids"], symbols), np.split(arrays["widths"], symbols)]
        parts.append(np.split(arrays["frames"], frames))
        return [Utterance(str(text), *rest) for text, *rest in zip(arrays["texts"], *parts, strict=True)]


def main() -> int:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description="Make the corpus of the starter voice.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, default=20, help=f"How many, of {SHARD} sentences each.")
    parser.add_argument("--first", type=int, default=0, help="Number of the first.")
    parser.add_argument("--size", type=int, default=SHARD)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    numbers = range(chosen.first, chosen.first + chosen.shards)
    texts = list(itertools.islice(sentences(SEED), chosen.size * numbers.stop))
    with tempfile.TemporaryDirectory() as folder:
        speaker = Speaker(Path(folder))
        for number in numbers:
            path = shards.path_of(chosen.folder, number)
            if path.exists():
                continue
            began_s = time.monotonic()
            said = [speaker.say(text) for text in texts[chosen.size * number :][: chosen.size]]
            spoken = [one for one in said if one is not None]
            write(path, spoken)
            minutes = sum(len(one.frames) for one in spoken) * HOP / RATE_HZ / 60
            took_s = time.monotonic() - began_s
            sys.stdout.write(f"{path.name}: {len(spoken)} of {len(said)}, {minutes:.1f} min, made in {took_s:.0f} s\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
