"""How well speech was understood, and when it was cut off or begun for nothing. Pure.

The word error rate is the number of words that must be replaced, put in or taken out to make one text into the other
(Levenshtein, by words), over the words that were said; it can exceed 1. Case and punctuation do not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rapidfuzz.distance import Levenshtein

from homebody.router.wording import plain


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """Of many utterances.

    Attributes:
        utterances: That were spoken.
        word_error_rate: Over all their words.
        sentence_accuracy: The share heard without a wrong word.
        cut_off: Ended before the person had: the words heard are only the beginning of what was said.
        false_starts: Turns that began where nobody had spoken.
    """

    utterances: int
    word_error_rate: float
    sentence_accuracy: float
    cut_off: int
    false_starts: int


def errors(said: str, heard: str) -> int:
    """How many words differ."""
    return Levenshtein.distance(_words(said), _words(heard))


def is_cut_off(said: str, heard: str) -> bool:
    """Whether what was heard is the beginning of what was said, and some is missing."""
    spoken, understood = _words(said), _words(heard)
    return len(understood) < len(spoken) and spoken[: len(understood)] == understood and bool(understood)


def understood(pairs: Sequence[tuple[str, str]], *, false_starts: int = 0) -> Understood:
    """Score utterances.

    Args:
        pairs: What was said and what was heard, at least one; heard "" where nothing was.
        false_starts: Turns that began without any of these.
    """
    words = sum(len(_words(said)) for said, _ in pairs)
    wrong = [errors(said, heard) for said, heard in pairs]
    return Understood(
        utterances=len(pairs),
        word_error_rate=round(sum(wrong) / max(1, words), 4),
        sentence_accuracy=round(wrong.count(0) / len(pairs), 4),
        cut_off=sum(is_cut_off(said, heard) for said, heard in pairs),
        false_starts=false_starts,
    )


def _words(text: str) -> list[str]:
    return plain(text).split()
