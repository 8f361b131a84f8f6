"""The voice tries itself, and says which of its parts fails."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import numpy as np
import pytest

from fakes import FakeAsker, FakeMicrophone, FakeSpeaker, FakeSynthesizer, FakeTranscriber, FakeVad
from homebody.errors import ModelMissing, NoSpeaker, Problem
from homebody.messages import Control, Done
from homebody.options import BargeInOptions, EarconOptions, SpeakerOptions, VoiceOptions
from homebody.setup.findings import MEANINGS
from homebody.voice import self_check
from homebody.voice.audio import CHUNK_SAMPLES, Chunk
from homebody.voice.gauges import Gauges
from homebody.voice.memory import VoiceMemory
from homebody.voice.mouth import Mouth
from homebody.voice.muting import MUTED
from homebody.voice.said_before import Rehearsal
from homebody.voice.self_check import Meter, check
from homebody.voice.thread_choice import Threads
from homebody.voice.turn import Parts
from homebody.voice.upkeep import MeteredMicrophone, Upkeep
from homebody.voice.whisper_window import WindowRule
from homebody.voice.window_record import Choice

LOUD = Chunk(np.full(CHUNK_SAMPLES, 0.5, dtype=np.float32), 0.0)
CLIP = "what time is it"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(self_check, "OPENING_S", 0.0)


class Missing(FakeTranscriber):
    """Cannot be loaded."""

    async def transcribe(self, samples, language):
        raise ModelMissing("The recogniser is not there.", "Fetch it.")


class Echo(FakeSpeaker):
    """The microphone hears what it plays."""

    def __init__(self, meter):
        super().__init__()
        self.meter = meter

    async def play(self, audio, **arguments):
        played = await super().play(audio, **arguments)
        self.meter.feed(LOUD)
        return played


def tried(*, microphone=None, heard=True, transcriber=None, synthesizer=None, speaker=None, aloud=True, vad=None):
    async def main():
        meter = Meter()
        if heard:
            meter.feed(Chunk(np.zeros(CHUNK_SAMPLES, dtype=np.float32), 0.0))
        mouth = Mouth(synthesizer or FakeSynthesizer(), speaker(meter) if speaker else FakeSpeaker())
        parts = Parts(transcriber or FakeTranscriber(CLIP), FakeAsker(), mouth, "en", 1000.0)
        links = await check(
            microphone or FakeMicrophone(), meter, parts, VoiceOptions(), aloud=aloud, vad=vad or FakeVad()
        )
        return {link.part: link for link in links}

    return asyncio.run(main())


def faults(links):
    return {part: link.fault for part, link in links.items() if link.fault}


def test_where_everything_works_every_part_says_what_was_seen():
    links = tried(speaker=Echo)
    assert list(links) == ["microphone", "hearing", "speech", "loudspeaker"]
    assert faults(links) == {}
    assert all(link.saw for link in links.values())
    assert links["loudspeaker"].saw == "the microphone heard it"


def test_headphones_are_no_fault():
    links = tried()
    assert faults(links) == {}
    assert "did not hear" in links["loudspeaker"].saw


def test_quietly_nothing_is_played():
    assert "loudspeaker" not in tried(aloud=False, speaker=Echo)


def muted(meter):
    speaker = FakeSpeaker()
    speaker.muted = True
    return speaker


@pytest.mark.parametrize(("part", "fault", "broken"), [
    ("microphone", "microphone-fails", {"heard": False}),
    ("hearing", "speech-not-noticed", {"vad": FakeVad(level=2.0)}),
    ("hearing", "misheard", {"transcriber": FakeTranscriber("walls dime visit")}),
    ("hearing", "recogniser-missing", {"transcriber": Missing()}),
    ("speech", "voice-missing", {"synthesizer": FakeSynthesizer(error=ModelMissing("It is not there.", "Fetch it."))}),
    ("loudspeaker", "loudspeaker-fails", {"speaker": lambda _: FakeSpeaker(error=NoSpeaker("It is gone.", "Plug."))}),
    ("loudspeaker", "muted", {"speaker": muted}),
])  # fmt: skip
def test_the_one_broken_part_is_named(part, fault, broken):
    links = tried(**broken)
    assert faults(links) == {part: fault}
    assert links[part].problem
    assert links[part].remedy
    assert fault in MEANINGS


@pytest.mark.parametrize(("heard", "fault"), [(True, "microphone-silent"), (False, "microphone-fails")])
def test_a_deaf_microphone_says_why(heard, fault):
    microphone = FakeMicrophone()
    microphone.problem = Problem("microphone", "Only zeros come.", "Unmute it.")
    links = tried(microphone=microphone, heard=heard)
    assert links["microphone"].fault == fault
    assert links["microphone"].problem == "Only zeros come."


def test_a_microphone_that_was_muted_on_request_is_told_as_that():
    microphone = FakeMicrophone()
    microphone.problem = MUTED
    assert faults(tried(microphone=microphone, heard=False)) == {"microphone": "microphone-muted"}


def test_the_meter_forgets_what_was_loud_before():
    meter = Meter()
    meter.feed(LOUD)
    assert meter.take() == 0.5
    assert meter.take() == 0.0
    assert time.monotonic() - meter.heard_at_s < 60


class Handed:
    """A voice service that only says what it was asked."""

    def __init__(self):
        self.options = VoiceOptions()
        self.asked = []

    async def handle(self, request):
        self.asked.append(request)
        return Done(id=request.id)


def kept_up(tmp_path, request, new=None, windows=lambda: None):
    async def main():
        voice, speaker = Handed(), FakeSpeaker()
        parts = Parts(FakeTranscriber(CLIP), FakeAsker(), Mouth(FakeSynthesizer(), speaker), "en", 1000.0, windows)
        microphone = MeteredMicrophone(FakeMicrophone(LOUD.samples), Meter())
        async with aclosing(microphone.chunks()) as chunks:
            assert [chunk.samples.max() async for chunk in chunks] == [0.5]
        rehearsal = Rehearsal(FakeSynthesizer(), lambda: True, ("en",))
        upkeep = Upkeep(
            voice, microphone, parts, VoiceMemory(tmp_path), lambda: new or VoiceOptions(), rehearsal, Gauges()
        )
        return voice, speaker, (await upkeep.handle(request)).value

    return asyncio.run(main())


def test_a_reload_takes_over_the_volume_and_keeps_it(tmp_path):
    new = VoiceOptions(language="de", speaker=SpeakerOptions(volume_percent=30.0), listen_timeout_ms=2000.0)
    voice, speaker, value = kept_up(tmp_path, Control(id="1", service="voice", action="reload"), new)
    assert value == {
        "applied": ["voice.listen_timeout_ms", "voice.speaker.volume_percent"],
        "restart": ["voice.language"],
    }
    assert speaker.volume_percent == 30.0
    assert VoiceMemory(tmp_path).volume_percent == 30.0
    assert (voice.options.listen_timeout_ms, voice.options.language) == (2000.0, "en")
    assert voice.asked == []


def test_a_reload_takes_over_how_it_is_interrupted_unless_echo_cancelling_would_begin(tmp_path):
    reload = Control(id="1", service="voice", action="reload")
    new = VoiceOptions(barge_in=BargeInOptions(min_speech_ms=500.0), earcons=EarconOptions(heard=False))
    voice, _, value = kept_up(tmp_path, reload, new)
    assert value == {"applied": ["voice.earcons.heard", "voice.barge_in.min_speech_ms"], "restart": []}
    assert (voice.options.barge_in, voice.options.earcons) == (new.barge_in, new.earcons)
    new = VoiceOptions(barge_in=BargeInOptions(by_voice=True, echo_cancelling=True))
    voice, _, value = kept_up(tmp_path, reload, new)
    assert value == {"applied": [], "restart": ["voice.barge_in.by_voice", "voice.barge_in.echo_cancelling"]}
    assert not voice.options.barge_in.by_voice


def test_a_check_hears_what_the_service_hears_and_is_answered_with_its_links(tmp_path, monkeypatch):
    monkeypatch.setattr(self_check, "SileroVad", FakeVad)
    _, _, value = kept_up(tmp_path, Control(id="1", service="voice", action="check", value="quiet"))
    assert [(link["part"], link.get("fault", "")) for link in value["links"]] == [
        ("microphone", ""), ("hearing", ""), ("speech", ""),
    ]  # fmt: skip


def test_everything_else_is_the_services_own(tmp_path):
    request = Control(id="1", service="voice", action="mute")
    voice, _, _ = kept_up(tmp_path, request)
    assert voice.asked == [request]


def test_it_says_how_the_recognisers_windows_are_chosen_and_why(tmp_path):
    status = Control(id="1", service="voice", action="status")
    chosen = Choice(WindowRule(3.0), "starter", Threads(1, "only", {}))
    voice, _, value = kept_up(tmp_path, status, windows=lambda: chosen)
    assert value["window"] == {
        "floor_s": 3.0, "margin_s": 0.5, "source": "starter", "why": "as the starter model was trained",
        "threads": 1, "threads_why": "as many as the profile and the machine allow",
    }  # fmt: skip
    assert voice.asked == []
    assert kept_up(tmp_path, status)[2] == {}
