"""What the wire and the router add: to a ping, to a model's first token, and between giving up and the model's end.

A real router runs as a process of its own, in front of a model server without a model (`bench.ollama_server`), another
process. First tokens are taken in turns through the router and from the `ollama` library directly, so that whatever
else the machine does falls on both alike. Both are asyncio; the library's blocking client, for whoever writes a script,
stands beside them.

A router that has just started still prepares sentence templates for some seconds, as it does once in its life; what is
measured begins when it has come to rest.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Final

import msgspec
import psutil

from homebody.bench.measured_router import ModelServer, measured_router, model_server
from homebody.client import HomebodyClient
from homebody.errors import DeadlineExceeded, HomebodyError
from homebody.hardware import Machine, this_machine
from homebody.ledger import percentile
from homebody.messages import Accepted, Token
from homebody.profile import Profile

if TYPE_CHECKING:
    import ollama

WARM_UP: Final = 20  # of each kind, not counted: connections are made and code is loaded
AT_REST: Final = 0.02  # of one core
REST_S: Final = 0.5  # for so long
REST_LIMIT_S: Final = 120.0


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds of many of a kind."""

    p50_ms: float
    p99_ms: float
    largest_ms: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured.

    Attributes:
        count: How many of each kind.
        ping: A question and its answer, client to router and back.
        blocking: Time to first token from the model server by the `ollama` library's blocking client.
        direct: The same by its asyncio client.
        routed: The same through client and router.
        overhead: Of each pair of these, the difference.
        cancel: From the client's giving up to the closing of the connection to the model server.
    """

    count: int
    ping: Spread
    blocking: Spread
    direct: Spread
    routed: Spread
    overhead: Spread
    cancel: Spread
    load_average: float
    profile: str
    machine: Machine


async def measure(profile: Profile, count: int) -> Report:
    """Measure; about 20 ms a ``count``.

    Args:
        profile: Whose limits; its model is replaced.
        count: How many of each kind, at least 1. A p99 of fewer than a few hundred says little.

    Raises:
        DeadlineExceeded: Something did not come at all.
    """
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(model_server("ollama_server"))
        async with measured_router(profile, server.base_url, "steady") as client:
            await _at_rest(client)
            pings = await _pings(client, count)
            blocking, direct, routed = await _first_tokens(client, server.base_url, count)
        async with measured_router(profile, server.base_url, "endless") as client:
            await _at_rest(client)
            cancels = await _cancels(client, server, count)
    return Report(
        count=count,
        ping=spread(pings),
        blocking=spread(blocking),
        direct=spread(direct),
        routed=spread(routed),
        overhead=spread([one - other for one, other in zip(routed, direct, strict=True)]),
        cancel=spread(cancels),
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


async def _at_rest(client: HomebodyClient) -> None:
    """Wait until the router has done what it does after its start; and leave our own start behind as well.

    Raises:
        DeadlineExceeded: It goes on for too long.
    """
    pid = (await client.status()).services[0].pid
    assert pid is not None
    router, until_s = psutil.Process(pid), time.monotonic() + REST_LIMIT_S
    while True:
        before_s = sum(router.cpu_times()[:2])
        await asyncio.sleep(REST_S)
        if sum(router.cpu_times()[:2]) - before_s <= AT_REST * REST_S:
            break
        if time.monotonic() > until_s:
            raise DeadlineExceeded("The router does not come to rest.")
    gc.collect()
    gc.freeze()  # no walk through all that was imported falls into a measured moment


async def _pings(client: HomebodyClient, count: int) -> list[float]:
    took = []
    for _ in range(WARM_UP + count):
        began_s = time.monotonic()
        await client.ping()
        took.append(_ms(began_s))
    return took[WARM_UP:]


async def _first_tokens(
    client: HomebodyClient, base_url: str, count: int
) -> tuple[list[float], list[float], list[float]]:
    import ollama

    directly, blockingly = ollama.AsyncClient(base_url, trust_env=False), ollama.Client(base_url, trust_env=False)
    blocking, direct, routed = [], [], []
    for number in range(WARM_UP + count):
        text = _question(number)
        blocking.append(_blocking(blockingly, text))
        direct.append(await _direct(directly, text))
        routed.append(await _routed(client, text, str(number)))
    blockingly.close()  # type: ignore[no-untyped-call]  # ollama leaves it untyped
    await directly.close()  # type: ignore[no-untyped-call]
    return blocking[WARM_UP:], direct[WARM_UP:], routed[WARM_UP:]


def _blocking(client: ollama.Client, text: str) -> float:
    began_s, first_ms = time.monotonic(), 0.0
    for part in client.chat("steady", _chat(text), stream=True, think=False):
        if part.message.content and not first_ms:
            first_ms = _ms(began_s)
    return first_ms


async def _direct(client: ollama.AsyncClient, text: str) -> float:
    began_s, first_ms = time.monotonic(), 0.0
    async for part in await client.chat("steady", _chat(text), stream=True, think=False):
        if part.message.content and not first_ms:
            first_ms = _ms(began_s)
    return first_ms


def _chat(text: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": "You are homebody."}, {"role": "user", "content": text}]


async def _routed(client: HomebodyClient, text: str, session: str) -> float:
    began_s, first_ms = time.monotonic(), 0.0
    async with aclosing(client.ask(text, session=session)) as answer:
        async for message in answer:
            if isinstance(message, Token) and not first_ms:
                first_ms = _ms(began_s)
            elif isinstance(message, Accepted) and message.route.kind != "model":
                raise HomebodyError(f"A skill answered what was meant for the model: {message.route.name}.")
    return first_ms


async def _cancels(client: HomebodyClient, server: ModelServer, count: int) -> list[float]:
    took = []
    for number in range(WARM_UP + count):
        async with aclosing(client.ask(_question(number), session=str(number))) as answer:
            async for message in answer:
                if isinstance(message, Token):
                    break
            began_s = time.monotonic()
        try:
            took.append(1000 * ((await server.line())["at_s"] - began_s))
        except TimeoutError:
            raise DeadlineExceeded("A cancelled answer was not ended at the model server.") from None
    return took[WARM_UP:]


def _question(number: int) -> str:
    """No skill's, and another each time: an answer from a cache would measure nothing."""
    return f"Tell me why owls turn their heads, version {number} of the story, please."


def spread(took_ms: Sequence[float]) -> Spread:
    """Of these, at least one."""
    return Spread(
        p50_ms=round(percentile(list(took_ms), 50), 3),
        p99_ms=round(percentile(list(took_ms), 99), 3),
        largest_ms=round(max(took_ms), 3),
    )


def _ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
