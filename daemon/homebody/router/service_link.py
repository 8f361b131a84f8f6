"""An attached service (voice, gallery), seen from the router: what is asked of it, and whether it is still there."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from homebody import codec
from homebody.errors import BadMessage, HomebodyError, Problem, RemoteFailure
from homebody.messages import Cancel, Control, Done, Failed, Listen, Publish, Say, ServiceState
from homebody.router.socket import Sent

log = logging.getLogger(__name__)

SILENCE_LIMIT_S: Final = 4.0  # an attached service pings every second
PROBE_AFTER_S: Final = 1.5
DETAIL_DEADLINE_S: Final = 0.5  # a service that is busy does not hold up a `StatusReport`
PROBLEM_LIMIT: Final = 32
START: Final = {"voice": "homebody run", "gallery": "homebody gallery"}  # the services there are, and what starts them

ServiceRequest = Say | Listen | Control


class ServiceLink:
    """At most one connection is this service. Never waits for it, except in `forward`.

    Args:
        name: The service's.
        send: Sends to a peer without waiting.
        publish: Takes an event.

    Attributes:
        peer: The service's connection, or None.
        attached: Set while there is one.
    """

    def __init__(
        self,
        name: str,
        send: Callable[[bytes, ServiceRequest | Cancel], Sent],
        publish: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        self.name = name
        self.peer: bytes | None = None
        self.attached = asyncio.Event()
        self._absent = "no_voice" if name == "voice" else "not_found"
        self._problems: dict[str, Problem] = {}  # by part
        self._send, self._publish = send, publish
        self._lapsed: bytes | None = None  # fell silent; attached again by its next message
        self._heard_s = 0.0
        self._ids = (f"r{count}" for count in itertools.count(1))
        self._owed: dict[str, asyncio.Future[Done]] = {}

    def attach(self, peer: bytes, now_s: float) -> None:
        """This connection is the service from now on.

        Raises:
            RemoteFailure: ``busy``: another one is, and is still there.
        """
        if self.peer not in (None, peer):
            self.probe()
        if self.peer not in (None, peer):
            reason = f"Another {self.name} service is attached already."
            raise RemoteFailure("busy", reason, "End one of the two.", retry_after_ms=1000.0)
        self._heard_s = now_s
        if self.peer is None:
            self.peer, self._lapsed = peer, None
            self.attached.set()
            self._publish("service.attached", {"service": self.name})

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the service has said is wrong with it; nothing while it is not attached."""
        return tuple(self._problems.values()) if self.peer else ()

    def greet(self) -> None:
        """Whoever attaches says again what is wrong with it."""
        self._problems.clear()

    def note(self, publish: Publish) -> None:
        """What the service says is wrong with it stands in the `StatusReport` until it says otherwise, or goes.

        Raises:
            BadMessage: It says so in a form that is none.
        """
        if publish.name not in {"problem.raised", "problem.cleared"}:
            return
        try:
            problem = msgspec.convert(publish.data, Problem)
        except msgspec.ValidationError as error:
            raise BadMessage(f"The problem does not fit: {error}.", id=publish.id) from error
        self._problems.pop(problem.part, None)
        if publish.name == "problem.raised" and len(self._problems) < PROBLEM_LIMIT:
            self._problems[problem.part] = problem

    async def state(self) -> ServiceState:
        """For a `StatusReport`: the service is asked for its detail, and given `DETAIL_DEADLINE_S`."""
        detail: dict[str, Any] = {}
        if self.peer:
            try:
                async with asyncio.timeout(DETAIL_DEADLINE_S):
                    detail = (await self.forward(Control(id=None, service=self.name, action="status"))).value or {}
            except (HomebodyError, TimeoutError) as error:
                log.info("The %s service did not say how it is: %s", self.name, type(error).__name__)
        return ServiceState(name=self.name, state="attached" if self.peer else "absent", detail=detail)

    def heard(self, peer: bytes, now_s: float) -> None:
        """This connection has sent something, whatever it was."""
        if peer == self.peer:
            self._heard_s = now_s
        elif peer == self._lapsed and self.peer is None:
            self.attach(peer, now_s)

    def check(self, now_s: float) -> bytes | None:
        """Whether the service has been silent for too long; to be called about twice a second. Returns it if it has."""
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
        """Notice at once that the service's process has ended: sending to it fails. Cancels an id nobody ever gave."""
        if self.peer is not None and self._send(self.peer, Cancel(id=next(self._ids), ask="")) is Sent.GONE:
            self.lose("gone")

    def lose(self, why: str) -> None:
        """It is not there any more: whoever waits for it gets ``no_voice``, or ``not_found`` for other services.

        What is lost is not lost again.
        """
        if self.peer is None:
            return
        self.peer = None
        self.attached.clear()
        for owed in self._owed.values():
            if not owed.done():
                owed.set_exception(RemoteFailure(self._absent, f"The {self.name} service went away."))
        self._publish("service.lost", {"service": self.name, "why": why})

    async def forward(self, request: ServiceRequest) -> Done:
        """Have the service do this, and return its answer. Cancelling this cancels it there.

        Raises:
            RemoteFailure: ``no_voice``, or ``not_found`` for other services, where there is none; or what it answered.
        """
        forwarded = msgspec.structs.replace(request, id=next(self._ids))
        assert forwarded.id is not None
        owed = self._owed[forwarded.id] = asyncio.get_running_loop().create_future()
        try:
            sent = Sent.GONE if self.peer is None else self._send(self.peer, forwarded)
            if sent is Sent.GONE and self.peer is not None:
                self.lose("gone")
            if sent is not Sent.SENT:
                reason, remedy = f"No {self.name} service is attached.", f"Start it with: {START[self.name]}"
                raise RemoteFailure(self._absent, reason, remedy)
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

    async def control(self, action: str, value: float | str | None, limit_s: float) -> Done:
        """`forward` of a `Control`, for so long at most.

        Raises:
            RemoteFailure: As there, or ``deadline``.
        """
        try:
            async with asyncio.timeout(limit_s):
                return await self.forward(Control(id=None, service=self.name, action=action, value=value))
        except TimeoutError:
            raise RemoteFailure("deadline", f"The {self.name} service did not answer in time.") from None

    def answer(self, peer: bytes, answer: Done | Failed) -> None:
        """The service has answered; ignored where nothing is owed any more."""
        owed = self._owed.get(answer.id or "")
        if peer != self.peer or owed is None or owed.done():
            return
        if isinstance(answer, Done):
            owed.set_result(answer)
        else:
            owed.set_exception(codec.failure(answer))
