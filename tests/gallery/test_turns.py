"""During a turn the gallery holds still: nothing is begun, and what is being decoded or read stops where it is."""

import asyncio

import psutil
import pytest

from gallery_lab import image_workers
from homebody.gallery.image_worker import ImageWorker
from homebody.gallery.turns import Turns
from picture_lab import as_bytes, png, scene
from wire import eventually


class Work:
    def __init__(self):
        self.paused = False

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False


@pytest.mark.parametrize("state", ["hearing", "thinking", "speaking"])
def test_work_is_held_from_the_first_word_to_the_end_of_the_reply(state):
    turns, work, later = Turns(), Work(), Work()
    with turns.holding(work):
        turns.notice("voice.state", {"state": state})
        assert work.paused
        with turns.holding(later):  # what begins in the middle of it is held too
            assert later.paused
        assert not later.paused
        turns.notice("voice.state", {"state": "asleep"})
        assert not work.paused
        assert not turns.under_way


def test_a_voice_that_is_lost_in_the_middle_of_a_turn_holds_nothing_up():
    turns, work = Turns(), Work()
    with turns.holding(work):
        turns.notice("voice.state", {"state": "speaking"})
        turns.notice("service.lost", {"service": "gallery"})
        assert work.paused
        turns.notice("service.lost", {"service": "voice"})
        assert not work.paused


def test_waiting_for_the_end_of_a_turn_ends_with_it():
    async def run():
        turns = Turns()
        await turns.over()
        turns.notice("voice.state", {"state": "hearing"})
        waiting = asyncio.create_task(turns.over())
        await asyncio.sleep(0)
        assert not waiting.done()
        turns.notice("voice.state", {"state": "listening"})
        await waiting

    asyncio.run(run())


@pytest.mark.processes
def test_a_worker_stops_in_the_middle_of_a_picture_and_its_deadline_does_not_run(tmp_path):
    quick, slow = tmp_path / "quick.jpg", tmp_path / "slow.png"
    quick.write_bytes(as_bytes(scene(9, 9), "JPEG"))
    slow.write_bytes(png(5000, 5000))

    async def run():
        async with asyncio.timeout(60), ImageWorker() as images:
            await images.prepare(quick, side_px=64)
            (worker,) = image_workers()
            images._deadline_s = 20.0
            task = asyncio.create_task(images.prepare(slow, side_px=64))
            await eventually(lambda: images._pool._limits)
            images.pause()
            await eventually(lambda: worker.status() == psutil.STATUS_STOPPED)
            (limit,) = images._pool._limits.values()
            assert limit.when() is None
            waiting = asyncio.create_task(images.prepare(quick, side_px=64))  # nothing new begins either
            await asyncio.sleep(0.05)
            assert not task.done()
            assert not waiting.done()
            images.resume()
            assert limit.when() is not None
            assert (await task).original_width_px == 5000
            assert (await waiting).width_px == 9
            assert image_workers() == [worker]

    asyncio.run(run())


@pytest.mark.processes
def test_one_who_gives_up_during_a_turn_is_not_held_up_by_it(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(5000, 5000))

    async def run():
        async with asyncio.timeout(60):
            async with ImageWorker() as images:
                task = asyncio.create_task(images.prepare(path, side_px=64))
                await eventually(image_workers)
                images.pause()
                task.cancel()
                await asyncio.wait({task})
                assert task.cancelled()
            assert not image_workers()

    asyncio.run(run())
