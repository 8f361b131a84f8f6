"""A picture of the screen, as PNG: one way for each kind of desktop, and a clear answer where it is not allowed.

- X11: mss, in a process of its own, since an X server may hang.
- Wayland: the desktop's own service, xdg-desktop-portal, which asks the person once and remembers it by application.
- macOS: the program screencapture; the permission is the terminal's or that of whatever started homebody.

What always works is the person's own screenshot key and a watched folder. Looked at anew each time, since a service may
be older than the session on the screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

from homebody.errors import BadImage, NoScreen
from homebody.gallery.images import read

Desktop = Literal["x11", "wayland", "macos"]

DEADLINE_S: Final = 60.0  # a person may have to answer the desktop's question first
_ALWAYS: Final = "Or press your own screenshot key: pictures in a watched folder are always found."
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PORTAL: Final = "org.freedesktop.portal.Desktop"
_PORTAL_PATH: Final = "/org/freedesktop/portal/desktop"


async def take(*, deadline_s: float = DEADLINE_S, environment: Mapping[str, str] = os.environ) -> bytes:
    """Take a picture of the whole desktop, all screens: a PNG file.

    Args:
        deadline_s: For all of it, the person's answer to the desktop's question included.
        environment: Says which desktop there is.

    Raises:
        NoScreen: There is none, it may not be taken, or nothing came in time; the remedy says what to do here.
    """
    desktop = which(environment, sys.platform)
    if desktop is None:
        raise NoScreen(
            "There is no screen here that homebody could see: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            "Start homebody from within the desktop session. " + _ALWAYS,
        )
    ways = {"x11": _from_x11, "wayland": _from_portal, "macos": _from_macos}
    try:
        async with asyncio.timeout(deadline_s):
            data = await ways[desktop](environment)
    except TimeoutError as error:
        reason = f"No picture of the screen came within {deadline_s:g} s."
        raise NoScreen(reason, "Answer the desktop's question if it shows one, then try again. " + _ALWAYS) from error
    if not data.startswith(_PNG):
        raise NoScreen("What came as a picture of the screen is none.", _ALWAYS)
    return data


def which(environment: Mapping[str, str], platform: str) -> Desktop | None:
    """The kind of desktop there is. Pure.

    Wayland before X11: with both, X11 is XWayland, which shows no other program's windows.
    """
    if platform == "darwin":
        return "macos"
    if environment.get("WAYLAND_DISPLAY"):
        return "wayland"
    return "x11" if environment.get("DISPLAY") else None


async def _from_x11(environment: Mapping[str, str]) -> bytes:
    status, out, said = await _run(environment, sys.executable, "-P", "-m", "homebody.gallery.screenshot_x11")
    if status != 0:
        reason = said.decode(errors="replace").strip().splitlines()[-1:] or ["it says nothing"]
        raise NoScreen(
            f"The X server at {environment.get('DISPLAY')} shows us no picture ({reason[0][:200]}).",
            "Start homebody from within the desktop session, as the same person. " + _ALWAYS,
        )
    return out


async def _from_macos(environment: Mapping[str, str]) -> bytes:
    remedy = (
        "Allow it for your terminal, or for whatever starts homebody: System Settings, Privacy & Security, Screen & "
        "System Audio Recording. " + _ALWAYS
    )
    if not _macos_allows():
        # Without the permission, screencapture delivers the wallpaper without windows and calls that success.
        raise NoScreen("macOS does not let homebody see the screen.", remedy)
    with tempfile.TemporaryDirectory(prefix="homebody-") as folder:
        path = Path(folder, "screen.png")
        status, _, _ = await _run(environment, "/usr/sbin/screencapture", "-x", "-t", "png", str(path))
        if status != 0 or not path.exists():
            raise NoScreen("macOS took no picture of the screen.", remedy)
        return path.read_bytes()


def _macos_allows() -> bool:
    """What macOS (10.15 and later) says of Screen Recording; asking does not show its question."""
    import ctypes

    try:
        graphics = ctypes.CDLL("/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics")
        preflight = graphics.CGPreflightScreenCaptureAccess
    except (OSError, AttributeError):
        return True  # an older system: screencapture itself will say
    preflight.restype = ctypes.c_bool
    return bool(preflight())


async def _run(environment: Mapping[str, str], *command: str) -> tuple[int, bytes, bytes]:
    """Exit status, standard output and standard error of a program, which does not outlive us."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
    )  # fmt: skip
    try:
        out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out, said


async def _from_portal(environment: Mapping[str, str]) -> bytes:
    """As https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Screenshot.html says."""
    from jeepney.auth import AuthenticationError
    from jeepney.io.asyncio import open_dbus_router

    bus = environment.get("DBUS_SESSION_BUS_ADDRESS") or "SESSION"
    try:
        async with open_dbus_router(bus) as router:
            code, results = await _ask_portal(router)
    except (OSError, EOFError, KeyError, AuthenticationError) as error:
        raise NoScreen(
            "The desktop's message bus does not answer.", "Start homebody from within the desktop session. " + _ALWAYS
        ) from error
    if code == 1:
        raise NoScreen(
            "The picture of the screen was not allowed.",
            "Ask again and say yes, or allow it in the desktop's settings, under Apps. " + _ALWAYS,
        )
    uri = urlsplit(str(results.get("uri", ("s", ""))[1]))
    if code != 0 or uri.scheme != "file":
        raise NoScreen("The desktop took no picture of the screen.", "Unlock it, and try again. " + _ALWAYS)
    path = Path(unquote(uri.path))
    try:
        return read(path)
    except BadImage as error:
        raise NoScreen(error.reason, error.remedy) from error
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # made for us alone; some desktops keep it among the person's pictures


async def _ask_portal(router: Any) -> tuple[int, dict[str, Any]]:
    """The portal's answer: 0 taken, 1 refused by the person, 2 otherwise ended; and what belongs to it."""
    from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, message_bus, new_method_call
    from jeepney.io.asyncio import Proxy

    token = f"homebody_{secrets.token_hex(8)}"
    sender = router.unique_name.removeprefix(":").replace(".", "_")
    handle = f"{_PORTAL_PATH}/request/{sender}/{token}"
    answered = MatchRule(type="signal", interface="org.freedesktop.portal.Request", member="Response", path=handle)
    # Listened for before it is asked, or the answer could come between.
    await Proxy(message_bus, router).AddMatch(answered)
    with router.filter(answered) as answers:
        portal = DBusAddress(_PORTAL_PATH, _PORTAL, "org.freedesktop.portal.Screenshot")
        options = {"handle_token": ("s", token), "interactive": ("b", False)}
        reply = await router.send_and_get_reply(new_method_call(portal, "Screenshot", "sa{sv}", ("", options)))
        if reply.header.message_type is MessageType.error:
            name = str(reply.header.fields.get(HeaderFields.error_name, "")).rsplit(".", 1)[-1]
            raise NoScreen(
                f"This desktop has no service for screenshots ({name}).",
                "Install xdg-desktop-portal and your desktop's part of it (xdg-desktop-portal-gnome, -kde). " + _ALWAYS,
            )
        code, results = (await answers.get()).body
        return int(code), dict(results)
