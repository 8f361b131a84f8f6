"""The voice service whole: when something is wrong."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

import pytest

import wire
from fakes import FakeBrain, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad, RoomMicrophone
from homebody.client import HomebodyClient
from homebody.errors import AudioStuck, HomebodyError, ModelFailed, NoSpeaker, RemoteFailure, RouterUnreachable
from homebody.ledger import Ledger
from homebody.messages import Accepted, Token
from homebody.options import VoiceOptions
from homebody.process import understood
from homebody.voice import patient_asker
from homebody.voice.ears import Ears
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from homebody.voice.patient_asker import PatientAsker
from homebody.voice.service import Voice
from homebody.voice.turn import Parts
from voice_home import LONG, OPTIONS, Beats, BrokenTranscriber, answered, ended, eventually, lived
from wire import HANG_GUARD_S

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.lengthy]


def test_an_answer_that_fails_is_apologised_for_aloud_and_the_remedy_is_on_the_screen(tmp_path):
    error = RemoteFailure("no_model", "No language model answers.", "Start it with: ollama serve")

    async def story(it):
        heard = await it.told()
        await it.until("voice.state", state="asleep")
        return it, heard, it.ledger.turns()

    it, heard, (row,) = lived(tmp_path, story, FakeBrain("", fails=error))
    assert heard == "what time is it"
    assert " ".join(it.synthesizer.texts) == "No language model answers. What to do is on the screen."
    assert it.data("voice.said") == [{"text": error.reason, "remedy": error.remedy}]
    assert (row.outcome, row.reason) == ("failed", "no_model")


def test_the_remedy_is_on_the_screen_where_a_part_of_the_answer_came_too(tmp_path):
    error = RemoteFailure("model_failed", "The model broke off.", "Ask again.")

    async def story(it):
        await it.told()
        await it.until("turn.ended")
        return it

    it = lived(tmp_path, story, FakeBrain("Owls turn their heads far.", fails=error))
    assert "on the screen" in " ".join(it.synthesizer.texts)
    assert [said.get("remedy") for said in it.data("voice.said")][-1] == "Ask again."


def test_a_transcriber_that_fails_ends_the_turn_and_not_the_service(tmp_path):
    transcriber = BrokenTranscriber(ModelFailed("The recogniser broke.", "Install it again."))

    async def story(it):
        heard = [await it.told(), await it.told()]
        return it, heard, [(row.outcome, row.reason) for row in it.ledger.turns()]

    it, heard, rows = lived(tmp_path, story, transcriber=transcriber)
    assert heard == ["", ""]
    assert rows == [("failed", "model_failed")] * 2
    assert it.data("voice.said")[0] == {"text": "The recogniser broke.", "remedy": "Install it again."}


def test_something_unforeseen_in_a_turn_is_failed_and_says_nobodys_words_in_the_log(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    transcriber = BrokenTranscriber(ValueError("my secret words"))

    async def story(it):
        heard = await it.told()
        return heard, [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, transcriber=transcriber) == ("", ["failed"])
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_a_ledger_that_fails_keeps_nobody_waiting(tmp_path):
    async def story(it):
        task = await it.asked()
        it.ledger.close()
        it.microphone.hear()
        await eventually(lambda: it.synthesizer.texts)
        return await answered(task, 0.3)

    assert lived(tmp_path, story)


def test_a_missing_loudspeaker_fails_the_turn_and_not_the_service(tmp_path):
    speaker = FakeSpeaker(error=NoSpeaker("There is no loudspeaker.", "Plug one in."))

    async def story(it):
        heard = [await it.told(), await it.told()]
        return heard, [(row.outcome, row.reason) for row in it.ledger.turns()], it.running.done()

    assert lived(tmp_path, story, heard=("one", "two"), speaker=speaker) == (
        ["one", "two"],
        [("failed", "no_voice")] * 2,
        False,
    )


def test_a_router_that_is_lost_in_mid_turn_is_told_of_aloud(tmp_path):
    """And whoever is asked afterwards is answered: nothing has to be started again."""

    async def main():
        with wire.endpoint() as at:
            async with HomebodyClient.connect(at) as client:
                synthesizer, microphone = FakeSynthesizer(), RoomMicrophone()
                mouth = Mouth(synthesizer, FakeSpeaker())
                ledger = Ledger(tmp_path / "ledger")
                parts = Parts(FakeTranscriber("one", "two"), client, mouth, "en", 20_000.0)
                voice = Voice(
                    microphone,
                    Ears(FakeVad(), OPTIONS.endpointing),
                    parts,
                    client,
                    ledger,
                    VoiceMemory(tmp_path),
                    OPTIONS,
                    always_listening=True,
                )
                async with client.attach("voice", voice.handle) as attachment:
                    running = asyncio.create_task(voice.run(Beats()))
                    brain = FakeBrain(wait=asyncio.Event())
                    async with wire.running(brain, at):
                        await attachment.wait_attached(10_000)
                        microphone.hear()
                        await eventually(lambda: brain.asked)
                    await eventually(lambda: ledger.turns())
                    async with wire.running(FakeBrain("It is seven."), at):
                        await attachment.wait_attached(10_000)
                        microphone.hear()
                        await eventually(lambda: len(ledger.turns()) == 2)
                    await ended(running)
                turns = ledger.turns()
                ledger.close()
                return synthesizer.texts, turns

    texts, turns = asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))
    assert [(turn.outcome, turn.reason) for turn in turns] == [("failed", "shutting_down"), ("answered", "")]
    assert texts[-1] == "It is seven."
    assert len(texts) >= 2


def test_while_the_router_is_away_a_person_waits_only_a_moment_to_be_told(monkeypatch):
    monkeypatch.setattr(patient_asker, "ROUTER_PATIENCE_MS", 50.0)

    async def main():
        with wire.endpoint() as at:
            async with HomebodyClient.connect(at) as client, client.attach("voice", None) as attachment:
                asker = PatientAsker(client)
                asker.attachment = attachment
                async with aclosing(asker.ask("why", language="en", deadline_ms=120_000, source="voice")) as answer:
                    with pytest.raises(RouterUnreachable) as refused:
                        await anext(answer)
                return refused.value.remedy

    assert asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S))


def test_a_patient_asker_passes_the_answer_on_and_stops_it_when_it_is_closed():
    brain = FakeBrain(LONG, gap_s=0.001)

    async def main():
        with wire.endpoint() as at:
            async with wire.running(brain, at), HomebodyClient.connect(at) as client:
                asker = PatientAsker(client)
                async with aclosing(asker.ask("why", language="en", deadline_ms=9000, source="voice")) as answer:
                    got = [type(await anext(answer)) for _ in range(3)]
                await eventually(lambda: brain.ended)
                return got

    assert asyncio.run(asyncio.wait_for(main(), HANG_GUARD_S)) == [Accepted, Token, Token]
    assert brain.ended == ["stopped"]


def test_a_sound_system_that_hangs_ends_the_service_so_that_it_is_started_again(tmp_path):
    class Stuck(FakeSpeaker):
        async def play(self, audio, **_):
            raise AudioStuck("The sound system hangs.")

    async def story(it):
        await it.told()
        await asyncio.wait([it.running])
        return understood(it.running.exception())

    error = lived(tmp_path, story, speaker=Stuck())
    assert (type(error), error.exit_code) == (AudioStuck, 75)


def test_a_microphone_that_hangs_ends_the_service_too(tmp_path):
    async def story(it):
        it.microphone.error = AudioStuck("The sound system hangs.")
        await asyncio.wait([it.running])
        return understood(it.running.exception()).exit_code

    assert lived(tmp_path, story) == 75


def test_a_sound_system_that_hangs_over_an_announcement_ends_the_service(tmp_path):
    class Stuck(FakeSpeaker):
        async def play(self, audio, **_):
            raise AudioStuck("The sound system hangs.")

    async def story(it):
        with pytest.raises(HomebodyError):
            await it.client.say("Dinner is ready.")
        await asyncio.wait([it.running], timeout=0.15)
        return it.running.done()

    assert lived(tmp_path, story, speaker=Stuck())


def test_stopping_the_service_cancels_the_turn_and_still_writes_it_down(tmp_path):
    brain = FakeBrain(wait=asyncio.Event())

    async def story(it):
        await it.thinking(brain)
        await ended(it.running)
        return [row.outcome for row in it.ledger.turns()]

    assert lived(tmp_path, story, brain) == ["interrupted"]


def test_a_router_that_does_not_say_what_words_mean_does_not_keep_them_from_ending(tmp_path):
    class Silent(FakeBrain):
        async def answer(self, ask, payloads, *, connection, release=None):
            self.asked.append(ask.text)
            await asyncio.Event().wait()
            yield

    brain = Silent()

    async def story(it):
        await it.asked()
        it.microphone.hear()
        await it.until("voice.state", state="thinking")
        ended = await it.until("turn.ended")
        return brain.asked[0], ended["outcome"]

    options = VoiceOptions(ask_deadline_ms=1000.0)
    assert lived(tmp_path, story, brain, options=options) == ("what time is it", "failed")
