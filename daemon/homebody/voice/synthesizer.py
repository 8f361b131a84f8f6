"""The voice: text to sound, sentence by sentence, with Piper."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from homebody.errors import HomebodyError, MissingPart, ModelFailed, ModelMissing, Problem
from homebody.hardware import threads_at_most
from homebody.options import SynthesizerOptions
from homebody.paths import voices_dir
from homebody.starter import voice as starter_voice
from homebody.voice.audio import Audio, Samples
from homebody.voice.sentences import pieces
from homebody.voice.spoken_signs import is_silent

logger = logging.getLogger(__name__)

LEVEL_DBFS: Final = -17.0  # of speech, pauses left out; its peaks are some 12 dB higher
GAIN_RANGE: Final = 2.0  # a sentence's gain is at most so many times the voice's, and at least the inverse
PAUSE_DB: Final = -25.0  # so far under the loudest syllable it is a pause
PEAK: Final = 0.95
LEAD_MS: Final = 10.0  # of the silence before a sentence that voices make (60 ms and more), so much is kept
SILENCE: Final = 0.002
LEVEL_TEXT: Final = "1, 2, 3, 4, 5, 6, 7."  # every language can say it
USE_STARTER: Final = 'Correct its path, or set voice = "starter" under [voice.synthesizer].'


class Synthesizer(Protocol):
    """Something that turns text into speech."""

    speed_percent: float
    """100 is the profile's; 50 takes twice the time. What is asked for from now on is spoken at it."""

    def synthesize(self, text: str, language: str | None = None) -> AsyncGenerator[Audio, None]:
        """Speak a text: one Audio a sentence, each ending with its pause, in order, at the voice's own rate.

        ``language`` is what the text is in (BCP 47; None: the profile's); where there is no voice for it, another
        speaks. A text without anything to say gives nothing. Sentences are computed as they are asked for; closing the
        generator (`contextlib.aclosing`) ends the work after the sentence being computed.

        Raises:
            ModelMissing, ModelFailed, MissingPart: The voice cannot be loaded or breaks.
        """
        ...


class PiperSynthesizer:
    """A Piper voice in a thread of its own.

    Piper itself would give every sentence the same peak, so that loudness jumps from sentence to sentence. Here each is
    brought to the same level, pauses left out, whichever voice speaks; a gain measured once on a fixed text bounds it.

    Args:
        options: Which voice, how fast.
        language: What will be spoken (BCP 47); a voice of another language is noted in `problem`.
    """

    def __init__(self, options: SynthesizerOptions, *, language: str = "") -> None:
        self._options = options
        self._language = language
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="synthesizer")
        self._loading = asyncio.Lock()
        self._voice: Any = None
        self._config: Any = None
        self._gain = 1.0
        self.speed_percent = 100.0
        self._problem: Problem | None = None

    @property
    def problem(self) -> Problem | None:
        """What a person should know about the voice; None until it is loaded, and where all is well."""
        return self._problem

    async def load(self) -> None:
        """Load the voice and speak once, unheard, which warms it up. Does nothing when it is loaded.

        Raises:
            ModelMissing, ModelFailed, MissingPart: It cannot be.
        """
        async with self._loading:
            if self._voice is None:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    async def synthesize(
        self,
        text: str,
        language: str | None = None,  # noqa: ARG002  # it has one voice
    ) -> AsyncGenerator[Audio, None]:
        """As `Synthesizer.synthesize`; of the one voice there is, whatever the language."""
        cleaned = clean(text)
        if not cleaned:
            return
        await self.load()
        loop = asyncio.get_running_loop()
        for piece in pieces(cleaned):
            sentences = self._sentences(piece)
            while (samples := await loop.run_in_executor(self._thread, next, sentences, None)) is not None:
                yield Audio(samples, self._voice.config.sample_rate)

    async def aclose(self) -> None:
        """Let the voice go; a sentence being computed is dropped."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._voice = None

    def _load(self) -> None:
        name, self._problem = voice_for(self._options, self._language)
        path = _voice_path(name)
        voice = _open_voice(path, self._options.threads)
        from piper import SynthesisConfig

        self._config = SynthesisConfig(length_scale=self._length_scale(voice), normalize_audio=False)
        self._voice = voice
        try:
            spoken = [samples for samples in self._raw(LEVEL_TEXT) if len(samples)]
            if not spoken:
                raise ModelFailed(f"The voice {path} says nothing.", USE_STARTER)
        except HomebodyError:
            self._voice = None
            raise
        self._gain = gain_for(np.concatenate(spoken), voice.config.sample_rate)
        self._note_language(path)

    def _sentences(self, piece: str) -> Iterator[Samples]:
        """In the thread: the sentences of a piece, levelled, each with its pause."""
        rate_hz = self._voice.config.sample_rate
        self._config.length_scale = self._length_scale(self._voice)
        pause = np.zeros(round(self._pause_ms(piece) * rate_hz / 1000), dtype=np.float32)
        for samples in self._raw(piece):
            gain = np.clip(gain_for(samples, rate_hz), self._gain / GAIN_RANGE, self._gain * GAIN_RANGE)
            levelled = limited(samples * np.float32(gain))
            yield np.concatenate((without_lead(levelled, rate_hz), pause))

    def _length_scale(self, voice: Any) -> float:
        return float(self._options.length_scale * voice.config.length_scale * 100 / self.speed_percent)

    def _raw(self, text: str) -> Iterator[Samples]:
        try:
            for chunk in self._voice.synthesize(text, syn_config=self._config):
                yield chunk.audio_float_array
        except Exception as error:  # espeak and onnxruntime raise whatever they like
            logger.debug("synthesis failed", exc_info=error)
            raise ModelFailed("The voice broke off.", "Try another voice; `homebody say` tests it.") from error

    def _pause_ms(self, piece: str) -> float:
        """A full pause after a sentence, half of it after a clause, none where a long sentence was only cut."""
        last = piece.rstrip("\"'”’»)")[-1:]
        if last in ".!?…。！？":
            return self._options.sentence_silence_ms
        return self._options.sentence_silence_ms / 2 if last in ",;:" else 0.0

    def _note_language(self, path: Path) -> None:
        voice_language = self._voice.config.espeak_voice
        if self._language and voice_language.split("-")[0] != self._language.split("-")[0]:
            self._problem = Problem(
                "voice",
                f"The voice {path.stem} speaks {voice_language}, but the profile's language is {self._language}.",
                "Choose a voice of that language under [voice.synthesizer].",
            )
            logger.warning("%s", self._problem.problem)


def clean(text: str) -> str:
    """The text without what Piper chokes on (NUL, lone surrogates), would spell out (emoji) or obey (``[[phonemes]]``);
    empty where nothing that can be said is left."""
    text = "".join(" " if is_silent(character) else character for character in text)
    text = " ".join(re.sub(r"\[\[|\]\]", " ", text).split())
    return text if any(character.isalnum() for character in text) else ""


def gain_for(samples: Samples, rate_hz: int) -> float:
    """The factor that brings speech to `LEVEL_DBFS`, measured in steps of 20 ms without its pauses."""
    step = max(1, round(0.02 * rate_hz))
    whole = samples[: len(samples) // step * step]
    powers = np.mean(whole.reshape(-1, step) ** 2, axis=1)
    loudest = float(powers.max(initial=0.0))
    if loudest < 1e-9:
        return 1.0
    level = float(np.sqrt(np.mean(powers[powers > loudest * 10 ** (PAUSE_DB / 10)])))
    return float(10 ** (LEVEL_DBFS / 20) / level)


def without_lead(samples: Samples, rate_hz: int) -> Samples:
    """The sentence without most of the silence before it, which would delay every reply."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    return samples[max(0, int(loud[0]) - round(LEAD_MS * rate_hz / 1000)) :] if len(loud) else samples


def limited(samples: Samples) -> Samples:
    """Peaks above `PEAK` bent instead of cut; everything below stays as it is."""
    over = np.abs(samples) > PEAK
    if not over.any():
        return samples
    bent = np.sign(samples) * (PEAK + (1 - PEAK) * np.tanh((np.abs(samples) - PEAK) / (1 - PEAK)))
    return np.where(over, bent, samples).astype(np.float32)


def voice_for(options: SynthesizerOptions, language: str) -> tuple[str, Problem | None]:
    """The voice for a language, and what is missing where it is not the one the profile names for it."""
    voice = options.voices.get(language) or options.voices.get(language.partition("-")[0]) or options.voice
    if voice == "starter" or voice.endswith(".onnx"):
        return voice, None
    path = voices_dir() / f"{voice}.onnx"
    if path.is_file():
        return str(path), None
    instead = "starter" if voice == options.voice else voice_for(msgspec.structs.replace(options, voices={}), "")[0]
    problem = Problem(
        "voice",
        f"The voice {voice} is not downloaded; {instead} speaks instead.",
        f"Download it with: homebody models pull {voice}",
    )
    return instead, problem


def _voice_path(voice: str) -> Path:
    path = starter_voice() if voice == "starter" else Path(voice).expanduser()
    for needed in (path, path.with_name(path.name + ".json")):
        if not needed.is_file():
            raise ModelMissing(f"The voice {voice} has no file {needed}.", USE_STARTER)
    return path


def _open_voice(path: Path, threads: int) -> Any:
    """The ordinary PiperVoice with a session of our own: its `load` would take all cores and spin on them."""
    try:
        import onnxruntime
        from piper import PiperConfig, PiperVoice
        from piper.phonemize_espeak import ESPEAK_DATA_DIR
    except ImportError as error:
        raise MissingPart("piper-tts is not installed.", "Install it: pip install piper-tts") from error
    if not (Path(ESPEAK_DATA_DIR) / "phontab").is_file():
        # espeak would end the whole process at the first word, without an exception.
        raise MissingPart("The pronunciation data of piper-tts is missing.", "Install it again: pip install piper-tts")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads_at_most(threads)
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        table = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
        config = PiperConfig.from_dict(table)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # JSONDecodeError, KeyError, InvalidProtobuf and more of onnxruntime's
        raise ModelFailed(f"The voice {path} cannot be loaded; its files are damaged.", USE_STARTER) from error
    return PiperVoice(session=session, config=config)
