"""The wire with many clients, bad clients and clients that change their minds. The router is a process of its own."""

import asyncio
import random
import resource
import time
from contextlib import AsyncExitStack, aclosing

import psutil
import pytest

from homebody.bench.ollama_server import OllamaServer
from homebody.client import HomebodyClient
from homebody.errors import DeadlineExceeded, RemoteFailure
from homebody.messages import Ask, Done, Failed, Token
from homebody.options import RouterOptions, TextModelOptions
from homebody.router.backends.ollama import OllamaBackend
from homebody.router.brain import Brain
from wire import RawPeer, endpoint, eventually, running, told
from wire_server import inspected, served

pytestmark = pytest.mark.lengthy

MIB = 1024 * 1024
LIMIT_S = 240.0  # a hang guard


def run(test):
    with endpoint() as at:
        asyncio.run(bounded(test(at)))


async def bounded(test):
    async with asyncio.timeout(LIMIT_S):  # in 3.11, wait_for can swallow a cancellation
        await test


async def counted(client, count):
    """Ask for this many tokens; they must come whole and in order."""
    async with aclosing(client.ask(f"count {count}")) as answer:
        got = [message async for message in answer]
    tokens = [message for message in got if isinstance(message, Token)]
    assert [token.seq for token in tokens] == list(range(count))
    assert "".join(token.text for token in tokens) == got[-1].text == "".join(f"{n} " for n in range(count))


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard != resource.RLIM_INFINITY else 8192, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.processes
@pytest.mark.parametrize(("clients", "tokens"), [(10, 200), pytest.param(100, 1000, marks=pytest.mark.slow)])
def test_many_clients_stream_at_once_and_no_token_is_lost_or_out_of_order(many_descriptors, clients, tokens):
    async def test(at):
        with served(at):
            async with AsyncExitStack() as stack:
                all_ = [await stack.enter_async_context(HomebodyClient.connect(at)) for _ in range(clients)]
                await asyncio.gather(*(counted(client, tokens) for client in all_))
                before = await inspected(all_[0])
                assert before["asks"] == 1

    run(test)


@pytest.mark.slow
def test_a_client_that_stops_reading_stalls_nobody_and_the_routers_memory_stays_bounded():
    """The bound of one connection: its 1,000 queued messages of at most 64 KiB."""

    async def test(at):
        with served(at):
            async with HomebodyClient.connect(at) as healthy, RawPeer(at, RCVHWM=1) as deaf:
                await counted(healthy, 200)
                before = await inspected(healthy)
                for number in range(32):
                    await deaf.send(Ask(id=str(number), text="endless 60000"))
                slowest_s, most = 0.0, 0
                while (now := await inspected(healthy))["asks"] > 1:
                    began_s = time.monotonic()
                    await counted(healthy, 200)
                    slowest_s = max(slowest_s, time.monotonic() - began_s)
                    most = max(most, now["rss_bytes"])
                told(f"slowest answer {slowest_s:.3f} s, router grew by {(most - before['rss_bytes']) / MIB:.0f} MiB")
                assert most - before["rss_bytes"] < 128 * MIB
                endings = set()
                try:
                    while len(endings) < 32:  # it reads at last
                        message = await deaf.receive()
                        if isinstance(message, Failed):
                            assert message.code == "slow_reader"
                            endings.add(message.id)
                except TimeoutError:
                    # A peer that does not read for longer than a heartbeat answers none either, and is disconnected.
                    assert (await inspected(healthy))["forgotten"] == 1
                await counted(healthy, 200)

    run(test)


class NoSkills:
    def match(self, text, language=None):
        return []


@pytest.mark.parametrize("asks", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_after_many_cancelled_asks_no_task_socket_or_stream_is_left(asks):
    choice = random.Random(1)

    async def give_up(client, way):
        if way == "at once":
            task = asyncio.create_task(anext(client.ask("tell")))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return
        deadline_ms = 30 if way == "deadline" else 60_000
        try:
            async with aclosing(client.ask("tell me a story", deadline_ms=deadline_ms)) as answer:
                async for message in answer:
                    assert not isinstance(message, Done)
                    if isinstance(message, Token) and way == "first token":
                        break
                    if isinstance(message, Token) and message.seq == 12 and way == "middle":
                        break
        except (RemoteFailure, DeadlineExceeded) as error:  # the router's word, or where that comes late the client's
            if (error.code, way) != ("deadline", "deadline"):
                raise

    async def test(at):
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(OllamaServer())
            options = TextModelOptions(base_url=server.base_url, model="endless")
            backend = await stack.enter_async_context(aclosing(OllamaBackend(options)))
            brain = Brain(RouterOptions(text=options), NoSkills(), None, {options.model: backend})
            router = await stack.enter_async_context(running(brain, at))
            client = await stack.enter_async_context(HomebodyClient.connect(at))

            def left():
                return {
                    "tasks": len(asyncio.all_tasks()),
                    "descriptors": psutil.Process().num_fds(),
                    "streams": server.open,
                    "asks": sum(len(one.open) for one in router._requests.connections),
                    "owed": len(client._dealer._owed),
                }

            await give_up(client, "first token")
            await eventually(lambda: left()["streams"] == 0)
            await asyncio.sleep(0.2)
            before = left()
            ways = [choice.choice(["at once", "first token", "middle", "deadline"]) for _ in range(asks)]
            for at_once in range(0, asks, 20):
                await asyncio.gather(*(give_up(client, way) for way in ways[at_once : at_once + 20]))
            try:
                await eventually(lambda: all(now <= before[name] for name, now in left().items()))
            except TimeoutError:
                pytest.fail(f"{before} became {left()}")
            assert await client.ping()

    run(test)
