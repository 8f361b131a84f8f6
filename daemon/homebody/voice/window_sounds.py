"""The recordings by which it is measured how a model hears best: commands that travel with homebody, longer sentences
that the installed voice speaks, and nothing at all; each quiet and with a little noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import numpy as np

from homebody.errors import HomebodyError
from homebody.starter import Recording, bundled
from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.noise import pink, with_noise
from homebody.voice.playback import resampled
from homebody.voice.recordings import read_audio
from homebody.voice.synthesizer import Synthesizer
from homebody.voice.window_calibration import Clip

NOISE_DB: Final = 20.0  # below the speech: a room with a fan in it
EMPTY_S: Final = 1.5
EMPTY_RMS: Final = 0.003  # of full scale: the noise of a room
AROUND_S: Final = 0.25  # of quiet at both ends of what is spoken, as an utterance has
# Longer than commands, since a window that leaves a short utterance room may be too tight for a long one.
SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "remind me to call my sister when I come home from work this evening",
        "please tell me what the weather is going to be like on Saturday, since I want to go for a walk with the dog",
        "I thought we could cook something warm tonight, perhaps a soup with potatoes and carrots, and bake some bread",
    ),
    "de": (
        "erinnere mich daran, meine Schwester anzurufen, wenn ich heute Abend nach Hause komme",
        "sag mir bitte, wie das Wetter am Samstag wird, denn ich möchte einen langen Spaziergang mit dem Hund machen",
        "ich dachte, wir kochen heute Abend etwas Warmes, vielleicht eine Suppe mit Kartoffeln, und backen Brot dazu",
    ),
    "fr": (
        "rappelle-moi d'appeler ma sœur quand je rentre du travail ce soir",
        "dis-moi s'il te plaît quel temps il fera samedi, car je voudrais faire une longue promenade avec le chien",
        "nous pourrions préparer quelque chose de chaud ce soir, peut-être une soupe avec des carottes, et du pain",
    ),
    "es": (
        "recuérdame llamar a mi hermana cuando vuelva a casa del trabajo esta tarde",
        "dime por favor qué tiempo va a hacer el sábado, porque quiero dar un largo paseo con el perro",
        "podríamos cocinar algo caliente esta noche, quizás una sopa con patatas y zanahorias, y hornear pan",
    ),
}


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording.

    Attributes:
        clip: What is to be known of it.
        samples: At 16 kHz, float32, shape (n,).
        language: Of what is said (ISO 639-1).
    """

    clip: Clip
    samples: Samples
    language: str


async def sounds(
    synthesizer: Synthesizer | None, language: str, recordings: Sequence[Recording] = ()
) -> tuple[Sound, ...]:
    """All of them, quiet and in noise.

    Args:
        synthesizer: Speaks the longer sentences; None: there are none.
        language: Of the profile, and of the recordings where they are given.
        recordings: Instead of the ones that travel with homebody.
    """
    said = [
        (one.path.stem, one.text, read_audio(one.path).samples, language if recordings else "en")
        for one in recordings or bundled()
    ]
    if synthesizer is not None:
        for number, text in enumerate(SENTENCES.get(language, ()), start=1):
            try:
                said.append((f"spoken {number}", text, await _spoken(synthesizer, text, language), language))
            except HomebodyError:
                break  # without a voice there are fewer
    found = []
    for name, text, samples, tongue in said:
        noisy = with_noise(samples, NOISE_DB, pink(len(samples)))
        found += [_sound(name, text, samples, tongue), _sound(f"{name}, noise", text, noisy, tongue)]
    room = pink(round(EMPTY_S * RATE_HZ)) * np.float32(EMPTY_RMS)
    return (*found, _sound("nothing", "", room, language))


def typical(recordings: Sequence[Sound]) -> Sound:
    """The one of middle length of those in which something is said (of all, where nothing is). At least one."""
    spoken = [sound for sound in recordings if sound.clip.text] or recordings
    return sorted(spoken, key=lambda sound: sound.clip.duration_s)[len(spoken) // 2]


def _sound(name: str, text: str, samples: Samples, language: str) -> Sound:
    return Sound(Clip(name, text, len(samples) / RATE_HZ), samples, language)


async def _spoken(synthesizer: Synthesizer, text: str, language: str) -> Samples:
    quiet = np.zeros(round(AROUND_S * RATE_HZ), np.float32)
    pieces = [quiet]
    async with aclosing(synthesizer.synthesize(text, language)) as sentences:
        async for audio in sentences:
            pieces.append(resampled(Audio(audio.samples, audio.rate_hz), RATE_HZ))  # noqa: PERF401
    return np.concatenate([*pieces, quiet]).astype(np.float32)
