"""Which files may be read: those inside the watched folders, wherever a symbolic link may point.

A link that stays inside is followed; one that leads out is refused, unless the folder allows it. Between looking and
opening somebody could exchange a folder for a link, so the file is opened step by step from the watched folder down,
and no step may be a link then (openat(2) with O_NOFOLLOW).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

from homebody.errors import BadImage

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe with nobody at its other end would otherwise be waited for, for ever.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_REMEDY_OUTSIDE: Final = "Move the picture into the folder, or allow links that lead out of it."


def inside(path: Path, folders: Sequence[Path]) -> tuple[Path, Path] | None:
    """The watched folder that really holds ``path``, and the way from there, both without links; None: none does.

    Looks at the file system and opens nothing. A path that does not exist is judged by its folders.
    """
    real = Path(os.path.realpath(path))
    for folder in folders:
        root = Path(os.path.realpath(folder))
        if real != root and real.is_relative_to(root):
            return root, real.relative_to(root)
    return None


def open_regular(path: Path, folders: Sequence[Path] | None = None) -> BinaryIO:
    """Open a regular file to read it. Never waits for a pipe or a device.

    Args:
        path: Of the file; links are followed as far as they are allowed.
        folders: It must really lie inside one of these; None: anywhere.

    Raises:
        BadImage: It is not there, may not be read, is no regular file, or lies outside; the reason says which.
    """
    fd = -1
    try:
        if folders is None:
            fd = os.open(os.path.realpath(path), _FILE)
        else:
            found = inside(path, folders)
            if found is None and any(Path(path).is_relative_to(folder) for folder in folders):
                raise BadImage(f"{path} leads out of the watched folders.", _REMEDY_OUTSIDE)
            if found is None:
                raise BadImage(f"{path} lies in none of the watched folders.", "Watch its folder: homebody watch add")
            fd = _open_below(*found)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise BadImage(f"{path} is not a file.", "Name a picture.")
        opened, fd = fd, -1
        return os.fdopen(opened, "rb")
    except ValueError as error:  # a NUL in the name
        raise BadImage("There is no file of that name.", "Check the name.") from error
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        if fd >= 0:
            os.close(fd)


def _open_below(root: Path, way: Path) -> int:
    fd = os.open(root, _FOLDER)
    for step, flags in [*((part, _FOLDER) for part in way.parts[:-1]), (way.name, _FILE)]:
        above = fd
        try:
            fd = os.open(step, flags, dir_fd=above)
        finally:
            os.close(above)
    return fd


def _refused(path: Path, error: OSError) -> BadImage:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        # ENOTDIR is also what Linux says of a link where O_DIRECTORY wants a folder.
        return BadImage(f"{path} is not there.", "Check the path.")
    if error.errno == errno.ELOOP:
        return BadImage(f"{path} became a symbolic link while it was opened.", _REMEDY_OUTSIDE)
    if error.errno in (errno.EACCES, errno.EPERM):
        return BadImage(f"{path} may not be read.", "Change its rights, or those of its folder.")
    return BadImage(f"{path} cannot be read: {error.strerror}.", "Check the disk or the network share it is on.")
