"""The router on TCP: whoever is listed gets answers, nobody else gets a byte of the protocol."""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import pytest
import zmq

from fakes import FakeBrain
from homebody import cli, keys
from homebody.client import HomebodyClient
from homebody.codec import PAYLOAD_LIMIT_BYTES
from homebody.errors import KeyRefused, MachineError, RouterUnreachable, UsageError
from homebody.messages import Accepted, Ask, Done, Failed, Payload, Ping, Pong
from wire import HANG_GUARD_S, RawPeer, endpoint, eventually, in_a_thread, running, tcp_with_keys

pytestmark = pytest.mark.lengthy

CLIENTS = Path(__file__).parent.parent.parent / "docs" / "clients"
SILENCE_S = 0.5  # long enough for an answer on loopback, which must not come


def run(test):
    with endpoint() as at:
        asyncio.run(asyncio.wait_for(test(at), HANG_GUARD_S))


def new_client(tmp_path, name="kitchen"):
    return keys.add_new(name, tmp_path / f"{name}.key")


def curve(key):
    return {
        "CURVE_SERVERKEY": key.server_key.encode(),
        "CURVE_PUBLICKEY": key.public_key.encode(),
        "CURVE_SECRETKEY": key.secret_key.encode(),
    }


def stranger():
    """A client that knows the router, as everyone may, and is not listed."""
    public_key, secret_key = (half.decode() for half in zmq.curve_keypair())
    return keys.ClientKey(keys.make_server_key().public_key, public_key, secret_key)


@contextlib.asynccontextmanager
async def listed_peer(brain, at, key):
    async with contextlib.AsyncExitStack() as stack:
        router = await stack.enter_async_context(running(brain, at, tcp=tcp_with_keys()))
        yield await stack.enter_async_context(RawPeer(router._socket.tcp_endpoint, **curve(key)))


async def answer_of(client, text="hello"):
    async with aclosing(client.ask(text)) as answer:
        return [message async for message in answer][-1].text


def test_a_listed_client_gets_answers_over_tcp_and_this_machines_own_need_no_key(tmp_path):
    async def test(at):
        key = new_client(tmp_path)
        async with running(FakeBrain(), at, tcp=tcp_with_keys()) as router:
            far_at = router._socket.tcp_endpoint
            async with HomebodyClient.connect(far_at, key) as far, HomebodyClient.connect(at) as near:
                assert await answer_of(far, "from afar") == "You said from afar"
                assert await answer_of(near, "from here") == "You said from here"
                report = await near.status()
                assert (report.endpoint, report.tcp_endpoint) == (at, far_at)

    run(test)


def without_curve():
    return {}


def with_the_key_of_another_router():
    key = stranger()
    other = zmq.curve_keypair()[0].decode()
    return curve(keys.ClientKey(other, key.public_key, key.secret_key))


def with_a_stolen_public_key():
    """The public half of a listed client, which is no secret, and a secret half of one's own."""
    key, listed = stranger(), keys.listed()[0]
    return curve(keys.ClientKey(key.server_key, listed.public_key, key.secret_key))


@pytest.mark.parametrize(
    "options",
    [
        lambda: curve(stranger()),
        without_curve,
        with_the_key_of_another_router,
        with_a_stolen_public_key,
        lambda: {"PLAIN_USERNAME": b"a", "PLAIN_PASSWORD": b"b"},
    ],
    ids=["not listed", "no CURVE", "another router's key", "stolen public key", "PLAIN"],
)
def test_anybody_else_is_refused_without_an_answer(tmp_path, options):
    async def test(at):
        brain = FakeBrain()
        new_client(tmp_path)
        async with running(brain, at, tcp=tcp_with_keys()) as router:
            async with RawPeer(router._socket.tcp_endpoint, **options()) as peer:
                await peer.send(Ping(id="1"))
                await peer.send(Ask(id="2", text="let me in"))
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(peer.socket.recv_multipart(), SILENCE_S)
            assert brain.asked == []
            assert list(router._requests.connections) == []

    run(test)


def test_without_anybody_to_ask_nobody_comes_in(tmp_path):
    async def test(at):
        key = new_client(tmp_path)
        async with running(FakeBrain(), at, tcp=tcp_with_keys()) as router:
            for task in asyncio.all_tasks():
                if "Gatekeeper.run" in repr(task):
                    task.cancel()
            await asyncio.sleep(0)
            async with RawPeer(router._socket.tcp_endpoint, **curve(key)) as peer:
                await peer.send(Ping(id="1"))
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(peer.socket.recv_multipart(), SILENCE_S)

    run(test)


def test_our_client_says_why_it_is_refused_at_once_and_gets_in_when_it_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr("homebody.dealer.REFUSED_RETRY_S", 0.1)

    async def test(at):
        key = stranger()
        async with running(FakeBrain(), at, tcp=tcp_with_keys()) as router:
            async with HomebodyClient.connect(router._socket.tcp_endpoint, key) as client:
                for _ in range(2):
                    with pytest.raises(KeyRefused) as caught:
                        await client.ping(deadline_ms=HANG_GUARD_S * 1000)
                    assert "homebody keys add" in caught.value.remedy
                keys.add("kitchen", key.public_key)

                async def ping():
                    while True:
                        try:
                            return await client.ping()
                        except KeyRefused:
                            await asyncio.sleep(0.05)

                assert await ping()
            wrong = keys.ClientKey(zmq.curve_keypair()[0].decode(), key.public_key, key.secret_key)
            async with HomebodyClient.connect(router._socket.tcp_endpoint, wrong) as client:
                with pytest.raises(KeyRefused, match="not the router"):
                    await client.ping(deadline_ms=HANG_GUARD_S * 1000)

    run(test)


def test_a_client_that_is_removed_loses_what_it_has_open_and_is_not_heard_again(tmp_path):
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        removed, stays = new_client(tmp_path), new_client(tmp_path, "hall")
        async with running(brain, at, tcp=tcp_with_keys()) as router:
            far_at = router._socket.tcp_endpoint
            async with RawPeer(far_at, **curve(removed)) as peer, RawPeer(far_at, **curve(stays)) as other:
                for one in (peer, other):
                    await one.send(Ask(id="1", text="wait"))
                    await one.until(Accepted)
                keys.remove("kitchen")
                failed = await peer.receive()
                assert (failed.id, failed.code) == ("1", "not_allowed")
                assert brain.ended == ["stopped"]
                await peer.send(Ask(id="2", text="still there?"))
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(peer.socket.recv_multipart(), SILENCE_S)
                brain._wait.set()
                assert isinstance((await other.until(Done, Failed))[-1], Done)
                assert "still there?" not in brain.asked

    run(test)


def test_a_client_cannot_take_over_what_another_key_has_open_by_its_identity(tmp_path):
    async def test(at):
        brain = FakeBrain(wait=asyncio.Event())
        first, second = new_client(tmp_path), new_client(tmp_path, "hall")
        async with running(brain, at, tcp=tcp_with_keys()) as router:
            far_at = router._socket.tcp_endpoint
            async with RawPeer(far_at, ROUTING_ID=b"me", **curve(first)) as peer:
                await peer.send(Ask(id="1", text="a secret"))
                await peer.until(Accepted)
            async with RawPeer(far_at, ROUTING_ID=b"me", **curve(second)) as peer:
                await peer.send(Ping(id="2"))
                assert isinstance(await peer.receive(), Pong)
                await eventually(lambda: brain.ended == ["stopped"])

    run(test)


def test_a_payload_of_the_full_size_comes_through_the_encryption_and_a_larger_one_does_not(tmp_path):
    async def test(at):
        key = new_client(tmp_path)
        async with listed_peer(FakeBrain(), at, key) as peer:
            described = Payload(kind="image", media_type="image/png", size_bytes=PAYLOAD_LIMIT_BYTES)
            await peer.send(Ask(id="1", text="look", payloads=(described,)), bytes(PAYLOAD_LIMIT_BYTES))
            assert isinstance((await peer.until(Done, Failed))[-1], Done)
            await peer.send(Ask(id="2", text="look"), bytes(PAYLOAD_LIMIT_BYTES + 1))
            failed = await peer.receive()
            assert (failed.id, failed.code) == ("2", "too_large")

    run(test)


def test_the_limit_of_open_asks_holds_over_tcp_and_says_when_to_come_back(tmp_path):
    async def test(at):
        key = new_client(tmp_path)
        brain = FakeBrain(wait=asyncio.Event())
        async with listed_peer(brain, at, key) as peer:
            for number in range(33):
                await peer.send(Ask(id=str(number), text="wait"))
            *_, busy = await peer.until(Failed)
            assert (busy.id, busy.code) == ("32", "busy")
            assert busy.retry_after_ms > 0
            brain._wait.set()
            ended = set()
            while len(ended) < 32:
                ended.add((await peer.until(Done))[-1].id)
            await peer.send(Ask(id="33", text="again"))
            assert (await peer.until(Done, Failed))[-1].text == "You said again"

    run(test)


def test_a_port_that_is_taken_is_one_clear_error_and_leaves_nothing_open(tmp_path):
    async def test(at):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(MachineError) as caught:
                async with running(FakeBrain(), at, tcp=tcp_with_keys(str(taken.getsockname()[1]))):
                    pass
            assert "wire.tcp" in caught.value.remedy
        async with running(FakeBrain(), at), HomebodyClient.connect(at) as client:
            assert await client.ping()

    run(test)


def test_endpoint_and_key_must_go_together(tmp_path):
    async def test(at):
        key = new_client(tmp_path)
        for where, with_key in [("tcp://127.0.0.1:9", None), (at, key), ("http://a", None), ("tcp://nowhere", key)]:
            with pytest.raises(UsageError) as caught:
                async with HomebodyClient.connect(where, with_key):
                    pass
            assert caught.value.remedy
        async with HomebodyClient.connect("tcp://127.0.0.1:9", key) as client:
            with pytest.raises(RouterUnreachable):
                await client.ping(deadline_ms=200)

    run(test)


# --- other clients ----------------------------------------------------------------------------------------------


@pytest.fixture
def both(tmp_path):
    """The arguments that reach a router, by the way to it."""
    new_client(tmp_path)
    with endpoint() as at, in_a_thread(FakeBrain(), at, tcp=tcp_with_keys()) as router:
        yield {"ipc": [at], "tcp": [router._socket.tcp_endpoint, str(tmp_path / "kitchen.key")]}


@pytest.mark.processes
@pytest.mark.parametrize("way", ["ipc", "tcp"])
def test_the_python_client_of_the_documentation_gets_its_answer(both, way):
    at, *key_file = both[way]
    command = [sys.executable, CLIENTS / "ask.py", at, "what time is it", *key_file]
    result = subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD_S, check=False)
    assert (result.stdout, result.stderr, result.returncode) == ("You said what time is it\n", "", 0)


@pytest.fixture(scope="session")
def node_client(tmp_path_factory):
    """ask.mjs with its one package, installed in a folder of its own."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed here: the Node client did not run")
    folder = tmp_path_factory.mktemp("node")
    for name in ("ask.mjs", "package.json"):
        shutil.copy(CLIENTS / name, folder)
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
    result = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if result.returncode:
        pytest.skip(f"npm cannot install zeromq here: the Node client did not run ({result.stderr[-200:]})")
    return folder / "ask.mjs"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["ipc", "tcp"])
def test_the_node_client_of_the_documentation_gets_its_answer(node_client, both, way):
    at, *key_file = both[way]
    command = ["node", node_client, at, "what time is it", *key_file]
    result = subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD_S, check=False)
    assert (result.stdout, result.stderr, result.returncode) == ("You said what time is it\n", "", 0)


@pytest.mark.parametrize(("arguments", "said"), [
    ([], "python ask.py ENDPOINT"), (["ipc:///r", "what", "time", "is"], "python ask.py ENDPOINT"),
    (["nonsense", "hello"], "no answer: Invalid argument"),
])  # fmt: skip
def test_the_python_client_of_the_documentation_says_how_it_is_called(arguments, said):
    command = [sys.executable, CLIENTS / "ask.py", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=HANG_GUARD_S, check=False)
    assert (result.returncode, said in result.stderr, "Traceback" in result.stderr) == (1, True, False)


@pytest.mark.parametrize("name", ["ask.py", "ask.mjs"])
def test_a_client_of_the_documentation_is_short_and_imports_nothing_of_ours(name):
    lines = [line for line in (CLIENTS / name).read_text().splitlines() if line.strip()]
    assert len(lines) <= 25
    assert not any("import" in line and "homebody" in line for line in lines)


def test_the_commands_take_an_endpoint_and_a_key(both, capsys, tmp_path):
    at, key_file = both["tcp"]
    there = ["--endpoint", at, "--key", key_file]
    assert cli.main(["ask", *there, "hello"]) == 0
    assert capsys.readouterr().out == "You said hello\n"
    assert cli.main(["status", *there, "--json"]) == 0
    assert f'"tcp_endpoint":"{at}"' in capsys.readouterr().out
    assert cli.main(["listen", *there]) == 69  # no voice
    assert cli.main(["say", *there, "hello"]) == 69
    capsys.readouterr()
    assert cli.main(["keys", "list"]) == 0
    assert capsys.readouterr().out == f"{keys.listed()[0].public_key}  kitchen\n"
    assert cli.main(["keys", "remove", "kitchen"]) == 0
    assert cli.main(["status", *there]) == 77
    assert cli.main(["ask", *there, "hello"]) == 77
    assert "does not let this key in" in capsys.readouterr().err
    assert cli.main(["ask", "--key", key_file, "hello"]) == 64
    assert cli.main(["ask", "--endpoint", at, "hello"]) == 64
    assert cli.main(["keys", "add", "hall", "-o", str(tmp_path / "hall.key")]) == 0
    assert cli.main(["ask", "--endpoint", at, "--key", str(tmp_path / "hall.key"), "hello"]) == 0
