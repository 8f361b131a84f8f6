"""What the wire and the router add: to a ping, to a model's first token, and between giving up and the model's end.

A real router runs as a process of its own, in front of a model server without a model (`bench.ollama_server`), another
process. First tokens are taken in turns through the router and from the `ollama` library directly, so that whatever
else the machine does falls on both alike.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from homebody import profile as profiles
from homebody.client import HomebodyClient
from homebody.errors import DeadlineExceeded, HomebodyError
from homebody.hardware import Machine, this_machine
from homebody.house import Child, wait_until_ready
from homebody.ledger import percentile
from homebody.messages import Accepted, Token
from homebody.options import Purposes, Wire
from homebody.paths import ipc_endpoint, private_dir
from homebody.profile import Profile

if TYPE_CHECKING:
    import ollama

WARM_UP: Final = 20  # of each kind, not counted: connections are made and code is loaded
LIMIT_S: Final = 30.0


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
        direct: Time to first token from the model server by the `ollama` library.
        routed: The same through client and router.
        overhead: Of each pair of these, the difference.
        cancel: From the client's giving up to the closing of the connection to the model server.
    """

    count: int
    ping: Spread
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
        server = await stack.enter_async_context(_server())
        async with _router(profile, server.base_url, "steady") as client:
            pings = await _pings(client, count)
            direct, routed = await _first_tokens(client, server.base_url, count)
        async with _router(profile, server.base_url, "endless") as client:
            cancels = await _cancels(client, server, count)
    return Report(
        count=count,
        ping=_spread(pings),
        direct=_spread(direct),
        routed=_spread(routed),
        overhead=_spread([one - other for one, other in zip(routed, direct, strict=True)]),
        cancel=_spread(cancels),
        load_average=round(os.getloadavg()[0], 2),
        profile=profile.name,
        machine=this_machine(),
    )


class _Server:
    """The model server's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.base_url = ""

    async def line(self) -> dict[str, Any]:
        """What it prints next."""
        assert self._process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            return dict(json.loads(await self._process.stdout.readline()))


@asynccontextmanager
async def _server() -> AsyncGenerator[_Server, None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "homebody.bench.ollama_server",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        server = _Server(process)
        server.base_url = (await server.line())["base_url"]
        yield server
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def _router(profile: Profile, base_url: str, model: str) -> AsyncGenerator[HomebodyClient, None]:
    """A client of a router that has this model and data of its own."""
    text = msgspec.structs.replace(profile.router.text, backend="ollama", base_url=base_url, model=model)
    # Whatever a question is for, it goes to the measured model.
    router = msgspec.structs.replace(profile.router, text=text, purposes=Purposes(), models={})
    with tempfile.TemporaryDirectory(prefix="hb-") as name:
        folder = private_dir(Path(name))
        path, endpoint = folder / "measured.toml", ipc_endpoint(folder / "router")
        measured = msgspec.structs.replace(profile, router=router, wire=Wire(), notice="")
        path.write_text(profiles.to_toml(measured), encoding="utf-8")
        own = {f"HOMEBODY_{kind}_DIR": str(folder / kind.lower()) for kind in ("DATA", "CONFIG", "RUNTIME")}
        child = await Child.start("router", "--endpoint", endpoint, profile=str(path), env=own)
        try:
            await wait_until_ready(endpoint, child)
            async with HomebodyClient.connect(endpoint) as client:
                yield client
        finally:
            await child.stop()


async def _pings(client: HomebodyClient, count: int) -> list[float]:
    took = []
    for _ in range(WARM_UP + count):
        began_s = time.monotonic()
        await client.ping()
        took.append(_ms(began_s))
    return took[WARM_UP:]


async def _first_tokens(client: HomebodyClient, base_url: str, count: int) -> tuple[list[float], list[float]]:
    import ollama

    directly = ollama.AsyncClient(base_url, trust_env=False)
    direct, routed = [], []
    for number in range(WARM_UP + count):
        text = _question(number)
        direct.append(await _direct(directly, text))
        routed.append(await _routed(client, text, str(number)))
    await directly._client.aclose()  # noqa: SLF001  # it has no other way to be closed
    return direct[WARM_UP:], routed[WARM_UP:]


async def _direct(client: ollama.AsyncClient, text: str) -> float:
    began_s, first_ms = time.monotonic(), 0.0
    messages = [{"role": "system", "content": "You are homebody."}, {"role": "user", "content": text}]
    async for part in await client.chat("steady", messages, stream=True, think=False):
        if part.message.content and not first_ms:
            first_ms = _ms(began_s)
    return first_ms


async def _routed(client: HomebodyClient, text: str, session: str) -> float:
    began_s, first_ms = time.monotonic(), 0.0
    async with aclosing(client.ask(text, session=session)) as answer:
        async for message in answer:
            if isinstance(message, Token) and not first_ms:
                first_ms = _ms(began_s)
            elif isinstance(message, Accepted) and message.route.kind != "model":
                raise HomebodyError(f"A skill answered what was meant for the model: {message.route.name}.")
    return first_ms


async def _cancels(client: HomebodyClient, server: _Server, count: int) -> list[float]:
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


def _spread(took_ms: Sequence[float]) -> Spread:
    return Spread(
        p50_ms=round(percentile(list(took_ms), 50), 3),
        p99_ms=round(percentile(list(took_ms), 99), 3),
        largest_ms=round(max(took_ms), 3),
    )


def _ms(began_s: float) -> float:
    return 1000 * (time.monotonic() - began_s)
