"""Second thoughts aloud: what corrects or takes back what was just done is heard without being called, nothing else is.

"Set a timer for ten minutes" ... "and thirty seconds": the pause ended the command, and the rest comes before, over or
behind "Timer set". Where speech interrupts (``voice.barge_in``) it is heard over our words; everywhere else, so::

    commit ──────────> sounds ─────────────────> has sounded ──────> second_thoughts_ms later
    whoever begins     heard along, unless our    heard, from our      only the wake word
    holds the reply    own words come back to us  last words on        is waited for

Only what a skill takes for an answer or a correction (`Accepted.answers`) becomes a turn; a television that says
something else is not answered. Pure: time comes with the calls.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from homebody.options import VoiceOptions
from homebody.voice.audio import CHUNK_MS
from homebody.voice.notes import Notes

OURS_MS: Final = 600.0  # what begins so soon after our own first sound is its echo
ECHO_ENDS_S: Final = 0.1  # after our last sample has left the device; what little is left of it corrects nothing
HELD_MS: Final = 3000.0  # a correction is short; whoever talks longer is not talking to us
LONGEST_S: Final = 5.0  # so long what was begun in time is heard to its end


class SecondThoughts:
    """Whether they are listened for. ``options``: of now."""

    def __init__(self, options: Callable[[], VoiceOptions]) -> None:
        self._options = options
        self._of: Notes | None = None
        self._ours = self._theirs = False  # theirs: it began before the answer sounded, and goes on
        self._held_ms = self._sounded_ms = 0.0
        self._opens_s, self._closes_s, self._until_s = math.inf, -math.inf, -math.inf

    def during(self, notes: Notes | None) -> bool:
        """Whether to listen while the answer of these notes is made and said, though speech does not interrupt."""
        options = self._options()
        wanted = options.second_thoughts_ms > 0 and not options.barge_in.by_voice
        return wanted and notes is not None and notes.correctable

    def hear(self, notes: Notes, *, quiet: bool, maybe: bool) -> bool:
        """A chunk was heard `during` an answer; ``quiet`` and ``maybe`` as of `GoingOn.hear`. Whether what we say, or
        are about to, is to wait for whoever speaks."""
        if notes is not self._of:
            self._of, self._ours, self._held_ms, self._sounded_ms = notes, False, 0.0, 0.0
            self._theirs = False
        if notes.sounds:
            self._sounded_ms += CHUNK_MS
            self._theirs = self._theirs and not quiet
            self._ours = self._ours or not (quiet or self._theirs or self._sounded_ms > OURS_MS)
            return False
        self._theirs = not quiet
        self._held_ms += CHUNK_MS if maybe else 0.0
        return maybe and self._held_ms <= HELD_MS

    @property
    def ours(self) -> bool:
        """What is heard `during` the answer is our own words."""
        return self._ours

    def follow(self, notes: Notes, now_s: float, echo_s: float = ECHO_ENDS_S) -> None:
        """The answer has sounded to its end; so long its echo would be taken for somebody."""
        heard_ms = self._options().second_thoughts_ms
        if notes.correctable and heard_ms > 0 and not (notes.done and notes.done.follow_up):
            ours = self._ours or notes is not self._of  # of one that nobody listened along to, too
            self._opens_s = now_s + echo_s if ours else -math.inf
            self._closes_s = self._until_s = now_s + heard_ms / 1000

    def open(self, now_s: float) -> bool:
        """Whether to listen, after the answer."""
        return self._opens_s <= now_s <= self._until_s

    def awaited(self, now_s: float) -> bool:
        """Whether it listens, or will in a moment."""
        return now_s <= self._until_s

    def began(self, now_s: float) -> None:
        """Somebody has begun to speak: they are heard to their end."""
        if now_s <= self._closes_s:
            self._until_s = max(self._until_s, now_s + LONGEST_S)

    def passed(self) -> None:
        """What they said was no correction."""
        self._until_s = self._closes_s

    def close(self) -> None:
        """Something else goes on."""
        self._opens_s, self._closes_s, self._until_s = math.inf, -math.inf, -math.inf
