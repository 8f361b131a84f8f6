"""The wake word: nothing is listened to until the assistant is called by its name.

A detector gives each word a probability for each chunk; `WakeGate` decides, pure; `Sentry` keeps the sound in which the
command may already have begun, so that "okay nabu what time is it" works in one breath.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from homebody.errors import HomebodyError, MissingPart, ModelFailed, ModelMissing, Problem
from homebody.options import WakeOptions
from homebody.voice.audio import CHUNK_MS, Chunk, Samples, rms_db
from homebody.voice.looks import LOOK_S
from homebody.voice.stillness import Stillness

# The detector is sure 150 to 300 ms after the word's last sound. Of 329 commands, 0 to 250 ms behind it (five voices of
# espeak-ng, six bundled commands, quiet and in noise), 234 were heard word for word from the last eight chunks on,
# where the word's last vowel becomes a word of its own ("do what time is it"), 284 from the last seven, 305 from the
# last six. Of those without any pause it was 70, 73 and 68: the last six may lack the command's first sound.
PRE_ROLL_CHUNKS: Final = 7
# Where somebody pauses behind the word, the command begins there, whenever the detector was sure.
PAUSE_CHUNKS: Final = 2  # the stop within a word is shorter
PAUSE_DB: Final = 30.0  # below the loudest chunk
LOUDNESS_CHUNKS: Final = 31  # of the last second
HEARD_ANEW: Final = 200  # features of 10 ms: no model of the project's looks further back than 2 s
LEISURE_MS: Final = 100.0
# While nobody calls. A call lasts longer than this, and its model is sure of it 150 ms after its end at the soonest:
# when its beginning comes as late as this, its end still comes in time.
REST_MS: Final = 1000 * LOOK_S
# Talk and music, too, are looked at no more often once they have gone on for so long, until something in them begins to
# resemble a word: the mean of five steps of 30 ms passes this some 100 ms before it passes the cutoff.
GOES_ON_CHUNKS: Final = round(5000 / CHUNK_MS)
ALIKE: Final = 0.05
ALIKE_CHUNKS: Final = round(1000 / CHUNK_MS)
BUILT_IN: Final = ("okay_nabu", "hey_jarvis", "hey_mycroft", "alexa")


@dataclass(frozen=True, slots=True)
class Score:
    """How much the last sound resembles a wake word.

    Attributes:
        word: Its name.
        probability: 0 to 1.
        cutoff: Above it its model takes it for the word.
    """

    word: str
    probability: float
    cutoff: float


class WakeWordDetector(Protocol):
    """Something that knows wake words."""

    @property
    def still(self) -> bool:
        """Nothing has stirred for a while: nobody calls, nor has begun to."""
        ...

    def scores(self, samples: Samples) -> Sequence[Score]:
        """Hear a chunk (512 samples at 16 kHz); a score of each word, always in the same order. Takes under 1 ms."""
        ...

    def close(self) -> None:
        """Let the models go."""
        ...


class WakeGate:
    """Whether we have been called. Pure: time comes with the scores.

    Promises: no two calls within ``refractory_ms``; never a call at or below a word's cutoff; and none while we speak
    that would not also be one in silence.
    """

    def __init__(self, options: WakeOptions) -> None:
        self._refractory_s = options.refractory_ms / 1000
        self._speaking_margin = options.speaking_margin
        self._called_at_s: float | None = None

    def feed(self, scores: Sequence[Score], at_s: float, *, speaking: bool) -> str | None:
        """The word by which we have just been called; None: we have not.

        Args:
            scores: Of the chunk.
            at_s: When it ended, on the microphone's clock.
            speaking: We speak: our own words must not call us. The cutoff moves towards 1 by the margin.
        """
        if self._called_at_s is not None and 0 <= at_s - self._called_at_s < self._refractory_s:
            return None
        over = [score for score in scores if score.probability > self._cutoff(score, speaking)]
        if not over:
            return None
        self._called_at_s = at_s
        return max(over, key=lambda score: score.probability - score.cutoff).word

    def _cutoff(self, score: Score, speaking: bool) -> float:
        return score.cutoff + (1 - score.cutoff) * self._speaking_margin if speaking else score.cutoff


@dataclass(frozen=True, slots=True)
class Woke:
    """We have been called.

    Attributes:
        word: By this.
        since: The chunks from the word's end on: the command may have begun in them.
    """

    word: str
    since: tuple[Chunk, ...]


class Sentry:
    """Hears every chunk, about 0.1 ms of one core each, and tells when we are called.
    ``on_scores`` is called with those of each chunk."""

    def __init__(self, detector: WakeWordDetector, options: WakeOptions) -> None:
        self.on_scores: Callable[[Sequence[Score]], None] = lambda _: None
        self._detector = detector
        self._gate = WakeGate(options)
        self._last: deque[Chunk] = deque(maxlen=LOUDNESS_CHUNKS)
        self._stirs_for = self._alike_for = 0  # chunks

    @property
    def at_rest(self) -> bool:
        """Nobody calls, nor has begun to: nothing stirs, or what stirs has gone on for long and resembles no word."""
        return self._detector.still or (self._stirs_for > GOES_ON_CHUNKS and not self._alike_for)

    def hear(self, chunk: Chunk, *, speaking: bool) -> Woke | None:
        """Hear a chunk; what it brought. ``speaking``: we speak."""
        self._last.append(chunk)
        scores = self._detector.scores(chunk.samples)
        self.on_scores(scores)
        self._stirs_for = 0 if self._detector.still else self._stirs_for + 1
        alike = any(score.probability >= ALIKE for score in scores)
        self._alike_for = ALIKE_CHUNKS if alike else max(0, self._alike_for - 1)
        word = self._gate.feed(scores, chunk.at_s, speaking=speaking)
        return Woke(word, behind_the_word(tuple(self._last))) if word else None

    def close(self) -> None:
        """Let the detector go."""
        self._detector.close()


def behind_the_word(chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """Of the last second before the detector was sure, the chunks in which the command may have begun: from the longest
    pause on, else the last `PRE_ROLL_CHUNKS`. Pure."""
    levels_db = [rms_db(chunk.samples) for chunk in chunks]
    begin = max(0, len(chunks) - PRE_ROLL_CHUNKS)
    quiet = [level_db < max(levels_db) - PAUSE_DB for level_db in levels_db]
    found, longest, at = begin, PAUSE_CHUNKS - 1, begin
    for is_quiet, run in itertools.groupby(quiet[begin:]):
        count = len(list(run))
        if is_quiet and count > longest:
            found, longest = at, count
        at += count
    return tuple(chunks[found:])


def unhurried_ms(sentry: Sentry | None) -> float:
    """How late sound may come while nothing but the wake word, if that, is waited for, in milliseconds. Pure."""
    return REST_MS if sentry is None or sentry.at_rest else LEISURE_MS


class MicroWakeWords:
    """The detector of pymicro-wakeword (extra ``[wake]``): tiny streaming networks of the microWakeWord project, all on
    the same features. While the room is still only the features are made, and the networks hear the last two seconds
    of them when it no longer is: two thirds of an idle evening's work.

    Args:
        words: Names of `BUILT_IN`, or paths of a model's ``.json`` with its ``.tflite`` beside it.

    Raises:
        MissingPart: The extra, or its library for this platform, is not there.
        ModelMissing, ModelFailed: A word has no model, or a damaged one.
    """

    def __init__(self, words: Sequence[str]) -> None:
        try:
            import pymicro_wakeword as library
        except (ImportError, OSError) as error:
            raise MissingPart(_why_not(error), "Install it: pip install 'homebody[wake]'") from error
        built_in = Path(library.__file__).parent / "models"
        self._features = library.MicroWakeWordFeatures()
        self._models: list[Any] = []
        for word in words:
            path = built_in / f"{word}.json" if word in BUILT_IN else Path(word).expanduser()
            _check(path, word)
            try:
                self._models.append(library.MicroWakeWord.from_config(path))
            except (OSError, ValueError, KeyError) as error:
                raise ModelFailed(f"The wake word {word} cannot be loaded.", _CHOOSE) from error
        self._stillness, self._still = Stillness(), False
        self._unheard: deque[Any] = deque(maxlen=HEARD_ANEW)

    @property
    def still(self) -> bool:
        """As `WakeWordDetector.still`."""
        return self._still

    def scores(self, samples: Samples) -> Sequence[Score]:
        """As `WakeWordDetector.scores`; the highest of the steps of 30 ms that ended within the chunk, 0 while the room
        is still. After stillness it takes up to 20 ms."""
        pcm = (samples.clip(-1.0, 1.0) * 32767).astype("<i2").tobytes()
        self._unheard.extend(self._features.process_streaming(pcm))
        highest = [0.0] * len(self._models)
        self._still = self._stillness.feed(samples)
        if not self._still:
            for features in self._unheard:
                for number, model in enumerate(self._models):
                    highest[number] = max(highest[number], model.process_streaming_prob(features) or 0.0)
            self._unheard.clear()
        return [
            Score(model.id, probability, model.probability_cutoff)
            for model, probability in zip(self._models, highest, strict=True)
        ]

    def close(self) -> None:
        """As `WakeWordDetector.close`."""
        for model in self._models:
            model.close()


def sentry_for(options: WakeOptions) -> tuple[Sentry | None, Problem | None]:
    """The sentry the profile asks for, or why there is none: without it, everything else works."""
    if not options.enabled:
        return None, None
    try:
        return Sentry(MicroWakeWords(options.words), options), None
    except HomebodyError as error:
        return None, Problem("wake word", f"{error.reason} I listen when asked to.", error.remedy)


_CHOOSE: Final = f"Choose one of {', '.join(BUILT_IN)}, or the path of a model's .json, under [voice.wake]."


def _check(path: Path, word: str) -> None:
    """The library takes whatever file it is given and breaks the whole process on a damaged one."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        model = path.parent / manifest["model"]
        manifest["wake_word"], manifest["micro"]["probability_cutoff"], manifest["micro"]["sliding_window_size"]
        with model.open("rb") as file:
            # A TensorFlow Lite file is a FlatBuffer with this identifier behind its first offset.
            whole = file.read(8)[4:] == b"TFL3"
    except OSError as error:
        raise ModelMissing(f"The wake word {word} has no model: {error.filename} is not there.", _CHOOSE) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelFailed(f"{path} describes no wake word.", _CHOOSE) from error
    if not whole:
        raise ModelFailed(f"{model} is no TensorFlow Lite model.", _CHOOSE)


def _why_not(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        needs = "macOS 15 or later" if sys.platform == "darwin" else "glibc 2.35 or later"
        return f"The wake word needs pymicro-wakeword, which is not installed (it needs {needs})."
    return "The wake word's library does not run on this machine."
