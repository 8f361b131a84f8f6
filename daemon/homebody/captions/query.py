"""From what a person types or says to what the full-text index is asked. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from homebody.captions.dates import Span, dated

TEXT_LIMIT_CHARS: Final = 1000
TERM_LIMIT: Final = 16
_TERM: Final = re.compile(r'"([^"]*)"?|(-?)([^\s"]+)')
_WORD: Final = re.compile(r"\w+")

# What frames a search without saying what is searched for. It counts only where nothing else is left.
FRAME: Final = frozenset(
    [
        "a",
        "about",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "at",
        "be",
        "been",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "find",
        "for",
        "from",
        "give",
        "had",
        "has",
        "have",
        "here",
        "i",
        "image",
        "images",
        "in",
        "into",
        "is",
        "it",
        "its",
        "look",
        "me",
        "my",
        "of",
        "on",
        "one",
        "ones",
        "or",
        "our",
        "out",
        "photo",
        "photograph",
        "photographs",
        "photos",
        "pic",
        "pics",
        "picture",
        "pictures",
        "please",
        "search",
        "see",
        "shot",
        "shots",
        "show",
        "some",
        "that",
        "the",
        "their",
        "them",
        "there",
        "these",
        "this",
        "those",
        "to",
        "up",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "who",
        "whose",
        "with",
        "would",
        "you",
        "your",
    ]
)


Endings = Callable[[str], Sequence[str]]


class Term(msgspec.Struct, frozen=True):
    """One word, or several that stand together.

    Attributes:
        words: Non-empty.
        prefix: The last one may go on.
        without: What has it is not wanted.
    """

    words: tuple[str, ...]
    prefix: bool = False
    without: bool = False

    def fts5(self, endings: Endings) -> str:
        """As FTS5 writes it. Words hold neither quotes nor operators, so nothing a person types is syntax."""
        *first, last = self.words
        if not self.prefix:
            return _quoted(self.words)
        return " OR ".join([f"{_quoted(self.words)} *", *(_quoted([*first, word]) for word in endings(last))])


class Query(msgspec.Struct, frozen=True):
    """What is searched for.

    Attributes:
        terms: All of them are wanted, or all but those ``without``.
        span: The time it was taken, by the clock on the wall.
    """

    terms: tuple[Term, ...] = ()
    span: Span = Span(None, None)

    def match(self, *, any_of: bool = False, endings: Endings = lambda _: ()) -> str:
        """FTS5's MATCH; empty where there is no word to look for.

        Args:
            any_of: One of the terms is enough.
            endings: The index's words that begin like this one. FTS5 stems what a person has begun to type ("bicy"
                becomes "bici") and would miss the word it belongs to.
        """
        wanted = [f"({term.fts5(endings)})" for term in self.terms if not term.without]
        if not wanted:
            return ""
        unwanted = [f"({term.fts5(endings)})" for term in self.terms if term.without]
        joined = (" OR " if any_of else " AND ").join(wanted)
        return f"({joined})" + "".join(f" NOT {term}" for term in unwanted)


def parsed(text: str, now: dt.datetime) -> Query:
    """The query in these words, said at ``now`` (by the clock on the wall, without a zone).

    ``red bicycle`` wants both words in any order and form, ``"red bicycle"`` the phrase, ``bicy*`` all words that begin
    so, ``-car`` none with that word. Words for a time (`dates`) limit when it was taken.
    """
    rest, span = dated(text[:TEXT_LIMIT_CHARS], now)
    terms: list[Term] = []
    for match in _TERM.finditer(rest):
        phrase, minus, word = match.groups()
        if phrase is not None:
            words = tuple(_WORD.findall(phrase))
            prefix = phrase.rstrip().endswith("*")
        else:
            words, prefix = tuple(_WORD.findall(_without_possessive(word))), word.endswith("*")
        if words:
            terms.append(Term(words, prefix, bool(minus)))
    wanted = [term for term in terms if not _frames(term)]
    if not any(not term.without for term in wanted) and span == Span(None, None):
        wanted = terms
    return Query(tuple(wanted[:TERM_LIMIT]), span)


def _quoted(words: Sequence[str]) -> str:
    return f'"{" ".join(words)}"'


def _frames(term: Term) -> bool:
    return len(term.words) == 1 and not term.prefix and not term.without and term.words[0].lower() in FRAME


def _without_possessive(word: str) -> str:
    return re.sub(r"['’]s$", "", word)
