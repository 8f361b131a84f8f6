"""From an utterance to words, and to the decision whether the words may be acted on."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from homebody import starter
from homebody.errors import DeadlineExceeded, ModelFailed, Problem
from homebody.hardware import usable_cores
from homebody.options import TranscriberOptions
from homebody.voice.audio import RATE_HZ, Samples, Transcript
from homebody.voice.phantom_phrases import is_phantom
from homebody.voice.thread_choice import Timings, threads_for
from homebody.voice.whisper_window import UNPROVEN, WHOLE_WINDOW_S, Decoded, is_repetitive, looks_wrong
from homebody.voice.window_calibration import Verdict
from homebody.voice.window_record import Choice, keep

if TYPE_CHECKING:
    from homebody.voice.whisper_model import RightSizedWhisper

log = logging.getLogger(__name__)

Result = TypeVar("Result")

WAITING_LIMIT: Final = 4  # utterances, the running one included
DEADLINE_S: Final = 60.0  # and ten times the utterance's length: only a recogniser that hangs is so slow
LOAD_DEADLINE_S: Final = 3600.0  # a download over a slow line included


class Transcriber(Protocol):
    """Understands utterances, one after another, in the order in which they were given."""

    async def load(self) -> None:
        """Load the model and run it once; it may be downloaded first. Doing so twice is harmless.

        Raises:
            ModelMissing, ModelFailed, OutOfMemory, MissingPart: It cannot be had or does not run here.
        """
        ...

    async def transcribe(self, samples: Samples, language: str | None) -> Transcript:
        """What was said. Loads first if need be. Does not block the event loop; cancelling drops the result.

        Args:
            samples: One utterance at 16 kHz, float32, shape (n,), any n.
            language: BCP 47 tag of what is spoken; None: let the model tell.

        Raises:
            ModelFailed: It broke off, or too many utterances wait already.
            DeadlineExceeded: It took far longer than it ever should.
        """
        ...

    async def aclose(self) -> None:
        """Let the model go. Utterances still waiting are dropped."""
        ...


class WhisperTranscriber:
    """faster-whisper, in one thread of its own. A public model that is not here and cannot be downloaded gives way to
    the starter model.

    Args:
        options: The model and its limits, from the profile.
        languages: Those it tells apart where it is told none (BCP 47), the likeliest first; empty: all it knows.
    """

    def __init__(self, options: TranscriberOptions, languages: tuple[str, ...] = ()) -> None:
        self._options, self._languages = options, languages
        self._model: RightSizedWhisper | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="transcriber")
        self._waiting = 0
        self._problem: Problem | None = None
        self._windows = Choice(UNPROVEN, "unmeasured", threads_for(options, UNPROVEN, None, usable_cores()))

    @property
    def options(self) -> TranscriberOptions:
        """Those in use: where the named model could not be had, with the starter's name."""
        return self._options

    @property
    def windows(self) -> Choice:
        """How windows are chosen, with how many threads, and why so; of the model once it is loaded."""
        return self._windows

    def adopt(self, found: Verdict | Timings) -> None:
        """Keep what was measured with this model. Windows are used from the next utterance on, threads from the next
        loading on, since a loaded model keeps its own. Blocks for a moment.

        Raises:
            NotWritable: It cannot be kept; windows are used all the same.
        """
        if isinstance(found, Verdict):
            self._windows = replace(self._windows, rule=found.rule)
        if self._model is not None:
            record = keep(self._model.folder, self._options, found)
            if isinstance(found, Verdict):
                self._windows = Choice(found.rule, "measured", self._windows.threads, found, record.at)

    @property
    def problem(self) -> Problem | None:
        """What a person should know about the recogniser; None until it is loaded, and where all is well."""
        return self._problem

    async def load(self) -> None:
        """See `Transcriber`."""
        await self._in_thread(self._loaded, LOAD_DEADLINE_S)

    async def transcribe(self, samples: Samples, language: str | None) -> Transcript:
        """See `Transcriber`."""
        if self._waiting >= WAITING_LIMIT:
            raise ModelFailed("The speech recogniser cannot keep up.", "Choose a smaller voice.transcriber.model.")
        given_up = threading.Event()
        deadline_s = DEADLINE_S + 10 * len(samples) / RATE_HZ
        self._waiting += 1
        try:
            decoded = await self._in_thread(lambda: self._decode(samples, language, given_up), deadline_s)
        finally:
            given_up.set()
            self._waiting -= 1
        return Transcript(
            text=decoded.text,
            language=decoded.language,
            avg_logprob=decoded.avg_logprob,
            no_speech=decoded.no_speech,
            refused=refusal(decoded, self._options),
            window_s=decoded.window_s,
        )

    async def aclose(self) -> None:
        """See `Transcriber`."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._model = None

    async def _in_thread(self, work: Callable[[], Result], deadline_s: float) -> Result:
        try:
            async with asyncio.timeout(deadline_s):
                return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except TimeoutError:
            raise DeadlineExceeded(
                "The speech recogniser does not answer.",
                "Restart homebody, or choose a smaller voice.transcriber.model.",
            ) from None

    def _loaded(self) -> RightSizedWhisper:
        if self._model is None:
            from homebody.voice import whisper_model

            try:
                self._model = whisper_model.load(self._options)
            except whisper_model.NotDownloaded as error:
                # As on a first day without a network: understanding commands is better than not starting.
                reason = f"{error.reason} The starter model hears instead: commands only."
                self._problem = Problem("recogniser", reason, error.remedy)
                log.warning("%s %s", reason, error.remedy)
                self._options = msgspec.structs.replace(self._options, model=whisper_model.STARTER)
                self._model = whisper_model.load(self._options)
            self._model.languages = self._languages
            self._windows = self._model.chosen
            whisper_model.warm_up(self._model, self._options, self._windows.rule.floor_s)
        return self._model

    def _decode(self, samples: Samples, language: str | None, given_up: threading.Event) -> Decoded:
        from homebody.voice.whisper_model import decode

        model, options = self._loaded(), self._options
        duration_s = len(samples) / RATE_HZ

        def through(window_s: float) -> Decoded:
            return decode(
                model, samples, language=language, beam_size=options.beam_size, window_s=window_s, given_up=given_up
            )

        decoded = through(self._windows.rule.window_s(duration_s))
        if is_guarded(options) and looks_wrong(decoded, duration_s) and not given_up.is_set():
            decoded = through(WHOLE_WINDOW_S)
        return decoded


def is_guarded(options: TranscriberOptions) -> bool:
    """Whether a doubtful result is decoded again in 30 s. Not the starter's, which was trained on every window; real
    Whisper was on 30 s alone, which is where its doubts end."""
    return options.model != starter.NAME


def refusal(decoded: Decoded, options: TranscriberOptions) -> str:
    """Why this must not be acted on, or nothing. Pure.

    Returns:
        ``empty``, ``phantom`` (Whisper's phrases for silence), ``repetition``, ``no_speech``, ``unsure``, or "".
    """
    if not any(c.isalnum() for c in decoded.text):
        return "empty"
    if is_phantom(decoded.text, decoded.no_speech):
        return "phantom"
    if is_repetitive(decoded.text) or not decoded.complete:
        return "repetition"
    if decoded.no_speech > options.max_no_speech:
        return "no_speech"
    if decoded.avg_logprob < options.min_avg_logprob:
        return "unsure"
    return ""
