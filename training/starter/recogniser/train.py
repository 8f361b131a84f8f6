"""Train the recogniser; it can be stopped at any time and goes on where it was, also while the corpus still grows.

    PYTHONPATH=daemon:plugins:training/starter python -m recogniser.train BUILD_FOLDER --corpus FOLDER [--from FILE]

In the build folder: tokenizer.json, checkpoint.pt (everything to go on), weights.npz (the averaged weights, float32:
what export.py reads, without torch), curve.jsonl (a line every `SAY_EVERY` steps, and one for every look at sentences
of other voices). The rate is level, so there is no end to reach: stop when it is good enough. ``--cool-down N`` lets it
fall to nothing over N steps and ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

import checkpoint
import halves
import shards
from muon import Muon
from recogniser import corpus, tokens, voices
from recogniser.adopt import carried_over
from recogniser.batches import IGNORED, Batch, Batches
from recogniser.corpus import Utterance
from recogniser.model import PADS, POSITIONS, Recogniser, Shape
from recogniser.pronunciation import Pronunciation
from recogniser.sentences import Sentences
from recogniser.together import Together
from recogniser.tokens import Pieces

SEED: Final = 7
PEAK: Final = 1.2e-3
PEAK_INSIDE: Final = 0.006  # of the layers' matrices, with Muon
WARM_STEPS: Final = 100
DECAY: Final = 0.03
BETAS: Final = (0.9, 0.98)
CLIP: Final = 1.0
SMOOTHING: Final = 0.03
AVERAGE: Final = 0.998
POSITIONS_IN_BATCH: Final = 4000
WINDOWS: Final = (0, 200, 500, POSITIONS)  # positions padded to: not at all, 4 s, 10 s, 30 s
WINDOW_SHARES: Final = (0.15, 0.25, 0.2, 0.4)
SOUNDS_WEIGHT: Final = 0.3
FRAMES_WEIGHT: Final = 0.2
CROSSING_WEIGHT: Final = 0.4  # at first; it is gone after `YOUNG_STEPS`
YOUNG_STEPS: Final = 3000
HEADS_ALONE: Final = 100  # steps in which new training heads learn what the encoder knows, and not it from them
SAY_EVERY: Final = 25
SAVE_EVERY_S: Final = 120.0
LOOK_EVERY_S: Final = 900.0
LOOKED_AT: Final = 40  # sentences of each voice


class Training:
    """A model on its way.

    Args:
        folder: The build folder.
        shape: Of a new model.
        pronunciation: Its numbers of phones are kept with the model.
        tokenizer: Its pieces.
        beginning: A checkpoint whose model is gone on from, of the same shape but for its pieces; None: from nothing.
        together: The processes that train it.
    """

    def __init__(
        self,
        folder: Path,
        shape: Shape,
        pronunciation: Pronunciation,
        tokenizer: Tokenizer,
        beginning: Path | None,
        together: Together,
    ) -> None:
        self._folder, self._tokenizer, self.together = folder, tokenizer, together
        torch.manual_seed(SEED)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._halves = halves.pay(self.device)
        self.model = Recogniser(shape)
        self.pronunciation = pronunciation
        self.step, self.heard, self.age, self.heads_age = 0, 0, 0, HEADS_ALONE
        state: dict[str, Any] | None = None
        if (folder / checkpoint.NAME).exists():
            state = checkpoint.load(folder / checkpoint.NAME)
        elif beginning is not None:
            state = self._adopted(checkpoint.load(beginning))
        if state is not None:
            self.model.load_state_dict(state["model"])
            pronunciation.phones.update(state["phones"])
            self.step, self.heard, self.age = state["step"], state["heard"], state["age"]
            self.heads_age = state.get("heads_age", HEADS_ALONE)
        self.model.to(self.device)
        self.optimizers = optimizers(self.model)
        self.average = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        if state is not None and "optimizers" in state:
            for optimizer, its in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(its)
        if state is not None and "average" in state:
            self.average = {name: value.to(self.device) for name, value in state["average"].items()}

    def learn(self, batch: Batch, rate: float) -> dict[str, float]:
        """One step; its losses."""
        batch = batch.to(self.device)
        for optimizer, peak in zip(self.optimizers, (PEAK_INSIDE, PEAK), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * rate
        young = max(0.0, 1 - self.age / YOUNG_STEPS)
        for crossing in self.model.crossings():
            crossing.keep_weights = young > 0
        window = int(np.random.default_rng(self.step).choice(WINDOWS, p=WINDOW_SHARES))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._halves):
            memory, bias = self.model.encode(batch.mel, window)
            scores = self.model.decode(batch.tokens, memory, bias)
            heard = memory[:, : memory.shape[1] - (PADS if bias is not None else 0)]
            if self.heads_age < HEADS_ALONE:
                heard = heard.detach()
            sounds, frames = self.model.phones(heard).float(), self.model.frames(heard).float()
        losses = {
            "words": functional.cross_entropy(
                scores.float().transpose(1, 2), batch.wanted, ignore_index=IGNORED, label_smoothing=SMOOTHING
            ),
            "sounds": self._sounds_loss(sounds, batch),
            "frames": functional.cross_entropy(
                frames.transpose(1, 2), batch.frames[:, : frames.shape[1]], ignore_index=IGNORED
            ),
        }
        loss = losses["words"] + SOUNDS_WEIGHT * losses["sounds"] + FRAMES_WEIGHT * losses["frames"]
        if young > 0 and len(batch.spans):
            losses["crossing"] = self._crossing_loss(batch, heard.shape[1])
            loss = loss + CROSSING_WEIGHT * young * losses["crossing"]
        self.model.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        self.together.mean(self.model.parameters())
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step, self.age, self.heads_age = self.step + 1, self.age + 1, self.heads_age + 1
        self.heard += len(batch.mel) * self.together.count
        kept = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                self.average[name].lerp_(value, 1 - kept)
        said = batch.wanted >= 0
        right = (scores.argmax(-1) == batch.wanted)[said].float().mean()
        return {**{name: float(value.detach()) for name, value in losses.items()}, "right": float(right)}

    def save(self) -> None:
        """All of it, so that it may be interrupted now."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "average": self.average,
            "phones": self.pronunciation.phones,
            "step": self.step,
            "heard": self.heard,
            "age": self.age,
            "heads_age": self.heads_age,
            "shape": msgspec.to_builtins(self.model.shape),
            "tokenizer": self._tokenizer.to_str(),
        }
        checkpoint.save(self._folder, state)
        arrays: dict[str, Any] = {name: value.float().cpu().numpy() for name, value in self.average.items()}
        arrays["positions"] = self.model.positions.cpu().numpy()
        arrays["shape"] = np.frombuffer(msgspec.json.encode(self.model.shape), np.uint8)
        arrays["step"], arrays["heard"] = np.array(self.step), np.array(self.heard)
        shards.write(self._folder / "weights.npz", arrays)

    def _adopted(self, state: dict[str, Any]) -> dict[str, Any]:
        """A checkpoint of another vocabulary made one of ours; what the optimizer knew of it is forgotten."""
        old = state.get("tokenizer", self._tokenizer.to_str())
        if old != self._tokenizer.to_str():
            embedding = state["model"]["embedding.weight"]
            state["model"]["embedding.weight"] = carried_over(embedding, Tokenizer.from_str(old), self._tokenizer)
        return {name: value for name, value in state.items() if name not in {"optimizers", "average"}} | {"age": 0}

    def look(self, batch: Batch, texts: list[str], pieces: Pieces) -> float:
        """The share of these utterances that the averaged model hears to the letter (greedy, 30 s, no times)."""
        trained = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        self._take(self.average)
        try:
            heard = self._greedy(batch.mel.to(self.device), pieces)
        finally:
            self._take(trained)
        return float(np.mean([pieces.read(row) == text for row, text in zip(heard, texts, strict=True)]))

    def _take(self, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                value.copy_(values[name])

    @torch.no_grad()
    def _greedy(self, mel: Tensor, pieces: Pieces, limit: int = 24) -> list[list[int]]:
        memory, bias = self.model.encode(mel)
        rows = torch.tensor([[pieces.start, pieces.no_times]] * len(mel), device=self.device)
        ended = torch.zeros(len(mel), dtype=torch.bool, device=self.device)
        for _ in range(limit):
            scores = self.model.decode(rows, memory, bias)[:, -1]
            scores[:, pieces.end + 1 :] = -torch.inf
            piece = torch.where(ended, pieces.end, scores.argmax(-1))
            rows, ended = torch.cat((rows, piece[:, None]), dim=1), ended | (piece == pieces.end)
            if ended.all():
                break
        return [row[2:] for row in rows.tolist()]

    @staticmethod
    def _sounds_loss(sounds: Tensor, batch: Batch) -> Tensor:
        lengths = batch.positions.clamp(max=sounds.shape[1])
        losses = functional.ctc_loss(
            sounds.log_softmax(-1).transpose(0, 1), batch.sounds, lengths, batch.sound_counts,
            reduction="sum", zero_infinity=True,
        )  # fmt: skip
        return losses / batch.sound_counts.sum().clamp(min=1)

    def _crossing_loss(self, batch: Batch, positions: int) -> Tensor:
        """That a word is looked for where it may be heard."""
        row, place, first, last = batch.spans.T
        at = torch.arange(positions, device=self.device)[None]
        near = ((at >= first[:, None]) & (at <= last[:, None])).float()
        losses = []
        for crossing in self.model.crossings():
            assert crossing.weights is not None
            weights = crossing.weights.float().mean(1)[row, place][:, :positions]
            losses.append(-((weights * near).sum(-1) + 1e-4).log().mean())
        return torch.stack(losses).mean()


def optimizers(model: Recogniser) -> tuple[torch.optim.Optimizer, ...]:
    """Muon for the matrices of the layers, AdamW for all else: embeddings, convolutions, heads, vectors."""
    inside = [value for layers in (model.encoder, model.decoder) for value in layers.parameters() if value.dim() == 2]
    known = {id(value) for value in inside}
    others = [value for value in model.parameters() if id(value) not in known]
    groups = [
        {"params": [value for value in others if value.dim() > 1], "weight_decay": DECAY},
        {"params": [value for value in others if value.dim() <= 1], "weight_decay": 0.0},
    ]
    return Muon(inside, lr=PEAK_INSIDE, weight_decay=DECAY), torch.optim.AdamW(groups, lr=PEAK, betas=BETAS)


def tokenizer_of(folder: Path, sentences: Sentences, size: int) -> Tokenizer:
    """The tokenizer of the build folder; made when it is not there."""
    path = folder / "tokenizer.json"
    if not path.exists():
        tokens.build(sentences, SEED, size).save(str(path))
    return Tokenizer.from_file(str(path))


class Spoken:
    """The corpus, as it grows."""

    def __init__(self, folder: Path, pronunciation: Pronunciation) -> None:
        self._folder, self._pronunciation = folder, pronunciation
        self._known: set[Path] = set()
        self.utterances: list[Utterance] = []

    def grow(self) -> int:
        """Read new shards; the number of utterances."""
        for path in shards.paths(self._folder):
            if path not in self._known:
                self._known.add(path)
                new = corpus.read(path)
                self._pronunciation.learn(word for one in new for word in one.said.text.split())
                self.utterances.extend(new)
        return len(self.utterances)


def strangers(sentences: Sentences, batches: Batches) -> dict[str, tuple[Batch, list[str]]]:
    """Sentences by voices that training never hears: a view of the progress, not the judgement."""
    rng = np.random.default_rng(SEED + 1)
    found = {}
    for synthesiser, name in voices.KEPT_OUT:
        said = [sentences.examples[int(number)] for number in rng.integers(len(sentences.examples), size=LOOKED_AT)]
        heard = voices.speak(voices.Voice(synthesiser, name), [one.text for one in said])
        spoken = [
            Utterance(one, name, np.round(samples * 32767).astype(np.int16))
            for one, samples in zip(said, heard, strict=True)
            if samples is not None
        ]
        examples = [batches.example([one], 0.2, 0.3) for one in spoken]
        found[name] = batches.batch(examples, varied=False), [one.said.text for one in spoken]
    return found


def main() -> int:
    """Train."""
    parser = argparse.ArgumentParser(description="Train the starter recogniser.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--from", dest="beginning", type=Path, help="A checkpoint to begin from.")
    parser.add_argument("--steps", type=int, default=sys.maxsize, help="In all.")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="In this run.")
    parser.add_argument("--cool-down", type=int, default=0, help="Steps over which the rate falls to nothing, and end.")
    parser.add_argument("--variation", type=float, default=1.0, help="Of voices, rooms and noise: 0 to 1.")
    parser.add_argument("--processes", type=int, default=1 if torch.cuda.is_available() else 2)
    parser.add_argument("--threads", type=int, default=1, help="Of each process.")
    parser.add_argument("--pieces", type=int, default=tokens.PIECES)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--layers", type=int, default=4, help="Of the encoder.")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(chosen.threads)
    sentences = Sentences()
    tokenizer = tokenizer_of(chosen.folder, sentences, chosen.pieces)
    pieces = Pieces(tokenizer)
    shape = Shape(pieces.size, width=chosen.width, heads=chosen.width // 32, encoder_layers=chosen.layers)
    pronunciation = Pronunciation()
    together = Together(chosen.processes, chosen.folder)
    training = Training(chosen.folder, shape, pronunciation, tokenizer, chosen.beginning, together)
    pronunciation.learn(sentences.vocabulary)
    spoken = Spoken(chosen.corpus, pronunciation)
    while spoken.grow() == 0:
        time.sleep(5)  # the corpus is being made
    seed = (SEED + training.step) * together.count + together.rank
    batches = Batches(spoken.utterances, pieces, pronunciation, seed, POSITIONS_IN_BATCH, chosen.variation)
    if together.rank == 0:
        run(training, batches, spoken, strangers(sentences, batches), pieces, chosen)
    else:
        help_with(training, batches, spoken, chosen)
    together.close()
    return 0


def rates(training: Training, chosen: argparse.Namespace) -> Callable[[], float | None]:
    """The rate of the step to come, as a share of the highest; None: the end that was chosen is reached."""
    first = training.step
    last = min(chosen.steps, first + chosen.cool_down if chosen.cool_down else sys.maxsize)

    def rate() -> float | None:
        if training.step >= last:
            return None
        warm = min(1.0, (training.step - first + 1) / WARM_STEPS)
        return float((last - training.step) / chosen.cool_down if chosen.cool_down else warm)

    return rate


def help_with(training: Training, batches: Batches, spoken: Spoken, chosen: argparse.Namespace) -> None:
    """Learn beside the first process until it ends."""
    rate = rates(training, chosen)
    for batch in batches.ahead():
        share = rate()
        if training.together.agreed(end=False) or share is None:
            break
        training.learn(batch, share)
        if training.step % SAY_EVERY == 0:
            spoken.grow()


def run(
    training: Training,
    batches: Batches,
    spoken: Spoken,
    others: dict[str, tuple[Batch, list[str]]],
    pieces: Pieces,
    chosen: argparse.Namespace,
) -> None:
    """Learn until the end that was chosen, and write the curve."""
    began_s = saved_s = looked_s = time.monotonic()
    rate = rates(training, chosen)
    sums: dict[str, list[float]] = defaultdict(list)
    with (chosen.folder / "curve.jsonl").open("a", encoding="utf-8") as curve:

        def say(**figures: float) -> None:
            line = json.dumps({name: round(value, 4) for name, value in figures.items()})
            curve.write(line + "\n")
            curve.flush()
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

        def look() -> None:
            training.save()
            heard = {name: training.look(batch, texts, pieces) for name, (batch, texts) in others.items()}
            say(step=training.step, heard=training.heard, **heard)

        parameters = sum(value.numel() for value in training.model.parameters())
        say(step=training.step, parameters=parameters, utterances=len(spoken.utterances))
        for batch in batches.ahead():
            now_s = time.monotonic()
            share = rate()
            if training.together.agreed(end=now_s - began_s > 60 * chosen.minutes) or share is None:
                break
            for name, value in training.learn(batch, share).items():
                sums[name].append(value)
            if training.step % SAY_EVERY == 0:
                means = {name: sum(values) / len(values) for name, values in sums.items()}
                say(step=training.step, heard=training.heard, s=now_s - began_s, utterances=spoken.grow(), **means)
                sums.clear()
            if now_s - saved_s > SAVE_EVERY_S:
                training.save()
                saved_s = now_s
            if now_s - looked_s > LOOK_EVERY_S:
                look()
                looked_s = now_s
        look()


if __name__ == "__main__":
    sys.exit(main())
