"""What the gallery does on the person's desktop: open a picture, keep a picture of the screen, look at the screen."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import platformdirs

from homebody.atomic import replacing
from homebody.client import HomebodyClient
from homebody.errors import BadImage, MissingPart, NoScreen, NotWritable, RemoteFailure
from homebody.gallery import screenshot
from homebody.gallery.allowed import open_regular
from homebody.gallery.images import SUFFIXES, prepare_bytes
from homebody.language import identify
from homebody.messages import Done

SIDE_PX: Final = 1024  # a screen's words are lost at less
QUESTION_LIMIT_CHARS: Final = 1000
ASK_LIMIT_MS: Final = 100_000.0
OPEN_LIMIT_S: Final = 2.0
BLIND: Final = ("capability", "no_model")  # no model that sees is to be had
READ: Final = {  # language of the question -> what is said instead where there is text, and where there is none
    "en": (
        "I cannot see pictures, but I can read. It says: {text}",
        "I cannot see pictures, and I can read no text on it.",
    ),
    "de": (
        "Sehen kann ich hier nichts, aber lesen. Da steht: {text}",
        "Sehen kann ich hier nichts, und Text finde ich keinen darauf.",
    ),
    "fr": (
        "Je ne peux pas voir les images, mais je peux lire. Il est écrit : {text}",
        "Je ne peux pas voir les images, et je n'y lis aucun texte.",
    ),
    "es": (
        "No puedo ver imágenes, pero sí leer. Dice: {text}",
        "No puedo ver imágenes, y no leo ningún texto en ella.",
    ),
}

Take = Callable[[], Awaitable[bytes]]
Ask = Callable[[str, bytes], Awaitable[str]]
"""question, picture -> answer; raises `RemoteFailure`."""


def asker(client: HomebodyClient) -> Ask:
    """Asks the router's model that sees."""

    async def ask(question: str, picture: bytes) -> str:
        answer = client.ask(question, images=[picture], deadline_ms=ASK_LIMIT_MS)
        async with aclosing(answer):
            async for message in answer:
                if isinstance(message, Done):
                    return message.text
        return ""

    return ask


def screenshots_folder() -> Path:
    """Where pictures of the screen are kept: among the person's own pictures."""
    return platformdirs.user_pictures_path() / "Screenshots"


async def _nobody(_: str, __: bytes) -> str:
    raise RemoteFailure("no_model", "There is no model that sees.")


class Desktop:
    """The person's desktop.

    Args:
        ask: A model that sees.
        take: Gives a picture of the screen.
        environment: Says which desktop there is.
        folder: Where pictures of the screen are kept; None: the folder Screenshots among the person's pictures.
    """

    def __init__(
        self,
        ask: Ask = _nobody,
        take: Take = screenshot.take,
        environment: Mapping[str, str] = os.environ,
        folder: Path | None = None,
    ) -> None:
        self._ask, self._take, self._environment = ask, take, environment
        self._folder = folder or screenshots_folder()
        self._preparing = asyncio.Lock()  # Pillow's warnings are of the whole process

    async def do(self, action: str, value: str, within: Sequence[Path] | None) -> dict[str, Any]:
        """What a `Control` asks: ``open`` (a path), ``screenshot`` or ``look`` (a question); gives the answer's value.

        Raises:
            HomebodyError: As the methods of these names.
        """
        match action:
            case "open":
                await self.open(Path(value), within)
                return {}
            case "screenshot":
                return {"file": str(await self.keep())}
            case _:
                return {"said": await self.look(value)}

    async def open(self, path: Path, within: Sequence[Path] | None) -> None:
        """Open a picture with the program the desktop has for it.

        Raises:
            BadImage: It is not there, no picture by its name, or lies outside the folders ``within``.
            NoScreen: There is no desktop here.
        """
        if path.suffix.lower() not in SUFFIXES:
            raise BadImage("That is not a picture.", "Name a picture.")
        (await asyncio.to_thread(open_regular, path, within)).close()
        kind = screenshot.which(self._environment, sys.platform)
        if kind is None:
            reason = "There is no screen to show it on."
            raise NoScreen(reason, f"It lies at {path}.")
        opener = "/usr/bin/open" if kind == "macos" else "xdg-open"
        try:
            # A session of its own: the viewer stays when we end.
            process = await asyncio.create_subprocess_exec(
                opener, os.path.realpath(path), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, env=dict(self._environment), start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise NoScreen("This desktop has nothing to open pictures with.", "Install xdg-utils.") from error
        try:
            async with asyncio.timeout(OPEN_LIMIT_S):
                if await process.wait() != 0:
                    raise NoScreen("The desktop could not show it.", f"It lies at {path}.")
        except TimeoutError:
            pass  # some openers stay as long as the viewer

    async def keep(self) -> Path:
        """Take a picture of the screen and keep it; where.

        Raises:
            NoScreen: It cannot be taken.
            NotWritable: It cannot be kept.
        """
        data = await self._take()
        path = self._folder / f"homebody {dt.datetime.now().astimezone():%Y-%m-%d %H.%M.%S}.png"
        try:
            await asyncio.to_thread(_write, path, data)
        except OSError as error:
            raise NotWritable(f"{path} cannot be written: {error.strerror}.", "Make room, or change rights.") from error
        return path

    async def look(self, question: str) -> str:
        """Answer a question about the screen; where no model sees, the text on it.

        Raises:
            NoScreen: It cannot be seen.
            RemoteFailure: No answer came, and text cannot be read here either.
        """
        data = await self._take()
        async with self._preparing:
            picture = await asyncio.to_thread(
                prepare_bytes, data, "the picture of the screen", side_px=SIDE_PX, media_type="image/png"
            )
        try:
            return await self._ask(question[:QUESTION_LIMIT_CHARS], picture.data)
        except RemoteFailure as error:
            if error.code not in BLIND:
                raise
            return _told(await _read(data, error), question)


async def _read(data: bytes, blind: RemoteFailure) -> str:
    from homebody.gallery.ocr import TextReader

    with tempfile.TemporaryDirectory(prefix="homebody-") as folder:
        path = Path(folder, "screen.png")
        path.write_bytes(data)
        try:
            async with TextReader() as reader:
                text = (await reader.recognize(path)).text
        except MissingPart:
            raise blind from None
    return text


def _told(text: str, question: str) -> str:
    """That it is only read, in the language of the question; others are answered in English."""
    some, none = READ.get(identify(question), READ["en"])
    return some.format(text=text) if text.strip() else none


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all, for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(data)
