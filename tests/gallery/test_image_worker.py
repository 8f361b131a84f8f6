"""A hostile picture ends its worker at most: the next one is decoded, and each refusal names its file."""

import asyncio
import contextlib
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from PIL import Image

from gallery_lab import image_workers as children
from homebody.errors import BadImage
from homebody.gallery.image_worker import ImageWorker
from homebody.gallery.images import prepare
from picture_lab import as_bytes, hostile, photograph, png, png_chunk, scene

pytestmark = pytest.mark.processes

GUARD_S = 60
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's address space")


async def guarded(coroutine, limit_s):
    async with asyncio.timeout(limit_s):
        return await coroutine


def run(coroutine):
    return asyncio.run(guarded(coroutine, GUARD_S))


async def until(condition):
    async with asyncio.timeout(GUARD_S):
        while not condition():
            await asyncio.sleep(0.01)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@asynccontextmanager
async def worker(**options):
    """A worker, and proof that nothing of it is left."""
    before = {child.pid for child in children()}
    async with ImageWorker(**options) as images:
        yield images
    assert {child.pid for child in children()} <= before


def test_it_prepares_what_the_function_prepares(tmp_path):
    name = "bäd \udcff name.jpg" if sys.platform == "linux" else "bäd name.jpg"  # macOS has only Unicode names
    path = written(tmp_path / name, as_bytes(scene(300, 200), "JPEG"))

    async def prepared():
        async with worker() as images:
            return await images.prepare(path, side_px=96, multiple_px=32, media_type="image/png")

    assert run(prepared()) == prepare(path, side_px=96, multiple_px=32, media_type="image/png")


def test_a_refusal_keeps_its_two_sentences_and_its_worker(tmp_path):
    bad, good = written(tmp_path / "bad.jpg", b"words"), written(tmp_path / "good.jpg", as_bytes(scene(9, 9), "JPEG"))

    async def both():
        async with worker() as images:
            with pytest.raises(BadImage, match=r"bad\.jpg is not a picture") as refused:
                await images.prepare(bad, side_px=64)
            (first,) = children()
            await images.prepare(good, side_px=64)
            assert children() == [first]
            return refused.value

    assert run(both()).remedy


@linux
def test_a_picture_that_needs_too_much_memory_is_refused_by_name(tmp_path):
    big = written(tmp_path / "big.png", png(9_000, 9_000))
    small = written(tmp_path / "small.png", png(90, 90))

    async def both():
        async with worker(memory_limit_bytes=300 * 2**20) as images:
            with pytest.raises(BadImage, match=r"big\.png needs more memory"):
                await images.prepare(big, side_px=64)
            return await images.prepare(small, side_px=64)

    assert run(both()).width_px == 64


@linux
@pytest.mark.slow
@pytest.mark.parametrize("colour", [2, 3, 6])
def test_the_largest_picture_that_may_be_decoded_fits_in_the_memory_a_worker_may_take(tmp_path, colour):
    palette = png_chunk(b"PLTE", bytes(768)) + png_chunk(b"tRNS", bytes(256))
    path = written(tmp_path / "big.png", png(10_000, 10_000, 8, colour, None, *([palette] if colour == 3 else [])))

    async def one():
        async with worker() as images:
            return await images.prepare(path, side_px=64)

    assert run(one()).original_width_px == 10_000


def test_one_that_takes_too_long_is_given_up_and_the_worker_replaced(tmp_path):
    path = written(tmp_path / "slow.png", png(6_000, 6_000))
    quick = written(tmp_path / "quick.png", png(60, 60))

    async def both():
        async with worker(deadline_s=20) as images:
            await images.prepare(quick, side_px=64)
            (first,) = children()
            first.send_signal(signal.SIGSTOP)
            images._deadline_s = 0.05
            with pytest.raises(BadImage, match=r"slow\.png took longer than 0\.05 s"):
                await images.prepare(path, side_px=64)
            images._deadline_s = 20
            await images.prepare(quick, side_px=64)
            assert first not in children()

    run(both())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_dies_takes_one_picture_with_it_and_is_replaced(tmp_path, number):
    path = written(tmp_path / "a.png", png(60, 60))

    async def both():
        async with worker() as images:
            await images.prepare(path, side_px=64)
            (first,) = children()
            first.send_signal(signal.SIGSTOP)
            owed = asyncio.create_task(images.prepare(path, side_px=64))
            await asyncio.sleep(0)
            first.send_signal(number)
            with contextlib.suppress(psutil.NoSuchProcess):  # a stopped process is killed all the same
                first.send_signal(signal.SIGCONT)
            with pytest.raises(BadImage, match=r"a\.png ended the process"):
                await owed
            await images.prepare(path, side_px=64)

    run(both())


def test_a_worker_that_died_while_it_had_nothing_to_do_costs_no_picture(tmp_path):
    path = written(tmp_path / "a.png", png(60, 60))

    async def both():
        async with worker() as images:
            await images.prepare(path, side_px=64)
            (first,) = children()
            first.kill()
            await until(lambda: not images._pool._idle[0].usable)
            return await images.prepare(path, side_px=64)

    assert run(both()).width_px == 60


def test_who_gives_up_ends_the_decoding(tmp_path):
    path = written(tmp_path / "a.png", png(60, 60))

    async def both():
        async with worker() as images:
            await images.prepare(path, side_px=64)
            (first,) = children()
            first.send_signal(signal.SIGSTOP)
            task = asyncio.create_task(images.prepare(path, side_px=64))
            await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
            assert not children()
            return await images.prepare(path, side_px=64)

    assert run(both()).width_px == 60


def test_several_are_decoded_at_once_but_no_more_than_allowed(tmp_path):
    paths = [written(tmp_path / f"{n}.jpg", as_bytes(photograph(200, 100, n), "JPEG")) for n in range(12)]

    async def all_of_them():
        async with worker(workers=3) as images:
            found = await asyncio.gather(*(images.prepare(path, side_px=64) for path in paths))
            return found, len(children())

    found, processes = run(all_of_them())
    assert len({one.sha256 for one in found}) == 12
    assert processes == 3


@pytest.mark.timeout(180)
def test_over_two_hundred_hostile_files_leave_the_service_and_the_next_picture_alone(tmp_path):
    files = [(written(tmp_path / name, data), name) for name, data in hostile()]
    assert len(files) >= 200
    good = written(tmp_path / "good.jpg", as_bytes(scene(300, 200), "JPEG"))
    refused = {}

    async def every_one():
        async with worker(workers=2) as images:

            async def one(path, name):
                try:
                    result = await images.prepare(path, side_px=64, within=[tmp_path])
                except BadImage as error:
                    refused[name] = error
                else:
                    assert max(result.width_px, result.height_px) <= 64

            await asyncio.gather(*(one(path, name) for path, name in files))
            return await images.prepare(good, side_px=64)

    assert run_long(every_one()).width_px == 64
    assert len(refused) >= 150
    for name, error in refused.items():
        assert name in error.reason
        assert error.remedy


def run_long(coroutine):
    return asyncio.run(guarded(coroutine, 150))


def test_a_link_out_of_the_folder_is_refused_in_the_worker_too(tmp_path):
    folder, outside = tmp_path / "watched", tmp_path / "private"
    folder.mkdir()
    outside.mkdir()
    Image.new("RGB", (9, 9)).save(outside / "secret.png")
    (folder / "link.png").symlink_to(outside / "secret.png")

    async def attempt():
        async with worker() as images:
            with pytest.raises(BadImage, match="leads out of the watched folders"):
                await images.prepare(folder / "link.png", side_px=64, within=[folder])
            return await images.prepare(folder / "link.png", side_px=64, within=[folder, outside])

    assert run(attempt()).width_px == 9


@linux
def test_the_worker_lets_everything_else_go_first(tmp_path):
    path = written(tmp_path / "a.png", png(60, 60))

    async def niceness():
        async with worker() as images:
            await images.prepare(path, side_px=64)
            (first,) = children()
            return first.nice()

    assert run(niceness()) > os.getpriority(os.PRIO_PROCESS, 0)
