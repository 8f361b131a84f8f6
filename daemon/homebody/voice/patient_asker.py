"""The way to the router for turns, patient with one that is being started again."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

from homebody.client import Attachment, HomebodyClient
from homebody.voice.turn import Answer, Draft

ROUTER_PATIENCE_MS: Final = 3000.0  # a router that is being started again is back sooner


class PatientAsker:
    """Asks the router; while it is away, waits for it a little and then says so, instead of for the whole deadline."""

    def __init__(self, client: HomebodyClient) -> None:
        self.attachment: Attachment | None = None
        self._client = client

    async def ask(self, text: str, *, language: str | None, deadline_ms: float, source: str) -> Answer:
        """See `Asker`."""
        if self.attachment:
            await self.attachment.wait_attached(ROUTER_PATIENCE_MS)
        answer = self._client.ask(text, language=language, deadline_ms=deadline_ms, source=source)
        async with aclosing(answer):
            async for message in answer:
                yield message

    def cut(self, ask: str, heard: str) -> None:
        """See `Asker`."""
        self._client.cut(ask, heard)

    def draft(self, *, deadline_ms: float, source: str) -> Draft | None:
        """See `Asker`."""
        if self.attachment and self.attachment.instance is None:
            return None
        return self._client.draft(deadline_ms=deadline_ms, source=source)
