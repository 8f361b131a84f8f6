"""Makes the bundled spoken questions in daemon/homebody/starter/recordings, and their manifest.

    python training/starter/recordings.py

Needs espeak-ng and flite. The voices are two espeak-ng variants that the starter recogniser never heard in training and
the two flite voices it did hear. Every recording is checked: the starter recogniser must understand it to the letter,
under the embedded profile. Silence of 0.3 s stands around the words, so that played files do not begin with a click.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np

from homebody import profile, starter
from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.recordings import read_audio, write_wav
from homebody.voice.transcriber import WhisperTranscriber

log = logging.getLogger("recordings")

PEAK: Final = 0.5
AROUND_S: Final = 0.3
FRAME_SAMPLES: Final = 160  # 10 ms
SPEECH_BELOW_PEAK_DB: Final = 40.0  # a frame further below the loudest one is no speech

# Name, words, synthesiser and voice, in the order of `homebody demo`.
LINES: Final = (
    ("time", "what time is it", "espeak-ng", "en-us+f5"),
    ("date", "what is the date today", "flite", "slt"),
    ("timer", "set a timer for eight minutes", "espeak-ng", "en-gb-scotland+m7"),
    ("timer-left", "how much time is left on the timer", "flite", "awb"),
    ("maths", "what is fifteen plus twenty seven", "espeak-ng", "en-us+f5"),
    ("memory", "how much memory is free", "flite", "slt"),
    ("volume", "set the volume to forty percent", "espeak-ng", "en-us+f5"),
    ("timer-cancel", "cancel the timer", "espeak-ng", "en-gb-scotland+m7"),
    ("question", "what is the capital of france", "flite", "slt"),
    ("help", "what can you do", "flite", "awb"),
)


def synthesize(text: str, synthesiser: str, voice: str) -> Samples:
    """These words by espeak-ng or flite, as mono at 16 kHz with a peak of `PEAK` and silence around."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.wav"
        if synthesiser == "espeak-ng":
            command = ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text]
        else:
            command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
        subprocess.run(command, check=True)
        samples = read_audio(path).samples
    begin, end = speech_bounds(samples)
    around = np.zeros(round(AROUND_S * RATE_HZ), np.float32)
    words = samples[begin:end]
    return np.concatenate([around, words * (PEAK / np.abs(words).max()), around])


def speech_bounds(samples: Samples) -> tuple[int, int]:
    """First and last sample of what is louder than 40 dB under the loudest 10 ms."""
    frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    level_db = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    loud = np.flatnonzero(level_db > level_db.max() - SPEECH_BELOW_PEAK_DB)
    return int(loud[0]) * FRAME_SAMPLES, int(loud[-1] + 1) * FRAME_SAMPLES


async def make(folder: Path) -> list[dict[str, object]]:
    """Write all recordings and return the manifest's rows. Raises SystemExit where one is not understood."""
    transcriber = WhisperTranscriber(profile.load("embedded", overlay=Path("none")).voice.transcriber)
    rows: list[dict[str, object]] = []
    for name, text, synthesiser, voice in LINES:
        file = folder / f"{name}.wav"
        write_wav(file, Audio(synthesize(text, synthesiser, voice), RATE_HZ))
        samples = read_audio(file).samples
        transcript = await transcriber.transcribe(samples, "en")
        if transcript.text != text or transcript.refused:
            raise SystemExit(f"{voice} says {text!r} and the recogniser hears {transcript}; choose another voice")
        ended_ms = 1000 * speech_bounds(samples)[1] / RATE_HZ
        rows.append(
            {
                "file": file.name,
                "text": text,
                "synthesiser": synthesiser,
                "voice": voice,
                "speech_ended_ms": round(ended_ms, 1),
            }
        )
        log.info("%s: %s", file.name, text)
    await transcriber.aclose()
    return rows


def main() -> None:
    """Make them all."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    folder = starter.recordings()
    folder.mkdir(exist_ok=True)
    rows = asyncio.run(make(folder))
    (folder / "manifest.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
