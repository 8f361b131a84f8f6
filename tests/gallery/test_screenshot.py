"""What is on the screen comes as a picture, on each kind of desktop; where it may not, a person is told what to do."""

import asyncio
import io
import os
import sys
import threading
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from PIL import Image, ImageChops

from homebody.errors import NoScreen
from homebody.gallery import screenshot
from homebody.gallery.screenshot import take, which
from picture_lab import as_bytes, scene
from screen_lab import paint, portal, session_bus, x_server

pytestmark = pytest.mark.processes

BARE = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "WAYLAND_DISPLAY"}}
linux = pytest.mark.skipif(sys.platform != "linux", reason="a desktop of Linux")


def taken(**environment):
    limit_s = environment.pop("deadline_s", 60)
    return asyncio.run(take(deadline_s=limit_s, environment={**BARE, **environment}))


@linux
def test_what_an_x_server_shows_is_what_comes(tmp_path):
    shown = scene(640, 480)
    with x_server(640, 480, tmp_path) as display:
        paint(tmp_path, shown)
        image = Image.open(io.BytesIO(taken(DISPLAY=display)))
    assert image.size == (640, 480)
    assert ImageChops.difference(image.convert("RGB"), shown).getbbox() is None


@linux
def test_an_x_server_that_is_not_there_is_named():
    with pytest.raises(NoScreen, match=":4242") as refused:
        taken(DISPLAY=":4242")
    assert "watched folder" in refused.value.remedy
    assert "Traceback" not in refused.value.reason


@linux
def test_without_a_desktop_it_says_so():
    with pytest.raises(NoScreen, match="no screen here"):
        taken()


def test_each_desktop_has_one_way():
    assert which({"DISPLAY": ":0"}, "linux") == "x11"
    assert which({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux") == "wayland"
    assert which({}, "linux") is None
    assert which({}, "darwin") == "macos"


@contextmanager
def desktop(tmp_path, answer):
    with session_bus(tmp_path) as address:
        ready = threading.Event()
        service = threading.Thread(target=portal, args=(address, ready, answer))
        service.start()
        assert ready.wait(30)
        yield {"WAYLAND_DISPLAY": "wayland-0", "DBUS_SESSION_BUS_ADDRESS": address}
        service.join(30)
        assert not service.is_alive()


@linux
def test_the_portals_picture_is_read_and_not_left_lying_about(tmp_path):
    path = tmp_path / "Screenshot from homebody.png"
    path.write_bytes(as_bytes(scene(64, 48), "PNG"))
    with desktop(tmp_path, (0, {"uri": ("s", "file://" + quote(str(path)))})) as environment:
        data = taken(**environment)
    assert Image.open(io.BytesIO(data)).size == (64, 48)
    assert not path.exists()


@linux
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((1, {}), "was not allowed"),
        ((2, {}), "took no picture"),
        ((0, {}), "took no picture"),
        ((0, {"uri": ("s", "file:///nonexistent.png")}), "not there"),
        ("org.freedesktop.DBus.Error.UnknownMethod", "no service for screenshots"),
    ],
    ids=["denied", "ended", "no address", "no file", "no such service"],
)
def test_what_the_portal_refuses_is_said_with_a_way_out(tmp_path, answer, reason):
    with desktop(tmp_path, answer) as environment, pytest.raises(NoScreen, match=reason) as refused:
        taken(**environment)
    assert refused.value.remedy


@linux
def test_a_question_that_nobody_answers_ends(tmp_path):
    with desktop(tmp_path, None) as environment, pytest.raises(NoScreen, match=r"within 0\.5 s"):
        taken(**environment, deadline_s=0.5)


@linux
def test_without_a_portal_or_a_bus_it_says_so(tmp_path):
    with session_bus(tmp_path) as address, pytest.raises(NoScreen, match="no service for screenshots"):
        taken(WAYLAND_DISPLAY="wayland-0", DBUS_SESSION_BUS_ADDRESS=address)
    with pytest.raises(NoScreen, match="message bus does not answer"):
        taken(WAYLAND_DISPLAY="wayland-0", DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path}/none")


def test_on_macos_a_missing_permission_names_the_setting(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(screenshot, "_macos_allows", lambda: False)
    with pytest.raises(NoScreen, match="macOS does not let") as refused:
        asyncio.run(take())
    assert "Privacy & Security" in refused.value.remedy
