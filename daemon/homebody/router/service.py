"""The router service: every message that comes in, and what is done about it. Start reading at `Router._do`."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import logging
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final, Protocol

import msgspec

from homebody import __version__, codec, messages
from homebody.errors import BadMessage, HomebodyError, Problem, RemoteFailure, WireError
from homebody.messages import (
    Accepted,
    Ask,
    Attach,
    Cancel,
    Caption,
    Commit,
    Control,
    Done,
    Failed,
    Follow,
    Found,
    Listen,
    Ping,
    Pong,
    Progress,
    Publish,
    Say,
    Search,
    ServiceState,
    Status,
    StatusReport,
    Token,
)
from homebody.router.announcements import Announcements, Announcer
from homebody.router.connections import Connection, Open
from homebody.router.events import EventLog, Follower
from homebody.router.reloads import Reloads
from homebody.router.requests import Requests, TakesTime, Work, slow_reader
from homebody.router.service_link import START, ServiceLink, ServiceRequest
from homebody.router.socket import Received, RouterSocket, Sent
from homebody.router.speculation import Release, held

log = logging.getLogger(__name__)

KEEP_INTERVAL_S: Final = 0.5
CONTROL_DEADLINE_S: Final = 5.0
SPEAK_S_PER_CHAR: Final = 0.2  # slower than anyone speaks


class Answerer(Protocol):
    """What the router needs of `homebody.router.dispatcher.Dispatcher`."""

    def answer(
        self, ask: Ask | Caption, payloads: list[bytes], *, connection: str, release: Release | None = None
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """`Accepted`, then `Token`s with ``seq`` from 0, `Progress` at least every 2 s while silent, then one `Done`.
        Raises `HomebodyError`; closing the generator stops the work."""

    def forget(self, session: str) -> None:
        """This conversation, named after a connection that has gone, goes on no more. Must not block."""

    def cut(self, connection: str, ask: str, heard: str) -> None:
        """Only so much of the answer to this ask was heard. Must not block."""


class Pictures(Protocol):
    """What the router needs of `homebody.router.pictures.PictureSearch`."""

    async def find(self, search: Search) -> Found:
        """The pictures that are asked for. Raises `HomebodyError`."""


class Inside(msgspec.Struct, frozen=True):
    """What only the other parts can say of themselves, for a `StatusReport`."""

    models: tuple[dict[str, Any], ...] = ()
    skills: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    queues: dict[str, int] = {}
    metrics: dict[str, Any] = {}


class Router:
    """Who asked what, and who gets which answer. Also the ``Household`` of the skills host: what skills may do.

    Args:
        socket: Bound, from `homebody.router.socket.bind`.
        endpoint, profile: Where, and the profile's name; for the `StatusReport`.
        announcements: Where announcements are kept.
        inside: Asked for each `StatusReport`; must not block.
        watch: Called with each event, its name and data; must not block.
        beat: Called about twice a second by the loop that does the work; must not block.
        pictures: Finds pictures; None: `Search` is refused. own: Does what is asked of the router itself.
    """

    def __init__(
        self,
        socket: RouterSocket,
        *,
        endpoint: str,
        announcements: Announcements,
        profile: str = "",
        inside: Callable[[], Inside] = Inside,
        watch: Callable[[str, Mapping[str, Any]], None] = lambda _name, _data: None,
        beat: Callable[[], None] = lambda: None,
        pictures: Pictures | None = None,
        own: Reloads | None = None,
    ) -> None:
        self.instance = secrets.token_hex(8)
        self._socket, self._endpoint, self._profile = socket, endpoint, profile
        self._announcements, self._inside, self._beat, self._pictures = announcements, inside, beat, pictures
        self._watch, self._own = watch, own
        self._brain: Answerer | None = None
        self._requests = Requests(socket, self._gone)
        self._events = EventLog(self.instance)
        self._followers: set[Follower] = set()
        self._links = {name: ServiceLink(name, self._send_to_service, self.publish) for name in START}
        self._voice = self._links["voice"]
        self._announcer = Announcer(announcements, self._voice)
        self._started_s = self._now_s()

    async def run(self, brain: Answerer, *, ready: Callable[[], None] = lambda: None) -> None:
        """Answer until cancelled; then everyone who is owed an answer gets ``shutting_down``.

        Args:
            brain: Answers asks.
            ready: Called once, when asks are answered; must not block.
        """
        self._brain = brain
        self._requests.spawn(self._keep())
        self._requests.spawn(self._announcer.run())
        try:
            ready()
            for count in itertools.count(1):
                self._take(await self._socket.receive())
                if count % 32 == 0:
                    await asyncio.sleep(0)  # a message already there does not suspend; the tasks want their turn
        finally:
            await self._requests.stop(RemoteFailure("shutting_down", "The router is stopping.", "Ask again later."))

    # --- what skills may do (Household) ---------------------------------------------------------------------------

    def publish(self, name: str, data: Mapping[str, Any]) -> None:
        """Send an event to everyone who follows. One that is too large or no JSON is dropped."""
        try:
            self._add_event(name, data)
        except BadMessage as error:
            log.warning("An event could not be sent: %s", error)

    async def control_voice(self, action: str, value: float | str | None = None) -> Done:
        """Have the voice service do something; see `Household`."""
        return await self._voice.control(action, value, CONTROL_DEADLINE_S)

    async def control_gallery(self, action: str, value: str | None = None, *, limit_s: float) -> Done:
        """Have the gallery do something; see `Household`."""
        return await self._links["gallery"].control(action, value, limit_s)

    def announce(self, text: str) -> None:
        """An announcement, this one, has been stored: say it as soon as there is a voice."""
        del text  # it is read from the store, where it is safe
        self._announcer.wake()

    # --- what comes in --------------------------------------------------------------------------------------------

    def _take(self, received: Received) -> None:
        """One message of one peer. Never waits and never raises: a bad message is its sender's alone."""
        connection = self._requests.heard(received.peer, received.key)
        for link in self._links.values():
            link.heard(received.peer, self._now_s())
        try:
            try:
                message, payloads = codec.decode(received.frames)
                self._do(connection, message, payloads)
            except BadMessage as error:
                self._requests.send(connection, codec.failed(error.id, error))
            except WireError as error:
                self._requests.send(connection, codec.failed(None, error))
        except Exception as error:
            log.error("A message could not be handled: %s", type(error).__name__)
            log.debug("Traceback:", exc_info=True)

    def _do(self, connection: Connection, message: messages.Any_, payloads: list[bytes]) -> None:
        """Do what takes no time at once, and begin the rest."""
        match message:
            case Ping(id=id_):
                pong = Pong(id=id_, router=self.instance, version=__version__, uptime_ms=self._uptime_ms())
                self._requests.send(connection, pong)
            case Cancel():
                self._requests.cancel(connection, message, self._brain.cut if self._brain else None)
            case Commit():
                if not connection.speculations.commit(message):
                    raise BadMessage("That revision is not held.", "Ask again.", id=message.id, code="not_found")
            case Ask(speculative=True):
                self._speculate(connection, message, payloads)
            case Attach():
                self._attach(connection, message)
            case Publish():
                self._publish(connection, message)
            case Done() | Failed():
                for link in self._links.values():
                    link.answer(connection.peer, message)
            case Ask() | Caption() | Say() | Listen() | Control() | Follow() | Status() | Search():
                self._requests.begin(connection, message, self._work_for(connection, message, payloads))
            case _:
                raise BadMessage("An answer came where a request is expected.", id=message.id)

    def _speculate(self, connection: Connection, ask: Ask, payloads: list[bytes]) -> None:
        """Begin an ask that may be taken back, in place of its earlier revision."""
        assert ask.id is not None
        if connection.knows(ask.id) and not connection.speculations.knows(ask.id):
            return
        if (release := connection.speculations.begin(ask)) is not None:
            connection.take_back(ask.id)
            self._requests.begin(connection, ask, lambda opened: self._ask(connection, opened, ask, payloads, release))

    def _work_for(self, connection: Connection, message: TakesTime, payloads: list[bytes]) -> Work:
        match message:
            case Ask() | Caption():
                return lambda opened: self._ask(connection, opened, message, payloads)
            case Say():
                return lambda _: self._say(message)
            case Listen():
                return lambda _: self._voice.forward(message)
            case Control():
                own = self._own if message.service == "router" else None
                return lambda _: (own or self._link(message.service)).forward(message)
            case Follow():
                return lambda _: self._follow(connection, message)
            case Status():
                return lambda _: self._report(message)
            case Search():
                return lambda _: self.find_pictures(message)

    def _attach(self, connection: Connection, attach: Attach) -> None:
        try:
            link = self._link(attach.service)
            link.attach(connection.peer, self._now_s())
            link.greet()
        except RemoteFailure as error:
            self._requests.send(connection, codec.failed(attach.id, error))
        else:
            self._requests.send(connection, Done(id=attach.id, instance=self.instance))

    def _link(self, service: str) -> ServiceLink:
        if (link := self._links.get(service)) is None:
            raise RemoteFailure("not_found", "There is no such service.", f"Name {' or '.join(self._links)}.")
        return link

    def _publish(self, connection: Connection, publish: Publish) -> None:
        link = next((link for link in self._links.values() if link.peer == connection.peer), None)
        if link is None:
            error = RemoteFailure("not_allowed", "Only an attached service may publish events.", "Attach first.")
            self._requests.send(connection, codec.failed(publish.id, error))
            return
        try:
            self._add_event(publish.name, publish.data)
            link.note(publish)
        except BadMessage as error:
            self._requests.send(connection, codec.failed(publish.id, error))

    # --- what takes time, each in a task of its own ---------------------------------------------------------------

    async def _ask(
        self,
        connection: Connection,
        opened: Open,
        ask: Ask | Caption,
        payloads: list[bytes],
        release: Release | None = None,
    ) -> Done:
        assert self._brain is not None
        if [payload.size_bytes for payload in ask.payloads] != list(map(len, payloads)):
            raise BadMessage("The payload frames are not those the message describes.", id=ask.id)
        whole = self._brain.answer(ask, payloads, connection=connection.name, release=release)
        async with aclosing(held(whole, release) if release else whole) as answer:
            async for message in answer:
                if isinstance(message, Done):
                    if isinstance(ask, Ask) and ask.speak and message.text:
                        self._requests.spawn(self._speak(message.text, ask.language))
                    return message
                if isinstance(message, Token) and message.channel == "answer":
                    opened.answered(message.text)
                await self._requests.stream(connection, message)
        raise HomebodyError("The answer broke off.", "Ask again.")

    async def _speak(self, text: str, language: str | None) -> None:
        """Say an answer aloud, where there is a voice; the asker has it in words already."""
        try:
            async with asyncio.timeout(CONTROL_DEADLINE_S + SPEAK_S_PER_CHAR * len(text)):
                await self._voice.forward(Say(id=None, text=text, language=language))
        except (HomebodyError, TimeoutError) as error:
            log.info("An answer was not spoken: %s", error)

    async def _say(self, say: Say) -> Done:
        try:
            return await self._voice.forward(say)
        except RemoteFailure as error:
            if not say.keep or error.code != "no_voice":
                raise
        await asyncio.to_thread(self._announcements.add, say.text, language=say.language)
        self._announcer.wake()
        return Done(id=say.id, kept=True, spoken=False)

    async def _follow(self, connection: Connection, follow: Follow) -> Done:
        follower = Follower(follow, self._events)
        self._followers.add(follower)
        try:
            while not follower.behind:
                await self._requests.stream(connection, await follower.next())
        finally:
            self._followers.discard(follower)
        raise slow_reader()

    async def find_pictures(self, search: Search) -> Found:
        """Search the captions."""
        if self._pictures is None:
            raise RemoteFailure("capability", "This router knows of no pictures.", "See: homebody watch --help")
        return await self._pictures.find(search)

    async def _report(self, status: Status) -> StatusReport:
        inside = self._inside()
        services = [await link.state() for link in self._links.values()]
        return StatusReport(
            id=status.id,
            router=self.instance,
            version=__version__,
            endpoint=self._endpoint,
            tcp_endpoint=self._socket.tcp_endpoint,
            profile=self._profile,
            uptime_ms=self._uptime_ms(),
            services=(ServiceState(name="router", state="running", pid=os.getpid()), *services),
            models=inside.models,
            skills=inside.skills,
            queues={
                "open": sum(len(connection.open) for connection in self._requests.connections) - 1,  # but this one
                "followers": len(self._followers),
                "announcements": len(await asyncio.to_thread(self._announcements.waiting)),
                **inside.queues,
            },
            metrics=inside.metrics,
            problems=(*inside.problems, *(problem for link in self._links.values() for problem in link.problems)),
        )

    # --- who is there -----------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Twice a second: endings for those who read again, and whether the services are still there."""
        while True:
            await asyncio.sleep(KEEP_INTERVAL_S)
            self._beat()
            self._requests.flush()
            self._dismiss()
            for link in self._links.values():
                lost = link.check(self._now_s())
                connection = self._requests.connections.get(lost) if lost else None
                if connection is not None:
                    error = RemoteFailure("cancelled", f"The {link.name} service fell silent.")
                    self._requests.end_all(connection, error)

    def _dismiss(self) -> None:
        """Whoever has been taken off the list of keys gets nothing more."""
        self._socket.refresh()
        for connection in self._requests.connections:
            if not self._socket.admits(connection.key):
                error = RemoteFailure("not_allowed", "This client's key has been taken off the list.")
                self._requests.end_all(connection, error)
                self._requests.gone(connection)

    def _gone(self, connection: Connection) -> None:
        for link in self._links.values():
            if connection.peer == link.peer:
                link.lose("gone")
        if self._brain is not None:
            self._brain.forget(connection.name)

    def _send_to_service(self, peer: bytes, message: ServiceRequest | Cancel) -> Sent:
        connection = self._requests.connections.get(peer)
        return Sent.GONE if connection is None else self._requests.send(connection, message)

    def _add_event(self, name: str, data: Mapping[str, Any]) -> None:
        event = self._events.add(name, data, dt.datetime.now(dt.UTC))
        for follower in self._followers:
            follower.offer(event)
        self._watch(name, data)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _uptime_ms(self) -> float:
        return 1000 * (self._now_s() - self._started_s)
