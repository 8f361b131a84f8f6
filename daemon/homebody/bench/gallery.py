"""Thousands of pictures dropped at once while a person asks: is one lost, is one stored twice, does the person wait?

The real router and gallery as processes, in front of a model server without a model (`bench.eyes_server`). Before
that, pictures of a screen are written one by one: how long from closing the file until the model server has a request?
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import Final

import msgspec
import psutil

from homebody.bench.measured_router import ModelServer, measured_house, model_server
from homebody.bench.priorities import _first_token
from homebody.bench.wire import Spread, spread
from homebody.captions.store import Captions
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, ServiceError
from homebody.hardware import Machine, this_machine
from homebody.house import Child
from homebody.options_gallery import GalleryOptions
from homebody.profile import Profile

MODEL: Final = "steady"
SIZE_PX: Final = (640, 480)
SCREEN_PX: Final = (1920, 1080)
IDLE: Final = 20
LIMIT_S: Final = 3600.0
REQUEST_LIMIT_S: Final = 30.0
SIDE_PX: Final = 768


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        idle, busy: Time to first token of questions, nothing else going on, and while pictures were described.
        slower: ``busy`` / ``idle``, p50.
        lost: Pictures without a caption in the store at the end.
        stored_twice: Pictures with more than one row.
        asked_twice: Pictures that the model server described to the end more than once.
        rss_early_mb, rss_late_mb: Memory of the gallery and its workers after a quarter, and at the end.
        closed_to_request_ms: From closing a picture of a screen (PNG, 1920 by 1080) to its request, median.
        in_process_ms: Decoding and resizing the same in one process, median.
    """

    images: int
    took_s: float
    per_min: float
    idle: Spread
    busy: Spread
    slower: float
    lost: int
    stored_twice: int
    asked_twice: int
    rss_early_mb: float
    rss_late_mb: float
    closed_to_request_ms: float
    in_process_ms: float
    to_in_process: float
    load_average: float
    profile: str
    machine: Machine


async def measure(
    profile: Profile, images: int, *, every_s: float = 10.0, screens: int = 15, progress: Callable[[str], None]
) -> Report:
    """Measure.

    Args:
        profile: Whose limits; its models and folders are replaced.
        images: How many are dropped.
        every_s: From one question to the next.
        screens: How many pictures of a screen are written before.
        progress: Told how far it is.

    Raises:
        ServiceError: The gallery did not come up, or did not get done.
    """
    async with AsyncExitStack() as stack:
        # Not a folder whose name begins with a dot: the gallery would pass it over.
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hb-", ignore_cleanup_errors=True)))
        watched, heap = place / "watched", place / "heap"
        watched.mkdir()
        progress(f"making {images} pictures")
        await asyncio.to_thread(made, heap, images)
        server = await stack.enter_async_context(model_server("eyes_server"))
        seen: list[tuple[str, str, float]] = []
        noting = asyncio.create_task(noted(server, seen))
        stack.callback(noting.cancel)
        own = msgspec.structs.replace(profile, gallery=GalleryOptions(folders=(str(watched),), ocr="off"))
        house = await stack.enter_async_context(measured_house(own, server.base_url, MODEL))
        client = house.client
        child = await Child.start(
            "gallery", "--endpoint", house.endpoint, profile=str(house.profile), env=house.environment
        )
        stack.push_async_callback(child.stop)
        await until_captioned(client, 0, 60.0)
        closed, inside = await _closed(watched, screens, seen)
        progress("asking with nothing else going on")
        await _first_token(client, -1)
        alone = [await _first_token(client, number) for number in range(IDLE)]
        progress(f"dropping {images} pictures")
        began_s = time.monotonic()
        heap.rename(watched / "dropped")
        asked: list[float] = []
        memory: list[float] = []
        finished = asyncio.create_task(until_captioned(client, images + screens, LIMIT_S))
        while not finished.done():
            await asyncio.wait({finished}, timeout=every_s)
            if not finished.done():
                asked.append(await _first_token(client, IDLE + len(asked)))
                memory.append(await asyncio.to_thread(memory_mb, child.process.pid))
                progress(f"question {len(asked)}: {asked[-1]:.0f} ms; gallery {memory[-1]:.0f} MB")
        await finished
        took_s = time.monotonic() - began_s
        await child.stop()
        rows = await asyncio.to_thread(captioned_rows, Path(house.environment["HOMEBODY_DATA_DIR"]))
    described = [image for kind, image, _ in seen if kind == "captioned"]
    paths = [path for one in rows for path in one]
    if not asked:
        raise ServiceError("It was over before a question was asked.", "Take more images, or ask more often.")
    idle, busy = spread(alone), spread(asked)
    return Report(
        images=images,
        took_s=round(took_s, 1),
        per_min=round(60 * images / took_s),
        idle=idle,
        busy=busy,
        slower=round(busy.p50_ms / idle.p50_ms, 3),
        lost=images + screens - len(set(paths)),
        stored_twice=len(paths) - len(set(paths)),
        asked_twice=len(described) - len(set(described)),
        rss_early_mb=round(memory[len(memory) // 4], 1),
        rss_late_mb=round(memory[-1], 1),
        closed_to_request_ms=round(closed, 1),
        in_process_ms=round(inside, 1),
        to_in_process=round(closed / inside, 2),
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


def made(folder: Path, count: int) -> None:
    """Pictures that differ, as JPEGs."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    rng = np.random.default_rng(4)
    for number in range(count):
        small = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
        small.resize(SIZE_PX, Image.Resampling.BICUBIC).save(folder / f"{number:05}.jpg", quality=85)


async def noted(server: ModelServer, seen: list[tuple[str, str, float]]) -> None:
    """Note what the server says for ever: ``asked`` or ``captioned``, the picture, when."""
    while True:
        line = await server.line(limit_s=LIMIT_S)
        seen.extend((kind, line[kind], line["at_s"]) for kind in ("asked", "captioned") if kind in line)


async def until_captioned(client: HomebodyClient, captioned: int, limit_s: float) -> None:
    """Until the gallery runs and has described so many."""
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        try:
            state = (await client.control("gallery", "status")).value or {}
        except HomebodyError:
            state = {}
        if state.get("state") == "idle" and state.get("captioned", -1) >= captioned:
            return
        await asyncio.sleep(0.5)
    raise ServiceError("The gallery did not get done.", "Look closer with: homebody --log DEBUG gallery")


async def _closed(watched: Path, count: int, seen: list[tuple[str, str, float]]) -> tuple[float, float]:
    """Medians, in ms: from closing a picture of a screen to its request; and preparing it in this process."""
    from homebody.gallery.images import prepare

    waits, works = [], []
    with tempfile.TemporaryDirectory(prefix="hb-") as name:
        screen = Path(name, "screen.png")
        for number in range(count):
            await asyncio.to_thread(made_screen, screen, number)
            data, before = screen.read_bytes(), len(seen)
            began_s = time.perf_counter()
            await asyncio.to_thread(lambda: prepare(screen, side_px=SIDE_PX))
            works.append(1000 * (time.perf_counter() - began_s))
            path = watched / f"screen {number:03}.png"
            path.write_bytes(data)
            closed_s = time.monotonic()
            waits.append(1000 * (await _next(seen, before) - closed_s))
            await asyncio.sleep(0.3)
    shutil.rmtree(name, ignore_errors=True)
    return statistics.median(waits[1:]), statistics.median(works[1:])


async def _next(seen: list[tuple[str, str, float]], before: int) -> float:
    async with asyncio.timeout(REQUEST_LIMIT_S):
        while True:
            for kind, _, at_s in seen[before:]:
                if kind == "asked":
                    return at_s
            await asyncio.sleep(0.01)


def made_screen(path: Path, number: int) -> None:
    """Windows full of lines, as a desktop has them."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", SCREEN_PX, (40, 60 + number, 90))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(16)
    for left in (40, 980):
        draw.rectangle([left, 60, left + 900, 1020], fill="white")
        for line in range(45):
            text = f"{number * 7919 + line * 31}: the quick brown fox jumps over the lazy dog, line {line}"
            draw.text((left + 12, 70 + 21 * line), text, fill="black", font=font)
    image.save(path, compress_level=1)


def memory_mb(pid: int) -> float:
    """Of the process and its children."""
    total = 0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 1e6


def captioned_rows(folder: Path) -> list[list[str]]:
    """The paths of each captioned row."""
    with closing(Captions(folder)) as store:
        return [list(row.paths) for row in store.rows() if row.caption]


def memory_of(service: str) -> float:
    """Of the service that we have started, and its workers, in MB."""
    for child in psutil.Process().children():
        try:
            if "homebody" in child.cmdline() and service in child.cmdline():
                return memory_mb(child.pid)
        except psutil.Error:
            continue
    raise ServiceError(f"The {service} service is gone.", f"Look closer with: homebody --log DEBUG {service}")
