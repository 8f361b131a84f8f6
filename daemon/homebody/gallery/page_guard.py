"""Who may see the page: the browser that was given its address, and no other page or program. Pure.

What else runs on this machine can reach a loopback port, and so can any page of the web through the person's browser:

- the address has a token, which only whoever started the page knows; the first request changes it for a cookie;
- ``Host`` must name this port of this machine, so that no foreign name can be pointed at it (DNS rebinding);
- what changes something must come from the page itself (``Origin``): cookies alone know no ports.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from homebody.gallery.page_http import Request, Response

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets requests in or not.

    Args:
        port: Where the page is served.
        token: Of the address; None: a new one.
    """

    def __init__(self, port: int, token: str | None = None) -> None:
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._name = f"homebody_gallery_{port}"
        self._token = token or secrets.token_urlsafe(24)
        self._cookie = secrets.token_urlsafe(24)
        self.url = f"http://127.0.0.1:{port}/?token={self._token}"

    def check(self, request: Request) -> Response | None:
        """What to answer instead of the page; None: let it in."""
        if request.headers.get("host") not in self._hosts:
            return _refused("Open the page by the address that homebody printed.")
        if request.method not in {"GET", "HEAD", "POST"}:
            return Response(status=405, body=b"This cannot be done here.")
        if request.method == "POST":
            if request.headers.get("origin") not in {f"http://{host}" for host in self._hosts}:
                return _refused("This was not asked by the page itself.")
        elif "token" in request.query:
            if request.path == "/" and _same(request.query["token"], self._token):
                cookie = f"{self._name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"
                return Response(status=303, headers={"Location": "/", "Set-Cookie": cookie})
            return _refused("This address has expired. Open the page again with: homebody gallery --open")
        if not _same(self._given(request), self._cookie):
            return _refused("Open the page with: homebody gallery --open")
        return None

    def _given(self, request: Request) -> str:
        try:
            cookie = SimpleCookie(request.headers.get("cookie", "")).get(self._name)
        except CookieError:
            return ""
        return cookie.value if cookie else ""


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


def _refused(why: str) -> Response:
    return Response(status=403, body=why.encode(), media_type="text/plain; charset=utf-8")
