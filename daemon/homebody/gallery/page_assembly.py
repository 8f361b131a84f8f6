"""The page, built from a profile and served until cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from typing import Any, Final

from homebody.captions.search import CaptionSearch
from homebody.client import HomebodyClient
from homebody.gallery.image_worker import ImageWorker
from homebody.gallery.page import Page
from homebody.gallery.page_guard import Guard
from homebody.gallery.page_http import Handler, served
from homebody.gallery.selection import watched
from homebody.gallery.thumbnails import Thumbnails
from homebody.paths import cache_dir, data_dir, private_dir
from homebody.profile import Profile

WORKERS: Final = 2  # of thumbnails, while a person looks
CONTROL_LIMIT_MS: Final = 1500.0


async def serve(profile: Profile, endpoint: str, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page until cancelled.

    Args:
        profile: Which folders are watched.
        endpoint: The router's, for the running gallery; neither need be there.
        port: 0: any that is free.
        ready: Called once with the address to open.

    Raises:
        MachineError: The port is taken.
        NotWritable: The cache folder refuses.
    """
    folders = watched(profile.gallery)
    async with AsyncExitStack() as stack:
        search = stack.enter_context(closing(CaptionSearch(data_dir())))
        images = await stack.enter_async_context(ImageWorker(workers=WORKERS))
        client = await stack.enter_async_context(HomebodyClient.connect(endpoint))
        cache = private_dir(cache_dir()) / "thumbnails"
        thumbnails = Thumbnails(images, cache, None if profile.gallery.follow_links else folders)

        async def control(action: str, value: str | None) -> dict[str, Any]:
            return (await client.control("gallery", action, value, deadline_ms=CONTROL_LIMIT_MS)).value or {}

        guards: list[Guard] = []

        def make(bound: int) -> Handler:
            guards.append(Guard(bound))
            return Page(search, thumbnails, control, folders, guards[0]).answer

        await stack.enter_async_context(served(make, port))
        ready(guards[0].url)
        await asyncio.Event().wait()
