"""What `homebody doctor` can find: each finding's name and meaning. docs/troubleshooting.md explains them."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Severity = Literal["error", "warning", "note"]


class Finding(msgspec.Struct, frozen=True):
    """Something the person should know.

    Attributes:
        name: One of `MEANINGS`.
        part: What it is about, such as ``microphone``.
        problem: One sentence.
        remedy: One sentence, with the command that mends it where there is one.
        severity: ``error``: something does not work. ``warning``: it will not, or works worse. ``note``: a choice.
    """

    name: str
    part: str
    problem: str
    remedy: str
    severity: Severity = "error"


MEANINGS: Final = {
    # the settings
    "profile-refused": "homebody.toml or the profile holds something that is refused.",
    "profile-too-large": "The profile is for a larger machine than this one.",
    # folders and disk
    "data-not-writable": "homebody cannot write to its data folder.",
    "data-of-somebody-else": "The data folder belongs to another user.",
    "data-open-to-others": "Other users of this machine can read homebody's data.",
    "runtime-not-writable": "The folder of the socket cannot be written to.",
    "socket-path-too-long": "The path of the router's socket is longer than the system allows.",
    "disk-full": "The disk is full.",
    "disk-too-small": "The models still to be downloaded will not fit on the disk.",
    "database-set-aside": "A damaged database was replaced by an empty one.",
    # services
    "services-down": "The services are installed and do not run.",
    "router-hangs": "A router process runs and does not answer.",
    "second-router": "Two routers run.",
    "stale-socket": "A router that was killed has left its socket behind.",
    "voice-absent": "The router runs without ears and mouth.",
    "gallery-absent": "Folders are to be watched and the gallery does not run.",
    "old-version-runs": "The running services are of another version than this command.",
    "linger-off": "The services end when you log out.",
    "reported": "A running service has said that something is wrong with it.",
    # sound
    "portaudio-missing": "The library that homebody hears and speaks through is not installed.",
    "sound-stuck": "The sound system does not answer.",
    "sound-server-down": "Neither PipeWire nor PulseAudio runs.",
    "sound-bridge-missing": "A sound server runs, but nothing connects ALSA programs to it.",
    "sound-not-permitted": "There is a sound card and you may not use it.",
    "two-sound-servers": "PulseAudio and PipeWire run beside one another.",
    "no-microphone": "There is nothing to hear with.",
    "no-loudspeaker": "There is nothing to speak with.",
    "microphone-unknown": "The microphone that the profile names is not there.",
    "loudspeaker-unknown": "The loudspeaker that the profile names is not there.",
    "no-ducking": "Other programs' sound cannot be made quieter while somebody speaks.",
    # the chain
    "microphone-silent": "The microphone delivers nothing but zeros: muted, or not permitted.",
    "microphone-fails": "The microphone delivers no sound.",
    "speech-not-noticed": "Voice detection did not notice the speech in a recording.",
    "recogniser-missing": "The speech recogniser is not there or cannot be loaded.",
    "misheard": "The recogniser misheard the bundled recording.",
    "router-fails": "The router does not start or does not answer.",
    "skill-fails": "A skill does not answer as it should.",
    "model-fails": "The language model does not answer.",
    "model-slow": "The language model takes long to begin.",
    "voice-missing": "The voice is not there or cannot be loaded.",
    "voice-mute": "The voice makes no sound.",
    "loudspeaker-fails": "The loudspeaker cannot be played through.",
    "muted": "The assistant's own volume is at zero, or it was muted.",
    # the model server
    "ollama-not-installed": "Ollama is not installed.",
    "ollama-down": "Ollama is installed and does not answer.",
    "model-not-downloaded": "The profile's main model is not downloaded.",
    "ollama-webp": "This version of Ollama cannot read WEBP pictures.",
    "ollama-too-old-to-see": "This version of Ollama cannot run qwen3-vl.",
    "thinking-variant": "The profile names the variant of a vision model that only thinks.",
    "flash-attention-off": "The server runs without flash attention, for which the profile plans.",
    "kv-cache-larger": "The server keeps a larger KV cache than the profile plans with.",
    "ollama-open": "Ollama can be used by other machines.",
    "graphics-lost": "Models run on the processor although there is a graphics card.",
    "memory-tight": "The main model does not fit into the memory that is free.",
    "nvidia-unseen": "There is a card of NVIDIA's whose memory cannot be seen.",
    # the rest of the machine
    "clock-wrong": "The clock is wrong.",
    "clock-not-synchronized": "The clock is not set by the network.",
    "port-taken": "Another program listens where the profile wants to.",
    "no-keys": "Other machines are to be let in, and none is listed.",
    "folder-missing": "A watched folder is not there.",
    "folder-unreadable": "A watched folder may not be read.",
    "too-many-folders": "There are more folders than the system watches for one user.",
    "no-reader-of-text": "The text in pictures cannot be read.",
    "extras-absent": "Optional parts are not installed.",
}  # fmt: skip
