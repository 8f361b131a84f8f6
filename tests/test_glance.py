"""One look at the router, without asyncio: what `homebody status` asks with."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
import zmq

import wire
from fakes import FakeBrain
from homebody import codec
from homebody.errors import DeadlineExceeded, RemoteFailure, WireError
from homebody.glance import status_of
from homebody.messages import Failed


def test_where_there_is_no_socket_nobody_is():
    assert status_of("ipc:///nowhere/router") is None


def test_a_socket_that_a_dead_router_left_behind_is_nobody():
    with wire.endpoint() as endpoint:
        with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
            socket.bind(endpoint)
            path = Path(endpoint.removeprefix("ipc://"))
            kept = path.rename(path.with_suffix(".kept"))  # closing it removes it
        kept.rename(path)
        assert status_of(endpoint, found_ms=50) is None


def test_a_router_tells_how_it_is():
    async def looked():
        with wire.endpoint() as endpoint:
            async with wire.running(FakeBrain(), endpoint):
                return endpoint, await asyncio.to_thread(status_of, endpoint)

    endpoint, report = asyncio.run(looked())
    assert report is not None
    assert report.endpoint == endpoint
    assert [service.name for service in report.services][:1] == ["router"]


def answered(*frames: bytes):
    """What `status_of` makes of a router that answers with these frames; with none it never answers."""
    with wire.endpoint() as endpoint, zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.bind(endpoint)

        def answer() -> None:
            sender, *_ = socket.recv_multipart()
            if frames:
                socket.send_multipart([sender, *frames])

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            return status_of(endpoint, answer_ms=10_000 if frames else 50)
        finally:
            thread.join(30)


def test_a_router_that_hangs_is_told_from_none():
    with pytest.raises(DeadlineExceeded) as late:
        answered()
    assert "homebody doctor" in late.value.remedy


def test_what_the_router_refuses_comes_with_its_words():
    failed = Failed(id="1", code="internal", reason="It is on fire.", remedy="Put it out.")
    with pytest.raises(RemoteFailure) as refused:
        answered(*codec.encode(failed))
    assert (str(refused.value), refused.value.remedy) == ("It is on fire.", "Put it out.")


def test_who_speaks_something_else_is_no_router():
    with pytest.raises(WireError):
        answered(b"GET / HTTP/1.1")
