"""`HomebodyClient`: everything the house can do, for a program that asks. asyncio, one DEALER socket.

::

    async with HomebodyClient.connect() as client:
        async with aclosing(client.ask("set a timer for five minutes")) as answer:
            async for message in answer:
                if isinstance(message, Token):
                    print(message.text, end="")

Start order does not matter: what is asked before the router is up waits until its own deadline, and the same client
works again after the router has been restarted.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec

from homebody import messages
from homebody.dealer import Dealer, ServiceRequest
from homebody.draft import Draft
from homebody.errors import HomebodyError, RouterUnreachable
from homebody.keys import ClientKey
from homebody.messages import (
    Accepted,
    Ask,
    Attach,
    Cancel,
    Control,
    Done,
    Event,
    Failed,
    Follow,
    Listen,
    Ping,
    Pong,
    Progress,
    Publish,
    Say,
    Status,
    StatusReport,
    Token,
)
from homebody.paths import default_endpoint

log = logging.getLogger(__name__)

PING_INTERVAL_S: Final = 1.0
PING_DEADLINE_MS: Final = 4000.0
ATTACH_DEADLINE_MS: Final = 5000.0
ATTACH_RETRY_S: Final = 1.0
SERVED_LIMIT: Final = 32  # requests an attached service works on at once


class HomebodyClient:
    """A connection to the router. Make it with `connect`; use it from one event loop.

    All durations are milliseconds. Every method raises `RouterUnreachable` when no router was there before the
    deadline, `KeyRefused` when there is one that does not let this client in, `RouterLost` when it went away while it
    owed the answer (the request may or may not have run), `DeadlineExceeded` when it is there and does not answer,
    `RemoteFailure` when it answered ``failed``.
    """

    def __init__(self, dealer: Dealer) -> None:
        self._dealer = dealer
        self._attachment: Attachment | None = None

    @classmethod
    @asynccontextmanager
    async def connect(cls, endpoint: str | None = None, key: ClientKey | None = None) -> AsyncIterator[HomebodyClient]:
        """A client for the router at ``endpoint`` (None: this user's own). Returns at once, router or not.

        Args:
            endpoint: ``ipc://...``, or ``tcp://HOST:PORT`` of a router on another machine.
            key: For ``tcp://``: from the file that `homebody keys add` wrote, read by `keys.client_key`.

        Raises:
            UsageError: The endpoint and the key do not go together.
        """
        async with Dealer.connected(endpoint or default_endpoint(), key) as dealer:
            yield cls(dealer)

    @property
    def endpoint(self) -> str:
        """Where the router is expected."""
        return self._dealer.endpoint

    async def ping(self, *, deadline_ms: float = 2000) -> Pong:
        """Is the router there?"""
        return await self._dealer.request(Ping(id=self._dealer.new_id()), Pong, deadline_ms)

    async def ask(
        self,
        text: str,
        *,
        session: str | None = None,
        language: str | None = None,
        purpose: str | None = None,
        max_tokens: int | None = None,
        deadline_ms: float = 120_000,
        speak: bool = False,
        source: str = "text",
        expires_at: dt.datetime | None = None,
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """Ask in words; see `messages.Ask` for the arguments. Yields `Accepted`, `Token`..., and `Done` last.

        Take it in ``contextlib.aclosing``: closing it, or cancelling the task that reads it, cancels the ask.
        ``expires_at`` None: the moment this call stops waiting, so that nothing runs for nobody.
        """
        ask = Ask(
            id=self._dealer.new_id(),
            text=text,
            session=session,
            language=language,
            purpose=purpose,
            max_tokens=max_tokens,
            deadline_ms=deadline_ms,
            speak=speak,
            source=source,
            expires_at=expires_at or dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=deadline_ms),
        )
        owed = await self._dealer.send(ask, deadline_ms)
        try:
            while True:
                answer = await owed.next()
                if isinstance(answer, Accepted | Progress | Token | Done):
                    yield answer
                if isinstance(answer, Done):
                    return
        finally:
            self._dealer.close(owed)

    def draft(self, *, deadline_ms: float = 120_000, source: str = "text", session: str | None = None) -> Draft:
        """An ask whose words may still change; see `Draft`. Close it with ``contextlib.aclosing``."""
        return Draft(self._dealer, self.ask, deadline_ms=deadline_ms, source=source, session=session)

    async def say(
        self,
        text: str,
        *,
        language: str | None = None,
        interrupt: bool = False,
        keep: bool = False,
        expires_at: dt.datetime | None = None,
        deadline_ms: float = 120_000,
    ) -> Done:
        """Speak these words; returns when they were spoken or, with ``keep`` and no voice, stored for later."""
        say = Say(
            id=self._dealer.new_id(),
            text=text,
            language=language,
            interrupt=interrupt,
            keep=keep,
            expires_at=expires_at or dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=deadline_ms),
            deadline_ms=deadline_ms,
        )
        return await self._dealer.request(say, Done, deadline_ms)

    async def listen(self, *, timeout_ms: float = 8000, deadline_ms: float = 60_000) -> Done:
        """Open the microphone as if the wake word had been said; returns when that turn has ended."""
        return await self._dealer.request(Listen(id=self._dealer.new_id(), timeout_ms=timeout_ms), Done, deadline_ms)

    async def control(
        self, service: str, action: str, value: float | str | None = None, *, deadline_ms: float = 5000
    ) -> Done:
        """Do something to a service; see `messages.Control`."""
        control = Control(id=self._dealer.new_id(), service=service, action=action, value=value)
        return await self._dealer.request(control, Done, deadline_ms)

    async def status(self, *, deadline_ms: float = 5000) -> StatusReport:
        """How is everything?"""
        return await self._dealer.request(Status(id=self._dealer.new_id()), StatusReport, deadline_ms)

    async def follow(
        self, *prefixes: str, since_seq: int | None = None, instance: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Events whose names begin with one of ``prefixes`` (none: all), for ever.

        Waits for a router without a deadline. `RouterLost` ends it; call again with the ``seq`` and ``instance`` of the
        last event to go on where it stopped. Take it in ``contextlib.aclosing``.
        """
        follow = Follow(id=self._dealer.new_id(), events=prefixes, since_seq=since_seq, instance=instance)
        owed = await self._dealer.send(follow, None)
        try:
            while True:
                answer = await owed.next()
                if isinstance(answer, Event):
                    yield answer
        finally:
            self._dealer.close(owed)

    @property
    def attached_to(self) -> str | None:
        """The instance of the router that this connection is attached to as a service; None while it is not."""
        return self._attachment.instance if self._attachment else None

    @asynccontextmanager
    async def attach(
        self,
        service: str,
        handle: Callable[[ServiceRequest], Awaitable[Done]],
        *,
        on_lost: Callable[[], None] = lambda: None,
        on_back: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[Attachment]:
        """Be the service ``service`` ("voice") for as long as the context lasts. Enters at once, router or not.

        Args:
            service: The name to attach as.
            handle: Called for each request in a task of its own, cancelled when the router cancels the request; what
                it returns is sent (with the request's id); a `HomebodyError` it raises becomes ``failed``.
            on_lost: Called once each time an attachment has broken: the router is gone, restarted or silent.
            on_back: Called when it is attached again after that. Neither may block.
        """
        attachment = Attachment(self._dealer, service, handle, on_lost, on_back)
        self._dealer.on_request, self._attachment = attachment.take, attachment
        keeper = asyncio.create_task(attachment.keep())
        try:
            yield attachment
        finally:
            self._dealer.on_request = None
            keeper.cancel()
            await asyncio.gather(keeper, attachment.end(), return_exceptions=True)

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to everyone who follows; only while attached. Never waits: dropped where no router reads."""
        self._dealer.send_now(Publish(id=self._dealer.new_id(), name=name, data=dict(data)))


class Attachment:
    """This process as a service of the house; made by `HomebodyClient.attach`.

    Attributes:
        instance: The router's instance while attached, else None.
        problem: Why it is not attached, as far as known.
    """

    def __init__(
        self,
        dealer: Dealer,
        service: str,
        handle: Callable[[ServiceRequest], Awaitable[Done]],
        on_lost: Callable[[], None],
        on_back: Callable[[], None],
    ) -> None:
        self.instance: str | None = None
        self.problem: HomebodyError | None = None
        self._dealer, self._service, self._handle = dealer, service, handle
        self._on_lost, self._on_back = on_lost, on_back
        self._attached = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def wait_attached(self, deadline_ms: float) -> None:
        """Return once attached.

        Raises:
            HomebodyError: Not attached before the deadline; the reason says why.
        """
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                await self._attached.wait()
        except TimeoutError:
            raise self.problem or RouterUnreachable("No router answers.", "Start it with: homebody run") from None

    async def keep(self) -> None:
        """Attach, ping every second, and attach again after each loss, for ever."""
        again = False
        while True:
            try:
                attach = Attach(id=self._dealer.new_id(), service=self._service)
                done = await self._dealer.request(attach, Done, ATTACH_DEADLINE_MS)
            except HomebodyError as error:
                self.problem = error
                if not isinstance(error, RouterUnreachable):  # which has already waited
                    await asyncio.sleep(ATTACH_RETRY_S)
                continue
            self.instance, self.problem = done.instance, None
            self._attached.set()
            if again:
                self._on_back()
            try:
                await self._ping_until_lost()
            finally:
                self.instance, again = None, True
                self._attached.clear()
            self._on_lost()

    async def _ping_until_lost(self) -> None:
        while True:
            try:
                pong = await self._dealer.request(Ping(id=self._dealer.new_id()), Pong, PING_DEADLINE_MS)
            except HomebodyError as error:
                self.problem = error
                return
            if pong.router != self.instance or await self._dealer.lost_within(PING_INTERVAL_S):
                return

    def take(self, message: ServiceRequest | Cancel) -> None:
        """A request of the router's, or the end of one. Never blocks."""
        if isinstance(message, Cancel):
            if (task := self._tasks.get(message.ask)) is not None:
                task.cancel()
        elif message.id is None or message.id in self._tasks:
            return
        elif len(self._tasks) >= SERVED_LIMIT:
            reason = f"The {self._service} service already works on {SERVED_LIMIT} requests."
            self._dealer.send_now(Failed(id=message.id, code="busy", reason=reason))
        else:
            self._tasks[message.id] = asyncio.create_task(self._serve(message))

    async def _serve(self, request: ServiceRequest) -> None:
        answer: Done | Failed = Failed(id=request.id, code="cancelled", reason="It was cancelled.")
        try:
            answer = msgspec.structs.replace(await self._handle(request), id=request.id)
        except HomebodyError as error:
            answer = messages.failed(request.id, error)
        except Exception as error:
            log.error("The %s service failed: %s", self._service, type(error).__name__)
            log.debug("Traceback:", exc_info=True)
            reason = f"Something went wrong in the {self._service} service."
            answer = Failed(id=request.id, code="model_failed", reason=reason)
        finally:
            assert request.id is not None
            self._tasks.pop(request.id, None)
            self._dealer.send_now(answer)

    async def end(self) -> None:
        """Cancel what is being worked on and wait for it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
