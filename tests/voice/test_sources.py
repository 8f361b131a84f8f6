"""What the sound server says about our stream is read rightly, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.sources import source_of

SOURCES = (
    "0\troom.monitor\tmodule-null-sink.c\ts16le 1ch 16000Hz\tRUNNING\n1\tmic\tmodule-remap-source.c\ts16le\tIDLE\n"
)
STREAM = """Source Output #{number}
\tDriver: protocol-native.c
\tClient: 3
\tSource: {source}
\tProperties:
\t\tmedia.name = "ALSA Capture"
\t\tapplication.process.id = "{pid}"
"""


def streams(*of: tuple[int, int]) -> str:
    return "\n".join(STREAM.format(number=n, source=source, pid=pid) for n, (pid, source) in enumerate(of))


@pytest.mark.parametrize(
    ("of", "name"),
    [
        ([(7, 1)], "mic"),
        ([(8, 0), (7, 1)], "mic"),
        ([(7, 0)], "room.monitor"),
        ([(77, 1)], None),
        ([], None),
        ([(7, 9)], None),  # gone meanwhile
        ([(7, 0), (7, 1)], None),  # which one is the microphone's cannot be told
    ],
)
def test_of_all_streams_ours_is_found(of: list[tuple[int, int]], name: str | None) -> None:
    assert source_of(7, streams(*of), SOURCES) == name


@given(st.text(), st.text())
def test_whatever_is_printed_nothing_breaks(one: str, other: str) -> None:
    assert source_of(7, one, other) is None
