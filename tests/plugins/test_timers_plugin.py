from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody_timers import durations, phrases
from homebody_timers.languages import USUAL_S
from plugin_fakes import FakeContext
from plugin_house import house, intents, say

HOUR = 3600


@pytest.fixture
def ctx() -> FakeContext:
    return house("timers")


def hear(ctx: FakeContext, text: str) -> str:
    """Say it to the house: the best match runs, a declined one gives way to the next."""
    for match in intents().match(text):
        reply = ctx.call(match.skill, **match.slots)
        if not reply.value.get("declined"):
            return reply.text
    return "(no skill)"


def test_a_timer_is_set_announced_and_gone(ctx: FakeContext) -> None:
    reply = ctx.call("timer_set", seconds=300, name="pasta")
    assert reply.text == "Pasta timer set for five minutes."
    assert reply.value == {"seconds": 300, "name": "pasta"}
    ctx.pass_time(299)
    assert ctx.announced == []
    ctx.pass_time(1)
    assert ctx.announced == ["Your pasta timer is done."]
    assert ctx.call("timer_query").text == "No timer is running."
    assert [name for name, _ in ctx.published] == ["timer.set", "timer.rang"]
    assert ctx.published[1][1] == {"name": "pasta", "seconds": 300, "late_s": 0}


def test_a_nameless_timer_is_called_by_its_length(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=90)
    ctx.pass_time(90)
    assert ctx.announced == ["Your ninety second timer is done."]


def test_a_timer_that_came_due_while_nothing_ran_is_announced_as_late(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=300, name="pasta")
    ctx.pass_time(300 + 12 * 60, away=True)
    assert ctx.announced == ["Your pasta timer rang twelve minutes ago, while I was away."]
    assert ctx.published[-1][1]["late_s"] == 720


def test_several_timers_run_at_once_and_ring_in_their_order(ctx: FakeContext) -> None:
    for seconds, name in ((600, "eggs"), (300, "pasta"), (450, "")):
        ctx.call("timer_set", seconds=seconds, name=name)
    ctx.pass_time(HOUR)
    assert [text.split()[1] for text in ctx.announced] == ["pasta", "seven", "eggs"]


@pytest.mark.parametrize("seconds", [0, 24 * HOUR + 1])
def test_a_length_beyond_the_bounds_gets_a_reason_and_no_timer(ctx: FakeContext, seconds: int) -> None:
    assert "timer" in ctx.call("timer_set", seconds=seconds).text
    assert ctx.schedule.rows == {}


@pytest.mark.parametrize("seconds", [1, 24 * HOUR])
def test_the_bounds_themselves_are_allowed(ctx: FakeContext, seconds: int) -> None:
    ctx.call("timer_set", seconds=seconds)
    assert len(ctx.schedule.rows) == 1


def test_more_timers_than_anyone_needs_are_refused(ctx: FakeContext) -> None:
    for _ in range(60):
        ctx.call("timer_set", seconds=60)
    assert len(ctx.schedule.rows) == 50


def test_the_only_timer_needs_no_name_to_be_cancelled(ctx: FakeContext) -> None:
    hear(ctx, "set a timer for five minutes")
    assert hear(ctx, "cancel the timer") == "The five minute timer is cancelled."
    ctx.pass_time(HOUR)
    assert ctx.announced == []
    assert ctx.published[-1] == ("timer.cancelled", {"name": "", "seconds": 300})


def test_cancel_asks_back_when_it_is_not_clear_which(ctx: FakeContext) -> None:
    for text in ("set a pasta timer for ten minutes", "set a timer for the eggs for six minutes", "timer one hour"):
        hear(ctx, text)
    reply = ctx.call("timer_cancel")
    assert reply.follow_up
    assert reply.text == "Which one: the eggs timer, the pasta timer or the one hour timer?"
    assert len(ctx.schedule.rows) == 3
    assert hear(ctx, "the eggs timer") == "The eggs timer is cancelled."
    assert len(ctx.schedule.rows) == 2


@pytest.mark.parametrize(("answer", "left"), [("the ten minute one", 1), ("both of them", 0), ("the pasta timer", 1)])
def test_the_answer_may_be_a_length_a_name_or_all(ctx: FakeContext, answer: str, left: int) -> None:
    hear(ctx, "set a pasta timer for ten minutes")
    hear(ctx, "set a timer for an hour")
    ctx.call("timer_cancel")
    hear(ctx, answer)
    assert len(ctx.schedule.rows) == left


def test_an_answer_after_a_minute_is_no_answer(ctx: FakeContext) -> None:
    hear(ctx, "set a pasta timer for ten minutes")
    hear(ctx, "set a timer for an hour")
    ctx.call("timer_cancel")
    ctx.pass_time(61)
    assert hear(ctx, "the pasta timer") == "(no skill)"
    assert len(ctx.schedule.rows) == 2


def test_a_timer_without_a_length_is_asked_for_it(ctx: FakeContext) -> None:
    reply = ctx.call("timer_set", name="pizza")
    assert reply.follow_up
    assert reply.text == "How long should the pizza timer run?"
    assert hear(ctx, "twelve minutes") == "Pizza timer set for twelve minutes."


def test_cancel_by_name_length_or_all(ctx: FakeContext) -> None:
    for text in (
        "set a pasta timer for ten minutes",
        "set a timer for six minutes",
        "timer one hour",
        "timer two hours",
    ):
        hear(ctx, text)
    assert hear(ctx, "cancel the pasta timer") == "The pasta timer is cancelled."
    assert hear(ctx, "stop the six minute timer") == "The six minute timer is cancelled."
    assert (
        hear(ctx, "cancel the tea timer")
        == "There is no tea timer. There are the one hour timer and the two hour timer."
    )
    assert hear(ctx, "cancel all timers") == "Both timers are cancelled."
    assert ctx.schedule.rows == {}
    assert hear(ctx, "cancel the timer") == "No timer is running."


def test_a_slightly_misheard_name_finds_its_timer(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=600, name="pasta")
    ctx.call("timer_set", seconds=600, name="bread")
    assert ctx.call("timer_cancel", name="paster").text == "The pasta timer is cancelled."


def test_how_long_is_left_is_told_roughly_and_as_data(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=600, name="pasta")
    ctx.pass_time(330)
    reply = ctx.call("timer_query")
    assert reply.text == "The pasta timer has four minutes and thirty seconds left."
    assert reply.value["name"] == "pasta"
    assert reply.value["seconds"] == 270


def test_a_paused_timer_waits_and_runs_on(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=600, name="pasta")
    ctx.pass_time(300)
    assert ctx.call("timer_pause").text == "The pasta timer is paused with five minutes left."
    ctx.pass_time(HOUR)
    assert ctx.announced == []
    assert ctx.call("timer_query").text == "The pasta timer has five minutes left and is paused."
    assert ctx.call("timer_resume").text == "The pasta timer runs on, with five minutes left."
    ctx.pass_time(300)
    assert ctx.announced == ["Your pasta timer is done."]
    assert ctx.call("timer_query").text == "No timer is running."


def test_a_paused_timer_can_be_cancelled(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=600)
    ctx.call("timer_pause")
    ctx.call("timer_cancel")
    assert ctx.call("timer_query").text == "No timer is running."


def test_power_lost_between_the_two_steps_of_a_pause_neither_loses_nor_doubles_the_timer(ctx: FakeContext) -> None:
    ctx.call("timer_set", seconds=600, name="pasta")
    row = next(iter(ctx.schedule.rows.values()))
    ctx.call("timer_pause")
    ctx.schedule.rows[row.id] = row  # the pause was stored, and taking it off the schedule was not
    assert len(ctx.call("timer_query").value["timers"]) == 1
    ctx.pass_time(600)
    assert ctx.announced == ["Your pasta timer is done."]
    assert ctx.call("timer_query").text == "No timer is running."


def test_every_length_is_heard_as_it_is_spoken() -> None:
    def check(seconds: int) -> None:
        said = durations.spoken(seconds)
        (match, *_) = intents().match(f"set a timer for {said.replace(',', ' and')}")
        assert match.slots == {"seconds": seconds}, said

    for seconds in (1, 2, 59, 60, 61, 90, 119, 120, 3599, HOUR, 3601, 3660, 3661, 5400, 7325, 86_399, 86_400):
        check(seconds)


@given(st.integers(min_value=1, max_value=86_400))
def test_a_spoken_length_holds_no_digit_and_no_wrong_plural(seconds: int) -> None:
    for said in (durations.spoken(seconds), durations.roughly(seconds), durations.adjective(seconds)):
        assert re.fullmatch(r"[a-z ,]+", said)
        assert not re.search(r"(?<!-)\bone (?:hours|minutes|seconds)", re.sub(r"[a-z]+ty one", "", said))


@given(st.text(max_size=45))
def test_a_name_is_only_ever_a_few_plain_words(text: str) -> None:
    if re.search(phrases.NAME, text):
        assert "timer" not in text.split()
        assert len(text.split()) <= 4


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_what_is_made_ahead_is_what_is_said(ctx: FakeContext, language: str) -> None:
    info = ctx.registry.skills["timer_set"].info
    ctx.language = language
    said = [ctx.call("timer_set").text, *(ctx.call("timer_set", seconds=seconds).text for seconds in USUAL_S)]
    assert said == [*(info.says if language == "en" else info.translations[language].says)]


def test_how_much_longer_for_something_is_about_its_timer_only_where_there_is_one() -> None:
    ctx = house()
    assert say(ctx, "how much longer for the rice").text == "(no skill)"
    say(ctx, "set a rice timer for ten minutes")
    assert say(ctx, "how much longer for the rice").text == "The rice timer has ten minutes left."
    assert say(ctx, "how long until christmas").text == "There are 33 days left until Christmas."
