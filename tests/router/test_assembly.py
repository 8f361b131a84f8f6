"""The profile's word chooses the engine, and only its libraries are loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from homebody.profile import BACKENDS

pytestmark = pytest.mark.processes

PROGRAM = """
import asyncio, sys
from contextlib import AsyncExitStack
from homebody.options import RouterOptions, TextModelOptions
from homebody.router.backends.opening import opened
async def main():
    async with AsyncExitStack() as stack:
        options = RouterOptions(text=TextModelOptions(backend=sys.argv[1]))
        backend = next(iter((await opened(options, stack)).values()), None)
        heavy = sorted({"ollama", "httpx", "ctranslate2", "tokenizers", "torch"} & set(sys.modules))
        print(type(backend).__name__, *heavy)
asyncio.run(main())
"""
EXPECTED = {
    "ollama": "OllamaBackend httpx ollama",
    "openai": "OpenAIBackend httpx",
    "ctranslate2": "CTranslate2Backend",  # its libraries are its worker's
    "transformers": "TransformersBackend",
    "none": "NoneType",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_backend_of_a_profile_is_built_with_its_own_libraries_and_no_others(backend: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, backend], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == EXPECTED[backend]
