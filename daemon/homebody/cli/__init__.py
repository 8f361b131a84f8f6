"""The `homebody` command. Each command is one file of this folder and is imported only when it is the one asked for."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from homebody import __version__
from homebody.cli.examples import epilog
from homebody.errors import UsageError
from homebody.process import complain, configure_logging, understood

COMMANDS: Final = {
    # name: (module, one line for --help). In the order of a first evening.
    "demo": ("demo", "Play bundled recordings to the assistant and show what it heard, said, and how fast."),
    "setup": ("setup", "Set everything up on this machine, as a conversation."),
    "run": ("run", "Start the assistant here; Ctrl-C stops it."),
    "install": ("install", "Have the assistant start at login, and whenever it ends."),
    "listen": ("listen", "Have the running assistant listen now, as if its name had been called."),
    "mute": ("mute", "Close its microphone: it hears nothing until it is unmuted."),
    "unmute": ("mute", "Have it hear again."),
    "ask": ("ask", "Ask in writing; the answer streams."),
    "say": ("say", "Speak a text."),
    "hear": ("hear", "Understand and answer recordings."),
    "screenshot": ("screenshot", "A picture of the screen, and answers about it."),
    "caption": ("caption", "What is to be seen in pictures, in words."),
    "status": ("status", "What runs, with which models, and what is wrong."),
    "doctor": ("doctor", "Try everything, and name what is wrong and what mends it."),
    "skills": ("skills", "What it can do without a language model."),
    "stats": ("stats", "Where the milliseconds of past turns went."),
    "monitor": ("monitor", "Watch it at work: level, words, who answers, where the milliseconds go."),
    "replay": ("replay", "Decide kept turns again: when somebody had ended, and why."),
    "devices": ("devices", "Microphones and loudspeakers."),
    "watch": ("watch", "Which folders' pictures are captioned."),
    "search": ("search", "Find pictures by what is on them."),
    "gallery": ("gallery", "Caption the pictures of the watched folders (homebody run does so, too)."),
    "recaption": ("gallery", "Have pictures captioned anew."),
    "captions": ("captions", "Take captions to another machine, and back."),
    "models": ("models", "What hears, speaks and answers: fetch, check, remove."),
    "profiles": ("profiles", "Which profiles there are, and which one fits this machine."),
    "keys": ("keys", "Who may come in from other machines."),
    "logs": ("manage", "What the installed services have logged."),
    "start": ("manage", "Start the installed services."),
    "stop": ("manage", "Stop the installed services."),
    "reload": ("reload", "Take over a changed homebody.toml while it runs."),
    "completion": ("completion", "What makes the Tab key complete homebody's commands."),
    "restart": ("manage", "Restart the installed services, e.g. after a change of homebody.toml."),
    "uninstall": ("install", "Remove the services; your data stays."),
    "bench": ("bench", "Measure how fast it is on this machine."),
    "router": ("services", "Run only the router service (for service managers)."),
    "voice": ("services", "Run only the voice service (for service managers)."),
}


LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")


class _Commands(click.Group):
    """Knows every command's one line without importing its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"homebody.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"homebody.cli: {cmd_name} is no command")
        command.epilog = command.epilog or epilog(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="homebody")
@click.option("--profile", metavar="NAME", help="A shipped profile, or the path of a .toml file.")
@click.option("--log", "level", metavar="LEVEL", help="DEBUG, INFO, WARNING or ERROR.")
@click.pass_context
def homebody(ctx: click.Context, profile: str | None, level: str | None) -> None:
    """A voice assistant that runs wholly on this machine. Nothing it hears leaves the house."""
    if level and level.upper() not in LEVELS:
        raise UsageError(f"There is no log level {level}.", f"Choose one of: {', '.join(LEVELS)}.")
    if level:
        os.environ["HOMEBODY_LOG"] = level  # for the services we start, too
    configure_logging(level)
    ctx.obj = profile


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. Errors are two sentences on standard error, never a traceback."""
    try:
        status = homebody.main(args=arguments, prog_name="homebody", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code if isinstance(error, click.UsageError) else error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; nothing is left to say
        return 141
    except Exception as error:
        known = understood(error)
        complain(known)
        return known.exit_code
