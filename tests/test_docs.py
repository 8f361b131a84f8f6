"""The documents say what the code does. ``UPDATE_DOCS=1 make test-fast`` writes what is generated anew."""

import importlib.util
import inspect
import os
import re
from pathlib import Path

import click
import msgspec
import pytest

from homebody import cli, profile
from homebody.cli import profiles as profiles_command
from homebody.cli.examples import EXAMPLES
from homebody.router.intents import Intents
from homebody.skill import Registry
from plugin_fakes import FakeContext

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


def commands():
    """The body of docs/commands.md: every command with its line and its examples, as --help shows them."""
    lines = []
    for name, (_, line) in cli.COMMANDS.items():
        lines += [f"## {name}", "", line, "", "```", *EXAMPLES[name], "```", ""]
    return "\n".join(lines)


def test_every_command_stands_in_the_documents_with_its_examples():
    path = DOCS / "commands.md"
    text = path.read_text()
    current = text[: text.index("\n## ") + 1] + commands()
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(current)
    assert path.read_text() == current


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


DOCUMENTS = [ROOT / "README.md", *(path for path in DOCS.glob("*.md")), ROOT / "CONTRIBUTING.md"]


def documented(pattern):
    """What stands in code in our documents: the file's name and the match."""
    for path in DOCUMENTS:
        text = path.read_text()
        code = "\n".join(
            [*re.findall(r"```(?:sh|bash|)\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
        )
        for match in re.finditer(pattern, code, re.MULTILINE):
            yield path.name, match


def test_every_command_and_option_in_the_documents_exists():
    checked = 0
    for name, match in documented(r"(?:^|(?<=: )|(?<=&& ))homebody ((?:--\w+ \S+ )?)([a-z]+)([^\n#|;>]*)"):
        _, word, rest = match.groups()
        command = cli.homebody.get_command(click.Context(cli.homebody), word)
        assert command is not None, f"{name}: {match.group()}"
        words = [found for found in re.split(r"\s+", rest) if found]
        while isinstance(command, click.Group) and words:
            if (inner := command.get_command(click.Context(command), words[0])) is None:
                break
            command, words = inner, words[1:]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        for option in (found.rstrip(",.:)]") for found in words if re.match(r"--[a-z]|-[a-z]$", found)):
            assert option.partition("=")[0] in {*known, "--help"}, f"{name}: {match.group()}"
        checked += 1
    assert checked > 60  # else the pattern has stopped finding them


def struct_at(table):
    """The struct of a profile's table, dotted; None where there is none."""
    struct = profile.Profile
    for part in table.split("."):
        field = next((field for field in msgspec.structs.fields(struct) if field.name == part), None)
        if field is None:
            return None
        if not is_table(field):
            return dict  # tables by name, such as router.models
        struct = field.type
    return struct


def test_every_table_of_a_profile_in_the_documents_exists():
    checked = 0
    for name, match in documented(r"\[((?:voice|router|gallery|wire|machine)(?:\.[a-z_0-9]+)*)\]"):
        assert struct_at(match.group(1)) is not None, f"{name}: {match.group()}"
        checked += 1
    assert checked > 10


def test_every_key_that_is_set_in_the_documents_exists():
    checked = 0
    for path in DOCUMENTS:
        text = path.read_text()
        said = re.findall(r"`([a-z_]+)(?: = [^`]*)?`\s+under\s+`\[([a-z_.0-9]+)\]`", text)
        for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
            table = ""
            for line in block.splitlines():
                if line.startswith("["):
                    found = re.match(r"\[([a-z_.0-9]+)\]", line)
                    table = found.group(1) if found else ""
                elif table and (found := re.match(r"([a-z_]+) = ", line)):
                    said.append((found.group(1), table))
        for key, table in said:
            if (struct := struct_at(table)) in {None, dict}:
                continue  # not of a profile, such as a pyproject.toml; or named by the person
            assert key in struct.__struct_fields__, f"{path.name}: {key} under [{table}]"
            checked += 1
    assert checked > 8


def test_the_first_skill_of_the_tutorial_is_loaded_and_run_as_printed(tmp_path):
    text = (DOCS / "skills.md").read_text()
    code = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "weather" in block)
    (tmp_path / "homebody_weather.py").write_text(code)
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    weather = importlib.util.spec_from_file_location("homebody_weather", tmp_path / "homebody_weather.py")
    module = importlib.util.module_from_spec(weather)
    weather.loader.exec_module(module)
    module.FILE = tmp_path / "weather.txt"
    registry = Registry()
    module.register(registry.loading("weather"))
    context = FakeContext(registry)
    intents = Intents(context.skills)

    def asked(words):
        (match, *_) = intents.match(words)
        return context.call(match.skill, **match.slots)

    assert asked("what is the weather tomorrow").text == "I have no weather yet."
    module.FILE.write_text("rain in the morning, twelve degrees\n")
    assert asked("how is the weather").text == "Tomorrow: rain in the morning, twelve degrees."
