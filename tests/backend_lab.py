"""What every test of a backend asks, and how it looks at the answer."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing

import pytest

from homebody.errors import ModelError
from homebody.router.backends import Backend, ChatMessage, Ended, Piece

QUESTION = [ChatMessage("system", "You are homebody."), ChatMessage("user", "tell me about owls")]


async def answered(backend: Backend, messages: list[ChatMessage] = QUESTION) -> tuple[list[Piece], Ended]:
    items: list[Piece | Ended] = []
    async with aclosing(backend.stream(messages)) as stream:
        items += [item async for item in stream]
    *pieces, ended = items
    assert isinstance(ended, Ended)
    assert all(isinstance(piece, Piece) for piece in pieces)
    return [piece for piece in pieces if isinstance(piece, Piece)], ended


def text(pieces: Iterable[Piece], channel: str = "answer") -> str:
    return "".join(piece.text for piece in pieces if piece.channel == channel)


async def failure(backend: Backend) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await answered(backend)
    assert caught.value.reason.endswith(".")
    assert caught.value.remedy
    return caught.value
