"""How fast captions come, and how long the rest will take. Pure: time arrives with each call."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW: Final = 30  # the latest captions, of which the rate is told
IDLE_S: Final = 120.0  # a caption that came later than this after the one before begins anew


class Pace:
    """Captions a minute, of late."""

    def __init__(self) -> None:
        self._done_s: deque[float] = deque(maxlen=WINDOW)

    def done(self, now_s: float) -> None:
        """A caption has come."""
        if self._done_s and now_s - self._done_s[-1] > IDLE_S:
            self._done_s.clear()
        self._done_s.append(now_s)

    def per_minute(self, now_s: float) -> float | None:
        """None: too few came to tell, or the last one too long ago."""
        if len(self._done_s) < 2 or now_s - self._done_s[-1] > IDLE_S:
            return None
        # Up to now, not to the last one: where captions stop coming, the rate falls.
        return 60 * (len(self._done_s) - 1) / max(now_s - self._done_s[0], 1e-3)

    def left_s(self, waiting: int, now_s: float) -> float | None:
        """For so many more; None: not to be told."""
        rate = self.per_minute(now_s)
        return None if rate is None else 60 * waiting / rate
