"""How far downloads are: a bar each on a terminal, a line each elsewhere. On standard error: it is no result."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Final

from homebody.cli.output import aside
from homebody.setup.downloads import Progress, size

STEP_PERCENT: Final = 25  # where there is no terminal, a line is printed each time so much more is there


class Bars:
    """``with Bars() as bars``; then `shown` takes what downloads tell: done, of how much, how fast, how long still."""

    def __init__(self, *, terminal: bool | None = None) -> None:
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._rich: Any = None
        self._tasks: dict[str, Any] = {}
        self._printed: dict[str, int] = {}

    def __enter__(self) -> Bars:
        if self._terminal:
            from rich import progress
            from rich.console import Console

            self._rich = progress.Progress(
                progress.TextColumn("{task.description}"),
                progress.BarColumn(),
                progress.DownloadColumn(),
                progress.TransferSpeedColumn(),
                progress.TimeRemainingColumn(),
                progress.TextColumn("{task.fields[doing]}"),
                console=Console(stderr=True),
            )
            self._rich.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich is not None:
            self._rich.stop()

    def shown(self, progress: Progress) -> None:
        """Show how far one is."""
        if self._rich is None:
            self._line(progress)
            return
        total = progress.total_bytes or None
        if progress.name not in self._tasks:
            # From here on: what an earlier attempt has fetched would make the rate look high.
            self._tasks[progress.name] = self._rich.add_task(
                progress.name, total=total, completed=progress.done_bytes, doing=""
            )
        self._rich.update(self._tasks[progress.name], total=total, completed=progress.done_bytes, doing=progress.doing)

    def _line(self, progress: Progress) -> None:
        if not progress.total_bytes:
            return
        step = 100 * progress.done_bytes // progress.total_bytes // STEP_PERCENT
        if step > self._printed.get(progress.name, -1):
            self._printed[progress.name] = step
            done, total = size(progress.done_bytes), size(progress.total_bytes)
            aside(f"{progress.name}: {step * STEP_PERCENT} %, {done} of {total}")
