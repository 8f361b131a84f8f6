"""Says aloud why it is deaf, once: a person who gets no answer does not think of looking at `homebody status`."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Final

from homebody.errors import AudioStuck, HomebodyError, Problem
from homebody.voice.looks import LOOK_S, next_look

log = logging.getLogger(__name__)

SETTLED_S: Final = 0.5  # a shorter one is mended before the sentence is over
REPEAT_S: Final = 60.0  # what comes and goes is told no oftener


class Telling:
    """When a problem is to be told. Pure: time comes with it.

    Promises: each problem at most once while it lasts, and no two within `REPEAT_S`, unless they are different ones.
    """

    def __init__(self) -> None:
        self._current: str | None = None
        self._since_s = 0.0
        self._done = False
        self._told_at_s: dict[str, float] = {}

    def feed(self, problem: Problem | None, now_s: float, *, may_speak: bool) -> str | None:
        """What to say now.

        Args:
            problem: What there is now, None: nothing is wrong.
            now_s: On a clock that never goes back.
            may_speak: Nobody speaks, neither the person nor we.
        """
        words = problem.problem if problem else None
        if words != self._current:
            self._current, self._since_s, self._done = words, now_s, False
        if words is None or self._done or not may_speak or now_s - self._since_s < SETTLED_S:
            return None
        self._done = True
        if now_s - self._told_at_s.get(words, -math.inf) < REPEAT_S:
            return None
        self._told_at_s[words] = now_s
        return words


async def tell(
    problem: Callable[[], Problem | None],
    say: Callable[[str], Awaitable[object]],
    may_speak: Callable[[], bool],
    *,
    look_s: float = LOOK_S,
) -> None:
    """Say what is wrong, when it can be said, until cancelled.

    Args:
        problem: What is wrong now.
        say: Says it to the end; what it raises of ours is let go, since the loudspeaker may be what is missing.
        may_speak: Nobody speaks.
        look_s: Between two looks.

    Raises:
        AudioStuck: The sound system hangs; the process should end.
    """
    telling = Telling()
    while True:
        if words := telling.feed(problem(), time.monotonic(), may_speak=may_speak()):
            try:
                await say(words)
            except AudioStuck:
                raise
            except HomebodyError:
                log.info("it could not be said aloud that something is wrong")
        await next_look(look_s)
