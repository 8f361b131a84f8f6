"""Who is let in to the page, and what it keeps; without a browser."""

import asyncio
import contextlib
import http.client
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebody.errors import BadImage
from homebody.gallery import page_html
from homebody.gallery.exif import Facts
from homebody.gallery.images import Prepared
from homebody.gallery.page_guard import Guard
from homebody.gallery.page_html import Wish
from homebody.gallery.page_http import Request, Response, served
from homebody.gallery.thumbnails import Thumbnails

HOST = "127.0.0.1:4000"


def asked(path="/", method="GET", host=HOST, query=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method=method, path=path, query=query or {}, headers={"host": host, **headers})


@pytest.fixture
def guard():
    return Guard(4000, token="secret")


@pytest.fixture
def cookie(guard):
    answer = guard.check(asked(query={"token": "secret"}))
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    return answer.headers["Set-Cookie"].split(";")[0]


def test_the_token_is_exchanged_for_a_cookie_that_lets_in(guard, cookie):
    assert "secret" not in cookie
    assert guard.check(asked(cookie=cookie)) is None
    assert guard.check(asked(host="localhost:4000", cookie=cookie)) is None


@pytest.mark.parametrize("request_", [
    asked(), asked(cookie="homebody_gallery_4000=wrong"), asked(cookie="\x00;;="),
    asked(query={"token": "wrong"}), asked(query={"token": "sécret"}), asked("/rows", query={"token": "secret"}),
])  # fmt: skip
def test_without_either_nobody_is_let_in(guard, request_):
    assert guard.check(request_).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example:4000", "127.0.0.1", "127.0.0.1:4001", "localhost.evil.example:4000", ""]
)
def test_a_foreign_name_of_this_machine_is_refused_even_with_the_cookie(guard, cookie, host):
    assert guard.check(asked(host=host, cookie=cookie)).status == 403


@pytest.mark.parametrize("origin", [None, "null", "http://127.0.0.1:9999", "https://evil.example"])
def test_only_the_page_itself_may_change_something(guard, cookie, origin):
    more = {} if origin is None else {"origin": origin}
    assert guard.check(asked("/retry", "POST", cookie=cookie, **more)).status == 403
    assert guard.check(asked("/retry", "POST", cookie=cookie, origin=f"http://{HOST}")) is None


@given(st.dictionaries(st.sampled_from(["q", "folder", "since", "until", "offset"]), st.text(max_size=20)))
def test_whatever_stands_in_the_address_is_a_wish(query):
    wish = Wish.of(query)
    first, last = wish.between
    assert 0 <= wish.offset <= 100_000
    assert first is None or last is None or (first < last) == (wish.since <= wish.until)
    assert "<script" not in page_html.page(wish, "", "", ["<script>"]).replace('<script src="/page.js" defer>', "")


def test_what_breaks_in_a_handler_is_no_business_of_the_browser_and_large_requests_are_refused():
    async def handler(request):
        if request.path == "/broken":
            raise ValueError("someone's words")
        return Response(body=request.form.get("a", "-").encode())

    def talk(port):
        found = []
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            for method, path, body in [("GET", "/", None), ("GET", "/broken", None), ("POST", "/", "a=b%20c"),
                                       ("HEAD", "/", None), ("POST", "/", "a" * 20_000)]:  # fmt: skip
                connection.request(method, path, body)
                with connection.getresponse() as answer:
                    found.append((answer.status, answer.read()))
        return found

    async def run():
        async with served(lambda _: handler) as port:
            return await asyncio.to_thread(talk, port)

    plain, broken, posted, head, large = asyncio.run(run())
    assert (plain, posted, head, large[0]) == ((200, b"-"), (200, b"b c"), (200, b""), 413)
    assert broken[0] == 500
    assert b"words" not in broken[1]


class FakeDecoder:
    """Every file is a picture, and its content its hash."""

    def __init__(self):
        self.decoded = []

    async def prepare(self, path, *, side_px, within=None):
        self.decoded.append(path.name)
        return Prepared(
            data=b"x" * 1000, media_type="image/jpeg", width_px=1, height_px=1, original_width_px=1,
            original_height_px=1, format="JPEG", size_bytes=1, sha256=path.read_text(), perceptual_hash=0,
            facts=Facts(),
        )  # fmt: skip


def test_thumbnails_are_made_once_and_bounded_and_only_of_what_still_lies_in_a_watched_folder(tmp_path):
    folder, cache = tmp_path / "p", tmp_path / "c"
    folder.mkdir()
    paths = [folder / f"{sign}.jpg" for sign in "abc"]
    for path in paths:
        path.write_text(path.stem * 64)

    async def run():
        decoder = FakeDecoder()
        small = Thumbnails(decoder, cache, [folder], limit_bytes=2500)
        for path in [paths[0], paths[0], paths[1], paths[0], paths[2]]:
            await small.thumbnail(path, path.stem * 64)
        assert decoder.decoded == ["a.jpg", "b.jpg", "c.jpg"]
        assert sorted(Path(file).name[0] for file in cache.iterdir()) == ["a", "c"]  # b was unused for longest
        with pytest.raises(BadImage):
            await small.thumbnail(paths[0], "f" * 64)  # another picture lies there
        elsewhere = Thumbnails(decoder, cache, [tmp_path / "other"])
        with pytest.raises(BadImage):
            await elsewhere.thumbnail(paths[0], "a" * 64)  # kept, but watched no more

    asyncio.run(run())


def test_a_file_that_was_set_aside_is_named_once():
    refused = [
        {"path": "/p/a.jpg", "reason": "/p/a.jpg is empty."}, {"path": "/p/b.jpg", "reason": "The model refused."},
    ]  # fmt: skip
    shown = page_html.state({"state": "idle", "refused": refused, "refused_count": 2})
    assert "<li>/p/a.jpg is empty.</li><li>/p/b.jpg: The model refused.</li>" in shown
