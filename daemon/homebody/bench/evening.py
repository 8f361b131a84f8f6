"""An evening in a room with a television: other people's talk, music-like sound and noise, made by formula and by
several synthesizers. Seeded; nothing is stored."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import soxr

from homebody.errors import MissingPart
from homebody.voice.audio import RATE_HZ, Samples
from homebody.voice.noise import pink
from homebody.voice.recordings import read_audio

ESPEAK: Final = (
    "en-us", "en-gb", "en-us+f2", "en-us+m3", "en-gb+f5", "en-gb-scotland", "en-gb-x-rp+f3", "en-us+m7",
    "en-gb-x-gbclan", "en-us+f4", "de", "fr", "es",
)  # fmt: skip
FLITE: Final = ("slt", "rms", "awb", "kal16")
NEAR: Final = (  # what resembles the shipped wake words
    "Okay, not now, maybe later.", "Okay, no, but we could.", "Oh, can a boot be that dirty?",
    "Okay, Naboo is a planet.", "Hey, Marvin, come here.", "Hey, Mike, roughly how many?", "Alex and Sarah are here.",
    "A lecture about Texas.", "Hey, Jarvis was a butler, wasn't he?", "I can have a bouquet now, boo.",
    "The OK button is broken.", "Okay then.",
)  # fmt: skip
WHO: Final = (
    "the minister", "my sister", "a neighbour", "the whole team", "nobody", "the old captain", "her brother",
    "a doctor", "the weather service", "our reporter", "the second witness", "every child", "the company",
    "a man from Naples",
)  # fmt: skip
DOES: Final = (
    "has bought", "never liked", "will present", "was looking for", "talked about", "cannot find", "painted",
    "explained", "keeps repairing", "is going to sell", "forgot", "wanted to know more about", "won the prize for",
    "paid for",
)  # fmt: skip
WHAT: Final = (
    "a bouquet of tulips", "the new railway line", "an enormous cake", "the budget for next year", "a used guitar",
    "three thousand tickets", "the results of the election", "a novel about boats", "the broken window",
    "two cups of tea", "an album from nineteen eighty", "the road to the harbour", "a banana and a book",
    "the okay from the board",
)  # fmt: skip
WHERE: Final = (
    "yesterday evening", "in the kitchen", "at a quarter to nine", "after the break", "on the other side of town",
    "again", "for the first time since March", "without saying a word", "in front of the cameras",
    "and everybody laughed",
)  # fmt: skip
SCALE: Final = (0, 2, 4, 5, 7, 9, 11)  # semitones
SYNTHESIS_LIMIT_S: Final = 60.0


class Evening:
    """Sound without end, in pieces of some seconds.

    Raises:
        MissingPart: There is no synthesizer.
    """

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311  # no secret
        self._numpy = np.random.default_rng(seed)
        self.synthesizers = tuple(name for name in ("espeak-ng", "flite", "text2wave") if shutil.which(name))
        if not self.synthesizers:
            raise MissingPart(
                "Other people's talk needs a synthesizer other than ours.",
                "Install some: sudo apt-get install espeak-ng flite festival festvox-kallpc16k",
            )
        self._pink = pink(60 * RATE_HZ)

    def pieces(self) -> Iterator[tuple[str, Samples]]:
        """What it is (talk, music, noise) and its sound, float32 at 16 kHz. Half of the time somebody talks, a third of
        that over music or noise."""
        while True:
            kind = self._random.choices(("talk", "music", "noise"), (5, 2, 1))[0]
            match kind:
                case "talk":
                    sound = self._talk()
                case "music":
                    sound = self._music(self._random.uniform(4, 12))
                case _:
                    sound = self._noise(self._random.uniform(4, 12))
            level = 10 ** (self._random.uniform(-36, -16) / 20)
            yield kind, (sound * (level / max(1e-9, float(np.sqrt(np.mean(sound**2)))))).astype(np.float32)

    def call(self, text: str, synthesizer: str, voice: str) -> Samples:
        """These words, by this voice, as loud as somebody in the room, with a second of quiet on both sides."""
        said = _spoken(text, synthesizer, voice, 150)
        said *= 0.1 / max(1e-9, float(np.sqrt(np.mean(said**2))))
        quiet = np.zeros(RATE_HZ, np.float32)
        whole = np.concatenate((quiet, said, quiet))
        return (whole + self._numpy.normal(0, 0.0005, len(whole))).astype(np.float32)

    def _talk(self) -> Samples:
        text = " ".join(self._sentence() for _ in range(self._random.randint(2, 5)))
        synthesizer = self._random.choices(
            self.synthesizers, [{"espeak-ng": 5, "flite": 3}.get(one, 1) for one in self.synthesizers]
        )[0]
        voices = {"espeak-ng": ESPEAK, "flite": FLITE}.get(synthesizer, ("",))
        sound = _spoken(text, synthesizer, self._random.choice(voices), self._random.randint(120, 210))
        if self._random.random() < 0.33:
            bed = self._random.choice((self._music, self._noise))(len(sound) / RATE_HZ)
            bed = np.resize(bed, len(sound))
            ratio = 10 ** (-self._random.uniform(0, 15) / 20)
            sound = sound + bed * (
                ratio * float(np.sqrt(np.mean(sound**2))) / max(1e-9, float(np.sqrt(np.mean(bed**2))))
            )
        return sound.astype(np.float32)

    def _sentence(self) -> str:
        if self._random.random() < 0.08:
            return self._random.choice(NEAR)
        words = " ".join(self._random.choice(part) for part in (WHO, DOES, WHAT, WHERE))
        return f"{words[0].upper()}{words[1:]}."

    def _music(self, seconds: float) -> Samples:
        """Notes of a major scale, with harmonics, chords and sometimes drums."""
        sound = np.zeros(round(seconds * RATE_HZ))
        beat, base_hz = (
            round(60 / self._random.uniform(70, 160) * RATE_HZ),
            self._random.choice((110.0, 146.8, 196.0, 261.6)),
        )
        brightness, drums = self._random.uniform(0.8, 2.5), self._random.random() < 0.5
        at = 0
        while at < len(sound):
            length = min(round(beat * self._random.choice((0.5, 1, 1, 2))), len(sound) - at)
            time_s = np.arange(length) / RATE_HZ
            for _ in range(self._random.choice((1, 1, 3))):
                hz = base_hz * 2 ** ((self._random.choice(SCALE) + 12 * self._random.randint(0, 1)) / 12)
                for harmonic in range(1, 9):
                    decay = np.exp(-time_s * self._random.uniform(1, 4))
                    sound[at : at + length] += np.sin(2 * np.pi * harmonic * hz * time_s) * decay / harmonic**brightness
            if drums:
                hit = self._numpy.standard_normal(min(2000, length)) * np.exp(-np.arange(min(2000, length)) / 300)
                sound[at : at + len(hit)] += 1.5 * hit
            at += length
        return sound.astype(np.float32)

    def _noise(self, seconds: float) -> Samples:
        count = round(seconds * RATE_HZ)
        match self._random.choice(("white", "pink", "brown", "hum", "taps")):
            case "white":
                sound = self._numpy.standard_normal(count)
            case "pink":
                sound = np.roll(self._pink, self._random.randrange(len(self._pink)))[:count].astype(np.float64)
            case "brown":
                sound = np.cumsum(self._numpy.standard_normal(count))
                sound -= np.linspace(sound[0], sound[-1], count)
            case "hum":
                time_s = np.arange(count) / RATE_HZ
                sound = sum((np.sin(2 * np.pi * 50 * k * time_s) / k for k in range(1, 12)), np.zeros(count))
            case _:
                sound = np.zeros(count)
                for _ in range(round(7 * seconds)):
                    at = self._random.randrange(max(1, count - 800))
                    hit = self._numpy.standard_normal(800) * np.exp(-np.arange(800) / 120)
                    sound[at : at + 800] += hit[: count - at]
        return sound.astype(np.float32)


def _spoken(text: str, synthesizer: str, voice: str, words_per_min: int) -> Samples:
    with tempfile.TemporaryDirectory(prefix="hb-") as folder:
        path = Path(folder) / "said.wav"
        match synthesizer:
            case "espeak-ng":
                command = ["espeak-ng", "-v", voice, "-s", str(words_per_min), "-w", str(path), text]
            case "flite":
                stretch = f"duration_stretch={160 / words_per_min:.2f}"
                command = ["flite", "-voice", voice, "--setf", stretch, "-t", text, "-o", str(path)]
            case _:
                command = ["text2wave", "-o", str(path)]
        spoken = None if synthesizer in {"espeak-ng", "flite"} else text.encode()
        subprocess.run(command, input=spoken, check=True, capture_output=True, timeout=SYNTHESIS_LIMIT_S)
        audio = read_audio(path)
    samples: Samples = audio.samples
    if audio.rate_hz != RATE_HZ:
        samples = soxr.resample(samples, audio.rate_hz, RATE_HZ, quality="HQ")
    return samples.astype(np.float32)
