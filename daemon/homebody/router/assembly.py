"""The router service: its parts built from a profile, run, and stopped in reverse."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, aclosing, closing
from typing import Any, Final

from homebody import profile as profiles
from homebody.addresses import http_host, is_this_machine
from homebody.keys import AllowList, server_key
from homebody.options import RouterOptions
from homebody.paths import data_dir, default_endpoint
from homebody.process import Lifecycle
from homebody.profile import Profile
from homebody.router import model_sizes, purpose, routing, stand_in
from homebody.router.answer_cache import AnswerCache
from homebody.router.backends import Backend
from homebody.router.backends.opening import opened
from homebody.router.brain import Brain
from homebody.router.captioner import Captioner
from homebody.router.curve import Tcp
from homebody.router.dispatcher import Dispatcher
from homebody.router.gate import Gate, PersonsFirst
from homebody.router.mcp_servers import McpServers
from homebody.router.memory import Memory
from homebody.router.metrics import Metered, Metrics
from homebody.router.metrics_page import page, served
from homebody.router.model_keeper import ModelKeeper
from homebody.router.pictures import PictureSearch
from homebody.router.polyglot import CurrentIntents
from homebody.router.rehearsals import Rehearsals
from homebody.router.reloads import Reloads
from homebody.router.scheduler import Scheduler
from homebody.router.service import Inside, Router
from homebody.router.skills_host import SkillsHost
from homebody.router.socket import bind
from homebody.router.tools import Toolbox

log = logging.getLogger(__name__)

LOOK_AGAIN_S: Final = 30.0
SWITCH_S: Final = 0.0005  # a thread at work keeps a question waiting no longer; Python's usual is 5 ms


async def serve(
    profile: Profile,
    endpoint: str | None = None,
    *,
    lifecycle: Lifecycle,
    load: Callable[[], Profile] = profiles.load,
) -> None:
    """Run the router until cancelled.

    Args:
        profile: Which model, which limits.
        endpoint: Listen here and nowhere else; None: where the profile says, else at this user's own.
        lifecycle: Told when it answers, and that it goes on.
        load: Reads the profile again, when that is asked for.

    Raises:
        AlreadyRunning, MachineError, UsageError: before anything is answered.
    """
    purpose.load()
    sys.setswitchinterval(SWITCH_S)
    options = stand_in.added(model_sizes.expanded(profile.router))
    address = endpoint or profile.wire.endpoint or default_endpoint()
    # Keys first: without them nothing of ours is touched.
    tcp = Tcp(profile.wire.tcp, server_key(), AllowList()) if profile.wire.tcp and not endpoint else None
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(bind(address, tcp))
        memory = stack.enter_context(Memory(data_dir()))
        metrics = Metrics()
        gate = Gate(options.background)
        backends: dict[str, Backend] = {
            model: Metered(backend, metrics.of(model), clock_s=time.monotonic)
            for model, backend in (await opened(options, stack)).items()
        }

        def inside() -> Inside:
            state = brain.state()
            return Inside(
                models=keeper.shown(state.models) if keeper else state.models,
                skills=tuple(sorted(info.name for info in host.skills)),
                problems=(
                    *host.problems,
                    *intents.problems,
                    *memory.problems,
                    *servers.problems,
                    *state.problems,
                    *(keeper.problems if keeper else ()),
                    *(tcp.allowed.problems if tcp else ()),
                ),
                queues={"captions": gate.priorities.waiting, "captioning": gate.priorities.running},
                metrics=metrics.as_data(gate.priorities),
            )

        rehearsals = Rehearsals(lambda: host.skills, lambda *what: router.control_voice(*what))  # noqa: PLW0108

        def notice(name: str, data: Mapping[str, Any]) -> None:
            gate.notice(name, data)
            rehearsals.notice(name, data)

        pictures = stack.enter_context(closing(PictureSearch(data_dir())))
        router = Router(
            socket,
            endpoint=address,
            announcements=memory,
            profile=profile.name,
            inside=inside,
            watch=notice,
            beat=lifecycle.beat,
            pictures=pictures,
            own=Reloads(profile, load, lambda skills: host.reload(skills)),  # noqa: PLW0108  (host is made below)
        )
        host = await stack.enter_async_context(SkillsHost(router, memory, profile.router.skills))
        home = profile.voice.language.partition("-")[0].lower()
        intents = CurrentIntents(lambda: host.skills, built={home})
        keeper = await _keeper(options, backends, router, stack)
        kept = backends | (keeper.backends if keeper else {})
        asked = {model: PersonsFirst(backend, gate) for model, backend in kept.items()}
        behind = backends | ({model: keeper.background(model) for model in keeper.backends} if keeper else {})
        cache = AnswerCache(memory.database, ttl_s=options.answer_cache.ttl_s, entries=options.answer_cache.entries)
        servers = await stack.enter_async_context(McpServers(options.mcp, deadline_ms=options.tools.deadline_ms))
        tools = Toolbox(options.tools, host, servers)
        ordered = keeper.ordered if keeper else list
        brain = Brain(
            options, intents, host, asked, cache=cache, toolbox=tools, ordered=ordered, begins=intents.begins, home=home
        )
        answerer = Dispatcher(brain, Captioner(options, kept, gate, metrics, behind=behind), metrics)
        scheduler = Scheduler(memory, host, router)
        if profile.router.metrics:
            await stack.enter_async_context(served(profile.router.metrics, lambda: page(metrics, gate.priorities)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(scheduler.run())
            tasks.create_task(_settle(intents))
            tasks.create_task(rehearsals.run())
            tasks.create_task(_keep_warm(brain, keeper))
            tasks.create_task(router.run(answerer, ready=lambda: lifecycle.ready(f"answering at {address}")))


async def _settle(intents: CurrentIntents) -> None:
    """Finish what starting need not wait for."""
    try:
        await intents.prepare()
    except Exception as error:  # of one skill's templates: it costs the first sentence some time, and nobody the router
        log.error("Not all sentence templates could be prepared: %s", type(error).__name__)
        log.debug("Traceback:", exc_info=True)
    # What is there now stays: a full collection, in the middle of somebody's question, need not walk all of it again.
    gc.freeze()


async def _keep_warm(brain: Brain, keeper: ModelKeeper | None) -> None:
    """Bring the model into memory as soon as its server is there; it often starts after us, or again."""
    if keeper is not None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keeper.run())
            tasks.create_task(_keep_looking(brain))
    there = False
    while True:
        was_there, there = there, await brain.refresh()
        if there and not was_there:
            await brain.warm()
        await asyncio.sleep(LOOK_AGAIN_S)


async def _keep_looking(brain: Brain) -> None:
    while True:
        await brain.refresh()
        await asyncio.sleep(LOOK_AGAIN_S)


async def _keeper(
    options: RouterOptions, backends: dict[str, Backend], router: Router, stack: AsyncExitStack
) -> ModelKeeper | None:
    """Who decides which models are in memory: only of a server we can look into, on this machine."""
    host = http_host(options.text.base_url)
    if options.text.backend != "ollama" or host is None or not is_this_machine(host):
        return None
    from homebody.router.backends.ollama_control import OllamaControl
    from homebody.router.backends.ollama_create import Workshop
    from homebody.router.memory_probe import probe_here

    server = await stack.enter_async_context(aclosing(OllamaControl(options.text)))
    probe = await asyncio.to_thread(probe_here)
    own = {model: backend for model, backend in backends.items() if not routing.elsewhere(options, model)}
    return ModelKeeper(options, server, probe, own, publish=router.publish, workshop=Workshop(options))
