"""A router as a process of its own, with a brain that does what it is told: ``python -m wire_server ENDPOINT [tcp]``.

It prints ``ready`` and its TCP endpoint, and ends when standard input is closed. What it is asked, it does:
``count N`` answers with N tokens, ``endless N`` with tokens of N characters until it is stopped, ``inspect`` with what
the process holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from homebody.client import HomebodyClient
from homebody.messages import Accepted, Done, Route, Token
from wire import running, tcp_with_keys

ROUTE = Route(kind="model", model="none")


class ObedientBrain:
    def __init__(self):
        self.asks = self.forgotten = 0

    async def answer(self, ask, payloads, *, connection, release=None):
        self.asks += 1
        try:
            yield Accepted(id=ask.id, route=ROUTE, revision=getattr(ask, "revision", 0))
            word, _, number = getattr(ask, "text", "caption").partition(" ")
            if word == "inspect":
                yield Done(id=ask.id, value=self.inspect())
                return
            endless = word == "endless"
            count = int(number) if word == "count" and number.isdigit() else 3
            text = ""
            for seq in itertools.count() if endless else range(count):
                piece = "x" * int(number) if endless else f"{seq} "
                text += "" if endless else piece
                yield Token(id=ask.id, text=piece, seq=seq)
                if seq % 16 == 15:
                    await asyncio.sleep(0)
            yield Done(id=ask.id, text=text, route=ROUTE)
        finally:
            self.asks -= 1

    def inspect(self):
        me = psutil.Process()
        return {
            "asks": self.asks,
            "forgotten": self.forgotten,
            "tasks": len(asyncio.all_tasks()),
            "descriptors": me.num_fds(),
            "threads": me.num_threads(),
            "rss_bytes": me.memory_info().rss,
        }

    def forget(self, session):
        self.forgotten += 1


async def main(at, tcp):
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with running(ObedientBrain(), at, tcp=tcp_with_keys() if tcp else None) as router:
        sys.stdout.write(f"ready {router._socket.tcp_endpoint}\n")
        sys.stdout.flush()
        await reader.read()


@contextlib.contextmanager
def served(at: str, *, tcp: bool = False) -> Iterator[tuple[psutil.Process, str]]:
    """This router for as long as the context lasts: its process, and its TCP endpoint."""
    here = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    process = subprocess.Popen(
        [sys.executable, "-m", "wire_server", at, *(["tcp"] if tcp else [])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": here},
    )  # fmt: skip
    try:
        word, _, tcp_endpoint = process.stdout.readline().rstrip("\n").partition(" ")
        assert word == "ready"
        yield psutil.Process(process.pid), tcp_endpoint
        assert process.poll() is None, "the router ended"
    finally:
        process.stdin.close()
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.stdout.close()


async def inspected(client: HomebodyClient) -> dict[str, int]:
    """What the router's process holds."""
    async with contextlib.aclosing(client.ask("inspect")) as answer:
        return [message async for message in answer][-1].value


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], "tcp" in sys.argv[2:]))
