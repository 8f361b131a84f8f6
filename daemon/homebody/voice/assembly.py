"""The parts of a turn, built from a profile and closed in reverse. Shared by the voice service, `hear` and `demo`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager

from homebody.options import VoiceOptions
from homebody.voice.audio import Utterance
from homebody.voice.ears import Ears
from homebody.voice.microphone import Microphone
from homebody.voice.mouth import Mouth
from homebody.voice.notes import Notes
from homebody.voice.speaker import Speaker
from homebody.voice.synthesizer import PiperSynthesizer
from homebody.voice.transcriber import WhisperTranscriber
from homebody.voice.turn import Asker, Parts, take_turn
from homebody.voice.vad import SileroVad


@asynccontextmanager
async def assembled(options: VoiceOptions, router: Asker, speaker: Speaker) -> AsyncGenerator[Parts, None]:
    """All parts of a turn, their models loaded.

    Raises:
        ModelMissing, ModelFailed, OutOfMemory, MissingPart: A model cannot be had or does not run here.
    """
    async with (
        aclosing(PiperSynthesizer(options.synthesizer, language=options.language)) as synthesizer,
        aclosing(WhisperTranscriber(options.transcriber)) as transcriber,
    ):
        await asyncio.gather(synthesizer.load(), transcriber.load())
        mouth = Mouth(synthesizer, speaker)
        yield Parts(transcriber, router, mouth, options.language, options.ask_deadline_ms)


def ears_for(options: VoiceOptions) -> Ears:
    """Ears with Silero's voice detector."""
    return Ears(SileroVad(), options.endpointing)


async def answers(microphone: Microphone, ears: Ears, parts: Parts, *, live: bool) -> AsyncGenerator[Notes, None]:
    """Answer every utterance of a recording, one after another.

    Args:
        microphone: Plays the recording; ends.
        ears: Are reset first.
        parts: What each turn is made of.
        live: The recording comes as fast as it was spoken, so that the clock is the microphone's.

    Yields:
        The notes of each turn, when it has ended.
    """
    ears.reset()
    async with aclosing(microphone.chunks()) as chunks:
        async for chunk in chunks:
            if utterance := ears.feed(chunk).utterance:
                yield await _taken(utterance, parts, live=live)
    if utterance := ears.flush():
        yield await _taken(utterance, parts, live=live)


async def _taken(utterance: Utterance, parts: Parts, *, live: bool) -> Notes:
    notes = Notes(utterance, live=live)
    await take_turn(utterance, parts, notes)
    return notes
