"""A private X server that shows a picture, and a private desktop portal."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from PIL import Image

LIMIT_S = 30


def needs(*programs: str) -> None:
    """Skip where one is missing; a machine of the continuous integration must have them all."""
    missing = [program for program in programs if shutil.which(program) is None]
    if sys.platform != "linux" or missing:
        reason = f"missing: {', '.join(missing) or sys.platform}"
        if os.environ.get("CI") == "true" and sys.platform == "linux":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def x_server(width: int, height: int, folder: Path) -> Iterator[str]:
    """The DISPLAY of an Xvfb of this size, black. Its frame buffer is a file, ``Xvfb_screen0``, in ``folder``."""
    needs("Xvfb")
    read_fd, write_fd = os.pipe()
    with os.fdopen(read_fd, "rb") as told:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp",
             "-fbdir", str(folder), "-nocursor", "-noreset"],
            pass_fds=[write_fd], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write_fd)
        try:
            number = told.readline().decode().strip()
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            server.terminate()
            server.wait(LIMIT_S)


def paint(folder: Path, image: Image.Image) -> None:
    """Show a picture of the screen's size: its pixels are written into the frame buffer's file (XWD, 32 bits)."""
    pixels = image.convert("RGB").tobytes("raw", "BGRX")
    with (folder / "Xvfb_screen0").open("r+b") as buffer:
        header = buffer.read(100)
        size, colours = int.from_bytes(header[:4], "big"), int.from_bytes(header[76:80], "big")
        buffer.seek(size + 12 * colours)
        buffer.write(pixels)


@contextmanager
def session_bus(folder: Path) -> Iterator[str]:
    """The address of a private D-Bus."""
    needs("dbus-daemon")
    path = folder / "bus"
    address = f"unix:path={path}"
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + LIMIT_S
        while not _answers(path):
            assert time.monotonic() < until
            assert daemon.poll() is None
            time.sleep(0.01)
        yield address
    finally:
        daemon.terminate()
        daemon.wait(LIMIT_S)


def _answers(path: Path) -> bool:
    """Whether somebody listens at a socket, which is there a little sooner."""
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(str(path)) == 0


def portal(address: str, ready: Any, answer: tuple[int, dict[str, Any]] | str | None) -> None:
    """Be the portal for one question; run it in a thread.

    Args:
        ready: An event, set when it may be asked.
        answer: The signal's code and results; a name: that error; None: never an answer.
    """
    with open_dbus_connection(address) as bus:
        bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.portal.Desktop"))
        ready.set()
        while True:
            asked = bus.receive(timeout=LIMIT_S)
            if asked.header.message_type is MessageType.method_call:
                break
        if isinstance(answer, str):
            bus.send(new_error(asked, answer))
            return
        _, options = asked.body
        sender = asked.header.fields[HeaderFields.sender]
        handle = "/org/freedesktop/portal/desktop/request/{}/{}".format(
            sender[1:].replace(".", "_"), options["handle_token"][1]
        )
        bus.send(new_method_return(asked, "o", (handle,)))
        if answer is not None:
            emitter = DBusAddress(handle, interface="org.freedesktop.portal.Request")
            bus.send(new_signal(emitter, "Response", "ua{sv}", answer))
