"""`homebody setup`: the first day, as a conversation."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from homebody import hardware, overlay
from homebody import profile as profiles
from homebody.cli import setup_by_ear
from homebody.cli.output import complete, say
from homebody.errors import HomebodyError, MachineError, UsageError
from homebody.paths import data_dir
from homebody.profile import Profile
from homebody.setup import first_day
from homebody.setup.first_day import STEPS, Advice, Step

HEADINGS: Final[Mapping[Step, str]] = {
    "profile": "This machine",
    "language": "Language",
    "ollama": "Ollama",
    "models": "Models",
    "speaker": "Loudspeaker",
    "microphone": "Microphone",
    "wake": "Wake word",
    "services": "Services",
    "sentence": "Done",
}


class Talk:
    """What is asked, and what the answers are.

    Args:
        yes: Nobody is asked; every question has its default for an answer.
    """

    def __init__(self, *, yes: bool) -> None:
        self.yes = yes

    def wants(self, question: str, *, default: bool = True) -> bool:
        """Yes or no."""
        return default if self.yes else click.confirm(question, default=default)

    def choice(self, question: str, options: list[str], *, default: str) -> str:
        """One of these."""
        if self.yes:
            return default
        answer: str = click.prompt(question, type=click.Choice(options), default=default)
        return answer

    def wait(self, line: str) -> None:
        """Until Enter is pressed."""
        if not self.yes:
            click.prompt(line, default="", show_default=False, prompt_suffix=" ")


class Day:
    """What the steps share.

    Attributes:
        talk: With the person.
        context: Of the command; other commands are invoked through it.
        named: The profile as it was named on the command line, or None.
        changed: Something was written that running services must read anew.
    """

    def __init__(self, talk: Talk, context: click.Context, named: str | None) -> None:
        self.talk, self.context, self.named = talk, context, named
        self.changed = False

    def profile(self) -> Profile:
        """As it is now, with what was written meanwhile."""
        return profiles.load(self.named)

    def write(self, values: Mapping[tuple[str, ...], Any]) -> None:
        """Keep in homebody.toml; the rest of it stays as it is."""
        path = overlay.write(values)
        self.changed = True
        say(f"Written to {path}.")


@click.command()
@click.option("--yes", is_flag=True, help="Ask nothing: what fits the machine, all models, services installed.")
@click.option("--skip", multiple=True, type=click.Choice(STEPS), help="Leave a step out; may be given several times.")
@click.option("--only", multiple=True, type=click.Choice(STEPS), help="Do just this step; may be given several times.")
@click.pass_context
def setup(context: click.Context, yes: bool, skip: tuple[Step, ...], only: tuple[Step, ...]) -> int:
    """Set everything up on this machine, as a conversation.

    It finds the profile for the machine, looks for Ollama, fetches models that fit the disk, tries microphone and
    loudspeaker by ear, has the services start at login, and says hello. Every step can be skipped, and all of it done
    again; what is done already is left as it is.
    """
    day = Day(Talk(yes=yes), context, context.obj)
    undone = []
    try:
        for step in STEPS:
            if step in skip or (only and step not in only):
                continue
            say(f"\n{HEADINGS[step]}")
            try:
                DO[step](day)
            except HomebodyError as error:
                say(f"  {error.reason}")
                if error.remedy:
                    say(f"  {error.remedy}")
                undone.append(step)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError("Setup asks questions, and nobody answers here.", "Say: homebody setup --yes") from None
    say()
    if undone:
        say(f"Not done: {', '.join(undone)}. Again with: homebody setup --only {' --only '.join(undone)}")
        return MachineError.exit_code
    say("Start it with: homebody run" if "services" in skip else "Look at everything with: homebody status")
    return 0


def _tell(advice: Advice) -> None:
    for line in advice.lines:
        say(f"  {line}")


def _profile(day: Day) -> None:
    machine = hardware.this_machine()
    say(f"  {machine}; {machine.disk_free_gib:.0f} GiB of disk free.")
    known = {name: profiles.shipped_only(name).machine for name in profiles.names()}
    choice = hardware.choose(machine, known)
    named = day.named or os.environ.get("HOMEBODY_PROFILE")
    used = day.profile().name
    advice = first_day.about_profile(used, choice, named=bool(named))
    _tell(advice)
    if not advice.needed:
        return
    name = named or choice.name
    if day.talk.wants(f"  Use {name} from now on?"):
        if name in known:
            day.named = day.context.obj = None  # homebody.toml says so from here on
            os.environ.pop("HOMEBODY_PROFILE", None)
        else:
            name = os.path.abspath(name)  # noqa: PTH100 (a link stays one)
        day.write({("profile",): name})


def _language(day: Day) -> None:
    loaded = day.profile()
    languages = sorted({*loaded.voice.synthesizer.voices, loaded.voice.language})
    if len(languages) == 1:
        say(f"  The voice speaks {languages[0]}.")
        return
    answer = day.talk.choice("  Which language do you speak with it?", languages, default=loaded.voice.language)
    if answer == loaded.voice.language:
        say(f"  It is {answer}.")
    else:
        day.write({("voice", "language"): answer})


def _ollama(day: Day) -> None:
    from homebody.setup import ollama_program

    loaded = day.profile()
    state = complete(ollama_program.state(loaded))
    _tell(first_day.about_server(state, system=sys.platform, base_url=loaded.router.text.base_url))
    if state == "installed" and day.talk.wants("  Start it now?"):
        complete(ollama_program.start(loaded))
    elif state == "absent" and not day.talk.yes:
        day.talk.wait("  Install it now in another window, then press Enter; or press Enter to go on without it.")
    elif state in {"answers", "unused"}:
        return
    if complete(ollama_program.state(loaded)) != "answers":
        raise MachineError("Until Ollama answers, all skills work, and the starter model answers what it knows.")
    say("  Ollama answers.")


def _models(day: Day) -> None:
    from homebody.cli.models import pull_all
    from homebody.setup import downloads, models, ollama_models

    loaded = day.profile()

    async def look() -> tuple[list[models.Held], bool]:
        async with models.opened(loaded) as all_models:
            return await all_models.list()

    held, answers = complete(look())
    plan = first_day.about_models(
        held,
        server_answers=answers,
        free_bytes=downloads.free_bytes(data_dir()),
        server_free_bytes=downloads.free_bytes(ollama_models.folder()),
    )
    for line in plan.lines:
        say(f"  {line}")
    if not plan.fetch or not day.talk.wants("  Fetch them now? It can be broken off and goes on later."):
        return
    status = complete(pull_all(loaded, plan.fetch))
    day.changed = True
    if status:
        raise MachineError("Not everything could be fetched.", "Fetch the rest with: homebody models pull")


def _services(day: Day) -> None:
    from homebody.cli.install import install
    from homebody.cli.manage import restart
    from homebody.setup import record
    from homebody.setup.managers import service_manager

    there = bool(service_manager().command("start"))
    if there:
        say("  The services are installed.")
    elif not day.talk.wants("  Start it at login, and again whenever it ends?"):
        say("  Start it yourself with: homebody run")
        return
    if record.read().profile is not None:
        day.context.obj = day.profile().name  # it was installed with one of its own, which would stay
    status = day.context.invoke(install, dry_run=False, always_listening=None, linger=False if day.talk.yes else None)
    if there and day.changed and not status:
        status = day.context.invoke(restart)
    if status:
        raise MachineError("The services do not run yet.", "See why with: homebody logs")


def _sentence(day: Day) -> None:
    from homebody.cli.say import say as say_aloud
    from homebody.voice.synthesizer import voice_for

    voice = day.profile().voice
    name, problem = voice_for(voice.synthesizer, voice.language)
    text = first_day.sentence_for(voice.language, has_voice=problem is None and name != "starter")
    say(f"  It says: {text}")
    day.context.invoke(say_aloud, text=(text,), output=None, as_json=False, endpoint=None, key_file=None)


DO: Final[Mapping[Step, Callable[[Day], None]]] = {
    "profile": _profile,
    "language": _language,
    "ollama": _ollama,
    "models": _models,
    "speaker": setup_by_ear.speaker,
    "microphone": setup_by_ear.microphone,
    "wake": setup_by_ear.wake,
    "services": _services,
    "sentence": _sentence,
}
