from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homebody.router import caption_prompts
from homebody.router.caption_prompts import TAG_LIMIT, Described, described
from homebody.router.purpose import IMAGE_PURPOSES

words = st.text("abcdefghij", min_size=2, max_size=8)
sentences = st.lists(words, min_size=2, max_size=8).map(lambda found: " ".join(found).capitalize() + ".")


@pytest.mark.parametrize(
    ("text", "caption", "tags"),
    [
        ("A red bicycle by a wall.\nTags: bicycle, wall, red", "A red bicycle by a wall.", ("bicycle", "wall", "red")),
        ("A red bicycle. Tags: Bicycle; Red Wall; bicycle.", "A red bicycle.", ("bicycle", "red wall")),
        ("**Caption:** A cat.\n\n**Tags:** cat, sofa", "A cat.", ("cat", "sofa")),
        ("A cat.\nTags:\n- cat\n- grey sofa\n", "A cat.", ("cat", "grey sofa")),
        ("A cat.\n#Tags: #cat #sofa", "A cat.", ("cat", "sofa")),
        ('"A cat."\nKeywords: [cat]', "A cat.", ("cat",)),
        (
            "A price list with the heading tags: shirts and hats.",
            "A price list with the heading tags: shirts and hats.",
            (),
        ),
        ("a man riding a wave on a surfboard", "a man riding a wave on a surfboard", ()),  # BLIP writes no tags
        ('A sign that says "No dogs."\nTags: sign', 'A sign that says "No dogs."', ("sign",)),
        ("Tags: cat", "", ("cat",)),
        ("", "", ()),
    ],
)
def test_caption_and_tags_are_told_apart_however_a_model_marks_them(
    text: str, caption: str, tags: tuple[str, ...]
) -> None:
    assert described(text) == Described(caption, tags)


@pytest.mark.parametrize(
    ("text", "caption", "tags"),
    [
        ("A cat sits on a sofa. Behind it there is a wi", "A cat sits on a sofa.", ()),
        ("A cat on a so", "A cat on a so", ()),
        ("A cat.\nTags: cat, sofa, wi", "A cat.", ("cat", "sofa")),
    ],
)
def test_what_was_left_unfinished_is_dropped(text: str, caption: str, tags: tuple[str, ...]) -> None:
    assert described(text, cut=True) == Described(caption, tags)


@given(st.text(), st.booleans())
@example("tags:" * 50, True)
def test_whatever_a_model_says_becomes_one_line_and_a_few_distinct_lower_case_tags(text: str, cut: bool) -> None:
    caption, tags = described(text, cut=cut)
    assert caption == " ".join(caption.split())
    assert len(tags) <= TAG_LIMIT
    assert len(set(tags)) == len(tags)
    assert all(tag and tag == tag.lower() == tag.strip() and "," not in tag and "\n" not in tag for tag in tags)


@given(st.lists(sentences, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=TAG_LIMIT, unique=True))
def test_an_answer_as_it_was_asked_for_is_read_word_for_word(said: list[str], tags: list[str]) -> None:
    assert described(f"{' '.join(said)}\nTags: {', '.join(tags)}") == Described(" ".join(said), tuple(tags))


@pytest.mark.parametrize("detail", ["quick", "detailed"])
def test_each_prompt_names_a_purpose_and_asks_for_tags_also_behind_somebodys_own_words(detail: str) -> None:
    prompt = caption_prompts.load(detail)
    assert prompt.purpose in IMAGE_PURPOSES
    assert "Tags:" in prompt.words()
    own = prompt.words("Name the birds.")
    assert own.startswith("Name the birds.\n")
    assert "Tags:" in own
    assert prompt.instruction.strip() not in own


def test_a_version_names_the_words_and_somebodys_own_ones_too() -> None:
    assert caption_prompts.version("quick") == "quick-1"
    one, other = caption_prompts.version("quick", "Name the birds."), caption_prompts.version("quick", "Name the cars.")
    assert one.startswith("quick-1+")
    assert one != other
    assert one == caption_prompts.version("quick", "Name the birds.")
