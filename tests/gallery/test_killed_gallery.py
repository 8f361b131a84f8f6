"""The gallery as a process, killed again and again: every picture keeps exactly one row, and is asked for at most once
more for each kill."""

import asyncio
import os
import random
import signal
import sys
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from fake_router import fake_router
from homebody.captions.store import Captions
from homebody.gallery.sidecars import ours, sidecar_of
from homebody.paths import config_dir, data_dir
from wire import endpoint, eventually, told

pytestmark = pytest.mark.processes

KILLS = 100
PARALLEL = 2
DELAY_S = 0.15


def picture(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    Image.frombytes("RGB", (24, 16), chance.randbytes(24 * 16 * 3)).save(path)
    os.utime(path, (seed + 1_000_000_000,) * 2)  # it has lain there for years: nothing to wait for


async def started(at: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "homebody", "gallery", "--endpoint", at,
        env={**os.environ, "HOMEBODY_LOG": "ERROR", "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


async def run(folder: Path, at: str, kills: int) -> None:
    chance = random.Random(7)
    made = 0
    async with fake_router(at) as router:
        router.delay_s = DELAY_S
        for kill in range(kills):
            for _ in range(3):
                picture(folder / f"{made:04}.png", made)
                made += 1
            router.attached.clear()
            process = await started(at)
            if kill % 5:  # else: it dies while it starts
                await eventually(router.attached.is_set)
            if kill % 5 > 2:  # a slow machine would not come to asking before it dies
                before = sum(router.calls.values())
                await eventually(lambda before=before: sum(router.calls.values()) > before)
                await asyncio.sleep(chance.uniform(0, 2 * DELAY_S))
            else:
                await asyncio.sleep(chance.uniform(0, 0.6))
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await asyncio.sleep(0.1)  # what the fake router still answers, it answers to nobody
        for number in range(0, made, 10):  # copies cost nothing
            (folder / f"copy {number}.png").write_bytes((folder / f"{number:04}.png").read_bytes())
        process = await started(at)
        with closing(Captions(data_dir())) as captions:
            async with asyncio.timeout(120):
                while captions.counts().captioned < made + len(range(0, made, 10)):
                    await asyncio.sleep(0.2)
        process.terminate()
        assert await process.wait() == 0
        calls = sum(router.calls.values())
        told(f"{made} pictures, {kills} kills, {calls - made} repeated calls")
        assert len(router.calls) == made
        assert calls <= made + PARALLEL * kills
        assert kills < KILLS or calls > made, "no kill fell into a model call: this proves nothing"
    with closing(Captions(data_dir())) as captions:
        rows = list(captions.rows())
    assert len(rows) == len({row.sha256 for row in rows}) == made
    assert all(row.state == "captioned" and row.caption for row in rows)
    assert sum(len(row.paths) for row in rows) == made + len(range(0, made, 10))
    assert all(ours(sidecar_of(Path(path)).read_bytes()) for row in rows for path in row.paths)


def caption_and_kill(tmp_path: Path, kills: int) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    options = f"folders = ['{folder}']\nparallel = {PARALLEL}\nsidecars = true"
    (config_dir() / "homebody.toml").write_text(f"[gallery]\n{options}\n")
    with endpoint() as at:
        asyncio.run(run(folder, at, kills))


@pytest.mark.slow
def test_a_gallery_killed_a_hundred_times_has_one_row_a_picture_and_repeats_only_what_was_being_asked(tmp_path):
    caption_and_kill(tmp_path, KILLS)


def test_a_gallery_killed_twice_goes_on_where_it_was(tmp_path):
    caption_and_kill(tmp_path, 2)
