"""How a labelled set of sentences is judged and counted."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.bench import skills
from homebody.bench.skills import EmptyHouse, Row, Score, Verdict, judged, read, score
from homebody.errors import RemoteFailure, SkillFailed, UsageError
from homebody.router.intents import Match
from homebody.skill import Reply

KINDS = ("right", "wrong", "missed", "falsely_matched", "not_shipped")


@pytest.mark.parametrize(
    ("wanted", "skill", "value", "kind"),
    [
        (Row("what time is it", "clock"), "clock", {}, "right"),
        (Row("what time is it", "clock"), "date", {}, "wrong"),
        (Row("what time is it", "clock"), "none", {}, "missed"),
        (Row("tell me a story", "none"), "none", {}, "right"),
        (Row("tell me a story", "none"), "clock", {}, "falsely_matched"),
        (Row("five minutes", "timer_set", {"seconds": 300}), "timer_set", {"seconds": 300, "name": None}, "right"),
        (Row("five minutes", "timer_set", {"seconds": 300}), "timer_set", {"seconds": 300.0000001}, "right"),
        (Row("five minutes", "timer_set", {"seconds": 300}), "timer_set", {"seconds": 301}, "wrong"),
        (Row("five minutes", "timer_set", {"seconds": 300}), "timer_set", {}, "wrong"),
        (Row("tea", "timer_set", {"name": "Tea"}), "timer_set", {"name": "tea"}, "right"),
        (Row("tea", "timer_set", {"name": ""}), "timer_set", {"name": None}, "right"),
        (Row("tea", "timer_set", {"name": ""}), "timer_set", {"name": "tea"}, "wrong"),
        (Row("a third", "math", {"result": 1 / 3}), "math", {"result": 0.333333333}, "right"),
        (Row("a big one", "math", {"result": 1e12}), "math", {"result": 1e12 + 1}, "right"),
        (Row("a big one", "math", {"result": 1e12}), "math", {"result": 1.001e12}, "wrong"),
        (Row("zero", "math", {"result": 0}), "math", {"result": 0}, "right"),
        (Row("zero", "math", {"result": 0}), "math", {}, "wrong"),
    ],
)
def test_an_answer_is_judged(wanted, skill, value, kind):
    assert judged(wanted, skill, value) == kind


def test_a_small_number_agrees_to_six_digits_too():
    row = Row("a millionth of it", "convert", {"result": 2e-7})
    assert judged(row, "convert", {"result": 2e-7}) == "right"


@given(st.lists(st.sampled_from(KINDS), max_size=40))
def test_the_accuracy_is_the_share_of_right_ones_among_all_that_were_counted(kinds):
    total = Score()
    for kind in kinds:
        total.count(Verdict(Row("x", "y"), kind, "y", {}))
    counted = [kind for kind in kinds if kind != "not_shipped"]
    assert sum(getattr(total, kind) for kind in KINDS) == len(kinds)
    assert total.accuracy == pytest.approx(counted.count("right") / len(counted) if counted else 0.0, abs=1e-4)


def test_a_set_is_read_and_empty_lines_are_passed_over(tmp_path):
    file = tmp_path / "set.jsonl"
    file.write_text(
        '{"text": "a", "skill": "none"}\n\n{"text": "b", "skill": "math", "slots": {"result": 4}, "x": 1}\n'
    )
    assert read(file) == [Row("a", "none"), Row("b", "math", {"result": 4})]


@pytest.mark.parametrize("line", ["{", '{"text": "a"}', '["a", "none"]', '{"text": 1, "skill": "none"}'])
def test_a_line_that_is_no_row_is_named_by_its_number(tmp_path, line):
    file = tmp_path / "set.jsonl"
    file.write_text('{"text": "a", "skill": "none"}\n' + line + "\n")
    with pytest.raises(UsageError, match="line 2") as refused:
        read(file)
    assert refused.value.remedy


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["absent", "no text"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "set.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"set\.jsonl"):
        read(file)


@pytest.mark.processes
def test_a_set_is_scored_with_the_real_skills_and_nothing_is_left_over_between_rows():
    rows = [
        Row("what is fifteen plus twenty seven", "math", {"result": 42}),
        Row("what is two plus two", "math", {"result": 5}),
        Row("set a timer for five minutes", "timer_set", {"seconds": 300}),
        Row("how long is left", "timer_query"),
        Row("who wrote hamlet", "none"),
        Row("what time is it", "none"),
        Row("play some jazz", "music_play"),
        Row("colourless green ideas sleep furiously", "clock"),
    ]
    total = asyncio.run(asyncio.wait_for(score(rows), 60))
    assert (total.wrong, total.missed, total.falsely_matched, total.not_shipped) == (1, 1, 1, 1)
    assert total.right == 4
    assert total.accuracy == round(4 / 7, 4)


class TwoMatches:
    """Intents that match two skills."""

    def match(self, text, language=None):
        return [Match("first", {"seconds": 300}), Match("second", {})]


class Host:
    """A skills host whose first skill does as it is told."""

    def __init__(self, first):
        self._first = first

    async def run(self, name, slots, *, text, session, now, language):
        if name == "first" and isinstance(self._first, Exception):
            raise self._first
        return self._first if name == "first" else Reply("I am the second.")


def answered(first):
    return asyncio.run(skills._answer("a text", TwoMatches(), Host(first)))


def test_the_first_match_answers_and_its_values_come_before_the_slots():
    assert answered(Reply("Five minutes.", value={"seconds": 301})) == ("first", {"seconds": 301})


def test_a_skill_that_declines_leaves_the_answer_to_the_next():
    assert answered(Reply("", value={"declined": True})) == ("second", {})


def test_a_skill_that_fails_is_not_right():
    skill, value = answered(SkillFailed("The skill first failed."))
    assert judged(Row("a text", "first", {"seconds": 300}), skill, value) == "wrong"


def test_the_empty_house_has_a_volume_and_refuses_what_no_voice_can_do():
    async def main():
        house = EmptyHouse()
        percents = [
            (await house.control_voice("volume", value)).value["volume_percent"] for value in (30, "+90", "-10")
        ]
        assert (await house.control_voice("mute")).value["muted"]
        with pytest.raises(RemoteFailure):
            await house.control_voice("sing")
        return percents

    assert asyncio.run(main()) == [30.0, 100.0, 90.0]
