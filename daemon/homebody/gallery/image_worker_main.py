"""The process that decodes pictures: ``python -m`` this module, the number of its parent, and its limit in bytes.

Started, fed and ended by `homebody.gallery.image_worker`.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from homebody.errors import BadImage
from homebody.gallery.image_wire import FRAME_LIMIT_BYTES, FromWorker, Picture, Prepare, Refused
from homebody.gallery.images import prepare
from homebody.gallery.worker_limits import limit_myself
from homebody.worker_main import Pipe, pipes


def answer(request: Prepare) -> FromWorker:
    """Prepare one picture."""
    path = Path(os.fsdecode(request.path))
    try:
        return Picture(
            prepare(
                path,
                side_px=request.side_px,
                multiple_px=request.multiple_px,
                media_type=request.media_type,
                within=None if request.within is None else [Path(os.fsdecode(folder)) for folder in request.within],
            )
        )
    except BadImage as error:
        # A name that is not Unicode has stand-ins in it that msgpack does not carry.
        return Refused(_sendable(error.reason), error.remedy)
    except MemoryError:
        return Refused(
            _sendable(f"{path} needs more memory to decode than a picture may."), "Save it smaller, or leave it out."
        )


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def main() -> None:
    """Serve the gallery."""
    requests, answers = pipes()
    limit_myself(int(sys.argv[2]))
    pipe: Pipe[Prepare] = Pipe(requests, answers, Prepare, FRAME_LIMIT_BYTES)
    while (request := pipe.next()) is not None:
        pipe.send(answer(request))
        gc.collect(0)  # an exception's traceback holds the picture it was about


if __name__ == "__main__":
    main()
