"""The gallery service: its parts built from a profile, run, and stopped in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, closing

from homebody.captions.store import Captions
from homebody.client import HomebodyClient
from homebody.gallery.describer import RouterDescriber
from homebody.gallery.desktop import Desktop, asker
from homebody.gallery.image_worker import ImageWorker
from homebody.gallery.service import Gallery
from homebody.gallery.watcher import FolderWatcher
from homebody.house import endpoint_of
from homebody.paths import data_dir, private_dir
from homebody.process import Lifecycle, only_one
from homebody.profile import Profile

LOCK = "captions.lock"


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
    async with AsyncExitStack() as stack:
        stack.enter_context(only_one(private_dir(data_dir()) / LOCK, "A gallery service"))
        store = stack.enter_context(closing(await asyncio.to_thread(Captions, data_dir())))
        images = await stack.enter_async_context(ImageWorker())
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint or endpoint_of(profile)))
        gallery = Gallery(
            store,
            images,
            RouterDescriber(client, profile.gallery.detail),
            lambda: load().gallery,
            FolderWatcher,
            client.publish,
            lambda: client.attached_to,
            Desktop(asker(client)),
        )
        await stack.enter_async_context(client.attach("gallery", gallery.handle))
        ready(gallery)
        count = len(profile.gallery.folders)
        lifecycle.ready(f"watching {count} folder{'' if count == 1 else 's'}")
        await gallery.run(lifecycle)
