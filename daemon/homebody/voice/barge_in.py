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
    """Whether it is a wish for silence and nothing else. What a recogniser makes of a sound that our own words have all
    but drowned is believed only where it is that."""
    return transcript.text.casefold().strip(" .!?,") in STOP


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
        self._spoken = False
        self._foreign_ms = FOREIGN_MS

    def feed(self, speech_ms: float, *, paused: bool, foreign_ms: float = 0.0) -> Move:
        """What to do after a chunk.

        Args:
            speech_ms: How much speech there is so far; 0: nobody speaks, or it was a click.
            paused: It has just fallen silent for long enough to find out what it was.
            foreign_ms: How long a sound has been heard that is not ours; 0: none.
        """
        self._spoken |= speech_ms > 0
        if speech_ms >= self._min_speech_ms:
            self.reset()
            return "end"
        if self.held and paused and not self.judging:
            self.judging = True
            return "judge"
        if not self.held and (speech_ms > 0 or foreign_ms >= self._foreign_ms):
            self.held = True
            return "hold"
        if self.held and not self.judging and speech_ms == 0 and foreign_ms == 0:
            if not self._spoken:  # our words drowned it; its own words may be made out
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
        self.held = self.judging = self._spoken = False


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
        options: May be replaced; the next reply goes by the new ones.
        parts: The mouth that is held, and the transcriber.
        on_end: Called when what is said must end; with the guess that was judged, if that was how.
        on_nothing: Called when it was nothing, and what was heard is to be forgotten.
        foreign: What is heard that we did not play, where echo is cancelled.
    """

    def __init__(
        self,
        options: BargeInOptions,
        parts: Parts,
        on_end: Callable[[Guess | None], None],
        on_nothing: Callable[[], None],
        foreign: Foreign | None = None,
    ) -> None:
        self.options = options
        self._gate = BargeInGate(options)
        self._parts = parts
        self._on_end, self._on_nothing = on_end, on_nothing
        self._judging: asyncio.Task[None] | None = None
        self._foreign = foreign
        self._drowned: Samples = np.zeros(0, np.float32)

    def feed(self, heard: Heard, speech_ms: float) -> None:
        """What came of a chunk that was heard while we speak, and how much speech there is so far."""
        foreign_ms = self._foreign.sounded_ms if self._foreign else 0.0
        if self._foreign and foreign_ms:
            self._drowned = self._foreign.sound
        said = heard.guess.so_far if heard.guess else heard.utterance
        move = self._gate.feed(speech_ms, paused=said is not None, foreign_ms=foreign_ms)
        if move == "judge":
            words = said.words if said else self._drowned
            self._judging = asyncio.get_running_loop().create_task(self._judge(words, heard.guess))
        else:
            self._do(move, None)

    def reset(self) -> None:
        """We have fallen silent: nothing is suspected, and nothing held."""
        self._gate = BargeInGate(self.options)
        self._let_go()

    def _let_go(self) -> None:
        self._gate.reset()
        if self._foreign:
            self._foreign.forget()
        self._parts.mouth.hold(False)
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None

    async def _judge(self, said: Samples, guess: Guess | None) -> None:
        try:
            transcript = await self._parts.transcriber.transcribe(said, self._parts.language)
            words = not transcript.refused and (self._gate.spoken or means_stop(transcript))
        except HomebodyError as error:
            log.warning("what was said into our words could not be understood: %s", error)
            words = False
        self._judging = None
        self._do(self._gate.judged(words=words), guess)

    def _do(self, move: Move, guess: Guess | None) -> None:
        match move:
            case "hold":
                self._parts.mouth.hold(True)
            case "resume":
                self._let_go()
                self._on_nothing()
            case "end":
                self._on_end(guess)
                self.reset()
