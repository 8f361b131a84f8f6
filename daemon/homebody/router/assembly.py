"""The router service: its parts built from a profile, run, and stopped in reverse."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from typing import Final

import msgspec

from homebody.keys import AllowList, server_key
from homebody.options import RouterOptions, TextModelOptions
from homebody.paths import data_dir, default_endpoint
from homebody.process import Lifecycle
from homebody.profile import Profile
from homebody.router import prompts, purpose, routing
from homebody.router.backends import Backend
from homebody.router.brain import Brain
from homebody.router.captioner import Captioner
from homebody.router.curve import Tcp
from homebody.router.dispatcher import Dispatcher
from homebody.router.gate import Gate, PersonsFirst
from homebody.router.memory import Memory
from homebody.router.metrics import Metered, Metrics
from homebody.router.metrics_page import page, served
from homebody.router.polyglot import CurrentIntents
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
    purpose.load()
    address = endpoint or profile.wire.endpoint or default_endpoint()
    # Keys first: without them nothing of ours is touched.
    tcp = Tcp(profile.wire.tcp, server_key(), AllowList()) if profile.wire.tcp and not endpoint else None
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(bind(address, tcp))
        memory = stack.enter_context(Memory(data_dir()))
        metrics = Metrics()
        gate = Gate(profile.router.background)
        backends: dict[str, Backend] = {
            model: Metered(backend, metrics.of(model), clock_s=time.monotonic)
            for model, backend in (await _backends(profile.router, stack)).items()
        }

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
                queues={"captions": gate.priorities.waiting, "captioning": gate.priorities.running},
                metrics=metrics.as_data(gate.priorities),
            )

        router = Router(
            socket,
            endpoint=address,
            announcements=memory,
            profile=profile.name,
            inside=inside,
            watch=gate.notice,
            beat=lifecycle.beat,
        )
        host = await stack.enter_async_context(SkillsHost(router, memory, profile.router.skills))
        intents = CurrentIntents(lambda: host.skills)
        asked = {model: PersonsFirst(backend, gate) for model, backend in backends.items()}
        brain = Brain(profile.router, intents, host, asked)
        answerer = Dispatcher(brain, Captioner(profile.router, backends, gate, metrics), metrics)
        scheduler = Scheduler(memory, host, router)
        if profile.router.metrics:
            await stack.enter_async_context(served(profile.router.metrics, lambda: page(metrics, gate.priorities)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(scheduler.run())
            tasks.create_task(_keep_warm(brain))
            tasks.create_task(router.run(answerer, ready=lambda: lifecycle.ready(f"answering at {address}")))


async def _keep_warm(brain: Brain) -> None:
    """Bring the model into memory as soon as its server is there; it often starts after us, or again."""
    there = False
    while True:
        was_there, there = there, await brain.refresh()
        if there and not was_there:
            await brain.warm()
        await asyncio.sleep(LOOK_AGAIN_S)


async def _backends(options: RouterOptions, stack: AsyncExitStack) -> dict[str, Backend]:
    """One for each model that a purpose may need; none where the profile has no server."""
    make = _engine(options.text.backend)
    if make is None:
        return {}
    found = {}
    for model in routing.models(options):
        own = msgspec.structs.replace(options.text, model=model, num_ctx=prompts.num_ctx(options, model))
        found[model] = await stack.enter_async_context(aclosing(make(own)))
    return found


def _engine(name: str) -> Callable[[TextModelOptions], Backend] | None:
    """What makes a model's backend; only the chosen one's libraries are imported."""
    match name:
        case "ollama":
            from homebody.router.backends.ollama import OllamaBackend

            return OllamaBackend
        case "openai":
            from homebody.router.backends.openai import OpenAIBackend

            return OpenAIBackend
        case "ctranslate2":
            from homebody.router.backends.ctranslate2 import CTranslate2Backend

            return CTranslate2Backend
        case _:
            return None
