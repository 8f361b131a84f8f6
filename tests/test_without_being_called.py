"""What is said to an answer without the wake word: second thoughts about a change, and what a question asks for.

Real services, and a microphone that hears espeak-ng; judged on what they tell of it. The sentences are
those that the starter recogniser hears ("and thirty seconds" is "and thirty seven" to it, "cancel that" "cancel the"),
with the gate of real recognisers: what leans on a sentence before ("and five minutes", -0.35) is below its own of -0.3.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path

import msgspec
import pytest

from homebody.options import BargeInOptions, WakeOptions
from homebody.starter import bundled
from homebody.voice.recordings import read_audio
from house import house
from spoken import echoing, espeak, profile_with, quiet, saved

pytestmark = [pytest.mark.audio, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(300)]

RECORDINGS = {recording.path.stem: recording for recording in bundled()}
CALLED = WakeOptions(enabled=True)
HEARD = BargeInOptions(by_voice=True, echo_cancelling=True)
HIM = "en-us"
SET = "set a timer for ten minutes"
ONE = "Timer set for ten minutes."
UNDONE = "The ten minute timer is cancelled."
BOTH = "Timer set for fifteen minutes."


@pytest.fixture
def folder(own_folders: Path) -> Path:
    return own_folders / "run"


def lived(pulse, folder, story, *, min_avg_logprob=-1.0, **voice):
    """Have a conversation with somebody who has to be called."""
    pytest.importorskip("pymicro_wakeword")
    usual = profile_with().voice.transcriber
    hearing = msgspec.structs.replace(usual, min_avg_logprob=min_avg_logprob or usual.min_avg_logprob)

    async def main():
        async with house(profile_with(wake=CALLED, transcriber=hearing, **voice), folder, pulse) as home:
            await asyncio.sleep(1.0)
            try:
                return await story(home)
            finally:
                for event in home.events:
                    print(f"{event.name} {event.data}")  # noqa: T201

    return asyncio.run(main())


def texts(home, name):
    return [event.data["text"] for event in home.events if event.name == name and event.data["text"]]


def state(home):
    return [event.data["state"] for event in home.events if event.name == "voice.state"][-1]


async def asked(home, pulse, folder, *text, voice=HIM):
    """Call it by name and say something; returns when the answer has sounded."""
    sounds = [espeak(folder, one, voice) for one in ("okay nabu", *text)]
    before = len(home.events)
    pulse.speak_into_microphone(saved(folder, "-".join(text).replace(" ", "-"), sounds[0], quiet(0.15), *sounds[1:]))
    await home.until("turn.ended", after=before)


async def said(home, pulse, folder, text, *, voice=HIM):
    """Say something; returns when the answer has sounded."""
    before = len(home.events)
    pulse.speak_into_microphone(saved(folder, text.replace(" ", "-"), espeak(folder, text, voice)))
    await home.until("turn.ended", after=before)


async def ignored(home, pulse, path):
    """Have something be heard; nothing comes of it."""
    before = len(home.events)
    pulse.speak_into_microphone(path)
    await asyncio.sleep(5.0)
    return not [event for event in home.events[before:] if event.name in {"turn.ended", "voice.heard"}]


# --- second thoughts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loud", [False, True], ids=["headphones", "loudspeaker"])
@pytest.mark.parametrize("after_s", [0.3, 1.5])
def test_what_is_said_after_timer_set_corrects_it_without_calling(pulse, folder, tmp_path, loud, after_s):
    async def story(home):
        await asked(home, pulse, tmp_path, SET)
        await asyncio.sleep(after_s)
        await said(home, pulse, tmp_path, "and five minutes")
        await asyncio.sleep(0.5)
        await said(home, pulse, tmp_path, "undo")
        return texts(home, "voice.said")

    with echoing(pulse) if loud else nullcontext():
        answers = lived(pulse, folder, story)
    assert answers == [ONE, BOTH, "The fifteen minute timer is cancelled."]


def test_undo_takes_a_timer_back_with_the_shipped_models_and_profile(pulse, folder, tmp_path):
    async def story(home):
        await asked(home, pulse, tmp_path, SET)
        await asyncio.sleep(0.3)
        await said(home, pulse, tmp_path, "undo")
        return texts(home, "voice.said")

    with echoing(pulse):
        answers = lived(pulse, folder, story, min_avg_logprob=None)
    assert answers == [ONE, UNDONE]


@pytest.mark.parametrize("over_s", [0.7, 1.1])
def test_with_headphones_on_what_is_said_over_timer_set_corrects_it(pulse, folder, tmp_path, over_s):
    correction = saved(tmp_path, "correction", espeak(tmp_path, "and five minutes", HIM))

    async def story(home):
        sounds = [espeak(tmp_path, one, HIM) for one in ("okay nabu", SET)]
        pulse.speak_into_microphone(saved(tmp_path, "set", sounds[0], quiet(0.15), sounds[1]))
        await home.until("voice.state", state="speaking")
        await asyncio.sleep(over_s)
        pulse.speak_into_microphone(correction)
        await home.until("turn.ended", route_name="timer_correct")
        return texts(home, "voice.said")[-1]

    assert lived(pulse, folder, story) == BOTH


@pytest.mark.parametrize("over_s", [0.6, 1.1])  # at 0.2 its first words are lost, and the rest is misheard
def test_with_echo_cancelling_what_is_said_over_timer_set_corrects_it(pulse, folder, tmp_path, over_s):
    pytest.importorskip("pywebrtc_audio")
    correction = saved(tmp_path, "correction", espeak(tmp_path, "and five minutes", HIM))

    async def story(home):
        await asked(home, pulse, tmp_path, "what time is it")  # it has learned what it sounds like in this room
        await asyncio.sleep(1.0)
        before = len(home.events)
        sounds = [espeak(tmp_path, one, HIM) for one in ("okay nabu", SET)]
        pulse.speak_into_microphone(saved(tmp_path, "set", sounds[0], quiet(0.15), sounds[1]))
        await home.until("voice.state", after=before, state="speaking")
        await asyncio.sleep(over_s)
        pulse.speak_into_microphone(correction)
        await asyncio.sleep(8.0)
        return texts(home, "voice.heard"), texts(home, "voice.said")

    with echoing(pulse):
        heard, answers = lived(pulse, folder, story, barge_in=HEARD)
    print(f"\n{over_s} s into the answer: heard {heard[-1]!r}, said {answers[-1]!r}")  # noqa: T201
    assert answers[-1] == BOTH


@pytest.mark.parametrize("recording", ["question", "time", "help"])
def test_after_timer_set_nothing_else_is_answered(pulse, folder, tmp_path, recording):
    """A television, with sentences that it would answer if it were called."""
    other = read_audio(RECORDINGS[recording].path)
    spoken = saved(tmp_path, f"other-{recording}", (other.samples, other.rate_hz))
    too_late = saved(tmp_path, "and-five-minutes", espeak(tmp_path, "and five minutes", HIM))

    async def story(home):
        await asked(home, pulse, tmp_path, SET)
        await asyncio.sleep(0.5)
        unanswered = [await ignored(home, pulse, path) for path in (spoken, too_late)]
        return unanswered, texts(home, "voice.said"), state(home)

    found = lived(pulse, folder, story)
    assert found == ([True, True], [ONE], "asleep")


# --- questions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loud", [False, True], ids=["headphones", "loudspeaker"])
def test_a_question_back_is_answered_without_calling(pulse, folder, tmp_path, loud):
    async def story(home):
        await asked(home, pulse, tmp_path, "set a timer")
        await asyncio.sleep(0.8)
        await said(home, pulse, tmp_path, "five minutes")
        return texts(home, "voice.said")

    with echoing(pulse) if loud else nullcontext():
        answers = lived(pulse, folder, story)
    assert answers == ["For how long?", "Timer set for five minutes."]


def test_a_spoken_never_mind_ends_the_question(pulse, folder, tmp_path):
    async def story(home):
        await asked(home, pulse, tmp_path, "set a timer")
        await asyncio.sleep(0.8)
        await said(home, pulse, tmp_path, "never mind")
        await home.until("voice.state", after=len(home.events) - 3, state="asleep")
        return texts(home, "voice.heard"), texts(home, "voice.said"), await ignored(home, pulse, too_late)

    too_late = saved(tmp_path, "five-minutes", espeak(tmp_path, "five minutes", HIM))
    heard, answers, unanswered = lived(pulse, folder, story)
    print(f"\n{heard} {answers}")  # noqa: T201
    assert heard == ["set a timer", "never mind"]
    assert unanswered


def test_a_question_that_nobody_answers_is_over_after_its_time(pulse, folder, tmp_path):
    async def story(home):
        await asked(home, pulse, tmp_path, "set a timer")
        await home.until("voice.state", state="asleep", after=len(home.events))
        return await ignored(home, pulse, too_late)

    too_late = saved(tmp_path, "five-minutes", espeak(tmp_path, "five minutes", HIM))
    assert lived(pulse, folder, story, follow_up_ms=2000.0)
