"""`homebody install` and `homebody uninstall`: the services that start by themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from homebody import __version__
from homebody import profile as profiles
from homebody.cli.manage import report
from homebody.cli.output import complete, say
from homebody.errors import AlreadyRunning, MachineError, ServiceError, UsageError
from homebody.house import answers, endpoint_of
from homebody.options_gallery import GalleryOptions
from homebody.paths import config_dir, data_dir
from homebody.setup import lingering, record
from homebody.setup.managers import SERVICES, environment, service_manager
from homebody.setup.steps import Run, Step, carry_out, removing
from homebody.setup.units import Installation, absolute, user_units_dir

_dry_run = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")


@click.command()
@_dry_run
@click.option(
    "--always-listening/--when-asked", default=None, help="Answer whatever is said, or only when asked to listen."
)
@click.option(
    "--linger/--no-linger", default=None, help="Linux: start with the machine, also while you are not logged in."
)
@click.pass_obj
def install(profile: str | None, dry_run: bool, always_listening: bool | None, linger: bool | None) -> int:
    """Have the assistant start at login and run until you uninstall it.

    Again after an upgrade, or to change your choice; what you chose before is kept. It writes to your own folders only
    and needs no root.
    """
    manager = service_manager()
    before = record.read()
    choices = msgspec.structs.replace(
        before,
        profile=absolute(profile) or before.profile,
        always_listening=before.always_listening if always_listening is None else always_listening,
    )
    loaded = profiles.load(choices.profile)  # refused now, not by a service that nobody looks at
    if not dry_run and not manager.command("start") and complete(answers(endpoint_of(loaded))):
        raise AlreadyRunning("The assistant already runs in a terminal.", "Stop it there with Ctrl-C, then install.")
    steps = manager.installing(_installation(choices, loaded.gallery))
    linger_step = None if dry_run and linger is None else _asked_to_linger(linger)
    if linger_step:
        choices = msgspec.structs.replace(choices, turned_linger_on=True)
    files = [*record.keeping(choices), *steps]
    if dry_run:
        _show([*files, *([linger_step] if linger_step else [])])
        return 0
    carry_out(files, shown=_say_change, environment=environment())
    if all(isinstance(step, Run) for step in files):
        say("Everything was installed already.")
    if linger_step:
        _turn_linger_on(linger_step, choices)
    return report(loaded)


@click.command()
@_dry_run
@click.option("--purge", is_flag=True, help="Also your settings, keys, timers, models and all else homebody keeps.")
@click.option("--yes", is_flag=True, help="Do not ask before --purge.")
def uninstall(dry_run: bool, purge: bool, yes: bool) -> int:
    """Stop the services and remove them. Your data and settings stay, unless you say --purge."""
    folders = [folder for folder in (data_dir(), config_dir()) if folder.exists()]
    steps, installed = _services_gone(purge=purge)
    if record.read().turned_linger_on and sys.platform == "linux":
        steps.append(lingering.turning(on=False))
    steps += record.forgetting()
    if purge:
        for folder in folders:
            _refuse_too_much(folder)
            steps += removing(folder, tree=True)
    if dry_run:
        _show(steps)
        return 0
    if not steps:
        say("Nothing is installed.")
    elif purge and folders and not yes:
        _confirm(folders)
    _carry_out_all(steps)
    if steps:
        say(
            ("The services are gone." if installed else "What was kept is gone.")
            + ("" if purge or not folders else f" Your data is kept in {data_dir()}.")
        )
    return 0


def _services_gone(*, purge: bool) -> tuple[list[Step], bool]:
    """What removes the services, and whether there can be any: where nothing could have installed them, what was kept
    by `homebody run` can be purged all the same.

    Raises:
        MachineError: Nothing can be said of services, and nothing else is to be done, or some were installed.
        AlreadyRunning: It still runs in a terminal, and would go on writing.
    """
    try:
        return service_manager().removing(), True
    except MachineError:
        if not purge or (sys.platform != "darwin" and any(user_units_dir().glob("homebody*"))):
            raise
    if complete(answers(endpoint_of(profiles.load()))):
        raise AlreadyRunning("The assistant still runs in a terminal.", "Stop it there with Ctrl-C, then again.")
    return [], False


def _installation(choices: record.Choices, gallery: GalleryOptions) -> Installation:
    from homebody.cli import COMMANDS
    from homebody.gallery.desktop import screenshots_folder
    from homebody.gallery.selection import watched

    runtime = os.environ.get("HOMEBODY_RUNTIME_DIR")
    return Installation(
        python=Path(os.path.abspath(sys.executable)),  # noqa: PTH100 (not resolved: a virtual environment's is a link)
        version=__version__,
        services=tuple(service for service in SERVICES if service in COMMANDS),
        data=data_dir().absolute(),
        config=config_dir().absolute(),
        runtime=Path(runtime).absolute() if runtime else None,
        profile=choices.profile,
        always_listening=choices.always_listening,
        screenshots=screenshots_folder() if gallery.folders else None,
        sidecars=tuple(watched(gallery)) if gallery.sidecars else (),
    )


def _show(steps: list[Step]) -> None:
    if not steps:
        say("There is nothing to do.")
    for step in steps:
        say(str(step))


def _say_change(line: str) -> None:
    """What changes on disk; the programs that are run for it are shown by --dry-run only."""
    if not line.startswith("run "):
        say(line)


def _asked_to_linger(wanted: bool | None) -> Run | None:
    """The step that turns lingering on, where it is off and wanted. Explains, and asks where nobody has said."""
    if sys.platform != "linux" or lingering.is_on() or wanted is False:
        return None
    if wanted is None:
        say("The services start when you log in and stop when you log out. With lingering they start with the")
        say("machine and stay, also while nobody is logged in: right for a box on a shelf, needless on a laptop.")
        if not sys.stdin.isatty():
            say("  Turn it on with: homebody install --linger")
            return None
        if not click.confirm("Turn lingering on?", default=False):
            return None
    return lingering.turning(on=True)


def _turn_linger_on(step: Run, choices: record.Choices) -> None:
    try:
        carry_out([step], shown=lambda _: None, environment=environment())
    except ServiceError as error:
        kept = msgspec.structs.replace(choices, turned_linger_on=False)
        carry_out(record.keeping(kept), shown=lambda _: None)
        say(f"Lingering could not be turned on; the services start when you log in.\n  {error.remedy}")


def _carry_out_all(steps: list[Step]) -> None:
    for step in steps:
        try:
            carry_out([step], shown=_say_change, environment=environment())
        except ServiceError as error:
            say(f"{error.reason}\n  {error.remedy}")  # the rest is removed all the same


def _refuse_too_much(folder: Path) -> None:
    folder = folder.resolve()
    if Path.home().resolve().is_relative_to(folder):
        raise UsageError(f"{folder} holds more than homebody's own.", "Remove what you want to be rid of by hand.")


def _confirm(folders: list[Path]) -> None:
    listed = " and ".join(map(str, folders))
    if not sys.stdin.isatty():
        raise UsageError(f"This would remove {listed} for good.", "Say so with: homebody uninstall --purge --yes")
    click.confirm(f"Remove {listed} for good?", abort=True)
