"""What the gallery does on the desktop, with an opener and a screen that are scripts."""

import asyncio
import io

import pytest
from PIL import Image

from homebody.errors import BadImage, NoScreen, RemoteFailure
from homebody.gallery.desktop import Desktop

OUT = io.BytesIO()
Image.new("RGB", (64, 48), "red").save(OUT, "PNG")


async def taken():
    return OUT.getvalue()


@pytest.fixture
def opener(tmp_path, monkeypatch):
    """An xdg-open that writes down what it is to open."""
    program, said = tmp_path / "bin" / "xdg-open", tmp_path / "said"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$1" > {said}\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setattr("sys.platform", "linux")
    return said


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "pictures" / "a.png"
    path.parent.mkdir()
    path.write_bytes(OUT.getvalue())
    return path


@pytest.mark.processes
def test_a_picture_of_a_watched_folder_is_opened_by_the_desktop(opener, picture):
    desktop = Desktop(environment={"DISPLAY": ":9", "PATH": str(opener.parent / "bin") + ":/usr/bin:/bin"})
    asyncio.run(desktop.open(picture, [picture.parent]))
    assert opener.read_text().strip() == str(picture)


def test_without_a_screen_it_says_so_and_where_the_picture_lies(picture, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(NoScreen, match="no screen") as refused:
        asyncio.run(Desktop(environment={}).open(picture, [picture.parent]))
    assert str(picture) in refused.value.remedy


def test_nothing_else_is_opened(opener, picture, tmp_path):
    desktop = Desktop(environment={"DISPLAY": ":9"})
    script = picture.with_suffix(".sh")
    script.write_text("#!/bin/sh\n")
    for path, folder in [(script, picture.parent), (picture, tmp_path / "bin"), (picture.with_name("b.png"), tmp_path)]:
        with pytest.raises(BadImage):
            asyncio.run(desktop.open(path, [folder]))
    assert not opener.exists()


def test_a_picture_of_the_screen_is_kept_for_its_owner_alone(tmp_path):
    path = asyncio.run(Desktop(take=taken, folder=tmp_path / "Screenshots").keep())
    assert path.read_bytes() == OUT.getvalue()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("question", "said"), [
    ("What is on this screen?", "I cannot see pictures"), ("Was ist auf diesem Bildschirm?", "Sehen kann ich"),
    ("Qu'y a-t-il sur cet écran ?", "Je ne peux pas voir"), ("¿Qué hay en esta pantalla?", "No puedo ver"),
    ("Lies mir diese Fehlermeldung vor.", "Sehen kann ich"), ("Co jest na ekranie?", "I cannot see pictures"),
])  # fmt: skip
def test_without_a_model_that_sees_the_text_is_read_in_the_language_of_the_question(monkeypatch, question, said):
    async def blind(question, picture):
        raise RemoteFailure("no_model", "There is no model that sees.")

    class Reader:
        text = "Error 42"

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            pass

        async def recognize(self, path):
            assert path.read_bytes() == OUT.getvalue()
            return self

    monkeypatch.setattr("homebody.gallery.ocr.TextReader", Reader)
    answer = asyncio.run(Desktop(blind, taken).look(question))
    assert answer.startswith(said)
    assert answer.endswith("Error 42")
    monkeypatch.setattr(Reader, "text", " ")
    answer = asyncio.run(Desktop(blind, taken).look(question))
    assert answer.startswith(said)
    assert "Error" not in answer


def test_a_question_about_the_screen_goes_to_the_model_and_its_failure_is_told():
    async def ask(question, picture):
        assert picture.startswith(b"\x89PNG")
        if question == "busy?":
            raise RemoteFailure("busy", "Too much to do.")
        return f"You asked: {question}"

    desktop = Desktop(ask, taken)
    assert asyncio.run(desktop.look("what?")) == "You asked: what?"
    with pytest.raises(RemoteFailure, match="Too much"):
        asyncio.run(desktop.look("busy?"))
