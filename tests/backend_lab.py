"""What every test of a backend asks, and how it looks at the answer."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from contextlib import aclosing
from io import BytesIO

import pytest
from PIL import Image

from homebody.errors import ModelError
from homebody.router.backends import Backend, ChatMessage, Ended, Piece

needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None,
    reason="the extra [transformers] is not installed: make test-transformers",
)

# Their beginnings, as long as their sizes: 64 by 48 pixels.
JPEG = b"\xff\xd8\xff\xe0\x00\x04\x00\x00\xff\xc0\x00\x0b\x08\x00\x30\x00\x40\x01\x01\x11\x00\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x40\x00\x00\x00\x30\x08\x02\x00\x00\x00"
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


async def failure(backend: Backend, messages: list[ChatMessage] = QUESTION) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await answered(backend, messages)
    assert caught.value.reason.endswith(".")
    assert caught.value.remedy
    return caught.value


def picture(color: str = "red") -> bytes:
    """A whole JPEG file, of 64 by 48 pixels."""
    data = BytesIO()
    Image.new("RGB", (64, 48), color).save(data, "JPEG")
    return data.getvalue()
