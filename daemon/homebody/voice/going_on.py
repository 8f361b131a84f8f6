"""Whoever goes on after what was taken for the end: their earlier words and the new ones become one turn.

A short silence ends a whole command (commit_gate.py), and some people go on after it: "why is the sky blue ... at
sunset". Until the answer sounds nothing of ours is in the room; so for `GOES_ON_MS` it is listened on even where speech
does not interrupt, and an answer that changes nothing is taken back. Pure: time comes with the chunks.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np

from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk, Samples, Utterance, rms_db
from homebody.voice.ears import Guess, Heard
from homebody.voice.endpointing import LONG_PAUSE_MS
from homebody.voice.notes import Notes

# From the end of the earlier words, or from the decision that they were all; whoever waits longer begins anew.
GOES_ON_MS: Final = 800.0
BEGAN_ANEW_S: Final = 2.0  # what begins so much later than that was something else after all
LONGEST_S: Final = 28.0  # both together: what a recogniser hears in one go


class GoingOn:
    """What of the last turn may yet be taken back.

    Args:
        gate_db: What is so far below the earlier words is somebody else, in the background.
    """

    def __init__(self, gate_db: float) -> None:
        self._gate_db = gate_db
        self._earlier: Utterance | None = None
        self._left_ms = 0.0
        self._level_db = -math.inf
        self._in_time = self._loud = False  # of what is being said now
        self._goes_on: Utterance | None = None

    def answered(self, utterance: Utterance) -> None:
        """A turn begins with these words."""
        self._earlier, self._goes_on = utterance, None
        self._left_ms, self._in_time, self._loud = GOES_ON_MS, False, False
        levels = sorted(rms_db(block) for block in _blocks(utterance.samples))
        self._level_db = levels[-2] if len(levels) > 1 else -math.inf  # the loudest one alone may be a knock

    def listens(self, notes: Notes | None, *, speaking: bool) -> bool:
        """Whether to listen on, though speech does not interrupt: nothing sounds, and nothing was changed yet."""
        return self._left_ms > 0 and not speaking and notes is not None and notes.read_only is not False

    def hear(self, chunk: Chunk, *, quiet: bool) -> bool:
        """A chunk was heard; ``quiet``: nobody speaks in it, nor may anybody have begun to. Returns whether somebody
        who may be the person has begun in time to speak, or to cough."""
        self._left_ms = max(0.0, self._left_ms - CHUNK_MS)
        if quiet:
            self._in_time = self._loud = False
            return False
        self._in_time = self._in_time or self._left_ms > 0
        self._loud = self._loud or rms_db(chunk.samples) >= self._level_db - self._gate_db
        return self._in_time and self._loud

    def take_back(self, notes: Notes | None) -> bool:
        """The person does go on: whether the turn of these notes can be taken back. If so, `whole` joins what they say
        to what they said."""
        unasked = notes is not None and notes.transcript is None
        harmless = unasked or (notes is not None and bool(notes.read_only))
        if self._earlier is None or not (harmless and self._in_time):
            return False
        self._goes_on = self._earlier
        return True

    def whole(self, heard: Heard) -> Heard:
        """What was heard, with the earlier words before it, where the person goes on."""
        earlier, guess, utterance = self._goes_on, heard.guess, heard.utterance
        began_s = utterance.speech_began_s if utterance else guess.so_far.speech_began_s if guess else -math.inf
        if earlier is None or began_s - earlier.decided_s > BEGAN_ANEW_S:
            self._goes_on = None
            return heard
        if utterance:
            self._goes_on = None
        return replace(
            heard,
            guess=Guess(guess.revision, joined(earlier, guess.so_far)) if guess else None,
            utterance=joined(earlier, utterance) if utterance else None,
        )


def joined(earlier: Utterance, later: Utterance) -> Utterance:
    """Both as one, with the silence between them for a pause. Only the later one where both are too long."""
    count = len(earlier.samples)
    if count + len(later.samples) > LONGEST_S * RATE_HZ:
        return later
    stopped = count - min(count, _samples(earlier.decided_s - earlier.speech_ended_s))
    went_on = count + max(0, len(later.samples) - _samples(later.decided_s - later.speech_began_s))
    pauses = [*earlier.pauses, *((begin + count, end + count) for begin, end in later.pauses)]
    if later.speech_began_s - earlier.speech_ended_s >= LONG_PAUSE_MS / 1000:
        pauses.insert(len(earlier.pauses), (stopped, went_on))
    return replace(
        later,
        samples=np.concatenate((earlier.samples, later.samples)),
        speech_began_s=earlier.speech_began_s,
        pauses=tuple(pauses),
    )


def _samples(seconds: float) -> int:
    return max(0, round(seconds * RATE_HZ))


def _blocks(samples: Samples) -> list[Samples]:
    return [samples[at : at + CHUNK_SAMPLES] for at in range(0, len(samples), CHUNK_SAMPLES)]
