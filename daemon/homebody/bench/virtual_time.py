"""An event loop whose clock jumps instead of waiting: waits are counted exactly, however busy the machine is.

`asyncio.sleep`, timers and also a blocking ``time.sleep`` of the loop's thread move the clock; computing does not.
Nothing in it may wait for a file, a socket or another thread.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar
from unittest.mock import patch

from homebody.errors import HomebodyError

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def jump(self, seconds: float) -> None:
        self.now_s += max(0.0, seconds)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise HomebodyError("What is measured waits for something that is not coming.")
        self.jump(timeout)
        return super().select(0)


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in virtual time, which ``asyncio.get_running_loop().time()`` tells, from 0 on."""
    selector = _Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now_s  # type: ignore[method-assign]
    ours, asleep = threading.get_ident(), time.sleep

    def sleep(seconds: float) -> None:
        """Another thread's sleep is its own affair."""
        (selector.jump if threading.get_ident() == ours else asleep)(seconds)

    with patch.object(time, "sleep", sleep), asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)
