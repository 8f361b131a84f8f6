"""Batches to train on: utterances as they arrive through rooms, microphones and noise, and what is to be learned."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from homebody.voice.audio import RATE_HZ, Samples
from recogniser import voices
from recogniser.corpus import Utterance
from recogniser.features import HOP, Features
from recogniser.noises import Noises
from recogniser.pronunciation import Pronunciation
from recogniser.tokens import TICK_S, Pieces

POSITION: Final = 2 * HOP  # samples
IGNORED: Final = -100  # what a loss does not look at
_POOL: Final = 600  # utterances that batches are cut from, sorted by length
_AROUND: Final = round(0.02 * RATE_HZ)  # silence that `voices.speak` leaves at both ends
_GRAIN: Final = 8 * POSITION  # lengths of batches are multiples
_BACKGROUND: Final = 6 * RATE_HZ  # samples of a background noise

EXAMPLES: Final = 0.08  # of what is drawn are the skills' examples, besides those that chance brings
CUT_OFF: Final = 0.12  # of the examples end within a word: what was not said yet must not be guessed
NO_SPEECH: Final = 0.09  # of the examples: music, noise, silence
JOINED: Final = 0.06  # two sentences, with a pause between
NOISY: Final = 0.8
WITH_TIMES: Final = 0.6  # are to end with the moment of the end
WITH_PROMPT: Final = 0.1  # come after an earlier sentence
CLOSE: Final = 0.6  # begin and end within a quarter of a second: silence costs as much as speech, and teaches less
SLACK: Final = 12  # positions by which a word may be off its estimated place
_ALONE: Final = frozenset(("other", "called"))  # kinds that are not joined with a sentence
_LONG: Final = 10  # positions of a word within which it can be cut off: shorter ones are not where they are estimated
_LAST: Final = 3  # words within which it is cut off: where a word is grows less certain away from the known end
_SAID: Final = (0.15, 0.65)  # the share of that word that is still said


class Batch(NamedTuple):
    """What one step learns from.

    Attributes:
        mel: (batch, 80, frames).
        tokens, wanted: (batch, length): the decoder's input, and what is to come next, `IGNORED` where nothing is.
        positions: (batch,): of the encoder, within each utterance.
        sounds, sound_counts: Phones of all utterances, one after another; how many each has.
        frames: (batch, positions): the phone of each, 0 for none.
        spans: (words' pieces, 4): row, place in ``wanted``, first and last position where it may be heard.
    """

    mel: Tensor
    tokens: Tensor
    wanted: Tensor
    positions: Tensor
    sounds: Tensor
    sound_counts: Tensor
    frames: Tensor
    spans: Tensor

    def to(self, device: torch.device) -> Batch:
        """On another device."""
        return Batch(*(part.to(device) for part in self))


class Example(NamedTuple):
    """One utterance as it is laid out in time.

    Attributes:
        wave: (samples,).
        text: To be heard; "" for nothing.
        end: Sample where speech ends.
        phones: (first position, last position, phone).
        words: (first position, last position) of each.
    """

    wave: Samples
    text: str
    end: int
    phones: list[tuple[float, float, int]]
    words: list[tuple[float, float]]


class Batches:
    """An endless source.

    Args:
        spoken: What there is; read again for each pool, so that it may grow.
        pieces, pronunciation: Of all words in it.
        seed: Where chance comes from.
        positions: Of the encoder, in one batch.
        strength: How much voices, rooms and noise are varied, 0 to 1: a young model learns sooner from little.
    """

    def __init__(
        self,
        spoken: list[Utterance],
        pieces: Pieces,
        pronunciation: Pronunciation,
        seed: int,
        positions: int,
        strength: float = 1.0,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._spoken, self._pieces, self._pronunciation = spoken, pieces, pronunciation
        # Places in ``spoken``, as far as that was looked at.
        self._examples: list[int] = []
        self._said_by: dict[str, list[int]] = {name: [] for name in voices.HEARD}
        self._looked_at = 0
        self._positions, self._strength = positions, strength
        self._features, self._noises = Features(self._rng, strength), Noises(self._rng)
        self._rooms = [torch.from_numpy(self._noises.room()) for _ in range(80)]
        self._background = [self._noises.noise(_BACKGROUND) for _ in range(70)]
        self._background += [self._noises.music(_BACKGROUND) for _ in range(25)]
        self._background += [self._babble(_BACKGROUND) for _ in range(25)]

    def ahead(self, count: int = 3) -> Iterator[Batch]:
        """Batches, made in a thread of their own some time before they are wanted."""
        waiting: queue.Queue[Batch] = queue.Queue(count)

        def work() -> None:
            for batch in self.endless():
                waiting.put(batch)

        threading.Thread(target=work, daemon=True).start()
        while True:
            yield waiting.get()

    def endless(self) -> Iterator[Batch]:
        """Batches of utterances of like lengths, in any order."""
        while True:
            pool = sorted((self._example() for _ in range(_POOL)), key=lambda one: len(one.wave))
            cut: list[list[Example]] = [[]]
            for example in pool:
                if cut[-1] and (len(cut[-1]) + 1) * (len(example.wave) + _GRAIN) > self._positions * POSITION:
                    cut.append([])
                cut[-1].append(example)
            self._rng.shuffle(cut)
            for examples in cut:
                yield self.batch(examples)

    def batch(self, examples: Sequence[Example], *, varied: bool = True) -> Batch:
        """These as they arrive; as they are if not ``varied``."""
        longest = max(len(example.wave) for example in examples)
        samples = -(-(longest + HOP) // _GRAIN) * _GRAIN
        waves = torch.zeros(len(examples), samples)
        for row, example in enumerate(examples):
            waves[row, : len(example.wave)] = torch.from_numpy(example.wave)
        lengths = torch.tensor([len(example.wave) for example in examples])
        if varied:
            self._place(waves, lengths)
        mel = self._features.varied(waves, lengths) if varied else self._features.plain(waves, lengths)
        mel = mel[..., : samples // HOP]
        tokens, wanted, spans = self._targets(examples)
        frames = torch.zeros(len(examples), samples // POSITION, dtype=torch.long)
        for row, example in enumerate(examples):
            for begin, end, phone in example.phones:
                frames[row, int(begin) : int(end) + 1] = phone
            frames[row, int(lengths[row]) // POSITION :] = IGNORED
        sounds = [[phone for *_, phone in example.phones] for example in examples]
        flat = [phone for row in sounds for phone in row]
        return Batch(
            mel, tokens, wanted, lengths // POSITION, torch.tensor(flat, dtype=torch.long),
            torch.tensor([len(row) for row in sounds]), frames, spans,
        )  # fmt: skip

    def example(self, spoken: Sequence[Utterance], lead_s: float, trail_s: float, pause_s: float = 0.3) -> Example:
        """Utterances one after another, with silence around."""
        waves: list[Samples] = [np.zeros(round(lead_s * RATE_HZ), np.float32)]
        text, phones, words = [], [], []
        at = end = len(waves[0])
        for number, one in enumerate(spoken):
            if number:
                waves.append(np.zeros(round(pause_s * RATE_HZ), np.float32))
                at += len(waves[-1])
            waves.append(_as_float(one.samples))
            end = at + len(one.samples)
            if one.said.kind != "other":
                text.append(one.said.text)
                begin, length = (at + _AROUND) / POSITION, (len(one.samples) - 2 * _AROUND) / POSITION
                sounds, places = self._pronunciation.spans(one.said.text)
                phones += [(begin + s.begin * length, begin + s.end * length, s.value) for s in sounds]
                words += [(begin + s.begin * length, begin + s.end * length) for s in places]
            at = end
        waves.append(np.zeros(round(trail_s * RATE_HZ), np.float32))
        return Example(np.concatenate(waves), " ".join(text), end, phones, words)

    def _example(self) -> Example:
        rng = self._rng
        if rng.random() < NO_SPEECH:
            length = int(RATE_HZ * rng.uniform(0.6, 4))
            kind = rng.random()
            if kind < 0.2:
                return Example(np.zeros(length, np.float32), "", 0, [], [])
            sound = self._noises.music(length) if kind < 0.75 else self._noises.noise(length)
            sound = sound * np.float32(0.2 * 10 ** rng.uniform(-1.5, 0.3))
            return Example(np.clip(sound, -1, 1), "", 0, [], [])
        spoken = [self._any()]
        if rng.random() < JOINED and {(other := self._any()).said.kind, spoken[0].said.kind}.isdisjoint(_ALONE):
            spoken.append(other)
        if rng.random() < CLOSE:
            lead_s, trail_s = rng.uniform(0, 0.25), rng.uniform(0.02, 0.25)
        else:
            lead_s, trail_s = rng.uniform(0, 1.2) ** 2, rng.uniform(0.02, 0.9)
        example = self.example(spoken, lead_s, trail_s, rng.uniform(0.15, 0.7))
        if spoken[0].said.kind == "called":
            example = behind_name(example, len(spoken[0].said.source.split()), rng)
        if rng.random() < CUT_OFF:
            example = broken_off(example, rng)
        return example._replace(wave=example.wave * np.float32(10 ** (rng.uniform(-25, 3) / 20)))

    def _any(self) -> Utterance:
        while self._looked_at < len(self._spoken):
            one = self._spoken[self._looked_at]
            if one.said.kind == "example":
                self._examples.append(self._looked_at)
            self._said_by[voices.group(one.voice)].append(self._looked_at)
            self._looked_at += 1
        if self._examples and self._rng.random() < EXAMPLES:
            places = self._examples
        else:
            shares = [share if self._said_by[name] else 0.0 for name, share in voices.HEARD.items()]
            name = self._rng.choice(list(voices.HEARD), p=np.array(shares) / sum(shares))
            places = self._said_by[name]
        return self._spoken[places[int(self._rng.integers(len(places)))]]

    def _babble(self, samples: int) -> Samples:
        mixed = np.zeros(samples, np.float32)
        for _ in range(int(self._rng.integers(2, 8))):
            at = 0
            while at < samples:
                voice = _as_float(self._any().samples)
                room = mixed[at : at + len(voice)]
                room += voice[: len(room)]
                at += len(voice) + int(self._rng.integers(1000, 8000))
        mixed /= mixed.std() + np.float32(1e-9)
        return mixed

    def _place(self, waves: Tensor, lengths: Tensor) -> None:
        """Put each into a room, with its noise, before its microphone."""
        rng, much = self._rng, self._strength
        for row in range(len(waves)):
            length = int(lengths[row])
            wave = waves[row, :length]
            if rng.random() < 0.35 * much:
                wave.copy_(_echoed(wave, self._rooms[int(rng.integers(len(self._rooms)))]))
            if rng.random() < NOISY * much:
                wave.add_(self._noise(length) * self._noise_level(wave))
            if rng.random() < 0.06 * much:  # a coarse converter
                steps = float(rng.choice((127, 511)))
                wave.copy_((wave.clamp(-1, 1) * steps).round() / steps)
            if rng.random() < 0.06 * much:  # a telephone's logarithmic codec, G.711's mu-law
                wave.copy_(_mu_law(wave.clamp(-1, 1)))
            if rng.random() < 0.04 * much:  # too loud
                wave.mul_(float(rng.uniform(1, 4)) / (float(wave.abs().max()) + 1e-6))
        waves.clamp_(-1, 1)

    def _noise(self, length: int) -> Tensor:
        rng = self._rng
        sound = self._background[int(rng.integers(len(self._background)))]
        at = int(rng.integers(max(1, len(sound) - length)))
        return torch.from_numpy(np.resize(sound[at : at + length], length))

    def _noise_level(self, wave: Tensor) -> float:
        rng = self._rng
        level = float(wave.pow(2).mean().sqrt())
        if level == 0.0:
            return float(10 ** (rng.uniform(-90, -12) / 20))
        below_db = rng.uniform(10, 45) if rng.random() > 0.2 * self._strength else rng.uniform(2, 10)
        return level * float(10 ** (-below_db / 20))

    def _targets(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
        rows, spans = [], []
        for row, example in enumerate(examples):
            begin, answer, word_at = self._tokens(example)
            for word, place in word_at:
                first, last = example.words[word]
                spans.append((row, len(begin) - 1 + place, int(first) - SLACK, int(last) + SLACK))
            rows.append((begin, answer))
        length = max(len(begin) + len(answer) for begin, answer in rows) - 1
        tokens = torch.full((len(rows), length), self._pieces.end)
        wanted = torch.full((len(rows), length), IGNORED)
        for row, (begin, answer) in enumerate(rows):
            whole = torch.tensor([*begin, *answer])
            tokens[row, : len(whole) - 1] = whole[:-1]
            wanted[row, len(begin) - 1 : len(whole) - 1] = whole[len(begin) :]
            # Where speech begins is where Whisper says whether there is any.
            nothing = self._pieces.no_speech if not examples[row].text else self._pieces.first_time
            wanted[row, begin.index(self._pieces.start)] = nothing
        return tokens, wanted, torch.tensor(spans, dtype=torch.long).reshape(-1, 4)

    def _tokens(self, example: Example) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        """What is given, what is to be answered, and for each piece of a word its word and its place in the answer."""
        rng, pieces = self._rng, self._pieces
        begin = [pieces.start]
        if rng.random() < WITH_PROMPT:
            begin = [pieces.before, *pieces.text(self._any().said.text)[-20:], *begin]
        timed = rng.random() < WITH_TIMES
        begin.append(pieces.first_time if timed else pieces.no_times)
        answer: list[int] = []
        places: list[tuple[int, int]] = []
        for word, text in enumerate(example.text.split()):
            for piece in pieces.word(text):
                places.append((word, len(answer)))
                answer.append(piece)
        if timed and answer:
            tenths = round(10 * example.end / RATE_HZ)
            answer.append(pieces.first_time + tenths * round(0.1 / TICK_S))
        return begin, [*answer, pieces.end], places


def broken_off(example: Example, rng: np.random.Generator) -> Example:
    """It, ending within one of its last words, which is then not to be heard; as it is where no word is long enough."""
    long = [word for word, (begin, end) in enumerate(example.words) if word and end - begin >= _LONG][-_LAST:]
    if not long:
        return example
    word = long[-1 - min(int(rng.geometric(0.6)) - 1, len(long) - 1)]
    begin, end = example.words[word]
    last = begin + rng.uniform(*_SAID) * (end - begin)
    at = round(last * POSITION)
    trail = np.zeros(round(rng.choice((0.0, rng.uniform(0, 0.25))) * RATE_HZ), np.float32)
    return Example(
        wave=np.concatenate((example.wave[:at], trail)),
        text=" ".join(example.text.split()[:word]),
        end=at,
        phones=[phone for phone in example.phones if phone[1] <= last],
        words=example.words[:word],
    )


def behind_name(example: Example, words: int, rng: np.random.Generator) -> Example:
    """It, beginning anywhere in the name that its first ``words`` are, or right behind: the name is not to be heard.

    A wake word is noticed some time before or after its end, so the rest of it stands before what was asked.
    """
    begin, end = example.words[0][0], example.words[words - 1][1]
    first = rng.uniform(begin, end)
    at = round(first * POSITION)
    return Example(
        wave=example.wave[at:],
        text=" ".join(example.text.split()[words:]),
        end=example.end - at,
        phones=[(a - first, b - first, phone) for a, b, phone in example.phones if a >= end],
        words=[(a - first, b - first) for a, b in example.words[words:]],
    )


def _echoed(wave: Tensor, room: Tensor) -> Tensor:
    size = 1 << (len(wave) + len(room) - 1).bit_length()
    echoed: Tensor = torch.fft.irfft(torch.fft.rfft(wave, size) * torch.fft.rfft(room, size), size)[: len(wave)]
    return echoed


def _mu_law(wave: Tensor, mu: float = 255.0) -> Tensor:
    scale = float(np.log1p(mu))
    levels = (wave.sign() * torch.log1p(mu * wave.abs()) / scale * 127).round() / 127
    expanded: Tensor = levels.sign() * torch.expm1(levels.abs() * scale) / mu
    return expanded


def _as_float(samples: npt.NDArray[np.int16]) -> Samples:
    return samples.astype(np.float32) / np.float32(32768)
