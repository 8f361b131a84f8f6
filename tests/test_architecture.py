"""Folders are processes; imports go one way."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "daemon" / "homebody"
MODULES = sorted(PACKAGE.rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").rglob("*.py"))

SERVICES = {"voice", "router", "gallery"}
ABOVE_SERVICES = {"cli", "bench", "setup", "__main__"}
TOOLS = {
    "atomic", "client", "attachment", "dealer", "draft", "house", "process", "skill", "skill_eyes", "skill_languages",
    "skill_memory", "captions", "database", "ledger", "glance", "keys", "sockets", "overlay", "reloading",
    "worker_frames", "worker_main", "worker_process",
}  # fmt: skip
WORDS = {
    "messages", "message_parts", "codec", "profile", "options", "options_machine", "options_part", "options_voice",
    "options_gallery", "options_tools",
    "paths", "hardware", "errors", "addresses", "sentence_shape", "language",
}  # fmt: skip
DATA = {"starter"}


def room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(module: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("homebody.")}
    return found - {"__version__"}


def allowed(room: str) -> set[str]:
    if room in WORDS:
        return WORDS
    if room in TOOLS:
        return WORDS | TOOLS
    if room in SERVICES:
        return WORDS | TOOLS | DATA | {room}
    if room in DATA:
        return WORDS | DATA
    return WORDS | TOOLS | DATA | SERVICES | ABOVE_SERVICES


def found(wrong) -> dict[str, object]:
    """The modules of which there is something to tell."""
    return {str(module.relative_to(ROOT)): what for module, what in wrong if what}


def test_a_module_imports_only_what_its_room_may():
    modules = [module for module in MODULES if module != PACKAGE / "__init__.py"]
    assert len(modules) > 300
    assert found((module, rooms_imported(module) - allowed(room(module))) for module in modules) == {}


def test_a_plugin_sees_homebody_skill_and_nothing_else_of_ours():
    assert len(PLUGINS) > 40
    assert found((module, rooms_imported(module) - {"skill"}) for module in PLUGINS) == {}


def test_a_module_has_at_most_400_lines():
    assert found((module, max(0, len(module.read_text().splitlines()) - 400)) for module in MODULES + PLUGINS) == {}


@pytest.mark.parametrize("folder", ["daemon", "plugins", "profiles", "systemd", "launchd", "tests"])
def test_top_level_folders_are_no_packages(folder):
    assert not (ROOT / folder / "__init__.py").exists()


def test_turn_names_protocols_and_never_a_library():
    source = (PACKAGE / "voice" / "turn.py").read_text()
    for library in ("zmq", "piper", "faster_whisper", "sounddevice", "onnxruntime", "numpy"):
        assert f"import {library}" not in source
