"""Which files of a watched folder are pictures to look at, and all of them that lie there."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Final

from homebody.captions.rows import Stat
from homebody.errors import Problem
from homebody.gallery.images import SUFFIXES
from homebody.options_gallery import GalleryOptions

# Endings of files that a browser, a copy or an editor is still writing.
UNFINISHED: Final = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".swp", "~")


class Selection:
    """The rules of ``[gallery]`` for names."""

    def __init__(self, options: GalleryOptions) -> None:
        self._include = tuple(pattern.lower() for pattern in options.include)
        self._exclude = tuple(pattern.lower() for pattern in options.exclude)
        self.recursive, self.follow_links = options.recursive, options.follow_links

    def wants(self, below: PurePath) -> bool:
        """Whether a file is looked at, by its path below the watched folder."""
        name = below.name.lower()
        if self.passes_over(below) or name.endswith(UNFINISHED) or (not self.recursive and len(below.parts) > 1):
            return False
        if not self._include:
            return below.suffix.lower() in SUFFIXES
        return _matches(below, self._include)

    def passes_over(self, below: PurePath) -> bool:
        """Whether a file, or a folder with all that is in it, is left out: hidden, or excluded."""
        return any(part.startswith(".") for part in below.parts) or any(
            _matches(PurePath(*below.parts[: count + 1]), self._exclude) for count in range(len(below.parts))
        )


def _matches(below: PurePath, patterns: tuple[str, ...]) -> bool:
    name, path = below.name.lower(), below.as_posix().lower()
    return any(fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def walk(folder: Path, selection: Selection, start: Path | None = None) -> Iterator[tuple[str, Stat]]:
    """Every wanted file below ``start`` (None: ``folder``) with its size and time. Looks at names only, opens nothing.

    A folder reached through a symbolic link is entered only where links are followed, and never twice.

    Raises:
        OSError: ``start`` itself cannot be looked through. What cannot be below it is passed over.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [str(start or folder)]
    first = True
    while waiting:
        place = waiting.pop()
        try:
            about = Path(place).stat()
            if (about.st_dev, about.st_ino) in seen:
                continue
            seen.add((about.st_dev, about.st_ino))
            with os.scandir(place) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            if first:
                raise
            continue
        finally:
            first = False
        for entry in listed:
            below = PurePath(entry.path).relative_to(folder)
            try:
                if entry.is_dir(follow_symlinks=selection.follow_links):
                    if selection.recursive and not selection.passes_over(below):
                        waiting.append(entry.path)
                elif selection.wants(below) and entry.is_file():
                    yield entry.path, stat_of(entry.path)
            except OSError:
                continue  # gone meanwhile


def stat_of(path: str) -> Stat:
    """Size and time of change.

    Raises:
        OSError: There is no such file.
    """
    about = Path(path).stat()
    return Stat(about.st_size, about.st_mtime_ns)


def absolute(path: str) -> Path:
    """As the person wrote it, from the root: links stay, since they may lead elsewhere tomorrow."""
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 (resolve() would follow links)


def watched(options: GalleryOptions) -> list[Path]:
    """The watched folders, absolute, without those that lie within another one."""
    folders = dict.fromkeys(absolute(folder) for folder in options.folders)
    if not options.recursive:
        return list(folders)
    return [folder for folder in folders if not any(other in folder.parents for other in folders)]


def missing(folder: Path) -> Problem | None:
    """What is wrong with a watched folder, for a person; None: nothing."""
    part = f"folder {folder}"
    if not folder.is_dir():
        return Problem(
            part,
            f"The watched folder {folder} is not there.",
            f"Connect the disk it is on, or stop watching it: homebody watch remove {folder}",
        )
    if not os.access(folder, os.R_OK | os.X_OK):
        return Problem(part, f"The watched folder {folder} may not be read.", "Give yourself the right to read it.")
    return None
