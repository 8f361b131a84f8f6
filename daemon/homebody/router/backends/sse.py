"""Server-sent events, as far as streaming model servers use them. Pure.

Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream". Lines end with CR LF, LF or CR and with nothing else
(U+2028 inside JSON is no line end, which is why httpx's line iterator will not do); a line that begins with a colon is
a comment, which servers send as a sign of life; an empty line ends an event.
"""

from __future__ import annotations

import re
from typing import Final

EVENT_LIMIT_BYTES: Final = 1024 * 1024

_LINE_END: Final = re.compile(rb"\r\n|\n|\r(?!\Z)")  # a CR at the very end may yet be followed by its LF


class EventTooLong(ValueError):
    """More than `EVENT_LIMIT_BYTES` without the end of an event."""


class EventStream:
    """Bytes in, the data of whole events out.

    Beside the standard's ``data`` the field ``error`` counts as data: older servers of llama.cpp send errors so.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._data: list[str] = []
        self._data_bytes = 0

    def feed(self, data: bytes) -> list[str]:
        """The data of the events that are complete with these bytes.

        Raises:
            EventTooLong: This is no honest event.
        """
        *lines, self._buffer = _LINE_END.split(self._buffer + data)
        events: list[str] = []
        for line in lines:
            if not line:
                events += self._event()
            else:
                self._take(line)
        if len(self._buffer) + self._data_bytes > EVENT_LIMIT_BYTES:
            raise EventTooLong
        return events

    def flush(self) -> list[str]:
        """The last event, where the connection ended without an empty line after it. Half a line is dropped."""
        line, self._buffer = self._buffer, b""
        if line.endswith(b"\r"):
            self._take(line[:-1])
        return self._event()

    def _take(self, line: bytes) -> None:
        name, _, value = line.decode("utf-8", "replace").removeprefix("\ufeff").partition(":")
        if name in {"data", "error"}:
            self._data.append(value.removeprefix(" "))
            self._data_bytes += len(line)

    def _event(self) -> list[str]:
        data, self._data, self._data_bytes = self._data, [], 0
        return ["\n".join(data)] if data else []
