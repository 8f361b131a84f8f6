"""The gallery service: its parts built from a profile, run, and stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import Any, Final

from homebody.captions.store import Captions
from homebody.client import HomebodyClient
from homebody.gallery.describer import RouterDescriber
from homebody.gallery.desktop import Desktop, asker
from homebody.gallery.image_worker import ImageWorker
from homebody.gallery.ocr import TextReader
from homebody.gallery.service import Gallery
from homebody.gallery.turns import Turns
from homebody.gallery.watcher import FolderWatcher
from homebody.house import endpoint_of
from homebody.paths import data_dir, private_dir
from homebody.process import Lifecycle, only_one
from homebody.profile import Profile

LOCK = "captions.lock"
NICE: Final = 10  # behind whatever listens or speaks; our workers go behind us
READ_LIMIT_S: Final = 900.0  # behind everything else, on a machine that is busy, a minute's work takes long


async def serve(
    load: Callable[[], Profile],
    endpoint: str | None = None,
    *,
    lifecycle: Lifecycle,
    ready: Callable[[Gallery], None] = lambda _: None,
) -> None:
    """Run the gallery until cancelled.

    Args:
        load: Gives the profile, now and when it is to be read again.
        endpoint: The router's; None: where the profile says.
        lifecycle: Told when it watches, and that it goes on.
        ready: Called once with the gallery, before it begins.

    Raises:
        AlreadyRunning, MachineError, UsageError: before anything is watched.
    """
    profile = load()
    with contextlib.suppress(OSError):  # a service manager may have put us further back already
        os.setpriority(os.PRIO_PROCESS, 0, max(NICE, os.getpriority(os.PRIO_PROCESS, 0)))
    async with AsyncExitStack() as stack:
        stack.enter_context(only_one(private_dir(data_dir()) / LOCK, "A gallery service"))
        store = stack.enter_context(closing(await asyncio.to_thread(Captions, data_dir())))
        turns = Turns()
        images = await stack.enter_async_context(ImageWorker())
        stack.enter_context(turns.holding(images))
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint or endpoint_of(profile)))
        stack.push_async_callback(_ended, asyncio.create_task(turns.follow(client)))

        @asynccontextmanager
        async def reader() -> AsyncGenerator[TextReader, None]:
            async with TextReader(deadline_s=READ_LIMIT_S) as text:
                with turns.holding(text):
                    yield text

        gallery = Gallery(
            store,
            images,
            RouterDescriber(client, profile.gallery.detail, profile.gallery.prompt),
            lambda: load().gallery,
            FolderWatcher,
            client.publish,
            lambda: client.attached_to,
            Desktop(asker(client)),
            turns,
            reader,
        )
        await stack.enter_async_context(client.attach("gallery", gallery.handle))
        ready(gallery)
        count = len(profile.gallery.folders)
        lifecycle.ready(f"watching {count} folder{'' if count == 1 else 's'}")
        await gallery.run(lifecycle)


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.wait({task})
