"""The talker's own byte-level BPE, made from what it is taught."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

import prompt
from dataset import SEED, Source

VOCABULARY: Final = 5632
SAMPLES: Final = 20_000


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
