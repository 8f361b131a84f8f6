"""Thoughts are split off the answer, however the tokens fall."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from backend_lab import text
from homebody.router.backends import Piece, ThinkingSplitter


def whole(source: str) -> tuple[str, str]:
    """What `ThinkingSplitter` should find, with the text in one piece: answer and thoughts."""
    answer, thoughts, rest, thinking = "", "", source, False
    while found := re.search(r"</?think>", rest):
        before, rest = rest[: found.start()], rest[found.end() :]
        answer, thoughts = (answer, thoughts + before) if thinking else (answer + before, thoughts)
        thinking = not found.group().startswith("</")
    return (answer, thoughts + rest) if thinking else (answer + rest, thoughts)


fragments = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "<th", "ink>", "</", "think", ">", "owl ", "<b>", "1 < 2"]),
    max_size=12,
)


@given(fragments, st.lists(st.integers(0, 60), max_size=12))
def test_thoughts_are_split_off_wherever_the_tokens_end(parts: list[str], cuts: list[int]) -> None:
    source = "".join(parts)
    ends = sorted({cut for cut in cuts if cut < len(source)} | {len(source)})
    splitter = ThinkingSplitter()
    pieces: list[Piece] = []
    for begin, end in zip([0, *ends], ends, strict=False):
        pieces += splitter.feed(source[begin:end])
    pieces += splitter.flush()
    assert (text(pieces), text(pieces, "thinking")) == whole(source)
    assert all(piece.text for piece in pieces)


def test_words_that_cannot_become_a_tag_are_not_held_back() -> None:
    splitter = ThinkingSplitter()
    assert splitter.feed("one <th") == [Piece("one ")]
    assert splitter.feed("ree") == [Piece("<three")]


def test_a_model_whose_prompt_opened_the_thought_begins_with_it() -> None:
    splitter = ThinkingSplitter(begins_thinking=True)
    pieces = [*splitter.feed("The person asks.</thi"), *splitter.feed("nk>Owls."), *splitter.flush()]
    assert (text(pieces), text(pieces, "thinking")) == ("Owls.", "The person asks.")
