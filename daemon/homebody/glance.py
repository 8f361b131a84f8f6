"""One look at the router of this machine, for a command that asks one thing and ends.

`homebody.client` is for whoever goes on talking; it brings asyncio, which takes longer to import than all else that
`homebody status` needs. Here is one plain socket, one question and one answer.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import zmq

from homebody import codec
from homebody.errors import DeadlineExceeded
from homebody.messages import Failed, Status, StatusReport

FOUND_LIMIT_MS: Final = 1000
ANSWER_LIMIT_MS: Final = 2500


def status_of(
    endpoint: str, *, found_ms: int = FOUND_LIMIT_MS, answer_ms: int = ANSWER_LIMIT_MS
) -> StatusReport | None:
    """How the router at this ``ipc://`` endpoint is; None: there is none. Blocks.

    Args:
        endpoint: Of this machine; those of others take a key and `homebody.client`.
        found_ms: So long somebody is looked for.
        answer_ms: So long the answer is waited for.

    Raises:
        DeadlineExceeded: Somebody is there and does not answer.
        RemoteFailure: They answered ``failed``.
        WireError: What they answered is not the protocol.
    """
    if not Path(endpoint.removeprefix("ipc://")).exists():
        return None
    context = zmq.Context()
    socket = context.socket(zmq.DEALER)
    try:
        socket.setsockopt(zmq.IMMEDIATE, 1)  # writable only once somebody has shaken hands
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect(endpoint)
        if not socket.poll(found_ms, zmq.POLLOUT):
            return None
        socket.send_multipart(codec.encode(Status(id="1")))
        until_s = time.monotonic() + answer_ms / 1000
        while socket.poll(max(0, round((until_s - time.monotonic()) * 1000)), zmq.POLLIN):
            answer, _ = codec.decode(socket.recv_multipart())
            if isinstance(answer, StatusReport):
                return answer
            if isinstance(answer, Failed):
                raise codec.failure(answer)
        raise DeadlineExceeded("The router is there and does not answer.", "If it stays so: homebody doctor")
    finally:
        socket.close()
        context.term()
