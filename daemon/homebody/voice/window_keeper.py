"""Finds out which windows a new model bears and how many threads pay in them, once, while it is quiet: in a process of
its own that stands still while somebody speaks or is answered, and gives way to everything else.

Killed at any moment, nothing is lost but what was being measured: that begins again after the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from homebody.errors import NotWritable
from homebody.options import SynthesizerOptions, TranscriberOptions
from homebody.voice.thread_choice import Timings, paying
from homebody.voice.window_calibration import Verdict
from homebody.voice.window_record import Choice
from homebody.voice.window_wire import Broke, Found, FromMeasurer, Measure, Time, Timed, ToMeasurer
from homebody.worker_process import WorkerProcess

log = logging.getLogger(__name__)

REST_S: Final = 60.0  # of quiet before it is begun
LOOK_S: Final = 0.1
AGAIN_S: Final = 3600.0  # after which threads are measured anew where other work was in the way
LIMIT_S: Final = 3600.0  # of work; a model so slow is not measured, and keeps the window of those that are not


class Measurer(WorkerProcess[ToMeasurer, FromMeasurer]):
    """The process that measures."""

    module = "homebody.voice.window_worker"
    title = "measuring of the recogniser"
    answers = FromMeasurer


class Hears(Protocol):
    """Whose windows are measured: `homebody.voice.transcriber.WhisperTranscriber`."""

    @property
    def options(self) -> TranscriberOptions:
        """How it hears."""

    @property
    def windows(self) -> Choice:
        """How its windows are chosen, and with how many threads it hears."""

    def adopt(self, found: Verdict | Timings) -> None:
        """Keep what was measured, and use it: windows at once, threads from the next loading on. Raises NotWritable."""


class WindowKeeper:
    """Measures what is not known yet and no profile decides.

    Args:
        hears: The recogniser, loaded.
        synthesizer: The voice that speaks the longer sentences.
        language: Of the profile (ISO 639-1).
        is_quiet: Whether nobody is heard or answered now.
        measurer: The process.
        rest_s: So long it must have been quiet before.
        again_s: So long after other work was in the way threads are measured anew; None: not before the next start.
    """

    def __init__(
        self,
        hears: Hears,
        synthesizer: SynthesizerOptions,
        language: str,
        is_quiet: Callable[[], bool],
        *,
        measurer: type[Measurer] = Measurer,
        rest_s: float = REST_S,
        again_s: float | None = AGAIN_S,
    ) -> None:
        self._hears, self._is_quiet = hears, is_quiet
        self._synthesizer, self._language = synthesizer, language
        self._measurer, self._rest_s, self._again_s = measurer, rest_s, again_s

    async def run(self) -> None:
        """Return when all is known, or cannot be."""
        if self._hears.windows.source == "unmeasured":
            await self._find(Measure(self._hears.options, self._synthesizer, self._language))
        chosen = self._hears.windows
        # What pays in one window need not in another, so that the windows come first.
        if chosen.source != "unmeasured" and chosen.threads.source == "most":
            request = Time(self._hears.options, chosen.rule.floor_s, chosen.rule.margin_s)
            again = await self._find(request)
            while again and self._again_s is not None:
                await asyncio.sleep(self._again_s)  # nothing tells when other programs will have ended
                again = await self._find(request)

    async def _find(self, request: ToMeasurer) -> bool:
        """Whether to try again later."""
        await self._rested()
        log.info("measuring how the recogniser hears best, while it is quiet")
        try:
            answer = await self._answered(request)
        except OSError as error:
            log.warning("how the recogniser hears best cannot be measured: %s", type(error).__name__)
            return False
        try:
            match answer:
                case Found(verdict):
                    self._hears.adopt(verdict)
                    log.info("the recogniser hears in %s", self._hears.windows)
                case Timed(None):
                    log.info("the machine is too busy to tell how many threads the recogniser should take")
                    return True
                case Timed(Timings() as timings):
                    self._hears.adopt(timings)
                    number = paying(timings.up_to(self._hears.options.threads))
                    log.info("the recogniser's threads from its next start on: %d", number)
                case Broke(reason):
                    log.warning("It was not measured how the recogniser hears best. %s", reason)
                case None:
                    log.warning("It was not measured how the recogniser hears best: it broke off.")
        except NotWritable as error:
            log.warning("%s %s", error.reason, error.remedy)
        return False

    async def _rested(self) -> None:
        quiet_s = 0.0
        while quiet_s < self._rest_s:
            await asyncio.sleep(LOOK_S)  # nothing tells, and nothing is in a hurry
            quiet_s = quiet_s + LOOK_S if self._is_quiet() else 0.0

    async def _answered(self, request: ToMeasurer) -> FromMeasurer | None:
        """Its answer; None: it ended without one, or takes too long."""
        answered: asyncio.Future[FromMeasurer | None] = asyncio.get_running_loop().create_future()

        def settle(answer: FromMeasurer | None) -> None:
            if not answered.done():
                answered.set_result(answer)

        process = await self._measurer.start(lambda _, answer: settle(answer), lambda _: settle(None))
        try:
            process.send(request)
            worked_s, stands = 0.0, False
            while not answered.done() and worked_s < LIMIT_S:
                if stands == self._is_quiet():
                    stands = not stands
                    (process.pause if stands else process.resume)()
                await asyncio.wait([answered], timeout=LOOK_S)
                worked_s += 0.0 if stands else LOOK_S
            return answered.result() if answered.done() else None
        finally:
            await process.close()
