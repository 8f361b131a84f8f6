"""Messages between a service and a worker process of its own: msgpack, each behind its length in four bytes."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

FRAME_LIMIT_BYTES: Final = 1024 * 1024  # far above any honest message; the names of all skills are the longest
LENGTH: Final = struct.Struct(">I")

_encoder = msgspec.msgpack.Encoder()


def frame(message: msgspec.Struct, limit_bytes: int = FRAME_LIMIT_BYTES) -> bytes:
    """The message, ready to be written; ``limit_bytes`` is what the other side takes at once.

    Raises:
        ValueError: It is larger than a frame may be, or holds what msgpack cannot carry.
    """
    try:
        body = _encoder.encode(message)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{type(message).__name__} holds something that cannot be sent") from error
    if len(body) > limit_bytes:
        raise ValueError(f"{type(message).__name__} is larger than {limit_bytes} bytes")
    return LENGTH.pack(len(body)) + body
