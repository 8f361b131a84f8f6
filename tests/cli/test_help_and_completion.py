"""What a person types is what there is: every command has examples, and the Tab key knows them all."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import click
import pytest

from homebody import cli
from homebody.cli.examples import EXAMPLES


def parsed(line: str) -> None:
    """Hold a command line to the commands there are, without running it."""
    words = shlex.split(line.partition(" > ")[0])
    assert words.pop(0) == "homebody"
    command: click.Command = cli.homebody
    context = click.Context(command, info_name="homebody")
    while isinstance(command, click.Group):
        _, rest = command.make_parser(context).parse_args(words)[0:2]
        name, *words = rest
        found = command.get_command(context, name)
        assert found is not None, f"{line}: there is no {name}"
        command, context = found, click.Context(found, info_name=name, parent=context)
        if not words and isinstance(command, click.Group) and command.invoke_without_command:
            return
    command.make_parser(context).parse_args(list(words))


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_examples_that_its_own_parser_takes(name):
    assert EXAMPLES.get(name), f"{name}: write an example in cli/examples.py"
    for line in EXAMPLES[name]:
        assert f" {name}" in line
        parsed(line)


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_help_shows_the_examples_as_they_can_be_copied(name):
    command = cli.homebody.get_command(click.Context(cli.homebody), name)
    with click.Context(command, info_name=name) as context:
        text = command.get_help(context)
    for line in EXAMPLES[name]:
        assert f"  {line}\n" in text + "\n"


def test_an_example_with_a_mistake_would_be_noticed():
    with pytest.raises(click.UsageError):
        parsed("homebody doctor --loudly")


@pytest.mark.processes
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_homebody_back(shell):
    done = run_homebody("completion", shell)
    assert done.returncode == 0
    assert f"{shell}_complete" in done.stdout
    assert "homebody" in done.stdout


@pytest.mark.processes
def test_the_tab_key_completes_a_command():
    done = run_homebody(env={"_HOMEBODY_COMPLETE": "bash_complete", "COMP_WORDS": "homebody doc", "COMP_CWORD": "1"})
    assert done.stdout.split() == ["plain,doctor"]


def run_homebody(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    # Completion goes by the program's name, which is homebody once it is installed.
    code = "import sys; from homebody.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **(env or {})},
    )  # fmt: skip


# What takes longer to import than these commands may take (0.3 s of processor time in all, of which Python itself
# and click take half): asyncio brings ssl; the client brings asyncio.
HEAVY = {"asyncio", "ssl", "http.client", "email", "sqlite3", "multiprocessing", "numpy", "difflib", "unittest",
         "hassil", "httpx", "PIL", "ctranslate2", "onnxruntime", "homebody.client", "homebody.house"}  # fmt: skip


def imported_by(*arguments: str) -> set[str]:
    """The modules in memory when this command ends."""
    code = (
        "import sys; from homebody import cli; status = cli.main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 3), done.stderr
    return set(done.stderr.split())


@pytest.mark.processes
@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["status", "--json"]], ids=" ".join)
def test_a_quick_command_imports_nothing_heavy(arguments):
    assert imported_by(*arguments) & HEAVY == set()


@pytest.mark.processes
def test_help_does_not_even_bring_the_wire():
    assert {"zmq", "homebody.messages", "homebody.profile"} & imported_by("--help") == set()


@pytest.mark.processes
def test_a_command_that_brought_something_heavy_would_be_noticed():
    assert "asyncio" in imported_by("skills")
