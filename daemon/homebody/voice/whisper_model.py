"""faster-whisper behind a seam: finds, fetches and loads a model, decodes one utterance, translates its errors.

Imports faster_whisper, which is heavy: import this module only where a model is about to be loaded.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import faster_whisper
import numpy as np
from faster_whisper.audio import pad_or_trim
from faster_whisper.utils import download_model

from homebody import starter
from homebody.errors import HomebodyError, MissingPart, ModelFailed, ModelMissing, OutOfMemory
from homebody.options import TranscriberOptions
from homebody.paths import data_dir, private_dir, recogniser_dir
from homebody.voice.audio import RATE_HZ, Samples
from homebody.voice.whisper_window import FRAMES_PER_S, WHOLE_WINDOW_S, Decoded
from homebody.voice.window_record import Choice, choice

log = logging.getLogger(__name__)

STARTER: Final = "starter"
# Far more than anyone says (a fast talker reaches 7 tokens a second, scripts with several tokens a letter about 25):
# what ends a decoder that goes round in a circle. 224 is Whisper's own limit for a window.
TOKENS_PER_S: Final = 25
MIN_TOKENS: Final = 32
MAX_TOKENS: Final = 224
FIRST_LANGUAGE: Final = 2.0


class NotDownloaded(ModelMissing):
    """A public model that is not on this machine and cannot be had at present."""


class RightSizedWhisper(faster_whisper.WhisperModel):  # type: ignore[misc]  # faster_whisper has no types
    """The ordinary model; only the zeros with which faster-whisper fills up to 30 s are cut off again before encoding.

    Attributes:
        folder: Where it lies.
        chosen: How it is to hear: windows and threads.
        window_s: The window from now on.
        languages: Those it tells apart (ISO 639-1), the likeliest first; empty: all it knows.
        encoded: What was encoded to tell the language, until it is used.
    """

    folder: Path
    chosen: Choice
    window_s: float = WHOLE_WINDOW_S
    languages: tuple[str, ...] = ()
    encoded: Any = None

    def encode(self, features: Any) -> Any:
        """Encode log-mel features of shape (mels, frames), of which only the first ``window_s`` are kept."""
        encoded, self.encoded = self.encoded, None
        if encoded is not None:
            return encoded
        return super().encode(features[..., : round(self.window_s * FRAMES_PER_S)])

    def detect_language(
        self, audio: Any = None, features: Any = None, **options: Any
    ) -> tuple[str, float, list[tuple[str, float]]]:
        """As of `WhisperModel`, from the first window's features and of `languages` alone; the transcription that
        follows uses what was encoded here, since encoding is most of the work."""
        if features is None:
            found: tuple[str, float, list[tuple[str, float]]] = super().detect_language(audio, **options)
            return found
        encoded = self.encode(pad_or_trim(features[..., : self.feature_extractor.nb_max_frames]))
        probabilities = {token[2:-2]: float(p) for token, p in self.model.detect_language(encoded)[0]}
        language = likeliest(probabilities, self.languages)
        self.encoded = encoded
        return language, probabilities[language], sorted(probabilities.items(), key=lambda one: -one[1])


def load(options: TranscriberOptions, threads: int | None = None) -> RightSizedWhisper:
    """The model of these options, fetched first where it has a public name and is not on this machine yet. Blocks.

    Args:
        options: Which, and how it computes.
        threads: Of the processor; None: as `chosen`.

    Raises:
        ModelMissing: No such model, folder or network.
        OutOfMemory: It does not fit.
        MissingPart: The device or its libraries are missing.
        ModelFailed: It cannot be read, or not with this compute_type.
    """
    # At INFO it logs a line an utterance.
    logging.getLogger("faster_whisper").setLevel(logging.WARNING)
    folder = find(options.model)
    chosen = choice(folder, options)
    try:
        model = RightSizedWhisper(
            str(folder),
            device=options.device,
            compute_type=options.compute_type,
            cpu_threads=threads or chosen.threads.number,  # above zero: whatever OMP_NUM_THREADS says
            local_files_only=True,
        )
        model.folder, model.chosen = folder, chosen
        return model
    except (RuntimeError, ValueError, OSError) as error:
        raise _translated(error, options) from error
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelFailed(
            f"The speech recogniser in {folder} cannot be read.", "Delete that folder and start again."
        ) from error


def find(name: str) -> Path:
    """The folder of a model: the starter's, a folder's own, or a public one's, which is downloaded when need be.

    Raises:
        ModelMissing: No such model, folder or network.
    """
    if name == STARTER:
        return starter.recogniser()
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if name not in faster_whisper.available_models() and (name.count("/") != 1 or name.startswith(("~", ".", "/"))):
        raise ModelMissing(
            f"There is no speech recogniser named {name} and no folder of that name.",
            "Set voice.transcriber.model to starter, a folder in CTranslate2 format, or one of: "
            f"{', '.join(faster_whisper.available_models())}.",
        )
    fetched = recogniser_dir(name)  # by `homebody models`, which puts model.bin there last
    return fetched if (fetched / "model.bin").is_file() else _downloaded(name)


def _downloaded(name: str) -> Path:
    """Already there, else fetched. What is there is used without asking the network anything."""
    cache = private_dir(data_dir() / "models")

    def fetched(*, offline: bool) -> Path:
        return Path(download_model(name, cache_dir=str(cache), local_files_only=offline))

    try:
        folder = fetched(offline=True)
        if (folder / "model.bin").exists():
            return folder
    except Exception as error:  # huggingface_hub's own, of several bases
        log.debug("%s is not on this machine: %s", name, error)
    log.info("Downloading the speech recogniser %s into %s.", name, cache)
    try:
        return fetched(offline=False)
    except Exception as error:  # offline, no such repository, disk full: huggingface_hub, httpx or OSError
        log.info("The download ended in %s: %s", type(error).__name__, error)
        raise NotDownloaded(
            f"The speech recogniser {name} is not on this machine and could not be downloaded.",
            "Connect to the network and run `homebody models pull`, or set voice.transcriber.model to starter in"
            " homebody.toml.",
        ) from error


def decode(
    model: RightSizedWhisper,
    samples: Samples,
    *,
    language: str | None,
    beam_size: int,
    window_s: float,
    given_up: threading.Event,
) -> Decoded:
    """Decode one utterance. Blocks.

    Args:
        model: The model; one call at a time.
        samples: At 16 kHz; longer than 30 s is cut into windows by faster-whisper.
        language: BCP 47 tag; None, or one a model of one language does not know: the model decides.
        beam_size: 1 is greedy.
        window_s: The window.
        given_up: Set: nobody waits for the result any more; recordings of several windows end early.

    Raises:
        ModelFailed, OutOfMemory: The model broke off.
    """
    long = len(samples) > WHOLE_WINDOW_S * RATE_HZ
    max_tokens = min(MAX_TOKENS, MIN_TOKENS + round(TOKENS_PER_S * len(samples) / RATE_HZ))
    model.window_s, model.encoded = WHOLE_WINDOW_S if long else window_s, None
    segments, tokens, logprob, no_speech = [], 0, 0.0, 0.0
    try:
        found, info = model.transcribe(
            samples,
            language=_primary(language) if model.model.is_multilingual else None,
            beam_size=beam_size,
            temperature=0.0,
            condition_on_previous_text=False,
            # Segments that may be no speech are ours to judge; in a long recording pauses are best skipped at once.
            no_speech_threshold=0.6 if long else None,
            max_new_tokens=max_tokens,
        )
        for segment in found:
            if given_up.is_set():
                break
            segments.append(segment)
            tokens += len(segment.tokens)
            logprob += segment.avg_logprob * len(segment.tokens)
            no_speech += segment.no_speech_prob * len(segment.tokens)
    except (RuntimeError, ValueError) as error:
        raise _translated(error, None) from error
    return Decoded(
        text=" ".join(segment.text.strip() for segment in segments),
        language=info.language,
        avg_logprob=logprob / tokens if tokens else 0.0,
        no_speech=no_speech / tokens if tokens else 1.0,
        ended_s=max((segment.end for segment in segments), default=0.0),
        window_s=model.window_s,
        complete=long or tokens < max_tokens,
    )


def warm_up(model: RightSizedWhisper, options: TranscriberOptions, window_s: float) -> None:
    """Run it once, so that the first utterance does not pay for it. With faint noise: in digital silence some models
    end before the decoder has run at all."""
    noise = np.random.default_rng(0).normal(0, 1e-3, RATE_HZ).astype(np.float32)
    decode(
        model,
        noise,
        language="en",
        beam_size=options.beam_size,
        window_s=window_s,
        given_up=threading.Event(),
    )


def likeliest(probabilities: Mapping[str, float], languages: Sequence[str]) -> str:
    """Of these languages the most probable one; the first counts `FIRST_LANGUAGE` times, since most is said in it and a
    command in a wrong language is lost. Of all, where none is named or known."""
    known = [language for language in languages if language in probabilities] or list(probabilities)
    weights = {language: probabilities[language] for language in known}
    if languages and languages[0] in weights:
        weights[languages[0]] *= FIRST_LANGUAGE
    return max(known, key=lambda language: weights[language])


def _primary(language: str | None) -> str | None:
    """Whisper knows primary tags only: ``en`` of ``en-GB``."""
    return language.split("-")[0].lower() if language else None


def _translated(error: Exception, options: TranscriberOptions | None) -> HomebodyError:
    """CTranslate2 raises RuntimeError and ValueError alone; what happened stands in the words."""
    words = str(error).lower()
    make: Callable[[str, str], HomebodyError]
    if "out of memory" in words or "failed to allocate" in words:
        return OutOfMemory(
            "The speech recogniser does not fit into the free memory.",
            "Choose a smaller voice.transcriber.model, or compute_type int8.",
        )
    if options is None:
        return ModelFailed("The speech recogniser broke off.", "Say it again; see the log if it happens again.")
    if "cuda" in words or "cudnn" in words or "cublas" in words:
        make, reason = MissingPart, f"The speech recogniser cannot use the device {options.device}"
    elif "compute type" in words:
        make, reason = ModelFailed, f"This machine cannot compute {options.compute_type}"
    else:
        make, reason = ModelFailed, f"The speech recogniser {options.model} cannot be read"
    return make(
        f"{reason}: {str(error).rstrip('.')}.",
        "Set voice.transcriber in homebody.toml to a model in CTranslate2 format, device cpu and compute_type int8.",
    )
