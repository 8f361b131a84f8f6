"""Pictures are decoded in a process of their own, with a limit on its memory and its time: `ImageWorker`.

A decoder is a large C library that reads strangers' files. What makes it loop, crash or fill the memory ends this
process and nothing else: the file is refused by name, the next one gets a new process.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from homebody.errors import BadImage, MissingPart
from homebody.gallery.image_wire import FRAME_LIMIT_BYTES, FromWorker, Picture, Prepare
from homebody.gallery.images import MediaType, Prepared
from homebody.gallery.worker_pool import WorkerDied, WorkerPool
from homebody.worker_process import WorkerProcess

MEMORY_LIMIT_BYTES: Final = 1536 * 1024 * 1024  # two copies of images.DECODED_LIMIT_PX, the file, and Python
DEADLINE_S: Final = 60.0  # 100 megapixels of AVIF on a small computer that is busy
_REMEDY: Final = "Leave it out, or save it anew with another program."


class ImageProcess(WorkerProcess[Prepare, FromWorker]):
    """A process that decodes pictures."""

    module = "homebody.gallery.image_worker_main"
    title = "image worker"
    answers = FromWorker
    frame_limit_bytes = FRAME_LIMIT_BYTES


class ImageWorker:
    """Prepares pictures, several at once if asked; an asynchronous context manager.

    Args:
        workers: Processes at most, 1 to 64. One is started when it is first needed.
        memory_limit_bytes: Address space of each (RLIMIT_AS; Linux. macOS does not enforce it).
        deadline_s: For each picture, from when a process begins with it.
    """

    def __init__(
        self, *, workers: int = 1, memory_limit_bytes: int = MEMORY_LIMIT_BYTES, deadline_s: float = DEADLINE_S
    ) -> None:
        self._pool: WorkerPool[Prepare, FromWorker] = WorkerPool(ImageProcess, workers, [str(memory_limit_bytes)])
        self._deadline_s = deadline_s

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._pool.__aexit__(*exception)

    def pause(self) -> None:
        """Stop in the middle of it, until `resume`; no deadline runs meanwhile."""
        self._pool.pause()

    def resume(self) -> None:
        """Go on."""
        self._pool.resume()

    async def prepare(
        self,
        path: Path,
        *,
        side_px: int,
        multiple_px: int = 1,
        media_type: MediaType = "image/jpeg",
        within: Sequence[Path] | None = None,
    ) -> Prepared:
        """`images.prepare`, in a worker process. Cancelling it ends the decoding.

        Raises:
            BadImage: As there; or decoding it took too long, too much memory, or ended the process.
            MissingPart: The system starts no process.
        """
        if multiple_px < 1 or side_px < multiple_px:
            raise ValueError(f"side_px {side_px}, multiple_px {multiple_px}")
        folders = None if within is None else tuple(os.fsencode(folder) for folder in within)
        request = Prepare(os.fsencode(path), side_px, multiple_px, media_type, folders)
        try:
            answer = await self._pool.call(request, self._deadline_s)
        except TimeoutError as error:
            raise BadImage(
                f"{path} took longer than {self._deadline_s:g} s to decode and was given up.", _REMEDY
            ) from error
        except WorkerDied as error:
            raise BadImage(f"{path} ended the process that decodes pictures.", _REMEDY) from error
        except ValueError as error:
            raise BadImage("A path is too long to be a picture's.", "Check the name.") from error
        except OSError as error:
            raise MissingPart(f"No process could be started: {error.strerror}.", "Close some programs.") from error
        if isinstance(answer, Picture):
            return answer.prepared
        raise BadImage(answer.reason, answer.remedy)
