"""Ears: from a microphone's chunks to whole utterances. Joins the voice detector to the endpointer; decides nothing."""

from __future__ import annotations

from dataclasses import dataclass

from homebody.options import EndpointingOptions
from homebody.voice.audio import Chunk, Utterance
from homebody.voice.endpointing import Endpointer, SpeechBegan
from homebody.voice.vad import VoiceActivityDetector


@dataclass(frozen=True, slots=True)
class Heard:
    """What a chunk brought: speech has begun, or an utterance has ended. Usually neither."""

    began: bool = False
    utterance: Utterance | None = None


NOTHING = Heard()


class Ears:
    """Feeds chunks through voice detection and endpointing. About 0.2 ms of one core a chunk of 32 ms; not threadsafe.

    Args:
        vad: Keeps its own state between chunks; `reset` when the sound jumps.
        options: When speech begins and ends.
    """

    def __init__(self, vad: VoiceActivityDetector, options: EndpointingOptions) -> None:
        self._vad = vad
        self._endpointer = Endpointer(options)

    def feed(self, chunk: Chunk) -> Heard:
        """Hear one chunk."""
        began, utterance = False, None
        for event in self._endpointer.feed(chunk, self._vad.probability(chunk.samples)):
            if isinstance(event, SpeechBegan):
                began = True
            else:
                utterance = event
        return Heard(began, utterance) if began or utterance else NOTHING

    @property
    def speech_ms(self) -> float:
        """How much speech the utterance so far holds; 0 while nobody speaks."""
        return self._endpointer.speech_ms

    def flush(self) -> Utterance | None:
        """A recording has ended: what was being said, if anything."""
        return self._endpointer.flush()

    def reset(self) -> None:
        """Forget everything heard: the next chunk does not continue the last."""
        self._vad.reset()
        self._endpointer.reset()
