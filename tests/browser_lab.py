"""A real Chromium without a window, driven over its DevTools protocol through a pipe: no port, no library."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LIMIT_S = 30.0
KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "ArrowLeft": (37, ""), "ArrowUp": (38, ""), "ArrowRight": (39, ""),
        "ArrowDown": (40, ""), "/": (191, "/")}  # fmt: skip


def chromium() -> str:
    """The browser's path; skips where there is none, fails where there must be one (CI=true)."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI") == "true" and sys.platform == "linux":
            pytest.fail("chromium is not installed: run .ci/prepare test")
        pytest.skip("chromium is not installed")
    return found


class Browser:
    """One page of a browser; a context manager. Blocks."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._buffer = b""
        self._session: str | None = None
        self.requested: list[str] = []  # all addresses that were asked for
        self.complaints: list[str] = []  # of the console: errors, what the CSP refused

    def __enter__(self) -> Browser:
        path = chromium()
        self._folder = tempfile.TemporaryDirectory(prefix="hbc", ignore_cleanup_errors=True)
        to_browser, self._out = (_high(fd) for fd in os.pipe())
        self._in, from_browser = (_high(fd) for fd in os.pipe())
        arguments = [
            path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
            f"--user-data-dir={self._folder.name}", "about:blank",
        ]  # fmt: skip
        null = os.open(os.devnull, os.O_RDWR)
        self._pid = os.posix_spawn(
            path, arguments, {**os.environ, "HOME": self._folder.name},
            file_actions=[
                *((os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)),
                (os.POSIX_SPAWN_DUP2, to_browser, 3),
                (os.POSIX_SPAWN_DUP2, from_browser, 4),
            ],
            setpgroup=0,
        )  # fmt: skip
        for fd in (null, to_browser, from_browser):
            os.close(fd)
        try:
            (target,) = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
            attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
            self._session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)  # the group is ours: setpgroup
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)
        self._folder.cleanup()

    def begin(self, *, width_px: int = 1200, height_px: int = 800, dark: bool = False) -> None:
        """Begin anew: an empty page in a window of this size, for a person who prefers dark or does not."""
        self.open("about:blank")
        self.requested.clear()
        self.complaints.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width_px, height=height_px, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One DevTools command and its result."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        for answer in self._messages():
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
        raise AssertionError

    def _messages(self) -> Iterator[dict[str, Any]]:
        until_s = time.monotonic() + LIMIT_S
        while True:
            while b"\0" in self._buffer:
                one, self._buffer = self._buffer.split(b"\0", 1)
                message = json.loads(one)
                self._note(message)
                yield message
            if not select.select([self._in], [], [], max(0.0, until_s - time.monotonic()))[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self._in, 1 << 16)
            if not data:
                raise EOFError("the browser has ended")
            self._buffer += data

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requested.append(parameters["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(parameters["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(parameters["exceptionDetails"]))

    def open(self, url: str) -> None:
        """Go there, until it has been loaded."""
        self.call("Page.navigate", url=url)
        blank = "===" if url == "about:blank" else "!=="
        self.until(f"document.readyState === 'complete' && location.href {blank} 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def until(self, condition: str) -> None:
        """Until a JavaScript expression is true."""
        until_s = time.monotonic() + LIMIT_S
        while True:
            with contextlib.suppress(RuntimeError):  # the page is just being replaced
                if self.run(condition):
                    return
            if time.monotonic() > until_s:
                raise TimeoutError(f"never true: {condition}; the page says: {self.run('document.body.innerText')}")
            time.sleep(0.02)

    def key(self, key: str) -> None:
        """Press a key."""
        code, text = KEYS[key]
        common = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def type(self, text: str) -> None:
        """Type words where the cursor is."""
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Click into the middle of an element."""
        x, y = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path: Path) -> None:
        """What is to be seen, as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


def _high(fd: int) -> int:
    """The same file under a number that is neither 3 nor 4; closed in other programs."""
    high = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(fd)
    return high
