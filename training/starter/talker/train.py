"""Train the talker; it can be stopped at any time and goes on where it was.

    PYTHONPATH=daemon python training/starter/talker/train.py BUILD_FOLDER [--steps N] [--threads N]

In the build folder: tokenizer.json, checkpoint.pt (everything to go on), weights.npz (the averaged weights, float32:
what export.py reads, without torch).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

import checkpoint
import dataset
import halves
import shards
import tokens
from dataset import SEED, Source
from model import Shape, Talker
from muon import Muon
from prompt import Prompts, options, some_language, some_time

PURPOSES: Final = Path(__file__).parents[3] / "tests" / "data" / "purposes.jsonl"
BATCH: Final = 128
POOL: Final = 6  # batches are cut from so many batches' rows, sorted by length
PEAK: Final = 0.02  # of the matrices, with Muon
PEAK_OTHERS: Final = 3e-3  # of the rest, with Adam
WARM_STEPS: Final = 30
FALLING: Final = 0.65  # of the steps, at the end: the rate goes down to nothing
DECAY: Final = 0.02
AVERAGE: Final = 0.97
DECIDING_WEIGHT: Final = 3.0  # of the tokens by which an answer is chosen among all
CHOOSING_WEIGHT: Final = 0.5  # of foreseeing, before the last layer, which answer it is
WHOLE: Final = 0.3  # of the taught answers, learned to their end; of the refusals half as many
# Shares of the batches with none, one, two and three earlier exchanges. In any longer conversation the daemon sends the
# last two, or three where they are short. After a conversation it is further on in an answer that words of another slip
# in, and only answers learned to their ends teach against it: so most of their batches have one before them.
EARLIER: Final = (0.45, 0.2, 0.3, 0.05)
EARLIER_WHOLE: Final = (0.25, 0.2, 0.45, 0.1)
UNSAID: Final = 256  # pieces of no answer that a step weighs too: they need to be unlikely, not each at each step
SAVE_EVERY_S: Final = 60.0


class Batch(NamedTuple):
    """What one step learns from; rows are padded at their ends.

    Attributes:
        beginning: (shared,).
        rows: (rows, length).
        weights: (rows, length): how much it counts that the next token is foreseen; 0: not at all.
        answers: (rows,): which of all answers each row's is.
    """

    beginning: Tensor
    rows: Tensor
    weights: Tensor
    answers: Tensor


def further_questions() -> list[tuple[str, str]]:
    """Questions of the purpose classifier's set, with their purposes: most are not taught."""
    rows = [json.loads(line) for line in PURPOSES.read_text(encoding="utf-8").splitlines()]
    return [(row["text"], row["purpose"]) for row in rows if not row["purpose"].startswith("image")]


class Row(NamedTuple):
    """One question with as much of its answer as is learned.

    Attributes:
        question, answer: Tokens.
        deciding: How many of the answer's tokens choose it.
        number: Which of all answers it is.
    """

    question: list[int]
    answer: list[int]
    deciding: int
    number: int


def batches(source: Source, prompts: Prompts, answers: Sequence[str], first: int) -> Iterator[Batch]:
    """Batches from number ``first`` on; a batch depends on its number and the seed alone."""
    choosing = tokens.choosing({text: prompts.answer(text) for text in answers})
    numbers = {text: number for number, text in enumerate(choosing)}
    for pool in range(first // POOL, sys.maxsize):
        rng = random.Random(f"{SEED} {pool}")
        source.reseed(rng)
        exchanges = [source.any() for _ in range(POOL * BATCH)]
        encoded = sorted(
            (_row(prompts, asked, said, choosing[said], numbers[said], rng) for asked, said in exchanges),
            key=lambda row: len(row.question) + len(row.answer),
        )
        cut = [encoded[start : start + BATCH] for start in range(0, len(encoded), BATCH)]
        rng.shuffle(cut)
        for number, rows in enumerate(cut, start=pool * POOL):
            whole = sum(len(row.answer) > row.deciding + 1 for row in rows) > len(rows) / 2
            (count,) = rng.choices(range(len(EARLIER)), EARLIER_WHOLE if whole else EARLIER)
            earlier = [source.any() for _ in range(count)]
            beginning = prompts.beginning(earlier, some_time(rng), some_language(rng))
            if number >= first:
                yield _batch(beginning, rows)


def _row(prompts: Prompts, asked: str, said: str, deciding: int, number: int, rng: random.Random) -> Row:
    """Mostly only the answer's tokens that decide and the next one: what follows them is learned soon."""
    answer = prompts.answer(said)
    if rng.random() >= (WHOLE / 2 if said in dataset.REFUSALS else WHOLE):
        answer = answer[: deciding + 1]
    return Row(prompts.question(asked), answer, deciding, number)


def _batch(beginning: list[int], rows: list[Row]) -> Batch:
    length = max(len(row.question) + len(row.answer) for row in rows)
    numbers = torch.zeros(len(rows), length, dtype=torch.long)
    weights = torch.zeros(len(rows), length)
    for place, row in enumerate(rows):
        whole, begins = row.question + row.answer, len(row.question) - 1
        numbers[place, : len(whole)] = torch.tensor(whole)
        weights[place, begins : len(whole) - 1] = 1.0
        weights[place, begins : begins + row.deciding] = DECIDING_WEIGHT
    return Batch(torch.tensor(beginning), numbers, weights, torch.tensor([row.number for row in rows]))


def rate(step: int, steps: int) -> float:
    """The learning rate, as a share of the peak: up, level, and down to nothing at the end."""
    return min(1.0, (step + 1) / WARM_STEPS, (steps - step) / (FALLING * steps))


class Training:
    """A model on its way.

    Args:
        folder: The build folder.
        steps: How many in all.
        shape: How large the model is.
        spelling: Of its pieces (`tokens.spelling`).
        answers: All that may be said, in pieces.
        begin: A weights.npz to begin with, else chance.
        peak: The highest rate, as a share of `PEAK` and `PEAK_OTHERS`.
    """

    def __init__(
        self,
        folder: Path,
        steps: int,
        shape: Shape,
        spelling: Sequence[Sequence[int]],
        answers: Sequence[Sequence[int]],
        begin: Path | None = None,
        peak: float = 1.0,
    ) -> None:
        self._folder, self._steps, self._peak = folder, steps, peak
        torch.manual_seed(SEED)
        self.shape = shape
        self._halves = halves.pay(torch.device("cpu"))
        self.model = Talker(shape, spelling)
        # For training alone. An answer's first token often says little of which one it is ("The", "A", "I").
        self._chooser = torch.nn.Linear(shape.width, len(answers))
        said = torch.zeros(shape.vocabulary, dtype=torch.bool)
        said[[number for answer in answers for number in answer]] = True
        self._said, self._unsaid = said.nonzero().squeeze(1), (~said).nonzero().squeeze(1)
        self._places = said.cumsum(0) - 1  # of a piece among those that are said
        if begin:
            with np.load(begin) as arrays:
                self.model.load_state_dict(
                    {name: torch.from_numpy(arrays[name]) for name in self.model.state_dict() if name in arrays},
                    strict=False,  # no model that is written has embedding.shared: it is part of the table
                )
        self._average = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        layers = list(self.model.layers.parameters())
        matrices = [value for value in layers if value.dim() == 2]
        others = [value for value in layers if value.dim() != 2]
        others += [
            value
            for part in (self.model.embedding, self.model.norm, self.model.projection, self._chooser)
            for value in part.parameters()
        ]
        self._optimizers = (
            Muon(matrices, lr=PEAK, weight_decay=DECAY),
            torch.optim.Adam(others, lr=PEAK_OTHERS, betas=(0.9, 0.98)),
        )
        self.step = 0
        if (folder / checkpoint.NAME).exists():
            state = checkpoint.load(folder / checkpoint.NAME)
            self.model.load_state_dict(state["model"])
            self._chooser.load_state_dict(state["chooser"])
            for optimizer, its in zip(self._optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(its)
            self._average, self.step = state["average"], state["step"]

    def learn(self, batch: Batch) -> tuple[float, float]:
        """One step; its loss of the answers' tokens, and of which answer it is."""
        for optimizer, peak in zip(self._optimizers, (PEAK, PEAK_OTHERS), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = self._peak * peak * rate(self.step, self._steps)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._halves):
            loss, choosing = self._losses(batch)
        for part in (self.model, self._chooser):
            part.zero_grad(set_to_none=True)
        (loss + CHOOSING_WEIGHT * choosing).backward()
        for optimizer in self._optimizers:
            optimizer.step()
        self.step += 1
        kept = min(AVERAGE, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                self._average[name].lerp_(value, 1 - kept)
        return float(loss.detach()), float(choosing.detach())

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor]:
        said = batch.weights > 0
        hidden, early = self.model(batch.beginning, batch.rows, said)
        wanted, weights = batch.rows.roll(-1, dims=1)[said], batch.weights[said]
        among = torch.cat((self._said, self._unsaid[torch.randperm(len(self._unsaid))[:UNSAID]]))
        scores = self.model.scores(hidden, among)
        losses = functional.cross_entropy(scores, self._places[wanted], reduction="none")
        counts = said.sum(dim=1)
        first = early[counts.cumsum(0) - counts]
        chosen = self._chooser(functional.rms_norm(first, first.shape[-1:]))
        return (losses * weights).sum() / weights.sum(), functional.cross_entropy(chosen, batch.answers)

    def save(self) -> None:
        """All of it, so that it may be interrupted now."""
        state = {
            "model": self.model.state_dict(),
            "chooser": self._chooser.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
            "average": self._average,
            "step": self.step,
        }
        checkpoint.save(self._folder, state)
        write_weights(self._folder, self._average, self.model.embedding.spelling, self.shape, self.step)


def write_weights(folder: Path, values: Mapping[str, Tensor], spelling: Tensor, shape: Shape, step: int) -> None:
    """weights.npz of these parameters: the embeddings as one table, which is linear in its two parts."""
    arrays = {name: value.numpy() for name, value in values.items() if name != "embedding.shared"}
    table = values["embedding.weight"] + torch.sparse.mm(spelling, values["embedding.shared"])
    arrays["embedding.weight"] = table.numpy()
    arrays["shape"] = np.frombuffer(msgspec.json.encode(shape), np.uint8)
    arrays["step"] = np.array(step)
    shards.write(folder / "weights.npz", arrays)


def make_tokenizer(folder: Path, data: dataset.Data, size: int) -> Tokenizer:
    """The tokenizer of the build folder; made when it is not there."""
    path = folder / "tokenizer.json"
    if not path.exists():
        source = Source(data, random.Random(SEED), further_questions())
        pieces, answers = tokens.train(source, dataset.all_answers(data), size), dataset.all_answers(data)
        tokens.with_whole_words(pieces, tokens.words_asked(data, source), answers).save(str(path))
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = True
    return tokenizer


def main() -> int:
    """Train."""
    parser = argparse.ArgumentParser(description="Train the talker.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--begin", type=Path, default=None, help="Go on from this weights.npz (see unpack.py).")
    parser.add_argument("--peak", type=float, default=1.0, help="The highest rate, as a share of the usual one.")
    parser.add_argument("--vocabulary", type=int, default=tokens.VOCABULARY)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--depth", type=int, default=3)
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(chosen.threads)
    torch.use_deterministic_algorithms(True)
    data = dataset.split(dataset.read_pairs())
    tokenizer = make_tokenizer(chosen.folder, data, chosen.vocabulary)
    prompts = Prompts(tokenizer, options())
    rng = random.Random(SEED)
    source = Source(data, rng, further_questions())
    for _ in range(200):
        prompts.check(source.any(), [source.any()], some_time(rng))
    shape = Shape(
        tokenizer.get_vocab_size(),
        width=chosen.width,
        depth=chosen.depth,
        heads=chosen.width // 32,
        inner=3 * chosen.width,
    )
    answers = dataset.all_answers(data)
    training = Training(
        chosen.folder,
        chosen.steps,
        shape,
        tokens.spelling(tokenizer),
        [prompts.answer(text) for text in dict.fromkeys(answers)],
        chosen.begin,
        chosen.peak,
    )
    _say(parameters=sum(value.numel() for value in training.model.parameters()), step=training.step)
    began_s = saved_s = time.monotonic()
    losses: list[tuple[float, float]] = []
    for batch in batches(source, prompts, answers, training.step):
        if training.step >= chosen.steps:
            break
        losses.append(training.learn(batch))
        if training.step % 10 == 0:
            loss, choosing = np.mean(losses, axis=0)
            _say(step=training.step, loss=loss, choosing=choosing, s=time.monotonic() - began_s)
            losses.clear()
        if time.monotonic() - saved_s > SAVE_EVERY_S:
            training.save()
            saved_s = time.monotonic()
    training.save()
    return 0


def _say(**figures: float) -> None:
    sys.stdout.write(json.dumps({name: round(value, 4) for name, value in figures.items()}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
