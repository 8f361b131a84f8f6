"""Cuts a reply that is still being written into pieces that can already be spoken. Pure.

The first fragment is short, so that the voice starts early; the later ones are whole sentences, so that it sounds
natural. The rule for the first one (ten letters up to a comma, colon or full stop) is RealtimeVoiceChat's, the cut
after twelve words RealtimeTTS's. Characters are looked at one by one, so how the text was split into tokens changes
nothing.
"""

from __future__ import annotations

import enum
import re
from typing import Final, NamedTuple

FIRST_MIN_LETTERS: Final = 10  # fewer are over before the next fragment is there
FIRST_MAX_WORDS: Final = 12
MAX_FRAGMENT_CHARS: Final = 300  # Piper speaks a sentence in one go: a longer one comes late

_CLOSERS: Final = "\"'”’»)]}"
_ENDS_AT_ONCE: Final = "。！？"  # scripts without spaces
_NEVER_ENDS: Final = frozenset(
    (
        *(
            "mr",
            "mrs",
            "ms",
            "dr",
            "prof",
            "sr",
            "jr",
            "st",
            "mt",
            "ft",
            "gen",
            "col",
            "sgt",
            "capt",
            "lt",
            "rev",
            "hon",
        ),
        *("fig", "vol", "pp", "ed", "approx", "dept", "est", "vs", "e.g", "i.e", "cf", "al"),
    )
)
_ENDS_BEFORE_CAPITAL: Final = frozenset(
    (
        *("etc", "a.m", "p.m", "inc", "ltd", "co", "corp"),
        *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
    )
)
_ENDS_UNLESS_NUMBER: Final = frozenset(("no", "nos", "p", "art"))
_INITIALS: Final = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")  # J. or U.S., the last full stop taken off


class Fragment(NamedTuple):
    """Some words that can be said by themselves; ``language`` is their BCP 47 tag, None the profile's language."""

    text: str
    language: str | None = None


class _End(enum.Enum):
    """What stands before a space: the end of a sentence?"""

    NO = enum.auto()
    YES = enum.auto()
    BEFORE_CAPITAL = enum.auto()  # the next letter tells: "etc. and", "etc. The"
    UNLESS_NUMBER = enum.auto()  # "No. 5", "No. I do not"


class SentenceSplitter:
    """Collects tokens and gives back fragments as soon as each is certain.

    The fragments, joined, are the text that was fed, whitespace aside; none is empty; none is longer than
    `MAX_FRAGMENT_CHARS`. A full stop is believed when the space after it has come (``$29.95``, ``3.14``), so the last
    sentence comes from `flush`, which the end of the stream must call. One splitter serves one reply.
    """

    def __init__(self) -> None:
        self._held = ""
        self._first = True
        self._pending = _End.NO

    def feed(self, token: str) -> list[str]:
        """Take some more text; return the fragments that are now complete, in order, often none."""
        fragments: list[str] = []
        for character in token:
            self._step(character, fragments)
        return fragments

    def flush(self) -> list[str]:
        """The stream has ended: return what is left, one fragment or none."""
        fragments: list[str] = []
        self._cut(len(self._held), fragments)
        return fragments

    def _step(self, character: str, fragments: list[str]) -> None:
        if character.isspace():
            self._space(character, fragments)
            return
        if self._held[-1:].isspace():
            if self._pending is not _End.NO and self._confirmed(character):
                self._cut(len(self._held), fragments)
            self._pending = _End.NO
        elif self._held[-1:] in _ENDS_AT_ONCE and self._held and character not in _ENDS_AT_ONCE + _CLOSERS:
            self._cut(len(self._held), fragments)
        self._held += character
        if len(self._held) >= MAX_FRAGMENT_CHARS:
            self._cut(_best_cut(self._held), fragments)

    def _space(self, character: str, fragments: list[str]) -> None:
        if not self._held:
            return
        if self._held[-1].isspace():
            if character == "\n" and self._held[-1] == "\n":  # a blank line ends whatever it was
                self._cut(len(self._held), fragments)
            elif character == "\n":
                self._held = self._held[:-1] + "\n"
            return
        end = self._end()
        self._held += character
        if end is _End.YES:
            self._cut(len(self._held), fragments)
        else:
            self._pending = end

    def _end(self) -> _End:
        """Judge what is held, whose last character is not a space and is followed by one."""
        if self._first and not _speaks_enough(self._held):
            return _End.NO
        if self._held[-1] in _ENDS_AT_ONCE:
            return _End.YES
        end = _sentence_end(self._held)
        if self._first and end is _End.NO:
            last = self._held.rsplit(maxsplit=1)[-1]
            clause = last[-1] in ",;:"
            many = len(self._held.split()) >= FIRST_MAX_WORDS and last[-1].isalpha()
            return _End.YES if clause or many else _End.NO
        return end

    def _confirmed(self, character: str) -> bool:
        if self._pending is _End.UNLESS_NUMBER:
            return not character.isdigit()
        return not character.islower()

    def _cut(self, at: int, fragments: list[str]) -> None:
        fragment, self._held = " ".join(self._held[:at].split()), self._held[at:].lstrip()
        self._pending = _End.NO
        if fragment:
            fragments.append(fragment)
            self._first = False


def pieces(text: str, limit_chars: int = MAX_FRAGMENT_CHARS) -> list[str]:
    """The text in pieces of at most ``limit_chars``, cut after a clause, else between words, else anywhere."""
    rest, found = text.strip(), []
    while len(rest) > limit_chars:
        at = _best_cut(rest[:limit_chars])
        found.append(rest[:at].strip())
        rest = rest[at:].strip()
    return [*found, rest] if rest else found


def _best_cut(text: str) -> int:
    """Where to cut a text that is too long: behind the last clause, behind the last word, or at its end."""
    clauses = [match.end() for match in re.finditer(r"[.!?,;:]\s", text)]
    if clauses and clauses[-1] >= len(text) // 3:
        return clauses[-1]
    words = [match.end() for match in re.finditer(r"\S\s", text)]
    return words[-1] if words else len(text)


def _speaks_enough(text: str) -> bool:
    return sum(character.isalnum() for character in text) >= FIRST_MIN_LETTERS


def _sentence_end(text: str) -> _End:
    bare = text.rstrip(_CLOSERS)
    if not bare or bare[-1] not in ".!?…" or not any(character.isalnum() for character in bare):
        return _End.NO
    words = bare.split()
    end = _End.YES if bare[-1] in "!?" else _full_stop(words[-1].lstrip("\"'“‘«([{"), alone=len(words) == 1)
    # A closing quotation mark may stand in the middle of a sentence: "Stop!" he said.
    return _End.BEFORE_CAPITAL if end is _End.YES and bare != text else end


def _full_stop(word: str, *, alone: bool) -> _End:
    if word.endswith(("..", "…")):
        return _End.BEFORE_CAPITAL
    name = word[:-1].lower()
    if name in _ENDS_BEFORE_CAPITAL:
        return _End.BEFORE_CAPITAL
    if name in _ENDS_UNLESS_NUMBER:
        return _End.UNLESS_NUMBER
    numbered = alone and name.isdigit()  # "1. Peel the potatoes."
    return _End.NO if name in _NEVER_ENDS or numbered or (_INITIALS.fullmatch(name) and name != "i") else _End.YES
