"""A process as a service of the house: attached to the router, and attached again after each loss. asyncio."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from homebody import codec
from homebody.dealer import Dealer, ServiceRequest
from homebody.errors import HomebodyError, RouterUnreachable
from homebody.messages import Attach, Cancel, Done, Failed, Ping, Pong

log = logging.getLogger(__name__)

PING_INTERVAL_S: Final = 1.0
PING_DEADLINE_MS: Final = 4000.0
ATTACH_DEADLINE_MS: Final = 5000.0
ATTACH_RETRY_S: Final = 1.0
SERVED_LIMIT: Final = 32  # requests an attached service works on at once


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
    ) -> None:
        self.instance: str | None = None
        self.problem: HomebodyError | None = None
        self._dealer, self._service, self._handle = dealer, service, handle
        self._on_lost = on_lost
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
            try:
                await self._ping_until_lost()
            finally:
                self.instance = None
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
            answer = codec.failed(request.id, error)
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
