"""Tokens and bytes become text, wherever they are cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.router.backends.sse import EVENT_LIMIT_BYTES, EventStream, EventTooLong
from homebody.router.backends.text_stream import Detokenizer, StopStrings
from tiny_model import make_tokenizer

TOKENIZER = make_tokenizer(["Owls ", "far."])
JSON = st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3).map(
    lambda value: json.dumps(value, ensure_ascii=False)
)


def decoded(tokens: object) -> str:
    return str(TOKENIZER.decode(tokens, skip_special_tokens=True))


@given(st.text(max_size=40))
def test_what_is_detokenized_put_together_is_the_text_and_each_part_is_whole(text: str) -> None:
    text = text.replace("\N{REPLACEMENT CHARACTER}", "")
    detokenizer = Detokenizer(decoded)
    tokens = TOKENIZER.encode(text, add_special_tokens=False).ids
    parts = [detokenizer.feed(token) for token in tokens] + [detokenizer.flush()]
    assert "".join(parts) == text
    assert "\N{REPLACEMENT CHARACTER}" not in "".join(parts)


@given(st.lists(st.integers(0, TOKENIZER.get_vocab_size() - 1), max_size=40))
def test_tokens_that_are_no_text_hold_nothing_back_for_long(tokens: list[int]) -> None:
    detokenizer = Detokenizer(decoded)
    for token in tokens:
        detokenizer.feed(token)
        assert len(detokenizer._tokens) - detokenizer._given < 4
    detokenizer.flush()
    assert detokenizer.flush() == ""


def cut(text: str, stops: list[str]) -> str:
    ends = [text.index(stop) for stop in stops if stop and stop in text]
    return text[: min(ends)] if ends else text


@given(
    st.lists(st.sampled_from(["a", "ab", "b", "##", "#", "abc", ""]), max_size=12),
    st.lists(st.sampled_from(["##", "abc", "###", "b#", "ba", ""]), max_size=3),
)
def test_a_text_ends_before_its_first_stop_string_wherever_it_is_cut(parts: list[str], stops: list[str]) -> None:
    filter_ = StopStrings(stops)
    given_out = "".join(filter_.feed(part) for part in parts) + filter_.flush()
    whole = "".join(parts)
    # Of two that overlap, the one that is complete first ends the text.
    first = next((whole[:end] for end in range(len(whole) + 1) if cut(whole[:end], stops) != whole[:end]), None)
    if first is None:
        assert (given_out, filter_.stopped) == (whole, False)
    else:
        assert filter_.stopped
        assert given_out.startswith(cut(whole, stops))
        assert cut(given_out, stops) == given_out


def test_what_cannot_become_a_stop_string_is_not_held_back() -> None:
    filter_ = StopStrings(["###"])
    assert filter_.feed("one ##") == "one "
    assert filter_.feed("two") == "##two"


@given(st.lists(JSON, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 400), max_size=20))
def test_events_are_the_same_wherever_their_bytes_are_cut(events: list[str], end: str, cuts: list[int]) -> None:
    source = "".join(f": ping{end}{end}data: {event}{end}event: x{end}{end}" for event in events).encode() + b":"
    ends = sorted({at for at in cuts if at < len(source)} | {len(source)})
    stream = EventStream()
    found = [e for begin, at in zip([0, *ends], ends, strict=False) for e in stream.feed(source[begin:at])]
    assert found + stream.flush() == events


@given(st.binary(max_size=200))
def test_no_bytes_harm_the_reader_of_events(data: bytes) -> None:
    stream = EventStream()
    for event in stream.feed(data) + stream.flush():
        assert isinstance(event, str)


def test_several_data_lines_are_one_event_and_half_a_line_at_the_end_is_none() -> None:
    stream = EventStream()
    assert stream.feed(b"data: one\ndata:two\n\ndata: thr") == ["one\ntwo"]
    assert stream.flush() == []
    assert stream.feed(b'error: {"code": 500}\n') == []
    assert stream.flush() == ['{"code": 500}']


def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    stream = EventStream()
    assert stream.feed(b"data: " + b"x" * (EVENT_LIMIT_BYTES - 6)) == []
    with pytest.raises(EventTooLong):
        stream.feed(b"x")
