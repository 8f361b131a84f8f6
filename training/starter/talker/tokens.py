"""The talker's own byte-level BPE, made from what it is taught."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

import prompt
from dataset import SEED, Source

VOCABULARY: Final = 5632
SAMPLES: Final = 20_000
RUN_LENGTHS: Final = (3, 4)  # of letters, by which pieces are alike
_SPACE: Final = "\u0120"  # how a byte-level BPE writes the space that a word begins with


def train(source: Source, answers: Iterable[str], size: int = VOCABULARY) -> Tokenizer:
    """Learn ``size`` pieces.

    Args:
        source: What will be asked.
        answers: All answers, each of which counts several times: they are generated piece by piece.
        size: Special tokens and the 256 bytes are among them.
    """
    rng = random.Random(SEED)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=2,
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in prompt.SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    system = prompt.options().text.system_prompt
    texts = [*list(answers) * 4]
    for _ in range(SAMPLES):
        now = prompt.some_time(rng)
        texts += [source.any().question, f"user\n[{now:%A, %d %B %Y, %H:%M}]\n", f"system\n{system}", "assistant\n"]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.encode_special_tokens = True  # words that look like a marker stay words
    return tokenizer


def choosing(answers: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """How many of each answer's first tokens it takes to know which of all answers it is; at least one.

    Args:
        answers: Their tokens by their texts, each ending in a token that is nowhere else.
    """
    begun = Counter(tuple(numbers[:length]) for numbers in answers.values() for length in range(1, len(numbers) + 1))
    return {
        text: next(length for length in range(1, len(numbers) + 1) if begun[tuple(numbers[:length])] == 1)
        for text, numbers in answers.items()
    }


def spelling(tokenizer: Tokenizer) -> list[list[int]]:
    """What each piece is spelled with, as numbers from 0: its letters and the short runs of them.

    Capitals and the space before a word make no difference, so that " leaf", "Leaf" and " leaves" have much in common.
    """
    numbers: dict[str, int] = {}
    found = []
    for place in range(tokenizer.get_vocab_size()):
        piece = tokenizer.id_to_token(place)
        begins = piece.startswith(_SPACE) or piece[:1].isupper()
        letters = ("_" if begins else "") + piece.removeprefix(_SPACE).lower()
        runs = {letters[at : at + length] for length in RUN_LENGTHS for at in range(len(letters) - length + 1)}
        its = [] if piece in prompt.SPECIAL else sorted(runs | {letters.strip("_")} - {""})
        found.append([numbers.setdefault(run, len(numbers)) for run in its])
    return found
