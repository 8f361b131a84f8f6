"""The real services, on their own data and on virtual devices, for as long as a measurement takes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from homebody import profile as profiles
from homebody.bench.virtual_devices import MICROPHONE, SPEAKER, VirtualDevices
from homebody.client import HomebodyClient
from homebody.house import Child, wait_until_attached, wait_until_ready
from homebody.paths import ipc_endpoint, private_dir
from homebody.profile import Profile


@asynccontextmanager
async def services(
    profile: Profile, folder: Path, devices: VirtualDevices, *voice_arguments: str
) -> AsyncGenerator[str, None]:
    """Router and voice as processes of their own; yields the endpoint once the voice is attached.

    Args:
        profile: What is measured; see `written` for what is changed in it.
        folder: For their data; short, since a socket lies in it.
        devices: What they hear and speak with.
        voice_arguments: For `homebody voice`.
    """
    path = written(profile, folder)
    environment = environment_for(folder, devices)
    endpoint = ipc_endpoint(private_dir(folder) / "router")
    router = await Child.start("router", "--endpoint", endpoint, profile=str(path), env=environment)
    try:
        await wait_until_ready(endpoint, router)
        voice = await Child.start("voice", "--endpoint", endpoint, *voice_arguments, profile=str(path), env=environment)
        try:
            async with HomebodyClient.connect(endpoint) as client:
                await wait_until_attached(client, voice)
            yield endpoint
        finally:
            await voice.stop()
    finally:
        await router.stop()


def written(profile: Profile, folder: Path) -> Path:
    """The profile as a file, with the virtual devices, and without the notice of a first start."""
    voice = msgspec.structs.replace(
        profile.voice,
        # A virtual microphone delivers exact zeros while nobody speaks; a real one only when something is wrong.
        microphone=msgspec.structs.replace(profile.voice.microphone, device=MICROPHONE, zeros_ms=3_600_000.0),
        speaker=msgspec.structs.replace(profile.voice.speaker, device=SPEAKER),
    )
    path = folder / "measured.toml"
    path.write_text(profiles.to_toml(msgspec.structs.replace(profile, voice=voice, notice="")), encoding="utf-8")
    return path


def environment_for(folder: Path, devices: VirtualDevices) -> dict[str, str]:
    """What makes services keep to this folder and these devices."""
    return {
        **devices.environment,
        "HOMEBODY_DATA_DIR": str(folder / "data"),
        "HOMEBODY_CONFIG_DIR": str(folder / "config"),
        "HOMEBODY_RUNTIME_DIR": str(folder),
    }
