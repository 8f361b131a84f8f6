"""Sounds to measure the ears with: spoken words, noise, talkers in the background, melodies. Seeded, not stored."""

from __future__ import annotations

import random
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from homebody.voice.audio import RATE_HZ, Samples
from homebody.voice.recordings import read_audio
from recordings import speech_bounds

Sound = npt.NDArray[np.float64]

# flite's rms and the espeak-ng variants were not in the recogniser's training; slt and awb were.
VOICES: Final = (
    ("flite", "rms"), ("flite", "slt"), ("flite", "awb"),
    ("espeak-ng", "en-us+f5"), ("espeak-ng", "en-gb-scotland+m7"), ("espeak-ng", "en-us+anika"),
)  # fmt: skip
SCALE: Final = (0, 2, 4, 5, 7, 9, 11)  # semitones
VOWELS: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480))  # formants, Hz
TIMBRES: Final = ("sine", "saw", "organ", "pluck", "piano", "voice")
NOISES: Final = ("white", "pink", "brown", "hum", "typing")


class Sounds:
    """Everything is drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # no secret
        self.numpy = np.random.default_rng(seed)

    def speech(self, text: str, synthesiser: str, voice: str) -> Sound:
        """These words at a rate and a loudness of their own, silence around them cut off."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "line.wav"
            if synthesiser == "espeak-ng":
                rate = str(self.random.randint(135, 175))
                command = ["espeak-ng", "-v", voice, "-s", rate, "-w", str(path), text]
            else:
                stretch = f"duration_stretch={self.random.uniform(0.9, 1.15):.2f}"
                command = ["flite", "-voice", voice, "--setf", stretch, "-t", text, "-o", str(path)]
            subprocess.run(command, check=True)
            samples = read_audio(path).samples
        begin, end = speech_bounds(samples)
        return _scaled(samples[begin:end].astype(float), self.random.uniform(0.15, 0.7))

    def noise(self, kind: str, samples: int) -> Sound:
        """One of `NOISES`, of this length and some loudness."""
        if kind == "hum":
            sound: Sound = sum(
                (np.sin(2 * np.pi * 50 * h * np.arange(samples) / RATE_HZ) / h for h in range(1, 12)),
                start=np.zeros(samples),
            )
        elif kind == "typing":
            sound = np.zeros(samples)
            for _ in range(7 * samples // RATE_HZ):
                at = self.random.randrange(samples - 800)
                sound[at : at + 800] += self.numpy.standard_normal(800) * np.exp(-np.arange(800) / 120)
        else:
            spectrum = np.fft.rfft(self.numpy.standard_normal(samples))
            frequency = np.maximum(np.fft.rfftfreq(samples), 1 / samples)
            slope = {"white": 0.0, "pink": 0.5, "brown": 1.0}[kind]
            sound = np.fft.irfft(spectrum / frequency**slope, samples)
        return _scaled(sound, self.random.uniform(0.02, 0.5))

    def babble(self, talk: list[Sound]) -> Sound:
        """Three or six talkers at once, 2 to 4 s."""
        samples = round(RATE_HZ * self.random.uniform(2, 4))
        mixed = np.zeros(samples)
        for _ in range(self.random.choice((3, 6))):
            mixed += np.roll(np.resize(self.random.choice(talk), samples), self.random.randrange(samples))
        return _scaled(mixed, 0.4)

    def melody(self) -> Sound:
        """2 to 6 s of notes in C major: one of six timbres, with or without chords and drums."""
        r = self.random
        beat_s, base_hz = 60 / r.uniform(70, 170), r.choice((110, 130.8, 164.8, 196, 220, 261.6, 329.6))
        timbre, chords, drums = r.choice(TIMBRES), r.random() < 0.5, r.random() < 0.3
        sound = np.zeros(round(RATE_HZ * r.uniform(2, 6)))
        at = 0
        while at < len(sound):
            samples = round(beat_s * r.choice((0.5, 0.5, 1, 1, 2)) * RATE_HZ)
            notes = [r.choice(SCALE) + 12 * r.choice((0, 0, 1))] + (r.sample(SCALE, 2) if chords else [])
            note = sum((self._note(base_hz * 2 ** (n / 12), timbre, samples) for n in notes), np.zeros(samples))
            if drums:
                note[:2000] += (
                    1.5 * self.numpy.standard_normal(len(note[:2000])) * np.exp(-np.arange(len(note[:2000])) / 300)
                )
            part = sound[at : at + samples]
            part += note[: len(part)]
            at += samples
        return _scaled(sound, r.uniform(0.1, 0.6))

    def _note(self, hz: float, timbre: str, samples: int) -> Sound:
        t = np.arange(samples) / RATE_HZ
        vibrato = 1 + 0.004 * np.sin(2 * np.pi * 5.5 * t) if timbre == "voice" else 1.0
        formants = self.random.choice(VOWELS)

        def weight(k: int) -> Any:  # of the k-th harmonic
            match timbre:
                case "sine":
                    return float(k == 1)
                case "organ":
                    return {1: 1.0, 2: 0.7, 3: 0.5, 4: 0.4, 6: 0.3, 8: 0.2}.get(k, 0.0)
                case "saw":
                    return 1 / k
                case "pluck":
                    return np.exp(-t * (3 + 2 * k)) / k
                case "piano":
                    return np.exp(-t * (1.5 + k)) / k**1.3
                case _:
                    return 0.02 + sum(float(np.exp(-(((k * hz - f) / 120) ** 2))) for f in formants)

        harmonics = range(1, int(min(15, 4000 / hz)) + 1)
        note = sum((weight(k) * np.sin(2 * np.pi * k * hz * vibrato * t) for k in harmonics), np.zeros(samples))
        shaped: Sound = note * np.minimum(1, np.minimum(t / 0.01, (samples / RATE_HZ - t) / 0.03))
        return shaped

    def in_a_room(self, sound: Sound, *, snr_db: float | None) -> Samples:
        """The sound with a second or more of quiet before and two behind it, over white or pink noise so far below it;
        None: over hardly any."""
        quiet = np.zeros(round(RATE_HZ * self.random.uniform(1.1, 1.6)))
        whole = np.concatenate([quiet, sound, np.zeros(2 * RATE_HZ)])
        floor = self.noise(self.random.choice(("white", "pink")), len(whole))
        floor /= np.sqrt(np.mean(floor**2))
        level = 2e-4 if snr_db is None else np.sqrt(np.mean(sound**2) / 10 ** (snr_db / 10))
        heard: Samples = np.clip(whole + floor * level, -1, 1).astype(np.float32)
        return heard


def _scaled(sound: Sound, peak: float) -> Sound:
    scaled: Sound = sound * (peak / np.abs(sound).max())
    return scaled
