"""`HomebodyClient` on a real socket, with routers that come, go and come back."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from fakes import FakeBrain
from homebody.client import HomebodyClient
from homebody.dealer import QUEUE_LIMIT, Owed
from homebody.errors import (
    BadMessage,
    DeadlineExceeded,
    HomebodyError,
    ModelUnreachable,
    RemoteFailure,
    RouterLost,
    RouterUnreachable,
)
from homebody.messages import Accepted, Control, Done, Ping, Say, Token
from wire import HANG_GUARD_S, RawPeer, endpoint, eventually, running

pytestmark = pytest.mark.lengthy


def run(test):
    """Run a coroutine function with an endpoint of its own."""
    with endpoint() as at:
        asyncio.run(asyncio.wait_for(test(at), HANG_GUARD_S))


@asynccontextmanager
async def house(at, handle):
    """A router at ``at`` with a voice attached whose requests ``handle`` does; yields another client."""
    async with (
        running(FakeBrain(), at),
        HomebodyClient.connect(at) as voice,
        HomebodyClient.connect(at) as client,
        voice.attach("voice", handle) as attachment,
    ):
        await attachment.wait_attached(10_000)
        yield client


async def answered(client, text, **options):
    async with aclosing(client.ask(text, **options)) as answer:
        return [message async for message in answer]


def test_an_answer_comes_as_accepted_then_tokens_in_order_then_done():
    async def test(at):
        async with running(FakeBrain(), at), HomebodyClient.connect(at) as client:
            first, *tokens, last = await answered(client, "good morning")
            assert isinstance(first, Accepted)
            assert [token.seq for token in tokens] == [0, 1, 2, 3]
            assert "".join(token.text for token in tokens) == last.text == "You said good morning"

    run(test)


def test_many_asks_of_one_client_are_answered_side_by_side():
    async def test(at):
        async with running(FakeBrain(gap_s=0.001), at), HomebodyClient.connect(at) as client:
            answers = await asyncio.gather(*(answered(client, f"number {n}") for n in range(30)))
            assert [answer[-1].text for answer in answers] == [f"You said number {n}" for n in range(30)]

    run(test)


def test_what_is_asked_before_the_router_is_up_is_answered_when_it_is():
    async def test(at):
        async with HomebodyClient.connect(at) as client:
            asked = asyncio.create_task(answered(client, "early"))
            await asyncio.sleep(0.2)
            async with running(FakeBrain(), at):
                assert (await asked)[-1].text == "You said early"

    run(test)


def test_without_a_router_the_deadline_ends_the_wait_with_a_remedy():
    async def test(at):
        async with HomebodyClient.connect(at) as client:
            with pytest.raises(RouterUnreachable) as caught:
                await client.ping(deadline_ms=50)
            assert "homebody run" in caught.value.remedy
            with pytest.raises(RouterUnreachable):
                await answered(client, "hello", deadline_ms=50)

    run(test)


def test_a_router_that_does_not_answer_in_time_is_a_deadline_exceeded():
    async def test(at):
        # A peer that accepts the connection and never says anything.
        import zmq

        context = zmq.Context()
        mute = context.socket(zmq.ROUTER)
        mute.bind(at)
        try:
            async with HomebodyClient.connect(at) as client:
                with pytest.raises(DeadlineExceeded):
                    await client.ping(deadline_ms=100)
        finally:
            mute.close(linger=0)
            context.term()

    run(test)


def test_the_routers_own_deadline_says_what_had_been_answered():
    async def test(at):
        brain = FakeBrain("one two three", gap_s=0.25)
        async with running(brain, at), HomebodyClient.connect(at) as client:
            with pytest.raises(RemoteFailure) as caught:
                await answered(client, "slowly", deadline_ms=400)
            assert caught.value.code == "deadline"
            assert caught.value.partial.startswith("one")
            await eventually(lambda: brain.ended == ["stopped"])

    run(test)


def test_a_failure_of_the_brain_arrives_with_code_reason_remedy_and_partial_text():
    async def test(at):
        error = ModelUnreachable("No model server answers.", "Start ollama.", retry_after_ms=500.0)
        async with running(FakeBrain("half an", fails=error), at), HomebodyClient.connect(at) as client:
            with pytest.raises(RemoteFailure) as caught:
                await answered(client, "anything")
            failure = caught.value
            assert (failure.code, failure.reason, failure.remedy, failure.partial, failure.retry_after_ms) == (
                "no_model", "No model server answers.", "Start ollama.", "half an", 500.0,
            )  # fmt: skip

    run(test)


def test_closing_an_answer_early_stops_the_brain():
    async def test(at):
        brain = FakeBrain("word " * 1000, gap_s=0.01)
        async with running(brain, at), HomebodyClient.connect(at) as client:
            async with aclosing(client.ask("talk")) as answer:
                async for message in answer:
                    if isinstance(message, Token):
                        break
            await eventually(lambda: brain.ended == ["stopped"])

    run(test)


def test_cancelling_the_task_that_reads_stops_the_brain():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with running(brain, at), HomebodyClient.connect(at) as client:
            reading = asyncio.create_task(answered(client, "never answered"))
            await eventually(lambda: brain.asked)
            reading.cancel()
            await eventually(lambda: brain.ended == ["stopped"])

    run(test)


def test_leaving_the_client_still_delivers_the_last_cancel():
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        async with running(brain, at):
            async with HomebodyClient.connect(at) as client:
                asking = client.ask("never answered")
                await anext(asking)
                await asking.aclose()
            await eventually(lambda: brain.ended == ["stopped"])

    run(test)


def test_what_is_too_large_to_send_is_refused_before_it_is_sent():
    async def test(at):
        async with running(FakeBrain(), at), HomebodyClient.connect(at) as client:
            with pytest.raises(BadMessage) as caught:
                await answered(client, "x" * 70_000)
            assert caught.value.code == "too_large"
            assert (await client.ping()).router

    run(test)


def test_a_reader_a_whole_queue_behind_gets_an_error_and_the_ask_is_given_up():
    async def test():
        owed = Owed(Ping(id="1"), None)
        for seq in range(QUEUE_LIMIT + 10):
            owed.put(Token(id="1", text="x", seq=seq))
        for seq in range(QUEUE_LIMIT):
            assert (await owed.next()).seq == seq
        with pytest.raises(RemoteFailure) as caught:
            await owed.next()
        assert caught.value.code == "slow_reader"
        assert not owed.ended  # so that closing it cancels the ask

    asyncio.run(test())


ROUTER = """
import asyncio, sys
from fakes import FakeBrain
from wire import running
async def main():
    async with running(FakeBrain("word " * 1000, gap_s=0.05), sys.argv[1]):
        print("ready", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


async def started_router(at):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ROUTER, at, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )  # fmt: skip
    assert (await process.stdout.readline()) == b"ready\n"
    return process


@pytest.mark.processes
def test_a_killed_router_is_noticed_at_once_and_the_same_client_works_with_the_next():
    async def test(at):
        async with HomebodyClient.connect(at) as client:
            router = await started_router(at)
            try:
                instance = (await client.ping(deadline_ms=10_000)).router
                async with aclosing(client.ask("talk", deadline_ms=600_000)) as answer:
                    while not isinstance(await anext(answer), Token):
                        pass
                    router.send_signal(signal.SIGKILL)
                    with pytest.raises(RouterLost):
                        [message async for message in answer]
                await router.wait()
                with pytest.raises(RouterUnreachable):
                    await client.ping(deadline_ms=100)
                router = await started_router(at)
                assert (await client.ping(deadline_ms=10_000)).router != instance
                async with aclosing(client.ask("again")) as answer:
                    assert isinstance(await anext(answer), Accepted)
            finally:
                if router.returncode is None:
                    router.kill()
                await router.wait()

    run(test)


def test_what_was_meant_for_a_router_that_is_gone_does_not_run_in_the_next():
    async def test(at):
        async with HomebodyClient.connect(at) as client:
            first, second = FakeBrain(wait=asyncio.Event()), FakeBrain()
            async with running(first, at):
                asked = asyncio.create_task(answered(client, "open the door"))
                await eventually(lambda: first.asked)
            with pytest.raises(HomebodyError):
                await asked
            async with running(second, at):
                try:
                    said = await answered(client, "hello")
                except RouterLost:  # the end of the first connection may be noticed only now
                    said = await answered(client, "hello")
                assert said[-1].text == "You said hello"
                assert set(second.asked) == {"hello"}

    run(test)


@pytest.mark.processes
def test_what_had_not_left_the_client_when_its_router_died_does_not_reach_the_next():
    async def test(at):
        async with HomebodyClient.connect(at) as client:
            router = await started_router(at)
            try:
                await client.ping(deadline_ms=10_000)
                router.send_signal(signal.SIGSTOP)  # more than the kernel's buffers hold now waits inside the client
                asks = [asyncio.create_task(answered(client, "open the door " * 1000)) for _ in range(100)]
                await asyncio.sleep(0.2)
            finally:
                router.kill()
                await router.wait()
            lost = await asyncio.gather(*asks, return_exceptions=True)
            assert {type(error) for error in lost} == {RouterLost}
            brain = FakeBrain()
            async with running(brain, at):
                assert (await answered(client, "hello"))[-1].text == "You said hello"
                assert brain.asked == ["hello"]

    run(test)


def test_an_attached_service_gets_requests_and_its_answers_and_errors_reach_the_asker():
    async def test(at):
        seen = []

        async def handle(request):
            seen.append(request)
            if isinstance(request, Control):
                raise RemoteFailure("not_found", "There is no such action.", "Say mute.")
            return Done(id=None, spoken=True, heard_text=request.text)

        async with house(at, handle) as client:
            done = await client.say("Good evening.", interrupt=True)
            assert (done.spoken, done.heard_text) == (True, "Good evening.")
            assert isinstance(seen[0], Say)
            assert seen[0].interrupt
            with pytest.raises(RemoteFailure) as caught:
                await client.control("voice", "dance")
            assert (caught.value.code, caught.value.remedy) == ("not_found", "Say mute.")

    run(test)


def test_a_bug_in_a_service_is_a_failure_of_that_request_alone():
    async def test(at):
        async def handle(request):
            if request.action == "break":
                raise KeyError("the person's words")
            return Done(id=None, value={"ok": True})

        async with house(at, handle) as client:
            with pytest.raises(RemoteFailure) as caught:
                await client.control("voice", "break")
            assert "words" not in caught.value.reason
            assert (await client.control("voice", "volume")).value == {"ok": True}

    run(test)


def test_cancelling_a_say_cancels_it_in_the_voice_service():
    async def test(at):
        began, cancelled = asyncio.Event(), asyncio.Event()

        async def handle(request):
            began.set()
            try:
                await asyncio.sleep(60)
            finally:
                cancelled.set()

        async with house(at, handle) as client:
            saying = asyncio.create_task(client.say("a long story"))
            await began.wait()
            saying.cancel()
            await cancelled.wait()

    run(test)


def test_an_attached_service_hears_of_a_lost_router_and_is_attached_to_the_next():
    async def test(at):
        calls = []

        async def handle(request):
            return Done(id=None, spoken=True)

        async with (
            HomebodyClient.connect(at) as voice,
            HomebodyClient.connect(at) as client,
            voice.attach("voice", handle, on_lost=lambda: calls.append("lost")) as attachment,
        ):
            async with running(FakeBrain(), at) as router:
                await attachment.wait_attached(10_000)
                assert attachment.instance == router.instance
            await eventually(lambda: calls == ["lost"])
            assert attachment.instance is None
            async with running(FakeBrain(), at) as router:
                await eventually(lambda: attachment.instance == router.instance)
                assert (await client.say("hello")).spoken
                assert calls == ["lost"]

    run(test)


def test_following_goes_on_where_it_stopped():
    async def test(at):
        async with running(FakeBrain(), at) as router, HomebodyClient.connect(at) as client:
            router.publish("timer.set", {"seconds": 1})
            async with aclosing(client.follow("timer.", since_seq=0)) as events:
                first = await anext(events)
            router.publish("voice.state", {})
            router.publish("timer.rang", {})
            async with aclosing(client.follow("timer.", since_seq=first.seq, instance=first.instance)) as events:
                second = await anext(events)
                router.publish("timer.rang", {"n": 2})
                third = await anext(events)
            assert [event.name for event in (first, second, third)] == ["timer.set", "timer.rang", "timer.rang"]
            assert [event.seq for event in (first, second, third)] == [1, 3, 4]
            assert not any(event.gap for event in (first, second, third))

    run(test)


def test_a_router_that_talks_nonsense_does_not_stop_the_client():
    async def test(at):
        import zmq
        import zmq.asyncio

        context = zmq.asyncio.Context()
        mad = context.socket(zmq.ROUTER)
        mad.bind(at)
        try:
            async with HomebodyClient.connect(at) as client:
                pinging = asyncio.create_task(client.ping())
                peer, header = await mad.recv_multipart()
                assert b'"ping"' in header
                for nonsense in (b"", b"\xff\xfe", b"{}", b'{"v":1,"type":"done","id":7}', b"[" * 5000):
                    await mad.send_multipart([peer, nonsense])
                await mad.send_multipart(
                    [peer, b'{"v":1,"type":"pong","id":"1","router":"mad","version":"9","uptime_ms":1,"new":[]}']
                )
                assert (await pinging).router == "mad"
        finally:
            mad.close(linger=0)
            context.term()

    run(test)


def test_an_ask_that_has_no_router_any_more_costs_the_brain_nothing():
    async def test(at):
        brain = FakeBrain("word " * 1000, gap_s=0.01)
        async with running(brain, at):
            peer = RawPeer(at)
            await peer.frames(b'{"v":1,"type":"ask","id":"1","text":"talk"}')
            await peer.until(Token)
            peer.close()
            await eventually(lambda: brain.ended == ["stopped"])
            assert brain.forgotten

    run(test)
