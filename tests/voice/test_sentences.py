"""A reply is cut into fragments that can be spoken while the rest is still being written."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.voice.sentences import MAX_FRAGMENT_CHARS, SentenceSplitter, pieces

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            [
                "Mr. ",
                "e.g. ",
                "3.14 ",
                "U.S. ",
                "No. 5 ",
                "... ",
                "…",
                "$29.95 ",
                "! ",
                "? ",
                ". ",
                "\n\n",
                "word " * 20,
                '" ',
            ]
        ),
        st.text(alphabet="ab .,!?\n", max_size=40),
        st.text(alphabet="x", min_size=290, max_size=400),
    ),
    max_size=12,
).map("".join)


def split(*tokens: str) -> list[str]:
    splitter = SentenceSplitter()
    return [fragment for token in tokens for fragment in splitter.feed(token)] + splitter.flush()


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(TEXTS)
def test_the_fragments_joined_are_the_text(text: str) -> None:
    assert squeezed("".join(split(text))) == squeezed(text)


@given(TEXTS, st.lists(st.integers(0, 400), max_size=20))
def test_how_the_text_was_chunked_changes_nothing(text: str, cuts: list[int]) -> None:
    borders = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    tokens = [text[a:b] for a, b in itertools.pairwise(borders)]
    assert split(*tokens) == split(text) == split(*text)


@given(TEXTS)
def test_no_fragment_is_empty_or_too_long(text: str) -> None:
    for fragment in split(text):
        assert fragment.strip() == fragment != ""
        assert len(fragment) <= MAX_FRAGMENT_CHARS


@given(TEXTS)
def test_little_is_held_back(text: str) -> None:
    splitter = SentenceSplitter()
    given_out = sum(len(squeezed(fragment)) for fragment in splitter.feed(text))
    assert len(squeezed(text)) - given_out <= MAX_FRAGMENT_CHARS


@given(TEXTS, st.integers(1, 60))
def test_pieces_keep_every_word_within_the_limit(text: str, limit: int) -> None:
    found = pieces(text, limit)
    assert squeezed("".join(found)) == squeezed(text)
    assert all(0 < len(piece) <= limit for piece in found)


def test_the_first_fragment_ends_at_a_comma_and_the_next_at_the_sentence() -> None:
    text = "Well, the weather tomorrow, as far as I know, will be fine. Take a hat, and a coat. Bye."
    assert split(text) == [
        "Well, the weather tomorrow,",
        "as far as I know, will be fine.",
        "Take a hat, and a coat.",
        "Bye.",
    ]


def test_a_first_sentence_without_commas_is_cut_after_twelve_words() -> None:
    words = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    assert split(f"{words}. {words}.") == [
        "one two three four five six seven eight nine ten eleven twelve",
        "thirteen fourteen fifteen sixteen.",
        f"{words}.",
    ]


def test_a_sentence_is_released_with_the_space_after_it_and_the_last_one_without() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("The kettle is on.") == []
    assert splitter.feed(" ") == ["The kettle is on."]
    assert splitter.feed("It boils.") == []
    assert splitter.flush() == ["It boils."]
    assert splitter.flush() == []


@pytest.mark.parametrize(
    "sentence",
    [
        "I asked Mr. Smith and Dr. Jones about it.",
        "Take fruit, e.g. apples, i.e. something sweet.",
        "Pi is about 3.14 and it costs $29.95 in all.",
        "She lives in the U.S. with J. R. Hartley.",
        "Please read No. 5 to me now.",
        "I thought... maybe not today.",
        "We met at 5 p.m. on Monday.",
        "Apples, pears etc. are in the cellar.",
        'He shouted "Stop!" and ran away.',
        "version 2.0.1 of it is at example.com today.",
    ],
)
def test_a_full_stop_inside_a_sentence_does_not_end_it(sentence: str) -> None:
    begin = "This is the beginning."
    assert split(f"{begin} {sentence} And more.") == [begin, sentence, "And more."]


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("This is the one. No. I do not think so.", ["This is the one.", "No.", "I do not think so."]),
        ("It begins at 5 p.m. The door is open.", ["It begins at 5 p.m.", "The door is open."]),
        ("I am not sure... The end.", ["I am not sure...", "The end."]),
        ("Are you there? Yes! Good.", ["Are you there?", "Yes!", "Good."]),
        ("The first paragraph\n\nthe second one", ["The first paragraph", "the second one"]),
        ("你好,今天天气很好很好很好。我很高兴！是吗", ["你好,今天天气很好很好很好。", "我很高兴！", "是吗"]),
    ],
)
def test_where_a_sentence_ends_the_fragment_ends(text: str, fragments: list[str]) -> None:
    assert split(text) == fragments


def test_a_numbered_step_stays_with_its_number() -> None:
    assert split("Here is the recipe. 1. Peel them. 2. Boil them.")[1:] == ["1. Peel them.", "2. Boil them."]


def test_nothing_in_gives_nothing_out() -> None:
    assert split("", " ", "\n") == []
