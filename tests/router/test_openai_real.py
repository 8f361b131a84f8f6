"""The OpenAI backend against a real server: llama.cpp's engine behind llama-cpp-python's, with a tiny model made here.

Opt-in, since nobody should have to compile llama.cpp for `make test`: `make test-llama` compiles it once, into an
environment of its own (.venv-llama; some ten minutes on two cores), and runs this. Elsewhere it says that it did not
run.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from backend_lab import QUESTION, answered, failure, text
from homebody.errors import ModelFailed
from homebody.options import TextModelOptions
from homebody.router.backends import ChatMessage, Ended, Piece
from homebody.router.backends.openai import OpenAIBackend
from tiny_gguf import CONTEXT

ROOT = Path(__file__).parents[2]
LLAMA = ROOT / ".venv-llama/bin/python"
START_LIMIT_S = 60.0


def has_server() -> bool:
    """Whether the environment has all that is needed."""
    look = "import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ('llama_cpp', 'gguf', 'uvicorn'))))"
    return LLAMA.exists() and subprocess.run([LLAMA, "-c", look], check=False).returncode == 0


pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(
        not has_server(),
        reason="no real OpenAI-compatible server here, see make test-llama: this contract did not run",
    ),
]


def made(path: Path) -> Path:
    """The tiny model, written by the package gguf, which is only there."""
    subprocess.run([LLAMA, ROOT / "tests/tiny_gguf.py", path], check=True, timeout=START_LIMIT_S)
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    folder = tmp_path_factory.mktemp("llama")
    model = made(folder / "owl.gguf")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(LLAMA), "-m", "llama_cpp.server", "--model", str(model), "--model_alias", "owl"]
    command += ["--n_ctx", str(CONTEXT), "--host", "127.0.0.1", "--port", str(port), "--n_threads", "2"]
    log = folder / "server.log"
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            _wait(f"http://127.0.0.1:{port}/v1/models", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            opener.open(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server does not start:\n{log.read_text(errors='replace')[-3000:]}")


def on(server: str, **options: object) -> OpenAIBackend:
    there = {"backend": "openai", "base_url": server, "model": "owl", "max_tokens": 16, "temperature": 0.0}
    return OpenAIBackend(TextModelOptions(**{**there, **options}))


def test_a_real_server_streams_an_answer_and_is_counted(server: str) -> None:
    async def main() -> None:
        async with aclosing(on(server)) as backend:
            assert (await backend.check()).model == "owl"
            pieces, ended = await answered(backend)
            assert text(pieces).startswith("howl. howl")
            assert ended.usage.answer_tokens == 16
            assert ended.cut
            assert (await backend.check()).loaded

    asyncio.run(main())


def test_any_name_is_answered_by_a_server_of_one_model(server: str) -> None:
    async def main() -> None:
        async with aclosing(on(server, model="whatever")) as backend:
            assert (await backend.check()).model == "whatever"

    asyncio.run(main())


def test_closing_a_stream_frees_the_model_for_the_next_question(server: str) -> None:
    async def main() -> None:
        async with aclosing(on(server)) as backend, asyncio.timeout(60):
            for _ in range(5):
                async with aclosing(backend.stream(QUESTION, max_tokens=400)) as stream:
                    assert isinstance(await anext(stream), Piece | Ended)

    asyncio.run(main())


def test_a_question_longer_than_the_context_is_one_error_that_says_so(server: str) -> None:
    """This server refuses it with 400 only without streaming; streaming, it answers 200 and nothing."""

    async def main() -> None:
        async with aclosing(on(server)) as backend:
            with pytest.raises(ModelFailed) as failed:
                await answered(backend, [ChatMessage("user", "owl " * CONTEXT)])
            assert "context" in failed.value.remedy

    asyncio.run(main())


def test_a_server_that_is_killed_in_the_middle_is_one_error(server: str, tmp_path: Path) -> None:
    async def main() -> None:
        model = made(tmp_path / "owl.gguf")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [str(LLAMA), "-m", "llama_cpp.server", "--model", str(model), "--port", str(port)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                await asyncio.to_thread(_wait, f"http://127.0.0.1:{port}/v1/models", process, Path(os.devnull))
                async with aclosing(on(f"http://127.0.0.1:{port}/v1", max_tokens=400)) as backend:
                    async with aclosing(backend.stream(QUESTION)) as stream:
                        await anext(stream)
                        process.kill()
                        with pytest.raises(ModelFailed):
                            async for _ in stream:
                                pass
                    await asyncio.to_thread(process.wait, 10)  # its connections end before it stops listening
                    assert (await failure(backend)).code == "no_model"
            finally:
                process.kill()

    asyncio.run(main())
