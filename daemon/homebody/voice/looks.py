"""Looking now and then, all at the same moments: a process that wakes up four times a second for six reasons costs a
quarter of one that wakes up for each of them, since most of a short piece of work is waking up for it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final

LOOK_S: Final = 0.25  # for what nobody is in a hurry about, and nothing tells
_SOON: Final = 0.01  # of the period: clocks that wake a hair too early would have it looked twice


def next_look_at_s(now_s: float, every_s: float) -> float:
    """The next whole multiple of ``every_s`` on the clock that shows ``now_s``, in at least a hundredth of it. Pure."""
    return every_s * math.ceil(now_s / every_s + _SOON)


async def next_look(every_s: float = LOOK_S) -> None:
    """Wait for it, on the event loop's clock: whoever waits with the same ``every_s`` goes on at the same moment."""
    now_s = asyncio.get_running_loop().time()
    await asyncio.sleep(next_look_at_s(now_s, every_s) - now_s)


async def looked_for(holds: Callable[[], bool], limit_s: float) -> None:
    """Wait until it ``holds``, and no longer than the limit in seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            while not holds():
                await next_look()
