"""Answers only requests of our own page, under a name of this machine that nobody else controls.

A page of another site can make a browser send requests to this server. They are refused by `Origin` and `Sec-Fetch-Site`.
Such a site could also give this machine a name of its own (DNS rebinding). Such requests are refused by `Host`.
"""

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "::1", "localhost")
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """A layer round an app; `host`: the address or name that the server is bound to."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self._why_refused(scope)
        answer = JSONResponse({"error": refused}, 403) if refused else self._app
        await answer(scope, receive, send_guarded)

    def _why_refused(self, scope: Scope) -> str:
        if scope["type"] != "http":
            return "only HTTP is answered"
        headers = Headers(scope=scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if not is_known_host(host, self._host):
            return "this server is not known by that name; use its address"
        if origin is not None and origin.partition("://")[2] != host:
            return "pages of other sites may not use this server"
        site = headers.get("sec-fetch-site", "none")
        if site not in ("same-origin", "none") and not (scope["method"] == "GET" and scope["path"] == "/"):
            return "pages of other sites may not use this server"
        return ""


def is_known_host(header: str, bound: str) -> bool:
    """Whether a Host header names this machine. A server bound to loopback has three names; any other also has all addresses.

    An address is safe, since no site can make it lead to another machine.
    """
    name = _without_port(header).lower()
    if name in LOOPBACK or name == bound.lower():
        return True
    return bound not in LOOPBACK and _is_address(name)


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
