"""`homebody bench shape`: what real models would cost on this machine, where none are: `homebody.bench.shapes`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from homebody import profile as profiles
from homebody.bench import text, windows
from homebody.bench.shapes import LABEL, decoder, piper, whisper
from homebody.bench.shapes.folder import made_in_cache
from homebody.bench.windows import Windows
from homebody.options import CTranslate2Options, RouterOptions, TextModelOptions

DECODER: Final = "qwen2-1.5b"
PARTS: Final = (*whisper.SHAPES, "piper-medium", DECODER)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; ``label`` belongs beside every figure.

    Attributes:
        chosen: The windows that the starter recogniser bears, found out with its own words before the shapes are
            measured: what a model that bears as much is given. None: no recogniser was measured.
        recognisers: Each shape with the given number of threads and, where that is another, with one.
        voices, decoders: The shapes.
    """

    label: str
    chosen: Windows | None
    recognisers: tuple[whisper.Measured, ...]
    voices: tuple[piper.Measured, ...]
    decoders: tuple[text.ModelReport, ...]


async def measure(parts: Sequence[str], *, threads: int, rounds: int, progress: Callable[[str], None]) -> Report:
    """Make, measure and remove each of these `PARTS`, one after the other.

    Args:
        parts: Which.
        threads: Of the processor, for each.
        rounds: How often each is run.
        progress: Told what is being done.

    Raises:
        MachineError: There is no room, or onnx is missing.
    """
    recognisers: list[whisper.Measured] = []
    voices: list[piper.Measured] = []
    decoders: list[text.ModelReport] = []
    chosen = None
    if any(name in whisper.SHAPES for name in parts):
        progress("the starter recogniser: which windows change no word")
        chosen = await windows.measure(
            profiles.shipped_only("embedded").voice, thorough=False, kept=False, progress=lambda _: None
        )
    for name in parts:
        if name in whisper.SHAPES:
            recognisers += await asyncio.to_thread(
                whisper.measure, name, threads=threads, rounds=rounds, progress=progress
            )
        elif name == DECODER:
            decoders += (await measure_decoder(threads=threads, rounds=rounds, progress=progress)).models
        else:
            voices.append(await piper.measure(threads=threads, rounds=rounds, progress=progress))
    return Report(
        label=LABEL, chosen=chosen, recognisers=tuple(recognisers), voices=tuple(voices), decoders=tuple(decoders)
    )


async def measure_decoder(
    *, threads: int, rounds: int, progress: Callable[[str], None], shape: decoder.Shape = decoder.QWEN2_1_5B
) -> text.Report:
    """The speed of a language model of this shape through the CTranslate2 backend; nothing about its answers."""
    with made_in_cache(DECODER, 3 * shape.parameters) as folder:
        progress(f"{DECODER}: making {shape.parameters / 1e9:.2f} billion random weights")
        await asyncio.to_thread(decoder.write, folder / DECODER, shape)
        own = TextModelOptions(
            backend="ctranslate2",
            model=str(folder / DECODER),
            first_token_ms=300_000.0,
            gap_ms=120_000.0,
            ctranslate2=CTranslate2Options(threads=threads, compute_type="int8"),
        )
        wanted = text.Wanted(rounds=rounds, per_purpose=0, shape_only=True)
        found = await text.measure(RouterOptions(text=own), [own.model], wanted, progress=progress)
    named = tuple(msgspec.structs.replace(model, model=f"{DECODER} ({LABEL})") for model in found.models)
    return msgspec.structs.replace(found, models=named)
