"""The process that measures a model's windows: ``python -m`` this module, and the number of its parent.

Started, paused and ended by `homebody.voice.window_keeper`. It gives way to everything else on the machine.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing

from homebody.errors import HomebodyError
from homebody.voice.window_calibration import Verdict
from homebody.voice.window_sounds import Sound, sounds
from homebody.voice.window_wire import Broke, Found, FromMeasurer, Measure
from homebody.worker_main import Pipe, pipes

NICENESS = 19


def answer(request: Measure) -> FromMeasurer:
    """Measure once."""
    try:
        return Found(_measured(request))
    except HomebodyError as error:
        return Broke(error.reason)


def _measured(request: Measure) -> Verdict:
    from homebody.voice.whisper_model import load
    from homebody.voice.window_reader import calibrated

    recordings = asyncio.run(_recordings(request))
    return calibrated(load(request.transcriber), request.transcriber, recordings).verdict


async def _recordings(request: Measure) -> tuple[Sound, ...]:
    from homebody.voice.voices import PiperVoices

    async with aclosing(PiperVoices(request.synthesizer, language=request.language)) as voices:
        return await sounds(voices, request.language)


def main() -> None:
    """Serve the voice."""
    requests, answers = pipes()
    os.nice(NICENESS)
    pipe: Pipe[Measure] = Pipe(requests, answers, Measure)
    while (request := pipe.next()) is not None:
        pipe.send(answer(request))


if __name__ == "__main__":
    main()
