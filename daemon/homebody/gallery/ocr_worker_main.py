"""The process that reads text: ``python -m`` this module, its parent's number, a limit in bytes, an engine, threads.

Started, fed and ended by `homebody.gallery.ocr`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import cast

from homebody.errors import BadImage, MissingPart
from homebody.gallery.images import decode, read
from homebody.gallery.ocr import Engine, FromOcr, Recognize, Recognized, Unread
from homebody.gallery.ocr_engines import SIDE_PX, OcrEngine, engine
from homebody.gallery.worker_limits import limit_myself
from homebody.worker_main import Pipe, pipes


def main() -> None:
    """Serve the gallery. The engine is loaded at the first picture, whose deadline covers that."""
    requests, answers = pipes()
    limit_myself(int(sys.argv[2]))
    name, threads = cast("Engine", sys.argv[3]), int(sys.argv[4])
    loaded: OcrEngine | None = None
    pipe: Pipe[Recognize] = Pipe(requests, answers, Recognize)
    while (request := pipe.next()) is not None:
        answer: FromOcr
        path = os.fsdecode(request.path)
        named = path.encode(errors="replace").decode()
        try:
            within = None if request.within is None else [Path(os.fsdecode(folder)) for folder in request.within]
            picture = decode(read(Path(path), within), path, side_px=SIDE_PX)
            loaded = loaded or engine(name, threads)
            answer = Recognized(name, tuple(loaded.recognize(picture.image)))
        except BadImage as error:
            answer = Unread("picture", error.reason.encode(errors="replace").decode(), error.remedy)
        except MissingPart as error:
            answer = Unread("machine", error.reason, error.remedy)
        except MemoryError:
            answer = Unread("picture", f"Reading the text in {named} needs too much memory.", "Try a smaller picture.")
        except Exception as error:  # the engines raise anything, also for want of memory
            kind = type(error).__name__
            answer = Unread("picture", f"The text in {named} could not be read ({kind}).", "Try a smaller picture.")
        pipe.send(answer)


if __name__ == "__main__":
    main()
