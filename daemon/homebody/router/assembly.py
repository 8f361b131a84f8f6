"""The router service: its parts built from a profile, run, and stopped in reverse."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing

import msgspec

from homebody.paths import data_dir, default_endpoint
from homebody.process import Lifecycle
from homebody.profile import Profile, RouterOptions
from homebody.router import prompts, purpose, routing
from homebody.router.backends import Backend
from homebody.router.brain import Brain
from homebody.router.intents import CurrentIntents
from homebody.router.memory import Memory
from homebody.router.scheduler import Scheduler
from homebody.router.service import Inside, Router
from homebody.router.skills_host import SkillsHost
from homebody.router.socket import bind


async def serve(profile: Profile, endpoint: str | None = None, *, lifecycle: Lifecycle) -> None:
    """Run the router until cancelled.

    Args:
        profile: Which model, which limits.
        endpoint: Where to listen; None: the profile's, else this user's own.
        lifecycle: Told when it answers, and that it goes on.

    Raises:
        AlreadyRunning, NotWritable, UsageError: before anything is answered.
    """
    purpose.load()
    address = endpoint or profile.wire.endpoint or default_endpoint()
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(bind(address))
        memory = stack.enter_context(Memory(data_dir()))
        backends = await _backends(profile.router, stack)

        def inside() -> Inside:
            state = brain.state()
            return Inside(
                models=state.models,
                skills=tuple(sorted(info.name for info in host.skills)),
                problems=(*host.problems, *intents.problems, *memory.problems, *state.problems),
            )

        router = Router(
            socket, endpoint=address, announcements=memory, profile=profile.name, inside=inside, beat=lifecycle.beat
        )
        host = await stack.enter_async_context(SkillsHost(router, memory, profile.router.skills))
        intents = CurrentIntents(lambda: host.skills)
        brain = Brain(profile.router, intents, host, backends)
        scheduler = Scheduler(memory, host, router)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(scheduler.run())
            warming = tasks.create_task(brain.warm())
            try:
                await router.run(brain, ready=lambda: lifecycle.ready(f"answering at {address}"))
            finally:
                warming.cancel()


async def _backends(options: RouterOptions, stack: AsyncExitStack) -> dict[str, Backend]:
    """One for each model that a purpose may need."""
    if options.text.backend != "ollama":
        return {}
    from homebody.router.backends.ollama import OllamaBackend

    return {
        model: await stack.enter_async_context(
            aclosing(
                OllamaBackend(
                    msgspec.structs.replace(options.text, model=model, num_ctx=prompts.num_ctx(options, model))
                )
            )
        )
        for model in routing.models(options)
    }
