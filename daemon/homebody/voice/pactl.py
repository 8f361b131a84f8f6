"""Asking the sound server, PulseAudio or PipeWire, with its own program ``pactl``: killed when it takes too long, which no
call into its library can be. Macs and machines with plain ALSA have none."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from homebody.errors import MachineError, MissingPart

CALL_LIMIT_S: Final = 2.0


def program() -> str:
    """The path of it.

    Raises:
        MissingPart: It is not installed.
    """
    found = shutil.which("pactl")
    if found is None:
        raise MissingPart("The program pactl is not installed.", "Debian, Ubuntu: sudo apt install pulseaudio-utils")
    return found


async def printed(*arguments: str) -> bytes:
    """What it prints.

    Raises:
        MissingPart: It is not installed. MachineError: It fails, or takes longer than `CALL_LIMIT_S`.
    """
    process = await _started(*arguments)
    try:
        async with asyncio.timeout(CALL_LIMIT_S):
            out, _ = await process.communicate()
    except TimeoutError:
        raise MachineError("The sound server does not answer.") from None
    finally:
        await _ended(process)
    if process.returncode:
        raise MachineError("The sound server refuses.")
    return out


async def events() -> AsyncGenerator[bytes, None]:
    """A line for each change in the server, such as ``Event 'new' on sink-input #3``, until it goes away. Close it.

    Raises:
        MissingPart: It is not installed.
    """
    process = await _started("subscribe")
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            yield line
    finally:
        await _ended(process)


async def _started(*arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        program(), *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
