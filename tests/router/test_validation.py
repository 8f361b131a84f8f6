"""What is noticed in an answer while it comes, and that good answers pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.language import identify
from homebody.router import json_schema
from homebody.router.validation import Expected, Repetition, Validator, wanted_language

GOOD = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "good_answers.jsonl").read_text("utf-8").splitlines()
]
ENGLISH = Expected(language="en")


def fed(text: str, expected: Expected = ENGLISH, *, cut: str = r"\s*\S+") -> tuple[Validator, str]:
    """The text in pieces of about a token each, and what was given out of it."""
    validator = Validator(expected)
    out = "".join(validator.feed(piece) for piece in re.findall(cut, text, re.DOTALL))
    return validator, out + validator.end()


@pytest.mark.parametrize("language_given", [True, False])
@pytest.mark.parametrize("row", GOOD, ids=lambda row: f"{row['language']}: {row['question']}")
def test_a_good_answer_passes_whole(row: dict[str, str], language_given: bool) -> None:
    language = row["language"] if language_given else identify(row["question"])
    wanted = wanted_language(row["question"], language, given=language_given, purpose="chat")
    for has_image in (False, True) if "picture" not in row["question"] and "image" not in row["answer"] else (False,):
        validator, out = fed(row["answer"], Expected(language=wanted, has_image=has_image))
        assert validator.fault is None
        assert out == row["answer"]


def test_most_good_answers_are_held_for_four_words_and_none_for_longer_than_what_could_be_spoken_first() -> None:
    held = []
    for row in GOOD:
        validator, _ = fed(row["answer"], Expected(language=row["language"]))
        held.append(validator.held_words)
        first = re.search(r"[.!?]\s|$", row["answer"])
        assert first
        assert validator.held_words <= max(13, len(row["answer"][: first.end()].split()) + 1)
    assert sorted(held)[len(held) // 2] <= 4
    assert {len({row["language"]}) for row in GOOD} == {1}
    assert len({row["language"] for row in GOOD}) == 8


@pytest.mark.parametrize(
    ("text", "fault", "has_image"),
    [
        (" \n ", "empty", False),
        ("I'm sorry, but as a text-based model I can't see images.", "incapable", True),
        ("Unfortunately, I cannot view the picture you sent. Could you describe it?", "incapable", True),
        ("Es tut mir leid, aber ich kann keine Bilder sehen.", "incapable", True),
        ("Désolé, je ne peux pas voir les images.", "incapable", True),
        ("Lo siento, no puedo ver imágenes.", "incapable", True),
        ("Mi dispiace, non posso vedere le immagini.", "incapable", True),
        ("Desculpe, não posso ver imagens.", "incapable", True),
        ("Het spijt me, ik kan geen afbeeldingen zien.", "incapable", True),
        ("Przykro mi, nie mogę zobaczyć zdjęcia.", "incapable", True),
        ("As an AI language model, I cannot write poems.", "incapable", False),
        ("I'm sorry, I can't translate that for you.", "incapable", False),
        ("东京是日本的首都，也是世界上最大的城市之一。", "wrong_language", False),
        ("Die Hauptstadt von Frankreich ist Paris und sie liegt an der Seine.", "wrong_language", False),
        ("owl " * 40, "repetition", False),
        ("The owl sees the mouse and eats it. " * 12, "repetition", False),
        ("ha" * 60, "repetition", False),
    ],
)
def test_a_bad_answer_is_noticed(text: str, fault: str, has_image: bool) -> None:
    validator, out = fed(text, Expected(language="en" if fault != "incapable" else None, has_image=has_image))
    assert validator.fault == fault
    if fault != "repetition":
        assert out == ""  # nothing had been given out: it can be mended in silence


def test_what_nothing_here_can_do_is_an_honest_answer_and_no_refusal() -> None:
    for text in ("I can't see images, because none came.", "As a language model, I have no favourite colour."):
        assert fed(text)[1] == text


def test_an_answer_that_falls_into_another_script_is_ended() -> None:
    validator, out = fed(
        "The capital of Japan is Tokyo. 东京是日本的首都也是世界上最大的城市之一它位于本州岛的东部沿海地区很大",
        cut=r".",
    )
    assert validator.fault == "wrong_language"
    assert out.startswith("The capital of Japan is Tokyo.")


@pytest.mark.parametrize("language", ["sv", "tr", "cs", "xx"])
def test_an_answer_in_the_latin_script_fits_a_language_that_we_cannot_tell(language: str) -> None:
    answer = "Sveriges huvudstad heter Stockholm och ligger vid vattnet i landets mellersta del."
    validator, out = fed(answer, Expected(language=language))
    assert (validator.fault, out) == (None, answer)


def test_a_question_about_another_language_may_be_answered_in_it() -> None:
    assert wanted_language("how do you say cheers in polish", "en", given=True, purpose="multilingual") is None
    assert wanted_language("was heißt baum auf englisch", "de", given=True, purpose="multilingual") is None
    assert wanted_language("pizza", "it", given=False, purpose="chat") is None
    assert wanted_language("why is the sky blue", "en", given=False, purpose="knowledge") == "en"


pieces = st.lists(st.text(max_size=12), max_size=30)


@given(pieces, st.sampled_from([None, "en", "de", "ja"]), st.booleans())
def test_what_is_given_out_is_the_beginning_of_what_came_and_all_of_it_without_a_fault(
    parts: list[str], language: str | None, has_image: bool
) -> None:
    validator = Validator(Expected(language=language, has_image=has_image))
    out = ""
    for part in parts:
        out += validator.feed(part)
        assert "".join(parts).startswith(out)
    out += validator.end()
    text = "".join(parts)
    assert text.startswith(out)
    assert validator.fault is not None or out == text


@given(st.lists(st.sampled_from(["the", "owl", "eats", "a", "mouse", "at", "night"]), max_size=40), st.data())
def test_how_an_answer_is_cut_into_pieces_changes_neither_fault_nor_text(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    one, whole = fed(text, cut=r".")
    other = Validator(ENGLISH)
    out, at, turn = "", 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        out += other.feed(text[at : at + size])
        at, turn = at + size, turn + 1
    out += other.end()
    assert one.fault == other.fault
    if one.fault is None:
        assert out == whole == text


@given(st.lists(st.sampled_from(["owl", "cat", "dog", "bee"]), min_size=1, max_size=12))
def test_every_loop_is_noticed_before_it_has_gone_on_for_three_hundred_words(turn: list[str]) -> None:
    loop = Repetition()
    assert any(loop.feed(f"{word} ") for word in (turn * 300)[:300])


def test_figures_and_rulers_may_repeat() -> None:
    for text in ("0, " * 50, "- " * 50, "1" + "0" * 100, "| --- " * 30):
        assert not Repetition().feed(text)


# --- JSON ------------------------------------------------------------------------------------------------------------

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer", "minimum": 0}},
    "required": ["city"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("text", ['{"city": "Rome", "people": 3}', '```json\n{"city": "Rome", "people": 3}\n```'])
def test_json_that_fits_is_given_out_whole_at_the_end(text: str) -> None:
    validator = Validator(Expected(schema=SCHEMA))
    assert [validator.feed(c) for c in text] == [""] * len(text)
    assert json.loads(validator.end()) == validator.value == {"city": "Rome", "people": 3}


@pytest.mark.parametrize(
    "text",
    [
        "Rome.",
        '{"city": "Rome"',
        '{"people": 3}',
        '{"city": "Rome", "people": -1}',
        '{"city": 1}',
        '{"town": "Rome"}',
        "[]",
    ],
)
def test_json_that_does_not_fit_is_broken(text: str) -> None:
    validator, out = fed(text, Expected(schema=SCHEMA))
    assert (validator.fault, out, validator.value) == ("broken_json", "", None)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "object", "oneOf": []},
        {"type": "object", "properties": []},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
        {"type": "object", "required": [1]},
        {"type": ["object", "owl"]},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"pattern": "x"}}}},
    ],
)
def test_a_schema_that_could_not_be_checked_is_refused(schema: Any) -> None:
    assert json_schema.unusable(schema)
    assert json_schema.unusable(SCHEMA) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(json_values)
def test_a_value_fits_the_schema_that_says_exactly_that(value: Any) -> None:
    assert json_schema.misfit(value, {"const": value}) is None
    assert json_schema.misfit(value, {"enum": ["another one", value]}) is None
    assert json_schema.misfit({"is": value}, {"type": "object", "required": ["is"], "properties": {"is": {}}}) is None
