"""Profiles: what this machine runs, in TOML, refused early and by name.

A profile is a shipped file (``profiles/embedded.toml``) with the person's own ``homebody.toml`` laid over it, key by
key. Both are read into frozen structs: an unknown key, a wrong type or a value out of bounds is refused with file, key
and reason before anything is loaded.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from homebody.addresses import http_host, is_this_machine
from homebody.errors import ProfileError
from homebody.paths import config_dir, shipped

DEFAULT: Final = "embedded"
BACKENDS: Final = ("ollama", "openai", "ctranslate2", "none")

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
        model: The server's name for it; for ``ctranslate2`` a folder, or the name of one in ``models/text`` in the data
            directory.
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
    """The router service: the brain."""

    text: TextModelOptions = TextModelOptions()
    skills: SkillOptions = SkillOptions()


class Profile(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole profile.

    Attributes:
        name: The shipped file's name without ``.toml``.
        summary: One sentence for a person: for which machine.
        notice: Said on screen and, at the first start, aloud; for profiles whose models are not what one would expect.
    """

    name: str
    summary: str
    notice: str = ""
    wire: Wire = Wire()
    voice: VoiceOptions = VoiceOptions()
    router: RouterOptions = RouterOptions()


def load(name: str | None = None, *, overlay: Path | None = None) -> Profile:
    """The profile of this name with the person's own keys laid over it.

    Args:
        name: A shipped profile's name or the path of a ``.toml`` file; None: ``$HOMEBODY_PROFILE``, else the key
            ``profile`` of homebody.toml, else ``embedded``.
        overlay: The person's file; None: ``homebody.toml`` in the configuration directory, if it exists.

    Raises:
        ProfileError: Unknown profile, unreadable file, unknown key, wrong type or value out of bounds.
    """
    overlay = overlay or config_dir() / "homebody.toml"
    own = _read(overlay) if overlay.exists() else {}
    own_name = own.pop("profile", None)
    if own_name is not None and not isinstance(own_name, str):
        raise ProfileError(f"{overlay}: profile: expected a profile's name.", "Write it in quotation marks.")
    path = _find(name or os.environ.get("HOMEBODY_PROFILE") or own_name or DEFAULT)
    table = _read(path)
    table.setdefault("name", path.stem)
    _check(table, path)
    if own:
        # The overlay is checked by itself first, so that what is refused is named with the file it stands in.
        _check({"name": "x", "summary": "x", **own}, overlay)
    profile = msgspec.convert(_merged(table, own), Profile)
    _check_server(profile.router.text, overlay if own else path)
    return profile


def names() -> list[str]:
    """The shipped profiles."""
    return sorted(path.stem for path in shipped("profiles").glob("*.toml"))


def _find(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    path = shipped("profiles") / f"{name}.toml"
    if not path.exists():
        raise ProfileError(f"There is no profile named {name}.", f"Choose one of: {', '.join(names())}.")
    return path


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror}.", "Check the path and its rights.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path}: is not TOML: {error}.", "Mend that line.") from error


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _check(table: Mapping[str, Any], path: Path) -> None:
    for key, struct in _tables(table, Profile):
        unknown = sorted(set(_at(table, key)) - {f.encode_name for f in msgspec.structs.fields(struct)})
        if unknown:
            dotted = ".".join((*key, unknown[0]))
            near = difflib.get_close_matches(unknown[0], struct.__struct_fields__, 1, 0.6)
            raise ProfileError(
                f"{path}: {dotted}: there is no such key.",
                f"Did you mean {'.'.join((*key, near[0]))}?" if near else f"Known here: {_listed(struct)}.",
            )
    try:
        backend = msgspec.convert(table, Profile).router.text.backend
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        dotted = where.strip("`").removeprefix("$.") or "the file"
        raise ProfileError(f"{path}: {dotted}: {reason[0].lower() + reason[1:]}.", "Mend that value.") from error
    if backend not in BACKENDS:
        raise ProfileError(
            f"{path}: router.text.backend: there is no backend named {backend}.",
            f"Choose one of: {', '.join(BACKENDS)}.",
        )


def _check_server(text: TextModelOptions, path: Path) -> None:
    """What the keys of ``router.text`` say together."""
    if text.backend != "openai":
        return
    if (host := http_host(text.base_url)) is None:
        raise ProfileError(
            f"{path}: router.text.base_url: {text.base_url} is not an address.",
            "Write it like http://127.0.0.1:8080/v1.",
        )
    if not (text.openai.allow_remote or is_this_machine(host)):
        raise ProfileError(
            f"{path}: router.text.base_url: {host} is not this machine, and what is said at home would go there.",
            "Write allow_remote = true under [router.text.openai] if that is what you want.",
        )


def _tables(
    table: Mapping[str, Any], struct: type[msgspec.Struct], key: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], type[msgspec.Struct]]]:
    """Every table present, outermost first, with the struct it is read into."""
    found = [(key, struct)]
    for field in msgspec.structs.fields(struct):
        inner = table.get(field.name)
        if isinstance(inner, Mapping) and isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            found += _tables(inner, field.type, (*key, field.name))
    return found


def _at(table: Mapping[str, Any], key: tuple[str, ...]) -> Mapping[str, Any]:
    for name in key:
        table = table[name]
    return table


def _listed(struct: type[msgspec.Struct]) -> str:
    return ", ".join(struct.__struct_fields__)


def to_toml(profile: Profile) -> str:
    """The whole profile, every key written out, as a file that `load` takes."""
    return "\n".join(_lines(msgspec.to_builtins(profile), ())) + "\n"


def _lines(table: Mapping[str, Any], key: tuple[str, ...]) -> list[str]:
    # JSON's strings, numbers, booleans and arrays of strings are TOML's as well.
    plain = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in table.items() if not _is_table(value)]
    inner = [line for name, value in table.items() if _is_table(value) for line in _lines(value, (*key, name))]
    return ([f"[{'.'.join(key)}]"] if key and plain else []) + plain + inner


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)
