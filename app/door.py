"""The door: who gets in. Before every route, so that none can forget it (rules 12 and 13).

A request gets in with the token as `Authorization: Bearer`, or with the cookie that `/?token=...` is swapped for. What
changes something must also come from our own pages: SameSite does not tell two ports of one machine apart. A GET that
starts something needs the header, or a ticket that a POST gave (`/api/tickets`) and that is good once: an `<img>` can call a GET.
"""

import hashlib
import hmac
import html
import ipaddress
import re
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import problem

PUBLIC = ("/api/health", "/api/version")  # no data in either
STARTS = ("/api/finetune/run", "/api/benchmark/run")  # document 0's GETs that start a run
API = ("/api/", "/admin/api/")
SAFE = ("GET", "HEAD", "OPTIONS")
OURS = ("same-origin", "none")  # none: typed, or a bookmark
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ANY_ADDRESS = "*"  # among the hosts: each address that is a number; a rebound name is none
TICKET_S = 60.0

# No slash in it: a request's address is put together from its Host, and a crooked one would lend it another path.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class Tickets:
    """One-time tickets for the GETs that start something."""

    _until: dict[str, float] = field(default_factory=dict)

    def give(self) -> str:
        """A new one, good once within TICKET_S."""
        now = time.monotonic()
        self._until = {ticket: until for ticket, until in self._until.items() if until > now}
        ticket = secrets.token_urlsafe(24)
        self._until[ticket] = now + TICKET_S
        return ticket

    def take(self, ticket: str | None) -> bool:
        """Whether it was good; now it no longer is."""
        return ticket is not None and self._until.pop(ticket, 0.0) > time.monotonic()


class Door:
    """ASGI middleware; whoever has `token` gets in, at one of `hosts` (a name without port, or ANY_ADDRESS)."""

    def __init__(self, app: ASGIApp, token: str, tickets: Tickets, hosts: Collection[str] = LOOPBACK) -> None:
        self._app, self._tickets, self._hosts = app, tickets, frozenset(host.lower() for host in hosts)
        self._token = token.encode()
        # Cookies go to every port of a host: what another program there sees must not be the token itself.
        self._session = hmac.new(self._token, b"session", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer why not."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":  # there are no websockets here
            return await send({"type": "websocket.close", "code": 1008})
        request = Request(scope)
        answer = self._answer(request)
        within = answer or self._app
        await within(scope, receive, _with_headers(scope["path"], send))

    def _answer(self, request: Request) -> Response | None:
        """What is said instead of letting in."""
        path = request.scope["path"]
        if not self._host_is_ours(request.headers):
            return problem(request, 421, "this server does not answer under that name", "host")
        if path in PUBLIC:
            return None
        if "token" in request.query_params and not is_api(path) and request.method in SAFE:
            return self._swapped(request)
        bearer = self._bearer(request.headers)
        if bearer is None and not self._cookie(request):
            return _closed(request)
        if bearer is False:
            return problem(request, 401, "that is not this server's token", "unauthorized", headers=_HOW)
        return self._foreign(request, bearer is True)

    def _host_is_ours(self, headers: Headers) -> bool:
        """A name that a stranger's DNS points at this machine (rebinding) is refused."""
        if len(given := headers.getlist("host")) != 1:
            return False
        parts = _HOST.fullmatch(given[0])
        name = parts[1].strip("[]").lower() if parts else ""
        return name in self._hosts or (ANY_ADDRESS in self._hosts and _is_address(name))

    def _bearer(self, headers: Headers) -> bool | None:
        """Whether the header holds the token; None where there is no such header."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        return hmac.compare_digest(given.strip().encode(), self._token) if kind.lower() == "bearer" else None

    def _cookie(self, request: Request) -> bool:
        cookies = cookie_parser(request.headers.get("cookie", ""))
        return hmac.compare_digest(cookies.get(_cookie_name(request), "").encode(), self._session.encode())

    def _foreign(self, request: Request, bearer: bool) -> Response | None:
        """Refuses what another web page asked for; `bearer`: who asks knows the token itself, as no page does."""
        path, site, origin = request.scope["path"], request.headers.get("sec-fetch-site"), request.headers.get("origin")
        # A link from another page to one of ours is fine: it only shows it.
        if request.method in SAFE and not is_api(path):
            return None
        equal = origin is not None and _netloc(origin) == request.headers.get("host", "").lower()
        # Browsers send no Sec-Fetch-Site to http:// addresses other than this machine's, but then an Origin.
        known = site is not None or equal or bearer or request.method in SAFE
        if not known or (site is not None and site not in OURS) or (origin is not None and not equal):
            return problem(request, 403, "another web page asked for this; only Avocet's own pages may", "foreign")
        # A stream that goes on after a cut starts nothing, and its ticket is used up.
        goes_on = "last-event-id" in request.headers
        if path in STARTS and not (bearer or goes_on or self._tickets.take(request.query_params.get("ticket"))):
            detail = "this GET starts a run: send the token as Authorization: Bearer, or ?ticket= of POST /api/tickets"
            return problem(request, 403, detail, "ticket")
        return None

    def _swapped(self, request: Request) -> Response:
        """The token in the address becomes a cookie, and leaves the address, the history and the screen."""
        given = request.query_params["token"].encode()
        if not hmac.compare_digest(given, self._token):
            return _page("That token is not this server's: each start of <code>avocet ui</code> makes a new one.")
        answer = RedirectResponse(_same_page(request), 303)
        answer.set_cookie(
            _cookie_name(request),
            self._session,
            httponly=True,
            samesite="strict",
            secure=request.scope["scheme"] == "https",
        )
        return answer


def is_api(path: str) -> bool:
    """Whether a program asks, and not a person for a page."""
    return path.startswith(API)


def _with_headers(path: str, send: Send) -> Send:
    """Adds what browsers should hold us to. Pages are asked for anew each time (304 by their ETag), mail is never kept."""
    keep = {"Cache-Control": "no-store" if is_api(path) else "no-cache"}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**HEADERS, **keep}.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # a bracket that is never closed, and more that is no address
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _cookie_name(request: Request) -> str:
    """With the port, since cookies are not kept apart by it: two Avocets on one machine would log each other out."""
    parts = _HOST.fullmatch(request.headers.get("host", ""))
    return f"avocet-{(parts and parts[2]) or 'ui'}"


def _same_page(request: Request) -> str:
    """Where the request went, without its token. Slashes in front are one: `//name` would be another server."""
    query = urlencode(
        [
            (k, v)
            for k, v in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if k != "token"
        ]
    )
    return "/" + quote(request.scope["path"].lstrip("/")) + ("?" + query if query else "")


_HOW = {"WWW-Authenticate": 'Bearer realm="avocet"'}


def _closed(request: Request) -> Response:
    """401: a problem for programs, a page for people."""
    if is_api(request.scope["path"]) or request.method not in SAFE:
        detail = "send the token that `avocet ui` printed, as Authorization: Bearer"
        return problem(request, 401, detail, "unauthorized", headers=_HOW)
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        # Followed from elsewhere, a link comes without the cookie, which is Strict; asked again by us, it comes with it.
        return _page("One moment.", f'<meta http-equiv="refresh" content="0; url={html.escape(_same_page(request))}">')
    return _page("This browser is not known here yet.")


def _page(why: str, head: str = "") -> Response:
    text = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Avocet: sign in</title>{head}</head>
<body><main><h1>Avocet</h1><p role="alert">{why}</p>
<p>Open the link that <code>avocet ui</code> printed where it was started; it ends in <code>?token=...</code>.
Or paste the token:</p>
<form action="/" method="get"><label>Token <input name="token" type="password" autocomplete="off" required></label>
<button>Sign in</button></form>
</main></body></html>
"""
    return HTMLResponse(text, 401, headers=_HOW)
