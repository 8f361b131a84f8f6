"""The page to look at: `homebody gallery --open`. What is asked of it, and what it answers; start at `Page.answer`.

It only reads the captions; what changes something it asks of the running gallery.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from homebody.captions.search import CaptionSearch, Hits
from homebody.errors import BadImage, HomebodyError, RemoteFailure
from homebody.gallery import page_html
from homebody.gallery.page_guard import HEADERS, Guard
from homebody.gallery.page_html import Wish
from homebody.gallery.page_http import Request, Response
from homebody.gallery.thumbnails import Thumbnails
from homebody.message_parts import FoundPicture

LARGE_PX: Final = 1600
DAY: Final = "private, max-age=86400, immutable"  # named by its content
_FILES: Final = {"/page.css": "text/css; charset=utf-8", "/page.js": "text/javascript; charset=utf-8"}

Control = Callable[[str, str | None], Awaitable[dict[str, Any]]]
"""action, value -> what the gallery answers; raises `HomebodyError`."""


class Page:
    """Answers requests.

    Args:
        search: The captions.
        thumbnails: Small pictures.
        control: Asks the running gallery.
        folders: The watched ones.
        guard: Lets requests in.
    """

    def __init__(
        self, search: CaptionSearch, thumbnails: Thumbnails, control: Control, folders: Sequence[Path], guard: Guard
    ) -> None:
        self._search, self._thumbnails, self._control = search, thumbnails, control
        self._folders, self._guard = [str(folder) for folder in folders], guard

    async def answer(self, request: Request) -> Response:
        """Never raises for what was asked."""
        response = self._guard.check(request)
        if response is None:
            try:
                response = await self._let_in(request)
            except BadImage as error:
                response = _plain(404, error.reason)
            except HomebodyError as error:
                response = _plain(503, f"{error.reason} {error.remedy}")
        headers = {**HEADERS, **response.headers}
        return Response(status=response.status, body=response.body, media_type=response.media_type, headers=headers)

    async def _let_in(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._done(request)
        if request.path in _FILES:
            data = (files("homebody.gallery.page_files") / request.path[1:]).read_bytes()
            return Response(body=data, media_type=_FILES[request.path])
        where, _, name = request.path.removeprefix("/").partition("/")
        match where:
            case "":
                wish = Wish.of(request.query)
                found, state = await asyncio.gather(self._rows(wish), self._state())
                return _html(page_html.page(wish, found, state, self._folders))
            case "rows":
                return _html(await self._rows(Wish.of(request.query)))
            case "state":
                return _html(await self._state())
            case "thumbnail":
                hit = await self._hit(name)
                return _jpeg(await self._thumbnails.thumbnail(Path(hit.path), hit.image))
            case "picture":
                hit = await self._hit(name)
                return _jpeg(await self._thumbnails.picture(Path(hit.path), hit.image, side_px=LARGE_PX))
            case _:
                return _plain(404, "There is no such page.")

    async def _rows(self, wish: Wish) -> str:
        since, until = wish.between
        hits: Hits = await asyncio.to_thread(
            lambda: self._search.find(
                wish.q,
                limit=page_html.PAGE_ROWS,
                offset=wish.offset,
                folder=wish.folder or None,
                since=since,
                until=until,
                begun=True,
            )
        )
        return page_html.rows(wish, hits, watching=bool(self._folders))

    async def _state(self) -> str:
        try:
            return page_html.state(await self._control("status", None))
        except HomebodyError:
            return page_html.state(None)

    async def _hit(self, sha256: str) -> FoundPicture:
        hit = await asyncio.to_thread(self._search.image, sha256)
        if hit is None or not hit.path:
            raise BadImage("There is no such picture.", "")
        return hit

    async def _done(self, request: Request) -> Response:
        """What changes something. To a script in words; else back to the page."""
        try:
            match request.path:
                case "/retry":
                    await self._control("retry", None)
                    said = "They are looked at again."
                case "/recaption":
                    hit = await self._hit(request.form.get("image", ""))
                    await self._control("recaption", hit.path)
                    said = "It will be described again."
                case _:
                    return _plain(404, "There is no such page.")
        except RemoteFailure as error:
            said = f"{error.reason} {error.remedy}"
        if request.headers.get("accept") == "text/plain":
            return _plain(200, said)
        return Response(status=303, headers={"Location": "/"})


def _html(text: str) -> Response:
    return Response(body=text.encode())


def _jpeg(data: bytes) -> Response:
    return Response(body=data, media_type="image/jpeg", headers={"Cache-Control": DAY})


def _plain(status: int, text: str) -> Response:
    return Response(status=status, body=text.strip().encode(), media_type="text/plain; charset=utf-8")
