"""`homebody completion`: the script that has a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from homebody.cli.output import say


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes the Tab key complete homebody's commands and options."""
    made = get_completion_class(shell)
    assert made is not None
    root = ctx.find_root()
    script = made(root.command, {}, "homebody", "_HOMEBODY_COMPLETE")
    source = script.source_template % script.source_vars()  # not `source()`: that one starts bash to learn its version
    say(source)
