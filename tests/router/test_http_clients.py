"""A client whose question was given up serves no other; and what is still running is not closed under its feet."""

import asyncio

import pytest

from homebody.messages import Ask
from homebody.router.answering import Answering
from homebody.router.backends.clients import Clients


class House:
    def __init__(self):
        self.made, self.closed = [], []

    def make(self):
        self.made.append(object())
        return self.made[-1]

    async def close(self, client):
        self.closed.append(client)


def test_a_client_is_used_again_after_an_answer_and_after_a_refusal():
    async def test():
        house = House()
        clients = Clients(house.make, house.close)
        async with clients.lease() as lease:
            lease.begun = True
        with pytest.raises(ValueError, match="refused"):
            async with clients.lease():
                raise ValueError("refused")
        async with clients.lease() as lease:
            lease.begun = True
        assert (len(house.made), house.closed) == (1, [])
        await clients.aclose()
        assert house.closed == house.made

    asyncio.run(test())


@pytest.mark.parametrize("giving_up", [asyncio.CancelledError, GeneratorExit, TimeoutError])
def test_a_client_given_up_before_its_answer_serves_no_other_and_is_closed_after_its_last(giving_up):
    async def test():
        house = House()
        clients = Clients(house.make, house.close)
        async with clients.lease() as streaming:
            streaming.begun = True
            with pytest.raises(giving_up):  # noqa: PT012  # it is the leaving that is tested
                async with clients.lease() as lease:
                    assert lease.client is streaming.client
                    raise giving_up
            assert house.closed == []  # an answer still streams
            async with clients.lease() as lease:
                lease.begun = True
                assert lease.client is not streaming.client
        assert house.closed == [streaming.client]
        assert len(house.made) == 2

    asyncio.run(test())


def test_an_answer_cancelled_twice_is_closed_once_it_has_stopped():
    async def test():
        stopping, may_stop, stopped = asyncio.Event(), asyncio.Event(), []

        async def source():
            try:
                await asyncio.sleep(60)
                yield "never"
            finally:
                stopping.set()
                await may_stop.wait()  # a connection that takes its time to close
                stopped.append(True)

        async def drain():
            answering = Answering(Ask(id="1", text="x"), clock_s=lambda: 0.0)
            async with answering.with_heartbeat(source(), every_s=60) as items:
                async for _ in items:
                    pass

        task = asyncio.create_task(drain())
        await asyncio.sleep(0.01)
        task.cancel()
        await stopping.wait()
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        may_stop.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stopped == [True]

    asyncio.run(test())
