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

A whole intent that was heard unsurely moves up the curve, all the way where it is plainly doubted; and one that may
still go on ("set a timer for five minutes ... and thirty seconds") needs somewhat more silence and is doubted sooner.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from homebody.options import CommitOptions
from homebody.sentence_shape import HANGING, UNFINISHED

OPEN_SLOT: Final = 0.1  # a skill matched that still wants to know something
DOUBTED_INTENT: Final = 0.1  # heard unsurely: recognisers complete the beginning of one command to another
HANGING_INTENT: Final = 0.5  # "wake me at seven on" is whole to the matcher; what nothing is known of needs as much
# Below the sure log probability, so far until a whole intent is doubted entirely. Of the starter recogniser's 66 whole
# intents in docs/decisions/0026-may-it-go-on.md those that were all lie above -0.22, those that were not below -0.27,
# and beginnings that are a command of their own ("how much time is left") at -0.23.
DOUBT_SPAN: Final = 0.1
EXTENSIBLE_DOUBT_SPAN: Final = 0.025
EXTENSIBLE_SHARE: Final = 7 / 6  # of what a whole intent needs that cannot go on
DOUBTED_WORDS: Final = 0.35
UNSURE_WORDS: Final = 0.1  # the beginning of a sentence is often heard as something that nobody says
AGAIN_MS: Final = 352.0  # of silence, after which what is doubted is heard a second time
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
        intent: What the router makes of it: a whole intent, one with an open slot or a beginning, or none; None: not
            answered yet.
        extensible: A whole intent that may go on and then asks for something else.
        unsure: They are heard so unsurely that they will not be answered: it costs nobody an answer to wait.
    """

    completeness: float
    avg_logprob: float = 0.0
    intent: Literal["whole", "open", "none"] | None = None
    extensible: bool = False
    unsure: bool = False


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
    complete_ms = options.complete_silence_ms * (EXTENSIBLE_SHARE if words.extensible else 1.0)
    complete_ms = min(complete_ms, usual_ms)
    if likely >= 0.5:
        return _between(usual_ms, complete_ms, 2 * likely - 1)
    return _between(options.longest_silence_ms, usual_ms, 2 * likely)


def deserves_another_hearing(words: Words | None, usual_ms: float, options: CommitOptions) -> bool:
    """What is waited out because it was heard unsurely, or because its end seems to be missing.

    With more of the silence behind it, a recogniser is surer of a last word, or hears it at all: the first pause may
    have begun within one, in the last consonant of "what is the capital of france".
    """
    if words is None or required_silence_ms(words, usual_ms, options) <= AGAIN_MS:
        return False
    return words.unsure or words.intent == "whole" or words.completeness <= HANGING


def decide(
    silence_ms: float, words: Words | None, usual_ms: float, options: CommitOptions
) -> Literal["wait", "commit"]:
    """Whether the person has ended after so much silence."""
    return "commit" if silence_ms >= required_silence_ms(words, usual_ms, options) else "wait"


def _likely(words: Words, options: CommitOptions) -> float:
    """How likely it is that nothing more comes."""
    sure = words.avg_logprob >= options.sure_avg_logprob
    likely = min(max(words.completeness, 0.0), 1.0)
    if words.unsure:
        return min(likely, UNSURE_WORDS)
    if words.intent == "open":
        return min(likely, OPEN_SLOT)
    if words.intent == "whole" and words.completeness > UNFINISHED:
        span = EXTENSIBLE_DOUBT_SPAN if words.extensible else DOUBT_SPAN
        doubt = min(max((options.sure_avg_logprob - words.avg_logprob) / span, 0.0), 1.0)
        known = DOUBTED_INTENT + (1.0 - DOUBTED_INTENT) * (1.0 - doubt)
        return min(known, HANGING_INTENT) if words.completeness <= HANGING else known
    return likely if sure else min(likely, DOUBTED_WORDS)


def _between(start: float, end: float, share: float) -> float:
    """Geometric interpolation; ``end`` at 1. Exactly within the two, whatever the rounding."""
    low, high = min(start, end), max(start, end)
    return min(max(start * math.pow(end / start, share), low), high)
