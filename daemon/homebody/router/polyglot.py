"""Sentences of all the languages that skills are written in, matched in the one they are said in.

The language is the one the asker names, else the one `homebody.router.language.identify` hears; English is tried after
it. Sentences of a few words are too short to be sure of, so where neither matches they may be in any language: the one
in which most of the words are literally matched, English in a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from homebody.errors import Problem
from homebody.router import foreign_wording, wording
from homebody.router.foreign_wording import ForeignWording
from homebody.router.intents import Intents, Match, Wording
from homebody.router.language import identify
from homebody.skill import SkillInfo

ENGLISH: Final = "en"
SHORT_WORDS: Final = 6  # up to this many words, `identify` is wrong too often to be alone believed
SHORT_ENGLISH_WORDS: Final = 3  # it seldom takes another language for English: that needs small words of English
_WORDINGS: Final[dict[str, Wording]] = {
    ENGLISH: wording,
    **{language: ForeignWording(language) for language in foreign_wording.LANGUAGES},
}


class Polyglot:
    """`Intents` of each language.

    Args:
        skills: Those to match. A translation that cannot be used is left out and named in ``problems``.
        reuse: What has been built before, for skills that have not changed.
    """

    def __init__(self, skills: Sequence[SkillInfo], *, reuse: Polyglot | None = None) -> None:
        self._intents = {
            language: Intents(
                [info for skill in skills if (info := spoken_in(language, skill))],
                reuse=None if reuse is None else reuse.of(language),
                words=words,
            )
            for language, words in _WORDINGS.items()
        }

    def of(self, language: str) -> Intents:
        """What matches sentences in this language."""
        return self._intents[language]

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with skills that were left out, in whichever language."""
        return [problem for intents in self._intents.values() for problem in intents.problems]

    def match(self, text: str, language: str | None = None) -> list[Match]:
        """All skills that understand the sentence, best first, in the first language in which any does.

        Args:
            text: As heard or typed.
            language: What it is in (``de`` or ``de-AT``); None: that is to be found out.
        """
        first = language.partition("-")[0].lower() if language else identify(text)
        if first in self._intents and (found := self._in(first, text, repair=False)):
            return found
        unsure = language is None and len(text.split()) <= (SHORT_ENGLISH_WORDS if first == ENGLISH else SHORT_WORDS)
        others = [other for other in (self._intents if unsure else (ENGLISH,)) if other != first]
        found = max((self._in(other, text, repair=False) for other in others), key=_literally, default=[])
        if found or first not in self._intents:
            return found
        return self._in(first, text, repair=True)

    def _in(self, language: str, text: str, *, repair: bool) -> list[Match]:
        found = self._intents[language].match(text, repair=repair)
        if language == ENGLISH:
            return found
        return [msgspec.structs.replace(match, language=language) for match in found]


def _literally(found: list[Match]) -> int:
    return found[0].literal_chars - found[0].free_chars if found else -1_000


class CurrentIntents:
    """`Polyglot` of the skills on offer at the moment, built anew when they have changed.

    Args:
        skills: Returns the same object until something has changed, as ``SkillsHost.skills`` does.
    """

    def __init__(self, skills: Callable[[], Sequence[SkillInfo]]) -> None:
        self._skills = skills
        self._of = skills()
        self._intents = Polyglot(self._of)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with skills that cannot be matched."""
        return self._current().problems

    def match(self, text: str, language: str | None = None) -> list[Match]:
        """`Polyglot.match` of the current skills."""
        return self._current().match(text, language)

    def _current(self) -> Polyglot:
        if (skills := self._skills()) is not self._of:
            self._of, self._intents = skills, Polyglot(skills, reuse=self._intents)
        return self._intents


def spoken_in(language: str, skill: SkillInfo) -> SkillInfo | None:
    """The skill with its sentences in this language; None where it has none."""
    if language == ENGLISH:
        return msgspec.structs.replace(skill, translations={})
    phrases = skill.translations.get(language)
    if phrases is None:
        return None
    own: dict[str, Any] = {name: getattr(phrases, name) for name in phrases.__struct_fields__}
    return msgspec.structs.replace(skill, **own, translations={})
