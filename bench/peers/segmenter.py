"""When a command has ended, by the rules of Home Assistant's voice pipeline. Pure.

They are those of ``VoiceCommandSegmenter`` in ``homeassistant/components/assist_pipeline/vad.py`` (Apache 2.0), written
anew: its pipeline builds it with the defaults, which the constants below are. ``tests/bench/test_peers.py`` tells what
follows from them.
"""

from __future__ import annotations

SPEECH_S = 0.3  # of it, before a command has begun
COMMAND_S = 1.0  # no command is shorter
SILENCE_S = 0.7  # "default"; "relaxed" is 1.25, "aggressive" 0.25
TIMEOUT_S = 15.0
RESET_S = 1.0  # so much silence forgets a beginning; so much speech on end forgets the silence before it


class Segmenter:
    """Feed it what voice detection says of each chunk."""

    def __init__(self) -> None:
        self.in_command = False
        self._speech_left_s = SPEECH_S
        self._command_left_s = COMMAND_S - SPEECH_S
        self._silence_left_s = SILENCE_S
        self._timeout_left_s = TIMEOUT_S
        self._reset_left_s = RESET_S

    def goes_on(self, chunk_s: float, speech: bool) -> bool:
        """Whether more is to be heard after this chunk; False: the command has ended, or took too long."""
        self._timeout_left_s -= chunk_s
        if self._timeout_left_s <= 0:
            return False
        if not self.in_command:
            self._before(chunk_s, speech)
            return True
        self._command_left_s -= chunk_s
        if speech:
            self._reset_left_s -= chunk_s
            if self._reset_left_s <= 0:
                self._silence_left_s, self._reset_left_s = SILENCE_S, RESET_S
            return True
        self._reset_left_s = RESET_S
        self._silence_left_s -= chunk_s
        return self._silence_left_s > 0 or self._command_left_s > 0

    def _before(self, chunk_s: float, speech: bool) -> None:
        if speech:
            self._reset_left_s = RESET_S
            self._speech_left_s -= chunk_s
            if self._speech_left_s <= 0:
                self.in_command = True
        else:
            self._reset_left_s -= chunk_s
            if self._reset_left_s <= 0:
                self._speech_left_s, self._reset_left_s = SPEECH_S, RESET_S
