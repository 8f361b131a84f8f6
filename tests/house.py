"""The whole house for end-to-end tests: real services on virtual devices, as processes that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homebody.bench.services import environment_for, written
from homebody.bench.virtual_devices import VirtualDevices
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError
from homebody.house import Child, wait_until_attached, wait_until_ready
from homebody.messages import Event
from homebody.paths import ipc_endpoint
from homebody.profile import Profile

LIMIT_S = 60.0  # a hang guard, not a measurement


@dataclass
class HouseUnderTest:
    """Router and voice on virtual devices; `kill` and `start` them one by one."""

    folder: Path
    devices: VirtualDevices
    profile: Path
    client: HomebodyClient
    python: str = sys.executable
    children: dict[str, Child] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        return ipc_endpoint(self.folder / "router")

    async def start(self, name: str, *arguments: str) -> Child:
        child = self.children[name] = await Child.start(
            name,
            "--endpoint",
            self.endpoint,
            *arguments,
            profile=str(self.profile),
            env=environment_for(self.folder, self.devices),
            python=self.python,
        )
        if name == "router":
            await wait_until_ready(self.endpoint, child)
        else:
            await wait_until_attached(self.client, child)
        return child

    async def kill(self, name: str) -> None:
        child = self.children.pop(name)
        os.kill(child.process.pid, signal.SIGKILL)
        await child.process.wait()

    async def until(self, name: str, *, after: int = 0, **data: Any) -> Event:
        """The first event of this name, with this data, from number ``after`` of `events` on; waits for it."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                for event in self.events[after:]:
                    if event.name == name and all(event.data.get(key) == value for key, value in data.items()):
                        return event
                await asyncio.sleep(0.02)

    async def speak(self, recording: Path) -> tuple[str, str]:
        """Say a recording into the microphone; what was heard and what was answered, when the answer has sounded."""
        before = len(self.events)
        self.devices.speak_into_microphone(recording)
        await self.until("turn.ended", after=before)
        texts = {event.name: event.data.get("text", "") for event in self.events[before:]}
        return texts.get("voice.heard", ""), texts.get("voice.said", "")


@contextlib.asynccontextmanager
async def house(
    profile: Profile,
    folder: Path,
    devices: VirtualDevices,
    *voice_arguments: str,
    python: str = sys.executable,
) -> AsyncGenerator[HouseUnderTest, None]:
    """Both services of this Python's homebody, attached to one another, and every event they publish."""
    path = written(profile, folder)
    async with HomebodyClient.connect(ipc_endpoint(folder / "router")) as client:
        under_test = HouseUnderTest(folder, devices, path, client, python)
        following = asyncio.create_task(_follow(under_test))
        try:
            await under_test.start("router")
            await under_test.start("voice", *voice_arguments)
            yield under_test
        finally:
            following.cancel()
            for child in reversed(under_test.children.values()):
                await child.stop()


async def _follow(under_test: HouseUnderTest) -> None:
    seen: dict[str, Any] = {}
    while True:
        with contextlib.suppress(HomebodyError):
            async with contextlib.aclosing(under_test.client.follow(**seen)) as events:
                async for event in events:
                    under_test.events.append(event)
                    seen = {"since_seq": event.seq, "instance": event.instance}
        await asyncio.sleep(0.05)
