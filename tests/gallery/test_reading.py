"""Text is read behind the captions: of screenshots and documents, once each, never during a turn."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from PIL import Image

from gallery_lab import gallery_in
from homebody.captions.rows import Stat, Unread
from homebody.captions.search import CaptionSearch
from homebody.errors import BadImage, MissingPart
from homebody.gallery import reading
from homebody.gallery.ocr import Line, Recognized, TextReader, installed
from homebody.gallery.reading import holds_text
from homebody.gallery.turns import Turns
from homebody.gallery.watcher import Happened
from homebody.options_gallery import GalleryOptions
from picture_lab import page
from wire import eventually


class FakeReader:
    """A `Reader` that finds the file's own bytes; of a file named "odd" nothing."""

    def __init__(self):
        self.read, self.opened, self.open = [], 0, False
        self.missing = False

    @asynccontextmanager
    async def __call__(self):
        if self.missing:
            raise MissingPart("Nothing that reads is installed.", "Install it.")
        self.opened += 1
        self.open = True
        try:
            yield self
        finally:
            self.open = False

    async def recognize(self, path, *, within=None):
        self.read.append(path.name)
        if path.name.startswith("odd"):
            raise BadImage("It ended the process.")
        return Recognized("tesseract", (Line(f"written: {path.read_bytes().decode()}", 1, 0, 0, 1, 1),))


@pytest.fixture
def see(tmp_path):
    return gallery_in(tmp_path)


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(reading, "IDLE_S", 0.05)
    monkeypatch.setattr(reading, "SIDE_PX", 1)  # the fake preparer's pictures have one pixel


def eyes_that(mode="auto", **reader):
    def before(eyes):
        eyes.turns, eyes.reader = Turns(), FakeReader()
        vars(eyes.reader).update(reader)
        eyes.options = GalleryOptions(folders=(str(eyes.folder),), ocr=mode)

    return before


def text_of(eyes):
    return {next(iter(row.paths)).rpartition("/")[2]: row.ocr for row in eyes.store.rows() if row.read_at}


@pytest.mark.lengthy
def test_a_screenshots_text_is_found_by_searching_and_a_photograph_is_not_read(see, tmp_path):
    async def test(eyes):
        eyes.put("Screenshot.png", "disk full")
        eyes.put("beach.jpg", "a dog")
        await eventually(lambda: text_of(eyes) == {"Screenshot.png": "written: disk full"})
        await eventually(lambda: len(eyes.captions()) == 2)
        found = CaptionSearch(tmp_path / "data").find("written")
        assert [row.path.rpartition("/")[2] for row in found.rows] == ["Screenshot.png"]
        await eventually(lambda: not eyes.reader.open)  # nothing more to read: its memory is given back
        assert eyes.reader.read == ["Screenshot.png"]

    see(test, before=eyes_that())


def test_everything_is_read_where_the_profile_says_so_once_each_and_what_cannot_be_is_not_tried_again(see):
    async def first(eyes):
        eyes.put("a.jpg", "a dog")
        eyes.put("odd.jpg", "odd")
        await eventually(lambda: text_of(eyes) == {"a.jpg": "written: a dog", "odd.jpg": ""})

    async def again(eyes):
        eyes.put("b.jpg", "a cat")
        await eventually(lambda: len(text_of(eyes)) == 3)
        assert eyes.reader.read == ["b.jpg"]

    see(first, before=eyes_that("all"))
    see(again, before=eyes_that("all"))


def test_nothing_is_read_where_it_is_off_until_the_profile_says_otherwise(see):
    async def test(eyes):
        eyes.put("Screenshot.png", "disk full")
        await eventually(lambda: eyes.captions() == ["disk full"])
        assert not eyes.reader.opened
        eyes.options = GalleryOptions(folders=(str(eyes.folder),), ocr="all")
        assert "gallery.ocr" in (await eyes.control("reload"))["applied"]
        await eventually(lambda: text_of(eyes) == {"Screenshot.png": "written: disk full"})

    see(test, before=eyes_that("off"))


@pytest.mark.lengthy
def test_captions_and_texts_wait_for_the_end_of_a_turn(see):
    async def test(eyes):
        eyes.turns.notice("voice.state", {"state": "hearing"})
        eyes.put("Screenshot.png", "disk full")
        await eventually(lambda: len(eyes.gallery._work))
        await asyncio.sleep(0.1)
        assert not eyes.images.prepared
        assert not eyes.model.asked
        eyes.turns.notice("voice.state", {"state": "listening"})
        await eventually(lambda: text_of(eyes))

    see(test, before=eyes_that())


@pytest.mark.parametrize(("mode", "told"), [("all", True), ("auto", False)])
def test_without_anything_that_reads_captions_go_on_and_who_asked_for_texts_is_told(see, mode, told):
    async def test(eyes):
        eyes.put("Screenshot.png", "disk full")
        eyes.put("Screenshot 2.png", "disk empty")
        await eventually(lambda: len(eyes.captions()) == 2)
        await eventually(lambda: eyes.gallery._reading._missing)
        assert any("not read" in data.get("problem", "") for _, data in eyes.events) == told

    see(test, before=eyes_that(mode, missing=True))


def image(path, camera="", caption="", tags=(), side=100):
    return Unread(1, path, Stat(1, 1), side, side, camera, caption, tags)


def test_screenshots_and_documents_are_expected_to_hold_text_and_photographs_are_not():
    assert holds_text(image("/p/Bildschirmfoto 3.jpg"))
    assert holds_text(image("/p/x.png"))
    assert holds_text(image("/p/IMG_1.jpg", "Canon", "A receipt lies on a table."))
    assert holds_text(image("/p/IMG_1.jpg", "Canon", tags=("document",)))
    assert not holds_text(image("/p/IMG_1.jpg", "Canon", "A dog on a beach."))
    assert not holds_text(image("/p/IMG_1.jpg", "", "A dog on a beach."))


def test_an_icon_is_not_read(monkeypatch):
    monkeypatch.setattr(reading, "SIDE_PX", 64)
    assert not holds_text(image("/p/screenshot.png", side=48))
    assert holds_text(image("/p/screenshot.png", side=64))


@pytest.mark.models
def test_a_real_page_is_read(tmp_path, see):
    if "tesseract" not in installed():
        pytest.skip("tesseract is not installed")

    def before(eyes):
        eyes_that()(eyes)
        eyes.reader = lambda: TextReader("tesseract")

    async def test(eyes):
        page(["Invoice 1425", "Total 200 EUR"]).save(eyes.folder / "scan.png")
        Image.new("RGB", (300, 200), "white").save(eyes.folder / "blank.png")
        for name in ("scan.png", "blank.png"):
            eyes.watcher.tell(eyes.folder / name, Happened.CLOSED)
        await eventually(lambda: len(text_of(eyes)) == 2, hang_guard_s=50)
        assert "Invoice 1425" in text_of(eyes)["scan.png"]
        assert text_of(eyes)["blank.png"] == ""

    see(test, before=before)
