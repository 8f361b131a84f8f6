"""Profiles: what this machine runs, in TOML, refused early and by name.

A profile is a shipped file (``profiles/embedded.toml``) with the person's own ``homebody.toml`` laid over it, key by
key. Both are read into frozen structs: an unknown key, a wrong type or a value out of bounds is refused with file, key
and reason before anything is loaded.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from homebody.errors import ProfileError
from homebody.paths import config_dir, shipped

DEFAULT: Final = "embedded"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")

Percent = Annotated[float, Meta(ge=0, le=100)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[float, Meta(ge=0, le=600_000)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Threads = Annotated[int, Meta(ge=1, le=64)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all tables of a profile."""


class Wire(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the router listens. ``endpoint`` empty: ``ipc://`` in the user's private runtime directory."""

    endpoint: str = ""


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
    """The loudspeaker. ``latency_ms`` is the output buffer: it adds to every reply's first sample."""

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
    """Interrupting. Asking to listen (Enter, `homebody listen`) always interrupts; ``by_voice`` also lets speech do it.
    Without echo cancelling that is for headphones: on loudspeakers the assistant would hear itself."""

    by_voice: bool = False
    min_speech_ms: Milliseconds = 384.0


class TranscriberOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """faster-whisper.

    Attributes:
        model: ``starter`` (shipped), a name faster-whisper knows (``base.en``), or a folder in CTranslate2 format.
        compute_type: CTranslate2's: int8, int8_float16, float16, float32, ...
        device: cpu, cuda or auto.
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
    """Piper. ``voice``: ``starter`` (shipped) or the path of an ``.onnx`` with its ``.onnx.json`` beside it.
    ``length_scale`` above 1 speaks slower."""

    voice: str = "starter"
    length_scale: Annotated[float, Meta(ge=0.5, le=2.0)] = 1.0
    threads: Threads = 1
    sentence_silence_ms: Milliseconds = 160.0


class VoiceOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The voice service: ears and mouth.

    Attributes:
        language: What is spoken and heard.
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


class TextModelOptions(Part, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The language model.

    Attributes:
        backend: ``ollama`` or ``none``.
        base_url: Where its server listens; loopback unless you know what you do.
        model: The server's name for it.
        num_ctx: Context in tokens; one fixed value a model, since changing it reloads the model.
        keep_alive: How long the server keeps it in memory after an answer, e.g. ``30m``.
        temperature, top_p, max_tokens: Sampling.
        system_prompt: Stays in front, byte for byte, so that the server's prefix cache is used.
        connect_ms, first_token_ms, gap_ms: How long to wait for the server, for the first token (a load included) and
            between tokens.
    """

    backend: str = "ollama"
    base_url: str = "http://127.0.0.1:11434"
    model: str = "qwen2.5:1.5b"
    num_ctx: Annotated[int, Meta(ge=512, le=262_144)] = 4096
    keep_alive: str = "30m"
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.7
    top_p: Probability = 0.9
    max_tokens: Annotated[int, Meta(ge=16, le=8192)] = 200
    system_prompt: str = (
        "You are homebody, a voice assistant in somebody's home. Your answer is spoken aloud: answer in one to three "
        "short plain sentences, without lists, markup or emoji. Say so when you do not know."
    )
    connect_ms: Milliseconds = 2000.0
    first_token_ms: Milliseconds = 60_000.0
    gap_ms: Milliseconds = 15_000.0


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
    """Skills. One that fails ``quarantine_after`` times in a row is set aside until the router starts again."""

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
    return msgspec.convert(_merged(table, own), Profile)


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
        msgspec.convert(table, Profile)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        dotted = where.strip("`").removeprefix("$.") or "the file"
        raise ProfileError(f"{path}: {dotted}: {reason[0].lower() + reason[1:]}.", "Mend that value.") from error


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
    # JSON's strings, numbers, booleans and arrays of strings are TOML's as well; null is what was left out.
    written = {name: value for name, value in table.items() if value is not None and not _is_table(value)}
    plain = [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in written.items()]
    inner = [line for name, value in table.items() if _is_table(value) for line in _lines(value, (*key, name))]
    heading = ".".join(name if _BARE.fullmatch(name) else msgspec.json.encode(name).decode() for name in key)
    return ([f"[{heading}]"] if key and plain else []) + plain + inner


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)
