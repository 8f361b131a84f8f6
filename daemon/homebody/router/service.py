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

from homebody import __version__, messages
from homebody.errors import BadMessage, HomebodyError, Problem, RemoteFailure, WireError
from homebody.messages import (
    Accepted,
    Ask,
    Attach,
    Cancel,
    Caption,
    Control,
    Done,
    Failed,
    Follow,
    Listen,
    Ping,
    Pong,
    Progress,
    Publish,
    Say,
    ServiceState,
    Status,
    StatusReport,
    Token,
)
from homebody.router.announcements import Announcements, Announcer
from homebody.router.connections import Connection, Open
from homebody.router.events import EventLog, Follower
from homebody.router.requests import Requests, TakesTime, Work, slow_reader
from homebody.router.socket import Received, RouterSocket, Sent
from homebody.router.voice_link import VoiceLink, VoiceRequest

log = logging.getLogger(__name__)

KEEP_INTERVAL_S: Final = 0.5
PROBLEM_LIMIT: Final = 32
CONTROL_DEADLINE_S: Final = 5.0
SPEAK_S_PER_CHAR: Final = 0.2  # slower than anyone speaks


class Answerer(Protocol):
    """What the router needs of `homebody.router.dispatcher.Dispatcher`."""

    def answer(
        self, ask: Ask | Caption, payloads: list[bytes], *, connection: str
    ) -> AsyncGenerator[Accepted | Progress | Token | Done, None]:
        """`Accepted`, then `Token`s with ``seq`` from 0, `Progress` at least every 2 s while silent, then one `Done`.
        Raises `HomebodyError`; closing the generator stops the work."""

    def forget(self, session: str) -> None:
        """This conversation, named after a connection that has gone, goes on no more. Must not block."""


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
        endpoint: Where; for the `StatusReport`.
        announcements: Where announcements are kept.
        profile: The profile's name; for the `StatusReport`.
        inside: Asked for each `StatusReport`; must not block.
        watch: Called with each event, its name and data; must not block.
        beat: Called about twice a second by the loop that does the work; must not block.
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
    ) -> None:
        self.instance = secrets.token_hex(8)
        self._socket, self._endpoint, self._profile = socket, endpoint, profile
        self._announcements, self._inside, self._beat = announcements, inside, beat
        self._watch = watch
        self._brain: Answerer | None = None
        self._requests = Requests(socket, self._gone)
        self._events = EventLog(self.instance)
        self._followers: set[Follower] = set()
        self._voice = VoiceLink(self._send_to_voice, self.publish)
        self._voice_problems: dict[str, Problem] = {}  # by part
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
        """Have the voice service do something.

        Raises:
            RemoteFailure: ``no_voice`` where none is attached, ``deadline`` where it does not answer.
        """
        try:
            async with asyncio.timeout(CONTROL_DEADLINE_S):
                return await self._voice.forward(Control(id=None, service="voice", action=action, value=value))
        except TimeoutError:
            raise RemoteFailure("deadline", "The voice service did not answer in time.") from None

    def announce(self, text: str) -> None:
        """An announcement, this one, has been stored: say it as soon as there is a voice."""
        del text  # it is read from the store, where it is safe
        self._announcer.wake()

    # --- what comes in --------------------------------------------------------------------------------------------

    def _take(self, received: Received) -> None:
        """One message of one peer. Never waits and never raises: a bad message is its sender's alone."""
        connection = self._requests.heard(received.peer, received.key)
        self._voice.heard(received.peer, self._now_s())
        try:
            try:
                message, payloads = messages.decode(received.frames)
                self._do(connection, message, payloads)
            except BadMessage as error:
                self._requests.send(connection, messages.failed(error.id, error))
            except WireError as error:
                self._requests.send(connection, messages.failed(None, error))
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
                if (opened := connection.open.get(message.ask)) is not None:
                    self._requests.end(connection, opened, RemoteFailure("cancelled", "It was cancelled."))
            case Attach():
                self._attach(connection, message)
            case Publish():
                self._publish(connection, message)
            case Done() | Failed():
                self._voice.answer(connection.peer, message)
            case Ask() | Caption() | Say() | Listen() | Control() | Follow() | Status():
                self._requests.begin(connection, message, self._work_for(connection, message, payloads))
            case _:
                raise BadMessage("An answer came where a request is expected.", id=message.id)

    def _work_for(self, connection: Connection, message: TakesTime, payloads: list[bytes]) -> Work:
        match message:
            case Ask() | Caption():
                return lambda opened: self._ask(connection, opened, message, payloads)
            case Say():
                return lambda _: self._say(message)
            case Listen():
                return lambda _: self._voice.forward(message)
            case Control():
                return lambda _: self._control(message)
            case Follow():
                return lambda _: self._follow(connection, message)
            case Status():
                return lambda _: self._report(message)

    def _attach(self, connection: Connection, attach: Attach) -> None:
        try:
            if attach.service != "voice":
                raise RemoteFailure("not_found", "Only a service named voice can attach.", "Attach as voice.")
            self._voice.attach(connection.peer, self._now_s())
            self._voice_problems.clear()  # whoever attaches says again what is wrong with it
        except RemoteFailure as error:
            self._requests.send(connection, messages.failed(attach.id, error))
        else:
            self._requests.send(connection, Done(id=attach.id, instance=self.instance))

    def _publish(self, connection: Connection, publish: Publish) -> None:
        if connection.peer != self._voice.peer:
            error = RemoteFailure("not_allowed", "Only an attached service may publish events.", "Attach first.")
            self._requests.send(connection, messages.failed(publish.id, error))
            return
        try:
            self._add_event(publish.name, publish.data)
            self._note_problem(publish)
        except BadMessage as error:
            self._requests.send(connection, messages.failed(publish.id, error))

    def _note_problem(self, publish: Publish) -> None:
        """What an attached service says is wrong stands in the `StatusReport` until it says otherwise or goes."""
        if publish.name not in {"problem.raised", "problem.cleared"}:
            return
        try:
            problem = msgspec.convert(publish.data, Problem)
        except msgspec.ValidationError as error:
            raise BadMessage(f"The problem does not fit: {error}.", id=publish.id) from error
        self._voice_problems.pop(problem.part, None)
        if publish.name == "problem.raised" and len(self._voice_problems) < PROBLEM_LIMIT:
            self._voice_problems[problem.part] = problem

    # --- what takes time, each in a task of its own ---------------------------------------------------------------

    async def _ask(self, connection: Connection, opened: Open, ask: Ask | Caption, payloads: list[bytes]) -> Done:
        assert self._brain is not None
        if [payload.size_bytes for payload in ask.payloads] != list(map(len, payloads)):
            raise BadMessage("The payload frames are not those the message describes.", id=ask.id)
        async with aclosing(self._brain.answer(ask, payloads, connection=connection.name)) as answer:
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

    async def _control(self, control: Control) -> Done:
        if control.service != "voice":
            raise RemoteFailure("not_found", "That service takes no commands.", "Name the service voice.")
        return await self._voice.forward(control)

    async def _follow(self, connection: Connection, follow: Follow) -> Done:
        follower = Follower(follow, self._events)
        self._followers.add(follower)
        try:
            while not follower.behind:
                await self._requests.stream(connection, await follower.next())
        finally:
            self._followers.discard(follower)
        raise slow_reader()

    async def _report(self, status: Status) -> StatusReport:
        inside = self._inside()
        waiting = await asyncio.to_thread(self._announcements.waiting)
        voice = ServiceState(name="voice", state="attached" if self._voice.peer else "absent")
        return StatusReport(
            id=status.id,
            router=self.instance,
            version=__version__,
            endpoint=self._endpoint,
            tcp_endpoint=self._socket.tcp_endpoint,
            profile=self._profile,
            uptime_ms=self._uptime_ms(),
            services=(ServiceState(name="router", state="running", pid=os.getpid()), voice),
            models=inside.models,
            skills=inside.skills,
            queues={
                "open": sum(len(connection.open) for connection in self._requests.connections) - 1,  # but this one
                "followers": len(self._followers),
                "announcements": len(waiting),
                **inside.queues,
            },
            metrics=inside.metrics,
            problems=(*inside.problems, *(self._voice_problems.values() if self._voice.peer else ())),
        )

    # --- who is there -----------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Twice a second: endings for those who read again, and whether the voice is still there."""
        while True:
            await asyncio.sleep(KEEP_INTERVAL_S)
            self._beat()
            self._requests.flush()
            self._dismiss()
            lost = self._voice.check(self._now_s())
            connection = self._requests.connections.get(lost) if lost else None
            if connection is not None:
                self._requests.end_all(connection, RemoteFailure("cancelled", "The voice service fell silent."))

    def _dismiss(self) -> None:
        """Whoever has been taken off the list of keys gets nothing more."""
        self._socket.refresh()
        for connection in self._requests.connections:
            if not self._socket.admits(connection.key):
                error = RemoteFailure("not_allowed", "This client's key has been taken off the list.")
                self._requests.end_all(connection, error)
                self._requests.gone(connection)

    def _gone(self, connection: Connection) -> None:
        if connection.peer == self._voice.peer:
            self._voice.lose("gone")
        if self._brain is not None:
            self._brain.forget(connection.name)

    def _send_to_voice(self, peer: bytes, message: VoiceRequest | Cancel) -> Sent:
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
