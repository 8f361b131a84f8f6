"""`Draft`: an ask whose words may still change. Part of `homebody.client`; asyncio."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from homebody.dealer import Dealer, Owed
from homebody.messages import Accepted, Ask, Commit, Done, Progress, Token

Answer = AsyncGenerator[Accepted | Progress | Token | Done, None]


class Draft:
    """A speculative ask: `revise` it as often as the words change, then `commit` it or `aclose` it. One task at a time.

    Nothing is done for it that could be noticed before the commit. The router forgets a revision after 5 s; committing
    then asks anew, so a draft never costs an answer.

    Args:
        dealer: The connection.
        ask: `HomebodyClient.ask`, for a draft that was forgotten.
        deadline_ms: For the whole answer, from each revision on.
        source, session: As for `HomebodyClient.ask`.
    """

    def __init__(
        self, dealer: Dealer, ask: Callable[..., Answer], *, deadline_ms: float, source: str, session: str | None
    ) -> None:
        self._dealer, self._ask_plainly = dealer, ask
        self._deadline_ms, self._source, self._session = deadline_ms, source, session
        self._id = dealer.new_id()
        self._ask: Ask | None = None
        self._accepted: Accepted | None = None
        self._owed: Owed | None = None

    async def revise(self, text: str, *, language: str | None = None) -> Accepted:
        """Ask this instead of what was asked before; returns who would answer.

        Raises:
            HomebodyError: It cannot be answered, or there is no router. The draft may be revised again.
        """
        revision = self._ask.revision + 1 if self._ask else 1
        self._accepted = None
        self._ask = Ask(
            id=self._id,
            text=text,
            session=self._session,
            language=language,
            deadline_ms=self._deadline_ms,
            source=self._source,
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(milliseconds=self._deadline_ms),
            speculative=True,
            revision=revision,
        )
        self._owed = await self._dealer.send(self._ask, self._deadline_ms)
        while True:
            answer = await self._owed.next()
            if isinstance(answer, Accepted) and answer.revision == revision:
                self._accepted = answer
                return answer

    async def beginning(self) -> str:
        """What the answer will begin with, prepared ahead: to make its sound ready, and to be neither shown nor heard
        before the commit. Waits until it is there, which it may never be: cancel it before anything else is called.

        Raises:
            HomebodyError: The draft was dropped.
        """
        assert self._owed is not None
        while True:
            match await self._owed.next():
                case Accepted() as answer if self._ask is not None and answer.revision == self._ask.revision:
                    self._accepted = answer
                case Progress(beginning=str(words)) if words:
                    return words

    async def commit(self) -> Answer:
        """The words of the last revision were meant. Yields as `HomebodyClient.ask`; at most once a draft."""
        ask, accepted, owed = self._ask, self._accepted, self._owed
        assert ask is not None
        if owed is None or owed.ended:  # dropped: nothing of it was done
            whole = self._ask_plainly(
                ask.text,
                session=ask.session,
                language=ask.language,
                deadline_ms=self._deadline_ms,
                source=ask.source,
            )
            async with aclosing(whole):
                async for answer in whole:
                    yield answer
            return
        self._dealer.send_now(Commit(id=self._dealer.new_id(), ask=self._id, revision=ask.revision))
        if accepted is not None:
            yield accepted
        while True:
            message = await owed.next()
            if isinstance(message, Accepted | Progress | Token | Done):
                yield message
            if isinstance(message, Done):
                return

    async def aclose(self) -> None:
        """Nothing more is wanted; what is prepared or being answered is given up."""
        owed, self._owed = self._owed, None
        if owed is not None:
            self._dealer.close(owed)
