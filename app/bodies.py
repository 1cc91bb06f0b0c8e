"""Bodies of requests: how large they may be, and that JSON is JSON (no NaN, no half surrogate pair)."""

import json
import re
from functools import partial

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import Fault, problem

MAX_BYTES = 4 * 2**20
MAX_UPLOAD_BYTES = 8 * 2**30  # avocet/archive.py unpacks no more either; a mailbox of years has 1 to 5 GB
UPLOADS = ("/api/imports", "/api/models/import")

# What Python's reader takes and JSON does not know, or no database and no answer can hold.
_ODD = re.compile(rb"\\u[dD][89a-fA-F]|NaN|Infinity|\d[eE]\+?\d{3}|\d{300}")


class Bodies:
    """ASGI middleware within the door: nobody unknown makes it read anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is small enough and, where it says that it is JSON, is."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        limit = MAX_UPLOAD_BYTES if scope["path"] in UPLOADS else MAX_BYTES
        refuse = partial(problem, Request(scope))
        if _said(headers) > limit:
            return await refuse(413, _too_large(limit), "too_large")(scope, receive, send)
        counted = _counted(receive, limit)
        if "json" not in headers.get("content-type", "").lower() or limit == MAX_UPLOAD_BYTES:
            return await self._app(scope, counted, send)
        try:
            body = await _whole(counted)
        except HTTPException:
            return await refuse(413, _too_large(limit), "too_large")(scope, receive, send)
        if why := _not_json(body):
            return await refuse(422, f"/body: {why}", "invalid", [Fault(pointer="/body", detail=why)])(
                scope, receive, send
            )
        return await self._app(scope, _again(body, receive), send)


def _said(headers: Headers) -> int:
    """The Content-Length, 0 where none is said; the server has refused what is no number."""
    text = headers.get("content-length", "")
    return int(text) if text.isdecimal() else 0


def _too_large(limit: int) -> str:
    return f"the body is larger than {limit // 2**20} MB"


def _counted(receive: Receive, limit: int) -> Receive:
    """Stops a body that goes on past `limit` without having said so."""
    n_bytes = 0

    async def counted() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return counted


async def _whole(receive: Receive) -> bytes:
    parts = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            break
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, once more; after it comes what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _not_json(body: bytes) -> str | None:
    """What is wrong with a body that Python's reader would take; the rest of what can be wrong is for the route to say."""
    if not _ODD.search(body):
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "half a surrogate pair, which is no text"
    except (ValueError, RecursionError):
        return "a number that is none, or infinite"
    return None
