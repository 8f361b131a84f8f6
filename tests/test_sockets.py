"""Messages that are delivered as they come, on a real pair of sockets."""

import asyncio
import contextlib

import pytest
import zmq

from homebody.sockets import TURN, FrameSocket

HANG_GUARD_S = 20


def run(test):
    async def bounded():
        async with asyncio.timeout(HANG_GUARD_S):
            await test()

    asyncio.run(bounded())


@contextlib.contextmanager
def pair():
    with zmq.Context() as context:
        one, other = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        one.bind("inproc://pair")
        other.connect("inproc://pair")
        sockets = FrameSocket(one), FrameSocket(other)
        try:
            yield sockets
        finally:
            for socket in sockets:
                socket.close()


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


def test_what_came_before_and_what_comes_is_delivered_once_and_in_order():
    async def test():
        with pair() as (one, other):
            for number in range(3 * TURN):
                other.send([b"%d" % number, b"more"])
            got = []
            with one.delivering(got.append):
                await until(lambda: len(got) == 3 * TURN)
                other.send([b"last"])
                await until(lambda: got[-1] == [b"last"])
            assert got[:-1] == [[b"%d" % number, b"more"] for number in range(3 * TURN)]

    run(test)


def test_a_message_noticed_while_another_is_sent_is_not_forgotten():
    """libzmq's descriptor tells only once; a send may be when it is noticed."""

    async def test():
        with pair() as (one, other):
            got, replies = [], []

            def answer(frames):
                got.append(frames)
                one.send([b"re", *frames])

            with one.delivering(answer), other.delivering(replies.append):
                for number in range(500):
                    other.send([b"%d" % number])
                    if number % 7 == 0:
                        await asyncio.sleep(0)
                await until(lambda: len(replies) == 500)
            assert replies == [[b"re", *frames] for frames in got]

    run(test)


def test_others_have_their_turn_while_many_messages_wait():
    async def test():
        with pair() as (one, other):
            for _ in range(4 * TURN):
                other.send([b"x"])
            got, seen = [], []

            def look():
                seen.append(len(got))
                if len(got) < 4 * TURN:
                    asyncio.get_running_loop().call_soon(look)

            with one.delivering(got.append):
                look()
                await until(lambda: len(got) == 4 * TURN)
            assert {0, TURN, 2 * TURN, 3 * TURN} <= set(seen)

    run(test)


def test_what_a_taker_raises_costs_that_message_only():
    async def test():
        reported = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
        with pair() as (one, other):
            got = []

            def take(frames):
                got.append(frames)
                if frames == [b"bad"]:
                    raise ValueError("bad")

            with one.delivering(take):
                for frame in (b"good", b"bad", b"good"):
                    other.send([frame])
                await until(lambda: len(got) == 3)
            assert [type(error) for error in reported] == [ValueError]

    run(test)


@pytest.mark.parametrize("with_properties", [False, True])
def test_nothing_is_delivered_any_more_once_it_is_over(with_properties):
    async def test():
        with pair() as (one, other):
            got = []
            with one.delivering(got.append, with_properties=with_properties):
                other.send([b"x"])
                await until(lambda: got)
            other.send([b"y"])
            await asyncio.sleep(0.01)
            assert [bytes(frame) for frame in got[0]] == [b"x"]
            assert len(got) == 1

    run(test)
