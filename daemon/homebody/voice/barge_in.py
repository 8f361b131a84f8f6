"""Whether somebody speaks into our words: hold at the first suspicion, go on after a cough, end for real words.

`BargeInGate` decides, pure; `BargeIn` carries out, and has the words made that tell a word from a cough.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from homebody.errors import HomebodyError
from homebody.options import BargeInOptions
from homebody.voice.audio import Utterance
from homebody.voice.ears import Guess, Heard
from homebody.voice.turn import Parts

log = logging.getLogger(__name__)

Move = Literal["hold", "resume", "judge", "end"] | None


class BargeInGate:
    """Follows what is heard while we speak.

    Promises: whatever was held is resumed or ended once; it is ended at the latest when ``min_speech_ms`` of speech was
    heard; nothing is judged or resumed that was not held.

    ::

        nothing ──speech──> held ──min_speech_ms of it: end──> nothing
                             ├──it pauses: judge──> judging ──its words say which: end or resume──> nothing
                             └──it was none: resume──> nothing
    """

    def __init__(self, options: BargeInOptions) -> None:
        self._min_speech_ms = options.min_speech_ms
        self.held = False
        self.judging = False

    def feed(self, speech_ms: float, *, paused: bool) -> Move:
        """What to do after a chunk.

        Args:
            speech_ms: How much speech there is so far; 0: nobody speaks, or it was a click.
            paused: It has just fallen silent for long enough to find out what it was.
        """
        if speech_ms >= self._min_speech_ms:
            self.reset()
            return "end"
        if self.held and paused and not self.judging:
            self.judging = True
            return "judge"
        if speech_ms > 0 and not self.held:
            self.held = True
            return "hold"
        if self.held and not self.judging and speech_ms == 0:
            self.reset()
            return "resume"
        return None

    def judged(self, *, words: bool) -> Move:
        """What it was: words, or a cough. None where that no longer matters."""
        if not self.judging:
            return None
        self.reset()
        return "end" if words else "resume"

    def reset(self) -> None:
        """Nothing is suspected."""
        self.held = self.judging = False


class BargeIn:
    """Listens for whoever speaks into our words.

    Args:
        parts: The mouth that is held, and the transcriber.
        on_end: Called when what is said must end; with the guess that was judged, if that was how.
        on_nothing: Called when it was nothing, and what was heard is to be forgotten.
    """

    def __init__(
        self,
        options: BargeInOptions,
        parts: Parts,
        on_end: Callable[[Guess | None], None],
        on_nothing: Callable[[], None],
    ) -> None:
        self._gate = BargeInGate(options)
        self._parts = parts
        self._on_end, self._on_nothing = on_end, on_nothing
        self._judging: asyncio.Task[None] | None = None

    def feed(self, heard: Heard, speech_ms: float) -> None:
        """What came of a chunk that was heard while we speak, and how much speech there is so far."""
        said = heard.guess.so_far if heard.guess else heard.utterance
        move = self._gate.feed(speech_ms, paused=said is not None)
        if move == "judge" and said is not None:
            self._judging = asyncio.get_running_loop().create_task(self._judge(said, heard.guess))
        else:
            self._do(move, None)

    def reset(self) -> None:
        """Nothing is suspected, and nothing held."""
        self._gate.reset()
        self._parts.mouth.hold(False)
        if self._judging is not None:
            self._judging.cancel()
            self._judging = None

    async def _judge(self, said: Utterance, guess: Guess | None) -> None:
        try:
            transcript = await self._parts.transcriber.transcribe(said.words, self._parts.language)
            words = not transcript.refused
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
                self.reset()
                self._on_nothing()
            case "end":
                self._on_end(guess)
                self.reset()
