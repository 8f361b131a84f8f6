"""What the recogniser is tried with: sentences by voices that training never hears, and sounds that are no command.

Everything is drawn from a seed; what was made once is kept in a file, since synthesisers are slow.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

import shards
from homebody.voice.audio import RATE_HZ, Samples
from recogniser import corpus, spelling, voices
from recogniser.noises import Noises
from recogniser.sentences import Said, Sentences, questions
from sounds import NOISES, Sounds

EXAMPLES: Final = "examples"
NOISY: Final = "examples at 15 dB"
NEW: Final = "new sentences"
QUESTIONS: Final = "questions"
NOT_COMMANDS: Final = ("other talk", "music", "melodies", "noises", "silence")
SNR_DB: Final = 15.0
OTHER_TALK: Final = Path(__file__).parents[1] / "other_talk.txt"
_AROUND_S: Final = 0.3  # silence before and after, as the endpointer leaves it
_FLOOR: Final = 2e-4


class Clip(NamedTuple):
    """A sound and what is to be heard in it.

    Attributes:
        kind: One of the constants above.
        text: Nothing for what is no command.
        voice: Whose.
        samples: Mono, 16 kHz.
    """

    kind: str
    text: str
    voice: str
    samples: Samples


def trials(path: Path, seed: int, count: int = 300) -> list[Clip]:
    """The clips of this seed, read from ``path`` if they are there.

    Args:
        path: An .npz file.
        seed: Two seeds have no clip in common but the examples' words.
        count: How many of each kind; the skills' examples are each said by every kept-out voice.
    """
    if path.exists():
        with np.load(path) as arrays:
            parts = np.split(arrays["samples"], arrays["ends"][:-1])
            rows = zip(arrays["rows"], parts, strict=True)
            return [
                Clip(str(kind), spelling.written(str(text)), str(voice), samples.astype(np.float32) / np.float32(32767))
                for (kind, text, voice), samples in rows
            ]
    clips = list(_made(seed, count))
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "samples": np.concatenate([np.round(clip.samples * 32767).astype(np.int16) for clip in clips]),
        "ends": np.cumsum([len(clip.samples) for clip in clips]),
        "rows": np.array([clip[:3] for clip in clips]),
    }
    shards.write(path, arrays)
    return trials(path, seed, count)


def _made(seed: int, count: int) -> Iterator[Clip]:
    rng, sentences, sounds = random.Random(seed), Sentences(), Sounds(seed)
    cast = voices.kept_out(rng)
    examples = sorted({said.text for said in sentences.examples})[: max(1, count)]
    for voice in cast:
        for text, samples in _spoken(voice, examples):
            yield Clip(EXAMPLES, text, voice.label, _around(samples, sounds, None))
            yield Clip(NOISY, text, voice.label, _around(samples, sounds, SNR_DB))
    new = _new_sentences(sentences, rng, count)
    asked = [Said(text, "question", "question") for text in rng.sample(questions(), min(count, len(questions())))]
    talk = OTHER_TALK.read_text(encoding="utf-8").splitlines()
    other = [talk[number % len(talk)] for number in range(count)]
    for kind, texts in (
        (NEW, [said.text for said in new]),
        (QUESTIONS, [said.text for said in asked]),
        ("other talk", other),
    ):
        for number, voice in enumerate(cast):
            # Over and over the same sentences, so that each voice says each of them at some time.
            mine = (
                texts[number :: len(cast)]
                if kind != "other talk"
                else texts[number * count // 4 : (number + 1) * count // 4]
            )
            for text, samples in _spoken(voice, mine):
                yield Clip(kind, "" if kind == "other talk" else text, voice.label, _around(samples, sounds, None))
    noises = Noises(np.random.default_rng(seed))
    for number in range(count):
        length = round(RATE_HZ * rng.uniform(1.5, 4))
        yield Clip("music", "", "", _level(noises.music(length), rng))
        yield Clip("melodies", "", "", sounds.melody().astype(np.float32))
        yield Clip("noises", "", "", sounds.noise(NOISES[number % len(NOISES)], length).astype(np.float32))
        yield Clip(
            "silence", "", "", sounds.noise("white", length).astype(np.float32) * np.float32(10 ** -rng.uniform(2, 4))
        )


def _new_sentences(sentences: Sentences, rng: random.Random, count: int) -> list[Said]:
    found: dict[str, Said] = {}
    while len(found) < count:
        said = sentences.skill(rng)
        if corpus.is_kept_out(said):
            found[said.text] = said
    return list(found.values())


def _spoken(voice: voices.Voice, texts: Sequence[str]) -> Iterator[tuple[str, Samples]]:
    for text, samples in zip(texts, voices.speak(voice, texts), strict=True):
        if samples is not None:
            yield text, samples


def _around(samples: Samples, sounds: Sounds, snr_db: float | None) -> Samples:
    """With silence around, over noise so far below it, or hardly any."""
    quiet = np.zeros(round(_AROUND_S * RATE_HZ), np.float32)
    whole = np.concatenate((quiet, samples * np.float32(sounds.random.uniform(0.3, 0.9)), quiet))
    floor = sounds.noise(sounds.random.choice(("white", "pink")), len(whole))
    floor /= np.sqrt(np.mean(floor**2))
    level = _FLOOR if snr_db is None else float(np.sqrt(np.mean(samples**2) / 10 ** (snr_db / 10)))
    heard: Samples = np.clip(whole + floor * level, -1, 1).astype(np.float32)
    return heard


def _level(sound: Samples, rng: random.Random) -> Samples:
    levelled: Samples = sound * np.float32(rng.uniform(0.05, 0.6) / np.abs(sound).max())
    return levelled
