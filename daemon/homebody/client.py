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
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Literal

from homebody.attachment import Attachment as Attachment  # noqa: PLC0414  # handed on
from homebody.dealer import Dealer, ServiceRequest
from homebody.draft import Draft
from homebody.keys import ClientKey
from homebody.messages import (
    Accepted,
    Ask,
    Cancel,
    Caption,
    Control,
    Done,
    Event,
    Follow,
    Forget,
    Found,
    Listen,
    Payload,
    Ping,
    Pong,
    Progress,
    Publish,
    Say,
    Search,
    Status,
    StatusReport,
    Token,
)
from homebody.paths import default_endpoint

log = logging.getLogger(__name__)


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
        schema: dict[str, Any] | None = None,
        verify: Literal["consensus"] | None = None,
        images: Sequence[bytes] = (),
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """Ask in words; see `messages.Ask` for the arguments. Yields `Accepted`, `Token`..., and `Done` last.

        ``images``: at most 4 that the question is about, whole JPEG or PNG files.

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
            schema=schema,
            verify=verify,
            payloads=_described(images),
        )
        async with aclosing(self._answers(ask, deadline_ms, images)) as answers:
            async for answer in answers:
                yield answer

    def cut(self, ask: str, heard: str) -> None:
        """Only so much of the answer to the ask of this id (`Accepted.id`) was heard, and no more is wanted: the
        conversation remembers that much. Never waits."""
        self._dealer.send_now(Cancel(id=self._dealer.new_id(), ask=ask, heard=heard))

    async def forget(self, session: str | None = None, *, deadline_ms: float = 5000) -> None:
        """End a conversation, this connection's own where none is named: nothing said in it is remembered."""
        await self._dealer.request(Forget(id=self._dealer.new_id(), session=session), Done, deadline_ms)

    async def caption(
        self,
        image: bytes,
        *,
        detail: Literal["quick", "detailed"] = "quick",
        prompt: str | None = None,
        background: bool = False,
        deadline_ms: float = 600_000,
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """Have a picture described; see `messages.Caption`. Yields as `ask` does; `Done` has ``caption`` and ``tags``.

        Args:
            image: A whole JPEG or PNG file.
            detail: ``quick`` or ``detailed``.
            prompt: Instead of our own words.
            background: Nobody waits: it takes its turn behind all persons, and may be begun several times.
            deadline_ms: For all of it, waiting for its turn included.
        """
        caption = Caption(
            id=self._dealer.new_id(),
            detail=detail,
            prompt=prompt,
            background=background,
            deadline_ms=deadline_ms,
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=deadline_ms),
            payloads=_described([image]),
        )
        async with aclosing(self._answers(caption, deadline_ms, [image])) as answers:
            async for answer in answers:
                yield answer

    async def _answers(
        self, request: Ask | Caption, deadline_ms: float, payloads: Sequence[bytes]
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        owed = await self._dealer.send(request, deadline_ms, payloads)
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

    async def search(
        self,
        query: str,
        *,
        limit: int = 20, offset: int = 0, folder: str | None = None,
        since: dt.datetime | None = None, until: dt.datetime | None = None, gone: bool = False,
        deadline_ms: float = 5000,
    ) -> Found:  # fmt: skip
        """Find pictures; see `messages.Search`."""
        id_ = self._dealer.new_id()
        search = Search(
            id=id_, query=query, limit=limit, offset=offset, folder=folder, since=since, until=until, gone=gone
        )
        return await self._dealer.request(search, Found, deadline_ms)

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
    ) -> AsyncIterator[Attachment]:
        """Be the service ``service`` ("voice", "gallery") for as long as the context lasts. Enters at once, router or
        not.

        Args:
            service: The name to attach as.
            handle: Called for each request in a task of its own, cancelled when the router cancels the request; what
                it returns is sent (with the request's id); a `HomebodyError` it raises becomes ``failed``.
            on_lost: Called once each time an attachment has broken: the router is gone, restarted or silent. Must not
                block.
        """
        attachment = Attachment(self._dealer, service, handle, on_lost)
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


def _described(images: Sequence[bytes]) -> tuple[Payload, ...]:
    return tuple(
        Payload(
            kind="image",
            media_type="image/png" if image.startswith(b"\x89PNG") else "image/jpeg",  # the router looks closer
            size_bytes=len(image),
        )
        for image in images
    )
