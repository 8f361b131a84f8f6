"""Sentences of all the languages that skills are written in, matched in the one they are said in.

The language is the one the asker names, else the one `homebody.language.identify` hears; English is tried after
it. Sentences of a few words are too short to be sure of, so where neither matches they may be in any language: the one
in which most of the words are literally matched, English in a tie.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import msgspec

from homebody.errors import Problem
from homebody.language import identify
from homebody.router import foreign_wording, wording
from homebody.router.beginnings import Beginnings
from homebody.router.foreign_wording import ForeignWording
from homebody.router.intents import Intents, Match, Wording
from homebody.skill import SkillInfo

ENGLISH: Final = "en"
SHORT_WORDS: Final = 6  # up to this many words, `identify` is wrong too often to be alone believed
SHORT_ENGLISH_WORDS: Final = 3  # it seldom takes another language for English: that needs small words of English
_WORDINGS: Final[dict[str, Wording]] = {
    ENGLISH: wording,
    **{language: ForeignWording(language) for language in foreign_wording.LANGUAGES},
}
LANGUAGES: Final = tuple(_WORDINGS)
GIVE_WAY_S: Final = 0.002  # after each step of preparation, which takes about as long: half of one core at most


class Polyglot:
    """`Intents` of each language.

    Args:
        skills: Those to match. A translation that cannot be used is left out and named in ``problems``.
        reuse: What has been built before, for skills that have not changed.
        built: The languages to be built now; the others are when they are first wanted. None: all of them.
    """

    def __init__(
        self, skills: Sequence[SkillInfo], *, reuse: Polyglot | None = None, built: Collection[str] | None = None
    ) -> None:
        self._skills = skills
        self._intents: dict[str, Intents] = {}
        self._building = threading.Lock()
        for language in LANGUAGES if built is None else {ENGLISH, *built}.intersection(LANGUAGES):
            self._build(language, reuse.of(language) if reuse is not None and language in reuse.built else None)

    @property
    def built(self) -> tuple[str, ...]:
        """The languages that are built."""
        return tuple(self._intents)

    def of(self, language: str) -> Intents:
        """What matches sentences in this language; built now where it is not yet. Any thread."""
        if (there := self._intents.get(language)) is not None:
            return there
        with self._building:
            return self._intents.get(language) or self._build(language)

    def _build(self, language: str, reuse: Intents | None = None) -> Intents:
        infos = [info for skill in self._skills if (info := spoken_in(language, skill))]
        made = self._intents[language] = Intents(infos, reuse=reuse, words=_WORDINGS[language])
        return made

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with skills that were left out, in whichever language."""
        return [problem for intents in [*self._intents.values()] for problem in intents.problems]

    def match(self, text: str, language: str | None = None) -> list[Match]:
        """All skills that understand the sentence, best first, in the first language in which any does.

        Args:
            text: As heard or typed.
            language: What it is in (``de`` or ``de-AT``); None: that is to be found out.
        """
        first = language.partition("-")[0].lower() if language else identify(text)
        own = self._in(first, text) if first in LANGUAGES else []
        if any(not match.answers for match in own):
            return own
        unsure = language is None and len(text.split()) <= (SHORT_ENGLISH_WORDS if first == ENGLISH else SHORT_WORDS)
        # A guess is not worth building a language for: where one is not there yet, the sentence is not in it.
        others = [other for other in (self.built if unsure else (ENGLISH,)) if other != first]
        found = max((self._in(other, text) for other in others), key=_literally, default=[])
        # What only answers something declines where nothing waits for an answer, and may be in no language of its own.
        found = [*own, *found] if _literally(own) >= _literally(found) else [*found, *own]
        if found or first not in LANGUAGES:
            return found
        return self._in(first, text, repaired=True)

    def _in(self, language: str, text: str, *, repaired: bool = False) -> list[Match]:
        intents = self.of(language)
        found = intents.repaired(text) if repaired else intents.match(text, repair=False)
        if language == ENGLISH:
            return found
        return [msgspec.structs.replace(match, language=language) for match in found]


def _literally(found: list[Match]) -> int:
    return found[0].literal_chars - found[0].free_chars if found else -1_000


class CurrentIntents:
    """`Polyglot` of the skills on offer at the moment, built anew when they have changed.

    Args:
        skills: Returns the same object until something has changed, as ``SkillsHost.skills`` does.
        built: The languages to be built at once; the others by `prepare`, or when they are first heard. None: all.
    """

    def __init__(self, skills: Callable[[], Sequence[SkillInfo]], *, built: Collection[str] | None = None) -> None:
        self._skills = skills
        self._of = skills()
        self._intents = Polyglot(self._of, built=built)
        self._beginnings = Beginnings(self._of)

    async def prepare(self) -> None:
        """Build the other languages, and do what first sentences would wait for, in a thread that gives way."""
        current, stop = self._current(), threading.Event()
        try:
            for language in LANGUAGES:
                await asyncio.to_thread(_prepare, current, language, stop)
        finally:
            stop.set()  # asyncio waits for threads when it ends

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with skills that cannot be matched."""
        return self._current().problems

    def match(self, text: str, language: str | None = None) -> list[Match]:
        """`Polyglot.match` of the current skills."""
        return self._current().match(text, language)

    def begins(self, text: str) -> bool:
        """`Beginnings.has` of the current skills."""
        self._current()
        return self._beginnings.has(text)

    def _current(self) -> Polyglot:
        if (skills := self._skills()) is not self._of:
            self._intents = Polyglot(skills, reuse=self._intents, built=self._intents.built)
            self._beginnings = Beginnings(skills)
            self._of = skills
        return self._intents


def _prepare(intents: Polyglot, language: str, stop: threading.Event) -> None:
    for _ in intents.of(language).prepare():
        if stop.wait(GIVE_WAY_S):
            return


def spoken_in(language: str, skill: SkillInfo) -> SkillInfo | None:
    """The skill with its sentences in this language; None where it has none."""
    if language == ENGLISH:
        return msgspec.structs.replace(skill, translations={})
    phrases = skill.translations.get(language)
    if phrases is None:
        return None
    own: dict[str, Any] = {name: getattr(phrases, name) for name in phrases.__struct_fields__}
    return msgspec.structs.replace(skill, **own, translations={})
