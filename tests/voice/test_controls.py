"""What the router may ask of a mouth."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import FakeSpeaker, FakeSynthesizer
from homebody.errors import DeadlineExceeded, NoSpeaker, RemoteFailure
from homebody.messages import Control, Listen, Say
from homebody.options import EarconOptions
from homebody.voice.controls import Controls, changed
from homebody.voice.earcons import Earcons, earcon
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from wire import HANG_GUARD_S, eventually

PAST = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
FUTURE = dt.datetime(2120, 1, 1, tzinfo=dt.UTC)


class Desk:
    """Controls over fakes."""

    def __init__(self, memory=None, **speaker):
        self.synthesizer = FakeSynthesizer()
        self.speaker = FakeSpeaker(**speaker)
        self.mouth = Mouth(self.synthesizer, self.speaker)
        self.changes = []
        earcons = Earcons(EarconOptions, self.mouth.chime)
        self.controls = Controls(self.mouth, memory, earcons=earcons, on_change=lambda: self.changes.append(self.state))

    @property
    def state(self):
        return self.speaker.volume_percent, self.speaker.muted

    async def say(self, text, **options):
        return await asyncio.wait_for(self.controls.handle(Say(id="1", text=text, **options)), HANG_GUARD_S)

    async def control(self, action, value=None):
        return await self.controls.handle(Control(id="2", service="voice", action=action, value=value))


def test_what_was_said_to_its_end_is_answered_with_all_of_it():
    done = asyncio.run(Desk().say("Dinner is **ready**."))
    assert (done.id, done.spoken, done.heard_text) == ("1", True, "Dinner is ready.")


def test_an_earcon_before_a_text_sounds_before_it_and_is_no_word_of_it():
    async def main():
        desk = Desk()
        done = await desk.say("Dinner is ready.", earcon="timer")
        return done.heard_text, desk.speaker.sounds[0].duration_ms

    assert asyncio.run(main()) == ("Dinner is ready.", earcon("timer").duration_ms)


def test_muting_is_heard_once_and_told():
    async def main():
        desk = Desk()
        for action in ("mute", "mute", "unmute"):
            await desk.control(action)
        await desk.control("volume", 30)
        await desk.control("volume")  # only asks
        return [chime.duration_ms for chime in desk.speaker.chimes], [muted for _, muted in desk.changes]

    tones = [earcon(name).duration_ms for name in ("muted", "unmuted")]
    assert asyncio.run(main()) == (tones, [True, True, False, False])


def test_what_has_expired_is_not_said():
    async def main():
        desk = Desk()
        with pytest.raises(DeadlineExceeded):
            await desk.say("Dinner is ready.", expires_at=PAST)
        await desk.say("Supper is ready.", expires_at=FUTURE)
        return desk.synthesizer.texts

    assert asyncio.run(main()) == ["Supper is ready."]


def test_an_interrupting_text_ends_the_one_before_and_any_other_waits_for_it():
    async def main():
        desk = Desk(speed=8.0)
        first = asyncio.create_task(desk.say("A long sentence, and another one. " * 9))
        await eventually(lambda: desk.speaker.sounds)
        second = await desk.say("Fire!", interrupt=True)
        return await first, second

    first, second = asyncio.run(main())
    assert (first.spoken, second.spoken) == (False, True)
    assert len(first.heard_text) < len("A long sentence, and another one. " * 9)


@pytest.mark.lengthy
def test_one_that_expired_interrupts_nobody():
    async def main():
        desk = Desk(speed=8.0)
        first = asyncio.create_task(desk.say("A long sentence, and another one. " * 4))
        await eventually(lambda: desk.speaker.sounds)
        with pytest.raises(DeadlineExceeded):
            await desk.say("Fire!", interrupt=True, expires_at=PAST)
        return await first

    assert asyncio.run(main()).spoken


def test_stop_silences_what_is_said():
    async def main():
        desk = Desk(speed=1.0)
        saying = asyncio.create_task(desk.say("A long sentence, and another one. " * 9))
        await eventually(lambda: desk.speaker.sounds)
        await desk.control("stop")
        return await saying

    assert asyncio.run(main()).spoken is False


def test_stop_in_silence_is_no_error():
    assert asyncio.run(Desk().control("stop")).value == {"volume_percent": 80.0, "muted": False, "speed_percent": 100.0}


def test_mute_and_unmute_keep_the_volume():
    async def main():
        desk = Desk()
        return [(await desk.control(action)).value for action in ("mute", "unmute")]

    assert asyncio.run(main()) == [
        {"volume_percent": 80.0, "muted": True, "speed_percent": 100.0},
        {"volume_percent": 80.0, "muted": False, "speed_percent": 100.0},
    ]


def test_the_volume_is_told_set_changed_and_remembered(tmp_path):
    async def main():
        desk = Desk(VoiceMemory(tmp_path))
        told = (await desk.control("volume")).value["volume_percent"]
        assert VoiceMemory(tmp_path).volume_percent is None  # asking chooses nothing
        for value in (30, "+10", "-25"):
            await desk.control("volume", value)
        return told, desk.speaker.volume_percent

    assert asyncio.run(main()) == (80.0, 15.0)
    assert VoiceMemory(tmp_path).volume_percent == 15.0


@pytest.mark.parametrize("value", ["loud", "", "+", "nan", "inf", "-inf", float("nan")])
def test_no_volume_is_refused_and_changes_nothing(value, tmp_path):
    desk = Desk(VoiceMemory(tmp_path))
    with pytest.raises(RemoteFailure) as refused:
        asyncio.run(desk.control("volume", value))
    assert (refused.value.code, bool(refused.value.remedy)) == ("bad_message", True)
    assert desk.speaker.volume_percent == 80.0
    assert VoiceMemory(tmp_path).volume_percent is None


def test_the_speed_is_told_set_changed_within_its_bounds_and_remembered(tmp_path):
    async def main():
        desk = Desk(VoiceMemory(tmp_path))
        assert (await desk.control("speed")).value["speed_percent"] == 100.0
        assert VoiceMemory(tmp_path).speed_percent is None
        for value, after in ((80, 80.0), ("-15", 65.0), ("-50", 50.0), (900, 200.0)):
            assert (await desk.control("speed", value)).value["speed_percent"] == after
        with pytest.raises(RemoteFailure):
            await desk.control("speed", "slower")

    asyncio.run(main())
    assert VoiceMemory(tmp_path).speed_percent == 200.0


def test_an_action_nobody_knows_is_refused():
    with pytest.raises(RemoteFailure) as refused:
        asyncio.run(Desk().control("sing"))
    assert refused.value.code == "bad_message"


def test_a_mouth_without_ears_cannot_listen():
    with pytest.raises(RemoteFailure) as refused:
        asyncio.run(Desk().controls.handle(Listen(id="3")))
    assert (refused.value.code, bool(refused.value.remedy)) == ("capability", True)


def test_a_missing_loudspeaker_is_told():
    with pytest.raises(NoSpeaker):
        asyncio.run(Desk(error=NoSpeaker("There is no loudspeaker.")).say("Hello."))


@given(st.floats(0, 100), st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-200, 200).map("{:+d}".format)))
def test_a_volume_stays_between_silence_and_full(percent, value):
    after = changed(percent, value)
    assert 0 <= after <= 100
    if value is None:
        assert after == percent
    elif isinstance(value, str):
        assert after == pytest.approx(min(100, max(0, percent + int(value))))
    else:
        assert after == min(100, max(0, value))


@given(st.floats(0, 100), st.text(max_size=8))
def test_any_words_are_a_volume_or_refused(percent, value):
    with contextlib.suppress(RemoteFailure):
        assert 0 <= changed(percent, value) <= 100
