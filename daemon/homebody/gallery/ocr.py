"""Text in pictures: `TextReader` reads it, in a worker process that may be killed, with the engine this machine has.

- rapidocr (PP-OCRv6 through onnxruntime; the extra ``[ocr]``, with its models in the package): finds nearly everything,
  takes about 8 s of processor time and 1 GB for a full-HD screen full of text.
- tesseract (a program of the system): a fifth of the time, a tenth of the memory, 95 to 98 of 100 words.
- Apple Vision (macOS, the extra ``[mac]``): the system's own.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, Self

import msgspec

from homebody.errors import BadImage, MissingPart
from homebody.gallery.worker_pool import WorkerDied, WorkerPool
from homebody.worker_process import WorkerProcess

Engine = Literal["rapidocr", "tesseract", "vision"]

MEMORY_LIMIT_BYTES: Final = 3 * 1024**3  # rapidocr's address space was 1.2 GB at a small picture, 2 at a full screen
DEADLINE_S: Final = 120.0  # a full screen took rapidocr 19 s on two busy cores
RAPIDOCR_NEEDS_BYTES: Final = 1536 * 1024**2  # available, or tesseract is preferred
_REMEDY: Final = "pip install 'homebody[ocr]', or install the program tesseract (tesseract-ocr)."


class Line(msgspec.Struct, frozen=True):
    """One line of text, and where it stands.

    Attributes:
        text: Its words.
        confidence: Of the engine in it, 0 to 1; only to be compared within one engine.
        left, top, width, height: Its box as fractions of the upright picture's sides.
    """

    text: str
    confidence: float
    left: float
    top: float
    width: float
    height: float


class Recognized(msgspec.Struct, frozen=True, tag=True):
    """What is written in a picture, in reading order as far as the engine knows it; no lines: nothing."""

    engine: Engine
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The lines, one below the other."""
        return "\n".join(line.text for line in self.lines)


class Recognize(msgspec.Struct, frozen=True, tag=True):
    """To the worker: read this picture."""

    path: bytes
    within: tuple[bytes, ...] | None


class Unread(msgspec.Struct, frozen=True, tag=True):
    """From the worker: it cannot be read; whose fault it is, and the two sentences."""

    fault: Literal["picture", "machine"]
    reason: str
    remedy: str


FromOcr = Recognized | Unread


class OcrProcess(WorkerProcess[Recognize, FromOcr]):
    """A process that reads text."""

    module = "homebody.gallery.ocr_worker_main"
    title = "OCR worker"
    answers = FromOcr


def installed() -> tuple[Engine, ...]:
    """The engines that are here; importing none of them."""

    def package(name: str) -> bool:
        return importlib.util.find_spec(name) is not None

    found: list[Engine] = []
    if sys.platform == "darwin" and package("ocrmac"):
        found.append("vision")
    if package("rapidocr") and package("onnxruntime"):
        found.append("rapidocr")
    if shutil.which("tesseract"):
        found.append("tesseract")
    return tuple(found)


def choose(found: Sequence[Engine], available_bytes: int) -> Engine | None:
    """The engine to use of these, with so much memory available; None: none. Pure.

    The system's own first; rapidocr where there is room for it, or nothing else.
    """
    if "vision" in found:
        return "vision"
    if "tesseract" in found and ("rapidocr" not in found or available_bytes < RAPIDOCR_NEEDS_BYTES):
        return "tesseract"
    return "rapidocr" if "rapidocr" in found else None


class TextReader:
    """Reads what is written in pictures, one at a time; an asynchronous context manager.

    Args:
        engine: None: what `choose` finds best now.
        threads: Of the processor, 1 to 64.
        deadline_s: For each picture, the engine's start included.

    Raises:
        MissingPart: There is none, or not the one asked for.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        *,
        threads: int = 1,
        deadline_s: float = DEADLINE_S,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
    ) -> None:
        import psutil

        found = installed()
        if engine is not None and engine not in found:
            raise MissingPart(f"The text reader {engine} is not installed.", _REMEDY)
        chosen = engine or choose(found, psutil.virtual_memory().available)
        if chosen is None:
            raise MissingPart("Nothing that reads the text in pictures is installed.", _REMEDY)
        self.engine: Engine = chosen
        self._deadline_s = deadline_s
        arguments = [str(memory_limit_bytes), chosen, str(threads)]
        self._pool: WorkerPool[Recognize, FromOcr] = WorkerPool(OcrProcess, 1, arguments)

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

    async def recognize(self, path: Path, *, within: Sequence[Path] | None = None) -> Recognized:
        """What is written in this picture. Cancelling it ends the worker.

        Args:
            path: Of the picture; it is decoded as `images.decode` does, in the worker.
            within: The file must really lie inside one of these folders; None: anywhere.

        Raises:
            BadImage: It cannot be decoded; or reading it took too long, or ended the worker.
            MissingPart: The engine does not work here.
        """
        folders = None if within is None else tuple(os.fsencode(folder) for folder in within)
        try:
            answer = await self._pool.call(Recognize(os.fsencode(path), folders), self._deadline_s)
        except TimeoutError as error:
            reason = f"Reading the text in {path} took longer than {self._deadline_s:g} s and was given up."
            raise BadImage(reason, "Try a smaller picture.") from error
        except WorkerDied as error:
            raise BadImage(f"{path} ended the process that reads text.", "Try a smaller picture.") from error
        except OSError as error:
            raise MissingPart(f"No process could be started: {error.strerror}.", "Close some programs.") from error
        if isinstance(answer, Recognized):
            return answer
        raise (BadImage if answer.fault == "picture" else MissingPart)(answer.reason, answer.remedy)
