"""Several voices, one a language: whoever has said something in German is answered by a German voice."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from homebody.errors import HomebodyError, Problem
from homebody.options import SynthesizerOptions, VoiceOptions
from homebody.voice.audio import Audio
from homebody.voice.synthesizer import PiperSynthesizer, voice_for

log = logging.getLogger(__name__)

OTHERS_LIMIT: Final = 2  # voices beside the profile's: each takes some 80 MB of memory and a thread


def primary(language: str) -> str:
    """``de`` of ``de-AT``."""
    return language.partition("-")[0].lower()


def heard_languages(options: VoiceOptions) -> tuple[str, ...]:
    """The languages to be told apart by their sound, that of the profile first.

    Where the profile names none, they are those of the voices that are here: who has fetched a German voice wants to
    speak German.
    """
    own, synthesizer = primary(options.language), options.synthesizer
    others = options.languages or tuple(name for name in synthesizer.voices if voice_for(synthesizer, name)[1] is None)
    return tuple(dict.fromkeys((own, *map(primary, others))))


class PiperVoices:
    """A `homebody.voice.synthesizer.Synthesizer` with a voice for each language, loaded when it is first wanted.

    Where a language's voice is not here or does not work, the profile's own speaks, and that is a problem.

    Args:
        options: Which voices.
        language: The profile's own (BCP 47).
        make: Makes the synthesizer of one voice.
        on_problem: Called with what has become known to be missing, once each.
    """

    def __init__(
        self,
        options: SynthesizerOptions,
        *,
        language: str,
        make: Callable[..., PiperSynthesizer] = PiperSynthesizer,
        on_problem: Callable[[Problem], None] = lambda _: None,
    ) -> None:
        self.on_problem = on_problem
        self._options, self._language, self._make = options, primary(language), make
        self._own = make(options, language=language)
        self._others: OrderedDict[str, PiperSynthesizer] = OrderedDict()  # the one used last at the end
        self._own_speaks: set[str] = set()  # languages that have no other voice
        self._speaking: Counter[PiperSynthesizer] = Counter()
        self._choosing = asyncio.Lock()

    @property
    def speed_percent(self) -> float:
        """As of `Synthesizer`; of all voices."""
        return self._own.speed_percent

    @speed_percent.setter
    def speed_percent(self, percent: float) -> None:
        for voice in (self._own, *self._others.values()):
            voice.speed_percent = percent

    @property
    def problem(self) -> Problem | None:
        """Of the profile's own voice, as of `PiperSynthesizer`."""
        return self._own.problem

    async def load(self) -> None:
        """Load the profile's own voice. As `PiperSynthesizer.load`."""
        await self._own.load()

    async def synthesize(self, text: str, language: str | None = None) -> AsyncGenerator[Audio, None]:
        """As `Synthesizer.synthesize`."""
        voice = await self._voice(primary(language) if language else self._language)
        self._speaking[voice] += 1
        try:
            async with aclosing(voice.synthesize(text)) as sentences:
                async for audio in sentences:
                    yield audio
        finally:
            self._speaking[voice] -= 1

    async def aclose(self) -> None:
        """Let all voices go."""
        others, self._others = self._others, OrderedDict()
        for voice in (*others.values(), self._own):
            await voice.aclose()

    async def _voice(self, language: str) -> PiperSynthesizer:
        async with self._choosing:
            if language == self._language or language in self._own_speaks:
                return self._own
            voice = self._others.get(language) or await self._loaded(language)
            if voice is None:
                self._own_speaks.add(language)
                return self._own
            self._others[language] = voice
            self._others.move_to_end(language)
            await self._let_go()
            return voice

    async def _let_go(self) -> None:
        """Of the voice that has been silent for longest, where there are too many."""
        silent = [language for language, voice in self._others.items() if not self._speaking[voice]]
        for language in silent[: max(0, len(self._others) - OTHERS_LIMIT)]:
            voice = self._others.pop(language)
            del self._speaking[voice]
            await voice.aclose()

    async def _loaded(self, language: str) -> PiperSynthesizer | None:
        if (problem := missing(self._options, language, self._language)) is not None:
            self._tell(problem)
            return None
        if voice_for(self._options, language) == voice_for(self._options, self._language):
            return None
        voice = self._make(self._options, language=language)
        voice.speed_percent = self.speed_percent
        try:
            await voice.load()
        except HomebodyError as error:
            await voice.aclose()
            self._tell(Problem("voice", error.reason, error.remedy))
            return None
        except BaseException:  # cancelled: the person speaks into it
            await voice.aclose()
            raise
        return voice

    def _tell(self, problem: Problem) -> None:
        log.warning("%s %s", problem.problem, problem.remedy)
        self.on_problem(problem)


def missing(options: SynthesizerOptions, language: str, own: str) -> Problem | None:
    """What stands in the way of speaking a language with a voice of its own; None: nothing."""
    if language not in options.voices:
        return Problem(
            "voice",
            f"No voice is named for the language {language}; the one for {own} speaks it.",
            "Name one under [voice.synthesizer.voices] in homebody.toml.",
        )
    _, problem = voice_for(options, language)
    if problem is None:
        return None
    reason = f"The voice for the language {language} is not downloaded; the one for {own} speaks it."
    return Problem("voice", reason, problem.remedy)
