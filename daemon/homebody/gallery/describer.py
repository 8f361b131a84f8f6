"""What a model says of a picture, and what to make of it when it does not."""

from __future__ import annotations

from contextlib import aclosing
from enum import Enum
from typing import Final, Literal, Protocol

from homebody.captions.rows import Caption
from homebody.client import HomebodyClient
from homebody.errors import HomebodyError, ModelFailed, RemoteFailure, RouterLost, RouterUnreachable
from homebody.gallery.images import Prepared
from homebody.messages import Done

DEADLINE_MS: Final = 600_000.0  # a background caption waits behind everyone who speaks


class Describer(Protocol):
    """Describes pictures. Several calls may be open at once."""

    async def describe(self, picture: Prepared) -> Caption:
        """Its caption. May take minutes; cancelling it gives the model up.

        Raises:
            HomebodyError: There is none; see `verdict`.
        """


class RouterDescriber:
    """`Describer` through the router, as background work: a person's question always goes first.

    Args:
        client: Connected to the router.
        detail: ``quick`` or ``detailed``.
        prompt: What is wanted of a picture; empty: the router's own words.
    """

    def __init__(self, client: HomebodyClient, detail: Literal["quick", "detailed"], prompt: str = "") -> None:
        self._client, self._detail, self._prompt = client, detail, prompt or None

    async def describe(self, picture: Prepared) -> Caption:
        """See `Describer`."""
        answer = self._client.caption(
            picture.data, detail=self._detail, prompt=self._prompt, background=True, deadline_ms=DEADLINE_MS
        )
        async with aclosing(answer) as messages:
            async for message in messages:
                if isinstance(message, Done):
                    if not (message.caption or message.text).strip():
                        raise ModelFailed("The model's caption was empty.", "Try again with: homebody recaption")
                    return Caption(
                        caption=(message.caption or message.text).strip(),
                        tags=tuple(message.tags),
                        model=message.model or "",
                        prompt_version=message.prompt_version or "",
                    )
        raise ModelFailed("The caption broke off.", "Try again with: homebody recaption")


class Verdict(Enum):
    """What a failure says of the picture."""

    LATER = "later"  # nothing: there is no model now, or no router; every picture would fail
    AGAIN = "again"  # perhaps something: worth another attempt or two
    NEVER = "never"  # this picture will not be described


_LATER: Final = frozenset(
    ["no_model", "busy", "shutting_down", "out_of_memory", "capability", "cancelled", "slow_reader", "unknown_type"]
)
_AGAIN: Final = frozenset(["model_failed", "empty_answer", "deadline"])


def verdict(error: HomebodyError) -> Verdict:
    """What to make of it that a picture was not described."""
    if isinstance(error, RouterUnreachable | RouterLost):
        return Verdict.LATER
    if error.code in _AGAIN:
        return Verdict.AGAIN
    if isinstance(error, RemoteFailure) and error.code not in _LATER:
        return Verdict.NEVER
    return Verdict.LATER if error.code in _LATER else Verdict.NEVER
