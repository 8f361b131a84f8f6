"""`homebody doctor`: look at everything, try the whole chain. `examined` reads from top to bottom."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from homebody import hardware
from homebody import profile as profiles
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, Problem
from homebody.house import answers, endpoint_of
from homebody.messages import StatusReport
from homebody.paths import config_dir, data_dir, default_endpoint
from homebody.profile import Profile
from homebody.setup import probes
from homebody.setup.chain import walked
from homebody.setup.facts import Facts, SoundFacts

CHAIN_LIMIT_S: Final = 180.0


async def examined(
    name: str | None, *, aloud: bool, chain: bool = True, doing: Callable[[str], None] = lambda _: None
) -> tuple[Facts, bool]:
    """What was seen, and whether the chain was tried inside the running services.

    Args:
        name: The profile the person chose; None: what homebody.toml says.
        aloud: Say something through the loudspeaker.
        chain: Try the chain; otherwise only look.
        doing: Told what is being done, for a person who waits.
    """
    doing("looking at this machine")
    profile, refused = _profile(name)
    facts = await asyncio.to_thread(_looked, profile, refused)
    endpoint = facts.services.endpoint
    report = await _report(endpoint)
    services = msgspec.structs.replace(facts.services, answers=await _answers(endpoint), report=report)
    ports = () if services.answers or profile is None else await asyncio.to_thread(probes.taken_ports, profile)
    facts = msgspec.structs.replace(facts, services=services, taken_ports=ports)
    if profile is None or not chain:
        return facts, False
    doing("trying the chain from the microphone to the loudspeaker")
    async with asyncio.timeout(CHAIN_LIMIT_S):
        links, inside = await walked(profile, name, aloud=aloud, has_sound=_has_sound(facts.sound))
    return msgspec.structs.replace(facts, chain=tuple(links)), inside


def _profile(name: str | None) -> tuple[Profile | None, Problem | None]:
    try:
        return profiles.load(name), None
    except HomebodyError as error:
        return None, Problem("settings", error.reason, error.remedy)


def _looked(profile: Profile | None, refused: Problem | None) -> Facts:
    endpoint = endpoint_of(profile) if profile else default_endpoint()
    folders = [Path(folder).expanduser() for folder in profile.gallery.folders] if profile else []
    return Facts(
        profile=profile,
        profile_error=refused,
        machine=hardware.this_machine(),
        now=dt.datetime.now(dt.UTC),
        released=probes.released(),
        clock_synchronized=probes.clock_synchronized(),
        data=probes.folder(data_dir()),
        config=probes.folder(config_dir()),
        runtime=probes.runtime(),
        watched=tuple(probes.folder(folder, count=True) for folder in folders),
        inotify_watches=probes.inotify_watches(),
        keys=probes.listed_keys() if profile and profile.wire.tcp else None,
        reader_of_text=probes.reader_of_text(),
        extras=probes.absent_extras(),
        mixer=probes.mixer(),
        nvidia_problem=probes.nvidia_problem(),
        services=probes.services(endpoint),
        sound=probes.sound(),
        ollama=probes.ollama(profile.router) if profile else None,
    )


async def _answers(endpoint: str) -> bool:
    try:
        return await answers(endpoint)
    except HomebodyError:
        return False


async def _report(endpoint: str) -> StatusReport | None:
    if not await _answers(endpoint):
        return None
    try:
        async with HomebodyClient.connect(endpoint) as client:
            return await client.status()
    except HomebodyError:
        return None


def _has_sound(sound: SoundFacts) -> bool:
    devices = sound.devices or ()
    return any(device.inputs for device in devices) and any(device.outputs for device in devices)
