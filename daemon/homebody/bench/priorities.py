"""How long a person waits while a folder is being described, and whether each picture of it is described exactly once.

A real router in front of a model server that answers one request after the other (`bench.one_slot_server`): a
question's first token takes 0.25 s, a picture 3 s, and of a picture that is given up 0.3 s cannot be interrupted.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from typing import Final

import msgspec

from homebody.bench.measured_router import ModelServer, measured_router, model_server
from homebody.bench.one_slot_server import HELD_S
from homebody.bench.wire import Spread, spread
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError
from homebody.hardware import Machine, this_machine
from homebody.messages import Accepted, Done, Token
from homebody.profile import Profile

MODEL: Final = "steady"
OPEN: Final = 24  # captions open at once on one connection
GAP_S: Final = (1.5, 6.0)  # from an answer's end to the next question, drawn evenly
FACTOR: Final = 1.1
# A JPEG's beginning: 64 by 48 pixels. What follows makes each another picture.
JPEG: Final = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\x30\x00\x40\x01\x01\x11\x00"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        idle: Time to first token of questions, nothing else going on.
        busy: The same while the folder was being described.
        behind_let_through: The same of those among them that met a caption which had been interrupted three times and
            was let through; not in ``busy``. None where no question did.
        limit_ms: 1.1 times ``idle`` (p50), and the 0.3 s.
        over_limit: Questions of ``busy`` that took longer than that.
        captions: Pictures sent; each comes back ``done`` or not.
        done: Those described.
        twice: Those the server described to their end more than once.
        interrupted, let_through: How often captions were, by the router's count.
    """

    idle: Spread
    busy: Spread
    behind_let_through: Spread | None
    limit_ms: float
    asks: int
    over_limit: int
    captions: int
    done: int
    twice: int
    interrupted: int
    let_through: int
    took_s: float
    load_average: float
    profile: str
    machine: Machine


async def measure(profile: Profile, captions: int, *, idle: int = 20) -> Report:
    """Measure; about 5 s a caption.

    Args:
        profile: Whose limits; its model is replaced.
        captions: How many pictures.
        idle: How many questions before.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(model_server("one_slot_server"))
        client = await stack.enter_async_context(measured_router(profile, server.base_url, MODEL))
        await _first_token(client, -1)  # connections are made and code is loaded
        alone = [await _first_token(client, number) for number in range(idle)]
        began_s = time.monotonic()
        ends: list[tuple[str, float]] = []
        reading = asyncio.create_task(_captioned(server, ends))
        folder = asyncio.create_task(_folder(client, captions))
        asked = await _ask_until(client, folder, idle)
        done = await folder
        took_s = time.monotonic() - began_s
        metrics = (await client.status()).metrics
        reading.cancel()
    behind = [took for at_s, took in asked if any(at_s < end_s < at_s + took / 1000 for _, end_s in ends)]
    others = [took for at_s, took in asked if not any(at_s < end_s < at_s + took / 1000 for _, end_s in ends)]
    quiet = spread(alone)
    limit_ms = FACTOR * quiet.p50_ms + 1000 * HELD_S
    return Report(
        idle=quiet,
        busy=spread(others),
        behind_let_through=spread(behind) if behind else None,
        limit_ms=round(limit_ms, 3),
        asks=len(asked),
        over_limit=sum(took > limit_ms for took in others),
        captions=captions,
        done=done,
        twice=sum(count > 1 for count in Counter(image for image, _ in ends).values()),
        interrupted=metrics["preempted"],
        let_through=metrics["let_through"],
        took_s=round(took_s, 1),
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


async def _ask_until(client: HomebodyClient, folder: asyncio.Task[int], number: int) -> list[tuple[float, float]]:
    """Ask again and again until the folder is done: when (monotonic, s), and how long each took (ms)."""
    gaps = random.Random(7)  # noqa: S311  # the same gaps each time
    asked = []
    while not folder.done():
        await asyncio.wait({folder}, timeout=gaps.uniform(*GAP_S))
        number += 1
        at_s = time.monotonic()
        asked.append((at_s, await _first_token(client, number)))
    return asked[:-1] or asked  # before the last one the folder was done


async def _first_token(client: HomebodyClient, number: int) -> float:
    text = f"Tell me why owls turn their heads, version {number} of the story, please."
    began_s, first_ms = time.monotonic(), 0.0
    async with aclosing(client.ask(text, session=str(number))) as answer:
        async for message in answer:
            if isinstance(message, Token) and not first_ms:
                first_ms = 1000 * (time.monotonic() - began_s)
            elif isinstance(message, Accepted) and message.route.kind != "model":
                raise HomebodyError(f"A skill answered what was meant for the model: {message.route.name}.")
    return first_ms


async def _folder(client: HomebodyClient, count: int) -> int:
    """How many of the pictures were described."""
    free = asyncio.Semaphore(OPEN)

    async def one(number: int) -> int:
        async with free, aclosing(client.caption(JPEG + number.to_bytes(4, "big"), background=True)) as answer:
            return sum([isinstance(message, Done) and bool(message.caption) async for message in answer])

    return sum(await asyncio.gather(*map(one, range(count))))


async def _captioned(server: ModelServer, ends: list[tuple[str, float]]) -> None:
    while True:
        line = await server.line(limit_s=600)
        if "captioned" in line:
            ends.append((line["captioned"], line["at_s"]))
