"""The transport under the model server's client, against servers that do as they are told, and fed by hand."""

import asyncio
import contextlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.backends import http_transport
from homebody.router.backends.http_transport import PlainTransport

pytestmark = pytest.mark.lengthy

HANG_GUARD_S = 20
HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nowls"


def run(test):
    async def bounded():
        async with asyncio.timeout(HANG_GUARD_S):
            await test()

    asyncio.run(bounded())


@contextlib.asynccontextmanager
async def asking(serve, **timeouts):
    """A client of a server whose every connection is ``serve(reader, writer)``; and how many there have been."""
    connections, tasks = [], set()

    async def connected(reader, writer):
        connections.append(writer)
        tasks.add(asyncio.current_task())
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    limits = httpx.Timeout(**{"timeout": HANG_GUARD_S, **timeouts})
    async with httpx.AsyncClient(
        base_url=base_url, trust_env=False, timeout=limits, mounts={"http://": PlainTransport()}
    ) as client:
        yield client, connections
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await server.wait_closed()


async def request_read(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
    return await reader.readexactly(int(fields.get(b"content-length", 0)))


def always(*parts, then_close=False):
    """Answers each request of a connection with these bytes."""

    async def serve(reader, writer):
        while True:
            await request_read(reader)
            for part in parts:
                writer.write(part)
                await writer.drain()
            if then_close:
                return

    return serve


def test_one_connection_serves_one_request_after_another():
    async def test():
        async with asking(always(WHOLE)) as (client, connections):
            for _ in range(3):
                assert (await client.post("/", json={"ask": "why"})).text == "owls"
            assert len(connections) == 1

    run(test)


def test_two_requests_at_once_have_a_connection_each():
    async def test():
        async with asking(always(WHOLE)) as (client, connections):
            answers = await asyncio.gather(client.get("/"), client.get("/"))
            assert [answer.text for answer in answers] == ["owls", "owls"]
            assert len(connections) == 2

    run(test)


def test_a_body_comes_as_it_is_sent_and_interim_responses_are_passed_over():
    async def test():
        may_go_on = asyncio.Event()

        async def serve(reader, writer):
            await request_read(reader)
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" + HEAD + b"5\r\nowls \r\n")
            await may_go_on.wait()
            writer.write(b"4\r\ncan \r\n0\r\n\r\n")
            await reader.read()

        async with asking(serve) as (client, _), client.stream("GET", "/") as response:
            parts = response.aiter_bytes()
            assert await anext(parts) == b"owls "
            may_go_on.set()
            assert [part async for part in parts] == [b"can "]

    run(test)


def test_a_response_given_up_closes_its_connection_at_once_and_the_next_request_has_another():
    async def test():
        closed = asyncio.Event()

        async def serve(reader, writer):
            await request_read(reader)
            writer.write(HEAD + b"5\r\nowls \r\n")
            if not await reader.read(1):
                closed.set()

        async with asking(serve) as (client, connections):
            for _ in range(2):
                async with client.stream("GET", "/") as response:
                    await anext(response.aiter_bytes())
                await closed.wait()
                closed.clear()
            assert len(connections) == 2

    run(test)


def test_a_request_cancelled_before_its_answer_closes_its_connection():
    async def test():
        asked, closed = asyncio.Event(), asyncio.Event()

        async def serve(reader, writer):
            await request_read(reader)
            asked.set()
            if not await reader.read(1):
                closed.set()

        async with asking(serve) as (client, _):
            task = asyncio.create_task(client.get("/"))
            await asked.wait()
            task.cancel()
            await closed.wait()

    run(test)


@pytest.mark.parametrize("said", [b"\r\nConnection: close", b""])
def test_a_connection_that_the_server_has_closed_is_not_used_again(said):
    async def test():
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4" + said + b"\r\n\r\nowls"
        async with asking(always(answer, then_close=True)) as (client, connections):
            for count in (1, 2):
                assert (await client.get("/")).text == "owls"
                await connections[-1].wait_closed()
                await asyncio.sleep(0.01)  # the end has to come through the kernel; there is nothing to wait for
                assert len(connections) == count

    run(test)


def test_a_connection_idle_for_long_is_not_used_again(monkeypatch):
    monkeypatch.setattr(http_transport, "IDLE_S", -1.0)

    async def test():
        async with asking(always(WHOLE)) as (client, connections):
            for _ in range(2):
                await client.get("/")
            assert len(connections) == 2

    run(test)


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ((), httpx.RemoteProtocolError),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), httpx.RemoteProtocolError),
        ((b"HTTP/1.1 200",), httpx.RemoteProtocolError),
        ((HEAD, b"5\r\nowls \r\n"), httpx.RemoteProtocolError),
        ((HEAD, b"five\r\n"), httpx.RemoteProtocolError),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,), httpx.RemoteProtocolError),
    ],
)
def test_a_server_that_breaks_off_or_speaks_something_else_is_an_error_of_httpx(parts, kind):
    async def test():
        async with asking(always(*parts, then_close=True)) as (client, _):
            with pytest.raises(kind):
                await client.get("/")

    run(test)


def test_a_server_that_is_not_there_or_silent_is_an_error_of_httpx():
    async def test():
        async with asking(always(HEAD), read=0.05) as (client, _):
            with pytest.raises(httpx.ReadTimeout):
                await client.get("/")
            gone = client.base_url
        async with httpx.AsyncClient(trust_env=False, mounts={"http://": PlainTransport()}) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(gone)

    run(test)


def test_a_server_that_sends_faster_than_is_read_has_to_wait_and_nothing_is_lost():
    async def test():
        size, done = 16 * 1024 * 1024, asyncio.Event()

        async def serve(reader, writer):
            await request_read(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(256):
                writer.write(b"x" * (size // 256))
                await writer.drain()
            done.set()
            await reader.read()

        async with asking(serve) as (client, _), client.stream("GET", "/") as response:
            await asyncio.sleep(0.1)
            assert not done.is_set()
            assert sum([len(part) async for part in response.aiter_bytes()]) == size
            assert done.is_set()

    run(test)


def test_a_long_upload_arrives_whole_at_a_server_that_reads_slowly():
    async def test():
        part, count, got = b"x" * 65_536, 200, asyncio.get_running_loop().create_future()

        async def upload():
            for _ in range(count):
                yield part

        async def serve(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"transfer-encoding: chunked" in head.lower()
            total = 0
            while size := int(await reader.readline(), 16):
                total += len((await reader.readexactly(size + 2))[:-2])
                await asyncio.sleep(0)
            got.set_result(total)
            writer.write(WHOLE)
            await reader.read()

        async with asking(serve) as (client, _):
            assert (await client.post("/", content=upload())).text == "owls"
            assert await got == len(part) * count

    run(test)


@given(words=st.lists(st.binary(min_size=1, max_size=40), max_size=8), cuts=st.lists(st.integers(0, 400), max_size=12))
def test_a_body_is_the_same_however_it_is_torn_on_its_way(words, cuts):
    sent = HEAD + b"".join(b"%x\r\n%s\r\n" % (len(word), word) for word in words) + b"0\r\n\r\n"
    ends = sorted({min(cut, len(sent)) for cut in cuts} | {len(sent)})
    pieces = [sent[begin:end] for begin, end in zip([0, *ends], ends, strict=False) if end > begin]

    class Wire(asyncio.Transport):
        def write(self, data):
            pass

        def abort(self):
            pass

    async def test():
        connection = http_transport._Connection(("127.0.0.1", 80))
        connection.connection_made(Wire())
        await connection.send(("GET", b"/", [(b"Host", b"here")]), b"", None)
        for piece in pieces:
            asyncio.get_running_loop().call_soon(connection.data_received, piece)
        assert (await connection.head(HANG_GUARD_S)).status_code == 200
        found = b""
        while part := await connection.data(HANG_GUARD_S):
            found += part
        assert found == b"".join(words)
        assert connection.rest()

    run(test)
