"""From what a person types or says to what the full-text index is asked. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from itertools import islice, product
from typing import Final

import msgspec

from homebody.captions.dates import Span, dated
from homebody.captions.frames import frames
from homebody.captions.stems import folded, words

TEXT_LIMIT_CHARS: Final = 1000
TERM_LIMIT: Final = 16
FORM_LIMIT: Final = 32  # of one term
_TERM: Final = re.compile(r'"([^"]*)"?|(-?)([^\s"]+)')
_ELIDED: Final = re.compile(r"^(?:[cdjlmnst]|qu)['’](?=\w{2})", re.IGNORECASE)  # in French

Forms = Callable[[str], Sequence[str]]
"""Gives the other forms of a word that the index has, as the index has them."""


class Term(msgspec.Struct, frozen=True):
    """One word, or several that stand together.

    Attributes:
        words: Non-empty; as `stems.words` gives them.
        prefix: The last one may go on.
        without: What has it is not wanted.
    """

    words: tuple[str, ...]
    prefix: bool = False
    without: bool = False

    def fts5(self, forms: Forms) -> str:
        """As FTS5 writes it. Words hold neither quotes nor operators, so nothing a person types is syntax."""
        *first, last = self.words
        each = [_spelled(word, forms) for word in first]
        each.append(list(dict.fromkeys([folded(last), _umlauts(last)])) if self.prefix else _spelled(last, forms))
        goes_on = " *" if self.prefix else ""
        return " OR ".join(f'"{" ".join(one)}"{goes_on}' for one in islice(product(*each), FORM_LIMIT))


class Query(msgspec.Struct, frozen=True):
    """What is searched for.

    Attributes:
        terms: All of them are wanted, or all but those ``without``.
        span: The time it was taken, by the clock on the wall.
    """

    terms: tuple[Term, ...] = ()
    span: Span = Span(None, None)

    def match(self, *, any_of: bool = False, forms: Forms = lambda _: ()) -> str:
        """FTS5's MATCH; empty where there is no word to look for.

        Args:
            any_of: One of the terms is enough.
            forms: The index's other forms of a word.
        """
        wanted = [f"({term.fts5(forms)})" for term in self.terms if not term.without]
        if not wanted:
            return ""
        unwanted = [f"({term.fts5(forms)})" for term in self.terms if term.without]
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
            found = words(phrase)
            prefix = phrase.rstrip().endswith("*")
        else:
            found, prefix = words(_bare(word)), word.endswith("*")
        if found:
            terms.append(Term(tuple(found), prefix, bool(minus)))
    framing = frames(rest)
    wanted = [term for term in terms if not _only_frames(term, framing)]
    if not any(not term.without for term in wanted) and span == Span(None, None):
        wanted = terms
    return Query(tuple(wanted[:TERM_LIMIT]), span)


def _only_frames(term: Term, framing: frozenset[str]) -> bool:
    return len(term.words) == 1 and not term.prefix and not term.without and term.words[0] in framing


def _bare(word: str) -> str:
    """Without what other words have left on it: bicycle's, l'arbre, d'une, qu'on."""
    return re.sub(r"['’]s$", "", _ELIDED.sub("", word))


def _spelled(word: str, forms: Forms) -> list[str]:
    return list(dict.fromkeys([folded(word), *forms(word)]))


def _umlauts(begun: str) -> str:
    """As a German word begins in the index whose umlauts were written with an e."""
    return folded(re.sub(r"(?<!q)([aou])e", r"\1", begun))
