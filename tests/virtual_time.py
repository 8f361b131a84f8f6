"""An event loop whose clock jumps: what takes a minute takes a millisecond, in the same order.

It never waits for files or sockets; whatever a test waits for must be a timer or another task.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Instead of waiting, moves the clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everything waits for something that is not coming")
        self.now_s += timeout
        return super().select(0)


def run(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in virtual time, which ``asyncio.get_running_loop().time()`` tells."""
    selector = _Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now_s  # type: ignore[method-assign]
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)


def now_s() -> float:
    return asyncio.get_running_loop().time()
