"""The voice tries itself: microphone, voice detection, recogniser, voice, loudspeaker. For `homebody doctor`."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from difflib import SequenceMatcher
from typing import Final

import numpy as np

from homebody.errors import HomebodyError, ModelMissing
from homebody.messages import Link
from homebody.options import VoiceOptions
from homebody.starter import Recording, bundled
from homebody.voice.audio import CHUNK_MS, Chunk, Utterance
from homebody.voice.ears import Ears
from homebody.voice.microphone import Microphone, WavMicrophone
from homebody.voice.mouth import Mouth
from homebody.voice.muting import MUTED
from homebody.voice.recordings import read_audio
from homebody.voice.turn import Parts
from homebody.voice.vad import SileroVad, VoiceActivityDetector

WORDS: Final = "One, two, three. Can you hear me?"
RECENT_S: Final = 3.0  # sound older than this is from before something went wrong
METERED_S: Final = 5.0  # longer than it takes to say `WORDS`
OPENING_S: Final = 3.0  # a loaded machine needs that to open a device
LOOK_S: Final = 0.05
ALIKE: Final = 0.7  # real models write some words of a recording differently ("15" for "fifteen")
LOUDER: Final = 2.0
FAINT: Final = 0.003  # of full scale: noise of an empty room

Step = Callable[[], Awaitable[Link]]


class Meter:
    """How loud it is at the microphone, and when something was heard last. Computes nothing unless it is asked."""

    def __init__(self) -> None:
        self.heard_at_s = float("-inf")
        self._since: deque[Chunk] = deque(maxlen=round(1000 * METERED_S / CHUNK_MS))

    def feed(self, chunk: Chunk) -> None:
        """A chunk was heard."""
        self.heard_at_s = time.monotonic()
        self._since.append(chunk)

    def take(self) -> float:
        """The loudest sample since the last call, but at most of the last `METERED_S`; 0 to 1."""
        loudest = max((float(np.abs(chunk.samples).max(initial=0.0)) for chunk in self._since), default=0.0)
        self._since.clear()
        return loudest


async def check(
    microphone: Microphone,
    meter: Meter,
    parts: Parts,
    options: VoiceOptions,
    *,
    aloud: bool,
    vad: VoiceActivityDetector | None = None,
) -> list[Link]:
    """Each part tried in the order of a turn; never raises for a part's sake.

    Args:
        microphone: Is being read by somebody, who feeds the meter.
        meter: What it delivers.
        parts: What turns are made of; nothing is asked of its router.
        options: The profile's ``voice``.
        aloud: Say something through the loudspeaker, and listen for it.
        vad: A detector of voices nobody else uses; None: Silero's.
    """
    until_s = time.monotonic() + OPENING_S
    while microphone_link(microphone, meter, time.monotonic()).fault and time.monotonic() < until_s:  # noqa: ASYNC110
        await asyncio.sleep(LOOK_S)  # nothing tells; it may just be opening
    links = [microphone_link(microphone, meter, time.monotonic())]
    clip = next(one for one in bundled() if one.path.stem == "time")
    links.append(await tried("hearing", lambda: _heard(clip, parts, options, vad)))
    links.append(await tried("speech", lambda: _synthesized(parts.mouth)))
    if aloud and not links[-1].fault:
        links.append(await tried("loudspeaker", lambda: _spoken(parts.mouth, meter)))
    return links


async def tried(part: str, step: Step) -> Link:
    """A step with its time; an error becomes the fault of its part."""
    began_s = time.monotonic()
    try:
        link = await step()
    except HomebodyError as error:
        missing = isinstance(error, ModelMissing) or part == "hearing"
        faults = {"hearing": "recogniser-missing", "speech": "voice-missing" if missing else "voice-mute"}
        fault = faults.get(part, "loudspeaker-fails")
        link = Link(part=part, fault=fault, problem=error.reason, remedy=error.remedy)
    took_ms = round(1000 * (time.monotonic() - began_s), 1)
    return Link(
        part=part, took_ms=took_ms, saw=link.saw, fault=link.fault, problem=link.problem, remedy=link.remedy
    )  # fmt: skip


def microphone_link(microphone: Microphone, meter: Meter, now_s: float) -> Link:
    """What the microphone does now."""
    problem, comes = microphone.problem, now_s - meter.heard_at_s < RECENT_S
    if problem == MUTED:
        return Link(part="microphone", fault="microphone-muted", problem=MUTED.problem, remedy=MUTED.remedy)
    if problem is not None:
        fault = "microphone-silent" if comes else "microphone-fails"
        return Link(part="microphone", fault=fault, problem=problem.problem, remedy=problem.remedy)
    if not comes:
        reason = "No sound comes from the microphone."
        remedy = "Connect it again, or choose another: homebody devices"
        return Link(part="microphone", fault="microphone-fails", problem=reason, remedy=remedy)
    return Link(part="microphone", saw="sound comes")


async def _heard(clip: Recording, parts: Parts, options: VoiceOptions, vad: VoiceActivityDetector | None) -> Link:
    ears = Ears(vad or SileroVad(), options.endpointing)
    utterance: Utterance | None = None
    async with aclosing(WavMicrophone(read_audio(clip.path), realtime=False).chunks()) as chunks:
        async for chunk in chunks:
            utterance = utterance or ears.feed(chunk).utterance
    utterance = utterance or ears.flush()
    if utterance is None:
        reason = "The speech in the bundled recording was not noticed."
        remedy = "Take the values of [voice.endpointing] out of homebody.toml."
        return Link(part="hearing", fault="speech-not-noticed", problem=reason, remedy=remedy)
    heard = (await parts.transcriber.transcribe(utterance.words, options.language)).text
    if options.language.startswith("en") and _alike(clip.text, heard) < ALIKE:
        reason = "The recogniser misheard the bundled recording."
        remedy = "Choose another model under [voice.transcriber], or take its values out of homebody.toml."
        return Link(part="hearing", fault="misheard", problem=reason, remedy=remedy)
    chosen = parts.windows()
    return Link(part="hearing", saw="the bundled recording was understood" + (f"; {chosen}" if chosen else ""))


def _alike(said: str, heard: str) -> float:
    plain = "".join(sign for sign in heard.casefold() if sign.isalnum() or sign == " ")
    return SequenceMatcher(None, said.casefold().split(), plain.split()).ratio()


async def _synthesized(mouth: Mouth) -> Link:
    loudest, length_ms = 0.0, 0.0
    async with aclosing(mouth.synthesizer.synthesize(WORDS)) as sentences:
        async for audio in sentences:
            loudest = max(loudest, float(np.abs(audio.samples).max(initial=0.0)))
            length_ms += audio.duration_ms
    if loudest == 0.0:
        reason = "The voice made no sound."
        return Link(
            part="speech", fault="voice-mute", problem=reason, remedy="Choose another [voice.synthesizer] voice."
        )
    return Link(part="speech", saw=f"{length_ms / 1000:.1f} s of speech")


async def _spoken(mouth: Mouth, meter: Meter) -> Link:
    if mouth.speaker.muted or mouth.speaker.volume_percent == 0:
        reason = "The assistant is muted." if mouth.speaker.muted else "The assistant's volume is at zero."
        remedy = 'Say, or write: homebody ask "set the volume to eighty percent"'
        return Link(part="loudspeaker", fault="muted", problem=reason, remedy=remedy)
    before = meter.take()
    spoken = await mouth.say(WORDS)
    if not spoken.complete:
        return Link(part="loudspeaker", saw="interrupted")
    after = meter.take()
    heard = after > max(FAINT, LOUDER * before)
    return Link(
        part="loudspeaker", saw="the microphone heard it" if heard else "played; the microphone did not hear it"
    )
