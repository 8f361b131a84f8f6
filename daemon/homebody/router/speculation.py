"""Asks that may still be taken back: what may be done for them before the commit, and what is held until then.

::

    ask (speculative) ──> route; read-only skills and complete-looking questions are prepared ──> held
          │ a later revision replaces it                                                           │
          └─ nothing for LIFE_S: dropped, no trace                                    commit ──> given out
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from homebody.errors import HomebodyError, RemoteFailure
from homebody.messages import Accepted, Ask, Commit, Done, Progress, Token
from homebody.sentence_shape import looks_complete

SENTENCE_END: Final = re.compile(r"[.!?…。！？][\"'”’»)]*\s")  # a voice can begin with what is there
REPLY_END: Final = re.compile(SENTENCE_END.pattern + r"*$")  # of a skill, whose reply comes in one piece
LIFE_S: Final = 5.0  # of a revision that is neither committed nor replaced
MODELS_LIMIT: Final = 2  # begun for one id before its commit: a prefill that is given up still delays the next one
HELD_LIMIT: Final = 256  # tokens prepared ahead; more is generated when it is wanted
REMEMBERED_LIMIT: Final = 32  # uncommitted ids of a connection, as many as it may have open

Item = Accepted | Progress | Token | Done


class Release:
    """Whether an ask may take effect, and what may be done before it may.

    Args:
        ask: One that is not speculative may take effect at once.
        models_begun: On behalf of earlier revisions.

    Attributes:
        revision: The ask's.
        is_spoken: A voice asks, which can make use of the answer's beginning.
    """

    def __init__(self, ask: Ask, *, models_begun: int = 0) -> None:
        self.revision = ask.revision
        self.models_begun = models_begun
        self.is_spoken = ask.source == "voice"
        self._ask = ask
        self._committed = asyncio.Event()
        if not ask.speculative:
            self._committed.set()

    @property
    def committed(self) -> bool:
        """The person meant it."""
        return self._committed.is_set()

    def commit(self) -> None:
        """From now on the ask is like any other."""
        self._committed.set()

    async def wait(self) -> None:
        """Until the commit. Bounded by whoever holds the answer (`held`)."""
        await self._committed.wait()

    def may_run(self, *, read_only: bool) -> bool:
        """Whether a skill may run now: before the commit only one that changes nothing."""
        return self.committed or read_only

    def may_generate(self) -> bool:
        """Whether a model may begin now; where it may, that is counted."""
        if self.committed:
            return True
        if not looks_complete(self._ask.text, self._ask.language) or self.models_begun >= MODELS_LIMIT:
            return False
        self.models_begun += 1
        return True


class Speculations:
    """The asks of one connection that are not committed yet, by id. Bounded; knows no socket."""

    def __init__(self) -> None:
        self._releases: OrderedDict[str, Release] = OrderedDict()

    def begin(self, ask: Ask) -> Release | None:
        """The release of a new speculative ask or a later revision of one; None: nothing new, to be ignored."""
        assert ask.id is not None
        before = self._releases.pop(ask.id, None)
        if before is not None and before.revision >= ask.revision:
            self._releases[ask.id] = before
            return None
        release = Release(ask, models_begun=before.models_begun if before else 0)
        self._releases[ask.id] = release
        while len(self._releases) > REMEMBERED_LIMIT:
            self._releases.popitem(last=False)
        return release

    def knows(self, id: str) -> bool:
        """Whether this id was asked on speculation and never committed."""
        return id in self._releases

    def commit(self, commit: Commit) -> bool:
        """Release this revision; False where it is not the one that is held."""
        release = self._releases.get(commit.ask)
        if release is None or release.revision != commit.revision:
            return False
        del self._releases[commit.ask]
        release.commit()
        return True


async def held(answer: AsyncGenerator[Item, None], release: Release) -> AsyncGenerator[Item, None]:
    """The answer: who gives it and signs of life at once, its words and its end, good or bad, after the commit.

    Meanwhile the answer is prepared, as far as `HELD_LIMIT` tokens; a voice is told its beginning, to make the sound of
    it ready. Closing it closes ``answer``.

    Raises:
        RemoteFailure: ``deadline``: it was not committed within `LIFE_S`.
        HomebodyError: As ``answer``.
    """
    ahead = _Ahead(answer)
    committed = asyncio.ensure_future(release.wait())
    began_s = asyncio.get_running_loop().time()
    until_s = began_s + LIFE_S
    told = not release.is_spoken
    try:
        async with aclosing(answer), aclosing(ahead):
            while not release.committed:
                left_s = until_s - asyncio.get_running_loop().time()
                if left_s <= 0:
                    raise RemoteFailure("deadline", "It was not committed in time.", "Ask again.")
                for sign in await ahead.more(committed, left_s):
                    yield sign
                if not told and not release.committed and (token := ahead.first_token) and (words := ahead.beginning):
                    told, took_ms = True, 1000 * (asyncio.get_running_loop().time() - began_s)
                    yield Progress(id=token.id, stage="prepared", elapsed_ms=took_ms, beginning=words)
            async for item in ahead.rest():
                yield item
    finally:
        committed.cancel()


class _Ahead:
    """An answer that is prepared while nobody may have it."""

    def __init__(self, answer: AsyncGenerator[Item, None]) -> None:
        self._answer = answer
        self._prepared: list[Item] = []
        self._failure: HomebodyError | None = None
        self._step: asyncio.Task[Item] | None = None
        self._writes = True  # word by word, so that "3." may become "3.14"

    async def more(self, stop: asyncio.Future[None], timeout_s: float) -> list[Accepted | Progress]:
        """Prepare one item, unless enough is there; what may be seen at once is returned. Ends early with ``stop``."""
        if self._step is None and self._wants_more:
            self._step = asyncio.get_running_loop().create_task(_next(self._answer))
        waited: set[asyncio.Future[Any]] = {stop, self._step} if self._step else {stop}
        await asyncio.wait(waited, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if self._step is None or not self._step.done():
            return []
        step, self._step = self._step, None
        try:
            item = step.result()
        except HomebodyError as error:
            self._failure = error
            return []
        if isinstance(item, Accepted):
            self._writes = item.route.kind == "model"
        if isinstance(item, Accepted) or (isinstance(item, Progress) and not item.say):
            return [item]
        self._prepared.append(item)
        return []

    @property
    def first_token(self) -> Token | None:
        """Of what was prepared."""
        return next((item for item in self._prepared if isinstance(item, Token)), None)

    @property
    def beginning(self) -> str:
        """The prepared words as far as they can be spoken already: whole sentences, else nothing."""
        spoken = (item.text for item in self._prepared if isinstance(item, Token) and item.channel == "answer")
        words = "".join(spoken)
        end = SENTENCE_END if self._writes else REPLY_END
        ends = [match.end() for match in end.finditer(words)]
        return words[: ends[-1]] if ends else ""

    async def rest(self) -> AsyncGenerator[Item, None]:
        """All that was prepared, and all that still comes."""
        for item in self._prepared:
            yield item
        if self._failure is not None:
            raise self._failure
        if self._step is not None:
            step = await self._step
            self._step = None
            yield step
        async for item in self._answer:
            yield item

    async def aclose(self) -> None:
        """The answer cannot be closed while a step of it runs."""
        if self._step is not None:
            self._step.cancel()
            await asyncio.wait({self._step})
            if not self._step.cancelled():
                self._step.exception()  # looked at, so that asyncio does not report it as lost

    @property
    def _wants_more(self) -> bool:
        ended = self._failure is not None or (bool(self._prepared) and isinstance(self._prepared[-1], Done))
        return not ended and len(self._prepared) < HELD_LIMIT


async def _next(answer: AsyncGenerator[Item, None]) -> Item:
    try:
        return await anext(answer)
    except StopAsyncIteration:  # which a task must not raise
        raise HomebodyError("The answer broke off.", "Ask again.") from None
