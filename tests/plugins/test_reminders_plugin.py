from __future__ import annotations

import pytest

from homebody.skill import Reply
from homebody_reminders import RING_EVERY_S, RINGS
from plugin_fakes import FakeContext
from plugin_house import house, intents, say


@pytest.fixture
def ctx() -> FakeContext:
    return house()


def hear(ctx: FakeContext, text: str) -> Reply:
    """Say it to the house: the best match runs, a declined one gives way to the next."""
    for match in intents().match(text):
        ctx.language = match.language
        reply = ctx.call(match.skill, **match.slots)
        if not reply.value.get("declined"):
            return reply
    return Reply("(no skill)")


def test_a_reminder_is_set_and_said(ctx: FakeContext) -> None:
    said = "I will remind you today at six o'clock in the evening: call anna."
    assert hear(ctx, "remind me at six to call anna").text == said
    ctx.pass_time(100 * 60)
    assert ctx.announced == ["A reminder: call anna."]
    assert hear(ctx, "what are my reminders").text == "You have no reminders."


def test_a_reminder_that_came_due_while_nobody_ran_says_how_late_it_is(ctx: FakeContext) -> None:
    hear(ctx, "remind me in twenty minutes to call anna")
    ctx.pass_time(3 * 3600 + 20 * 60, away=True)
    assert ctx.announced == ["A late reminder, due 3 hours ago while I was away: call anna."]


def test_an_alarm_rings_until_somebody_stops_it(ctx: FakeContext) -> None:
    hear(ctx, "set an alarm for ten minutes")
    ctx.pass_time(600 + 3 * RING_EVERY_S)
    assert len(ctx.announced) == 4
    assert hear(ctx, "stop").text == "Okay."
    assert ctx.voice.stopped == 1
    ctx.pass_time(3600)
    assert len(ctx.announced) == 4


def test_an_alarm_that_nobody_hears_ends_by_itself(ctx: FakeContext) -> None:
    hear(ctx, "set an alarm for ten minutes")
    ctx.pass_time(24 * 3600)
    assert len(ctx.announced) == RINGS
    assert ctx.published[-1][0] == "alarm.missed"
    assert not ctx.schedule.rows


def test_an_alarm_without_a_voice_is_kept_once_and_not_twenty_times() -> None:
    ctx = house(voice=False)
    hear(ctx, "set an alarm for ten minutes")
    ctx.pass_time(24 * 3600)
    assert len(ctx.announced) == 1


def test_an_alarm_that_is_hours_late_is_told_of_once(ctx: FakeContext) -> None:
    hear(ctx, "set an alarm for ten minutes")
    ctx.pass_time(7200 + 600, away=True)
    ctx.pass_time(3600)
    assert ctx.announced == ["Your alarm was due 2 hours ago, while I was away."]


def test_snooze_silences_and_rings_again(ctx: FakeContext) -> None:
    hear(ctx, "set an alarm for ten minutes")
    ctx.pass_time(601)
    assert hear(ctx, "five more minutes").text == "Again in 5 minutes."
    ctx.pass_time(299)
    assert len(ctx.announced) == 1
    ctx.pass_time(1)
    assert len(ctx.announced) == 2


def test_a_reminder_may_be_snoozed_after_it_was_said(ctx: FakeContext) -> None:
    hear(ctx, "remind me in five minutes to eat")
    ctx.pass_time(310)
    assert hear(ctx, "snooze").text == "Again in 10 minutes."
    ctx.pass_time(600)
    assert ctx.announced == ["A reminder: eat."] * 2


def test_stop_okay_and_snooze_are_left_to_others_where_nothing_rings(ctx: FakeContext) -> None:
    assert hear(ctx, "stop").text == ""
    assert ctx.voice.stopped == 1
    assert hear(ctx, "snooze").text == "(no skill)"
    assert hear(ctx, "okay").text == "(no skill)"
    assert hear(ctx, "thank you").text == "You're welcome."


def test_what_repeats_comes_again_and_can_be_cancelled(ctx: FakeContext) -> None:
    assert "every weekday" in hear(ctx, "remind me on weekdays at nine pm to lock the door").text
    ctx.pass_time(8 * 86_400)
    assert ctx.announced == ["A reminder: lock the door."] * 5
    assert hear(ctx, "delete the reminder to lock the door").text.startswith("Cancelled: the reminder every weekday")
    assert not ctx.schedule.rows


def test_an_alarm_is_cancelled_by_its_hour(ctx: FakeContext) -> None:
    hear(ctx, "wake me at six")
    hear(ctx, "wake me at seven")
    assert hear(ctx, "cancel the alarm").text.startswith("Which one: ")
    assert hear(ctx, "cancel my six o'clock alarm").value == {"cancelled": 1}
    assert hear(ctx, "what are my alarms").text == "The alarm tomorrow at seven o'clock in the morning."


def test_a_time_that_was_not_said_is_asked_for(ctx: FakeContext) -> None:
    asked = hear(ctx, "remind me to call anna")
    assert (asked.text, asked.follow_up) == ("When?", True)
    assert hear(ctx, "at six in the evening").text.endswith("in the evening: call anna.")
    assert len(ctx.schedule.rows) == 1


def test_a_time_that_is_over_is_asked_for_again(ctx: FakeContext) -> None:
    assert hear(ctx, "remind me today at nine in the morning to eat").text.startswith("That time is over.")


@pytest.mark.parametrize(
    ("ask", "late", "stop"),
    [
        ("weck mich in zehn minuten", "Dein Wecker war", "ich bin wach"),
        ("réveille-moi dans dix minutes", "Ton alarme était", "je suis réveillé"),
        ("despiértame en diez minutos", "Tu alarma era", "apaga la alarma"),
    ],
)
def test_an_alarm_speaks_the_language_it_was_asked_for_in(ctx: FakeContext, ask: str, late: str, stop: str) -> None:
    assert hear(ctx, ask).value["seconds"] == 600
    ctx.language = "en"
    ctx.pass_time(700, away=True)
    assert ctx.announced[0].startswith(late)
    assert hear(ctx, stop).value == {"acknowledged": 1}


@pytest.mark.parametrize(("said", "days", "what"), [
    ("remind me on the first of every month to pay rent", "every monday", "pay rent"),
    ("remind me every other day at nine to water the plants", "every monday", "water the plants"),
    ("rappelle-moi tous les mois de payer le loyer", "tous les lundis", "payer le loyer"),
])  # fmt: skip
def test_what_cannot_be_repeated_so_keeps_its_matter(ctx: FakeContext, said: str, days: str, what: str) -> None:
    assert say(ctx, said).value["at"] is None
    assert say(ctx, days).value["what"] == what


@pytest.mark.parametrize(("said", "count"), [
    ("do i have any reminders tomorrow", 2), ("do i have any reminders tomorrow morning", 1),
    ("what reminders do i have on friday", 2), ("are there any reminders today", 0), ("what are my reminders", 3),
    ("do i have any reminders on tuesday", 1), ("do i have any reminders on saturday", 0),
    ("habe ich morgen eine erinnerung", 2), ("est-ce que j'ai des rappels demain", 2),
    ("tengo algún recordatorio mañana", 2),
])  # fmt: skip
def test_reminders_are_asked_for_by_their_day(ctx: FakeContext, said: str, count: int) -> None:
    say(ctx, "remind me tomorrow at nine to pay rent")
    say(ctx, "remind me every weekday at six in the evening to sing")
    say(ctx, "remind me on friday at nine to call anna")
    assert say(ctx, said).value["count"] == count
