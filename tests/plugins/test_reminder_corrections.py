"""What is said after a reminder or an alarm was set."""

from __future__ import annotations

import pytest

from plugin_fakes import FakeContext
from plugin_house import house, say


@pytest.fixture
def ctx() -> FakeContext:
    return house()


def due(ctx: FakeContext) -> list[str]:
    return [row.due_at.strftime("%a %H:%M") for row in ctx.schedule.pending("due")]


@pytest.mark.parametrize(
    ("at_six", "what", "rather", "undo", "again"),
    [
        ("remind me at six", "to call anna", "no at seven", "cancel that", "take that back"),
        ("erinnere mich um sechs", "an den kuchen", "nein um sieben", "mach das rückgängig", "nimm das zurück"),
        ("rappelle-moi à six heures", "d'appeler anna", "non à sept heures", "annule ça", "efface ça"),
        ("recuérdame a las seis", "que llame a anna", "no a las siete", "deshaz eso", "borra eso"),
    ],
)
def test_a_matter_and_another_time_follow_and_all_is_taken_back(
    ctx: FakeContext, at_six: str, what: str, rather: str, undo: str, again: str
) -> None:
    say(ctx, at_six)
    said = say(ctx, what).value["what"]
    assert said
    assert due(ctx) == ["Sun 18:00"]
    assert say(ctx, rather).value["what"] == said
    assert due(ctx) == ["Sun 19:00"]
    say(ctx, undo)
    assert due(ctx) == []
    say(ctx, again)
    assert due(ctx) == ["Sun 19:00"]
    ctx.pass_time(3 * 3600)
    assert said in ctx.announced[0]


@pytest.mark.parametrize(
    ("ask", "days"),
    [("wake me at seven", "on weekdays"), ("weck mich um sieben", "werktags"),
     ("réveille-moi à sept heures", "en semaine"), ("despiértame a las siete", "entre semana")],
)  # fmt: skip
def test_an_alarm_comes_to_repeat(ctx: FakeContext, ask: str, days: str) -> None:
    say(ctx, ask)
    say(ctx, days)
    assert due(ctx) == ["Mon 07:00"]
    ctx.pass_time(8 * 86_400)
    assert len([name for name, _ in ctx.published if name == "alarm.due"]) == 6


def test_what_a_correction_leaves_open_is_as_before(ctx: FakeContext) -> None:
    say(ctx, "remind me tomorrow at six to eat")
    say(ctx, "no at seven")
    assert due(ctx) == ["Mon 19:00"]
    say(ctx, "make it friday")
    assert due(ctx) == ["Fri 19:00"]
    say(ctx, "actually in two hours")
    assert due(ctx) == ["Sun 18:20"]


@pytest.mark.parametrize(
    ("ask", "rather", "at"),
    [
        ("remind me to call anna tomorrow", "at five", "Mon 17:00"),  # nine in the morning was nobody's word
        ("remind me tomorrow at nine to call anna", "no at five", "Mon 17:00"),
        ("remind me tomorrow at nine to call anna", "no at twelve", "Mon 12:00"),
        ("remind me tomorrow at nine to call anna", "no at seven", "Mon 07:00"),
        ("remind me at eight to call anna", "no at three", "Mon 15:00"),  # today's is over, and next year's not meant
        ("wake me tomorrow at seven", "no at five", "Mon 05:00"),
        ("wake me tomorrow at seven", "no at twelve", "Mon 12:00"),
        ("wake me at noon", "no at six", "Mon 06:00"),
        ("wake me at seven pm", "no at eight", "Sun 20:00"),
        ("remind me in ten minutes to look", "make it fifteen", "Sun 16:35"),
        ("remind me in two hours to look", "no three", "Sun 19:20"),
        ("erinnere mich in zehn minuten an den kuchen", "nein fünfzehn", "Sun 16:35"),
    ],
)
def test_another_time_is_the_one_a_person_means(ctx: FakeContext, ask: str, rather: str, at: str) -> None:
    say(ctx, ask)
    say(ctx, rather)
    assert due(ctx) == [at]


@pytest.mark.parametrize(
    ("ask", "more", "both"),
    [
        ("remind me at seven to eat", "and at nine too", ["Sun 19:00", "Sun 21:00"]),
        ("remind me at seven to eat", "and at nine", ["Sun 19:00", "Sun 21:00"]),
        ("remind me tomorrow at seven to eat", "and on friday", ["Mon 07:00", "Fri 07:00"]),
        ("set an alarm for seven", "and another one for eight", ["Mon 07:00", "Mon 08:00"]),
        ("erinnere mich um sieben an das essen", "und um neun auch", ["Sun 19:00", "Sun 21:00"]),
        ("stell den wecker auf sieben", "und noch einen um acht", ["Mon 07:00", "Mon 08:00"]),
        ("rappelle-moi à sept heures de manger", "et à neuf heures aussi", ["Sun 19:00", "Sun 21:00"]),
        ("mets le réveil à sept heures", "et un autre à huit heures", ["Mon 07:00", "Mon 08:00"]),
        ("recuérdame a las siete que coma", "y a las nueve también", ["Sun 19:00", "Sun 21:00"]),
        ("pon la alarma a las siete", "y otra a las ocho", ["Mon 07:00", "Mon 08:00"]),
    ],
)
def test_what_comes_again_is_another_one_and_undone_alone(
    ctx: FakeContext, ask: str, more: str, both: list[str]
) -> None:
    what = say(ctx, ask).value["what"]
    assert say(ctx, more).value["what"] == what
    assert due(ctx) == both
    say(ctx, "cancel that")
    assert due(ctx) == both[:1]


@pytest.mark.parametrize(
    ("ask", "added", "at"),
    [("remind me at six to eat", "and on friday", "Fri 18:00"),
     ("remind me on friday to eat", "and at six", "Fri 18:00"),
     ("wake me at seven", "and on weekdays", "Mon 07:00")],
)  # fmt: skip
def test_and_with_what_was_left_open_says_more_of_the_same_one(ctx: FakeContext, ask: str, added: str, at: str) -> None:
    say(ctx, ask)
    say(ctx, added)
    assert due(ctx) == [at]


@pytest.mark.parametrize(
    ("ask", "move", "cancel"),
    [
        ("remind me at six about the dentist", "change the dentist reminder to eight", "cancel the dentist reminder"),
        ("remind me at six about the dentist", "move my dentist reminder to eight", "delete my dentist reminder"),
        ("rappelle-moi à dix-huit heures de payer le loyer", "déplace le rappel du loyer à vingt heures",
         "annule le rappel du loyer"),
        ("recuérdame a las seis que pague el alquiler", "mueve el recordatorio del alquiler a las ocho",
         "cancela el recordatorio del alquiler"),
    ],
)  # fmt: skip
def test_a_reminder_is_called_by_what_it_is_of(ctx: FakeContext, ask: str, move: str, cancel: str) -> None:
    say(ctx, "remind me tomorrow to eat")
    say(ctx, ask)
    say(ctx, move)
    assert due(ctx) == ["Sun 20:00", "Mon 09:00"]
    say(ctx, cancel)
    assert due(ctx) == ["Mon 09:00"]


@pytest.mark.parametrize(
    ("ask", "move"),
    [("mets le réveil à sept heures", "décale le réveil de sept heures à neuf heures"),
     ("pon la alarma a las siete", "cambia la alarma de las siete a las nueve")],
)  # fmt: skip
def test_an_alarm_is_called_by_its_time(ctx: FakeContext, ask: str, move: str) -> None:
    say(ctx, ask)
    say(ctx, "wake me at six")
    say(ctx, move)
    assert due(ctx) == ["Mon 06:00", "Mon 09:00"]


@pytest.mark.parametrize(
    "ask",
    ["what's my next alarm", "when is my next alarm", "wann klingelt mein nächster wecker",
     "quel est mon prochain réveil",
     "cuándo suena la próxima alarma"],
)  # fmt: skip
def test_the_next_is_one(ctx: FakeContext, ask: str) -> None:
    say(ctx, "wake me at seven")
    say(ctx, "wake me at eight")
    assert [entry["time"] for entry in say(ctx, ask).value["entries"]] == ["07:00"]


@pytest.mark.parametrize(
    "ask",
    ["what do i have to do tomorrow", "what's on for tomorrow", "was steht morgen an", "qu'est-ce que j'ai demain",
     "qué tengo que hacer mañana"],
)  # fmt: skip
def test_what_there_is_to_do_on_a_day_is_what_there_are_reminders_of(ctx: FakeContext, ask: str) -> None:
    say(ctx, "remind me tomorrow at noon to eat")
    say(ctx, "remind me on friday to call anna")
    assert [entry["what"] for entry in say(ctx, ask).value["entries"]] == ["eat"]


@pytest.mark.parametrize(
    ("ask", "what"),
    [("erinnere mich daran dass ich um drei tom abholen muss", "tom abholen"),
     ("kannst du mich um drei an das training erinnern", "das training"),
     ("tu peux me rappeler de sortir à trois heures", "sortir"),
     ("puedes recordarme sacar al perro a las tres", "sacar al perro"),
     ("recuérdame que tengo que comer a las tres", "comer")],
)  # fmt: skip
def test_a_wish_is_understood_with_its_verb_elsewhere(ctx: FakeContext, ask: str, what: str) -> None:
    assert say(ctx, ask).value["what"] == what
    assert due(ctx) == ["Mon 15:00"]


@pytest.mark.parametrize(
    ("seven", "eight", "which", "second"),
    [
        ("wake me at seven", "wake me at eight", "which alarms are there", "cancel the second one"),
        ("weck mich um sieben", "weck mich um acht", "welche wecker sind gestellt", "lösch den zweiten"),
        ("réveille-moi à sept heures", "réveille-moi à huit heures", "quels réveils sont programmés",
         "annule le deuxième"),
        ("despiértame a las siete", "despiértame a las ocho", "qué alarmas hay", "cancela la segunda"),
    ],
)  # fmt: skip
def test_of_those_that_were_told_of_the_second_is_meant(
    ctx: FakeContext, seven: str, eight: str, which: str, second: str
) -> None:
    say(ctx, eight)
    say(ctx, seven)
    assert say(ctx, second).value.get("cancelled") is None  # of which?
    say(ctx, which)
    say(ctx, second)
    assert due(ctx) == ["Mon 07:00"]


def test_of_those_of_a_day_the_second_is_of_that_day(ctx: FakeContext) -> None:
    for at in ("tomorrow at nine", "on friday at eight", "on friday at ten"):
        say(ctx, f"remind me {at} to call anna")
    say(ctx, "what reminders do i have on friday")
    say(ctx, "delete the last one")
    assert due(ctx) == ["Mon 09:00", "Fri 08:00"]


@pytest.mark.parametrize(
    ("answer", "left"),
    [("the second one", ["Mon 07:00"]), ("the last one", ["Mon 07:00"]), ("the first one", ["Mon 08:00"]),
     ("the third one", ["Mon 07:00", "Mon 08:00"])],
)  # fmt: skip
def test_which_one_is_answered_by_its_place(ctx: FakeContext, answer: str, left: list[str]) -> None:
    say(ctx, "wake me at seven")
    say(ctx, "wake me at eight")
    assert say(ctx, "cancel the alarm").follow_up
    say(ctx, answer)
    assert due(ctx) == left


def test_both_are_those_that_were_told_of_and_no_timers(ctx: FakeContext) -> None:
    say(ctx, "wake me at seven")
    say(ctx, "wake me at eight")
    say(ctx, "set a timer for ten minutes")
    say(ctx, "which alarms are there")
    assert say(ctx, "cancel both").text == "Both are cancelled."
    assert due(ctx) == []
    assert len(ctx.schedule.pending("ring")) == 1


def test_an_alarm_is_moved_at_any_time_and_back(ctx: FakeContext) -> None:
    say(ctx, "wake me at six on weekdays")
    ctx.pass_time(3600)
    assert say(ctx, "move my alarm to ten").text == "Alarm set every weekday at ten o'clock in the morning."
    assert say(ctx, "undo that").text == "Alarm set every weekday at six o'clock in the morning."
    assert due(ctx) == ["Mon 06:00"]


@pytest.mark.parametrize(
    ("answer", "left"),
    [("the weekday one", ["Sat 07:00"]), ("the one on saturday", ["Mon 07:00"]), ("both of them", []),
     ("on saturday", ["Mon 07:00"])],
)  # fmt: skip
def test_of_several_alarms_the_answer_tells_which(ctx: FakeContext, answer: str, left: list[str]) -> None:
    say(ctx, "wake me at seven on weekdays")
    say(ctx, "wake me at seven on saturday")
    assert say(ctx, "cancel the seven o'clock alarm").follow_up
    say(ctx, answer)
    assert due(ctx) == left


def test_a_reminder_that_nobody_meant_is_not_cancelled(ctx: FakeContext) -> None:
    say(ctx, "remind me at eight to take the cake out of the oven")
    assert say(ctx, "cancel the reminder to pay the rent").text.startswith("There is none like that.")
    assert due(ctx) == ["Sun 20:00"]
    say(ctx, "cancel the reminder about the cake")
    assert due(ctx) == []


@pytest.mark.parametrize(
    ("ask", "answer"),
    [("remind me to call anna", "on december third"), ("erinnere mich an den kuchen", "um sechs"),
     ("rappelle-moi d'appeler anna", "demain"), ("recuérdame que llame a anna", "a las seis")],
)  # fmt: skip
def test_when_is_answered_in_as_few_words_as_people_use(ctx: FakeContext, ask: str, answer: str) -> None:
    assert say(ctx, ask).follow_up
    assert say(ctx, answer).value["at"]
    assert len(due(ctx)) == 1


def test_never_mind_ends_the_question(ctx: FakeContext) -> None:
    say(ctx, "remind me to call anna")
    say(ctx, "never mind")
    assert say(ctx, "at six").text == "(no skill)"
    assert due(ctx) == []


@pytest.mark.parametrize(
    "said",
    ["remind me on the first of every month to pay", "remind me every other day to water the plants",
     "remind me next month to call", "remind me at the end of the day to call",
     "erinnere mich jeden monat an die miete",
     "rappelle-moi tous les mois de payer le loyer", "recuérdame cada mes pagar el alquiler"],
)  # fmt: skip
def test_a_time_it_cannot_do_is_asked_for_and_not_left_to_a_model_that_would_promise_it(
    ctx: FakeContext, said: str
) -> None:
    assert say(ctx, said).follow_up
    assert due(ctx) == []


@pytest.mark.parametrize("said", ["remind me why the sky is blue", "remind me in what year napoleon died"])
def test_a_question_is_left_to_a_model(ctx: FakeContext, said: str) -> None:
    assert say(ctx, said).text == "(no skill)"


def test_both_are_those_that_were_asked_about(ctx: FakeContext) -> None:
    say(ctx, "remind me tomorrow at noon to eat")
    say(ctx, "remind me on friday at noon to call anna")
    say(ctx, "remind me tomorrow at nine to pay rent")
    say(ctx, "remind me tomorrow at ten to water the plants")
    assert say(ctx, "cancel my noon reminder").follow_up
    assert say(ctx, "both").text == "Both are cancelled."
    assert due(ctx) == ["Mon 09:00", "Mon 10:00"]
