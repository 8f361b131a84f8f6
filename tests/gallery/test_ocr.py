"""Every engine that is installed reads what was written, in a worker that may be killed; where none is, it says so."""

import asyncio
import os
import sys

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from homebody.errors import BadImage, MissingPart
from homebody.gallery import ocr
from homebody.gallery.ocr import TextReader, choose, installed
from homebody.gallery.ocr_engines import tesseract_lines, vision_lines
from picture_lab import page, photograph

LINES = ["Holiday plans for Lisbon", "Error 1425: access is denied", "Total 200 EUR"]


@pytest.fixture(params=["rapidocr", "tesseract", "vision"])
def engine(request):
    if request.param not in installed():
        if os.environ.get("CI") == "true" and sys.platform == "linux" and request.param != "vision":
            pytest.fail(f"{request.param} is missing; .ci/prepare test installs it")
        pytest.skip(f"{request.param} is not installed")
    return request.param


async def guarded(coroutine, limit_s=100):
    async with asyncio.timeout(limit_s):
        return await coroutine


def recognized(path, engine, **options):
    async def read():
        async with TextReader(engine, **options) as reader:
            return await reader.recognize(path)

    return asyncio.run(guarded(read()))


def words(text):
    return {word.strip(".,:;").lower() for word in text.split()}


@pytest.mark.models
def test_what_is_written_is_read_light_and_dark_nothing_is_nothing_and_no_picture_is_refused(tmp_path, engine):
    page(LINES).save(tmp_path / "light.png")
    page(LINES, ink=235, paper=30).save(tmp_path / "dark.png")
    Image.new("RGB", (300, 200), "white").save(tmp_path / "blank.png")
    (tmp_path / "bad.png").write_bytes(b"words")

    async def read():
        async with TextReader(engine) as reader:
            with pytest.raises(BadImage, match=r"bad\.png"):
                await reader.recognize(tmp_path / "bad.png")
            with pytest.raises(BadImage, match="lies in none"):
                await reader.recognize(tmp_path / "light.png", within=[tmp_path / "else"])
            names = ("light", "dark", "blank")
            return [await reader.recognize(tmp_path / f"{name}.png", within=[tmp_path]) for name in names]

    light, dark, blank = asyncio.run(guarded(read()))
    wanted = words(" ".join(LINES))
    for found in (light, dark):
        assert found.engine == engine
        assert len(wanted & words(found.text)) >= len(wanted) - 1
        first = found.lines[0]
        assert 0 <= first.left < 0.1
        assert first.top < 0.3
        assert 0 < first.width < 1
        assert [line.top for line in found.lines] == sorted(line.top for line in found.lines)
    assert blank.text == ""


@pytest.mark.processes
def test_one_that_takes_too_long_is_ended_with_whatever_it_started(tmp_path, engine):
    photograph(2000, 1500).save(tmp_path / "big.png")
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(BadImage, match=r"took longer than 0\.3 s"):
        recognized(tmp_path / "big.png", engine, deadline_s=0.3)
    after = [child for child in psutil.Process().children(recursive=True) if child.is_running()]
    assert {child for child in after if child.status() != psutil.STATUS_ZOMBIE} <= before


@pytest.mark.processes
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits a process's address space")
def test_one_that_takes_too_much_memory_is_refused(tmp_path, engine):
    page(LINES).save(tmp_path / "a.png")
    with pytest.raises((BadImage, MissingPart)) as refused:
        recognized(tmp_path / "a.png", engine, memory_limit_bytes=150 * 2**20)
    assert refused.value.remedy


def test_where_nothing_is_installed_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(ocr, "installed", lambda: ())
    for asked in (None, "rapidocr"):
        with pytest.raises(MissingPart, match="installed") as refused:
            TextReader(asked)
        assert "homebody[ocr]" in refused.value.remedy


def test_tesseract_is_chosen_where_memory_is_scarce():
    plenty, scarce = 8 * 2**30, 2**30
    assert choose(("rapidocr", "tesseract"), plenty) == "rapidocr"
    assert choose(("rapidocr", "tesseract"), scarce) == "tesseract"
    assert choose(("rapidocr",), scarce) == "rapidocr"
    assert choose(("tesseract",), plenty) == "tesseract"
    assert choose(("vision", "rapidocr", "tesseract"), plenty) == "vision"
    assert choose((), plenty) is None


HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"


def test_the_words_of_a_line_are_joined_and_the_doubtful_left_out():
    table = HEAD + (
        "4\t1\t1\t1\t1\t0\t10\t10\t80\t20\t-1\t\n"
        "5\t1\t1\t1\t1\t1\t10\t10\t30\t20\t96.5\tHello\n"
        "5\t1\t1\t1\t1\t2\t50\t12\t40\t20\t90\tworld\n"
        "5\t1\t1\t1\t1\t3\t95\t12\t4\t20\t12\t|\n"
        "5\t1\t1\t1\t2\t1\t10\t40\t30\t20\t80\tAgain\n"
    )
    first, second = tesseract_lines(table, 100, 100)
    assert (first.text, first.confidence, second.text) == ("Hello world", 0.9, "Again")
    assert (first.left, first.top, first.width, first.height) == (0.1, 0.1, 0.8, 0.22)


@given(st.text(alphabet=st.sampled_from("level\tconftext5-1.9\n\0é"), max_size=200))
def test_no_table_of_tesseracts_raises(table):
    tesseract_lines(table, 10, 10)
    tesseract_lines(HEAD + table, 10, 10)


def test_apples_boxes_are_counted_from_the_top():
    (line,) = vision_lines([("Hello", 0.5, (0.1, 0.7, 0.3, 0.2))])
    assert line.top == pytest.approx(0.1)
