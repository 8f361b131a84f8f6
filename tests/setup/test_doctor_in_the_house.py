"""The doctor inside running services: real devices, real models, real processes."""

import asyncio

import pytest

from homebody import profile as profiles
from house import house

pytestmark = [pytest.mark.audio, pytest.mark.models, pytest.mark.timeout(300)]


def test_the_running_voice_tries_itself_and_the_router_takes_over_its_settings(pulse, own_folders):
    async def main():
        async with house(profiles.load(), own_folders / "run", pulse) as home:
            tried = await home.client.control("voice", "check", deadline_ms=60_000)
            router = await home.client.control("router", "reload")
            voice = await home.client.control("voice", "reload")
            return tried.value["links"], router.value, voice.value

    links, router, voice = asyncio.run(main())
    assert [link["part"] for link in links] == ["microphone", "hearing", "speech", "loudspeaker"]
    assert {link["part"]: link["fault"] for link in links if link.get("fault")} in (
        {},
        {"microphone": "microphone-silent"},
    )
    assert router == voice == {"applied": [], "restart": []}
