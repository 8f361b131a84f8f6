"""What the first day still has to do: which profile, what is missing, what fits the disk. Pure; `homebody setup` asks
and does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from homebody.hardware import Choice
from homebody.setup.downloads import SPARE_BYTES, size
from homebody.setup.models import Held, Model, fitting

Step = Literal["profile", "language", "ollama", "models", "speaker", "microphone", "wake", "services", "sentence"]
STEPS: Final[tuple[Step, ...]] = (
    "profile", "language", "ollama", "models", "speaker", "microphone", "wake", "services", "sentence",
)  # fmt: skip
Server = Literal["answers", "installed", "absent", "elsewhere", "unused"]

OLLAMA_PAGE: Final = "https://ollama.com/download"
# Said at the end, by a voice of that language.
SENTENCES: Final = {
    "en": "Hello. I am at home now, and listening.",
    "de": "Hallo. Ich bin jetzt hier zu Hause und höre zu.",
    "fr": "Bonjour. Je suis chez moi maintenant, et je vous écoute.",
    "es": "Hola. Ya estoy en casa y te escucho.",
    "it": "Ciao. Adesso sono a casa e ti ascolto.",
    "nl": "Hallo. Ik ben nu thuis en ik luister.",
    "pl": "Cześć. Jestem już w domu i słucham.",
    "pt": "Olá. Agora estou em casa e estou ouvindo.",
}


class Advice(msgspec.Struct, frozen=True):
    """What to do about a step.

    Attributes:
        needed: There is something to do.
        lines: For the person, the first one says how it is.
    """

    needed: bool
    lines: tuple[str, ...]


class Downloads(msgspec.Struct, frozen=True):
    """What to fetch.

    Attributes:
        fetch: In this order.
        too_large: What the disk has no room for.
        lines: For the person.
    """

    fetch: tuple[Model, ...]
    too_large: tuple[str, ...]
    lines: tuple[str, ...]


def about_profile(used: str, choice: Choice, *, named: bool) -> Advice:
    """Whether to change the profile.

    Args:
        used: The one in use.
        choice: The hardware's.
        named: The person has named the used one on the command line or in the environment; that is not argued with.
    """
    if named:
        return Advice(True, (f"Profile {used}, as you asked.",))
    if not choice.name or choice.name == used:
        return Advice(False, (f"Profile {used} is in use. {choice.why}",))
    return Advice(True, (f"Profile {choice.name} is for this machine. {choice.why}", f"In use is {used}."))


def about_server(server: Server, *, system: str, base_url: str) -> Advice:
    """Whether Ollama must be installed or started, and how.

    Args:
        server: How it is.
        system: ``linux``, ``darwin`` or another one of `sys.platform`.
        base_url: Where it should answer.
    """
    match server:
        case "unused":
            return Advice(False, ("This profile's models need no Ollama.",))
        case "answers":
            return Advice(False, (f"Ollama answers at {base_url}.",))
        case "elsewhere":
            return Advice(False, (f"Ollama does not answer at {base_url}, another machine.", "Start it there."))
        case "installed":
            start = "open -a Ollama" if system == "darwin" else "sudo systemctl start ollama   or: ollama serve"
            return Advice(True, ("Ollama is installed and does not run.", f"It is started with: {start}"))
        case _:
            how = {
                "darwin": f"Get the app from {OLLAMA_PAGE}, or: brew install ollama",
                "linux": "Install it with: curl -fsSL https://ollama.com/install.sh | sh",
            }.get(system, f"Get it from {OLLAMA_PAGE}")
            return Advice(True, ("Ollama, which answers questions, is not installed.", how))


def about_models(held: Sequence[Held], *, server_answers: bool, free_bytes: int, server_free_bytes: int) -> Downloads:
    """What to fetch, and what to leave.

    Args:
        held: What the profile names, the most wanted first, and what else there is.
        server_answers: Whether Ollama can be asked to pull.
        free_bytes: On the disk of our data folder.
        server_free_bytes: On that of Ollama's; the same disk gives the same figure, and is then used up by both.
    """
    missing = [one for one in held if one.named and not one.here]
    waiting = [one for one in missing if one.kind == "answers" and not server_answers]
    ready = [one for one in missing if one not in waiting]
    ours = {one.name: one.size_bytes for one in ready if one.kind != "answers"}
    theirs = {one.name: one.size_bytes for one in ready if one.kind == "answers"}
    if free_bytes == server_free_bytes:  # one disk, as far as can be told
        fits, left = fitting({**ours, **theirs}, free_bytes)
    else:
        (fits, left), (more, too) = fitting(ours, free_bytes), fitting(theirs, server_free_bytes)
        fits, left = fits + more, left + too
    chosen = tuple(Model(one.name, one.kind) for one in ready if one.name in fits)
    lines = []
    if not missing:
        lines.append("All models of the profile are here.")
    if chosen:
        total = sum(one.size_bytes for one in ready if one.name in fits)
        lines.append(f"{_counted(len(chosen))} to fetch, about {size(total)}; {size(free_bytes)} of disk are free:")
        lines += [f"  {one.kind:8} {one.name:36} about {size(one.size_bytes)}" for one in ready if one.name in fits]
    if left:
        lines.append(f"The disk has no room for {', '.join(left)}: {size(SPARE_BYTES)} of it must stay free.")
    if waiting:
        lines.append(f"Waiting for Ollama: {', '.join(one.name for one in waiting)}.")
    return Downloads(chosen, tuple(left), tuple(lines))


def sentence_for(language: str, *, has_voice: bool) -> str:
    """What is said at the end: in the person's language where a voice of it speaks, else in English."""
    return SENTENCES.get(language.partition("-")[0], SENTENCES["en"]) if has_voice else SENTENCES["en"]


def _counted(models: int) -> str:
    return "One model" if models == 1 else f"{models} models"
