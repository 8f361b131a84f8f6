"""`homebody caption` and `homebody screenshot`, as typed: a real router, a model server with the real protocol.

No vision model runs here: the server's answers are scripted. It looks at the pixels that arrive, so that what it says
shows that the picture came through whole; nothing is shown about any model's eyes.
"""

import asyncio
import base64
import io
import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from fake_ollama import FakeOllama
from homebody.house import Child, wait_until_ready
from homebody.paths import default_endpoint
from picture_lab import BLUE, GREEN, RED, as_bytes, page, shape
from screen_lab import paint, x_server

pytestmark = pytest.mark.processes

MODEL = "qwen3-vl:2b-instruct"
SHAPES = {RED: "circle", BLUE: "square", GREEN: "triangle"}
LINES = ["Dear Maria,", "the boat leaves at noon,", "bring the red jacket.", "Yours, Anna"]


class Looking(FakeOllama):
    """Says what it is shown, by its colours."""

    @property
    def words(self):
        shown = [image for message in self.chats[-1]["messages"] for image in message.get("images", ())]
        return (" and ".join(self.seen(base64.b64decode(image)) for image in shown) or "Nothing.", " Tags: test, made")

    @words.setter
    def words(self, _):
        pass

    def seen(self, data):
        image = Image.open(io.BytesIO(data)).convert("RGB")
        self.sizes.append(image.size)
        small = image.resize((64, 64), Image.Resampling.BOX).tobytes()
        counted = Counter(zip(*[iter(small)] * 3, strict=True))
        for colour, name in SHAPES.items():
            if (
                sum(
                    n
                    for pixel, n in counted.items()
                    if sum(abs(a - b) for a, b in zip(pixel, colour, strict=True)) < 60
                )
                > 200
            ):
                return f"A {name} on white."
        return "A document with lines of text."


async def homebody(*arguments, **environment):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "homebody", *map(str, arguments), env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(100):
        out, said = await process.communicate()
    assert b"Traceback" not in out + said, said.decode()
    return process.returncode, out.decode(), said.decode()


def with_server(own_folders, work):
    async def served():
        async with Looking(models=(MODEL,)) as server:
            server.sizes = []
            (own_folders / "config" / "homebody.toml").write_text(
                f'profile = "ollama"\n[router.text]\nbase_url = "{server.base_url}"\n'
            )
            return await work(server)

    return asyncio.run(served())


def test_a_document_is_called_one_and_shapes_by_their_names_in_every_format_and_size(own_folders, tmp_path):
    expected = {}
    for side in (224, 512, 768, 1024):
        for suffix, kind in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")):
            for name in ("circle", "square", "triangle"):
                path = tmp_path / f"{name}-{side}.{suffix}"
                path.write_bytes(as_bytes(shape(name, side), kind))
                expected[str(path)] = f"A {name} on white."
    for suffix, kind in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")):
        path = tmp_path / f"letter.{suffix}"
        path.write_bytes(as_bytes(page(LINES), kind))
        expected[str(path)] = "A document with lines of text."
    (tmp_path / "broken.jpg").write_bytes(b"words")
    (tmp_path / "notes.txt").write_text("not a picture, and not asked for")

    async def captioned(server):
        router = await Child.start("router")
        try:
            await wait_until_ready(default_endpoint(), router)
            everything = await homebody("caption", "--json", tmp_path)
            single = await homebody("caption", tmp_path / "letter.png")
        finally:
            await router.stop()
        return *everything, single, server.sizes

    status, out, said, single, sizes = with_server(own_folders, captioned)
    assert single == (0, "A document with lines of text.\n", "")
    records = {record["file"]: record for record in map(json.loads, out.splitlines())}
    broken = records.pop(str(tmp_path / "broken.jpg"))
    assert status == 65, said
    assert broken["code"] == "bad_image"
    assert {path: record["caption"] for path, record in records.items()} == expected
    assert all(record["tags"] == ["test", "made"] and record["model"] == MODEL for record in records.values())
    assert max(map(max, sizes)) == 768


def test_a_question_about_pictures_shows_the_model_each_upright_and_no_larger_than_it_can_use(own_folders, tmp_path):
    turned = tmp_path / "telephone.jpg"
    lying = Image.new("RGB", (4000, 3000), RED)
    exif = Image.Exif()
    exif[0x0112] = 6  # it was held upright: to be turned by a quarter
    lying.save(turned, exif=exif)
    modern = tmp_path / "modern.webp"
    modern.write_bytes(as_bytes(shape("square"), "WEBP"))
    none = tmp_path / "none.jpg"
    none.write_bytes(b"words")

    async def asked(server):
        router = await Child.start("router")
        try:
            await wait_until_ready(default_endpoint(), router)
            both = await homebody("ask", "--image", turned, "--image", modern, "what is on these")
            refused = await homebody("ask", "--image", none, "what is on this")
        finally:
            await router.stop()
        return both, refused, server.sizes

    both, refused, sizes = with_server(own_folders, asked)
    assert both[0] == 0, both
    assert "A circle on white. and A square on white." in both[1]
    assert set(sizes) == {(768, 1024), (384, 384)}
    assert (refused[0], "not a picture" in refused[2]) == (65, True)


@pytest.mark.skipif(sys.platform != "linux", reason="an X server")
def test_a_question_about_the_screen_is_answered_from_what_it_shows(own_folders, tmp_path):
    saved = tmp_path / "screen.png"

    async def asked(display):
        return await homebody(
            "screenshot", "-o", saved, "what", "is on my screen?", DISPLAY=display, WAYLAND_DISPLAY=""
        )

    with x_server(800, 600, tmp_path) as display:
        paint(tmp_path, shape("triangle", 800).crop((0, 100, 800, 700)))
        status, out, said = with_server(own_folders, lambda _: asked(display))
        assert (status, out) == (0, "A triangle on white. Tags: test, made\n"), said
        assert str(saved) in said
        with Image.open(saved) as image:
            assert image.size == (800, 600)
        assert saved.stat().st_mode & 0o077 == 0
        assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


@pytest.mark.skipif(sys.platform != "linux", reason="the environment says nothing on macOS")
def test_without_a_screen_or_a_file_it_says_so(tmp_path):
    async def both():
        return (
            await homebody("screenshot", DISPLAY="", WAYLAND_DISPLAY=""),
            await homebody("caption", tmp_path / "none.jpg"),
            await homebody("caption", tmp_path),
        )

    for (status, out, said), reason in zip(
        asyncio.run(both()), ("no screen here", "none.jpg is not there", "no picture in"), strict=True
    ):
        assert status in (64, 69)
        assert out == ""
        assert reason in said
        assert len(said.splitlines()) == 2


def test_folders_stand_for_the_pictures_in_them(tmp_path):
    from homebody.cli.caption import pictures

    (tmp_path / "b").mkdir()
    for name in ("a.JPG", "b/c.webp", ".hidden.png", "d.txt", "e.png.part"):
        Path(tmp_path, name).write_bytes(b"x")
    (tmp_path / "link.png").symlink_to("/etc/hostname")
    assert pictures([tmp_path, tmp_path / "a.JPG"]) == [tmp_path / "a.JPG", tmp_path / "b" / "c.webp"]


def test_a_gallery_without_a_router_says_what_it_waits_for(own_folders, tmp_path):
    (own_folders / "config" / "homebody.toml").write_text(f'[gallery]\nfolders = ["{tmp_path}"]\n')

    async def run():
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "homebody",
            "gallery",
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            first = await process.stderr.readline()
            process.terminate()
            await process.communicate()
        return first.decode()

    said = asyncio.run(run())
    assert said.startswith(f"No router answers at {default_endpoint()}.")
    assert "homebody run" in said
