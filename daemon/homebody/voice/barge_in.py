"""Whether somebody speaks into our words: hold at the first suspicion, go on after a cough, end for real words.

`BargeInGate` decides, pure; `BargeIn` carries out, and has the words made that tell a word from a cough.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Literal, Protocol

import numpy as np

from homebody.errors import HomebodyError
from homebody.options import BargeInOptions
from homebody.voice.audio import Samples, Transcript
from homebody.voice.ears import Guess, Heard
from homebody.voice.turn import Parts

log = logging.getLogger(__name__)

FOREIGN_MS: Final = 16.0  # of a sound that is not ours: suspicion, which costs no more than a pause

Move = Literal["hold", "resume", "judge", "end"] | None


STOP: Final = frozenset(
    [
        "stop",
        "stop it",
        "stop that",
        "stop stop",
        "be quiet",
        "quiet",
        "enough",
        "stopp",
        "halt",
        "hör auf",
        "arrête",
        "tais-toi",
        "para",
        "basta",
    ]
)


def means_stop(transcript: Transcript) -> bool:
    """Whether it is a wish for silence and nothing else, however unsurely it was heard. What a recogniser makes of a
    sound that our own words have all but drowned is believed only where it is that."""
    return transcript.refused in {"", "unsure"} and transcript.text.casefold().strip(" .!?,") in STOP


class BargeInGate:
    """Follows what is heard while we speak.

    One for each reply: each time a drowned sound turned out to be nothing, the next one must last twice as long.

    Promises: whatever was held is resumed or ended once; it is ended at the latest when ``min_speech_ms`` of speech was
    heard; nothing is judged or resumed that was not held.

    ::

        nothing ──speech, or a sound that is not ours──> held ──min_speech_ms of it: end──> nothing
                             ├──it pauses: judge──> judging ──its words say which: end or resume──> nothing
                             └──it was none: resume──> nothing
    """

    def __init__(self, options: BargeInOptions) -> None:
        self._min_speech_ms = options.min_speech_ms
        self.held = False
        self.judging = False
        self._spoken = self._drowned = False
        self._foreign_ms = FOREIGN_MS

    def feed(self, speech_ms: float, *, paused: bool, foreign_ms: float = 0.0, maybe: bool = False) -> Move:
        """What to do after a chunk.

        Args:
            speech_ms: How much speech there is so far; 0: nobody speaks, or it was a click.
            paused: It has just fallen silent for long enough to find out what it was.
            foreign_ms: How long a sound has been heard that is not ours; 0: none.
            maybe: Somebody may have begun to speak, who is not drowned by us.
        """
        self._spoken |= speech_ms > 0
        self._drowned |= self.held and foreign_ms > 0
        if speech_ms >= self._min_speech_ms:
            self.reset()
            return "end"
        if self.held and paused and not self.judging:
            self.judging = True
            return "judge"
        if not self.held and (speech_ms > 0 or foreign_ms >= self._foreign_ms or maybe):
            self.held, self._drowned = True, foreign_ms > 0
            return "hold"
        if self.held and not self.judging and speech_ms == 0 and foreign_ms == 0 and not maybe:
            if self._drowned and not self._spoken:  # our words drowned it; its own words may be made out
                self.judging = True
                return "judge"
            self.reset()
            return "resume"
        return None

    @property
    def spoken(self) -> bool:
        """The voice detector, too, has heard somebody."""
        return self._spoken

    def judged(self, *, words: bool) -> Move:
        """What it was: words, or a cough. None where that no longer matters."""
        if not self.judging:
            return None
        if not (words or self._spoken):
            self._foreign_ms *= 2
        self.reset()
        return "end" if words else "resume"

    def reset(self) -> None:
        """Nothing is suspected."""
        self.held = self.judging = self._spoken = self._drowned = False


class Foreign(Protocol):
    """What is heard that we did not play. `homebody.voice.foreign_sound.ForeignSound` is one."""

    sounded_ms: float
    """For so long; 0: nothing is."""

    @property
    def sound(self) -> Samples:
        """It, at 16 kHz, as well as can be."""

    def forget(self) -> None:
        """It was nothing."""


class BargeIn:
    """Listens for whoever speaks into our words.

    Args:
        options: Asked at the beginning of each reply.
        parts: The mouth that is held, and the transcriber.
        on_end: Called when what is said must end; with the guess that was judged, if that was how, or with "stop" where
            nothing but that was made out, and nothing more is to be heard.
        on_nothing: Called when it was nothing, and what was heard is to be forgotten.
        foreign: What is heard that we did not play, where echo is cancelled.
    """

    def __init__(
        self,
        options: Callable[[], BargeInOptions],
        parts: Parts,
        on_end: Callable[[Guess | Literal["stop"] | None], None],
        on_nothing: Callable[[], None],
        foreign: Foreign | None = None,
    ) -> None:
        self._options = options
        self._gate = BargeInGate(BargeInOptions())
        self._parts = parts
        self._on_end, self._on_nothing = on_end, on_nothing
        self._judging: asyncio.Task[None] | None = None
        self._foreign = foreign
        self._drowned: Samples = np.zeros(0, np.float32)

    @property
    def held(self) -> bool:
        """What is said waits."""
        return self._gate.held

    def feed(self, heard: Heard, speech_ms: float, *, maybe: bool = False) -> None:
        """What came of a chunk that was heard while we speak, and how much speech there is so far; ``maybe``: or that
        there may be some, which nothing of ours covers."""
        foreign_ms = self._foreign.sounded_ms if self._foreign else 0.0
        if self._foreign and foreign_ms:
            self._drowned = self._foreign.sound
        said = heard.guess.so_far if heard.guess else heard.utterance
        move = self._gate.feed(speech_ms, paused=said is not None, foreign_ms=foreign_ms, maybe=maybe)
        if move == "judge":
            sounds = [*([self._drowned] if len(self._drowned) else []), *([said.words] if said else [])]
            self._judging = asyncio.get_running_loop().create_task(self._judge(sounds, heard.guess))
        else:
            self._do(move, None)

    def reset(self) -> None:
        """We have fallen silent: nothing is suspected, and nothing held."""
        self._gate = BargeInGate(self._options())
        self._let_go()

    def _let_go(self) -> None:
        self._gate.reset()
        if self._foreign:
            self._foreign.forget()
        self._drowned = np.zeros(0, np.float32)
        self._parts.mouth.hold(False)
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None

    async def _judge(self, sounds: list[Samples], guess: Guess | None) -> None:
        """Have the words made: first of what is left when our echo is taken out, which holds "stop" whole, then of what
        the echo canceller leaves, which holds whatever was said after we fell silent."""
        meant: Guess | Literal["stop"] | None = guess
        words = False
        try:
            for sound in sounds:
                transcript = await self._parts.transcriber.transcribe(sound, self._parts.language)
                if means_stop(transcript):
                    words, meant = True, guess if self._foreign is None else "stop"
                    break
                words = self._gate.spoken and not transcript.refused and sound is sounds[-1]
        except HomebodyError as error:
            log.warning("what was said into our words could not be understood: %s", error)
        self._judging = None
        self._do(self._gate.judged(words=words), meant)

    def _do(self, move: Move, meant: Guess | Literal["stop"] | None) -> None:
        match move:
            case "hold":
                self._parts.mouth.hold(True)
            case "resume":
                self._let_go()
                self._on_nothing()
            case "end":
                self._on_end(meant)
                self.reset()
