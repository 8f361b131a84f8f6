"""Does the recogniser guess? How long before its end each bundled command is whole to it already.

    PYTHONPATH=daemon:plugins:training/starter python -m recogniser.guesses [--model FOLDER]

Ears that complete what they have heard the beginning of make turns end before the person has: `bench voice` counts
those; this says why. Some 0.1 s is no guess, since a last vowel fades and its word is heard before.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from homebody import starter
from homebody.starter import bundled
from homebody.voice.audio import RATE_HZ
from homebody.voice.recordings import read_audio
from recogniser import trials
from recogniser.evaluate import Heard, listen, options_of
from recogniser.trials import Clip

STEP_MS: Final = 16
EARLIEST_MS: Final = 600  # before the end
LENGTHS: Final = len(range(EARLIEST_MS, -1, -STEP_MS))  # of each command


def beginnings(text: str, path: Path, ended_ms: float) -> Iterator[Clip]:
    """The command, each `STEP_MS` longer, from `EARLIEST_MS` before its end to the end."""
    samples = read_audio(path).samples
    for before_ms in range(EARLIEST_MS, -1, -STEP_MS):
        end = round((ended_ms - before_ms) * RATE_HZ / 1000)
        yield Clip(trials.EXAMPLES, text, "", samples[:end])


def earliest_ms(heard: list[Heard]) -> int | None:
    """Milliseconds before the end at which it was first heard whole; None where it was not even at the end.

    Args:
        heard: Of `beginnings`, in order.
    """
    whole = [place for place, one in enumerate(heard) if one.is_exact]
    return STEP_MS * (len(heard) - 1 - whole[0]) if whole else None


def main() -> int:
    """Listen, and tell."""
    parser = argparse.ArgumentParser(description="How long before its end each bundled command is whole to the ears.")
    parser.add_argument("--model", type=Path, default=None, help="Its folder; the shipped one if left out.")
    model, options = (parser.parse_args().model or starter.recogniser()).resolve(), options_of("embedded")
    recordings = bundled()
    clips = (beginnings(one.text, one.path, one.speech_ended_ms) for one in recordings)
    heard = iter(listen(model, itertools.chain.from_iterable(clips), options))
    for recording in recordings:
        early_ms = earliest_ms(list(itertools.islice(heard, LENGTHS)))
        told = "not before it has ended" if early_ms is None else f"{early_ms} ms before its end"
        sys.stdout.write(f"{recording.text:40}{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
