"""A gallery under test: a real store, a preparer that takes anything, a watcher and a model that do as told."""

import asyncio
import contextlib
import hashlib
from collections import Counter
from contextlib import closing

import psutil

from homebody.captions.rows import Caption
from homebody.captions.store import Captions
from homebody.errors import BadImage
from homebody.gallery.exif import Facts
from homebody.gallery.images import Prepared
from homebody.gallery.selection import missing
from homebody.gallery.service import Gallery
from homebody.gallery.watcher import Happened
from homebody.messages import Control
from homebody.options_gallery import GalleryOptions
from homebody.process import Lifecycle


class FakePreparer:
    """A `Preparer` for which every file is a picture, but those that begin with "bad"."""

    def __init__(self):
        self.prepared = Counter()

    async def prepare(self, path, *, side_px, multiple_px=1, media_type="image/jpeg", within=None):
        data = path.read_bytes()
        self.prepared[path.name] += 1
        if data.startswith(b"bad"):
            raise BadImage(f"{path} is damaged.")
        return Prepared(
            data=data, media_type="image/jpeg", width_px=1, height_px=1, original_width_px=1, original_height_px=1,
            format="JPEG", size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest(),
            perceptual_hash=int.from_bytes(hashlib.sha256(data[:5]).digest()[:8]), facts=Facts(),
        )  # fmt: skip


class FakeDescriber:
    """A `Describer` that repeats what is in the file; `errors` come first."""

    def __init__(self):
        self.asked = Counter()
        self.errors = []
        self.free = asyncio.Event()
        self.free.set()
        self.open = self.most_open = 0

    async def describe(self, picture):
        self.asked[picture.data] += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self.free.wait()
            if self.errors:
                raise self.errors.pop(0)
            return Caption(caption=picture.data.decode(errors="replace"), model="fake")
        finally:
            self.open -= 1


class FakeWatcher:
    """A `Watcher` that tells what it is told to."""

    def __init__(self, options, wake):
        self.wake = wake
        self.waiting = {}

    def refresh(self, folders):
        return [problem for folder in folders if (problem := missing(folder)) is not None]

    def changes(self):
        found, self.waiting = self.waiting, {}
        return found

    def tell(self, path, happened):
        self.waiting[str(path)] = happened
        self.wake()

    def close(self):
        pass


class Eyes:
    def __init__(self, folder, store):
        self.folder, self.store, self.options = folder, store, GalleryOptions(folders=(str(folder),))
        self.images, self.model, self.events = FakePreparer(), FakeDescriber(), []
        self.turns, self.reader = None, None
        self.router = "a router"

    def open(self):
        self.gallery = Gallery(
            self.store, self.images, self.model, lambda: self.options, self.watch,
            lambda name, data: self.events.append((name, dict(data))), lambda: self.router, turns=self.turns,
            open_reader=self.reader,
        )  # fmt: skip

    def watch(self, options, wake):
        self.watcher = FakeWatcher(options, wake)
        return self.watcher

    def put(self, name, words, *, tell=Happened.CLOSED):
        path = self.folder / name
        path.write_bytes(words.encode())
        if tell:
            self.watcher.tell(path, tell)
        return path

    def captions(self):
        return sorted(row.caption for row in self.store.rows() if row.state == "captioned")

    async def control(self, action, value=None):
        return (await self.gallery.handle(Control(id="1", service="gallery", action=action, value=value))).value


def gallery_in(tmp_path):
    """Run a coroutine function with a gallery that runs."""
    folder = tmp_path / "pictures"
    folder.mkdir()

    def seeing(test, *, before=lambda eyes: None):
        async def run():
            with closing(Captions(tmp_path / "data")) as store:
                eyes = Eyes(folder, store)
                before(eyes)
                eyes.open()
                running = asyncio.create_task(eyes.gallery.run(Lifecycle()))
                try:
                    async with asyncio.timeout(60):
                        await test(eyes)
                finally:
                    running.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await running

        asyncio.run(run())

    return seeing


def image_workers():
    """The processes that decode pictures for this one: other tests may have left a sound server or a browser for the
    whole session."""
    return [child for child in psutil.Process().children() if _decodes(child)]


def _decodes(child):
    try:
        return child.status() != psutil.STATUS_ZOMBIE and "homebody.gallery.image_worker_main" in child.cmdline()
    except psutil.Error:  # it has just ended
        return False
