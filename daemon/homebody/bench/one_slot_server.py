"""A model server that answers one request after the other, as Ollama does for a model with images, without a model.

Run as a program of its own it speaks as `homebody.bench.ollama_server` does, and prints a line
``{"captioned": IMAGE, "at_s": ...}`` when a request with an image was answered to its end, IMAGE being the image's
SHA-256. A question's first token takes `IDLE_S`, a picture `CAPTION_S`. One that is given up holds the slot for another
`HELD_S`.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from typing import Any, Final

from homebody.bench.ollama_server import WORDS, OllamaServer, main, say, send_line

IDLE_S: Final = 0.25
CAPTION_S: Final = 3.0
HELD_S: Final = 0.3


class OneSlotServer(OllamaServer):
    """See the module."""

    caption_s: float = CAPTION_S
    held_s: float = HELD_S

    def __init__(self) -> None:
        super().__init__()
        self._slot = asyncio.Lock()

    async def chat(self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer when the slot is free; a client that leaves is noticed at once."""
        images = request["messages"][-1].get("images", ())
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await self._until(gone, asyncio.ensure_future(self._slot.acquire()))
            held_s = self.held_s
            try:
                await self._until(gone, asyncio.ensure_future(asyncio.sleep(self.caption_s if images else IDLE_S)))
                held_s = 0.0
                if images:
                    say(
                        {"captioned": hashlib.sha256(base64.b64decode(images[0])).hexdigest(), "at_s": time.monotonic()}
                    )
            finally:
                asyncio.get_running_loop().call_later(held_s, self._slot.release)
            model = request["model"]
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
            for word in ("A red bicycle.", "\nTags: bicycle, red") if images else WORDS:
                send_line(writer, model, word)
            send_line(writer, model, done=True, done_reason="stop", prompt_eval_count=30, eval_count=len(WORDS))
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            gone.cancel()
            await asyncio.wait({gone})

    async def _until(self, gone: asyncio.Future[bytes], over: asyncio.Future[Any]) -> None:
        await asyncio.wait({gone, over}, return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            return
        over.cancel()
        await asyncio.wait({over})
        if not over.cancelled() and over.result() is True:  # the slot came in the same moment
            self._slot.release()
        raise ConnectionResetError


if __name__ == "__main__":
    asyncio.run(main(OneSlotServer()))
