"""What happens in the watched folders, as the system tells it: watchdog, one observer for all of them."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import psutil

from homebody.errors import Problem
from homebody.gallery.selection import missing
from homebody.options_gallery import GalleryOptions

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

# File systems that do not tell of what other machines do on them.
SHARES: Final = frozenset(
    "nfs nfs4 cifs smb3 smbfs fuse.sshfs fuse.rclone 9p afpfs webdav davfs fuse.davfs".split()  # noqa: SIM905
)
JOIN_S: Final = 3.0


class Happened(Enum):
    """What happened to a path, as far as anyone needs to know."""

    CHANGED = "changed"  # appeared, was moved here, or is being written to
    CLOSED = "closed"  # was closed after writing
    GONE = "gone"
    FOLDER = "folder"  # a folder appeared: what lies in it may not be told of
    FOLDER_GONE = "folder_gone"


class Watcher(Protocol):
    """Tells of changes. Promises: `refresh` may block for as long as it takes to walk the folders (call it in a
    thread); `changes` never blocks and forgets what it returns, latest state of each path only, oldest first; `close`
    may be called twice."""

    def refresh(self, folders: Iterable[Path]) -> list[Problem]:
        """Watch these folders and no others; to be repeated, for folders that come and go. What is wrong with any."""

    def changes(self) -> dict[str, Happened]:
        """What has happened since the last call."""

    def close(self) -> None:
        """Watch no more."""


class FolderWatcher:
    """`Watcher` by watchdog.

    Args:
        options: Whether to poll, and how often.
        wake: Called in any thread when there are changes after there were none; must not block.
    """

    def __init__(self, options: GalleryOptions, wake: Callable[[], None]) -> None:
        self._options, self._wake = options, wake
        self._lock = threading.Lock()
        self._changes: dict[str, Happened] = {}
        self._observers: dict[bool, BaseObserver] = {}  # by whether it polls
        self._watched: dict[Path, tuple[bool, Any, int]] = {}  # polled, watchdog's watch, inode
        self._limited: set[Path] = set()  # polled, since the system's limit is reached

    def refresh(self, folders: Iterable[Path]) -> list[Problem]:
        """See `Watcher`."""
        problems = []
        wanted = list(folders)
        for folder in [
            folder for folder in self._watched if folder not in wanted or _inode(folder) != self._watched[folder][2]
        ]:
            self._leave(folder)
        for folder in wanted:
            if (problem := missing(folder)) is not None:
                problems.append(problem)
            elif folder not in self._watched:
                try:
                    self._watch(folder)
                except OSError as error:
                    why = error.strerror or str(error)
                    problems.append(
                        Problem(f"folder {folder}", f"{folder} cannot be watched: {why}.", "Look at its rights.")
                    )
            if folder in self._limited and folder in self._watched:
                problems.append(_limit_reached(folder))
        return problems

    def changes(self) -> dict[str, Happened]:
        """See `Watcher`."""
        with self._lock:
            found, self._changes = self._changes, {}
        return found

    def close(self) -> None:
        """See `Watcher`."""
        for observer in self._observers.values():
            observer.stop()
        for observer in self._observers.values():
            observer.join(JOIN_S)
        self._observers.clear()
        self._watched.clear()

    def polled(self, folder: Path) -> bool:
        """Whether this folder is looked at again and again, instead of the system telling of it."""
        return self._watched[folder][0] if folder in self._watched else False

    def _watch(self, folder: Path) -> None:
        polls = self._options.poll == "always" or (self._options.poll == "auto" and on_a_share(folder))
        if not polls:
            try:
                self._schedule(folder, polls=False)
                self._limited.discard(folder)
                return
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EMFILE):
                    raise
                log.warning("the system's limit of watched folders is reached; polling %s", folder)
                self._limited.add(folder)
        self._schedule(folder, polls=True)

    def _schedule(self, folder: Path, *, polls: bool) -> None:
        from watchdog import events

        handler = events.FileSystemEventHandler()
        handler.on_any_event = self._take  # type: ignore[method-assign]
        observer = self._observer(polls)
        watch = observer.schedule(
            handler,
            str(folder),
            recursive=self._options.recursive,
            **({"follow_symlink": True} if self._options.follow_links else {}),
            event_filter=[
                events.FileCreatedEvent, events.FileModifiedEvent, events.FileMovedEvent, events.FileDeletedEvent,
                events.FileClosedEvent, events.DirCreatedEvent, events.DirMovedEvent, events.DirDeletedEvent,
            ],
        )  # fmt: skip
        self._watched[folder] = (polls, watch, _inode(folder))

    def _observer(self, polls: bool) -> BaseObserver:
        if polls not in self._observers:
            from watchdog.observers import Observer
            from watchdog.observers.polling import PollingObserver

            observer = PollingObserver(timeout=self._options.poll_s) if polls else Observer()
            observer.daemon = True
            observer.start()
            self._observers[polls] = observer
        return self._observers[polls]

    def _leave(self, folder: Path) -> None:
        polls, watch, _ = self._watched.pop(folder)
        try:
            self._observers[polls].unschedule(watch)
        except (KeyError, OSError):
            log.debug("was not watched any more", exc_info=True)

    def _take(self, event: FileSystemEvent) -> None:
        """One event, in a thread of watchdog's. Many of one file become one change."""
        path, there = os.fsdecode(event.src_path), os.fsdecode(event.dest_path or "")
        changes = []
        if event.event_type in ("deleted", "moved"):
            changes.append((path, Happened.FOLDER_GONE if event.is_directory else Happened.GONE))
        if event.event_type == "moved":
            changes.append((there, Happened.FOLDER if event.is_directory else Happened.CHANGED))
        if event.event_type in ("created", "modified"):
            changes.append((path, Happened.FOLDER if event.is_directory else Happened.CHANGED))
        if event.event_type == "closed":
            changes.append((path, Happened.CLOSED))
        with self._lock:
            was_empty = not self._changes
            for changed, happened in changes:
                self._changes.pop(changed, None)  # to the end: the order of what happened last
                self._changes[changed] = happened
        if was_empty:
            self._wake()


def on_a_share(folder: Path) -> bool:
    """Whether the folder lies on another machine."""
    try:
        mounts = {partition.mountpoint: partition.fstype for partition in psutil.disk_partitions(all=True)}
    except OSError:
        return False
    real = Path(os.path.realpath(folder))
    return next((mounts[str(place)] in SHARES for place in (real, *real.parents) if str(place) in mounts), False)


def _inode(folder: Path) -> int:
    try:
        return folder.stat().st_ino
    except OSError:
        return 0


def _limit_reached(folder: Path) -> Problem:
    remedy = "Restart the gallery to try again."
    if sys.platform == "linux":
        remedy = (
            "Raise the limit, then restart the gallery: echo fs.inotify.max_user_watches=524288"
            " fs.inotify.max_user_instances=1024 | tr ' ' '\\n' | sudo tee /etc/sysctl.d/60-homebody.conf"
            " && sudo sysctl --system"
        )
    return Problem(
        f"folder {folder}",
        f"The system's limit of watched folders is reached, so {folder} is looked through every now and then instead.",
        remedy,
    )
