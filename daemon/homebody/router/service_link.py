"""The attached voice service, seen from the router: what is asked of it, and whether it is still there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from homebody import messages
from homebody.errors import RemoteFailure
from homebody.messages import Cancel, Control, Done, Failed, Listen, Say
from homebody.router.socket import Sent

SILENCE_LIMIT_S: Final = 4.0  # an attached service pings every second
PROBE_AFTER_S: Final = 1.5

VoiceRequest = Say | Listen | Control


class VoiceLink:
    """At most one connection is the voice. Never waits for it, except in `forward`.

    Args:
        send: Sends to a peer without waiting.
        publish: Takes an event.

    Attributes:
        peer: The voice's connection, or None.
        attached: Set while there is one.
    """

    def __init__(
        self, send: Callable[[bytes, VoiceRequest | Cancel], Sent], publish: Callable[[str, Mapping[str, Any]], None]
    ) -> None:
        self.peer: bytes | None = None
        self.attached = asyncio.Event()
        self._send, self._publish = send, publish
        self._lapsed: bytes | None = None  # fell silent; attached again by its next message
        self._heard_s = 0.0
        self._ids = (f"r{count}" for count in itertools.count(1))
        self._owed: dict[str, asyncio.Future[Done]] = {}

    def attach(self, peer: bytes, now_s: float) -> None:
        """This connection is the voice from now on.

        Raises:
            RemoteFailure: ``busy``: another one is, and is still there.
        """
        if self.peer not in (None, peer):
            self.probe()
        if self.peer not in (None, peer):
            reason = "Another voice service is attached already."
            raise RemoteFailure("busy", reason, "End one of the two.", retry_after_ms=1000.0)
        self._heard_s = now_s
        if self.peer is None:
            self.peer, self._lapsed = peer, None
            self.attached.set()
            self._publish("service.attached", {"service": "voice"})

    def heard(self, peer: bytes, now_s: float) -> None:
        """This connection has sent something, whatever it was."""
        if peer == self.peer:
            self._heard_s = now_s
        elif peer == self._lapsed and self.peer is None:
            self.attach(peer, now_s)

    def check(self, now_s: float) -> bytes | None:
        """Whether the voice has been silent for too long; to be called about twice a second. Returns it if it has."""
        peer, silent_s = self.peer, now_s - self._heard_s
        if peer is None:
            return None
        if silent_s > SILENCE_LIMIT_S:
            self._lapsed = peer
            self.lose("silent")
        elif silent_s > PROBE_AFTER_S:
            self.probe()
        return None if self.peer == peer else peer

    def probe(self) -> None:
        """Notice at once that the voice's process has ended: sending to it fails. Cancels an id nobody ever gave."""
        if self.peer is not None and self._send(self.peer, Cancel(id=next(self._ids), ask="")) is Sent.GONE:
            self.lose("gone")

    def lose(self, why: str) -> None:
        """There is no voice any more: whoever waits for it gets ``no_voice``."""
        self.peer = None
        self.attached.clear()
        for owed in self._owed.values():
            if not owed.done():
                owed.set_exception(RemoteFailure("no_voice", "The voice service went away."))
        self._publish("service.lost", {"service": "voice", "why": why})

    async def forward(self, request: VoiceRequest) -> Done:
        """Have the voice do this, and return its answer. Cancelling this cancels it there.

        Raises:
            RemoteFailure: ``no_voice`` where there is none, or whatever the voice answered.
        """
        forwarded = msgspec.structs.replace(request, id=next(self._ids))
        assert forwarded.id is not None
        owed = self._owed[forwarded.id] = asyncio.get_running_loop().create_future()
        try:
            sent = Sent.GONE if self.peer is None else self._send(self.peer, forwarded)
            if sent is Sent.GONE and self.peer is not None:
                self.lose("gone")
            if sent is not Sent.SENT:
                raise RemoteFailure("no_voice", "No voice service is attached.", "Start it with: homebody run")
            done: Done = await owed
            return done
        except asyncio.CancelledError:
            if self.peer is not None:
                self._send(self.peer, Cancel(id=next(self._ids), ask=forwarded.id))
            raise
        finally:
            del self._owed[forwarded.id]
            if owed.done() and not owed.cancelled():
                owed.exception()  # taken, so that asyncio does not report it as forgotten

    def answer(self, peer: bytes, answer: Done | Failed) -> None:
        """The voice has answered; ignored where nothing is owed any more."""
        owed = self._owed.get(answer.id or "")
        if peer != self.peer or owed is None or owed.done():
            return
        if isinstance(answer, Done):
            owed.set_result(answer)
        else:
            owed.set_exception(messages.failure(answer))
