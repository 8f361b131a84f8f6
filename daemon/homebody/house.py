"""Finding the running router, or starting a private one for a command's own lifetime."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, KeyRefused, ServiceError
from homebody.keys import ClientKey
from homebody.paths import data_dir, ipc_endpoint, private_dir
from homebody.profile import Profile
from homebody.profile import endpoint_of as endpoint_of  # noqa: PLC0414  # handed on

START_LIMIT_S: Final = 30.0
STOP_LIMIT_S: Final = 10.0


class Child:
    """A service of ours as a subprocess, on a leash: it ends when we end, however we end."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process

    @classmethod
    async def start(
        cls,
        name: str,
        *arguments: str,
        profile: str | None = None,
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
    ) -> Child:
        """Start ``homebody NAME --leash``; its standard error is ours."""
        chosen = ["--profile", profile] if profile else []
        process = await asyncio.create_subprocess_exec(
            python, "-m", "homebody", *chosen, name, "--leash", *arguments,
            stdin=asyncio.subprocess.PIPE,
            # A person sees problems as events; a service manager starts services itself and gets them logged.
            env={**os.environ, "HOMEBODY_LOG": os.environ.get("HOMEBODY_LOG", "ERROR"), **(env or {})},
            start_new_session=True,  # Ctrl-C in the terminal reaches us alone; we stop our children in order
        )  # fmt: skip
        return cls(name, process)

    async def stop(self) -> int:
        """Ask it to stop, wait, insist; returns its exit status."""
        if self.process.returncode is None:
            self.process.terminate()
            try:
                async with asyncio.timeout(STOP_LIMIT_S):  # in 3.11, wait_for can swallow a cancellation
                    await self.process.wait()
            except TimeoutError:
                self.process.kill()
        return await self.process.wait()


async def answers(endpoint: str, key: ClientKey | None = None, *, deadline_ms: float = 1000) -> bool:
    """Whether a router is there.

    Raises:
        KeyRefused: One is, and does not let us in.
        UsageError: The endpoint and the key do not go together.
    """
    path = endpoint.removeprefix("ipc://")
    if endpoint.startswith("ipc://") and not Path(path).exists():
        return False
    async with HomebodyClient.connect(endpoint, key) as client:
        try:
            await client.ping(deadline_ms=deadline_ms)
        except KeyRefused:
            raise
        except HomebodyError:
            return False
    return True


async def wait_until_ready(endpoint: str, child: Child) -> None:
    """Return when the router answers.

    Raises:
        ServiceError: The child ended, or did not answer in `START_LIMIT_S`.
    """
    await _wait_until(lambda: answers(endpoint), child)


async def wait_until_attached(client: HomebodyClient, child: Child) -> None:
    """Return when the voice service is attached to the router.

    Raises:
        ServiceError: The child ended, or did not attach in `START_LIMIT_S`.
    """

    async def attached() -> bool:
        report = await client.status()
        return any(service.name == "voice" and service.state == "attached" for service in report.services)

    await _wait_until(attached, child)


async def _wait_until(condition: Callable[[], Awaitable[bool]], child: Child) -> None:
    until_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until_s:
        if child.process.returncode is not None:
            # It has said why on standard error; its status says the rest.
            error = ServiceError(f"The {child.name} service did not start.", "Its own message above says why.")
            if child.process.returncode > 0:  # neither a clean end, which is none here, nor a signal
                error.exit_code = child.process.returncode  # type: ignore[misc]  # hand its status on
            raise error
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise ServiceError(
        f"The {child.name} service did not start in time.", f"Look closer with: homebody --log DEBUG {child.name}"
    )


@asynccontextmanager
async def a_router(
    profile: Profile, profile_name: str | None, *, data: Path | None = None
) -> AsyncGenerator[tuple[str, bool], None]:
    """The endpoint of a router, and whether it is private: the running one, else one of our own until we are done.

    Args:
        profile: Whose endpoint to look at.
        profile_name: What the person chose, for the private router.
        data: Keep the private router's data here, and do not even look for a running one.
    """
    import tempfile  # not for whoever only looks whether a router is there

    endpoint = endpoint_of(profile)
    if data is None and await answers(endpoint):
        yield endpoint, False
        return
    with tempfile.TemporaryDirectory(prefix="hb-") as folder:
        private = ipc_endpoint(private_dir(Path(folder)) / "router")
        kept = data or data_dir()
        child = await Child.start(
            "router", "--endpoint", private, profile=profile_name, env={"HOMEBODY_DATA_DIR": str(kept)}
        )
        try:
            await wait_until_ready(private, child)
            yield private, True
        finally:
            await child.stop()
