"""The transformers backend: the real library in its real process, with BLIP and BLIP-2 of their own architecture.

The contract is in test_backends.py. Where the extra is not installed only what needs no model is tried.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from backend_lab import JPEG, answered, failure, needs_transformers, picture, text
from homebody.errors import EmptyAnswer, ModelFailed, ModelMissing, NotCapable
from homebody.options import TextModelOptions, TransformersOptions
from homebody.paths import picture_model_dir
from homebody.router.backends import ChatMessage, Piece
from homebody.router.backends.transformers import TransformersBackend

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.processes,
]  # a worker imports torch, which takes its time on a busy machine

SEEN = "Owls can turn their heads far."
HUB_NAME = "Salesforce/blip-image-captioning-base"


def shown(words: str = "Describe this picture.", image: bytes | None = None) -> list[ChatMessage]:
    return [ChatMessage("user", words, images=(image or picture(),))]


@pytest.fixture(scope="module")
def owl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_blip import make_blip

    return make_blip(tmp_path_factory.mktemp("blip") / "owl")


@asynccontextmanager
async def running(model: Path | str, **options: Any) -> AsyncIterator[TransformersBackend]:
    backend = TransformersBackend(TextModelOptions(backend="transformers", model=str(model), **options))
    try:
        yield backend
    finally:
        await backend.aclose()


def test_a_question_without_a_picture_or_with_two_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path / "nowhere") as backend:
            error = await failure(backend, [ChatMessage("user", "how far can owls turn their heads")])
            assert isinstance(error, NotCapable)
            two = [ChatMessage("user", "compare them", images=(JPEG, JPEG))]
            assert isinstance(await failure(backend, two), NotCapable)
            assert backend.worker_pid is None

    asyncio.run(main())


def test_a_model_that_is_not_here_is_fetched_by_the_command_the_remedy_names() -> None:
    async def main() -> None:
        async with running(HUB_NAME) as backend:
            error = await failure(backend, shown())
            assert isinstance(error, ModelMissing)
            assert error.remedy == f"Fetch it with: homebody models pull {HUB_NAME}"
            folder = picture_model_dir(HUB_NAME)
            folder.mkdir(parents=True)
            (folder / "config.json").write_text("{}")
            assert "tokenizer.json is missing" in (await failure(backend, shown())).reason

    asyncio.run(main())


@pytest.mark.skipif("not needs_transformers.args[0]", reason="the extra is installed")
def test_without_the_extra_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")

    async def main() -> None:
        async with running(tmp_path) as backend:
            error = await failure(backend, shown())
            assert isinstance(error, NotCapable)
            assert error.remedy == "Install it with: pip install 'homebody[transformers]'"

    asyncio.run(main())


@needs_transformers
@pytest.mark.parametrize("compute_type", ["int8", "float32", "bfloat16"])
def test_blip_describes_the_picture_however_its_weights_are_kept(owl: Path, compute_type: Any) -> None:
    async def main() -> None:
        own = TransformersOptions(compute_type=compute_type, threads=1)
        async with running(owl, transformers=own) as backend:
            pieces, ended = await answered(backend, shown())
            assert text(pieces) == SEEN
            assert len(pieces) == len(SEEN.split())  # it streams
            assert ended.usage.answer_tokens == 6
            assert not ended.cut

    asyncio.run(main())


@needs_transformers
def test_a_description_is_cut_at_its_bound_ends_before_a_stop_string_and_survives_what_is_no_picture(owl: Path) -> None:
    async def main() -> None:
        async with running(owl, max_tokens=16, stop=("their",)) as backend:
            assert text((await answered(backend, shown()))[0]) == "Owls can turn "
            error = await failure(backend, shown(image=JPEG))  # only the beginning of one
            assert isinstance(error, NotCapable)
            assert "JPEG" in error.remedy
            async with aclosing(backend.stream(shown(), max_tokens=2)) as stream:
                items = [item async for item in stream]
            assert "".join(item.text for item in items if isinstance(item, Piece)) == "Owls can"
            assert getattr(items[-1], "cut", False)

    asyncio.run(main())


@needs_transformers
def test_blip_2_describes_when_told_to_and_answers_when_asked(tmp_path: Path) -> None:
    from tiny_blip import make_blip2

    async def main() -> None:
        async with running(make_blip2(tmp_path / "blip2")) as backend:
            assert text((await answered(backend, shown()))[0]) == "owls"
            assert text((await answered(backend, shown("how many?")))[0]) == "two"

    asyncio.run(main())


@needs_transformers
def test_a_model_of_another_family_broken_files_and_an_empty_answer_are_told_apart(owl: Path, tmp_path: Path) -> None:
    from tiny_blip import make_blip, script

    async def main() -> None:
        other = shutil.copytree(owl, tmp_path / "other")
        config = json.loads((other / "config.json").read_text())
        (other / "config.json").write_text(json.dumps(config | {"model_type": "clip"}))
        async with running(other) as backend:
            error = await failure(backend, shown())
            assert isinstance(error, NotCapable)
            assert "BLIP" in error.remedy
        broken = shutil.copytree(owl, tmp_path / "broken")
        (broken / "model.safetensors").write_bytes(b"garbage" * 100)
        async with running(broken) as backend:
            error = await failure(backend, shown())
            assert type(error) is ModelFailed
            assert "files are broken" in error.reason
        async with running(make_blip(tmp_path / "silent", script())) as backend:
            assert isinstance(await failure(backend, shown()), EmptyAnswer)

    asyncio.run(main())


@needs_transformers
@pytest.mark.slow
def test_blip_base_in_its_true_shape_describes_within_its_room(tmp_path: Path) -> None:
    """The library's own defaults are BLIP base: 12 and 12 layers of width 768, 384 pixels. The weights are random."""
    from tiny_blip import make_true_blip

    async def main() -> None:
        async with running(make_true_blip(tmp_path / "blip"), max_tokens=20) as backend:
            pieces, ended = await answered(backend, shown())
            assert text(pieces)
            assert 0 < ended.usage.answer_tokens <= 20

    asyncio.run(main())
