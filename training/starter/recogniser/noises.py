"""Sounds that are no speech: household noise and music, and rooms. Drawn from one seed, nothing is stored.

The sounds that the ears are measured with are made elsewhere (training/starter/sounds.py) and in other ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from homebody.voice.audio import RATE_HZ, Samples

Sound = npt.NDArray[np.float64]

ROOM_S: Final = (0.06, 0.45)  # reverberation
_SCALES: Final = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 3, 5, 7, 10), (0, 2, 4, 7, 9), tuple(range(12)))
_VOWELS: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (660, 1720, 2410))


class Noises:
    """Makes them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def noise(self, samples: int) -> Samples:
        """Some household noise, with a mean square of one."""
        rng = self._rng
        makers = (self._coloured, self._coloured, self._band, self._hum, self._strokes, self._strokes, self._engine)
        sound = makers[rng.integers(len(makers))](samples)
        if rng.random() < 0.3:  # it comes and goes
            sound = sound * (1 + 0.9 * np.sin(2 * np.pi * rng.uniform(0.1, 5) * _times(samples) + rng.uniform(0, 6)))
        if rng.random() < 0.3:
            sound = sound + self._coloured(samples) * sound.std() * rng.uniform(0.05, 0.6)
        return _levelled(sound)

    def music(self, samples: int) -> Samples:
        """Some tune, with a mean square of one: notes of one timbre over chords, bass and drums, each at times."""
        rng = self._rng
        beat = round(RATE_HZ * 60 / rng.uniform(60, 190))
        scale = _SCALES[rng.integers(len(_SCALES))]
        base_hz = 2 ** rng.uniform(np.log2(70), np.log2(400))
        sound = np.zeros(samples)
        tune, backing = self._timbre(), self._timbre()
        has_chords, has_bass, has_drums = rng.random(3) < (0.55, 0.4, 0.4)
        at, step = 0, int(rng.integers(len(scale)))
        while at < samples:
            length = int(beat * rng.choice((0.25, 0.5, 0.5, 1, 1, 2)))
            step += int(rng.integers(-3, 4))
            if rng.random() < 0.88:  # else a rest
                _add(sound, at, self._note(base_hz * _semitones(scale, step), length, tune))
            at += length
        for at in range(0, samples, 2 * beat):
            root = int(rng.integers(len(scale)))
            if has_chords:
                for third in (0, 2, 4):
                    hz = base_hz / 2 * _semitones(scale, root + third)
                    _add(sound, at, 0.5 * self._note(hz, 2 * beat, backing))
            if has_bass:
                _add(sound, at, 0.8 * self._note(base_hz / 4 * _semitones(scale, root), beat, backing))
        if has_drums:
            for at in range(0, samples, max(1, beat // 2)):
                _add(sound, at, rng.uniform(0.3, 2.0) * self._drum())
        return _levelled(sound)

    def room(self) -> Samples:
        """An impulse response: the direct sound and decaying echoes, of unit energy for the direct sound."""
        rng = self._rng
        samples = int(RATE_HZ * rng.uniform(*ROOM_S))
        echoes = rng.standard_normal(samples) * np.exp(-6.9 * np.arange(samples) / samples)
        echoes = _smoothed(echoes, rng.uniform(0, 0.7))
        echoes[: RATE_HZ // 500] *= 0.1
        echoes *= rng.uniform(0.15, 1.2) / np.sqrt((echoes**2).sum())
        echoes[0] = 1.0
        response: Samples = echoes.astype(np.float32)
        return response

    def _coloured(self, samples: int) -> Sound:
        return self._shaped(samples, lambda hz: hz ** -self._rng.uniform(0, 1.2))

    def _band(self, samples: int) -> Sound:
        middle, width = self._rng.uniform(100, 5000), self._rng.uniform(0.1, 2)
        return self._shaped(samples, lambda hz: np.exp(-(np.log(hz / middle) ** 2) / width))

    def _shaped(self, samples: int, gain: Callable[[Sound], Sound]) -> Sound:
        spectrum = np.fft.rfft(self._rng.standard_normal(samples))
        shaped: Sound = np.fft.irfft(spectrum * gain(np.fft.rfftfreq(samples, 1 / RATE_HZ).astype(float) + 20), samples)
        shaped /= shaped.std() + 1e-9
        return shaped

    def _hum(self, samples: int) -> Sound:
        rng = self._rng
        hz = rng.choice((50, 60, 100, 120, rng.uniform(60, 900)))
        harmonics = [
            rng.uniform(0, 1) / h * np.sin(2 * np.pi * hz * h * _times(samples) + rng.uniform(0, 6))
            for h in range(1, 10)
        ]
        hum: Sound = np.sum(harmonics, axis=0)
        return hum + 0.05 * rng.standard_normal(samples)

    def _engine(self, samples: int) -> Sound:
        """A motor, a vacuum cleaner, water: hum that wanders, under noise."""
        rng = self._rng
        hz = rng.uniform(30, 300) * (1 + 0.1 * np.sin(2 * np.pi * rng.uniform(0.05, 1) * _times(samples)))
        phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
        tone = sum(np.sin(h * phase) / h ** rng.uniform(0.5, 2) for h in range(1, 8))
        engine: Sound = tone + rng.uniform(0.3, 3) * self._coloured(samples)
        return engine

    def _strokes(self, samples: int) -> Sound:
        """Typing, dishes, steps, doors: bursts of noise, dull or ringing."""
        rng = self._rng
        sound = 0.02 * rng.standard_normal(samples)
        ringing = rng.random() < 0.5
        for _ in range(int(rng.uniform(1, 8) * samples / RATE_HZ) + 1):
            length = int(rng.integers(100, 6000))
            stroke = rng.standard_normal(length)
            if ringing:
                for hz in rng.uniform(300, 6000, 3):
                    stroke = stroke * 0.3 + np.sin(2 * np.pi * hz * _times(length)) * rng.uniform(0.3, 2)
            _add(
                sound,
                int(rng.integers(samples)),
                stroke * np.exp(-np.arange(length) / (length / 5)) * rng.uniform(0.2, 2),
            )
        return sound

    def _timbre(self) -> tuple[Sound, float, float, bool]:
        """Weights of the harmonics, how fast the high ones and the whole die away, whether it sings."""
        rng = self._rng
        harmonics = np.arange(1, 13)
        weights = rng.random(12) ** rng.uniform(0.5, 3) / harmonics ** rng.uniform(0.3, 2.5)
        if rng.random() < 0.3:
            weights[1::2] *= 0.1  # as of a clarinet
        return weights, rng.choice((0.0, rng.uniform(0.5, 4))), rng.choice((0.0, rng.uniform(1, 6))), rng.random() < 0.3

    def _note(self, hz: float, samples: int, timbre: tuple[Sound, float, float, bool]) -> Sound:
        rng = self._rng
        weights, dying, fading, sings = timbre
        t = _times(samples)
        vibrato = 1 + (
            0.01 * rng.random() * np.sin(2 * np.pi * rng.uniform(4, 7) * t) if sings or rng.random() < 0.2 else 0
        )
        phase = 2 * np.pi * np.cumsum(hz * vibrato * np.ones(samples)) / RATE_HZ
        formants = _VOWELS[rng.integers(len(_VOWELS))]
        note = np.zeros(samples)
        for h in range(1, int(min(12, 7500 / hz)) + 1):
            weight = weights[h - 1]
            if sings:
                weight = 0.02 + sum(np.exp(-(((h * hz - formant) / 120) ** 2)) for formant in formants)
            note += weight * np.exp(-t * dying * h) * np.sin(h * phase)
        ends = np.minimum(1, np.minimum(t / 0.01, (samples / RATE_HZ - t) / 0.03))
        shaped: Sound = note * ends * np.exp(-t * fading)
        shaped /= np.abs(shaped).max() + 1e-9
        return shaped

    def _drum(self) -> Sound:
        rng = self._rng
        length = int(rng.integers(800, 5000))
        t = _times(length)
        if rng.random() < 0.5:
            drum: Sound = np.sin(2 * np.pi * rng.uniform(50, 200) * t * np.exp(-t * 5)) * np.exp(-t * 20)
            return drum
        hat: Sound = rng.standard_normal(length) * np.exp(-t * rng.uniform(20, 100))
        return hat


def _times(samples: int) -> Sound:
    return np.arange(samples) / RATE_HZ


def _semitones(scale: tuple[int, ...], step: int) -> float:
    octave, note = divmod(step, len(scale))
    return float(2 ** (min(max(octave, -1), 2) + scale[note] / 12))


def _add(sound: Sound, at: int, part: Sound) -> None:
    room = sound[at : at + len(part)]
    room += part[: len(room)]


def _smoothed(sound: Sound, pole: float) -> Sound:
    """A first-order low-pass, as walls are."""
    response = pole ** np.arange(40)
    return np.convolve(sound, response)[: len(sound)]


def _levelled(sound: Sound) -> Samples:
    levelled: Samples = (sound / (sound.std() + 1e-9)).astype(np.float32)
    return levelled
