"""Judges an answer while it is being written. Pure: no clock, no model; what comes out is what may be given out.

The beginning is held until the cheap checks have passed: it is no refusal, it is in the language of the question, it
does not repeat itself. That is after about three words for most answers, and never later than the first fragment that
could be spoken, but for answers that begin like a refusal ("Unfortunately, ..."), which are held for a sentence. A
fault found by then can be mended in silence. After that, only what makes the rest worthless counts: a repetition loop,
or a change into another script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from homebody.language import LANGUAGES, SCRIPTS_OF, evidence, identify
from homebody.router import json_schema, refusals

Fault = Literal["empty", "repetition", "wrong_language", "broken_json", "incapable"]

SAFE_WORDS: Final = 3  # so many in the right language, and no refusal begins like that
FRAGMENT_MIN_LETTERS: Final = 10  # the voice's splitter cuts its first fragment by the same two figures
FRAGMENT_MAX_WORDS: Final = 12
REFUSAL_MAX_WORDS: Final = 30
MARGIN: Final = 2.0  # small words more of another language than of the one wanted
FOREIGN_LETTERS: Final = 30  # of another script in a row, after the beginning

_SENTENCE_END: Final = re.compile(r"(?:[.!?…][\"'”’»)]*\s)|[。！？]|\n\s*\n")
_CLAUSE_END: Final = re.compile(r"[.!?…,;:][\"'”’»)]*\s|[。！？，、]")
_FENCE: Final = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer has to be.

    Attributes:
        language: ISO 639-1 code it has to be in; None: any, as for translations.
        prose: It is written in words; False for code, in which no language can be told by small words.
        schema: The JSON schema it has to fit; None: it is text.
        has_image: A picture came with the question.
    """

    language: str | None = None
    prose: bool = True
    schema: dict[str, Any] | None = None
    has_image: bool = False


class Validator:
    """Takes an answer piece by piece and gives back what may be given out of it.

    What is given back, put together, is the beginning of what was fed, and all of it where there is no fault.

    Attributes:
        fault: What is wrong with the answer; nothing more is given back then.
        value: The JSON value of an answer to a schema, after `end`.
        held_words: How many words had come when the first text was given out.

    Args:
        expected: What it is judged by.
    """

    def __init__(self, expected: Expected) -> None:
        self.fault: Fault | None = None
        self.value: Any = None
        self.held_words = 0
        self._expected = expected
        self._text = ""
        self._released = False
        self._loop = Repetition()

    @property
    def released(self) -> bool:
        """Some of the answer was given out."""
        return self._released

    def feed(self, text: str) -> str:
        """Take some more; what may be given out now, often nothing at first."""
        if self.fault:
            return ""
        self._text += text
        if self._loop.feed(text):
            self.fault = "repetition"
        if self._expected.schema is not None:
            return ""  # a value is right only when it is whole
        if not self._released:
            return self._opened()
        if self._expected.language and not self.fault and _foreign_tail(self._text, self._expected.language):
            self.fault = "wrong_language"
        return "" if self.fault else text

    def end(self) -> str:
        """The answer is over: the rest that may be given out."""
        if self.fault:
            return ""
        if not self._text.strip():
            self.fault = "empty"
        elif self._expected.schema is not None:
            return self._checked_json(self._expected.schema)
        elif not self._released:
            self.fault = self._judged()
            if not self.fault:
                return self._release()
        return ""

    def _opened(self) -> str:
        """What can be given out of the beginning."""
        if self.fault:
            return ""
        if (language := self._expected.language) and _other_script(self._text, language):
            self.fault = "wrong_language"
        elif self._is_safe():
            return self._release()
        elif self._is_long():
            self.fault = self._judged()
            return "" if self.fault else self._release()
        return ""

    def _release(self) -> str:
        self._released = True
        self.held_words = len(self._text.split())
        return self._text

    def _is_safe(self) -> bool:
        """Nothing that is looked for in a beginning can still be found in this one."""
        words = self._text.split()
        whole = len(words) - (not self._text[-1:].isspace())
        if refusals.may_open(self._text) or not words:
            return False
        language = self._expected.language
        if language is None or not self._expected.prose:
            return True
        if language not in LANGUAGES:  # told by its script, which has been looked at
            return sum(map(str.isalpha, self._text)) >= SAFE_WORDS
        if whole < SAFE_WORDS:
            return False
        scores = evidence(self._text)
        return scores[language] >= max(scores.values())

    def _is_long(self) -> bool:
        words = len(self._text.split())
        if refusals.may_open(self._text):
            return words >= REFUSAL_MAX_WORDS or _SENTENCE_END.search(self._text) is not None
        clause = _CLAUSE_END.search(self._text)
        letters = sum(map(str.isalnum, self._text[: clause.end()])) if clause else 0
        whole = words - (not self._text[-1:].isspace())
        return whole >= FRAGMENT_MAX_WORDS or letters >= FRAGMENT_MIN_LETTERS

    def _judged(self) -> Fault | None:
        """What is wrong with a beginning that cannot be waited with any longer."""
        if refusals.is_refusal(self._text, has_image=self._expected.has_image):
            return "incapable"
        language = self._expected.language
        if language and _wrong_language(self._text, language, prose=self._expected.prose):
            return "wrong_language"
        return None

    def _checked_json(self, schema: dict[str, Any]) -> str:
        fenced = _FENCE.match(self._text)
        text = (fenced[1] if fenced else self._text).strip()
        try:
            self.value = msgspec.json.decode(text.encode())
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self.fault = "broken_json"
            return ""
        if json_schema.misfit(self.value, schema) is not None:
            self.value, self.fault = None, "broken_json"
            return ""
        self._released = True
        self._text = text
        return text


class Repetition:
    """Notices that a text goes round in circles.

    The words at its end are compared with those a period before. Songs and poems repeat lines too, so a short period
    has to come round more often than a long one; figures, rulers and empty table cells may repeat for ever.
    """

    # (longest period in words, how often it has to be there)
    TURNS: Final = ((1, 12), (2, 8), (5, 6), (19, 5), (60, 4))
    TAIL_WORDS: Final = 60 * 4
    TAIL_CHARS: Final = 90
    _LETTER_TURNS: Final = 14
    _LETTERS: Final = re.compile(  # scripts and loops without spaces
        rf"([^\W\d_]|[^\W\d_]\S{{1,5}}?)\1{{{_LETTER_TURNS},}}\Z"
    )

    def __init__(self) -> None:
        self._words: list[str] = []
        self._begun = ""
        self._tail = ""

    def feed(self, text: str) -> bool:
        """Whether the text has gone round too often with this added."""
        self._tail = (self._tail + text)[-self.TAIL_CHARS :]
        *whole, self._begun = re.split(r"\s+", (self._begun + text).lower())
        self._words += [word for word in whole if word]
        del self._words[: -self.TAIL_WORDS]
        if whole and self._turns():
            return True
        unbroken = len(self._tail.rpartition(" ")[2]) > self._LETTER_TURNS  # as it seldom is
        return unbroken and self._LETTERS.search(self._tail) is not None

    def _turns(self) -> bool:
        words = self._words
        shortest = 1
        for longest, times in self.TURNS:
            for period in range(shortest, longest + 1):
                span = period * times
                if span > len(words):
                    return False
                turn = words[-period:]
                if words[-span:] == turn * times and any(any(map(str.isalpha, word)) for word in turn):
                    return True
            shortest = longest + 1
        return False


def wanted_language(question: str, language: str, *, given: bool, purpose: str) -> str | None:
    """The language an answer has to be in: the question's, or None where that is not sure or another may be right.

    Args:
        question: Its words.
        language: What they were taken for.
        given: The asker said so; else it takes some small words to be sure.
        purpose: What the question is for.
    """
    lowered = question.lower()
    if purpose == "code" or any(map(_names_language, lowered.split())) or _OTHER_LANGUAGE_PHRASE.search(lowered):
        return None
    if given or language not in LANGUAGES:
        return language
    scores = evidence(question)
    others = max(score for name, score in scores.items() if name != language)
    return language if scores[language] >= others + 1.0 else None


# A question about another language may be answered in it: the languages' names in the eight languages, and words such
# as "translate"; and phrases of several words.
_OTHER_LANGUAGE: Final = re.compile(
    r"translat|übersetz|tradui|traduc|tradu[zç]|vertaal|vertal|przetłumacz|tłumacz|\blanguage|sprache\b|langue|idioma"
    r"|lingua|língua|\btaal\b|język"
    r"|english|german|french|spanish|italian|portugu|dutch|polish|chinese|japanese|korean|russian|greek|arabic|hebrew"
    r"|hindi|latin|turkish|swedish|danish|norwegian|finnish|czech|hungarian|thai|ukrain|welsh|gaelic|irish"
    r"|englisch|deutsch|französisch|spanisch|italienisch|niederländisch|polnisch|chinesisch|japanisch|russisch"
    r"|griechisch|arabisch|türkisch|schwedisch|dänisch|lateinisch"
    r"|anglais|allemand|français|espagnol|italien|néerlandais|polonais|chinois|japonais|russe|arabe|latin"
    r"|inglés|ingles|alemán|aleman|francés|frances|español|espanol|holandés|polaco|chino|japonés|ruso|árabe"
    r"|inglese|tedesc|francese|spagnol|olandese|polacc|cinese|giapponese|russo|greco"
    r"|inglês|alemão|francês|espanhol|holandês|polonês|polaco|chinês|japonês"
    r"|engels|duits|frans|spaans|italiaans|nederlands|pools|chinees|japans|russisch|grieks"
    r"|angiels|niemiec|francus|hiszpań|włos|niderland|polsk|chińs|japońs|rosyjs|łaci"
    r"|\bsay\b|\bdit-on\b|\bdice\b"
)
_OTHER_LANGUAGE_PHRASE: Final = re.compile(r"\bword for\b|\bsagt man\b|\bse diz\b|\bzeg je\b|\bmówi się\b")


@lru_cache(maxsize=4096)  # words come again, and this looks for a hundred things in each
def _names_language(word: str) -> bool:
    """Whether a word, without a space in it, is about another language."""
    return _OTHER_LANGUAGE.search(word) is not None


def _wrong_language(text: str, language: str, *, prose: bool) -> bool:
    if _other_script(text, language):
        return True
    if not prose or language not in LANGUAGES or len(text.split()) < 4:
        return False
    found = identify(text)
    if found == language or found not in LANGUAGES:
        return False
    scores = evidence(text)
    return scores[found] >= scores[language] + MARGIN and scores[language] < 0.5 * scores[found]


def _other_script(text: str, language: str) -> bool:
    """Most letters are of a script that this language is not written in. Names and words in quotes pass."""
    if language in LANGUAGES and text.isascii():
        return False
    letters = [c for c in text[:400] if c.isalpha()]
    latin = sum(_is_latin(c) for c in letters)
    if language in SCRIPTS_OF:
        return len(letters) >= 40 and latin >= 0.95 * len(letters)
    return language in LANGUAGES and len(letters) - latin >= 2 and latin * 2 < len(letters)


def _foreign_tail(text: str, language: str) -> bool:
    if language not in LANGUAGES or text[-1:].isascii():
        return False
    letters = [c for c in text[-4 * FOREIGN_LETTERS :] if c.isalpha()][-FOREIGN_LETTERS:]
    return len(letters) == FOREIGN_LETTERS and not any(map(_is_latin, letters))


def _is_latin(character: str) -> bool:
    # MICRO SIGN, FEMININE ORDINAL and the like are letters of no script; they count as ours.
    return character.isascii() or not unicodedata.name(character, "").startswith(_SCRIPTS)


_SCRIPTS: Final = (
    "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "GREEK SMALL LETTER",
    "GREEK CAPITAL LETTER",
)  # fmt: skip
