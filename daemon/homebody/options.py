"""The tables of a profile, as frozen structs: what may be set, its type, bounds and default.

docs/profiles.md is written from the docstrings here, so each key is explained once, where it stands.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from homebody.options_machine import MachineOptions, MemoryOptions, ServerOptions
from homebody.options_part import Milliseconds, Part, Probability
from homebody.options_tools import McpOptions, ToolOptions, check_names
from homebody.options_voice import (
    BargeInOptions,
    CommitOptions,
    DuckingOptions,
    EarconOptions,
    EndpointingOptions,
    MicrophoneOptions,
    SpeakerOptions,
    SynthesizerOptions,
    TranscriberOptions,
    VoiceOptions,
    WakeOptions,
)

__all__ = [  # explained beside this file
    "BargeInOptions",
    "CommitOptions",
    "DuckingOptions",
    "EarconOptions",
    "EndpointingOptions",
    "MachineOptions",
    "McpOptions",
    "MemoryOptions",
    "MicrophoneOptions",
    "Part",
    "ServerOptions",
    "SpeakerOptions",
    "SynthesizerOptions",
    "ToolOptions",
    "TranscriberOptions",
    "VoiceOptions",
    "WakeOptions",
]


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
    extras: dict[str, Any] = msgspec.field(default_factory=dict)


class CTranslate2Options(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model that homebody runs itself, in a process of its own.

    Attributes:
        device: cpu, cuda or auto.
        compute_type: CTranslate2's: int8, int8_float16, float16, float32, ...; default: as the model is stored.
        threads: For one answer, never more than there are cores; 0: as many as CTranslate2 finds right.
    """

    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: str = "default"
    threads: Annotated[int, Meta(ge=0, le=64)] = 0


class TransformersOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model that describes pictures, run by homebody itself (extra ``[transformers]``).

    Attributes:
        device: cpu, cuda, mps (Apple) or auto.
        compute_type: int8 (weights only, through torchao), float32, bfloat16 or float16.
        threads: For one picture, never more than there are cores; 0: as many as torch finds right.
    """

    device: Literal["cpu", "cuda", "mps", "auto"] = "cpu"
    compute_type: Literal["int8", "float32", "bfloat16", "float16"] = "int8"
    threads: Annotated[int, Meta(ge=0, le=64)] = 0


class TextModelOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The language model.

    Attributes:
        backend: ``ollama``, ``openai`` (any server of that protocol), ``ctranslate2`` (no server), ``transformers`` (no
            server, only pictures) or ``none``.
        base_url: Where its server listens; loopback unless you know what you do. For ``openai`` it usually ends in /v1.
        model: The server's name for it; for ``ctranslate2`` ``starter`` (shipped), a folder, or the name of one in
            ``models/text`` in the data directory; for ``transformers`` likewise in ``models/vision``.
        num_ctx: Context in tokens; one fixed value a model, since changing it reloads the model.
        keep_alive: How long the server keeps it in memory after an answer, e.g. ``30m``.
        temperature, top_p, max_tokens: Sampling.
        stop: The answer ends before any of these strings.
        system_prompt: Stays in front, byte for byte, so that the server's prefix cache is used.
        connect_ms, load_ms, first_token_ms, gap_ms: How long to wait for the server, for the model to be in memory,
            then for the first token, and between tokens.
        openai, ctranslate2, transformers: What only that backend knows.
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
    load_ms: Milliseconds = 120_000.0
    first_token_ms: Milliseconds = 60_000.0
    gap_ms: Milliseconds = 15_000.0
    openai: OpenAIOptions = OpenAIOptions()
    ctranslate2: CTranslate2Options = CTranslate2Options()
    transformers: TransformersOptions = TransformersOptions()


class StrategyOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a model does best with for one purpose, as `homebody bench prompts --write` finds it.

    Attributes:
        template: The prompt's.
        temperature, top_p: Sampling.
    """

    template: str | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Probability | None = None


class ModelOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is particular to one model; what is left out is as under ``router.text``.

    Attributes:
        backend: What runs it, where that is another than ``router.text.backend``, as ``transformers`` for pictures.
        base_url: Where its server listens, if it has one of its own.
        num_ctx: Context in tokens, one fixed value.
        budget_tokens: Prompt and answer together take no more of it. Left out: 3,500 for models of up to two billion
            parameters by their name, which get worse past 4,000; all of ``num_ctx`` for others.
        purposes: By purpose: template, temperature and top_p for this model, before those of the purpose.
        keep_alive: How long the server keeps it in memory after an answer.
        base: Another model it is made from when the server does not have it (Ollama).
        quantize: What the base's weights are made to, such as q8_0; the base must be fp16. Empty: as they are.
        system: Built into what is made.
        adapter: The path of a LoRA adapter (GGUF) for the base.
        tools: It can call tools. Left out: as Ollama says; with any other server, it cannot.
    """

    backend: str | None = None
    base_url: str | None = None
    num_ctx: Annotated[int, Meta(ge=512, le=262_144)] | None = None
    budget_tokens: Annotated[int, Meta(ge=256, le=262_144)] | None = None
    purposes: dict[str, StrategyOptions] = msgspec.field(default_factory=dict)
    keep_alive: str | None = None
    base: str = ""
    quantize: Literal["", "q8_0", "q4_K_M", "q4_K_S"] = ""
    system: str = ""
    adapter: str = ""
    tools: bool | None = None


class PurposeOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How questions of one purpose are answered; what is left out is as in `USUAL`, else as under ``router.text``.

    Attributes:
        models: Tried in this order; ``router.text.model`` is always the last. Left out, images are shown to
            qwen3-vl:8b-instruct, :4b-instruct or :2b-instruct where the backend is Ollama.
        template: The prompt's: plain, step_by_step, few_shot, structured, role, code or translate.
        temperature, top_p, max_tokens: Sampling. The answer's tokens include a thinking model's thoughts.
        think: A model that can think may do so first.
        thinking_tokens: After so many tokens of thought it is told to answer at once. Left out: three quarters of
            max_tokens.
        critical: Two models answer, and it is said when they do not agree.
        chain: ``vision_reasoning``: one model describes the picture, and one of purpose reasoning thinks about that.
        tools: The model may call tools, where it can.
    """

    models: tuple[str, ...] = ()
    template: str | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Probability | None = None
    max_tokens: Annotated[int, Meta(ge=16, le=8192)] | None = None
    think: bool | None = None
    thinking_tokens: Annotated[int, Meta(ge=16, le=8192)] | None = None
    critical: bool | None = None
    chain: Literal["vision_reasoning"] | None = None
    tools: bool | None = None


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


# For pictures, where nothing else is named. The tags without -instruct are models that only think (Ollama's parser
# ignores think=false for them). In steps of memory: 6.1, 3.3 and 1.9 GB.
VISION_MODELS: Final = ("qwen3-vl:8b-instruct", "qwen3-vl:4b-instruct", "qwen3-vl:2b-instruct")

# What models of 1.5 billion parameters did best with. Not the defaults of the fields above: a profile that names only a
# purpose's models would lose them.
USUAL: Final = Purposes(
    chat=PurposeOptions(template="plain", tools=True),
    knowledge=PurposeOptions(template="structured", temperature=0.2, tools=True),
    reasoning=PurposeOptions(template="step_by_step", temperature=0.3, max_tokens=1200, think=True),
    creative=PurposeOptions(template="role", temperature=0.85, max_tokens=500),
    code=PurposeOptions(template="code", temperature=0.1, max_tokens=700),
    multilingual=PurposeOptions(template="translate", temperature=0.3),
    image_quick=PurposeOptions(template="plain", temperature=0.2, max_tokens=120),
    image_detailed=PurposeOptions(template="plain", temperature=0.2, max_tokens=400),
    image_reasoning=PurposeOptions(template="step_by_step", temperature=0.3, max_tokens=700),
)


class BackgroundOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Work nobody is waiting for, such as the captions of a folder. A person's question always goes first.

    Attributes:
        parallel: So many captions at once; more than one only where the model server answers several at once.
        queue: So many wait for their turn; what comes then is refused as busy.
    """

    parallel: Annotated[int, Meta(ge=1, le=64)] = 1
    queue: Annotated[int, Meta(ge=1, le=10_000)] = 256


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


class AnswerCacheOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Answers of models that are given again: to questions that stand alone and are neither personal nor about today,
    and to questions about a picture.

    Attributes:
        ttl_s: An answer without a picture is given again for so long; 0: never.
        entries: So many are kept; the one unused for longest goes first; 0: none.
    """

    ttl_s: Annotated[float, Meta(ge=0, le=31_536_000)] = 604_800.0
    entries: Annotated[int, Meta(ge=0, le=100_000)] = 2000


class RouterOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The router service: the brain.

    Attributes:
        text: The model server and the model that answers what nothing else is named for.
        purposes: Models, prompt and sampling by what a question is for.
        models: What is particular to a model, by its name.
        skills: What answers without a model.
        tools: What a model may call.
        mcp: Servers of the Model Context Protocol, by a name of your choice, whose tools a model may call (skills.md).
        answer_cache: Answers that are given again.
        background: What waits until nobody else does.
        metrics: Where a page of measurements in Prometheus' format is served, ``127.0.0.1:9464``; loopback only; empty:
            nowhere.
        memory: Which models fit, and which stay loaded.
        server: How the model server is to be set up.
    """

    text: TextModelOptions = TextModelOptions()
    purposes: Purposes = Purposes()
    models: dict[str, ModelOptions] = msgspec.field(default_factory=dict)
    skills: SkillOptions = SkillOptions()
    tools: ToolOptions = ToolOptions()
    mcp: dict[str, McpOptions] = msgspec.field(default_factory=dict)
    answer_cache: AnswerCacheOptions = AnswerCacheOptions()
    background: BackgroundOptions = BackgroundOptions()
    memory: MemoryOptions = MemoryOptions()
    server: ServerOptions = ServerOptions()
    metrics: str = ""

    def __post_init__(self) -> None:
        check_names(self.mcp)
        host, _, port = self.metrics.rpartition(":")
        usable = (
            host in {"127.0.0.1", "localhost", "[::1]"} and port.isascii() and port.isdigit() and int(port) < 65_536
        )
        if self.metrics and not usable:
            raise ValueError("router.metrics is not a loopback address like 127.0.0.1:9464")
