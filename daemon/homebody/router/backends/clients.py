"""HTTP clients that outlive the questions they are cancelled in.

httpcore (1.0) forgets a connection whose request is cancelled between connecting and sending: it stays in the pool, in
state NEW, is never used, never expires, and takes one of the pool's hundred places for good. So a client in which a
question was given up before its answer began serves those that have begun, and no new ones.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

T = TypeVar("T")

# httpcore (1.0) tries to import sniffio several times a request, and looks through all of sys.path where it is not
# installed: a fifth of what a request costs. A module that is None is known not to be there (Python's import system).
if importlib.util.find_spec("sniffio") is None:
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]


class Lease(Generic[T]):
    """One question's use of a client.

    Attributes:
        client: The client.
        begun: To be set when the answer has begun.
    """

    def __init__(self, client: T) -> None:
        self.client = client
        self.begun = False


class Clients(Generic[T]):
    """One client at a time for new questions.

    Args:
        make: Makes a client; called at once, so that what is wrong with its arguments shows.
        close: Closes one.
    """

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        self._make, self._close = make, close
        self._current: T | None = make()
        self._leases: list[Lease[T]] = []

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Lease[T]]:
        """A client for one question."""
        if self._current is None:
            self._current = self._make()
        lease = Lease(self._current)
        self._leases.append(lease)
        try:
            yield lease
        except Exception as error:
            lease.begun = lease.begun or not isinstance(error, TimeoutError)  # a refusal leaves nothing behind
            raise
        finally:
            self._leases.remove(lease)
            if not lease.begun and self._current is lease.client:
                self._current = None
            if self._current is not lease.client and all(lease.client is not other.client for other in self._leases):
                await self._close(lease.client)

    async def aclose(self) -> None:
        """Close all clients; whatever is open breaks off."""
        clients = [*([] if self._current is None else [self._current]), *(lease.client for lease in self._leases)]
        self._current = None
        for client in clients:
            await self._close(client)  # closing one twice does nothing
