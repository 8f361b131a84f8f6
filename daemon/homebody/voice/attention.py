"""Until when somebody is listened to without being called again, and why. Pure: time comes with the calls.

::

    closed ──listen──> open, to begin to speak ──hear_out──> open, to the end of it ──close──> closed
                              └──too_late: close────────────────────────────────────────────────┘
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, replace
from typing import Final

AGAIN_S: Final = 2.0  # at least, to answer a question of ours behind a cough


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody is listened to.

    Attributes:
        asked: Who asked to listen, and is told what was heard.
        called: At once, while what they interrupted falls silent.
        woken: We were called by name.
        question_until_s: We asked them something, and so long their answer is waited for.
    """

    asked: asyncio.Future[str] | None = None
    called: bool = False
    woken: bool = False
    question_until_s: float = -math.inf


class Attention:
    """All times in seconds on one clock."""

    def __init__(self) -> None:
        self.why = Why()
        self._until_s = -math.inf

    @property
    def closed(self) -> bool:
        """Nobody is listened to."""
        return self._until_s == -math.inf

    @property
    def speaks(self) -> bool:
        """Somebody has begun to speak, and is heard to their end."""
        return self._until_s == math.inf

    def open(self, now_s: float) -> bool:
        """Whether somebody is listened to."""
        return now_s <= self._until_s

    def too_late(self, now_s: float) -> bool:
        """Whether nobody has begun to speak in time."""
        return not (self.closed or self.open(now_s))

    def listen(self, until_s: float, why: Why) -> None:
        """Somebody may begin to speak until then; whoever asked before is still to be told."""
        self._until_s, self.why = until_s, replace(why, asked=why.asked or self.why.asked)

    def hear_out(self) -> None:
        """Somebody has begun: the time was for beginning to speak, not for speaking."""
        self._until_s = math.inf

    def close(self) -> Why:
        """They have ended, or nobody wants them any more; why they were listened to."""
        why, self.why, self._until_s = self.why, Why(), -math.inf
        return why

    def again(self, why: Why, now_s: float) -> None:
        """What was heard was nothing. If it came instead of an answer, that is waited for as long as before, and a
        little longer where it came late."""
        if self.closed and now_s <= why.question_until_s + AGAIN_S:
            self.listen(max(why.question_until_s, now_s + AGAIN_S), why)
