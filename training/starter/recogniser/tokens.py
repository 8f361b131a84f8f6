"""The recogniser's own byte-level BPE, with the special tokens that faster-whisper looks for. Frequent words are one
piece each, rare ones two or three.

faster-whisper needs: all text before ``<|endoftext|>``, that before the other special tokens, ``<|notimestamps|>``
directly before the 1501 times, and a tokenizer that encodes any string. It suppresses the first piece of " -", which
is the bare space: no word may need it (`build` makes sure).
"""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from typing import Final

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from recogniser.sentences import Sentences

PIECES: Final = 3000
SAMPLES: Final = 10_000
END: Final = "<|endoftext|>"
START: Final = "<|startoftranscript|>"
BEFORE: Final = "<|startofprev|>"
NO_SPEECH: Final = "<|nospeech|>"
NO_TIMES: Final = "<|notimestamps|>"
ENGLISH: Final = "<|en|>"
SPECIAL: Final = (END, START, ENGLISH, "<|translate|>", "<|transcribe|>", "<|startoflm|>", BEFORE, NO_SPEECH, NO_TIMES)
TICK_S: Final = 0.02
TICKS: Final = 1501
_BARE_SPACE: Final = "Ġ"


def build(sentences: Sentences, seed: int, pieces: int = PIECES) -> Tokenizer:
    """Learn it from what people say."""
    rng = random.Random(seed)
    vocabulary = sentences.vocabulary
    texts = [f" {sentences.any(rng).text}" for _ in range(SAMPLES)] + [f" {word}" for word in vocabulary] * 2
    texts += [f" {letter}" for letter in string.ascii_lowercase] * SAMPLES  # no word may need the bare space
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=pieces,
        min_frequency=1,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    special = [*SPECIAL, *(time_token(tick) for tick in range(TICKS))]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    if unheard := [word for word in vocabulary if not can_write(tokenizer, word)]:
        raise ValueError(f"these words need a piece that is suppressed: {unheard}")
    return tokenizer


def can_write(tokenizer: Tokenizer, text: str) -> bool:
    """Whether no piece of the text is suppressed."""
    return _BARE_SPACE not in tokenizer.encode(f" {text}", add_special_tokens=False).tokens


def time_token(tick: int) -> str:
    """The token of a moment."""
    return f"<|{tick * TICK_S:.2f}|>"


class Pieces:
    """Encodes words, remembering them.

    Attributes:
        end, start, before, no_speech, no_times, first_time: Numbers of special tokens.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}
        self.size = tokenizer.get_vocab_size()
        self.end, self.start, self.before, self.no_speech, self.no_times, self.first_time = (
            int(tokenizer.token_to_id(token) or 0) for token in (END, START, BEFORE, NO_SPEECH, NO_TIMES, time_token(0))
        )

    def word(self, word: str) -> list[int]:
        """The pieces of one word."""
        if word not in self._known:
            self._known[word] = self._tokenizer.encode(f" {word}", add_special_tokens=False).ids
        return self._known[word]

    def text(self, text: str) -> list[int]:
        """The pieces of a sentence."""
        return [piece for word in text.split() for piece in self.word(word)]

    def read(self, pieces: Sequence[int]) -> str:
        """The sentence that these pieces are; special tokens are left out."""
        return str(self._tokenizer.decode([piece for piece in pieces if piece < self.end])).strip()
