"""What reads text: one class an engine, each with its library inside. Run in the OCR worker only."""

from __future__ import annotations

import io
import logging
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from homebody.errors import MissingPart
from homebody.gallery.ocr import Engine, Line

if TYPE_CHECKING:
    from PIL import Image

SIDE_PX: Final = 2560  # the longest side they are given; rapidocr itself goes to 2000 when it looks for lines
_TESSERACT_LIMIT_S: Final = 110.0
_MIN_CONFIDENCE: Final = 0.3  # below it, tesseract reads texture
_WORD, _LINE_KEY = "5", ("block_num", "par_num", "line_num")


class OcrEngine(Protocol):
    """Reads the lines of a picture."""

    def recognize(self, image: Image.Image) -> list[Line]:
        """The lines, in reading order as far as it knows.

        Args:
            image: RGB, upright, at most `SIDE_PX` long. Blocks for seconds.

        Raises:
            MissingPart: The engine cannot be started here.
            MemoryError: It takes more than it may.
        """


class RapidOcr:
    """rapidocr with the models of its own package; it is never let near the network.

    Raises:
        MissingPart: The package or its models are not there.
    """

    def __init__(self, threads: int) -> None:
        logging.disable(logging.CRITICAL)  # it logs what it does at every picture
        try:
            import rapidocr
        except ImportError as error:
            raise MissingPart("rapidocr is not installed.", "pip install 'homebody[ocr]'") from error
        # It would download what is missing.
        if len(list((Path(rapidocr.__file__).parent / "models").glob("*.onnx"))) < 3:
            raise MissingPart("The installed rapidocr has no models in its package.", "pip install -U 'homebody[ocr]'")
        self._engine = rapidocr.RapidOCR(
            params={
                "Global.log_level": "critical",
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def recognize(self, image: Image.Image) -> list[Line]:
        """See `OcrEngine`."""
        import numpy as np

        found: Any = self._engine(np.asarray(image)[:, :, ::-1])  # it wants BGR, as OpenCV does
        if found.txts is None:
            return []
        lines = []
        for text, score, box in zip(found.txts, found.scores, found.boxes, strict=True):
            (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
            lines.append(_line(image, str(text), float(score), (left, top, right - left, bottom - top)))
        return lines


class Tesseract:
    """The program tesseract, with the languages it has been installed with; started anew for each picture."""

    def __init__(self, threads: int) -> None:
        self._environment = {**os.environ, "OMP_THREAD_LIMIT": str(threads)}

    def recognize(self, image: Image.Image) -> list[Line]:
        """See `OcrEngine`."""
        out = io.BytesIO()
        image.save(out, "PNG", compress_level=1)
        try:
            # 3: find the columns and lines by itself. 11 ("sparse text") scattered the lines of a screen.
            ended = subprocess.run(
                ["tesseract", "stdin", "stdout", "--psm", "3", "tsv"],
                input=out.getvalue(), capture_output=True, env=self._environment, timeout=_TESSERACT_LIMIT_S,
                check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MissingPart("The program tesseract does not run.", "Install it anew (tesseract-ocr).") from error
        if ended.returncode != 0:
            if b"bad_alloc" in ended.stderr or ended.returncode < 0:
                raise MemoryError
            raise MissingPart(
                "The program tesseract refuses to work.",
                "Install it anew, with a language (tesseract-ocr, tesseract-ocr-eng).",
            )
        return tesseract_lines(ended.stdout.decode(errors="replace"), *image.size)


def tesseract_lines(table: str, width_px: int, height_px: int) -> list[Line]:
    """The lines in tesseract's TSV of words; words it hardly believes in are left out. Pure."""
    rows = [row.split("\t") for row in table.splitlines()]
    if not rows or "conf" not in rows[0]:
        return []
    lines: dict[tuple[str, ...], list[tuple[str, float, list[int]]]] = {}
    for row in rows[1:]:
        word = dict(zip(rows[0], row, strict=False))
        try:
            confidence = float(word["conf"]) / 100
            box = [int(word[name]) for name in ("left", "top", "width", "height")]
            text, level = word["text"].strip(), word["level"]
        except (KeyError, ValueError):
            continue
        if level == _WORD and text and confidence >= _MIN_CONFIDENCE:
            lines.setdefault(tuple(word[name] for name in _LINE_KEY), []).append((text, confidence, box))
    return [_joined(words, width_px, height_px) for words in lines.values()]


def _joined(words: list[tuple[str, float, list[int]]], width_px: int, height_px: int) -> Line:
    left, top = min(box[0] for _, _, box in words), min(box[1] for _, _, box in words)
    right, bottom = max(box[0] + box[2] for _, _, box in words), max(box[1] + box[3] for _, _, box in words)
    return Line(
        text=" ".join(text for text, _, _ in words),
        confidence=min(confidence for _, confidence, _ in words),
        left=left / width_px, top=top / height_px, width=(right - left) / width_px, height=(bottom - top) / height_px,
    )  # fmt: skip


class AppleVision:
    """macOS's own, through ocrmac.

    Raises:
        MissingPart: The package is not there.
    """

    def __init__(self, threads: int) -> None:  # noqa: ARG002  # the system decides
        try:
            from ocrmac import ocrmac
        except ImportError as error:
            raise MissingPart("ocrmac is not installed.", "pip install 'homebody[mac]'") from error
        self._ocr: Any = ocrmac.OCR

    def recognize(self, image: Image.Image) -> list[Line]:
        """See `OcrEngine`."""
        return vision_lines(self._ocr(image, recognition_level="accurate").recognize())


def vision_lines(found: Iterable[tuple[str, float, tuple[float, float, float, float]]]) -> list[Line]:
    """Apple's boxes are fractions already, counted from the bottom. Pure."""
    return [
        Line(text, confidence, left, 1 - bottom - height, width, height)
        for text, confidence, (left, bottom, width, height) in found
    ]


def _line(image: Image.Image, text: str, confidence: float, box: Iterable[float]) -> Line:
    left, top, width, height = (float(value) for value in box)
    return Line(text, confidence, left / image.width, top / image.height, width / image.width, height / image.height)


def engine(name: Engine, threads: int) -> OcrEngine:
    """The engine of this name.

    Raises:
        MissingPart: It is not installed.
    """
    kinds: dict[Engine, type[RapidOcr] | type[Tesseract] | type[AppleVision]] = {
        "rapidocr": RapidOcr, "tesseract": Tesseract, "vision": AppleVision,
    }  # fmt: skip
    return kinds[name](threads)
