"""Train the voice; it can be stopped at any time and goes on where it was.

    PYTHONPATH=daemon:plugins:training/starter python -m voice.train BUILD_FOLDER --corpus FOLDER [--steps N]

In the build folder: checkpoint.pt (everything to go on), weights.npz (the averaged weights, float32: what export.py
reads, without torch), curve.jsonl (a line every `SAY_EVERY` steps, and one for every look at sentences kept out).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

import checkpoint
import shards
from voice import corpus
from voice.corpus import Utterance
from voice.frames import BANDS, HOP, PITCH, PLACES, RATE_HZ, VOICED, WIDTH, Array, places
from voice.model import Shape, Voice

SEED: Final = 7
STEPS: Final = 1500
SENTENCES: Final = 6  # a step
PEAK: Final = 2e-3
WARM_STEPS: Final = 50
LEVEL: Final = 0.4  # of the steps; then the rate falls
LAST: Final = 0.02  # of the peak
DECAY: Final = 1e-3
BETAS: Final = (0.9, 0.98)
CLIP: Final = 1.0
AVERAGE: Final = 0.99
WEIGHTS: Final = {"bands": 1.0, "noise": 1.0, "voiced": 0.5, "pitch": 0.5, "widths": 0.5, "motion": 0.5}
KEPT_OUT: Final = 16  # sentences to look at
LEAST_SCALE: Final = 1e-3
SAY_EVERY: Final = 20
SAVE_EVERY_S: Final = 60.0
LOOK_EVERY: Final = 200


class Norm(NamedTuple):
    """What frames are brought to and from: ``frames * scale + mean``. Shares stay shares.

    Attributes:
        mean, scale: `WIDTH` numbers each.
    """

    mean: Array
    scale: Array

    @classmethod
    def of(cls, frames: Array) -> Norm:
        """For these; bands that vary little count half as much as they would."""
        mean, scale = frames.mean(0), frames.std(0) + LEAST_SCALE
        scale[:BANDS] = (scale[:BANDS] + scale[:BANDS].mean()) / 2
        mean[BANDS:PITCH], scale[BANDS:PITCH] = 0, 1
        return cls(mean, scale)


class Batch(NamedTuple):
    """Sentences of like lengths, zero where there is nothing.

    Attributes:
        ids, widths, is_symbol: Row, symbol; the last with a third dimension of 1.
        symbol, places, is_frame, frames: Row, frame, and what there is of each.
    """

    ids: Tensor
    widths: Tensor
    is_symbol: Tensor
    symbol: Tensor
    places: Tensor
    is_frame: Tensor
    frames: Tensor


def batch(utterances: Sequence[Utterance], norm: Norm) -> Batch:
    """These."""
    rows, symbols = len(utterances), max(len(one.ids) for one in utterances)
    length = max(len(one.frames) for one in utterances)
    made = Batch(
        torch.zeros(rows, symbols, dtype=torch.long), torch.zeros(rows, symbols), torch.zeros(rows, symbols, 1),
        torch.zeros(rows, length, dtype=torch.long), torch.zeros(rows, length, PLACES), torch.zeros(rows, length, 1),
        torch.zeros(rows, length, WIDTH),
    )  # fmt: skip
    for row, one in enumerate(utterances):
        symbol, place = places(one.widths)
        made.ids[row, : len(one.ids)] = torch.from_numpy(one.ids)
        made.widths[row, : len(one.ids)] = torch.from_numpy(one.widths)
        made.is_symbol[row, : len(one.ids)] = 1
        made.symbol[row, : len(symbol)] = torch.from_numpy(symbol)
        made.places[row, : len(symbol)] = torch.from_numpy(place)
        made.is_frame[row, : len(symbol)] = 1
        made.frames[row, : len(symbol)] = torch.from_numpy((one.frames - norm.mean) / norm.scale)
    return made


def losses(model: Voice, given: Batch) -> dict[str, Tensor]:
    """Each part's: mean absolute errors, of the bands also from frame to frame (which keeps what is quick quick)."""
    known, widths = model.encode(given.ids, given.is_symbol)
    made = model.decode(known, given.symbol, given.places, given.is_frame)
    there, voiced = given.is_frame, given.frames[..., VOICED:PITCH]
    off = (made - given.frames).abs() * there
    motion = (made[..., :BANDS].diff(dim=1) - given.frames[..., :BANDS].diff(dim=1)).abs() * there[:, 1:]
    is_voiced = functional.binary_cross_entropy_with_logits(made[..., VOICED:PITCH], voiced, reduction="none")
    frames = there.sum()
    return {
        "bands": off[..., :BANDS].sum() / frames / BANDS,
        "noise": off[..., BANDS:VOICED].sum() / frames / (VOICED - BANDS),
        "voiced": (is_voiced * there).sum() / frames,
        "pitch": (off[..., PITCH:] * voiced).sum() / (voiced * there).sum().clamp(min=1),
        "widths": ((widths - given.widths.log1p()).abs() * given.is_symbol[..., 0]).sum() / given.is_symbol.sum(),
        "motion": motion.sum() / frames / BANDS,
    }


def rate(step: int, steps: int) -> float:
    """Of `PEAK`, at this of so many."""
    done = step / steps
    falling = 1.0 if done < LEVEL else max(LAST, (1 - done) / (1 - LEVEL))
    return min(1.0, (step + 1) / WARM_STEPS) * falling


class Training:
    """A model on its way.

    Args:
        folder: The build folder.
        shape: Of a new model.
        spoken: The corpus.
    """

    def __init__(self, folder: Path, shape: Shape, spoken: list[Utterance]) -> None:
        self._folder, self._spoken = folder, spoken
        torch.manual_seed(SEED)
        self.model, self.step = Voice(shape), 0
        self.norm = Norm.of(np.concatenate([one.frames for one in spoken]))
        order = np.random.default_rng(SEED).permutation(len(spoken))
        kept_out = min(KEPT_OUT, len(spoken) // 4)
        self.kept_out = [spoken[at] for at in order[:kept_out]]
        taught = sorted((spoken[at] for at in order[kept_out:]), key=lambda one: len(one.frames))
        self._groups = [taught[at : at + SENTENCES] for at in range(0, len(taught), SENTENCES)]
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=PEAK, betas=BETAS, weight_decay=DECAY)
        self.average = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        if (folder / checkpoint.NAME).exists():
            state = checkpoint.load(folder / checkpoint.NAME)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average, self.step = state["average"], state["step"]

    def learn(self, steps: int) -> dict[str, float]:
        """One step of so many; its losses."""
        for group in self.optimizer.param_groups:
            group["lr"] = PEAK * rate(self.step, steps)
        parts = losses(self.model, batch(self._group(), self.norm))
        self.optimizer.zero_grad()
        torch.autograd.backward(sum((WEIGHTS[name] * part for name, part in parts.items()), torch.zeros(())))
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.step += 1
        kept = min(AVERAGE, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                self.average[name].lerp_(value, 1 - kept)
        return {name: float(part.detach()) for name, part in parts.items()}

    def look(self) -> dict[str, float]:
        """The losses of the averaged model on sentences that it is not taught."""
        model = Voice(self.model.shape)
        model.load_state_dict(self.average)
        with torch.no_grad():
            return {name: float(part) for name, part in losses(model, batch(self.kept_out, self.norm)).items()}

    def save(self) -> None:
        """All of it, so that it may be interrupted now."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "step": self.step,
        }
        checkpoint.save(self._folder, state)
        arrays: dict[str, Any] = {name: value.numpy() for name, value in self.average.items()}
        arrays["mean"], arrays["scale"] = self.norm
        arrays["shape"] = np.frombuffer(msgspec.json.encode(self.model.shape), np.uint8)
        arrays["step"], arrays["sentences"] = np.array(self.step), np.array(len(self._spoken))
        arrays["minutes"] = np.array(sum(len(one.frames) for one in self._spoken) * HOP / RATE_HZ / 60)
        shards.write(self._folder / "weights.npz", arrays)

    def _group(self) -> list[Utterance]:
        """This step's sentences: each once before any comes again."""
        turn, at = divmod(self.step, len(self._groups))
        return self._groups[np.random.default_rng([SEED, turn]).permutation(len(self._groups))[at]]


def run(training: Training, folder: Path, steps: int) -> None:
    """Train to the end, saving now and then."""
    began_s = saved_s = time.monotonic()
    with (folder / "curve.jsonl").open("a", encoding="utf-8") as curve:

        def note(kind: str, figures: dict[str, float]) -> None:
            row = {"step": training.step, kind: {name: round(value, 4) for name, value in figures.items()}}
            line = json.dumps(row | {"took_s": round(time.monotonic() - began_s), "cpu_s": round(time.process_time())})
            curve.write(line + "\n")
            curve.flush()
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

        while training.step < steps:
            figures = training.learn(steps)
            if training.step % SAY_EVERY == 0:
                note("taught", figures)
            if training.step % LOOK_EVERY == 0 or training.step == steps:
                note("kept_out", training.look())
            if time.monotonic() - saved_s > SAVE_EVERY_S:
                training.save()
                saved_s = time.monotonic()
    training.save()


def main() -> int:
    """Train."""
    parser = argparse.ArgumentParser(description="Train the starter voice.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS, help="To make in all; the rate falls towards the last.")
    parser.add_argument("--width", type=int, default=Shape().width)
    parser.add_argument("--threads", type=int, default=1, help="More stall on a machine that has other work.")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    spoken = [one for path in shards.paths(chosen.corpus) for one in corpus.read(path)]
    if len(spoken) < 4:
        parser.error(f"{chosen.corpus} holds no corpus: make it with voice.corpus")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    run(Training(chosen.folder, Shape(width=chosen.width), spoken), chosen.folder, chosen.steps)
    return 0


if __name__ == "__main__":
    sys.exit(main())
