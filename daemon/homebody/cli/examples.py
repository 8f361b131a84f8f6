"""Examples of every command, shown by its --help. A test holds them to the commands as they are."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "demo": ("homebody demo --quiet", "homebody demo --all -o replies"),
    "run": ("homebody run", "homebody run --always-listening"),
    "setup": (
        "homebody setup",
        "homebody setup --yes --skip services",
        "homebody setup --only speaker --only microphone",
        "homebody --profile cpu-8gb setup",
    ),
    "models": (
        "homebody models list",
        "homebody models pull",
        "homebody models pull base.en de_DE-thorsten-medium qwen2.5:1.5b",
        "homebody models verify",
        "homebody models convert ~/Downloads/Qwen2.5-1.5B-Instruct --name qwen2.5-1.5b",
        "homebody models remove qwen2.5:3b",
    ),
    "install": (
        "homebody install --dry-run",
        "homebody install --linger",
        "homebody --profile embedded install --always-listening",
    ),
    "listen": ("homebody listen",),
    "mute": ("homebody mute", "homebody mute --toggle"),
    "unmute": ("homebody unmute",),
    "monitor": ("homebody monitor", "homebody monitor --endpoint tcp://HOST:5757 --key my.key"),
    "ask": (
        'homebody ask "set a timer for ten minutes"',
        'homebody ask --image photo.jpg "what is on the table"',
        'homebody ask "in two sentences, what does this say:" - < letter.txt',
    ),
    "say": ('homebody say "dinner is ready"',),
    "hear": ("homebody hear recording.wav", "homebody hear --json -o replies one.wav two.wav"),
    "screenshot": ('homebody screenshot "what does this error mean"',),
    "caption": ("homebody caption holiday/",),
    "status": ("homebody status", "homebody status --json"),
    "doctor": ("homebody doctor", "homebody doctor --quiet --json", "homebody --profile cpu-8gb doctor --no-chain"),
    "skills": ("homebody skills", "homebody skills test --set my.jsonl --json"),
    "stats": ("homebody stats", "homebody stats --json"),
    "replay": ("homebody replay",),
    "devices": ("homebody devices", "homebody devices --json"),
    "watch": ("homebody watch add ~/Pictures", "homebody watch list"),
    "search": ('homebody search "red bicycle last summer"',),
    "gallery": ("homebody gallery --progress",),
    "recaption": ("homebody recaption ~/Pictures/a.jpg", 'homebody recaption --since "last week"'),
    "captions": ("homebody captions export all.jsonl", "homebody captions import all.jsonl"),
    "profiles": ("homebody profiles", "homebody profiles cpu-16gb"),
    "keys": ("homebody keys add kitchen",),
    "logs": ("homebody logs", "homebody logs -f voice"),
    "start": ("homebody start",),
    "stop": ("homebody stop",),
    "reload": ("homebody reload",),
    "completion": (
        "homebody completion bash > ~/.local/share/bash-completion/completions/homebody",
        "homebody completion zsh > ~/.zfunc/_homebody",
        "homebody completion fish > ~/.config/fish/completions/homebody.fish",
    ),
    "restart": ("homebody restart",),
    "uninstall": ("homebody uninstall --dry-run", "homebody uninstall"),
    "bench": ("homebody bench voice --turns 20", "homebody bench routing"),
    "router": ("homebody router",),
    "voice": ("homebody voice --always-listening",),
}


def epilog(name: str) -> str:
    """The examples of a command as click prints them: below everything else, not wrapped."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in EXAMPLES.get(name, ()))
