"""An independent listener: pocketsphinx with its stock English model and 134,000 words says what a recording says.

With a closed grammar even a noise would be taken for one of its sentences; the open dictionary tells voices apart.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx
import soxr

from homebody.voice.audio import RATE_HZ, Audio, Samples
from homebody.voice.recordings import read_audio

NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


@functools.cache
def _decoder() -> Any:
    model = Path(pocketsphinx.get_model_path()) / "en-us"
    return pocketsphinx.Decoder(
        hmm=str(model / "en-us"),
        lm=str(model / "en-us.lm.bin"),
        dict=str(model / "cmudict-en-us.dict"),
        loglevel="FATAL",
    )


def transcribed(audio: Audio) -> str:
    """What was said, in lower case without punctuation; takes about 0.5 s a sentence."""
    samples: Samples = audio.samples
    if audio.rate_hz != RATE_HZ:
        samples = soxr.resample(samples, audio.rate_hz, RATE_HZ)
    peak = float(np.abs(samples).max(initial=1e-9))
    room = np.zeros(RATE_HZ // 4)  # the recogniser wants to hear that nobody spoke before
    pcm = (np.concatenate((room, samples / peak * 0.6, room)) * 32767).astype(np.int16)
    decoder = _decoder()
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    heard = decoder.hyp()
    return re.sub(r"\(\d+\)", "", heard.hypstr.lower()) if heard else ""


def transcribed_file(path: Path) -> str:
    """What a recording says."""
    return transcribed(read_audio(path))


def word_accuracy(said: str, heard: str) -> float:
    """Share of the words that were understood: 1 less the edits needed, a word each; below 0 where it heard more."""
    wanted, got = words(said), words(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(wanted, start=1):
        above, row[0] = row[:], i
        for j, other in enumerate(got, start=1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other))
    return 1 - row[-1] / max(1, len(wanted))


def words(text: str) -> list[str]:
    """Lower case, without punctuation, small numbers in words."""
    found = re.findall(r"[a-z0-9']+", text.lower())
    return [NUMBERS[int(word)] if word.isdigit() and int(word) < len(NUMBERS) else word for word in found]
