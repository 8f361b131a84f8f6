"""What an answer is read by: one item at a time, each when it is wanted, and signs of life between them."""

import asyncio

import pytest

from homebody.errors import DeadlineExceeded
from homebody.messages import Ask
from homebody.router.answering import AHEAD, Answering


def beating(source, *, every_s=60.0, deadline_ms=60_000.0, ahead=lambda _: False):
    loop = asyncio.get_running_loop()
    answering = Answering(Ask(id="1", text="x", deadline_ms=deadline_ms), clock_s=loop.time)
    return answering.with_heartbeat(source, every_s=every_s, ahead=ahead)


async def all_of(items, got):
    async with items:
        async for item in items:
            got.append(item)  # as far as they come


class Source:
    def __init__(self, items=3, *, fails=None, hangs=False):
        self.items, self.fails, self.hangs = items, fails, hangs
        self.begun, self.closed = [], False

    async def __call__(self):
        try:
            for number in range(self.items):
                self.begun.append(number)
                yield number
            if self.fails:
                raise self.fails
            if self.hangs:
                await asyncio.get_running_loop().create_future()
        finally:
            self.closed = True


def test_the_source_is_begun_before_an_item_is_asked_for():
    """A model is at work while the asker is told who it is."""

    async def test():
        source = Source()
        async with beating(source()):
            assert source.begun == [0]
        assert source.closed

    asyncio.run(test())


def test_the_next_item_is_not_begun_before_it_is_wanted():
    """A model may call a tool between two items, and whoever reads may have had enough by then."""

    async def test():
        source = Source()
        async with beating(source()) as items:
            async for number in items:
                for _ in range(3):
                    await asyncio.sleep(0)
                assert source.begun == list(range(number + 1))
        assert source.closed

    asyncio.run(test())


def test_what_may_be_read_ahead_is_and_no_more():
    async def test():
        source = Source(9)
        async with beating(source(), ahead=lambda number: number != 4) as items:
            assert source.begun == list(range(AHEAD))
            seen = []
            async for number in items:
                seen.append(number)
                for _ in range(3):
                    await asyncio.sleep(0)
                if number <= 4:
                    assert max(source.begun) <= 4  # what is behind it waits until it is wanted
                assert len(source.begun) <= len(seen) + AHEAD
            assert seen == list(range(9))

    asyncio.run(test())


def test_what_the_source_raises_comes_after_its_items():
    async def test():
        got = []
        with pytest.raises(ValueError, match="broke"):
            await all_of(beating(Source(fails=ValueError("broke"))()), got)
        assert got == [0, 1, 2]

    asyncio.run(test())


@pytest.mark.parametrize("taken", [0, 1])
def test_whoever_stops_reading_closes_the_source(taken):
    async def test():
        source = Source()
        async with beating(source()) as items:
            for _ in range(taken):
                await anext(items)
        assert source.closed
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(test())


@pytest.mark.lengthy
def test_silence_is_signs_of_life_until_the_deadline():
    async def test():
        source = Source(1, hangs=True)
        got = []
        with pytest.raises(DeadlineExceeded):
            await all_of(beating(source(), every_s=0.02, deadline_ms=100.0), got)
        assert got[0] == 0
        assert set(got[1:]) == {None}
        assert source.closed

    asyncio.run(test())


def test_a_reader_that_is_cancelled_leaves_nothing_running():
    async def test():
        source = Source(0, hangs=True)

        async def read():
            await all_of(beating(source()), [])

        task = asyncio.create_task(read())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert source.closed
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(test())
