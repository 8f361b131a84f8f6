"""Choose the gate: which transcripts are acted on. Tuned on clips of its own, tried on those of evaluate.py.

    PYTHONPATH=daemon:plugins:training/starter python -m recogniser.calibrate [--model FOLDER] [--clips FILE]

Of all pairs of thresholds that let no more than `evaluate.FALSE_COMMANDS` of any kind of other sound through, the one
that lets through the most sentences that were heard right, less those heard wrong. Prints it as a profile takes it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from homebody import starter
from homebody.options import TranscriberOptions
from homebody.voice.transcriber import refusal
from recogniser import trials
from recogniser.evaluate import COUNT, FALSE_COMMANDS, SEED, SMOKE, Heard, judged, listen, options_of

OWN_SEED: Final = SEED + 1000
_LOGPROBS: Final = tuple(-0.05 * step for step in range(1, 21))
_NO_SPEECH: Final = tuple(0.05 * step for step in range(1, 20))


class Gate(NamedTuple):
    """Thresholds and what they do.

    Attributes:
        min_avg_logprob, max_no_speech: As in `homebody.options.TranscriberOptions`.
        worst: The largest share of a kind of other sound that becomes a command.
        gain: Sentences let through that were heard right, less those heard wrong, as a share of all.
    """

    min_avg_logprob: float
    max_no_speech: float
    worst: float
    gain: float


def gates(heard: Sequence[Heard], options: TranscriberOptions) -> list[Gate]:
    """All of them, the best first: those within the bar by what they gain, then the others by how far they are off."""
    found = []
    kinds = {kind: [one for one in heard if one.clip.kind == kind] for kind in trials.NOT_COMMANDS}
    sentences = [one for one in heard if one.clip.text]
    for logprob in _LOGPROBS:
        for no_speech in _NO_SPEECH:
            chosen = msgspec.structs.replace(options, min_avg_logprob=logprob, max_no_speech=no_speech)
            worst = max(
                sum(not refusal(one.decoded, chosen) for one in row) / len(row) for row in kinds.values() if row
            )
            let = [one.is_exact for one in sentences if not refusal(one.decoded, chosen)]
            gain = (2 * sum(let) - len(let)) / max(1, len(sentences))
            found.append(Gate(round(logprob, 2), round(no_speech, 2), worst, gain))
    return sorted(found, key=lambda gate: (max(gate.worst, FALSE_COMMANDS), -gate.gain))


def main() -> int:
    """Choose."""
    parser = argparse.ArgumentParser(description="Choose the recogniser's gate.")
    parser.add_argument("--model", type=Path, default=None, help="Its folder; the shipped one if left out.")
    parser.add_argument("--clips", type=Path, default=Path("build/recogniser-clips/gate.npz"), help="Kept there.")
    parser.add_argument("--tried", type=Path, default=Path("build/recogniser-clips/judged.npz"), help="evaluate.py's.")
    parser.add_argument("--smoke", action="store_true")
    chosen = parser.parse_args()
    count, options = SMOKE if chosen.smoke else COUNT, options_of("embedded")
    model = (chosen.model or starter.recogniser()).resolve()
    best, *others = gates(listen(model, trials.trials(chosen.clips, OWN_SEED, count), options), options)
    for gate in (best, *others[:4]):
        sys.stdout.write(f"{gate}\n")
    for gate in (best, *others):
        if gate[:2] == (options.min_avg_logprob, options.max_no_speech):
            sys.stdout.write(f"in force: {gate}\n")
    sys.stdout.write(f"min_avg_logprob = {best.min_avg_logprob}\nmax_no_speech = {best.max_no_speech}\n")
    gated = msgspec.structs.replace(options, min_avg_logprob=best.min_avg_logprob, max_no_speech=best.max_no_speech)
    for name, row in judged(listen(model, trials.trials(chosen.tried, SEED, count), options), gated).items():
        if "," not in name:
            sys.stdout.write(f"{name:24} accepted {row['accepted']:6.1%}, and right {row['accepted_exact']:6.1%}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
