"""Servers of models on loopback: the Hugging Face Hub as recognisers and voices need it, and Ollama's pull.

The Hub: ``/api/models/REPOSITORY?blobs=true``, ``/REPOSITORY/resolve/REVISION/FILE`` with a redirect to another path
(as large files have one) and ranges of RFC 9110. It can break connections off, ignore ranges, and send wrong bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final

VOICE: Final = "en_US-lessac-medium"
REVISION: Final = "536b0662742c02347bc0e980a01041f333bce120"


class Loopback:
    """An HTTP/1.1 server that answers one request a connection."""

    base_url: str = ""

    async def __aenter__(self) -> Any:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", 0)))
            method, target, _ = head.split(" ", 2)
            await self.respond(writer, method, target, fields, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def respond(
        self, writer: asyncio.StreamWriter, method: str, target: str, fields: dict[str, str], body: bytes
    ) -> None:
        raise NotImplementedError

    async def send(
        self,
        writer: asyncio.StreamWriter,
        body: bytes,
        status: str = "200 OK",
        extra: str = "",
        *,
        cut: int | None = None,
    ) -> None:
        """A whole response, or one that breaks off after ``cut`` bytes of the body it has promised."""
        head = f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + (body if cut is None else body[:cut]))
        await writer.drain()


@dataclass
class FakeHub(Loopback):
    """``async with FakeHub() as hub``.

    Attributes:
        files: By repository and file.
        cut: So many bytes of each response of a file, then the connection breaks; None: whole.
        damaged: File names whose bytes are not those promised.
        ignores_ranges: Always sends the whole file.
        refuses: So many of the next requests for files are answered with 503.
        ranges: The ranges asked for, in order; empty for none.
        asked: The paths asked for.
    """

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    cut: int | None = None
    damaged: set[str] = field(default_factory=set)
    ignores_ranges: bool = False
    refuses: int = 0
    ranges: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def add_recogniser(self, repository: str = "Systran/faster-whisper-base", size: int = 300_000) -> None:
        self.files[repository] = {
            "README.md": b"not needed",
            "config.json": b"{}",
            "tokenizer.json": b"{}\n",
            "vocabulary.txt": b"a\nb\n",
            "model.bin": bytes(index * 7 % 251 for index in range(size)),
        }

    def add_picture_model(self, repository: str = "Salesforce/blip-image-captioning-base", size: int = 250_000) -> None:
        self.files[repository] = {
            "README.md": b"not needed",
            "pytorch_model.bin": b"pickled",
            "config.json": b"{}",
            "preprocessor_config.json": b"{}",
            "tokenizer.json": b"{}\n",
            "vocab.txt": b"a\nb\n",
            "model-00001-of-00002.safetensors": bytes(index * 7 % 251 for index in range(size)),
            "model-00002-of-00002.safetensors": bytes(index * 3 % 251 for index in range(size)),
        }

    def add_voice(self, name: str = VOICE, size: int = 200_000) -> None:
        language, person, quality = name.split("-")
        folder = f"{language.partition('_')[0]}/{language}/{person}/{quality}"
        self.files.setdefault("rhasspy/piper-voices", {}).update(
            {
                f"{folder}/{name}.onnx": bytes(index * 5 % 253 for index in range(size)),
                f"{folder}/{name}.onnx.json": b'{"audio": {"sample_rate": 22050}}',
                f"{folder}/MODEL_CARD": b"card",
            }
        )

    async def respond(
        self, writer: asyncio.StreamWriter, method: str, target: str, fields: dict[str, str], body: bytes
    ) -> None:
        self.asked.append(target)
        if target.startswith("/api/models/"):
            repository = target.removeprefix("/api/models/").removesuffix("?blobs=true")
            if repository not in self.files:
                await self.send(writer, b'{"error":"Repository not found"}', "401 Unauthorized")
                return
            siblings = [_sibling(name, content) for name, content in self.files[repository].items()]
            await self.send(writer, json.dumps({"sha": REVISION, "siblings": siblings}).encode())
        elif target == "/rhasspy/piper-voices/resolve/main/voices.json":
            await self.send(writer, json.dumps(self._voices()).encode())
        elif target.startswith("/cdn/"):
            await self._file(writer, target, fields)
        elif "/resolve/" in target:
            await self.send(writer, b"", "302 Found", f"Location: {self.base_url}/cdn{target}\r\n")
        else:
            await self.send(writer, b"", "404 Not Found")

    async def _file(self, writer: asyncio.StreamWriter, target: str, fields: dict[str, str]) -> None:
        repository, _, rest = target.removeprefix("/cdn/").partition("/resolve/")
        name = rest.partition("/")[2]
        content = self.files[repository][name]
        asked = fields.get("range", "")
        self.ranges.append(asked)
        if self.refuses:
            self.refuses -= 1
            await self.send(writer, b"", "503 Service Unavailable")
            return
        if name.rpartition("/")[2] in self.damaged:
            content = b"\xff" + content[1:]
        if not asked or self.ignores_ranges:
            await self.send(writer, content, cut=self.cut)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            await self.send(writer, b"", "416 Range Not Satisfiable", f"Content-Range: bytes */{len(content)}\r\n")
            return
        extra = f"Content-Range: bytes {start}-{len(content) - 1}/{len(content)}\r\n"
        await self.send(writer, content[start:], "206 Partial Content", extra, cut=self.cut)

    def _voices(self) -> dict[str, Any]:
        voices: dict[str, Any] = {}
        for path, content in self.files.get("rhasspy/piper-voices", {}).items():
            folder = path.rpartition("/")[0]
            _, language, person, quality = folder.split("/")
            entry = voices.setdefault(f"{language}-{person}-{quality}", {"num_speakers": 1, "files": {}})
            entry["files"][path] = {"size_bytes": len(content), "md5_digest": hashlib.md5(content).hexdigest()}
        return voices


def _sibling(name: str, content: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    listed: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
    if name.endswith(".bin"):
        listed["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return listed


@dataclass
class FakePulls(Loopback):
    """Ollama's `/api/pull`, `/api/tags` and `/api/delete`.

    Attributes:
        models: Those it has, with their sizes.
        layers: What a model of its library is made of, in bytes.
        library: The models of its library.
        done: What it has of the current model, kept between requests as the server keeps it.
        cut_after: After so many lines the connection breaks; None: never. Once for each entry.
        error: A line of this error instead of the first layer.
        pulls: The models asked for, in order.
    """

    models: dict[str, int] = field(default_factory=dict)
    library: tuple[str, ...] = ("qwen2.5:1.5b",)
    layers: tuple[int, ...] = (900_000, 5_000)
    done: dict[str, int] = field(default_factory=dict)
    cut_after: list[int] = field(default_factory=list)
    error: str = ""
    pulls: list[str] = field(default_factory=list)

    async def respond(
        self, writer: asyncio.StreamWriter, method: str, target: str, fields: dict[str, str], body: bytes
    ) -> None:
        match method, target:
            case "GET", "/api/tags":
                listed = [{"name": name, "model": name, "size": size} for name, size in self.models.items()]
                await self.send(writer, json.dumps({"models": listed}).encode())
            case "GET", "/api/version":
                await self.send(writer, b'{"version": "0.33.0"}')
            case "DELETE", "/api/delete":
                gone = self.models.pop(json.loads(body)["model"], None)
                await self.send(writer, b"", "200 OK" if gone is not None else "404 Not Found")
            case "POST", "/api/pull":
                await self._pull(writer, json.loads(body)["model"])
            case _:
                await self.send(writer, b"404 page not found", "404 Not Found")

    async def _pull(self, writer: asyncio.StreamWriter, name: str) -> None:
        self.pulls.append(name)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        )
        cut_after = self.cut_after.pop(0) if self.cut_after else None
        for number, line in enumerate(self._lines(name)):
            if number == cut_after:
                return
            data = json.dumps(line).encode() + b"\n"
            writer.write(b"%x\r\n%s\r\n" % (len(data), data))
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    def _lines(self, name: str) -> Any:
        yield {"status": "pulling manifest"}
        if self.error or name not in self.library:
            yield {"error": self.error or "pull model manifest: file does not exist"}
            return
        for index, total in enumerate(self.layers):
            digest = f"sha256:{index:064x}"
            layer = {"status": f"pulling {digest[7:19]}", "digest": digest, "total": total}
            yield layer
            while self.done.get(digest, 0) < total:
                self.done[digest] = min(total, self.done.get(digest, 0) + 100_000)
                yield layer | {"completed": self.done[digest]}
        yield {"status": "verifying sha256 digest"}
        yield {"status": "writing manifest"}
        self.models[name] = sum(self.layers)
        yield {"status": "success"}
