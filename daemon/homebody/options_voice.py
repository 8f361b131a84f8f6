"""The table ``[voice]`` of a profile: ears and mouth."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from homebody.options_part import Milliseconds, Part, Percent, Probability, Threads


class MicrophoneOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The microphone.

    Attributes:
        device: Part of its name as `homebody devices` prints it; empty: the system's default.
        latency_ms: Asked of the audio system; smaller hears an interruption sooner.
        stall_ms: Without a callback for so long, the device is closed and opened again.
        zeros_ms: Exact zeros for so long are reported: a muted or (macOS) a denied microphone.
    """

    device: str = ""
    latency_ms: Annotated[float, Meta(ge=5, le=1000)] = 40.0
    stall_ms: Annotated[float, Meta(ge=200, le=60_000)] = 1500.0
    zeros_ms: Annotated[float, Meta(ge=500, le=3_600_000)] = 4000.0


class SpeakerOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The loudspeaker.

    Attributes:
        device: Part of its name as `homebody devices` prints it; empty: the system's default.
        latency_ms: The output buffer. It adds to every reply's first sample; too small, and a busy machine stutters.
        volume_percent: At the first start; later, the volume last asked for.
    """

    device: str = ""
    latency_ms: Annotated[float, Meta(ge=5, le=2000)] = 60.0
    volume_percent: Percent = 80.0


class EndpointingOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When speech begins and ends, from the VAD's probability a chunk of 32 ms.

    Attributes:
        speech_on, speech_off: Probability at or above which speech begins, and below which a chunk is silence.
        speech_sure: Probability that some of an utterance's chunks must reach; what never does is music or a machine.
            As low as speech_on: off.
        min_speech_ms: Speech shorter than this is a click, not an utterance.
        silence_ms: The utterance has ended after so much silence, where the words say neither that they are all nor
            that more is to come (voice.commit).
        pre_roll_ms: Kept from before speech was noticed.
        max_utterance_ms: A hard cap; talkers in the background would otherwise never end.
        energy_gate_db: A chunk so far under the running speech peak counts as silence; 0: off.
    """

    speech_on: Probability = 0.5
    speech_off: Probability = 0.35
    speech_sure: Probability = 0.7
    min_speech_ms: Milliseconds = 128.0
    silence_ms: Annotated[float, Meta(ge=100, le=5000)] = 640.0
    pre_roll_ms: Annotated[float, Meta(ge=1000, le=5000)] = 1000.0
    max_utterance_ms: Annotated[float, Meta(ge=1000, le=30_000)] = 15_000.0
    energy_gate_db: Annotated[float, Meta(ge=0, le=60)] = 12.0


class CommitOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long a pause is waited out before it counts as the end of what is said.

    Attributes:
        speculate: Transcribe and ask during the pause, ahead of its end; false: every pause of
            voice.endpointing.silence_ms ends the utterance.
        soft_silence_ms: After so much silence the words so far are transcribed and asked on speculation.
        complete_silence_ms: So much ends words that are a whole command; a sixth more one that may go on and then
            asks for something else ("set a timer for five minutes").
        longest_silence_ms: So much ends anything, also "remind me to".
        sure_avg_logprob: A command heard less surely than this (mean log probability a token) is waited for longer, and
            0.1 below as if more were sure to come.
            The default is measured on the starter recogniser; real Whisper models are less sure of what they hear well.
        learn_pauses: Keep the lengths of the speaker's own pauses in voice.json, and wait longer for who pauses longer.
        smart_turn_model: Path of a smart-turn v3 ONNX model, which hears from the voice whether somebody has ended;
            empty: the words alone tell.
    """

    speculate: bool = True
    soft_silence_ms: Annotated[float, Meta(ge=64, le=1000)] = 128.0
    complete_silence_ms: Annotated[float, Meta(ge=64, le=2000)] = 192.0
    longest_silence_ms: Annotated[float, Meta(ge=640, le=4500)] = 2400.0
    sure_avg_logprob: Annotated[float, Meta(ge=-10, le=0)] = -0.2
    learn_pauses: bool = True
    smart_turn_model: str = ""


class WakeOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Being called by name. Asking to listen (Enter, `homebody listen`) works besides.

    Attributes:
        enabled: Listen when a wake word was said; needs the extra ``[wake]``.
        words: ``okay_nabu``, ``hey_jarvis``, ``hey_mycroft``, ``alexa``, or the path of a microWakeWord model's
            ``.json`` with its ``.tflite`` beside it.
        refractory_ms: After a call, so long none is heard.
        speaking_margin: While we speak, a word's cutoff is moved by this share of the way to certainty.
    """

    enabled: bool = False
    words: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)] = ("okay_nabu",)
    refractory_ms: Annotated[float, Meta(ge=500, le=30_000)] = 1000.0
    speaking_margin: Probability = 0.5


class EarconOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Short soft tones, so that nobody has to look. None of them delays a word.

    Attributes:
        woke: It was called, and listens.
        heard: It has heard, and works on it; only where the answer does not begin at once.
        error: It was called, and has understood nothing.
        timer: Before what is said unasked: a timer, a reminder.
        muted: The loudspeaker falls silent, or speaks again.
        heard_after_ms: An answer that begins sooner needs no tone before it.
    """

    woke: bool = True
    heard: bool = True
    error: bool = True
    timer: bool = True
    muted: bool = True
    heard_after_ms: Annotated[float, Meta(ge=0, le=10_000)] = 600.0


class DuckingOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Other programs' sound is quieter while somebody is heard or answered. Linux with PulseAudio or PipeWire; macOS
    has no volume for each program.

    Attributes:
        enabled: Do so. Calls, alerts and screen readers stay as they are, and so does what is changed meanwhile.
        depth_db: How much quieter.
        release_ms: So long after the last word it stays so.
    """

    enabled: bool = True
    depth_db: Annotated[float, Meta(ge=3, le=60)] = 15.0
    release_ms: Annotated[float, Meta(ge=0, le=10_000)] = 800.0


class BargeInOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Interrupting. Asking to listen (Enter, `homebody listen`) always interrupts.

    Attributes:
        by_voice: Speech interrupts as well. Without echo cancelling that is for headphones: on loudspeakers the
            assistant would hear itself.
        echo_cancelling: Take our own words out of what is heard; needs the extra ``[aec]``. Without it, by_voice is
            taken for false.
        min_speech_ms: So much speech interrupts; less makes us pause until its words, or none, tell what it was.
    """

    by_voice: bool = False
    echo_cancelling: bool = False
    min_speech_ms: Milliseconds = 384.0


class TranscriberOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """faster-whisper.

    Attributes:
        model: ``starter`` (shipped), a name faster-whisper knows (``base.en``), or a folder in CTranslate2 format.
            While a named one is not here and cannot be downloaded, the starter hears.
        compute_type: CTranslate2's: int8, int8_float16, float16, float32, ...
        device: cpu, cuda or auto.
        threads: Of the processor, at most. The fewest that pay are measured with this model on this machine while it is
            quiet, and taken from the next start on; until then, no more than there are cores (the starter's: 1).
        beam_size: 1 is greedy.
        min_window_s: Shortest Whisper window; the window follows the utterance above it. 30 is Whisper's own. Absent:
            what was measured with this model on this machine while it was quiet; until then, 10 (the starter's: 3).
        min_avg_logprob: A transcript less certain than this (mean log probability a token) is not acted on.
        max_no_speech: A transcript with a higher no-speech probability is not acted on.
    """

    model: str = "starter"
    compute_type: str = "int8"
    device: str = "cpu"
    threads: Threads = 2
    beam_size: Annotated[int, Meta(ge=1, le=10)] = 1
    min_window_s: Annotated[float, Meta(ge=1, le=30)] | None = None
    min_avg_logprob: Annotated[float, Meta(ge=-10, le=0)] = -1.0
    max_no_speech: Probability = 0.6


class SynthesizerOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Piper.

    Attributes:
        voice: ``starter`` (shipped), the path of an ``.onnx`` with its ``.onnx.json`` beside it, or the name of a voice
            that `homebody models pull` fetches, such as ``en_US-lessac-medium``.
        voices: The same by language; an answer is spoken by the voice of its language, loaded when it is first wanted.
            That of ``voice.language`` goes before ``voice``. Until one is downloaded, ``voice`` speaks, and until that
            is, the starter voice.
        length_scale: Above 1 speaks slower.
        threads: Of the processor, at most; never more than there are cores.
        sentence_silence_ms: Pause after a sentence; half of it after a clause.
    """

    voice: str = "starter"
    voices: dict[str, str] = msgspec.field(default_factory=dict)
    length_scale: Annotated[float, Meta(ge=0.5, le=2.0)] = 1.0
    threads: Threads = 1
    sentence_silence_ms: Milliseconds = 160.0


class VoiceOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The voice service: ears and mouth.

    Attributes:
        language: BCP 47 tag of what is spoken and heard, such as ``en``.
        languages: Others that people here speak. Which one it was is told from the sound of each utterance by
            recognisers that know several, and the answer comes in it. Empty: those whose voices under
            voice.synthesizer.voices are downloaded.
        listen_timeout_ms: After being asked to listen, how long it waits for speech to begin.
        follow_up_ms: After an answer that asks something, how long it waits for speech to begin, without being called.
        second_thoughts_ms: After a change that can be corrected ("Timer set for ten minutes"), how long "and thirty
            seconds", "no, five minutes" or "cancel that", and nothing else, is heard without being called; 0: none.
        ask_deadline_ms: How long it waits for a whole answer.
        keep_turns: Keep the sound and the decisions of so many of the last turns under the data directory, for
            `homebody replay`; 0: nothing that is heard is kept.
    """

    language: str = "en"
    languages: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    listen_timeout_ms: Annotated[float, Meta(ge=1000, le=60_000)] = 8000.0
    follow_up_ms: Annotated[float, Meta(ge=1000, le=60_000)] = 8000.0
    second_thoughts_ms: Annotated[float, Meta(ge=0, le=30_000)] = 3000.0
    ask_deadline_ms: Annotated[float, Meta(ge=1000, le=600_000)] = 120_000.0
    microphone: MicrophoneOptions = MicrophoneOptions()
    speaker: SpeakerOptions = SpeakerOptions()
    keep_turns: Annotated[int, Meta(ge=0, le=1000)] = 0
    endpointing: EndpointingOptions = EndpointingOptions()
    commit: CommitOptions = CommitOptions()
    wake: WakeOptions = WakeOptions()
    earcons: EarconOptions = EarconOptions()
    ducking: DuckingOptions = DuckingOptions()
    barge_in: BargeInOptions = BargeInOptions()
    transcriber: TranscriberOptions = TranscriberOptions()
    synthesizer: SynthesizerOptions = SynthesizerOptions()
