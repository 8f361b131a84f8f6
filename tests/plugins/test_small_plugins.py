"""Volume, manners and help."""

from __future__ import annotations

import pytest

from homebody.skill import Context, Registry, Reply, SessionView, skill
from plugin_house import house, say


def test_volume_goes_up_and_down_by_ten_or_as_asked() -> None:
    ctx = house("volume")
    assert ctx.call("volume", direction="up").value == {"direction": "up", "percent": 60}
    assert ctx.call("volume", direction="down", by=30).text == "The volume is at 30 percent."


def test_volume_is_set_to_a_percentage_and_never_beyond_full() -> None:
    ctx = house("volume")
    assert ctx.call("volume", percent=71).value == {"percent": 71}
    assert ctx.call("volume", percent=150).text == "The volume is at 100 percent. That is as loud as it gets."
    assert ctx.call("volume", direction="up").text == "That is as loud as it gets."
    assert ctx.voice.percent == 100


def test_mute_is_answered_with_silence_and_unmute_is_heard() -> None:
    ctx = house("volume")
    assert ctx.call("volume", direction="mute").text == ""
    assert ctx.voice.muted
    assert ctx.call("volume", direction="unmute").text == "I'm back."
    assert not ctx.voice.muted


@pytest.mark.parametrize("slots", [{}, {"direction": "up"}, {"percent": 30}, {"direction": "mute"}])
def test_without_a_voice_volume_says_so(slots: dict[str, object]) -> None:
    reply = house("volume", voice=False).call("volume", **slots)
    assert reply.text == "There is no loudspeaker attached, so there is no volume to change."


def test_not_listening_closes_the_microphone_and_says_how_it_is_called_back() -> None:
    ctx = house("volume")
    reply = ctx.call("microphone", hears="off")
    assert ctx.voice.microphone_muted
    assert "homebody unmute" in reply.text
    assert ctx.call("microphone", hears="on").text == "I'm listening again."
    assert not ctx.voice.microphone_muted
    assert house("volume", voice=False).call("microphone", hears="off").text == "There is no microphone attached."


def test_stop_ends_what_is_said_and_adds_nothing() -> None:
    ctx = house("manners")
    assert ctx.call("stop") == Reply()
    assert ctx.voice.stopped == 1
    assert house("manners", voice=False).call("stop") == Reply()


def test_repeat_says_the_last_reply_again_or_that_there_is_none() -> None:
    ctx = house("manners")
    assert ctx.call("repeat").text == "There is nothing to repeat yet."
    ctx.session = SessionView(last_heard="what time is it", last_reply="It's noon.")
    assert ctx.call("repeat").text == "It's noon."


def test_never_mind_is_short() -> None:
    assert house("manners").call("never_mind").text == "Okay."


@pytest.mark.parametrize(("greeting", "said"), [("thank you", "You're welcome."), ("good night", "Good night.")])
def test_a_greeting_is_returned(greeting: str, said: str) -> None:
    assert house("manners").call("greeting", greeting=greeting).text == said


def test_help_tells_what_is_really_there_and_ends_with_an_example() -> None:
    assert house("help", "clock").call("help").text == "I can tell the time. For example, say: what time is it."
    everything = house().call("help")
    assert "set a timer" in everything.text
    assert "timer_set" in everything.value["skills"]
    assert len(everything.text.split()) < 60


def test_help_with_a_topic_gives_its_examples_and_leaves_unknown_topics_to_the_model() -> None:
    ctx = house()
    assert "set a timer for five minutes" in ctx.call("help", topic="timers").text
    assert ctx.call("help", topic="homework").value == {"declined": True}


def test_help_knows_a_plugin_that_nobody_told_it_of() -> None:
    @skill("flip a coin", examples=("flip a coin",))
    def coin(ctx: Context) -> str:
        """Flip a coin."""
        return "Heads."

    ctx = house("help")
    ctx.registry.loading("coins").add(coin)
    assert ctx.call("help").text == "I can flip a coin. For example, say: flip a coin."
    assert ctx.call("help", topic="coins").text == "You can say: flip a coin."


def test_help_without_any_skill_is_honest() -> None:
    assert house("help").call("help").text == "I have no skills at the moment."


def test_two_plugins_cannot_claim_one_name() -> None:
    registry = Registry()
    ctx = house("manners")
    registry.add(ctx.registry.skills["stop"])
    with pytest.raises(ValueError, match="already a skill named stop"):
        registry.add(ctx.registry.skills["stop"])


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_the_pace_goes_down_and_up_to_its_ends_and_back_to_the_usual(language: str) -> None:
    ctx = house("volume")
    ctx.language = language
    slower = ctx.call("speed", pace="slower")
    assert slower.value == {"pace": "slower", "percent": 85}
    said = {ctx.call("speed", pace="slower").text for _ in range(5)}
    assert ctx.voice.speed_percent == 50.0
    assert len(said) == 2
    assert ctx.call("speed", percent=100).value == {"percent": 100}
    assert ctx.call("speed", pace="faster").value == {"pace": "faster", "percent": 115}


def test_without_a_voice_there_is_no_pace_to_change() -> None:
    reply = house("volume", voice=False).call("speed", pace="slower")
    assert "loudspeaker" in reply.text
    assert reply.value == {"pace": "slower"}


@pytest.mark.parametrize(("said", "begins"), [
    ("cancel that", "I don't know what to cancel."), ("undo", "I don't know what to cancel."),
    ("undo that", "I don't know what to cancel."), ("Scratch that.", "I don't know what to cancel."),
    ("brich das ab", "Ich weiß nicht, was"), ("mach das rückgängig", "Ich weiß nicht, was"),
    ("annule ça", "Je ne sais pas quoi annuler."), ("deshaz eso", "No sé qué cancelar."),
])  # fmt: skip
def test_where_nothing_is_known_that_could_be_taken_back_nobody_is_told_okay(said: str, begins: str) -> None:
    ctx = house()
    assert say(ctx, said).text.startswith(begins)
    ctx.session = SessionView(last_reply="For how long?", changed_by="timer_set")
    assert not say(ctx, said).text.startswith(begins)


@pytest.mark.parametrize("said", ["never mind", "forget it", "cancel", "vergiss es", "abbrechen", "laisse tomber"])
def test_what_only_drops_what_was_begun_is_agreed_to(said: str) -> None:
    assert say(house(), said).text in {"Okay.", "D'accord."}
