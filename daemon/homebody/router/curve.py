"""Other machines: the TCP side of the router's socket, where only listed CURVE keys come in.

libzmq copies a socket's options into each listener at its bind, so one ROUTER can listen on ``ipc://`` without and on
``tcp://`` with CURVE, and everything behind it stays the same. Who may come in is asked once a handshake by ZAP
(https://rfc.zeromq.org/spec/27/): a client whose key is not listed never gets a message through, nor an answer.
"""

from __future__ import annotations

import logging
from typing import Final, NamedTuple

import zmq
from zmq.utils import z85

from homebody import codec
from homebody.errors import MachineError
from homebody.keys import AllowList, ServerKey
from homebody.sockets import FrameSocket

log = logging.getLogger(__name__)

ZAP_ENDPOINT: Final = "inproc://zeromq.zap.01"
DOMAIN: Final = b"homebody"
CURVE_OVERHEAD_BYTES: Final = 64  # of a frame: command name, nonce, authenticator; libzmq's size limit counts them
ZAP_FRAMES: Final = 7  # version, request, domain, address, identity, mechanism, and one credential for CURVE


class Tcp(NamedTuple):
    """Where to listen for other machines, and who may come in.

    Attributes:
        endpoint: ``tcp://ADDRESS:PORT``.
        key: The router's own pair.
        allowed: The clients' public keys.
    """

    endpoint: str
    key: ServerKey
    allowed: AllowList


def listen(socket: zmq.Socket[bytes], tcp: Tcp) -> str:
    """Have a bound ROUTER listen on TCP as well; `admit` must be running. Returns the endpoint as libzmq resolved it.

    Raises:
        MachineError: The address cannot be listened at.
    """
    socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without somebody to ask, nobody comes in
    socket.setsockopt(zmq.CURVE_SERVER, 1)
    socket.setsockopt(zmq.CURVE_SECRETKEY, tcp.key.secret_key.encode())
    socket.setsockopt(zmq.MAXMSGSIZE, codec.PAYLOAD_LIMIT_BYTES + CURVE_OVERHEAD_BYTES)
    socket.setsockopt(zmq.IPV6, int("[" in tcp.endpoint))
    try:
        socket.bind(tcp.endpoint)
    except zmq.ZMQError as error:
        reason = f"The router cannot listen at {tcp.endpoint}: {zmq.strerror(error.errno or 0)}."
        raise MachineError(reason, "Choose an address of this machine and a free port in wire.tcp.") from error
    return str(socket.getsockopt_string(zmq.LAST_ENDPOINT))


class Gatekeeper:
    """Answers libzmq's question whether a key may come in.

    Args:
        context: The ROUTER's; its handshakes come here from the constructor on, and wait until `run` answers.
        allowed: Looked at anew for each handshake.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], allowed: AllowList) -> None:
        self._allowed = allowed
        socket = context.socket(zmq.REP)
        socket.setsockopt(zmq.LINGER, 0)
        socket.bind(ZAP_ENDPOINT)
        self._socket = FrameSocket(socket)

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            request = await self._socket.receive()
            status, key = b"400", ""
            try:
                status, key = self._answer(request)
            except Exception as error:  # whatever goes wrong, the answer is no
                log.error("A handshake could not be judged: %s", type(error).__name__)
            text = b"OK" if status == b"200" else b"Not listed"
            self._socket.send([b"1.0", request[1], status, text, key.encode(), b""])

    def close(self) -> None:
        """Nobody comes in any more."""
        self._socket.close()

    def _answer(self, request: list[bytes]) -> tuple[bytes, str]:
        if len(request) != ZAP_FRAMES or request[2] != DOMAIN or request[5] != b"CURVE":
            return b"400", ""
        self._allowed.refresh()
        key = z85.encode(request[6]).decode("ascii")
        if key in self._allowed:
            return b"200", key
        log.info("A client at %s was refused: its key is not listed.", request[3].decode("ascii", "replace"))
        return b"400", ""


def key_of(frame: zmq.Frame) -> str | None:
    """The CURVE public key of whoever sent this frame; None: it came from this machine."""
    try:
        return str(frame.get("User-Id"))
    except zmq.ZMQError:  # libzmq's word for a property that is not there
        return None
