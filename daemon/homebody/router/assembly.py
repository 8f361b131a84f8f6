"""The router service: its parts built from a profile, run, and stopped in reverse."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from typing import Final

from homebody.keys import AllowList, server_key
from homebody.paths import data_dir, default_endpoint
from homebody.process import Lifecycle
from homebody.profile import Profile, TextModelOptions
from homebody.router.backends import Backend
from homebody.router.brain import Brain
from homebody.router.curve import Tcp
from homebody.router.intents import CurrentIntents
from homebody.router.memory import Memory
from homebody.router.scheduler import Scheduler
from homebody.router.service import Inside, Router
from homebody.router.skills_host import SkillsHost
from homebody.router.socket import bind

LOOK_AGAIN_S: Final = 30.0


async def serve(profile: Profile, endpoint: str | None = None, *, lifecycle: Lifecycle) -> None:
    """Run the router until cancelled.

    Args:
        profile: Which model, which limits.
        endpoint: Listen here and nowhere else; None: where the profile says, else at this user's own.
        lifecycle: Told when it answers, and that it goes on.

    Raises:
        AlreadyRunning, MachineError, UsageError: before anything is answered.
    """
    address = endpoint or profile.wire.endpoint or default_endpoint()
    # Keys first: without them nothing of ours is touched.
    tcp = Tcp(profile.wire.tcp, server_key(), AllowList()) if profile.wire.tcp and not endpoint else None
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(bind(address, tcp))
        memory = stack.enter_context(Memory(data_dir()))
        backend = await _backend(profile.router.text, stack)

        def inside() -> Inside:
            state = brain.state()
            return Inside(
                models=state.models,
                skills=tuple(sorted(info.name for info in host.skills)),
                problems=(
                    *host.problems,
                    *intents.problems,
                    *memory.problems,
                    *state.problems,
                    *(tcp.allowed.problems if tcp else ()),
                ),
            )

        router = Router(
            socket, endpoint=address, announcements=memory, profile=profile.name, inside=inside, beat=lifecycle.beat
        )
        host = await stack.enter_async_context(SkillsHost(router, memory, profile.router.skills))
        intents = CurrentIntents(lambda: host.skills)
        brain = Brain(profile.router.text, intents, host, backend)
        scheduler = Scheduler(memory, host, router)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(scheduler.run())
            tasks.create_task(_keep_warm(brain))
            tasks.create_task(router.run(brain, ready=lambda: lifecycle.ready(f"answering at {address}")))


async def _keep_warm(brain: Brain) -> None:
    """Bring the model into memory as soon as its server is there; it often starts after us, or again."""
    there = False
    while True:
        was_there, there = there, await brain.refresh()
        if there and not was_there:
            await brain.warm()
        await asyncio.sleep(LOOK_AGAIN_S)


async def _backend(options: TextModelOptions, stack: AsyncExitStack) -> Backend | None:
    """What answers; only the chosen one's libraries are imported."""
    match options.backend:
        case "ollama":
            from homebody.router.backends.ollama import OllamaBackend

            return await stack.enter_async_context(aclosing(OllamaBackend(options)))
        case "openai":
            from homebody.router.backends.openai import OpenAIBackend

            return await stack.enter_async_context(aclosing(OpenAIBackend(options)))
        case "ctranslate2":
            from homebody.router.backends.ctranslate2 import CTranslate2Backend

            return await stack.enter_async_context(aclosing(CTranslate2Backend(options)))
        case _:
            return None
