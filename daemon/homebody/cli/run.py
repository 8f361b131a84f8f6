"""`homebody run`: router, voice and, where folders are watched, the gallery in the foreground."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Final

import click

from homebody import profile as profiles
from homebody.cli.output import aside, complete, say
from homebody.client import HomebodyClient
from homebody.errors import AlreadyRunning, HomebodyError
from homebody.house import Child, answers, endpoint_of
from homebody.messages import Event
from homebody.process import EX_SOFTWARE, complain

RESTART_AFTER_S: Final = (0.5, 1.0, 2.0, 5.0)  # after the first failure, the second, ...; then every 5 s
LOOK_AGAIN_S: Final = 3.0
STEADY_S: Final = 60.0  # a service that ran so long has not failed to start
# Statuses that another start would not change: a clean end, usage, data, a missing part, rights, configuration.
FINAL_STATUSES: Final = frozenset({0, 64, 65, 69, 73, 78})


@click.command()
@click.option("--always-listening", is_flag=True, help="Answer whatever is said. For a quiet room without television.")
@click.pass_obj
def run(profile: str | None, always_listening: bool) -> int:
    """Start the assistant here; Enter makes it listen, Ctrl-C stops it."""
    try:
        return complete(_run(profile, always_listening))
    except KeyboardInterrupt:
        return 0  # the way to end it


async def _run(name: str | None, always: bool) -> int:
    profile = profiles.load(name)
    endpoint = endpoint_of(profile)
    if await answers(endpoint):
        raise AlreadyRunning("The assistant is already running.", "See: homebody status")
    if profile.notice:
        aside(profile.notice)
    router = asyncio.create_task(_keep("router", name))
    voice = asyncio.create_task(_keep("voice", name, *(["--always-listening"] if always else [])))
    hint = "Speak." if always else "Press Enter and speak (or run: homebody listen)."
    if profile.voice.wake.enabled and not always:
        words = " or ".join(word.replace("_", " ") for word in profile.voice.wake.words)
        hint = f"Say {words} and what you want, or press Enter and speak."
    gallery = asyncio.create_task(_gallery(name))
    showing = asyncio.create_task(_show(endpoint, f"Ready. {hint} Ctrl-C stops."))
    try:
        done, _ = await asyncio.wait([router, voice, showing], return_when=asyncio.FIRST_COMPLETED)
        return next(iter(done)).result() or EX_SOFTWARE  # each goes on for ever unless something is wrong
    finally:
        for task in (showing, gallery, voice, router):  # the voice before the router it speaks to
            task.cancel()
            await asyncio.wait([task])


async def _gallery(name: str | None) -> None:
    """The gallery, as soon as any folder is watched. Without it the assistant goes on: it only does not see."""
    while not _watched(name):  # noqa: ASYNC110 (a file tells of no event)
        await asyncio.sleep(LOOK_AGAIN_S)
    if (status := await _keep("gallery", name)) != 0:
        aside(f"The gallery service does not run (status {status}); its own message above says why.")


def _watched(name: str | None) -> bool:
    try:
        return bool(profiles.load(name).gallery.folders)
    except HomebodyError:  # homebody.toml is just being edited
        return False


async def _keep(name: str, profile: str | None, *arguments: str) -> int:
    """Keep a service running until cancelled; returns its status when starting it again would not help."""
    failures = 0
    while True:
        child = await Child.start(name, *arguments, profile=profile)
        began_s = asyncio.get_running_loop().time()
        try:
            status = await child.process.wait()
        except asyncio.CancelledError:
            await child.stop()
            raise
        if status in FINAL_STATUSES:
            return status
        failures = 1 if asyncio.get_running_loop().time() - began_s > STEADY_S else failures + 1
        aside(f"The {name} service ended unexpectedly (status {status}); starting it again.")
        await asyncio.sleep(RESTART_AFTER_S[min(failures, len(RESTART_AFTER_S)) - 1])


async def _show(endpoint: str, ready: str) -> int:
    """Print what happens and pass Enter on, until cancelled."""
    seen: tuple[str | None, int] = (None, 0)  # from the first event on: the voice may have been quicker than we
    last = ""
    async with HomebodyClient.connect(endpoint) as client, asyncio.TaskGroup() as tasks:
        with _on_enter(lambda: tasks.create_task(_listen(client))):
            while True:
                with suppress(HomebodyError):  # the router is being started again; the events missed come afterwards
                    instance, seq = seen
                    prefixes = ("voice.", "timer.", "reminder.", "alarm.", "problem.", "service.")
                    async with aclosing(client.follow(*prefixes, since_seq=seq, instance=instance)) as events:
                        async for event in events:
                            seen = (event.instance, event.seq)
                            if ready and event.name == "service.attached" and event.data.get("service") == "voice":
                                say(ready)
                                ready = ""
                            elif (line := described(event)) and (line != last or event.name != "voice.state"):
                                say(line)  # a state is told again to a router that is new
                                last = line
                await asyncio.sleep(0.2)


async def _listen(client: HomebodyClient) -> None:
    try:
        await client.listen(deadline_ms=180_000)
    except HomebodyError as error:
        complain(error)


@contextmanager
def _on_enter(act: Callable[[], object]) -> Iterator[None]:
    """Call ``act`` for each line typed, where somebody can type."""
    if not sys.stdin.isatty():
        yield
        return
    loop = asyncio.get_running_loop()

    def typed() -> None:
        if sys.stdin.readline():
            act()
        else:
            loop.remove_reader(sys.stdin)

    loop.add_reader(sys.stdin, typed)
    try:
        yield
    finally:
        loop.remove_reader(sys.stdin)


def described(event: Event) -> str:
    """One line for a person about an event; empty where there is nothing to tell."""
    data = event.data
    match event.name:
        case "voice.heard":
            refused = f"      (heard, but not acted on: {data.get('refused')})"
            return f"you:  {data['text']}" if data.get("text") else refused
        case "voice.said":
            return f"home: {data.get('text')}" + (f"\n      {data['remedy']}" if data.get("remedy") else "")
        case "voice.state":
            return "      listening..." if data.get("state") == "listening" else ""
        case "timer.rang":
            return f"      timer: {data.get('name') or 'done'}"
        case "reminder.due" | "alarm.due":
            return f"      {event.name.partition('.')[0]}: {data.get('what') or 'now'}"
        case "problem.raised":
            return f"  !   {data.get('problem')}" + (f"\n      {data['remedy']}" if data.get("remedy") else "")
        case "problem.cleared" if data.get("part") == "microphone":
            return "      (the microphone hears again)"
        case "service.lost":
            return f"  !   The {data.get('service', 'voice')} service is gone."
    return ""
