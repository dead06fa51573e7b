"""Which requests are answered: those of our own page, under a name that nobody else can give this machine.

A page of another site can make a browser ask this server. It may not (`Origin`, `Sec-Fetch-Site`). Nor may it reach the
server under a name of its own that leads to this machine, which is called DNS rebinding (`Host`).
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
    """Round an app; `host` is the address or name that the server is bound to."""

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
    """Whether a Host header names this machine. Bound to loopback it is one of three names; elsewhere also any address,
    since those are nobody's to give."""
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
