"""Judge the recogniser, as it hears in the voice service: through faster-whisper, beam 1, and the gate of a profile.

    PYTHONPATH=daemon:plugins:training/starter python -m recogniser.evaluate [--model FOLDER] [--clips FILE] [--show]

Prints a table and one JSON object, by voices that training never hears. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from homebody import profile as profiles
from homebody import starter
from homebody.bench.word_errors import errors
from homebody.options import TranscriberOptions
from homebody.voice.audio import RATE_HZ
from homebody.voice.transcriber import refusal
from homebody.voice.whisper_model import decode, load
from homebody.voice.whisper_window import STARTERS, Decoded
from recogniser import trials
from recogniser.trials import Clip

SEED: Final = 1007
COUNT: Final = 300
SMOKE: Final = 4
EXACT: Final = {trials.EXAMPLES: 0.97, trials.NOISY: 0.90, trials.NEW: 0.85}
WORD_ERRORS: Final = 0.05  # of the new sentences
FALSE_COMMANDS: Final = 0.02
SHOWN: Final = 40


class Heard(NamedTuple):
    """What a clip was heard as."""

    clip: Clip
    decoded: Decoded

    @property
    def is_exact(self) -> bool:
        """To the letter."""
        return self.decoded.text == self.clip.text


def listen(model: Path, clips: Iterable[Clip], options: TranscriberOptions) -> list[Heard]:
    """Hear each; the gate is not asked."""
    options = msgspec.structs.replace(options, model=str(model), beam_size=1)
    whisper = load(options)
    return [
        Heard(
            clip,
            decode(
                whisper,
                clip.samples,
                language="en",
                beam_size=1,
                window_s=STARTERS.window_s(len(clip.samples) / RATE_HZ),
                given_up=threading.Event(),
            ),
        )
        for clip in clips
    ]


def judged(heard: Sequence[Heard], options: TranscriberOptions) -> dict[str, dict[str, float]]:
    """Figures of each kind, of all voices and of each: how many clips, exact and word errors before the gate; accepted
    by the gate, and exact among all after it."""
    rows: dict[str, list[Heard]] = {}
    for one in heard:
        rows.setdefault(one.clip.kind, []).append(one)
        if one.clip.voice and one.clip.text:
            rows.setdefault(f"{one.clip.kind}, {one.clip.voice}", []).append(one)
    figures = {}
    for name, row in rows.items():
        accepted = [one for one in row if not refusal(one.decoded, options)]
        words = sum(len(one.clip.text.split()) for one in row)
        figures[name] = {
            "clips": len(row),
            "exact": sum(one.is_exact for one in row) / len(row),
            "word_errors": sum(errors(one.clip.text, one.decoded.text) for one in row) / words if words else 0.0,
            "accepted": len(accepted) / len(row),
            "accepted_exact": sum(one.is_exact for one in accepted) / len(row),
        }
    return figures


def missed(figures: dict[str, dict[str, float]]) -> list[str]:
    """The bars that are missed."""
    found = [name for name, bar in EXACT.items() if name in figures and figures[name]["exact"] < bar]
    if trials.NEW in figures and figures[trials.NEW]["word_errors"] > WORD_ERRORS:
        found.append("word errors of new sentences")
    found += [
        f"false commands: {name}"
        for name in trials.NOT_COMMANDS
        if name in figures and figures[name]["accepted"] > FALSE_COMMANDS
    ]
    return found


def options_of(name: str) -> TranscriberOptions:
    """Of a profile, nobody's overlay."""
    return profiles.load(name, overlay=Path(os.devnull)).voice.transcriber


def _table(figures: dict[str, dict[str, float]]) -> str:
    lines = [f"{'':46}{'clips':>6}{'exact':>8}{'WER':>8}{'accepted':>10}{'of it exact':>13}"]
    for name, row in sorted(figures.items()):
        shares = [f"{100 * row[key]:.1f}%" for key in ("exact", "word_errors", "accepted", "accepted_exact")]
        lines.append(f"{name:46}{row['clips']:>6}{shares[0]:>8}{shares[1]:>8}{shares[2]:>10}{shares[3]:>13}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description="Judge the recogniser.")
    parser.add_argument("--model", type=Path, default=None, help="Its folder; the shipped one if left out.")
    parser.add_argument("--clips", type=Path, default=Path("build/recogniser-clips/judged.npz"), help="Kept there.")
    parser.add_argument("--profile", default="embedded", help="Whose gate.")
    parser.add_argument("--show", action="store_true", help="Show some of what was misheard.")
    parser.add_argument("--every", type=int, default=1, help="Only each so-manieth clip, for a quick look.")
    parser.add_argument("--smoke", action="store_true", help="A few clips, and no bars.")
    chosen = parser.parse_args()
    clips = trials.trials(chosen.clips, SEED, SMOKE if chosen.smoke else COUNT)[:: chosen.every]
    options = options_of(chosen.profile)
    model = (chosen.model or starter.recogniser()).resolve()
    began_s = time.monotonic()
    heard = listen(model, clips, options)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = judged(heard, options)
    sys.stdout.write(_table(figures))
    if chosen.show:
        wrong = [one for one in heard if not one.is_exact and one.clip.text]
        for one in random.Random(SEED).sample(wrong, min(SHOWN, len(wrong))):
            sys.stdout.write(f"  {one.clip.voice:34} {one.clip.text}  ->  {one.decoded.text}\n")
    rest = {
        "processor_ms_a_clip": round(1000 * (usage.ru_utime + usage.ru_stime) / len(clips), 1),
        "wall_s": round(time.monotonic() - began_s, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "size_mb": round(sum(path.stat().st_size for path in model.iterdir()) / 1e6, 2),
    }
    sys.stdout.write(json.dumps({"figures": figures, **rest}) + "\n")
    if chosen.smoke:
        return 0
    found = missed(figures)
    sys.stdout.write(f"missed: {', '.join(found)}\n" if found else "all bars kept\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
