"""A model server for `homebody.bench.gallery`: as `one_slot_server`, but quick, and a picture can be interrupted.

Its argument is how long a caption takes, in seconds; `CAPTION_S` without. It also prints
``{"asked": IMAGE, "at_s": ...}`` as soon as a request with an image has arrived.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
import time
from typing import Any, Final

from homebody.bench.ollama_server import main, say
from homebody.bench.one_slot_server import OneSlotServer

CAPTION_S: Final = 0.02


class EyesServer(OneSlotServer):
    """See the module."""

    held_s = 0.0

    def __init__(self, caption_s: float = CAPTION_S) -> None:
        super().__init__()
        self.caption_s = caption_s

    async def chat(self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say that it has come; then as usual."""
        at_s = time.monotonic()
        for image in request["messages"][-1].get("images", ()):
            say({"asked": hashlib.sha256(base64.b64decode(image)).hexdigest(), "at_s": at_s})
        await super().chat(request, reader, writer)


if __name__ == "__main__":
    asyncio.run(main(EyesServer(*map(float, sys.argv[1:2]))))
