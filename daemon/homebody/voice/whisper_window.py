"""How much of Whisper's 30 s window an utterance needs, and when a short one must be doubted. Pure.

Whisper was trained on windows of exactly 30 s and faster-whisper pads every utterance to that; its encoder's cost grows
with the window, not with the words. CTranslate2's encoder takes any shorter window (it refuses only longer ones:
src/layers/whisper.cc), so the window here follows the utterance. docs/decisions/0001-whisper-window.md has the figures;
which windows a model bears is measured (`homebody.voice.window_calibration`).
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Final

WHOLE_WINDOW_S: Final = 30.0
MARGIN_S: Final = 0.5  # zeros after the last sample: without any, last words get lost
STEP_S: Final = 0.5  # windows are multiples of it
FRAMES_PER_S: Final = 100  # of the log-mel spectrum

# Whisper's own limits (openai/whisper, transcribe.py): beyond them a decoding has failed.
MAX_COMPRESSION_RATIO: Final = 2.4
MIN_AVG_LOGPROB: Final = -1.0


@dataclass(frozen=True, slots=True)
class WindowRule:
    """How an utterance's window is chosen.

    Attributes:
        floor_s: No window is shorter.
        margin_s: Of zeros behind the utterance, at least.
    """

    floor_s: float
    margin_s: float = MARGIN_S

    def window_s(self, duration_s: float) -> float:
        """The window for an utterance: its length and the margin, rounded up; at least the floor, at most 30 s.

        Args:
            duration_s: The utterance's; beyond 30 s faster-whisper cuts it into windows of 30 s itself.
        """
        wanted_s = math.ceil((duration_s + self.margin_s) / STEP_S) * STEP_S
        return min(WHOLE_WINDOW_S, max(self.floor_s, wanted_s))


UNPROVEN: Final = WindowRule(10.0)  # for a model with which nothing has been measured
STARTERS: Final = WindowRule(3.0)  # the starter model was trained on every window (decision 1)
WHOLE: Final = WindowRule(WHOLE_WINDOW_S)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the model made of one utterance.

    Attributes:
        text: Its words.
        language: BCP 47 tag.
        avg_logprob: Mean log probability of its tokens; 0 where there are none.
        no_speech: Probability that it was no speech; 1 where there are no tokens.
        ended_s: Where the model says its last word ends.
        window_s: The window it was given.
        complete: It ended by itself, not at the limit of tokens.
    """

    text: str
    language: str
    avg_logprob: float
    no_speech: float
    ended_s: float
    window_s: float
    complete: bool = True


def looks_wrong(decoded: Decoded, duration_s: float) -> bool:
    """Whether a short window may have spoilt this: it repeats itself, is unsure, or was cut off.

    Nothing at all is not wrong: mostly nothing was said.
    """
    if decoded.window_s >= WHOLE_WINDOW_S or not decoded.text:
        return False
    return (
        not decoded.complete
        or is_repetitive(decoded.text)
        or decoded.avg_logprob < MIN_AVG_LOGPROB
        # The last word ends in the zeros behind the utterance: the model lost its place.
        or decoded.ended_s > duration_s + MARGIN_S
    )


def is_repetitive(text: str) -> bool:
    """Whether the text goes round in a circle, as a decoder does that has lost the sound.

    Either it compresses too well (Whisper's own sign, for longer texts), or the same one to four words stand too
    often in a row: eight times one word, four times several. People do say "no no no".
    """
    raw = text.encode()
    if len(raw) > 40 and len(raw) / len(zlib.compress(raw)) > MAX_COMPRESSION_RATIO:
        return True
    words = text.casefold().split()
    return any(_longest_run(words, size) >= (8 if size == 1 else 4) for size in range(1, 5))


def _longest_run(words: list[str], size: int) -> int:
    """How often at most the same ``size`` words stand directly behind each other."""
    longest = same = 0
    for index in range(size, len(words)):
        same = same + 1 if words[index] == words[index - size] else 0
        longest = max(longest, same)
    return longest // size + 1 if longest >= size else 1
