"""What is said after an answer that was given too early, or that one would rather not have asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.skill import SessionView
from plugin_fakes import FakeContext
from plugin_house import house, say

FIVE = {"en": "set a timer for five minutes", "de": "stell einen timer auf fünf minuten",
        "fr": "mets un minuteur de cinq minutes", "es": "pon un temporizador de cinco minutos"}  # fmt: skip


@pytest.fixture
def ctx() -> FakeContext:
    return house()


def lengths(ctx: FakeContext) -> list[int]:
    return [row.data["seconds"] for row in ctx.schedule.pending("ring")]


@pytest.mark.parametrize(
    ("language", "said", "seconds"),
    [
        ("en", "and thirty seconds", 330), ("en", "no six minutes", 360), ("en", "make that six minutes", 360),
        ("en", "sorry I meant ten", 600), ("en", "no wait, seven minutes", 420), ("en", "ten minutes instead", 600),
        ("en", "not five minutes but nine minutes", 540), ("en", "a minute longer", 360),
        ("en", "no, seven", 420), ("en", "make it ten", 600), ("en", "actually make it half an hour", 1800),
        ("en", "add two", 420), ("en", "two more minutes", 420), ("en", "give it two more minutes", 420),
        ("de", "nein, sieben", 420), ("fr", "non, sept", 420), ("es", "no, siete", 420),
        ("de", "und dreißig Sekunden", 330), ("de", "nein sechs Minuten", 360), ("de", "zwei Minuten länger", 420),
        ("de", "nicht fünf Minuten sondern neun Minuten", 540),
        ("fr", "et trente secondes", 330), ("fr", "non, six minutes", 360), ("fr", "deux minutes de plus", 420),
        ("es", "y treinta segundos", 330), ("es", "no, seis minutos", 360), ("es", "dos minutos más", 420),
    ],
)  # fmt: skip
def test_what_follows_a_timer_corrects_it(ctx: FakeContext, language: str, said: str, seconds: int) -> None:
    say(ctx, FIVE[language])
    ctx.pass_time(4)
    say(ctx, said)
    assert lengths(ctx) == [seconds]
    ctx.pass_time(seconds - 5)
    assert ctx.announced == []
    ctx.pass_time(1)
    assert len(ctx.announced) == 1


@pytest.mark.parametrize(
    ("ask", "rather", "seconds"),
    [("set a timer for two hours", "no three", 10_800), ("set a timer for forty seconds", "make it fifty", 50),
     ("set a timer for an hour and a half", "no ninety five", 5700)],
)  # fmt: skip
def test_a_bare_number_is_in_what_the_timer_was_set_in(ctx: FakeContext, ask: str, rather: str, seconds: int) -> None:
    say(ctx, ask)
    say(ctx, rather)
    assert lengths(ctx) == [seconds]


@pytest.mark.parametrize(
    ("language", "more"),
    [("en", "set another one for ten minutes"), ("en", "and one for ten minutes"),
     ("de", "und noch einen für zehn Minuten"),
     ("fr", "et un autre de dix minutes"), ("es", "pon otro de diez minutos")],
)  # fmt: skip
def test_another_one_is_another_timer(ctx: FakeContext, language: str, more: str) -> None:
    assert say(ctx, more).value.get("seconds") is None  # of what?
    say(ctx, FIVE[language])
    say(ctx, more)
    assert lengths(ctx) == [300, 600]
    say(ctx, "cancel that")
    assert lengths(ctx) == [300]


@pytest.mark.parametrize(
    ("language", "which", "second"),
    [("en", "which timers are running", "cancel the second one"), ("de", "welche timer laufen", "stopp den zweiten"),
     ("fr", "quels minuteurs sont en cours", "annule le deuxième"),
     ("es", "qué temporizadores hay", "cancela el segundo")],
)  # fmt: skip
def test_of_the_timers_that_were_told_of_the_second_is_meant(
    ctx: FakeContext, language: str, which: str, second: str
) -> None:
    ctx.language = language
    ctx.call("timer_set", seconds=3300)
    say(ctx, FIVE[language])
    ctx.session = SessionView()
    assert say(ctx, second).value.get("cancelled") is None  # of what?
    say(ctx, which)
    say(ctx, second)
    assert lengths(ctx) == [300]


def test_which_timer_is_answered_by_its_place(ctx: FakeContext) -> None:
    say(ctx, "set a rice timer for ten minutes")
    say(ctx, "set a pasta timer for eight minutes")
    assert say(ctx, "cancel the timer").follow_up
    assert say(ctx, "the second one").text == "The rice timer is cancelled."


@pytest.mark.parametrize(
    ("language", "said", "answer"),
    [("de", "stell einen timer auf zwölf minuten und dreißig sekunden", "12 Minuten und 30 Sekunden"),
     ("fr", "mets un minuteur de douze minutes et trente secondes", "12 minutes et 30 secondes"),
     ("es", "pon un temporizador de doce minutos y treinta segundos", "12 minutos y 30 segundos")],
)  # fmt: skip
def test_the_length_that_is_set_is_told_to_the_second(ctx: FakeContext, language: str, said: str, answer: str) -> None:
    assert answer in say(ctx, said).text


def test_time_is_added_to_what_a_timer_is_for(ctx: FakeContext) -> None:
    assert say(ctx, "add two minutes to the pasta").text == "(no skill)"
    say(ctx, "set a pasta timer for eight minutes")
    assert say(ctx, "add two minutes to the pasta").text == "The pasta timer has ten minutes left."
    assert say(ctx, "give the pasta timer five more minutes").text == "The pasta timer has fifteen minutes left."


@pytest.mark.parametrize(
    ("said", "name"),
    [("put the laundry timer on for eight minutes", "laundry"),
     ("stelle einen nudeltimer auf acht minuten", "nudel"), ("kannst du einen timer auf acht minuten stellen", ""),
     ("lance un minuteur pour les pâtes de huit minutes", "pâtes"),
     ("pon un temporizador para la pasta de ocho minutos", "pasta")],
)  # fmt: skip
def test_a_timer_is_set_in_the_order_people_say_it_in(ctx: FakeContext, said: str, name: str) -> None:
    assert say(ctx, said).value == {"seconds": 480, "name": name}


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "alle timer löschen"), ("de", "den timer abbrechen"), ("fr", "annule le minuteur")],
)  # fmt: skip
def test_a_timer_is_cancelled_with_the_verb_at_either_end(ctx: FakeContext, language: str, said: str) -> None:
    say(ctx, FIVE[language])
    say(ctx, said)
    assert lengths(ctx) == []


@pytest.mark.parametrize("language", FIVE)
def test_a_timer_is_taken_back_and_so_is_its_taking_back(ctx: FakeContext, language: str) -> None:
    undo = {"en": "cancel that", "de": "mach das rückgängig", "fr": "annule ça", "es": "deshaz eso"}[language]
    say(ctx, FIVE[language])
    ctx.pass_time(20)
    assert say(ctx, undo).value["cancelled"] == 1
    assert lengths(ctx) == []
    ctx.pass_time(20)
    assert say(ctx, undo).value["restored"] == 1
    ctx.pass_time(259)
    assert ctx.announced == []
    ctx.pass_time(1)
    assert len(ctx.announced) == 1


def test_a_name_may_come_later(ctx: FakeContext) -> None:
    say(ctx, FIVE["en"])
    assert say(ctx, "called pasta").text == "Pasta timer set for five minutes."
    ctx.pass_time(300)
    assert ctx.announced == ["Your pasta timer is done."]


def test_whoever_takes_back_a_corrected_timer_means_the_whole_of_it(ctx: FakeContext) -> None:
    for said in (FIVE["en"], "and thirty seconds", "called pasta", "cancel that"):
        reply = say(ctx, said)
    assert reply.text == "The pasta timer is cancelled."


def test_a_timer_is_changed_at_any_time_and_what_has_passed_counts(ctx: FakeContext) -> None:
    say(ctx, "set a pasta timer for ten minutes")
    ctx.pass_time(300)
    assert say(ctx, "add two minutes to the pasta timer").text == "The pasta timer has seven minutes left."
    assert say(ctx, "undo that").text == "The pasta timer has five minutes left."
    assert say(ctx, "make the timer a minute shorter").text == "The pasta timer has four minutes left."
    assert say(ctx, "change the timer to three minutes").text == "The pasta timer has run for longer than that."
    ctx.pass_time(240)
    assert ctx.announced == ["Your pasta timer is done."]


def test_of_several_it_asks_which_one_to_change_pause_or_resume(ctx: FakeContext) -> None:
    say(ctx, "set a pasta timer for ten minutes")
    say(ctx, "set an egg timer for five minutes")
    assert say(ctx, "add a minute to the timer").follow_up
    assert say(ctx, "the egg timer").text == "The egg timer has six minutes left."
    assert say(ctx, "pause the timer").follow_up
    assert say(ctx, "the pasta timer").text == "The pasta timer is paused with ten minutes left."
    assert say(ctx, "undo that").text == "The pasta timer runs on, with ten minutes left."


def test_both_are_those_that_were_asked_about(ctx: FakeContext) -> None:
    say(ctx, "set a pasta timer for eight minutes")
    say(ctx, "set a rice timer for ten minutes")
    say(ctx, "set a timer for ten minutes")
    assert say(ctx, "cancel the ten minute timer").text == "Which one: the rice timer or the ten minute timer?"
    assert say(ctx, "both").text == "Both timers are cancelled."
    assert [row.data["name"] for row in ctx.schedule.pending("ring")] == ["pasta"]


def test_both_that_rang_meanwhile_take_no_other_with_them(ctx: FakeContext) -> None:
    say(ctx, "set a timer for ten seconds")
    say(ctx, "set a rice timer for ten seconds")
    say(ctx, "set a pasta timer for eight minutes")
    assert say(ctx, "cancel the ten second timer").follow_up
    ctx.pass_time(20)
    assert say(ctx, "both").text == "There is no such timer. There is the pasta timer."
    assert lengths(ctx) == [480]


def test_a_paused_timer_is_changed_and_taken_back_as_one(ctx: FakeContext) -> None:
    say(ctx, "set a pasta timer for ten minutes")
    say(ctx, "pause the timer")
    say(ctx, "add a minute to the timer")
    say(ctx, "cancel the timer")
    assert say(ctx, "undo that").text == "The pasta timer has eleven minutes left and is paused."
    assert ctx.schedule.pending("ring") == []


@pytest.mark.parametrize(("language", "which", "name"), [
    ("de", "den für die nudeln", "nudeln"), ("fr", "celui pour les pâtes", "pâtes"), ("es", "el de la pasta", "pasta"),
])  # fmt: skip
def test_a_question_may_be_answered_in_every_language(ctx: FakeContext, language: str, which: str, name: str) -> None:
    ctx.language = language
    ctx.call("timer_set", seconds=300, name=name)
    ctx.call("timer_set", seconds=600)
    cancel = {"de": "lösche den timer", "fr": "annule le minuteur", "es": "cancela el temporizador"}[language]
    assert say(ctx, cancel).follow_up
    assert say(ctx, which).value == {"name": name, "cancelled": 1}
    question = {"de": "stell einen timer", "fr": "mets un minuteur", "es": "pon un temporizador"}[language]
    assert say(ctx, question).follow_up
    assert (
        say(ctx, {"de": "drei minuten", "fr": "trois minutes", "es": "tres minutos"}[language]).value["seconds"] == 180
    )


def test_never_mind_ends_a_question(ctx: FakeContext) -> None:
    assert say(ctx, "set a timer").follow_up
    assert say(ctx, "never mind").text == "Okay."
    assert say(ctx, "five minutes").text == "(no skill)"
    assert lengths(ctx) == []


def test_after_a_minute_nothing_is_corrected_any_more(ctx: FakeContext) -> None:
    say(ctx, FIVE["en"])
    ctx.pass_time(61)
    assert say(ctx, "and thirty seconds").text == "(no skill)"
    assert say(ctx, "cancel that").text.startswith("I don't know what to cancel.")
    assert lengths(ctx) == [300]


def test_what_another_skill_did_since_is_not_a_timer(ctx: FakeContext) -> None:
    say(ctx, FIVE["en"])
    assert say(ctx, "louder").text.startswith("The volume")
    assert say(ctx, "cancel that").text.startswith("I don't know what to cancel.")
    assert lengths(ctx) == [300]


def test_a_question_in_between_changes_nothing_and_ends_nothing(ctx: FakeContext) -> None:
    say(ctx, FIVE["en"])
    say(ctx, "what time is it")
    say(ctx, "make it ten minutes")
    assert lengths(ctx) == [600]


def test_of_a_conversation_nobody_knows_a_length_is_taken_and_an_undoing_is_not(ctx: FakeContext) -> None:
    say(ctx, FIVE["en"])
    ctx.session = SessionView()
    assert say(ctx, "cancel that").text.startswith("I don't know what to cancel.")
    say(ctx, "and thirty seconds")
    assert lengths(ctx) == [330]


@pytest.mark.lengthy
@given(st.lists(st.sampled_from(["and ten seconds", "no six minutes", "a minute shorter", "called tea", "cancel that"]),
                max_size=6))  # fmt: skip
def test_however_often_it_is_corrected_there_is_one_timer_or_none(words: list[str]) -> None:
    ctx = house()
    say(ctx, FIVE["en"])
    for one in words:
        say(ctx, one)
        assert len(lengths(ctx)) <= 1
