"""Installing as a list of steps: made first, so that it can be shown, then carried out one by one."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from homebody.atomic import replacing
from homebody.errors import NotWritable, ServiceError

RUN_LIMIT_S: Final = 60.0
PAUSE_S: Final = 1.0


class Folder(msgspec.Struct, frozen=True):
    """Make a folder, unless it is there.

    Attributes:
        path: Its parents are made as well.
        private: Readable by its owner alone.
    """

    path: Path
    private: bool = False

    def __str__(self) -> str:
        return f"make folder  {self.path}"


class Write(msgspec.Struct, frozen=True):
    """Write a file, whole or not at all.

    Attributes:
        path: Its folder is made where there is none.
        content: All of it.
        new: It is not there yet; for showing.
    """

    path: Path
    content: bytes
    new: bool = True

    def __str__(self) -> str:
        return f"{'write' if self.new else 'change':12} {self.path}"


class Copy(msgspec.Struct, frozen=True):
    """Copy a file with its rights."""

    source: Path
    target: Path

    def __str__(self) -> str:
        return f"copy         {self.source} to {self.target}"


class Remove(msgspec.Struct, frozen=True):
    """Remove a file or link.

    Attributes:
        path: What may be gone already.
        tree: It is a folder that is ours with all that is in it.
        if_empty: It is a folder that may hold something of somebody else.
    """

    path: Path
    tree: bool = False
    if_empty: bool = False

    def __str__(self) -> str:
        return f"remove       {self.path}" + (" and all that is in it" if self.tree else "")


class Run(msgspec.Struct, frozen=True):
    """Run a program.

    Attributes:
        argv: Program and arguments.
        may_fail: Its failure changes nothing for what follows.
        attempts: Tried so often, with a pause of `PAUSE_S`.
        remedy: What a person can do when it fails.
    """

    argv: tuple[str, ...]
    may_fail: bool = False
    attempts: int = 1
    remedy: str = ""

    def __str__(self) -> str:
        return f"run          {' '.join(self.argv)}"


Step = Folder | Write | Copy | Remove | Run


def writing(path: Path, content: bytes) -> list[Step]:
    """What makes this file have this content: nothing where it has."""
    try:
        old = path.read_bytes()
    except FileNotFoundError:
        return [Write(path, content)]
    except OSError as error:
        raise _refused(path, error) from error
    return [] if old == content else [Write(path, content, new=False)]


def folder(path: Path, *, private: bool = False) -> list[Step]:
    """What makes this folder be there."""
    return [] if path.is_dir() else [Folder(path, private)]


def removing(path: Path, *, tree: bool = False, if_empty: bool = False) -> list[Step]:
    """What makes this be gone."""
    return [Remove(path, tree, if_empty)] if path.exists() or path.is_symlink() else []


def carry_out(
    steps: Iterable[Step],
    *,
    shown: Callable[[str], object],
    environment: Mapping[str, str] | None = None,
    pause_s: float = PAUSE_S,
) -> None:
    """Do each step, in order; blocks. What was done stays done when a later one fails: doing all again is harmless.

    Args:
        steps: From a service manager.
        shown: Told each step before it is done.
        environment: For the programs; None: ours.
        pause_s: Between attempts.

    Raises:
        NotWritable: A file or folder refuses.
        ServiceError: A program failed that may not.
    """
    for step in steps:
        shown(str(step))
        if isinstance(step, Run):
            _run(step, environment, pause_s)
            continue
        try:
            _change(step)
        except OSError as error:
            raise _refused(Path(error.filename or "."), error) from error


def _change(step: Folder | Write | Copy | Remove) -> None:
    match step:
        case Folder():
            step.path.mkdir(parents=True, exist_ok=True, mode=0o700 if step.private else 0o777)
        case Write():
            step.path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(step.path, mode=0o644) as file:
                file.write(step.content)
        case Copy():
            step.target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(step.source, step.target)
        case Remove(tree=True):
            shutil.rmtree(step.path, ignore_errors=not step.path.exists())
        case Remove(if_empty=True):
            if not any(step.path.iterdir()):
                step.path.rmdir()
        case Remove():
            step.path.unlink(missing_ok=True)


def _run(step: Run, environment: Mapping[str, str] | None, pause_s: float) -> None:
    said = ""
    for attempt in range(step.attempts):
        if attempt:
            time.sleep(pause_s)
        try:
            done = subprocess.run(
                step.argv, capture_output=True, text=True, errors="replace", timeout=RUN_LIMIT_S, check=False,
                env=None if environment is None else dict(environment), stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except FileNotFoundError:
            said = "it is not installed"
            break
        except subprocess.TimeoutExpired:
            said = f"it takes longer than {RUN_LIMIT_S:.0f} s"
        else:
            if done.returncode == 0:
                return
            said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
    if not step.may_fail:
        raise ServiceError(f"{' '.join(step.argv)} failed: {said}", step.remedy)


def _refused(path: Path, error: OSError) -> NotWritable:
    return NotWritable(f"{path}: {error.strerror}.", "Give yourself the right to write there.")
