"""Ollama's own program on this machine: is it there, does it answer, start it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from homebody.addresses import http_host, is_this_machine
from homebody.errors import ModelUnreachable
from homebody.profile import Profile
from homebody.router.backends.ollama import installed
from homebody.router.backends.ollama_environment import environment
from homebody.setup.first_day import Server
from homebody.setup.ollama_models import OllamaModels

START_LIMIT_S: Final = 20.0
LOOK_S: Final = 0.25
MAC_APP: Final = Path("/Applications/Ollama.app")


async def state(profile: Profile) -> Server:
    """How Ollama is, as far as this profile is concerned."""
    if profile.router.text.backend != "ollama":
        return "unused"
    base_url = profile.router.text.base_url
    if await _answers(base_url):
        return "answers"
    if not is_this_machine(http_host(base_url) or ""):
        return "elsewhere"
    return "installed" if installed() else "absent"


async def start(profile: Profile) -> None:
    """Start it with the profile's settings, to run on after us; returns when it answers.

    Raises:
        ModelUnreachable: It cannot be started, or does not answer in time.
    """
    argv = _command()
    if argv is None:
        raise ModelUnreachable("Ollama's program was not found.", "Start it as you have installed it.")
    subprocess.Popen(  # noqa: ASYNC220 (starts at once, and is not waited for)
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in our terminal is not for it
        env={**os.environ, **environment(profile.router)},
    )
    try:
        async with asyncio.timeout(START_LIMIT_S):
            while not await _answers(profile.router.text.base_url):  # noqa: ASYNC110 (of another process)
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise ModelUnreachable(
            f"Ollama was started and does not answer within {START_LIMIT_S:.0f} s.",
            "Look at what it says: ollama serve",
        ) from None


def _command() -> list[str] | None:
    if sys.platform == "darwin" and MAC_APP.exists():
        return ["open", "-a", "Ollama"]
    program = shutil.which("ollama")
    return [program, "serve"] if program else None


async def _answers(base_url: str) -> bool:
    server = OllamaModels(base_url)
    try:
        await server.have()
    except ModelUnreachable:
        return False
    finally:
        await server.aclose()
    return True
