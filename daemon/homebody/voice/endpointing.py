"""When speech begins and ends: a pure state machine over a voice detector's probabilities.

::

    quiet ──speech──> maybe ──enough of it: SpeechBegan──> speaking ──silence_ms, or the cap: Utterance──> quiet
      ^                 │
      └─ click or music ┘

Nothing here reads a clock. Time is counted in samples, 32 ms a chunk, so that a late or a fast delivery of chunks
changes nothing; ``Chunk.at_s`` only tells where on the microphone's clock things happened and where chunks were lost.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from homebody.options import EndpointingOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, Chunk, Samples, Utterance, rms_db

# A microphone stamps its chunks a little early or late; from here on a late one means that chunks were lost.
GAP_MS: Final = 96.0
# What may be a click is given up after so much silence: longer than the stop inside a word ("sto-p"), shorter than the
# time between two keystrokes, which must not add up to speech.
CLICK_SILENCE_MS: Final = 192.0
# The running speech peak sinks, so that one loud word does not turn what is said more quietly later into silence.
PEAK_DECAY_DB: Final = 3.0 * CHUNK_MS / 1000  # 3 dB a second
SILENCE_DB: Final = -120.0
LONG_PAUSE_MS: Final = 320.0  # one within what is said, which a recogniser need not hear
# Music keeps a voice detector guessing; a voice makes it certain now and then (docs/decisions/0002-confidence-gate.md).
SURE_MS: Final = 64.0
SURE_SHARE: Final = 0.2  # of the chunks of speech
DOUBT_MS: Final = 1000.0  # then it begins anew: what is said over music must not be measured by all the music before


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody speaks, and it is no click.

    Attributes:
        at_s: When it began on the microphone's clock: ``min_speech_ms`` or more before it was certain.
    """

    at_s: float


class Endpointer:
    """Finds utterances in a stream of chunks.

    Promises, whatever the probabilities:

    - An utterance holds every sample from ``pre_roll_ms`` before its first speech (less where the stream began or an
      utterance ended closer to it) to the chunk that decided its end. Utterances never overlap.
    - It is never longer than ``pre_roll_ms`` and ``max_utterance_ms`` together, each rounded up to whole chunks.
    - Each has exactly one `SpeechBegan` before it, and holds at least ``min_speech_ms`` of speech, some of it beyond
      ``speech_sure``.
    - A pause shorter than ``silence_ms`` does not end it, unless `end` is called.
    - Lost chunks are replaced by zeros that count neither as speech nor as a pause; only where so many are lost that
      they could hide a whole pause has the utterance ended.

    Args:
        options: The limits, from the profile.
    """

    def __init__(self, options: EndpointingOptions) -> None:
        self._options = options
        pre_roll = math.ceil(options.pre_roll_ms / CHUNK_MS)
        self._quiet: deque[Samples] = deque(maxlen=pre_roll + 1)  # and the chunk in which speech begins
        self._speech: _Speech | None = None
        self._last_s: float | None = None

    @property
    def speaking(self) -> bool:
        """Between `SpeechBegan` and its `Utterance`."""
        return self._speech is not None and self._speech.certain

    @property
    def silence_ms(self) -> float:
        """How long the person has been silent within the utterance so far; 0 while they speak, or nobody does. Always
        below the option of that name: this is what a soft endpoint looks at."""
        return self._speech.silence_ms if self._speech and self._speech.certain else 0.0

    @property
    def speech_ms(self) -> float:
        """How much speech the utterance so far holds, pauses left out; 0 before `SpeechBegan`."""
        return self._speech.speech_ms if self._speech and self._speech.certain else 0.0

    @property
    def quiet(self) -> bool:
        """Nobody speaks, and nothing that was heard may yet turn out to be speech."""
        return self._speech is None

    @property
    def last_s(self) -> float:
        """When the last chunk ended, on the microphone's clock; 0 before the first."""
        return self._last_s or 0.0

    def so_far(self, at_s: float) -> Utterance | None:
        """What is being said, as if it ended at ``at_s``; it goes on being heard. None before `SpeechBegan`."""
        return self._speech.utterance(at_s) if self._speech and self._speech.certain else None

    def end(self, at_s: float) -> Utterance | None:
        """Whoever knows more than we do says that it has ended. None before `SpeechBegan`."""
        if not self.speaking:
            return None
        (utterance,) = self._end(at_s)
        return utterance

    def feed(self, chunk: Chunk, probability: float) -> list[SpeechBegan | Utterance]:
        """Take the next chunk and how likely it is speech, 0.0 to 1.0 (not a number: no speech).

        Returns:
            What it brought, in order; usually nothing.
        """
        events: list[SpeechBegan | Utterance] = []
        lost = self._lost(chunk.at_s)
        if lost * CHUNK_MS >= self._options.silence_ms:
            events += self._end(chunk.at_s)
            self._quiet.clear()
        else:
            for missing in range(lost, 0, -1):
                at_s = chunk.at_s - missing * CHUNK_MS / 1000
                events += self._step(Chunk(np.zeros(CHUNK_SAMPLES, np.float32), at_s), None)
        self._last_s = chunk.at_s
        return events + self._step(chunk, probability)

    def flush(self) -> Utterance | None:
        """The stream has ended: what was being said, if anything. Another stream may follow."""
        ended = self._end(self._last_s or 0.0)
        self.reset()
        return ended[0] if ended else None

    def reset(self) -> None:
        """Forget everything: the next chunk does not continue the last."""
        self._speech = None
        self._quiet.clear()
        self._last_s = None

    def _lost(self, at_s: float) -> int:
        """How many chunks are missing before the one that ends now."""
        if self._last_s is None:
            return 0
        late_ms = (at_s - self._last_s) * 1000 - CHUNK_MS
        return round(late_ms / CHUNK_MS) if late_ms >= GAP_MS else 0

    def _step(self, chunk: Chunk, probability: float | None) -> list[SpeechBegan | Utterance]:
        """One chunk on; ``probability`` None: it was lost."""
        speech = self._speech
        if speech is None:
            self._quiet.append(chunk.samples)
            if probability is None or not probability >= self._options.speech_on:
                return []
            speech = self._speech = _Speech(list(self._quiet), began_s=chunk.at_s - CHUNK_MS / 1000)
            self._quiet.clear()
        else:
            speech.chunks.append(chunk.samples)
        speech.total_ms += CHUNK_MS
        events: list[SpeechBegan | Utterance] = []
        if probability is not None:
            speech.weigh(chunk, probability, self._options)
        if not speech.certain and speech.is_enough(self._options):
            speech.certain = True
            events.append(SpeechBegan(speech.began_s))
        patience_ms = self._options.silence_ms if speech.certain else min(CLICK_SILENCE_MS, self._options.silence_ms)
        if speech.silence_ms >= patience_ms:
            events += self._end(chunk.at_s)
        elif speech.total_ms >= self._options.max_utterance_ms or speech.is_doubtful(self._options):
            events += self._end(chunk.at_s, cut=True)
        return events

    def _end(self, at_s: float, *, cut: bool = False) -> list[Utterance]:
        speech, self._speech = self._speech, None
        if speech is None:
            return []
        if not speech.certain:
            self._quiet.extend(speech.chunks)  # a click may stand right before the words
            return []
        return [speech.utterance(at_s, cut=cut)]


class _Speech:
    """What is being said, or may be.

    Args:
        chunks: Pre-roll, and the chunk in which it begins.
        began_s: When that chunk began.
    """

    def __init__(self, chunks: list[Samples], *, began_s: float) -> None:
        self.chunks = chunks
        self.began_s = self.ended_s = began_s
        self.speech_ms = 0.0
        self.sure_ms = 0.0  # of it, beyond doubt
        self.silence_ms = 0.0
        self.total_ms = 0.0  # pauses included, pre-roll not
        self.certain = False
        self._pauses: list[tuple[int, int]] = []
        self._peak_db = self._before_db = SILENCE_DB

    def utterance(self, at_s: float, *, cut: bool = False) -> Utterance:
        """All of it, its end decided at ``at_s``."""
        return Utterance(
            samples=np.concatenate(self.chunks),
            speech_began_s=self.began_s,
            speech_ended_s=self.ended_s,
            decided_s=at_s,
            cut=cut,
            pauses=tuple(self._pauses),
        )

    def weigh(self, chunk: Chunk, probability: float, options: EndpointingOptions) -> None:
        """Count a chunk as speech or as silence.

        The energy gate: talkers in the background are speech to a voice detector and would keep an utterance open, but
        they are quieter than the person. The peak rises only as far as two chunks in a row are loud, since one alone
        may be a knock.
        """
        level_db = rms_db(chunk.samples)
        self._peak_db = max(self._peak_db - PEAK_DECAY_DB, SILENCE_DB)
        too_quiet = options.energy_gate_db > 0 and level_db < self._peak_db - options.energy_gate_db
        if probability >= options.speech_off and not too_quiet:
            self._peak_db = max(self._peak_db, min(level_db, self._before_db))
            self.speech_ms += CHUNK_MS
            self.sure_ms += CHUNK_MS if probability >= options.speech_sure else 0.0
            if self.silence_ms >= LONG_PAUSE_MS:
                now = len(self.chunks) - 1
                began = now - round(self.silence_ms / CHUNK_MS)
                self._pauses.append((began * CHUNK_SAMPLES, now * CHUNK_SAMPLES))
            self.silence_ms = 0.0
            self.ended_s = chunk.at_s
        else:
            self.silence_ms += CHUNK_MS
        self._before_db = level_db

    def is_enough(self, options: EndpointingOptions) -> bool:
        """Whether it is speech: long enough for no click, sure enough for no music."""
        return self.speech_ms >= options.min_speech_ms and self.sure_ms >= max(SURE_MS, SURE_SHARE * self.speech_ms)

    def is_doubtful(self, options: EndpointingOptions) -> bool:
        """Whether it had its time to become enough, and did not."""
        return not self.certain and self.total_ms >= max(DOUBT_MS, 2 * options.min_speech_ms)
