"""The talker's own byte-level BPE, made from what it is taught."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

import phrasing
import prompt
from dataset import SEED, Data, Source

VOCABULARY: Final = 5632
SAMPLES: Final = 20_000
OFTEN: Final = 6  # a word said so often among the samples has a piece of its own, taught or not
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


def with_whole_words(tokenizer: Tokenizer, words: Iterable[str], answers: Iterable[str]) -> Tokenizer:
    """The same with a piece of its own for each of these words, save those that an answer has in several pieces.

    A word in several pieces is put together by the model, and nearly all words that say what a question is about are
    too rare to be pieces otherwise. The pieces that were there keep their numbers, and all answers their pieces.

    Args:
        tokenizer: From `train`.
        words: As they stand in a question: with the space before, or without it at its beginning.
        answers: All answers.
    """
    spec = json.loads(tokenizer.to_str())
    vocabulary = spec["model"]["vocab"]
    said = {word for text in answers for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)}
    for word in words:
        found = tokenizer.pre_tokenizer.pre_tokenize_str(word)
        if len(found) == 1 and found[0][0] not in said:  # "don't" is two words to it
            vocabulary.setdefault(found[0][0], len(vocabulary))
    spec["model"]["ignore_merges"] = True  # what is in the vocabulary as a whole stays whole
    grown = Tokenizer.from_str(json.dumps(spec))
    grown.encode_special_tokens = True
    return grown


def words_asked(data: Data, source: Source) -> list[str]:
    """All words of the taught questions, and those that `source` says often, for `with_whole_words`."""
    counts: Counter[str] = Counter()
    for question in [source.any().question for _ in range(SAMPLES)]:
        counts.update(_standing(question))
    taught = {word for pair in data.pairs for question in pair.questions for word in _standing(question)}
    often = {word for word, count in counts.items() if count >= OFTEN}
    return sorted(taught | often)


def _standing(question: str) -> list[str]:
    first, *rest = phrasing.normal(question).split()
    return [first, *(f" {word}" for word in rest)]


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
