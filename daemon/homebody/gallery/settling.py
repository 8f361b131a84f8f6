"""When a file that appears or changes is complete, and when one that could not be read is tried again. Pure: time
arrives with each call, in seconds of any steady clock.

A file is complete when it was closed after writing, or when its size and its time of change have stood still for a
second: a rename, a hard link and a file that raced into a new folder are never reported as closed, and network shares
report nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homebody.captions.rows import Stat

STILL_S: Final = 1.0
RETRY_AFTER_S: Final = (2.0, 10.0, 60.0)  # after the first failure, the second, ...; then it is set aside


@dataclass(slots=True)
class _Pending:
    due_s: float
    closed: bool = False
    seen: Stat | None = None  # as it was when it was last looked at


@dataclass(slots=True)
class _Failed:
    stat: Stat
    times: int
    again_s: float  # before it nothing counts that was tried for another reason, as after `homebody gallery --rescan`


class Settling:
    """The files that are not yet complete."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}
        self._failed: dict[str, _Failed] = {}

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def next_s(self) -> float | None:
        """When the next file is due; None: none is waited for."""
        return min((pending.due_s for pending in self._pending.values()), default=None)

    def changed(self, path: str, now_s: float, *, closed: bool) -> None:
        """The file has appeared, was written to, or, ``closed``, was closed after writing."""
        pending = self._pending.get(path)
        if closed:
            self._pending[path] = _Pending(now_s, closed=True)
        elif pending is None:
            self._pending[path] = _Pending(now_s)
        elif pending.closed:  # it goes on being written to
            self._pending[path] = _Pending(now_s + STILL_S)

    def gone(self, path: str) -> None:
        """The file is not there any more."""
        self._pending.pop(path, None)
        self._failed.pop(path, None)

    def keep(self, wanted: Callable[[str], bool]) -> None:
        """Only those that are wanted still."""
        for path in [path for path in {**self._pending, **self._failed} if not wanted(path)]:
            self.gone(path)

    def due(self, now_s: float) -> list[str]:
        """The files to look at now, longest due first; each is to be told of with `looked`."""
        found = [(pending.due_s, path) for path, pending in self._pending.items() if pending.due_s <= now_s]
        return [path for _, path in sorted(found)]

    def looked(self, path: str, stat: Stat | None, now_s: float) -> bool:
        """How the file was found just now, None: not at all. Whether it is complete, and so no longer pending."""
        pending = self._pending.get(path)
        if pending is None:
            return False
        if stat is None:
            self.gone(path)
            return False
        if pending.closed or pending.seen == stat:
            del self._pending[path]
            return True
        pending.seen, pending.due_s = stat, now_s + STILL_S
        return False

    def unreadable(self, path: str, stat: Stat, now_s: float) -> bool:
        """The file was complete as far as one could tell, and could not be read. Whether to give it up; otherwise it
        will be due again."""
        failed = self._failed.get(path)
        if failed is None or failed.stat != stat:  # another content, a new start
            failed = _Failed(stat, 0, now_s)
        if now_s >= failed.again_s:
            if failed.times == len(RETRY_AFTER_S):
                self._failed.pop(path, None)
                return True
            failed = _Failed(stat, failed.times + 1, now_s + RETRY_AFTER_S[failed.times])
        self._failed[path] = failed
        pending = self._pending.get(path)
        if pending is None:  # else it has changed meanwhile, and is due anyway
            self._pending[path] = _Pending(failed.again_s, closed=True)
        return False
