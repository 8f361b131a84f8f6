"""What a model writes, turned into what a voice can say. Pure, streaming, in front of the sentence splitter.

Two steps. The first looks at characters and takes out what is not for the ear at all: thinking, code blocks, tags, the
addresses of links. The second looks at words and says signs in words: ``50 %`` is fifty percent, ``$5`` five dollars.
Both look at characters one by one as they come, so how the text was split into tokens changes nothing.
"""

from __future__ import annotations

import html
import re
from typing import Final

from homebody.voice.sign_words import sign_words
from homebody.voice.spoken_signs import spoken

CODE_NOTICE: Final = sign_words(None).code
MAX_WORD_CHARS: Final = 300  # a longer word is spoken in parts
_FENCE: Final = "```"
_THINKING: Final = frozenset(("think", "thinking", "thought", "thoughts", "reasoning", "reflection"))
_BREAKING: Final = frozenset(("br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4"))
# The counts bound what is held back until a tag or a link is closed.
_TAG: Final = re.compile(r"<(/?)\s?([A-Za-z|!][^<>\n]{0,120})>")
_TAG_BEGUN: Final = re.compile(r"<(/?)\s?([A-Za-z|!][^<>\n]{0,120})?$")
_LINK: Final = re.compile(
    r"\[([^\[\]\n]{0,300})\]\((?:[^()\n]{0,2000}|[^()\n]{0,300}\([^()\n]{0,300}\)[^()\n]{0,300})\)"
)
_LINK_BEGUN: Final = re.compile(
    r"\[[^\[\]\n]{0,300}(?:\](?:\((?:[^()\n]{0,2000}|[^()\n]{0,300}\([^()\n]{0,300}(?:\)[^()\n]{0,300})?))?)?$"
)
_PLAIN: Final = re.compile(r"[^<`\[]+")
_FOOTNOTE: Final = re.compile(r"\[\^?\d{1,3}\]")
_TRAILING: Final = re.compile(r"[.!?:;,…]$")
_PUNCTUATION: Final = tuple(".!?,;:")
_LEADING: Final = re.compile(r"^[\s.!?,;:]+(?!\d)")
_MARKER: Final = re.compile(r"\d{1,2}[.)]$")


class Speakable:
    """Filters one reply. What comes out holds words, numbers and plain punctuation, and no other sign.

    A word is given out with the space after it, so the filter adds no delay to a splitter that waits for that space
    anyway. What is held back is bounded; `flush` must be called at the end of the stream.
    """

    def __init__(self, language: str | None = None) -> None:
        self._prose = _Prose()
        self._words = _Words()
        self.speak(language)

    def speak(self, language: str | None) -> None:
        """What comes now is in this language (BCP 47); None, and languages whose signs are not known: English."""
        self._prose.signs = self._words.signs = sign_words(language)

    def feed(self, token: str) -> str:
        """Take some more of what the model writes; return what can be spoken of it, often nothing."""
        return "".join(self._words.feed(text) for text in self._prose.feed(token))

    def flush(self) -> str:
        """The stream has ended: return what was still held back."""
        return "".join(self._words.feed(text) for text in self._prose.flush()) + self._words.flush()


def speakable(text: str, language: str | None = None) -> str:
    """A whole text at once."""
    stream = Speakable(language)
    return (stream.feed(text) + stream.flush()).strip()


class _Prose:
    """Takes out thinking, code blocks, tags and the addresses of links."""

    def __init__(self) -> None:
        self.signs = sign_words(None)
        self._held = ""
        self._until = ""  # what ends the passage being left out; empty: nothing is being left out
        self._said_code = False

    def feed(self, token: str) -> list[str]:
        self._held += token
        return self._drain(ended=False)

    def flush(self) -> list[str]:
        return self._drain(ended=True)

    def _drain(self, *, ended: bool) -> list[str]:
        out: list[str] = []
        at = 0
        while at < len(self._held):
            used = self._skip(at, ended) if self._until else self._read(at, ended, out)
            if used == 0:
                break
            at += used
        self._held = "" if ended else self._held[at:]
        return out

    def _skip(self, at: int, ended: bool) -> int:
        """Inside something that is left out: how many characters may be dropped."""
        end = self._held.lower().find(self._until, at) if self._held.isascii() else _find(self._held, self._until, at)
        if end >= 0:
            used = end + len(self._until) - at
            self._until = ""
            return used
        return len(self._held) - at if ended else max(0, len(self._held) - at - len(self._until) + 1)

    def _read(self, at: int, ended: bool, out: list[str]) -> int:
        """Outside: how many characters were dealt with; 0: more must come before this can be judged."""
        plain = _PLAIN.match(self._held, at)
        if plain:
            out.append(plain.group())
            return len(plain.group())
        if self._held[at] == "<":
            return self._tag(at, ended, out)
        if self._held[at] == "[":
            return self._link(at, ended, out)
        rest = self._held[at : at + len(_FENCE)]
        if rest == _FENCE:
            self._until = _FENCE
            out.append("\n" if self._said_code else f"\n{self.signs.code}\n")
            self._said_code = True
            return len(_FENCE)
        if _FENCE.startswith(rest) and not ended:
            return 0
        return 1  # a single backtick marks code within a sentence, which is read out

    def _tag(self, at: int, ended: bool, out: list[str]) -> int:
        if tag := _TAG.match(self._held, at):
            name = tag[2].split()[0].strip("/").lower()
            if name in _THINKING and not tag[1]:
                self._until = f"</{name}>"
            elif name in _BREAKING:
                out.append("\n")
            return len(tag.group())
        if _TAG_BEGUN.match(self._held, at) and not ended:
            return 0
        out.append("<")
        return 1

    def _link(self, at: int, ended: bool, out: list[str]) -> int:
        if link := _LINK.match(self._held, at):
            out.append(link[1])
            return len(link.group())
        if _LINK_BEGUN.match(self._held, at) and not ended:
            return 0
        if note := _FOOTNOTE.match(self._held, at):
            return len(note.group())
        return 1


def _find(text: str, part: str, start: int) -> int:
    """Like ``str.find``, whatever the case; `str.lower` may change a text's length, so it is not used on all of it."""
    match = re.compile(re.escape(part), re.IGNORECASE | re.ASCII).search(text, start)
    return match.start() if match else -1


class _Words:
    """Says words and signs; knows where in its line it is, for headings, lists, quotations and tables."""

    def __init__(self) -> None:
        self.signs = sign_words(None)
        self._word = ""
        self._waiting = ""  # "$5", which "million" may follow
        self._last = ""  # the last thing said, for "1 °C" and "3 < 4"
        self._tail = "\n\n"  # the last two characters given out
        self._at_start = True  # nothing of this line was said yet
        self._structural = False  # a heading, list item or table row: it ends like a sentence
        self._swallow = False  # the rest of a link that was longer than a word may be

    def feed(self, text: str) -> str:
        out: list[str] = []
        for character in text:
            if character.isspace():
                self._complete(character, out)
            elif not self._swallow:
                self._word += character
                if len(self._word) >= MAX_WORD_CHARS:
                    self._swallow = "://" in self._word or self._word.startswith("www.")
                    self._take("", out)
                elif character in "。！？，、":  # scripts without spaces
                    self._take("", out)
        return "".join(out)

    def flush(self) -> str:
        out: list[str] = []
        self._take("", out)
        self._release(out)
        if self._structural and not self._at_start:
            self._stop(out)
        return "".join(out)

    def _complete(self, space: str, out: list[str]) -> None:
        self._swallow = False
        self._take(space, out)
        if space == "\n":
            self._release(out)
            if self._structural and not self._at_start:
                self._stop(out)
            self._put("\n", out)
            self._at_start, self._structural = True, False
        else:
            self._put(" ", out)

    def _take(self, space: str, out: list[str]) -> None:
        """A word is complete; ``space`` follows it, or nothing does."""
        word, self._word = self._word, ""
        if not word:
            return
        if self._at_start and self._line_marker(word, space, out):
            return
        said = spoken(html.unescape(html.unescape(word)), last=self._last, waiting=self._waiting, words=self.signs)
        if said.joins:
            self._waiting = ""
        self._release(out)
        if said.waits and space not in ("", "\n"):
            self._waiting = said.text
        else:
            self._say(said.text, out)

    def _line_marker(self, word: str, space: str, out: list[str]) -> bool:
        """Is this the sign that makes its line a heading, an item, a quotation or a row?"""
        if set(word) <= set("#") or set(word) <= set("|") or word in ("-", "*", "+", "•", "–", "‣", "◦"):
            self._structural = True
            return True
        if set(word) <= set("-=_*~+:|>"):  # rules, the line under a table's head, quotations
            return True
        if _MARKER.match(word) and space not in ("", "\n"):
            self._structural = True
            self._say(word[:-1] + ",", out)
            return True
        return False

    def _say(self, text: str, out: list[str]) -> None:
        if self._at_start or self._tail.rstrip()[-1:] in _PUNCTUATION:
            text = _LEADING.sub("", text)  # " ! !", and the first bar of a table's row
        if not text:
            return
        self._put(text, out)
        self._at_start = False
        self._last = text

    def _release(self, out: list[str]) -> None:
        waiting, self._waiting = self._waiting, ""
        if waiting:
            self._say(waiting, out)
            self._put(" ", out)

    def _stop(self, out: list[str]) -> None:
        if not _TRAILING.search(self._last.rstrip("\"'”’)")):
            self._put(".", out)

    def _put(self, text: str, out: list[str]) -> None:
        if text == " " and self._tail[-1:].isspace():
            return
        if text == "\n" and self._tail == "\n\n":
            return
        out.append(text)
        self._tail = (self._tail + text)[-2:]
