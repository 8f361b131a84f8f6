"""The process that measures a model's windows and threads: ``python -m`` this module, and the number of its parent.

Started, paused and ended by `homebody.voice.window_keeper`. It gives way to everything else on the machine.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing

from homebody.errors import HomebodyError
from homebody.voice.thread_choice import Timings
from homebody.voice.whisper_window import WindowRule
from homebody.voice.window_calibration import Verdict
from homebody.voice.window_sounds import Sound, sounds, typical
from homebody.voice.window_wire import Broke, Found, FromMeasurer, Measure, Time, Timed, ToMeasurer
from homebody.worker_main import Pipe, pipes

NICENESS = 19


def answer(request: ToMeasurer) -> FromMeasurer:
    """Measure once."""
    try:
        return Found(_measured(request)) if isinstance(request, Measure) else Timed(_timed(request))
    except HomebodyError as error:
        return Broke(error.reason)


def _measured(request: Measure) -> Verdict:
    from homebody.voice.whisper_model import load
    from homebody.voice.window_reader import calibrated

    recordings = asyncio.run(_recordings(request))
    return calibrated(load(request.transcriber), request.transcriber, recordings).verdict


def _timed(request: Time) -> Timings | None:
    from homebody.voice.window_reader import timed

    recordings = asyncio.run(sounds(None, "en"))
    return timed(request.transcriber, typical(recordings), WindowRule(request.floor_s, request.margin_s))


async def _recordings(request: Measure) -> tuple[Sound, ...]:
    from homebody.voice.voices import PiperVoices

    async with aclosing(PiperVoices(request.synthesizer, language=request.language)) as voices:
        return await sounds(voices, request.language)


def main() -> None:
    """Serve the voice."""
    requests, answers = pipes()
    os.nice(NICENESS)
    pipe: Pipe[ToMeasurer] = Pipe(requests, answers, ToMeasurer)
    while (request := pipe.next()) is not None:
        pipe.send(answer(request))


if __name__ == "__main__":
    main()
