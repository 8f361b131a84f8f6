"""Tokens to text as they come: whole characters only, and nothing from a stop string on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

HELD_TOKENS: Final = 4  # a character has at most four bytes, and a token at least one
_BROKEN: Final = "\N{REPLACEMENT CHARACTER}"  # what bytes decode to that are not (yet) a character


class Detokenizer:
    """Decodes a growing sequence of tokens; what it gives out, put together, is the text of all of them.

    A token may hold part of a character, and the same token may decode otherwise behind another one (a leading space).
    So each is decoded together with the last ones that were given out, and held back while the text ends in the middle
    of a character. The method is that of Hugging Face's text-generation-inference (`Model.decode_token`).

    Args:
        decode: The text of token numbers.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._begin = 0  # of the tokens that are decoded
        self._given = 0  # before which all text was given out

    def feed(self, token: int) -> str:
        """The text that is certain with this token; empty in the middle of a character."""
        self._tokens.append(token)
        text = self._new()
        if text.endswith(_BROKEN) and len(self._tokens) - self._given < HELD_TOKENS:
            return ""
        self._begin, self._given = self._given, len(self._tokens)
        return text

    def flush(self) -> str:
        """What is held back, when nothing more comes."""
        text = self._new()
        self._begin = self._given = len(self._tokens)
        return text

    def _new(self) -> str:
        before = self._decode(self._tokens[self._begin : self._given])
        return self._decode(self._tokens[self._begin :])[len(before) :]


class StopStrings:
    """Ends a text before the first of some strings, also where one is torn over several tokens.

    Attributes:
        stopped: One was found; nothing more is given out.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self.stopped = False
        self._stops = [stop for stop in stops if stop]
        self._held = ""  # could be the beginning of a stop string

    def feed(self, text: str) -> str:
        """The part of the text that can be given out; what may yet become a stop string is held back."""
        if self.stopped:
            return ""
        text = self._held + text
        found = [at for at in (text.find(stop) for stop in self._stops) if at >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        held_chars = max((self._begun(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - held_chars :]
        return text[: len(text) - held_chars]

    def flush(self) -> str:
        """What was held back, when nothing more comes."""
        held, self._held = self._held, ""
        return held

    @staticmethod
    def _begun(text: str, stop: str) -> int:
        """How many characters at the end of the text are the beginning of this string."""
        return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)
