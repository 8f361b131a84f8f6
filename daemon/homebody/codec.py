"""Messages as bytes and back, and errors as messages. Opens no socket."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from homebody.errors import BadFrame, BadMessage, HomebodyError, ModelError, RemoteFailure
from homebody.messages import ANSWERS, FAILURE_CODES, REQUESTS, Any_, Failed, Message

VERSION: Final = 1
HEADER_LIMIT_BYTES: Final = 64 * 1024
PAYLOAD_LIMIT_BYTES: Final = 32 * 1024 * 1024  # all payload frames together
PAYLOAD_LIMIT: Final = 4  # frames
ID_LIMIT_CHARS: Final = 64


def failed(id: str | None, error: HomebodyError, *, partial: str = "") -> Failed:
    """The `Failed` that tells the asker of ``id`` of this error. ``partial``: what had been answered already."""
    code = error.code if error.code in FAILURE_CODES else "model_failed"
    if isinstance(error, RemoteFailure | ModelError):
        partial, retry_after_ms = partial or error.partial, error.retry_after_ms
    else:
        retry_after_ms = None
    return Failed(
        id=id, code=code, reason=error.reason, remedy=error.remedy, retry_after_ms=retry_after_ms, partial=partial
    )


def failure(answer: Failed) -> RemoteFailure:
    """The error that this `Failed` tells of: the reverse of `failed`."""
    return RemoteFailure(
        answer.code, answer.reason, answer.remedy, partial=answer.partial, retry_after_ms=answer.retry_after_ms
    )


class _Envelope(msgspec.Struct):
    """Only what is needed to answer a message that cannot be understood."""

    v: Any = None
    type: Any = None
    id: Any = None


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(_Envelope)
_messages = msgspec.json.Decoder(Any_)
TYPES: Final = {str(cls.__struct_config__.tag): cls for cls in REQUESTS + ANSWERS}  # by name on the wire


def encode(message: Message, *payloads: bytes) -> list[bytes]:
    """The frames of a message, ready for ``send_multipart``.

    Raises:
        BadMessage: With code ``too_large``: the header exceeds 64 KiB, so nobody would accept it.
    """
    # The version belongs to the wire, not to each struct: it is written in front of whatever the struct encodes to.
    header = b'{"v":%d,' % VERSION + _encoder.encode(message)[1:]
    if len(header) > HEADER_LIMIT_BYTES:
        raise BadMessage("The message exceeds 64 KiB.", "Send less at once.", id=message.id, code="too_large")
    return [header, *payloads]


def decode(frames: list[bytes]) -> tuple[Any_, list[bytes]]:
    """The message in these frames, and its payload frames.

    Raises:
        BadFrame: Not a JSON object with a usable id and type, or frames beyond the limits without a readable id.
        BadMessage: A message of ours that cannot be accepted; carries the id to answer with, and the code.
    """
    if not frames:
        raise BadFrame("An empty message came.")
    header, payloads = frames[0], frames[1:]
    if len(header) > HEADER_LIMIT_BYTES:
        raise BadFrame(f"A header of {len(header)} bytes came; the limit is {HEADER_LIMIT_BYTES}.")
    try:
        envelope = _envelopes.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadFrame("A frame came that is not a JSON object.") from error
    id_ = envelope.id if isinstance(envelope.id, str) and 1 <= len(envelope.id) <= ID_LIMIT_CHARS else None
    if envelope.v != VERSION or isinstance(envelope.v, bool):
        raise BadMessage("This router speaks version 1 of the protocol.", id=id_, code="unsupported_version")
    if not isinstance(envelope.type, str):
        raise BadMessage("The message has no type.", id=id_)
    if envelope.type not in TYPES:
        raise BadMessage("The message's type is unknown here.", id=id_, code="unknown_type")
    if len(payloads) > PAYLOAD_LIMIT or sum(map(len, payloads)) > PAYLOAD_LIMIT_BYTES:
        raise BadMessage("The payload frames exceed 4 frames or 32 MiB.", id=id_, code="too_large")
    try:
        message = _messages.decode(header)
    except (msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        # msgspec names the field and the expected type, never the value, so no one's words get into the answer.
        raise BadMessage(f"The {envelope.type} message does not fit: {error}.", id=id_) from error
    if id_ is None and not isinstance(message, Failed):
        raise BadMessage(f"The {envelope.type} message needs an id of 1 to {ID_LIMIT_CHARS} characters.")
    return message, payloads
