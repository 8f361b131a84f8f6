"""Is the turn over? How long a pause is waited out, from the words, the intent and the speaker's own pauses. Pure.

::

    required silence
      longest  ┤●                      "remind me to"      an open slot, "and", "um"
               │ ╲
      usual    ┤   ╲____●              "why is the sky"    nothing tells; moves with the speaker's learned pauses
               │          ╲
      complete ┤            ●          "what time is it"   a whole intent, surely heard
               └┬──────┬─────┬─>  completeness
                0     0.5    1

Between the three points the logarithm of the silence falls linearly: what is felt of a pause is its proportion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from homebody.options import CommitOptions
from homebody.sentence_shape import UNFINISHED

OPEN_SLOT: Final = 0.1  # a skill matched that still wants to know something
DOUBTED_INTENT: Final = 0.1  # heard unsurely: recognisers complete the beginning of one command to another
DOUBTED_WORDS: Final = 0.35
HABIT_SHARE: Final = 0.9  # of the speaker's pauses are shorter than what is waited for
HABIT_MARGIN: Final = 1.2
HABIT_SHORTEST_MS: Final = 250.0  # the stops inside words and between clauses are everybody's
HABITS_NEEDED: Final = 5  # pauses, before anything is concluded from them
HABITS_KEPT: Final = 40  # the last ones: who learns to trust the assistant pauses differently
USUAL_AT_MOST: Final = 0.75  # of the longest: open ends stay distinguishable from unknown ones


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of what was said so far. No words of anybody in it, so that it may be kept.

    Attributes:
        completeness: How likely nothing more comes, by voice and wording, 0.0 to 1.0.
        avg_logprob: How surely it was heard.
        intent: What the router makes of it: a whole intent, one with an open slot, or none; None: not answered yet.
    """

    completeness: float
    avg_logprob: float = 0.0
    intent: Literal["whole", "open", "none"] | None = None


def usual_silence_ms(pauses_ms: Sequence[float], silence_ms: float, options: CommitOptions) -> float:
    """The silence that ends what nothing is known of: ``silence_ms``, longer for a speaker whose pauses are longer.

    Args:
        pauses_ms: The speaker's own, within utterances, in any order.
        silence_ms: The profile's.
        options: The limits.
    """
    usual_ms = silence_ms
    if len(pauses_ms) >= HABITS_NEEDED:
        habit_ms = sorted(pauses_ms)[math.ceil(HABIT_SHARE * len(pauses_ms)) - 1]
        usual_ms = max(silence_ms, HABIT_MARGIN * habit_ms)
    usual_ms = min(usual_ms, max(silence_ms, USUAL_AT_MOST * options.longest_silence_ms))
    return min(max(usual_ms, options.complete_silence_ms), options.longest_silence_ms)


def required_silence_ms(words: Words | None, usual_ms: float, options: CommitOptions) -> float:
    """How much silence ends the utterance. Between ``complete_silence_ms`` and ``longest_silence_ms``.

    Args:
        words: None: not there yet. Nothing can be answered without them, so waiting for them costs nothing.
        usual_ms: From `usual_silence_ms`.
        options: The limits.
    """
    if words is None:
        return options.longest_silence_ms
    likely = _likely(words, options)
    complete_ms = min(options.complete_silence_ms, usual_ms)
    if likely >= 0.5:
        return _between(usual_ms, complete_ms, 2 * likely - 1)
    return _between(options.longest_silence_ms, usual_ms, 2 * likely)


def decide(
    silence_ms: float, words: Words | None, usual_ms: float, options: CommitOptions
) -> Literal["wait", "commit"]:
    """Whether the person has ended after so much silence."""
    return "commit" if silence_ms >= required_silence_ms(words, usual_ms, options) else "wait"


def _likely(words: Words, options: CommitOptions) -> float:
    """How likely it is that nothing more comes."""
    sure = words.avg_logprob >= options.sure_avg_logprob
    likely = min(max(words.completeness, 0.0), 1.0)
    if words.intent == "open":
        return min(likely, OPEN_SLOT)
    if words.intent == "whole" and words.completeness > UNFINISHED:
        return 1.0 if sure else DOUBTED_INTENT
    return likely if sure else min(likely, DOUBTED_WORDS)


def _between(start: float, end: float, share: float) -> float:
    """Geometric interpolation; ``end`` at 1. Exactly within the two, whatever the rounding."""
    low, high = min(start, end), max(start, end)
    return min(max(start * math.pow(end / start, share), low), high)
