"""The documents say what the code does. ``UPDATE_DOCS=1 make test-fast`` writes what is generated anew."""

import inspect
import os
import re
from pathlib import Path

import click
import msgspec
import pytest

from homebody import cli, profile
from homebody.cli import profiles as profiles_command

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def described(struct):
    """A table's own sentence, and the meaning of each key, from its docstring."""
    head, _, attributes = (inspect.getdoc(struct) or "").partition("Attributes:")
    found = {}
    pattern = r"^    ((?:\w+, )*\w+): (.*?)(?=^    \w|\Z)"
    for names, meaning in re.findall(pattern, attributes, re.DOTALL | re.MULTILINE):
        for name in names.split(", "):
            found[name] = " ".join(meaning.split()).replace("``", "`").replace("|", "/")
    return " ".join(head.split()).replace("``", "`"), found


def is_table(field):
    return isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)


def default(field):
    if field.required:
        return "required"
    value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return f"`{msgspec.json.encode(value).decode()}`"


def sections(struct, key=()):
    head, meanings = described(struct)
    fields = msgspec.structs.fields(struct)
    lines = [f"## `[{'.'.join(key)}]`" if key else "## At the top", "", head, ""]
    keys = [field for field in fields if not is_table(field)]
    if keys:
        lines += ["| key | default | meaning |", "|---|---|---|"]
        for field in keys:
            lines.append(f"| `{field.name}` | {default(field)} | {meanings[field.name]} |")
        lines.append("")
    for field in fields:
        if is_table(field):
            lines += sections(field.type, (*key, field.name))
    return lines


def test_every_key_of_a_profile_is_explained():
    path = DOCS / "profiles.md"
    text = path.read_text()
    head = text[: text.index("## At the top")]
    current = head + "\n".join(sections(profile.Profile))
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(current)
    assert path.read_text() == current


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help_and_its_module_holds_it(name):
    command = cli.homebody.get_command(click.Context(cli.homebody), name)
    assert command is not None
    assert command.help
    assert all(not isinstance(p, click.Option) or p.help for p in command.params), name


def test_every_command_for_people_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text()
    for name in set(cli.COMMANDS) - {"router", "voice", "bench"}:
        assert f"homebody {name}" in readme or f"make {name}" in readme, name


def test_the_table_of_profiles_in_the_readme_is_the_one_the_command_prints():
    path = ROOT / "README.md"
    text = path.read_text()
    found = re.search(r"(?m)^\| profile \|.*\n(?:\|.*\n)+", text)
    assert found
    current = text.replace(found.group(), profiles_command.as_table() + "\n")
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(current)
    assert path.read_text() == current


def test_every_link_between_our_documents_leads_somewhere():
    for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text()):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_nothing_in_the_tree_names_a_registry_or_a_path_of_somebodys_machine():
    forbidden = re.compile(r"--(extra-)?index-url|files\.pythonhosted\.org|/home/\w+/|/work/|/Users/(?!you\b|me\b)\w+/")
    for path in [*ROOT.glob("*.*"), ROOT / "Makefile", *DOCS.rglob("*.md"), *ROOT.glob("daemon/**/*.py")]:
        if path.is_file() and path.suffix in {".md", ".txt", ".toml", ".py", ".json", ""}:
            assert not forbidden.search(path.read_text(errors="ignore")), path
