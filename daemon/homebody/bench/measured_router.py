"""A router of its own in front of a model server without a model, both as processes."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from homebody import profile as profiles
from homebody.client import HomebodyClient
from homebody.house import Child, wait_until_ready
from homebody.options import PurposeOptions, Purposes, Wire
from homebody.paths import ipc_endpoint, private_dir
from homebody.profile import Profile

LIMIT_S: Final = 30.0


class ModelServer:
    """The model server's process.

    Attributes:
        base_url: Where it listens.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.base_url = ""

    async def line(self, limit_s: float = LIMIT_S) -> dict[str, Any]:
        """What it prints next.

        Raises:
            TimeoutError: Nothing, for so long.
        """
        assert self._process.stdout is not None
        async with asyncio.timeout(limit_s):
            return dict(json.loads(await self._process.stdout.readline()))


@asynccontextmanager
async def model_server(module: str, *arguments: str) -> AsyncGenerator[ModelServer, None]:
    """The server that this module of `homebody.bench` is, with these arguments."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"homebody.bench.{module}", *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        server = ModelServer(process)
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


class House(NamedTuple):
    """A router to be measured: a client of it, and what other services need to join it."""

    client: HomebodyClient
    endpoint: str
    profile: Path
    environment: dict[str, str]


@asynccontextmanager
async def measured_router(profile: Profile, base_url: str, model: str) -> AsyncGenerator[HomebodyClient, None]:
    """A client of a router that has this model for everything, and data of its own."""
    async with own_router(with_model(profile, base_url, model)) as client:
        yield client


@asynccontextmanager
async def measured_house(profile: Profile, base_url: str, model: str) -> AsyncGenerator[House, None]:
    """As `measured_router`, for more services than the router."""
    async with own_house(with_model(profile, base_url, model)) as house:
        yield house


def with_model(profile: Profile, base_url: str, model: str) -> Profile:
    """The profile with this model of an Ollama server for everything."""
    text = msgspec.structs.replace(profile.router.text, backend="ollama", base_url=base_url, model=model)
    only = PurposeOptions(models=(model,))
    purposes = Purposes(image_quick=only, image_detailed=only, image_reasoning=only)
    router = msgspec.structs.replace(profile.router, text=text, purposes=purposes, models={})
    return msgspec.structs.replace(profile, router=router)


@asynccontextmanager
async def own_router(profile: Profile) -> AsyncGenerator[HomebodyClient, None]:
    """A client of a router with this profile and data of its own."""
    async with own_house(profile) as house:
        yield house.client


@asynccontextmanager
async def own_house(profile: Profile) -> AsyncGenerator[House, None]:
    """As `own_router`, for more services than the router."""
    router = msgspec.structs.replace(profile.router, metrics="")
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
                yield House(client, endpoint, path, own)
        finally:
            await child.stop()
