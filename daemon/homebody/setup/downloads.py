"""One file over HTTP: taken up where it broke off, checked, and then put in its place in one step.

Ranges are RFC 9110, section 14: a server that honours one answers 206 with ``Content-Range``; one that answers 200
sends the whole file anew. Parts lie beside the file as ``NAME.part``, so that kill -9 loses little.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from homebody.errors import HomebodyError, ModelFailed, ModelMissing, ModelUnreachable, NotWritable

ATTEMPTS: Final = 5  # in a row without one byte more
PAUSE_S: Final = 1.0  # before the second attempt; it grows with each
BLOCK_BYTES: Final = 1 << 20
SPARE_BYTES: Final = 512 << 20  # of the disk, left to everything else
CONNECT_S: Final = 10.0
SILENCE_S: Final = 30.0  # without a byte for so long, the connection counts as broken
MIB: Final = 1 << 20
GB: Final = 10**9

CHECK_NETWORK: Final = "Connect to the network and run it again: it goes on where it broke off."


class RemoteFile(msgspec.Struct, frozen=True):
    """A file to fetch.

    Attributes:
        url: Where from; redirects are followed.
        path: Where to.
        size_bytes: As the catalogue says.
        digest: ``sha256:``, ``md5:`` or ``git:`` (a git blob's SHA-1) and hexadecimal digits.
    """

    url: str
    path: Path
    size_bytes: int
    digest: str

    @property
    def part(self) -> Path:
        """What has come of it so far."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def left_bytes(self) -> int:
        """What is still to come."""
        there = self.path if self.path.exists() else self.part
        return max(0, self.size_bytes - _size(there))


class Progress(msgspec.Struct, frozen=True):
    """How far it is.

    Attributes:
        name: The model's.
        done_bytes: What is there, also from earlier attempts.
        total_bytes: Of all of it; 0 while nobody knows.
        doing: Something else than downloading, such as ``checking``; empty for downloading.
    """

    name: str
    done_bytes: int
    total_bytes: int
    doing: str = ""


Shown = Callable[[Progress], object]
FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """What the file system of a folder, which need not exist yet, has left for us."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def client() -> httpx.AsyncClient:
    """For downloads: follows redirects, since large files lie elsewhere, and takes the proxy of the environment."""
    timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_S)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=True, headers={"User-Agent": "homebody"})


def check_room(
    folder: Path, needed_bytes: int, *, free: FreeBytes = free_bytes, variable: str = "HOMEBODY_DATA_DIR"
) -> None:
    """Whether so much more fits.

    Raises:
        NotWritable: It does not; the reason says both figures.
    """
    there = free(folder)
    if needed_bytes + SPARE_BYTES > there:
        raise NotWritable(
            f"The disk of {folder} is too full: {size(needed_bytes)} would come, {size(SPARE_BYTES)} must stay free, "
            f"and {size(there)} are left.",
            f"Make room, choose a smaller profile, or set {variable} to a folder on another disk.",
        )


async def fetch(
    http: httpx.AsyncClient,
    files: Iterable[RemoteFile],
    *,
    name: str,
    shown: Shown,
    free: FreeBytes = free_bytes,
    pause_s: float = PAUSE_S,
) -> None:
    """Fetch files, one after the other; those that are there are left alone.

    Args:
        http: As of `client`.
        files: In the order in which they are put in their places: the one that makes a model complete comes last.
        name: For the progress.
        shown: Told how far it is, a few times a second at most as fast as blocks come.
        free: Looks how much room there is.
        pause_s: Before a second attempt.

    Raises:
        NotWritable: The disk is too full, before anything is fetched, or it refuses.
        ModelUnreachable: No network, or it broke off too often; what has come is kept for next time.
        ModelMissing: The server does not have it.
        ModelFailed: What came is not what was promised; it is removed.
    """
    files = list(files)
    missing = [file for file in files if not file.path.exists()]
    if not missing:
        return
    check_room(missing[0].path.parent, sum(file.left_bytes for file in missing), free=free)
    total = sum(file.size_bytes for file in files)
    before = total - sum(file.size_bytes for file in missing)
    for file in missing:

        def show(done_bytes: int, before: int = before) -> None:
            shown(Progress(name, before + done_bytes, total))

        try:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            await _whole(http, file, show, pause_s)
            shown(Progress(name, before + file.size_bytes, total, "checking"))
            await asyncio.to_thread(_put_in_place, file)
        except OSError as error:
            raise _refused(file.path, error) from error
        before += file.size_bytes
        shown(Progress(name, before, total))


def digest_of(path: Path, algorithm: str) -> str:
    """The digest of a file in one of the forms of `RemoteFile`. Blocks, about 0.5 s a GB for SHA-256."""
    if algorithm == "git":  # git hash-object: of a header and the content
        counted = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    else:
        counted = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            counted.update(block)
    return f"{algorithm}:{counted.hexdigest()}"


def is_whole(path: Path, size_bytes: int, digest: str) -> bool:
    """Whether a file is what the catalogue promised. Blocks."""
    try:
        return path.stat().st_size == size_bytes and digest_of(path, digest.partition(":")[0]) == digest
    except FileNotFoundError:
        return False


async def get_json(http: httpx.AsyncClient, url: str, what: str) -> Any:
    """A small document.

    Raises:
        ModelUnreachable, ModelMissing, ModelFailed: No network, no such thing, or not JSON.
    """
    try:
        response = await http.get(url)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise _unreachable(what, url) from error
    except httpx.HTTPError as error:
        raise ModelFailed(f"The server of {what} cannot be understood.", CHECK_NETWORK) from error
    if (problem := _status_problem(response, what)) is not None:
        raise problem
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise ModelFailed(
            f"The server of {what} answered with something else than its catalogue.",
            "Look whether a login page of the network stands in between; then run it again.",
        ) from error


async def _whole(http: httpx.AsyncClient, file: RemoteFile, show: Callable[[int], None], pause_s: float) -> None:
    """All of the file in its part, whatever happens on the way."""
    failures = 0
    while _size(file.part) < file.size_bytes or not file.part.exists():
        before = _size(file.part)
        try:
            await _stream(http, file, show)
        except (httpx.TransportError, ModelUnreachable) as error:
            failures = 0 if _size(file.part) > before else failures + 1
            if failures >= ATTEMPTS:
                raise _unreachable(file.path.name, file.url) from error
            await asyncio.sleep(pause_s * max(1, failures))
        except httpx.HTTPError as error:
            raise ModelFailed(f"The server of {file.path.name} cannot be understood.", CHECK_NETWORK) from error


async def _stream(http: httpx.AsyncClient, file: RemoteFile, show: Callable[[int], None]) -> None:
    done = _size(file.part)
    wanted = {"Range": f"bytes={done}-"} if done else {}
    # Lengths would be those of the compressed bytes.
    async with http.stream("GET", file.url, headers={"Accept-Encoding": "identity", **wanted}) as response:
        if response.status_code == 416:  # what is there is longer than the file
            file.part.unlink(missing_ok=True)
            raise ModelUnreachable(f"{file.path.name} has changed on its server.", CHECK_NETWORK)
        if (problem := _status_problem(response, file.path.name)) is not None:
            raise problem
        goes_on = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {done}-")
        done = done if goes_on else 0
        with file.part.open("ab" if goes_on else "wb") as out:
            async for block in response.aiter_bytes():  # as they come: what is gathered first is lost when it breaks
                out.write(block)
                done += len(block)
                show(min(done, file.size_bytes))
                if done > file.size_bytes:
                    break  # refused by its digest
            out.flush()
            os.fsync(out.fileno())
    if done < file.size_bytes:  # a server that says no length and closes
        raise ModelUnreachable(f"{file.path.name} broke off.", CHECK_NETWORK)


def _put_in_place(file: RemoteFile) -> None:
    if not is_whole(file.part, file.size_bytes, file.digest):
        file.part.unlink(missing_ok=True)
        raise ModelFailed(
            f"{file.path.name} came damaged: its checksum is not the one its catalogue names. It was removed.",
            "Run it again; if that does not help, something between you and the server changes what you download.",
        )
    file.part.replace(file.path)


def _status_problem(response: httpx.Response, what: str) -> HomebodyError | None:
    if response.is_success:
        return None
    status = response.status_code
    if status == 429 or status >= 500:
        return ModelUnreachable(f"The server of {what} is busy (status {status}).", CHECK_NETWORK)
    return ModelMissing(
        f"The server has no {what} for us (status {status}).", "Check the name; `homebody profiles` names models."
    )


def _unreachable(what: str, url: str) -> ModelUnreachable:
    try:
        host = httpx.URL(url).host
    except httpx.InvalidURL:
        host = url
    return ModelUnreachable(f"{what} could not be fetched: {host} cannot be reached.", CHECK_NETWORK)


def _refused(path: Path, error: OSError) -> NotWritable:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NotWritable(f"The disk of {path.parent} is full.", "Make room and run it again: it goes on.")
    return NotWritable(f"{path} cannot be written: {error.strerror}.", "Give yourself the right to write there.")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def size(size_bytes: int) -> str:
    """For a person: ``1.5 GB``, ``63 MB``."""
    return f"{size_bytes / GB:.1f} GB" if size_bytes >= GB / 10 else f"{size_bytes / 10**6:.0f} MB"
