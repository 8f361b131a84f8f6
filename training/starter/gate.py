"""Measures the ears: what becomes a command that should, and what that should not. And what each Whisper window costs.

    python training/starter/gate.py [--seed N] [--windows]

Everything goes the way it goes in the voice service: voice detector, endpointer, transcriber, each with the embedded
profile. The sounds are made anew from the seed. docs/decisions/0001 and 0002 quote what this prints.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from homebody import profile
from homebody.options import VoiceOptions
from homebody.voice.audio import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Chunk, Samples, Transcript, Utterance
from homebody.voice.endpointing import Endpointer
from homebody.voice.transcriber import WhisperTranscriber
from homebody.voice.vad import SileroVad
from sounds import NOISES, VOICES, Sounds

ONES: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
COMMANDS: Final = (
    "what time is it", "what is the time", "what day is it today", "what is the date today",
    "set a timer for {} minutes", "start a timer for {} seconds", "set a timer for {} hours and {} minutes",
    "cancel the timer", "cancel all timers", "how much time is left on the timer",
    "what is {} plus {}", "what is {} minus {}", "what is {} times {}", "what is {} divided by {}",
    "what is {} percent of {}", "how much memory is free", "how much disk space is free", "what is the battery level",
    "volume up", "volume down", "turn the volume up", "set the volume to {} percent", "mute", "stop", "never mind",
    "repeat that", "say that again", "what can you do", "help", "tell me a joke",
)  # fmt: skip
ROOMS_DB: Final = (None, None, 20.0, 10.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound and what should be heard in it; nothing where ``text`` is empty."""

    kind: str
    text: str
    samples: Samples


def spelled(number: int) -> str:
    """0 to 99 in words."""
    if number < 20:
        return ONES[number]
    ten, one = divmod(number, 10)
    return TENS[ten - 2] + (f" {ONES[one]}" if one else "")


def clips(seed: int) -> Iterator[Clip]:
    """180 commands, the sentences of other_talk.txt, and 120 melodies, 50 noises, 30 babbles."""
    sounds, r = Sounds(seed), random.Random(seed)  # no secret
    for index in range(180):
        form = COMMANDS[index % len(COMMANDS)]
        text = form.format(*(spelled(r.randint(2, 99)) for _ in range(form.count("{}"))))
        sound = sounds.speech(text, *VOICES[(index // len(COMMANDS) + index) % len(VOICES)])
        yield Clip("commands", text, sounds.in_a_room(sound, snr_db=r.choice(ROOMS_DB)))
    talk = []
    for index, text in enumerate((Path(__file__).parent / "other_talk.txt").read_text().splitlines()):
        talk.append(sounds.speech(text, *VOICES[(index + seed) % len(VOICES)]))
        yield Clip("other talk", "", sounds.in_a_room(talk[-1], snr_db=r.choice(ROOMS_DB)))
    for _ in range(120):
        yield Clip("melodies", "", sounds.in_a_room(sounds.melody(), snr_db=r.choice((None, None, 20.0))))
    for _ in range(30):
        yield Clip("babble", "", sounds.in_a_room(sounds.babble(talk), snr_db=None))
    for index in range(50):
        noise = sounds.noise(NOISES[index % len(NOISES)], round(RATE_HZ * r.uniform(1.5, 4)))
        yield Clip("noises", "", sounds.in_a_room(noise, snr_db=None))


def utterances(samples: Samples, vad: SileroVad, options: VoiceOptions) -> list[Utterance]:
    """What the ears take for utterances."""
    vad.reset()
    endpointer, found = Endpointer(options.endpointing), []
    for index in range(len(samples) // CHUNK_SAMPLES):
        chunk = samples[index * CHUNK_SAMPLES :][:CHUNK_SAMPLES]
        events = endpointer.feed(Chunk(chunk, (index + 1) * CHUNK_MS / 1000), vad.probability(chunk))
        found += [event for event in events if isinstance(event, Utterance)]
    last = endpointer.flush()
    return [*found, last] if last else found


async def measure_gate(seed: int, options: VoiceOptions) -> None:
    """Print a row a kind of sound."""
    ears, vad = WhisperTranscriber(options.transcriber), SileroVad()
    rows: dict[str, list[tuple[str, list[Transcript]]]] = {}
    for clip in clips(seed):
        heard = [await ears.transcribe(u.samples, "en") for u in utterances(clip.samples, vad, options)]
        rows.setdefault(clip.kind, []).append((clip.text, heard))
    await ears.aclose()
    write(f"seed {seed}: {'':12}{'clips':>6}{'utterances':>12}{'words':>7}{'accepted':>10}{'exact':>7}{'wrong':>7}")
    for kind, row in rows.items():
        accepted = [(text, " ".join(t.text for t in heard if not t.refused)) for text, heard in row]
        accepted = [(text, said) for text, said in accepted if said]
        exact = sum(text == said for text, said in accepted)
        spoken = sum(bool(heard) for _, heard in row)
        words = sum(any(t.text for t in heard) for _, heard in row)
        write(f"{kind:20}{len(row):>10}{spoken:>12}{words:>7}{len(accepted):>10}{exact:>7}{len(accepted) - exact:>7}")


async def measure_windows(seed: int, options: VoiceOptions) -> None:
    """Print accuracy and processor time of the starter model for several shortest windows."""
    vad = SileroVad()
    spoken = [
        (clip.text, found[0].samples)
        for clip in clips(seed)
        if clip.kind == "commands" and (found := utterances(clip.samples, vad, options))
    ]
    mean_s = np.mean([len(samples) / RATE_HZ for _, samples in spoken])
    write(f"seed {seed}: {len(spoken)} commands, utterances of {mean_s:.1f} s on average")
    whole: list[str] = []
    for floor_s in (30.0, 15.0, 10.0, 8.0, 5.0, 3.0, 2.5, 1.0):
        ears = WhisperTranscriber(msgspec.structs.replace(options.transcriber, min_window_s=floor_s))
        await ears.load()
        before_s = processor_s()
        heard = [(await ears.transcribe(samples, "en")).text for _, samples in spoken]
        cost_ms = 1000 * (processor_s() - before_s) / len(spoken)
        whole = whole or heard
        exact = np.mean([text == words for (text, _), words in zip(spoken, heard, strict=True)])
        same = sum(words == other for words, other in zip(heard, whole, strict=True))
        write(
            f"shortest window {floor_s:4.1f} s: exact {100 * exact:5.1f} %, {same} of {len(whole)} heard as in 30 s, "
            f"processor {cost_ms:4.0f} ms each"
        )
        await ears.aclose()


def processor_s() -> float:
    """Processor time of this process so far, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def write(line: str) -> None:
    """A line of the result."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description="What becomes a command, and what a window costs.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--windows", action="store_true", help="the cost of windows instead")
    arguments = parser.parse_args()
    options = profile.load("embedded", overlay=Path("no overlay")).voice
    asyncio.run((measure_windows if arguments.windows else measure_gate)(arguments.seed, options))


if __name__ == "__main__":
    main()
