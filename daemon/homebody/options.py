"""The tables of a profile, as frozen structs: what may be set, its type, bounds and default.

docs/profiles.md is written from the docstrings here, so each key is explained once, where it stands.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

Percent = Annotated[float, Meta(ge=0, le=100)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=600_000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Threads = Annotated[int, Meta(ge=1, le=64)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all tables of a profile."""


class Wire(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the router listens.

    Attributes:
        endpoint: For programs on this machine: ``ipc://`` and a path of at most 103 bytes; empty: in the user's private
            runtime directory.
        tcp: For other machines too, ``tcp://ADDRESS:PORT``; empty: for none. Only with the keys of `homebody keys`.
    """

    endpoint: str = ""
    tcp: str = ""

    def __post_init__(self) -> None:
        host, _, port = self.tcp.removeprefix("tcp://").rpartition(":")
        usable = self.tcp.startswith("tcp://") and host and port.isascii() and port.isdigit() and 0 < int(port) < 65_536
        if self.tcp and not usable:
            raise ValueError("Wire.tcp is not tcp://ADDRESS:PORT")


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
    zeros_ms: Annotated[float, Meta(ge=500, le=60_000)] = 4000.0


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
        silence_ms: The utterance has ended after so much silence.
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


class BargeInOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Interrupting. Asking to listen (Enter, `homebody listen`) always interrupts.

    Attributes:
        by_voice: Speech interrupts as well. Without echo cancelling that is for headphones: on loudspeakers the
            assistant would hear itself.
        min_speech_ms: So much speech interrupts; less may be a cough.
    """

    by_voice: bool = False
    min_speech_ms: Milliseconds = 384.0


class TranscriberOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """faster-whisper.

    Attributes:
        model: ``starter`` (shipped), a name faster-whisper knows (``base.en``), or a folder in CTranslate2 format.
        compute_type: CTranslate2's: int8, int8_float16, float16, float32, ...
        device: cpu, cuda or auto.
        threads: Of the processor.
        beam_size: 1 is greedy.
        min_window_s: Shortest Whisper window; the window follows the utterance above it. 30 is Whisper's own.
        min_avg_logprob: A transcript less certain than this (mean log probability a token) is not acted on.
        max_no_speech: A transcript with a higher no-speech probability is not acted on.
    """

    model: str = "starter"
    compute_type: str = "int8"
    device: str = "cpu"
    threads: Threads = 2
    beam_size: Annotated[int, Meta(ge=1, le=10)] = 1
    min_window_s: Annotated[float, Meta(ge=1, le=30)] = 10.0
    min_avg_logprob: Annotated[float, Meta(ge=-10, le=0)] = -1.0
    max_no_speech: Probability = 0.6


class SynthesizerOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Piper.

    Attributes:
        voice: ``starter`` (shipped) or the path of an ``.onnx`` with its ``.onnx.json`` beside it.
        length_scale: Above 1 speaks slower.
        threads: Of the processor.
        sentence_silence_ms: Pause after a sentence; half of it after a clause.
    """

    voice: str = "starter"
    length_scale: Annotated[float, Meta(ge=0.5, le=2.0)] = 1.0
    threads: Threads = 1
    sentence_silence_ms: Milliseconds = 160.0


class VoiceOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The voice service: ears and mouth.

    Attributes:
        language: BCP 47 tag of what is spoken and heard, such as ``en``.
        listen_timeout_ms: After being asked to listen, how long it waits for speech to begin.
        ask_deadline_ms: How long it waits for a whole answer.
    """

    language: str = "en"
    listen_timeout_ms: Annotated[float, Meta(ge=1000, le=60_000)] = 8000.0
    ask_deadline_ms: Annotated[float, Meta(ge=1000, le=600_000)] = 120_000.0
    microphone: MicrophoneOptions = MicrophoneOptions()
    speaker: SpeakerOptions = SpeakerOptions()
    endpointing: EndpointingOptions = EndpointingOptions()
    barge_in: BargeInOptions = BargeInOptions()
    transcriber: TranscriberOptions = TranscriberOptions()
    synthesizer: SynthesizerOptions = SynthesizerOptions()


class OpenAIOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A server that speaks OpenAI's chat completions: llama.cpp's, LM Studio, vLLM, SGLang, MLX, ...

    Attributes:
        api_key_env: The environment variable that holds the server's key; empty: it wants none. The key itself never
            stands in a file of ours.
        allow_remote: The server may be another machine than this one. What is said at home then goes there.
        extras: Further fields of each request, as this server knows them, such as ``top_k`` or
            ``chat_template_kwargs``.
    """

    api_key_env: str = ""
    allow_remote: bool = False
    extras: dict[str, Any] = {}


class CTranslate2Options(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model that homebody runs itself, in a process of its own.

    Attributes:
        device: cpu, cuda or auto.
        compute_type: CTranslate2's: int8, int8_float16, float16, float32, ...; default: as the model is stored.
        threads: For one answer; 0: as many as CTranslate2 finds right.
    """

    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: str = "default"
    threads: Annotated[int, Meta(ge=0, le=64)] = 0


class TextModelOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The language model.

    Attributes:
        backend: ``ollama``, ``openai`` (any server of that protocol), ``ctranslate2`` (no server) or ``none``.
        base_url: Where its server listens; loopback unless you know what you do. For ``openai`` it usually ends in /v1.
        model: The server's name for it; for ``ctranslate2`` ``starter`` (shipped), a folder, or the name of one in
            ``models/text`` in the data directory.
        num_ctx: Context in tokens; one fixed value a model, since changing it reloads the model.
        keep_alive: How long the server keeps it in memory after an answer, e.g. ``30m``.
        temperature, top_p, max_tokens: Sampling.
        stop: The answer ends before any of these strings.
        system_prompt: Stays in front, byte for byte, so that the server's prefix cache is used.
        connect_ms, first_token_ms, gap_ms: How long to wait for the server, for the first token (a load included) and
            between tokens.
        openai, ctranslate2: What only that backend knows.
    """

    backend: str = "ollama"
    base_url: str = "http://127.0.0.1:11434"
    model: str = "qwen2.5:1.5b"
    num_ctx: Annotated[int, Meta(ge=512, le=262_144)] = 4096
    keep_alive: str = "30m"
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    top_p: Probability = 0.9
    max_tokens: Annotated[int, Meta(ge=16, le=8192)] = 200
    stop: tuple[str, ...] = ()
    system_prompt: str = (
        "You are homebody, a voice assistant in somebody's home. Your answer is spoken aloud: answer in one to three "
        "short plain sentences, without lists, markup or emoji. Say so when you do not know."
    )
    connect_ms: Milliseconds = 2000.0
    first_token_ms: Milliseconds = 60_000.0
    gap_ms: Milliseconds = 15_000.0
    openai: OpenAIOptions = OpenAIOptions()
    ctranslate2: CTranslate2Options = CTranslate2Options()


class ModelOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is particular to one model; what is left out is as under ``router.text``.

    Attributes:
        num_ctx: Context in tokens, one fixed value.
        budget_tokens: Prompt and answer together take no more of it. Left out: 3,500 for models of up to two billion
            parameters by their name, which get worse past 4,000; all of ``num_ctx`` for others.
    """

    num_ctx: Annotated[int, Meta(ge=512, le=262_144)] | None = None
    budget_tokens: Annotated[int, Meta(ge=256, le=262_144)] | None = None


class PurposeOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How questions of one purpose are answered; what is left out is as in `USUAL`, else as under ``router.text``.

    Attributes:
        models: Tried in this order; ``router.text.model`` is always the last.
        template: The prompt's: plain, step_by_step, few_shot, structured, role, code or translate.
        temperature, top_p, max_tokens: Sampling. The answer's tokens include a thinking model's thoughts.
        think: A model that can think may do so first.
    """

    models: tuple[str, ...] = ()
    template: str | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Probability | None = None
    max_tokens: Annotated[int, Meta(ge=16, le=8192)] | None = None
    think: bool | None = None


class Purposes(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What each purpose needs."""

    chat: PurposeOptions = PurposeOptions()
    knowledge: PurposeOptions = PurposeOptions()
    reasoning: PurposeOptions = PurposeOptions()
    creative: PurposeOptions = PurposeOptions()
    code: PurposeOptions = PurposeOptions()
    multilingual: PurposeOptions = PurposeOptions()
    image_quick: PurposeOptions = PurposeOptions()
    image_detailed: PurposeOptions = PurposeOptions()
    image_reasoning: PurposeOptions = PurposeOptions()


# What models of 1.5 billion parameters did best with. Not the defaults of the fields above: a profile that names only a
# purpose's models would lose them.
USUAL: Final = Purposes(
    chat=PurposeOptions(template="plain"),
    knowledge=PurposeOptions(template="structured", temperature=0.2),
    reasoning=PurposeOptions(template="step_by_step", temperature=0.3, max_tokens=1200, think=True),
    creative=PurposeOptions(template="role", temperature=0.85, max_tokens=500),
    code=PurposeOptions(template="code", temperature=0.1, max_tokens=700),
    multilingual=PurposeOptions(template="translate", temperature=0.3),
    image_quick=PurposeOptions(template="plain", temperature=0.2, max_tokens=80),
    image_detailed=PurposeOptions(template="plain", temperature=0.2, max_tokens=400),
    image_reasoning=PurposeOptions(template="step_by_step", temperature=0.3, max_tokens=700),
)


class SkillOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Skills.

    Attributes:
        deadline_ms: One that takes longer is given up, and its worker process is replaced.
        quarantine_after: One that fails so often in a row is set aside until the router starts again.
        disabled: Names of skills or of whole plugins that are not offered.
    """

    deadline_ms: Annotated[float, Meta(ge=100, le=60_000)] = 5000.0
    quarantine_after: Annotated[int, Meta(ge=1, le=100)] = 3
    disabled: tuple[str, ...] = ()


class RouterOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The router service: the brain.

    Attributes:
        text: The model server and the model that answers what nothing else is named for.
        purposes: Models, prompt and sampling by what a question is for.
        models: What is particular to a model, by its name.
        skills: What answers without a model.
    """

    text: TextModelOptions = TextModelOptions()
    purposes: Purposes = Purposes()
    models: dict[str, ModelOptions] = {}
    skills: SkillOptions = SkillOptions()
