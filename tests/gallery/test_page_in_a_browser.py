"""The page in a real Chromium, over real pictures."""

import asyncio
import datetime as dt
import hashlib
import os
from contextlib import closing
from pathlib import Path

import pytest

from browser_lab import Browser
from homebody.captions.rows import Caption, Facts, Stat
from homebody.captions.search import CaptionSearch
from homebody.captions.store import Captions
from homebody.errors import RemoteFailure
from homebody.gallery.image_worker import ImageWorker
from homebody.gallery.page import Page
from homebody.gallery.page_guard import Guard
from homebody.gallery.page_http import served
from homebody.gallery.thumbnails import Thumbnails
from picture_lab import page as document
from picture_lab import photograph, scene, shape

pytestmark = pytest.mark.processes

LONG = (
    "Soft green hills under clouds, with a river that winds through fields of barley, a farm and a long row of poplars "
    "that leads to a village whose church tower stands out against the evening sky."
)
SHOWN = [
    ("bicycle.jpg", "A red bicycle leans against a yellow wall in the sun.", ("bicycle", "red"), ""),
    ("beach.jpg", "A brown dog runs along the beach after a ball.", ("dog", "beach"), ""),
    ("letter.png", "A typed letter about a rent increase.", ("document",), "Dear Ms Example, the rent rises"),
    ("evil.jpg", "<img src=x onerror=alert(1)><script>document.title='stolen'</script>", (), ""),
    ("triangle.png", "A blue triangle on a white ground.", ("triangle",), ""),
    ("hills.jpg", LONG, ("hills",), ""),
]  # fmt: skip


class FakeGallery:
    """What the running gallery answers, and what it was asked."""

    def __init__(self, folder):
        self.asked = []
        self.there = True
        self.state = {
            "state": "captioning", "rate_per_min": 12.5, "left_s": 400,
            "folders": [{"folder": str(folder), "pictures": 90, "captioned": 6, "waiting": 82, "refused": 2}],
            "refused": [{"path": f"{folder}/broken.jpg", "reason": "It is cut short."}], "refused_count": 2,
        }  # fmt: skip

    async def control(self, action, value):
        if not self.there:
            raise RemoteFailure("not_found", "No gallery service is attached.")
        if action != "status":
            self.asked.append((action, value))
        return self.state


def hung(folder: Path, store: Captions) -> None:
    """The pictures, in the folder and in the store."""
    images = [photograph(640, 480), scene(800, 500), document(["Dear Ms Example,"]), shape("circle"), shape("triangle")]
    for number, (name, caption, tags, text) in enumerate(SHOWN):
        path = folder / ("2019" if number % 2 else "2024") / name
        path.parent.mkdir(exist_ok=True)
        (images[number] if number < len(images) else photograph(900, 300, seed=7)).save(path)
        data, stat = path.read_bytes(), path.stat()
        taken = dt.datetime(2019 if number % 2 else 2024, 7, 1 + number, tzinfo=dt.UTC)
        facts = Facts(sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data), taken_at=taken)
        known = store.found(str(path), Stat(stat.st_size, stat.st_mtime_ns), facts)
        store.captioned(known.id, Caption(caption=caption, tags=tags, model="m", prompt_version="1"))
        if text:
            store.read(known.id, text)


@pytest.fixture(scope="module")
def browser():
    """Started once: it takes a second."""
    with Browser() as browser:
        yield browser


@pytest.fixture
def look(tmp_path, browser):
    """Run a function with a browser on the page of some pictures, and the gallery it asks."""

    def looking(test, *, empty=False, watched=True, there=True, **window):
        folder = tmp_path / "pictures"
        folder.mkdir()

        def in_thread(url, gallery):
            browser.begin(**window)
            browser.open(url)
            test(browser, gallery)
            assert browser.complaints == []
            own = (url.split("?")[0], "data:", "about:")
            assert [one for one in browser.requested if not one.startswith(own)] == []
            browser.begin()  # the page asks no more

        async def run():
            with closing(Captions(tmp_path / "data")) as store, closing(CaptionSearch(tmp_path / "data")) as search:
                if not empty:
                    hung(folder, store)
                gallery = FakeGallery(folder)
                gallery.there = there
                folders = [folder / "2019", folder / "2024", folder] if watched else []
                guards = []

                async with ImageWorker() as images:
                    thumbnails = Thumbnails(images, tmp_path / "cache", [folder])

                    def make(port):
                        guards.append(Guard(port))
                        return Page(search, thumbnails, gallery.control, folders, guards[0]).answer

                    async with served(make):
                        await asyncio.to_thread(in_thread, guards[0].url, gallery)

        asyncio.run(run())

    return looking


def shot(browser, name):
    """Keep what is to be seen, where somebody wants to look at it: PAGE_SHOTS=FOLDER."""
    if folder := os.environ.get("PAGE_SHOTS"):
        browser.screenshot(Path(folder, f"{name}.png"))


LOADED = "[...document.querySelectorAll('.shot img')].every(i => i.complete && i.naturalWidth > 0)"


def names(browser):
    return browser.run("[...document.querySelectorAll('.card small')].map(e => e.textContent.split(' · ')[1])")


def test_all_pictures_are_shown_with_their_captions_and_nothing_in_a_caption_runs(look):
    def test(browser, _):
        assert sorted(names(browser)) == sorted(name for name, *_ in SHOWN)
        browser.until(LOADED)
        shot(browser, "light")
        assert browser.run("document.title") == "Pictures – homebody"
        assert "<script>" in browser.run("document.querySelector('main').innerText")
        assert "token" not in browser.run("location.href")
        assert "6 of 90" in browser.run("document.querySelector('#state').innerText")

    look(test)


def test_it_searches_as_one_types_and_the_keys_lead_to_the_picture_in_large(look):
    def test(browser, _):
        browser.key("/")
        browser.type("brow")  # not yet a word
        browser.until("document.querySelectorAll('.card').length === 1")
        assert names(browser) == ["beach.jpg"]
        browser.until(LOADED)
        shot(browser, "search")
        assert browser.run("location.search") == "?q=brow"
        browser.key("ArrowDown")
        browser.key("Enter")
        browser.until("document.querySelector('dialog').open")
        browser.until("document.querySelector('dialog img').naturalWidth === 800")
        assert "brown dog" in browser.run("document.querySelector('dialog').innerText")
        shot(browser, "large")
        browser.key("Escape")
        browser.until("!document.querySelector('dialog').open")
        assert browser.run("document.activeElement.className") == "card"

    look(test)


def test_arrows_move_among_the_pictures_and_within_the_large_view(look):
    def test(browser, _):
        first, second, *_ = names(browser)
        focused = "document.activeElement.querySelector('small').textContent.split(' · ')[1]"
        browser.key("ArrowRight")
        assert browser.run(focused) == first
        browser.key("ArrowRight")
        assert browser.run(focused) == second
        browser.key("Enter")
        browser.until("document.querySelector('dialog').open")
        browser.key("ArrowLeft")
        browser.key("Escape")
        browser.until(f"document.activeElement.className === 'card' && {focused} === {first!r}")

    look(test)


def test_folder_and_dates_narrow_what_is_shown(look):
    def test(browser, _):
        browser.run("f = document.forms[0]; f.folder.selectedIndex = 1; f.folder.dispatchEvent(new Event('input', "
                    "{bubbles: true})); 1")  # fmt: skip
        browser.until("document.querySelectorAll('.card').length === 3")
        browser.run("f.until.value = '2019-07-02'; f.until.dispatchEvent(new Event('input', {bubbles: true})); 1")
        browser.until("document.querySelectorAll('.card').length === 1")
        assert names(browser) == ["beach.jpg"]
        browser.open(browser.run("location.href"))  # the address holds all of it
        assert names(browser) == ["beach.jpg"]

    look(test)


def test_describing_again_and_trying_again_are_asked_of_the_gallery(look):
    def test(browser, gallery):
        browser.click("summary")
        shot(browser, "set-aside")
        browser.click("details button")
        browser.click(".card")
        browser.until("document.querySelector('dialog').open")
        browser.click("dialog form button")
        browser.until("document.querySelector('#said').textContent !== ''")
        assert "described again" in browser.run("document.querySelector('#said').textContent")
        assert [action for action, _ in gallery.asked] == ["retry", "recaption"]
        assert gallery.asked[1][1].endswith(names(browser)[0])

    look(test)


@pytest.mark.parametrize("window", [{"dark": True}, {"width_px": 390, "height_px": 844}], ids=["dark", "narrow"])
def test_it_fits_a_phone_and_a_dark_room(look, window):
    def test(browser, _):
        browser.until(LOADED)
        shot(browser, "dark" if "dark" in window else "narrow")
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        red, green, blue = browser.run("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        assert (red + green + blue < 200) == ("dark" in window)

    look(test, **window)


@pytest.mark.parametrize(("watched", "said"), [(True, "No pictures yet"), (False, "homebody watch add")])
def test_an_empty_page_says_why_it_is_empty(look, watched, said):
    def test(browser, _):
        assert said in browser.run("document.querySelector('main').innerText")
        shot(browser, "empty" if watched else "unwatched")

    look(test, empty=True, watched=watched)


def test_without_a_gallery_and_with_a_lost_picture_it_says_so(look):
    def test(browser, _):
        assert "does not run" in browser.run("document.querySelector('#state').innerText")
        browser.run("document.querySelector('.shot img').src = '/thumbnail/' + '0'.repeat(64)")
        browser.until("document.querySelector('.shot').className.includes('lost')")
        browser.complaints.clear()  # the browser notes the 404
        shot(browser, "lost")

    look(test, there=False)
