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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_calls_homebody_back(shell):
    done = run_homebody("completion", shell)
    assert done.returncode == 0
    assert f"{shell}_complete" in done.stdout
    assert "homebody" in done.stdout


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
