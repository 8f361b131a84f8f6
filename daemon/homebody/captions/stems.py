"""Words as the full-text index keeps them, and the keys by which two forms of one word are known for each other. Pure.

A word is kept as it was written, in lower case and without accents: "Fahrräder" as "fahrrader", "Straße" as "strasse".
Forms that have a key in common are the same word: its stem, in the language of the text it stands in. Stems are made by
the Snowball algorithms (Porter, snowballstem.org; the German one takes "gruen" for "grün").
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache, lru_cache
from typing import Any, Final

ALGORITHMS: Final = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese",
    "nl": "dutch", "pl": "polish",
}  # fmt: skip
STEM_LIMIT_CHARS: Final = 40  # what is longer is no word of a language
PLURAL_CHARS: Final = 3  # so many letters of a French word are no plural
CACHED_WORDS: Final = 50_000
_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}  # which Unicode leaves whole
# What is on pictures more often than not, and what no rule of an ending finds.
_IRREGULAR: Final = {
    "en": {
        "children": "child", "men": "man", "women": "woman", "people": "person", "feet": "foot", "teeth": "tooth",
        "geese": "goose", "mice": "mouse", "leaves": "leaf", "knives": "knife", "wolves": "wolf", "shelves": "shelf",
        "loaves": "loaf", "calves": "calf", "wives": "wife", "scarves": "scarf",
    },
    "fr": {"yeux": "œil"},
}  # fmt: skip

_stemming = threading.Lock()  # a stemmer keeps the word it is at


def words(text: str) -> list[str]:
    """The words of a text in lower case, with their accents (composed: file names of macOS are not)."""
    return _WORD.findall(unicodedata.normalize("NFC", text).lower())


def folded(word: str) -> str:
    """The word as the index has it: without accents. Scripts other than Latin stay as they are."""
    return word.translate(_FOLDED)


@lru_cache(CACHED_WORDS)
def keys(language: str, word: str) -> tuple[str, ...]:
    """What a word of this language is found by in any of its forms; empty where it has none, such as a number.

    Several where accents change the stem, since people leave them out: with them and without.
    """
    if language not in ALGORITHMS or not word.isalpha() or len(word) > STEM_LIMIT_CHARS:
        return ()
    word = _IRREGULAR.get(language, {}).get(word, word)
    forms = {word, folded(word)}
    if language == "fr":  # whose algorithm leaves "vélos" as it is
        forms |= {form.removesuffix("s") for form in forms if len(form) > PLURAL_CHARS}
    with _stemming:
        stems = {folded(_stemmer(language).stemWord(form)) for form in forms}
    return tuple(f"{language}:{stem}" for stem in sorted(stems))


def all_keys(word: str) -> list[str]:
    """Its keys in every language: of a single word nobody can tell which it is in."""
    return [key for language in ALGORITHMS for key in keys(language, word)]


@cache
def _stemmer(language: str) -> Any:
    import Stemmer  # of PyStemmer

    return Stemmer.Stemmer(ALGORITHMS[language], 0)


class _Folding(dict[int, str]):
    """For `str.translate`: filled as letters are met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        parts = _LETTERS.get(sign) or unicodedata.normalize("NFKD", sign)
        letters = "".join(part for part in parts if part.isascii() and part.isalpha())
        self[code] = found = letters if sign.isalpha() and letters else sign
        return found


_FOLDED: Final = _Folding()
