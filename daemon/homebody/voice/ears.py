"""Ears: from a microphone's chunks to whole utterances. Joins voice detector, endpointer and commit gate.

Time arrives with the chunks, and what becomes known of the words through `Ears.weigh`: the same chunks and the same
words always give the same decisions, which is what `homebody replay` runs on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from homebody.options import CommitOptions, EndpointingOptions
from homebody.voice.audio import Chunk, Utterance
from homebody.voice.commit_gate import (
    AGAIN_MS,
    HABIT_SHORTEST_MS,
    HABITS_KEPT,
    Words,
    decide,
    deserves_another_hearing,
    usual_silence_ms,
)
from homebody.voice.endpointing import Endpointer, SpeechBegan
from homebody.voice.vad import VoiceActivityDetector


@dataclass(frozen=True, slots=True)
class Guess:
    """A pause that may be the end: time to find out what was said.

    Attributes:
        revision: Counts up; a later one replaces this.
        so_far: What was said until now, as if it had ended.
    """

    revision: int
    so_far: Utterance


@dataclass(frozen=True, slots=True)
class Heard:
    """What a chunk or the words brought. Usually nothing.

    Attributes:
        began: Speech has begun.
        guess: A pause has become long enough to speculate.
        resumed: The person goes on: the latest guess is not all.
        utterance: It has ended.
        revision: With ``utterance``: of the guess that holds all of it; None: none does.
    """

    began: bool = False
    guess: Guess | None = None
    resumed: bool = False
    utterance: Utterance | None = None
    revision: int | None = None


NOTHING = Heard()


class Habits:
    """The speaker's pauses within what they say, the last ones. Pauses of nobody else count: only what was heard while
    an utterance was open, and never the silence in which we answered.

    Args:
        pauses_ms: Known from before, in milliseconds.
        learning: Whether new ones are added.
    """

    def __init__(self, pauses_ms: Sequence[float] = (), *, learning: bool = True) -> None:
        self.pauses_ms = tuple(pauses_ms)
        self._learning = learning

    def learn(self, pause_ms: float) -> None:
        """The speaker paused so long and went on. Short stops inside a sentence say nothing of anybody."""
        if self._learning and pause_ms >= HABIT_SHORTEST_MS:
            self.pauses_ms = (*self.pauses_ms, round(pause_ms, 1))[-HABITS_KEPT:]


class Recorder(Protocol):
    """Notes what ears hear and decide. `homebody.voice.kept_turns.Tape` is one. None of its methods may block."""

    def heard(self, chunk: Chunk, probability: float, heard: Heard, ears: Ears) -> None:
        """A chunk, and what came of it."""

    def learned(self, revision: int, words: Words, heard: Heard) -> None:
        """What became known of a guess's words, and what came of it."""

    def reset(self) -> None:
        """What was heard before does not continue."""


class Ears:
    """Feeds chunks through voice detection, endpointing and the commit gate. About 0.2 ms of one core a chunk of 32 ms;
    not threadsafe.

    Args:
        vad: Keeps its own state between chunks; `reset` when the sound jumps.
        options: When speech begins and ends.
        commit: How long a pause is waited out; None or without ``speculate``: always ``options.silence_ms``.
        habits: The speaker's pauses; None: none are known, and none are kept.
        recorder: Notes everything.
        revisions: Guesses made before; the next one counts on.
    """

    def __init__(
        self,
        vad: VoiceActivityDetector,
        options: EndpointingOptions,
        commit: CommitOptions | None = None,
        habits: Habits | None = None,
        *,
        recorder: Recorder | None = None,
        revisions: int = 0,
    ) -> None:
        self._vad = vad
        self._silence_ms = options.silence_ms
        self._commit = commit if commit and commit.speculate else None
        self._habits = habits or Habits(learning=False)
        if self._commit:
            longest_ms = max(self._commit.longest_silence_ms, options.silence_ms)
            options = msgspec.structs.replace(options, silence_ms=longest_ms)
        self._endpointer = Endpointer(options)
        self.revisions = revisions
        self._recorder = recorder
        self._guessed = self._guessed_again = False  # in this pause
        self._words: Words | None = None  # of this pause
        self._pause_ms = 0.0

    def feed(self, chunk: Chunk) -> Heard:
        """Hear one chunk."""
        probability = self._vad.probability(chunk.samples)
        heard = self._fed(chunk, probability)
        if self._recorder:
            self._recorder.heard(chunk, probability, heard, self)
        return heard

    def weigh(self, revision: int, words: Words) -> Heard:
        """What became known of a guess's words; of an older guess it is ignored."""
        if not (self._guessed and revision == self.revisions):
            return NOTHING
        self._words = words
        heard = self._decided(self._endpointer.last_s)
        if self._recorder:
            self._recorder.learned(revision, words, heard)
        return heard

    @property
    def speech_ms(self) -> float:
        """How much speech the utterance so far holds; 0 while nobody speaks."""
        return self._endpointer.speech_ms

    @property
    def quiet(self) -> bool:
        """Nobody speaks, and nothing heard lately may yet be the beginning of speech."""
        return self._endpointer.quiet

    @property
    def pauses_ms(self) -> tuple[float, ...]:
        """What is known of the speaker's pauses."""
        return self._habits.pauses_ms

    def flush(self) -> Utterance | None:
        """A recording has ended: what was being said, if anything."""
        self._forget_pause()
        return self._endpointer.flush()

    def reset(self) -> None:
        """Forget everything heard: the next chunk does not continue the last."""
        self._vad.reset()
        self._endpointer.reset()
        self._forget_pause()
        if self._recorder:
            self._recorder.reset()

    def _fed(self, chunk: Chunk, probability: float) -> Heard:
        began, utterance = False, None
        for event in self._endpointer.feed(chunk, probability):
            if isinstance(event, SpeechBegan):
                began = True
            else:
                utterance = event
        if utterance:
            return self._ended(utterance, began=began)
        if self._commit is None:
            return Heard(began) if began else NOTHING
        return self._listened(self._commit, chunk.at_s, began=began)

    def _listened(self, commit: CommitOptions, at_s: float, *, began: bool) -> Heard:
        silence_ms = self._endpointer.silence_ms
        if silence_ms == 0 and self._guessed:
            self._habits.learn(self._pause_ms)
            self._forget_pause()
            return Heard(began, resumed=True)
        self._pause_ms = silence_ms
        first = silence_ms >= commit.soft_silence_ms and not self._guessed
        if first or self._doubts(commit, silence_ms):
            self._guessed_again = not first
            so_far = self._endpointer.so_far(at_s)
            assert so_far is not None
            self.revisions, self._guessed = self.revisions + 1, True
            return Heard(began, guess=Guess(self.revisions, so_far))
        decided = self._decided(at_s)
        return decided if decided.utterance else Heard(began) if began else NOTHING

    def _doubts(self, commit: CommitOptions, silence_ms: float) -> bool:
        """Whether what was guessed should be heard again, with more of the silence."""
        return (
            self._guessed
            and not self._guessed_again
            and silence_ms >= AGAIN_MS
            and deserves_another_hearing(self._words, self._usual_ms(commit), commit)
        )

    def _usual_ms(self, commit: CommitOptions) -> float:
        return usual_silence_ms(self._habits.pauses_ms, self._silence_ms, commit)

    def _decided(self, at_s: float) -> Heard:
        """Whether the pause is the end."""
        if self._commit is None or not self._guessed:
            return NOTHING
        if decide(self._endpointer.silence_ms, self._words, self._usual_ms(self._commit), self._commit) == "wait":
            return NOTHING
        utterance = self._endpointer.end(at_s)
        return self._ended(utterance) if utterance else NOTHING

    def _ended(self, utterance: Utterance, *, began: bool = False) -> Heard:
        # A cap can end it in the middle of a word: then no guess holds all of it.
        silent = utterance.speech_ended_s < utterance.decided_s
        revision = self.revisions if self._guessed and silent else None
        self._forget_pause()
        return Heard(began, utterance=utterance, revision=revision)

    def _forget_pause(self) -> None:
        self._guessed, self._guessed_again, self._words, self._pause_ms = False, False, None, 0.0
