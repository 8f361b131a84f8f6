"""Malformed, truncated, oversized, wrong-typed and replayed frames, with a healthy client beside them."""

import itertools
import json
import random
import socket
import threading
import time

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homebody import codec
from homebody.codec import HEADER_LIMIT_BYTES, PAYLOAD_LIMIT_BYTES
from homebody.messages import FAILURE_CODES, Failed, Pong
from wire import endpoint, told
from wire_server import served

pytestmark = pytest.mark.processes

BATCH = 250  # frames of one connection
LIMIT_MS = 60_000
MIB = 1024 * 1024
SOUND = [
    {"v": 1, "type": "ping", "id": "1"},
    {"v": 1, "type": "ask", "id": "2", "text": "count 5"},
    {"v": 1, "type": "ask", "id": "3", "text": "hello", "session": "s", "language": "en", "max_tokens": 9,
     "deadline_ms": 3000, "expires_at": "2126-01-31T07:30:00Z", "speak": True, "source": "x", "payloads": []},
    {"v": 1, "type": "ask", "id": "4", "text": "look",
     "payloads": [{"kind": "image", "media_type": "image/png", "size_bytes": 4}]},
    {"v": 1, "type": "cancel", "id": "5", "ask": "2"},
    {"v": 1, "type": "caption", "id": "14", "detail": "detailed", "prompt": "p", "background": True, "deadline_ms": 9,
     "payloads": [{"kind": "image", "media_type": "image/png", "size_bytes": 4}]},
    {"v": 1, "type": "say", "id": "6", "text": "hello", "keep": False},
    {"v": 1, "type": "listen", "id": "7", "timeout_ms": 10},
    {"v": 1, "type": "control", "id": "8", "service": "voice", "action": "volume", "value": "+10"},
    {"v": 1, "type": "attach", "id": "9", "service": "voice"},
    {"v": 1, "type": "publish", "id": "10", "name": "voice.state", "data": {"state": "asleep"}},
    {"v": 1, "type": "status", "id": "11"},
    {"v": 1, "type": "follow", "id": "12", "events": ["voice."], "since_seq": 0},
    {"v": 1, "type": "done", "id": "13", "text": "I am no router"},
    {"v": 1, "type": "failed", "id": None, "code": "busy", "reason": "no"},
    {"v": 1, "type": "token", "id": "2", "text": "x", "seq": 0},
]  # fmt: skip
ODD = [
    None, True, False, 0, -1, 2**63, 2**70, 1e308, float("nan"), "", "x" * 65, "\x00", "ü", "\ud800", [], {}, [[]],
    [None], {"kind": "image"}, [{"kind": 1}], "2126-01-31", "not a date", "+inf", ["a"] * 300,
]  # fmt: skip


def mutated(rng):
    """The frames of one message, most of them wrong in one way or two."""
    header = dict(rng.choice(SOUND))
    if rng.random() < 0.8:
        header["id"] = str(rng.randrange(60))  # some are used again: a replay
    for _ in range(rng.choice([0, 1, 1, 2])):
        name = rng.choice([*header, "v", "type", "id", "unknown"])
        if rng.random() < 0.3:
            header.pop(name, None)
        else:
            header[name] = rng.choice(ODD)
    data = json.dumps(header).encode()
    kind = rng.random()
    if kind < 0.15:
        data = data[: rng.randrange(len(data))]
    elif kind < 0.35:
        changed = bytearray(data)
        for _ in range(rng.randrange(1, 5)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        data = bytes(changed)
    elif kind < 0.40:
        data = rng.randbytes(rng.randrange(300))
    elif kind < 0.42:
        data = data[:-1] + b',"filling":"' + b"x" * (HEADER_LIMIT_BYTES + rng.randrange(-200, 200)) + b'"}'
    elif kind < 0.44:
        data = b"[" * rng.randrange(1, 60_000)
    frames = [data]
    if rng.random() < 0.1:
        frames += [rng.randbytes(rng.randrange(200)) for _ in range(rng.randrange(1, 7))]
    if rng.random() < 0.03:
        frames.insert(0, b"")  # what a REQ socket puts in front
    return frames


def dealer(context, at):
    peer = context.socket(zmq.DEALER)
    peer.setsockopt(zmq.LINGER, 0)
    peer.setsockopt(zmq.RCVTIMEO, LIMIT_MS)
    peer.setsockopt(zmq.SNDTIMEO, LIMIT_MS)
    peer.connect(at)
    return peer


def taken(peer):
    """The next answer; whatever it is, it is of the protocol, and a failure says why."""
    answer, _ = codec.decode(peer.recv_multipart())
    if isinstance(answer, Failed):
        assert answer.code in FAILURE_CODES
        assert answer.reason.endswith("."), answer.reason
    return answer


def badly(context, at, seed):
    """One connection's bad messages; returns when the router has dealt with all."""
    rng = random.Random(seed)
    with dealer(context, at) as peer:
        for _ in range(BATCH):
            peer.send_multipart(mutated(rng))
            while peer.poll(0):
                taken(peer)
        until_s = time.monotonic() + LIMIT_MS / 1000
        for number in itertools.count():
            last = f"the end {number}"
            peer.send(json.dumps({"v": 1, "type": "ping", "id": last}).encode())
            while peer.poll(1000):
                if isinstance(answer := taken(peer), Pong) and answer.id == last:
                    return
            # Replayed follows may have filled the connection, and a pong that has no room is dropped: again.
            assert time.monotonic() < until_s, "the router answers this connection no more"


def not_even_zeromq(address, family, rng):
    """Bytes that are no handshake, or break off in the middle of one."""
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00" + rng.choice([b"NULL", b"CURVE"]).ljust(20, b"\0") + bytes(32)
    data = rng.choice([
        rng.randbytes(rng.randrange(1, 300)),
        greeting[: rng.randrange(len(greeting))],
        greeting + rng.randbytes(rng.randrange(1, 300)),
        greeting + b"\x04\xc8\x05HELLO" + rng.randbytes(rng.randrange(200)),
        greeting + b"\x06" + (2**62).to_bytes(8, "big"),
    ])  # fmt: skip
    with socket.socket(family) as raw:
        raw.settimeout(10)
        try:
            raw.connect(address)
            raw.sendall(data)
            if rng.random() < 0.3:
                raw.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was thrown out


class Healthy(threading.Thread):
    """A client that goes on asking, and must get every answer whole."""

    def __init__(self, context, at):
        super().__init__()
        self._context, self._at = context, at
        self._ending, self.answers, self.wrong, self.slowest_s = threading.Event(), 0, None, 0.0

    def run(self):
        try:
            with dealer(self._context, self._at) as peer:
                while not self._ending.is_set():
                    self.ask(peer)
                    time.sleep(0.002)
        except Exception as error:
            self.wrong = error

    def ask(self, peer):
        began_s = time.monotonic()
        id_ = str(self.answers)
        peer.send(json.dumps({"v": 1, "type": "ask", "id": id_, "text": "count 20"}).encode())
        seen = []
        while not seen or seen[-1]["type"] not in {"done", "failed"}:
            seen.append(json.loads(peer.recv_multipart()[0]))
        assert {message["id"] for message in seen} == {id_}
        assert [message["seq"] for message in seen if message["type"] == "token"] == list(range(20))
        assert seen[-1]["text"] == "".join(f"{n} " for n in range(20))
        self.answers += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)

    def end(self):
        self._ending.set()
        self.join(LIMIT_MS / 1000)
        assert self.wrong is None, repr(self.wrong)
        assert self.answers > 0


def inspect(context, at):
    with dealer(context, at) as peer:
        peer.send(json.dumps({"v": 1, "type": "ask", "id": "i", "text": "inspect"}).encode())
        while (answer := json.loads(peer.recv_multipart()[0]))["type"] != "done":
            pass
        return answer["value"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("frames", [2_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_bad_frames_crash_nothing_leak_nothing_and_harm_nobody_else(frames):
    with endpoint() as at, served(at, tcp=True) as (process, tcp_endpoint), zmq.Context() as context:
        host, _, port = tcp_endpoint.removeprefix("tcp://").rpartition(":")
        seeds = iter(range(10**9))
        for _ in range(4):
            badly(context, at, next(seeds))  # what is allocated once is not a leak
        before = inspect(context, at)
        healthy = Healthy(context, at)
        healthy.start()

        @settings(max_examples=max(1, frames // BATCH), deadline=None, suppress_health_check=list(HealthCheck))
        @given(seed=st.integers(0, 2**63))
        def bad(seed):
            badly(context, at, seed)
            rng = random.Random(seed)
            for _ in range(4):
                not_even_zeromq(at.removeprefix("ipc://"), socket.AF_UNIX, rng)
                not_even_zeromq((host, int(port)), socket.AF_INET, rng)

        try:
            bad()
            for _ in range(3):
                with dealer(context, at) as peer:  # a frame that is too large ends its connection, and that alone
                    peer.send_multipart([b'{"v":1,"type":"ping","id":"1"}', bytes(PAYLOAD_LIMIT_BYTES + 1)])
        finally:
            healthy.end()
        until_s = time.monotonic() + 60
        while (after := inspect(context, at))["tasks"] > before["tasks"] or after["descriptors"] > before[
            "descriptors"
        ]:
            assert time.monotonic() < until_s, (before, after)
            time.sleep(0.1)
        grown = after["rss_bytes"] - before["rss_bytes"]
        told(f"{frames} frames, {healthy.answers} healthy answers, slowest {healthy.slowest_s:.3f} s, {before} {after}")
        assert after["asks"] == 1
        assert grown < 64 * MIB, f"the router grew by {grown / MIB:.0f} MiB"
        assert process.is_running()
