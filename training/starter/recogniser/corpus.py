"""Makes the corpus: sentences spoken by many voices, in shards. It can be stopped at any time and goes on.

    PYTHONPATH=daemon:plugins:training/starter python -m recogniser.corpus FOLDER [--shards N] [--first N]

A shard depends on its number and the seed alone. Two processes may share the work by their ``--first``.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

import shards
from homebody.voice.audio import RATE_HZ, Samples
from recogniser import spelling, voices
from recogniser.sentences import Said, Sentences

SEED: Final = 7
SHARD: Final = 400  # utterances
AT_ONCE: Final = {"espeak-ng": 2, "flite": 2, "festival": 12}  # sentences by one voice in one manner
OTHER: Final = 0.14  # of the utterances: not for homebody, nothing is to be heard
CALLED: Final = 0.05  # begin with the assistant's name, of which batches keep some or nothing
LONGEST_S: Final = 9.0
_KEPT_OUT_OF: Final = 16


class Utterance(NamedTuple):
    """A sentence as somebody said it.

    Attributes:
        said: What; of the kind ``other`` nothing of it is to be heard.
        voice: `voices.Voice.label`.
        samples: Mono, 16 kHz, 16 bit.
    """

    said: Said
    voice: str
    samples: npt.NDArray[np.int16]


def is_kept_out(said: Said) -> bool:
    """Whether it is a new sentence to test with, and must not be trained on."""
    text = said.text.removeprefix(said.source).strip() if said.kind == "called" else said.text
    of_skill = said.kind in {"skill", "called"}
    return of_skill and len(text.split()) >= 3 and zlib.crc32(text.encode()) % _KEPT_OUT_OF == 0


def utterances(number: int) -> Iterator[Utterance]:
    """Those of shard ``number``, without end."""
    rng = random.Random(f"{SEED} {number}")
    sentences, cast = Sentences(), voices.Cast(rng)
    while True:
        voice = cast.any()
        texts = [_sentence(sentences, rng) for _ in range(AT_ONCE[voice.synthesiser])]
        for said, samples in zip(texts, voices.speak(voice, [said.text for said in texts]), strict=True):
            if samples is not None and len(samples) <= LONGEST_S * RATE_HZ:
                yield Utterance(said, voice.label, _as_int16(samples))


def _sentence(sentences: Sentences, rng: random.Random) -> Said:
    if rng.random() < OTHER:
        return sentences.other(rng)
    make = sentences.called if rng.random() < CALLED else sentences.any
    while is_kept_out(said := make(rng)):
        pass
    return said


def write(path: Path, spoken: list[Utterance]) -> None:
    """One shard, whole or not at all."""
    arrays: dict[str, Any] = {
        "samples": np.concatenate([one.samples for one in spoken]),
        "ends": np.cumsum([len(one.samples) for one in spoken]),
        "said": np.array([list(one.said) for one in spoken]),
        "voices": np.array([one.voice for one in spoken]),
    }
    shards.write(path, arrays)


def read(path: Path) -> list[Utterance]:
    """A shard, spelled as sentences are by now."""
    with np.load(path) as arrays:
        parts = np.split(arrays["samples"], arrays["ends"][:-1])
        return [
            Utterance(Said(spelling.written(str(text)), str(kind), str(source)), str(voice), samples)
            for (text, kind, source), voice, samples in zip(arrays["said"], arrays["voices"], parts, strict=True)
        ]


def _as_int16(samples: Samples) -> npt.NDArray[np.int16]:
    return np.round(samples * 32767).astype(np.int16)


def main() -> int:
    """Make what is missing."""
    parser = argparse.ArgumentParser(description="Make the corpus of the starter recogniser.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, default=50, help=f"How many, of {SHARD} utterances each.")
    parser.add_argument("--first", type=int, default=0, help="Number of the first.")
    parser.add_argument("--size", type=int, default=SHARD)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for number in range(chosen.first, chosen.first + chosen.shards):
        path = shards.path_of(chosen.folder, number)
        if path.exists():
            continue
        began_s, source = time.monotonic(), utterances(number)
        spoken = [next(source) for _ in range(chosen.size)]
        write(path, spoken)
        hours = sum(len(one.samples) for one in spoken) / RATE_HZ / 3600
        took_s = time.monotonic() - began_s
        sys.stdout.write(f"{path.name}: {len(spoken)} utterances, {hours:.2f} h, made in {took_s:.0f} s\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
